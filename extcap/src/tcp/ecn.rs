//! Explicit congestion notification (RFC 3168): a router marks instead of dropping, the receiver echoes the mark, the
//! sender reduces and says so.

use super::socket::Socket;
use crate::net::{Ecn, Flags, Packet};

/// Where one side is with it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct EcnState {
    /// Agreed on in the handshake.
    pub(super) on: bool,
    /// Marks are echoed until the sender says that it has reduced.
    echo: bool,
    /// The next new data tells that the window was reduced.
    reduced: bool,
    /// Something marked or markable has come.
    seen: bool,
}

impl Socket {
    /// The window was reduced.
    pub(super) fn ecn_reduced(&mut self) {
        self.ecn.reduced = self.ecn.on;
    }

    /// Flags and field of a segment that goes out; `new`: with data that was not sent before.
    pub(super) fn ecn_of(&mut self, new: bool) -> (Flags, Ecn) {
        let mut flags = Flags::default();
        if !self.ecn.on {
            return (flags, Ecn::Not);
        }
        if self.ecn.echo {
            flags = flags | Flags::ECE;
        }
        if !new {
            return (flags, Ecn::Not);
        }
        if std::mem::take(&mut self.ecn.reduced) {
            flags = flags | Flags::CWR;
        }
        (flags, Ecn::Capable)
    }

    /// Takes note of what a packet with data says about the path (`tcp_data_ecn_check`).
    pub(super) fn ecn_received(&mut self, packet: &Packet) {
        if !self.ecn.on {
            return;
        }
        if packet.has(Flags::CWR) {
            self.ecn.echo = false;
            self.ack_at_once();
        }
        match packet.ecn {
            Ecn::Not => {
                if self.ecn.seen {
                    self.quick_acks(2);
                }
            }
            Ecn::Capable => self.ecn.seen = true,
            Ecn::Congestion => {
                if !self.ecn.echo {
                    self.quick_acks(2);
                    self.ecn.echo = true;
                }
                self.ecn.seen = true;
            }
        }
    }
}
