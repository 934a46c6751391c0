//! ICMP errors: a router cannot deliver a packet, and says so to its sender (RFC 792, RFC 4443).

use std::net::IpAddr;

use super::{Kind, Packet};

/// Why the packet was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icmp {
    NetUnreachable,
    HostUnreachable,
    PortUnreachable,
    AdminProhibited,
    /// It is too long for the next link, and may not be fragmented.
    TooBig {
        mtu: u16,
    },
    TimeExceeded,
}

/// The most of the packet that is quoted: the error is no longer than 576 bytes (RFC 1812, 4.3.2.3), or than
/// IPv6's least MTU of 1280 (RFC 4443, 2.4).
const LONGEST: [usize; 2] = [576 - 20 - 8, 1280 - 40 - 8];

impl Icmp {
    /// What it is called in texts.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Icmp::TooBig { .. } => Kind::TooBig,
            Icmp::TimeExceeded => Kind::TimeExceeded,
            _ => Kind::Unreachable,
        }
    }

    /// The MTU that it tells, or 0.
    pub(crate) fn mtu(self) -> u16 {
        match self {
            Icmp::TooBig { mtu } => mtu,
            _ => 0,
        }
    }

    /// Type, code, and the word behind the checksum.
    pub(super) fn head(self, v6: bool) -> (u8, u8, u32) {
        match (self, v6) {
            (Icmp::NetUnreachable, false) => (3, 0, 0),
            (Icmp::HostUnreachable, false) => (3, 1, 0),
            (Icmp::PortUnreachable, false) => (3, 3, 0),
            (Icmp::AdminProhibited, false) => (3, 13, 0),
            (Icmp::TooBig { mtu }, false) => (3, 4, mtu.into()),
            (Icmp::TimeExceeded, false) => (11, 0, 0),
            (Icmp::NetUnreachable, true) => (1, 0, 0),
            (Icmp::HostUnreachable, true) => (1, 3, 0),
            (Icmp::PortUnreachable, true) => (1, 4, 0),
            (Icmp::AdminProhibited, true) => (1, 1, 0),
            (Icmp::TooBig { mtu }, true) => (2, 0, mtu.into()),
            (Icmp::TimeExceeded, true) => (3, 0, 0),
        }
    }
}

/// An error about a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IcmpError {
    /// The router; the error goes to the packet's sender.
    pub(crate) router: IpAddr,
    /// TTL or hop limit of the error itself.
    pub(crate) ttl: u8,
    pub(crate) id: u16,
    pub(crate) icmp: Icmp,
    /// The packet, as the router had it.
    pub(crate) about: Packet,
}

impl IcmpError {
    /// How much of the packet is quoted.
    pub(super) fn quote_len(&self) -> usize {
        LONGEST[usize::from(self.about.from.is_ipv6())]
    }
}
