//! A device that translates addresses, and forgets connections that are idle for too long.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use rustc_hash::FxHashMap;

use crate::net::{Flags, Packet, Side};
use crate::scenario::file;
use crate::time::Time;

/// The device's outer address (RFC 5737, RFC 3849).
const OUTER_V4: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);
const OUTER_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 7);

/// What it does with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Pass,
    /// It knows no connection that the packet belongs to.
    Unknown,
}

#[derive(Debug)]
pub(super) struct Nat {
    settings: file::Nat,
    /// Inner address of each connection that it knows by its port, and when a packet of it last passed.
    known: FxHashMap<u16, (SocketAddr, Time)>,
}

impl Nat {
    pub(super) fn new(settings: file::Nat) -> Self {
        Nat { settings, known: FxHashMap::default() }
    }

    pub(super) fn place(&self) -> file::Place {
        self.settings.at
    }

    pub(super) fn rejects(&self) -> bool {
        self.settings.unknown == file::Unknown::Reject
    }

    fn outer(&self, like: IpAddr) -> IpAddr {
        match like {
            IpAddr::V4(_) => IpAddr::V4(self.settings.ipv4.unwrap_or(OUTER_V4)),
            IpAddr::V6(_) => IpAddr::V6(self.settings.ipv6.unwrap_or(OUTER_V6)),
        }
    }

    /// Translates a packet that comes from a side. Ports stay as they are.
    pub(super) fn translate(&mut self, now: Time, from: Side, packet: &mut Packet) -> Verdict {
        let port = match from {
            Side::Client => packet.segment.from_port,
            Side::Server => packet.segment.to_port,
        };
        let idle = self.settings.idle.map_or(Duration::MAX, |idle| idle.0);
        let opens = from == Side::Client && packet.has(Flags::SYN);
        let fresh = self.known.get(&port).is_some_and(|(_, last)| now - *last <= idle);
        if !fresh && !opens {
            self.known.remove(&port);
            return Verdict::Unknown;
        }
        let inner = match (from, self.known.get(&port)) {
            (Side::Server, Some((inner, _))) => *inner,
            _ => packet.source(),
        };
        self.known.insert(port, (inner, now));
        match from {
            Side::Client => packet.from = self.outer(packet.from),
            Side::Server => packet.to = inner.ip(),
        }
        Verdict::Pass
    }
}
