//! Tunnels: what carries another link or network layer inside IP.

use super::layers::{Layer, Step};
use super::view::View;
use etherparse::{EtherType, UdpHeaderSlice};

/// Ethernet inside a tunnel ("transparent Ethernet bridging").
const TRANSPARENT_ETHERNET: u16 = 0x6558;
/// PPP inside GRE version 1 (RFC 2637).
const PPP: u16 = 0x880b;

/// What GRE carries (RFC 2784, RFC 2890; version 1 is PPTP's, RFC 2637).
pub(super) fn gre(view: View<'_>) -> Step<'_> {
    let flags = view.u16(0)?;
    let has = |bit: u16| flags & bit != 0;
    let (checksum, routing, key, sequence, acknowledgement) =
        (has(0x8000), has(0x4000), has(0x2000), has(0x1000), has(0x0080));
    if routing {
        // Source routes of RFC 1701 have gone with it.
        return None;
    }
    let mut length = 4;
    for field in [checksum, key, sequence, flags & 7 == 1 && acknowledgement] {
        length += if field { 4 } else { 0 };
    }
    let protocol = view.u16(2)?;
    let payload = view.skip(length)?;
    match protocol {
        PPP => Some((Layer::Ppp, payload)),
        _ => Some((ether_type(protocol), payload)),
    }
}

/// Tunnels over UDP are told by their port.
pub(super) fn udp(view: View<'_>) -> Step<'_> {
    const VXLAN: u16 = 4789;
    const GENEVE: u16 = 6081;
    let header = UdpHeaderSlice::from_slice(view.bytes).ok()?;
    let port = |port| header.destination_port() == port || header.source_port() == port;
    let layer = match () {
        () if port(VXLAN) => Layer::Vxlan,
        () if port(GENEVE) => Layer::Geneve,
        () => return None,
    };
    Some((layer, view.limit(header.length().into()).skip(8)?))
}

/// VXLAN (RFC 7348, 5): eight bytes, then an Ethernet frame.
pub(super) fn vxlan(view: View<'_>) -> Step<'_> {
    Some((Layer::Ethernet, view.skip(8)?))
}

/// Geneve (RFC 8926, 3.4): eight bytes and options, then what its protocol type says.
pub(super) fn geneve(view: View<'_>) -> Step<'_> {
    let options = usize::from(view.u8(0)? & 0x3f) * 4;
    Some((ether_type(view.u16(2)?), view.skip(8 + options)?))
}

fn ether_type(protocol: u16) -> Layer {
    match EtherType(protocol) {
        EtherType(TRANSPARENT_ETHERNET) => Layer::Ethernet,
        EtherType(other) => Layer::EtherType(other),
    }
}
