//! Link layers: what stands before the first IP header.

use super::layers::{Layer, Step};
use super::view::View;
use pcap_file::DataLink;

/// Longest value of an Ethernet type field that is a length (IEEE 802.3, 3.2.6).
const MAX_LENGTH: u16 = 1500;

/// The first layer of a frame of that link type; `None` when it is not one that carries IP as we know it.
pub(super) fn first_layer(link_type: DataLink) -> Option<Layer> {
    Some(match link_type {
        DataLink::ETHERNET => Layer::Ethernet,
        DataLink::NULL => Layer::Null,
        DataLink::LOOP => Layer::Loop,
        // 12 and 14 are what raw IP is called on some systems.
        DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 | DataLink::Unknown(12 | 14) => Layer::Ip,
        DataLink::LINUX_SLL => Layer::LinuxCooked,
        DataLink::LINUX_SLL2 => Layer::LinuxCooked2,
        DataLink::PPP => Layer::Ppp,
        _ => return None,
    })
}

/// Ethernet: two addresses, then a type or, in IEEE 802.3 frames, a length.
pub(super) fn ethernet(view: View<'_>) -> Step<'_> {
    type_or_length(view.u16(12)?, view.skip(14)?)
}

/// A tag of IEEE 802.1Q. Also returns its VLAN.
pub(super) fn vlan(view: View<'_>) -> Option<(u16, (Layer, View<'_>))> {
    let id = view.u16(0)? & 0x0fff;
    Some((id, type_or_length(view.u16(2)?, view.skip(4)?)?))
}

fn type_or_length(field: u16, payload: View<'_>) -> Step<'_> {
    if field <= MAX_LENGTH {
        return Some((Layer::Llc, payload.limit(field.into())));
    }
    Some((Layer::EtherType(field), payload))
}

/// IEEE 802.2: SNAP with an Ethernet type, or the old service access point of IP (RFC 1042).
pub(super) fn llc(view: View<'_>) -> Step<'_> {
    match (view.u16(0)?, view.u8(2)?) {
        (0xaaaa, 3) if view.u16(3)? == 0 && view.u8(5)? == 0 => {
            Some((Layer::EtherType(view.u16(6)?), view.skip(8)?))
        }
        (0x0606, 3) => Some((Layer::Ip, view.skip(3)?)),
        _ => None,
    }
}

/// BSD loopback: the address family in the byte order of the machine that captured, as 32 bits.
pub(super) fn null(view: View<'_>) -> Step<'_> {
    let family = view.u32(0)?;
    let family = if family > 0xffff { family.swap_bytes() } else { family };
    address_family(family, view)
}

/// OpenBSD loopback: the same in network byte order.
pub(super) fn loopback(view: View<'_>) -> Step<'_> {
    address_family(view.u32(0)?, view)
}

fn address_family(family: u32, view: View<'_>) -> Step<'_> {
    match family {
        // AF_INET; AF_INET6 of NetBSD and OpenBSD, FreeBSD, macOS.
        2 | 24 | 28 | 30 => Some((Layer::Ip, view.skip(4)?)),
        _ => None,
    }
}

/// "Linux cooked" version 1, as `-i any` wrote it for long (LINKTYPE_LINUX_SLL).
pub(super) fn linux_cooked(view: View<'_>) -> Step<'_> {
    cooked_protocol(view.u16(14)?, view.skip(16)?)
}

/// "Linux cooked" version 2 (LINKTYPE_LINUX_SLL2).
pub(super) fn linux_cooked2(view: View<'_>) -> Step<'_> {
    cooked_protocol(view.u16(0)?, view.skip(20)?)
}

fn cooked_protocol(protocol: u16, payload: View<'_>) -> Step<'_> {
    const LINUX_802_2: u16 = 4;
    match protocol {
        LINUX_802_2 => Some((Layer::Llc, payload)),
        _ if protocol > MAX_LENGTH => Some((Layer::EtherType(protocol), payload)),
        _ => None,
    }
}

/// PPP (RFC 1661): perhaps HDLC's address and control, then a protocol of one or two bytes.
pub(super) fn ppp(view: View<'_>) -> Step<'_> {
    let view = if view.u16(0)? == 0xff03 { view.skip(2)? } else { view };
    let first = view.u8(0)?;
    let (protocol, payload) =
        if first & 1 == 1 { (u16::from(first), view.skip(1)?) } else { (view.u16(0)?, view.skip(2)?) };
    match protocol {
        0x0021 | 0x0057 => Some((Layer::Ip, payload)),
        0x0281 | 0x0283 => Some((Layer::Mpls, payload)),
        _ => None,
    }
}

/// A session packet of PPPoE (RFC 2516, 4): six bytes that end in the length of what follows.
pub(super) fn pppoe(view: View<'_>) -> Step<'_> {
    let length = view.u16(4)?;
    Some((Layer::Ppp, view.skip(6)?.limit(length.into())))
}

/// A stack of MPLS labels (RFC 3032). What it carries is not said; IP shows by its version.
pub(super) fn mpls(mut view: View<'_>) -> Step<'_> {
    loop {
        let bottom = view.u8(2)? & 1 == 1;
        view = view.skip(4)?;
        if bottom {
            break;
        }
    }
    matches!(view.u8(0)? >> 4, 4 | 6).then_some((Layer::Ip, view))
}
