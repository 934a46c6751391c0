//! What routers and firewalls answer when they do not let a packet through.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::place::Place;
use crate::net::{Icmp, IcmpError, Kind, Packet, Side};
use crate::scenario::file::Rejection;

/// The TTL with which routers send what they say themselves.
const TTL: u8 = 64;
/// A router's address (RFC 5737, RFC 3849).
const ROUTER_V4: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 254);
const ROUTER_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 0xfe);

/// What is sent back.
#[derive(Debug)]
pub(super) enum Answer {
    Segment(Packet),
    Icmp(IcmpError),
}

/// Answers a packet from `from` at a place; `id` is the router's next identification.
pub(super) fn answer(with: Rejection, packet: &Packet, from: Side, place: Place, id: u16) -> Answer {
    let icmp = match with {
        Rejection::Rst => return Answer::Segment(reset(packet, from, place)),
        Rejection::NetUnreachable => Icmp::NetUnreachable,
        Rejection::HostUnreachable => Icmp::HostUnreachable,
        Rejection::PortUnreachable => Icmp::PortUnreachable,
        Rejection::AdminProhibited => Icmp::AdminProhibited,
        Rejection::TimeExceeded => Icmp::TimeExceeded,
    };
    // The firewall comes behind the routing, which has taken its one from the TTL.
    Answer::Icmp(error(icmp, packet, from, place, id, 1))
}

/// Says that a packet is too long. Linux looks at that before it lowers the TTL (`ip_forward`).
pub(super) fn too_big(mtu: u16, packet: &Packet, from: Side, place: Place, id: u16) -> IcmpError {
    error(Icmp::TooBig { mtu }, packet, from, place, id, 0)
}

fn error(icmp: Icmp, packet: &Packet, from: Side, place: Place, id: u16, taken: u8) -> IcmpError {
    let routers = place.routers_before(from);
    let router = if packet.from.is_ipv4() { IpAddr::V4(ROUTER_V4) } else { IpAddr::V6(ROUTER_V6) };
    let ttl = packet.ttl.saturating_sub(place.routers_behind(from) + taken);
    let about = Packet { ttl, ..packet.clone() };
    IcmpError { router, ttl: TTL - routers.min(TTL - 1), id, icmp, about }
}

/// A RST in the receiver's name, as `nf_reject` makes it: only its TTL tells that it is from elsewhere.
pub(super) fn reset(packet: &Packet, from: Side, place: Place) -> Packet {
    packet.refusal(TTL - place.routers_before(from).min(TTL - 1), 0, Kind::Rejected)
}
