//! Tunnels: what carries another link or network layer inside IP.

use super::layers::{Layer, Step};
use super::link::has_type_at;
use super::serial::TRANSPARENT_ETHERNET;
use super::tags::next_protocol;
use super::view::View;
use super::wlan::Trim;
use etherparse::{EtherType, UdpHeaderSlice};

/// What GRE carries (RFC 2784, RFC 2890; version 1 is PPTP's, RFC 2637).
pub(super) fn gre(view: View<'_>) -> Step<'_> {
    const PPP: u16 = 0x880b;
    const MIKROTIK_ETHERNET: u16 = 0x6400;
    const FRAME_RELAY: u16 = 0x6559;
    const WEB_CACHE: u16 = 0x883e;
    const CISCO_METADATA: u16 = 0x8909;
    const ERSPAN: u16 = 0x88be;
    const ERSPAN_3: u16 = 0x22eb;
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
    let payload = view.skip(length)?;
    Some(match view.u16(2)? {
        PPP => (Layer::PppInHdlc, payload),
        MIKROTIK_ETHERNET => (Layer::Ethernet, payload),
        FRAME_RELAY => (Layer::FrameRelay, payload),
        // WCCP's second version has four bytes more, which do not look like IP.
        WEB_CACHE if payload.u8(0)? >> 4 != 4 => (Layer::Ip, payload.skip(4)?),
        WEB_CACHE => (Layer::Ip, payload),
        // Here the type comes first.
        CISCO_METADATA => (ether_type(payload.u16(0)?), payload.skip(8)?),
        // The first type of ERSPAN has no header, and no sequence number.
        ERSPAN if !sequence => (Layer::Ethernet, payload),
        ERSPAN | ERSPAN_3 => (Layer::Erspan, payload),
        // Aruba's access points; the low bits tell the session.
        aruba @ 0x8200..=0x8370 if aruba & 0xf == 0 => (Layer::Wlan(Trim::NONE), payload),
        protocol => (ether_type(protocol), payload),
    })
}

/// A mirrored frame (draft-foschiano-erspan, 4.2 and 4.3). Also returns its VLAN, 0 for none.
pub(super) fn erspan(view: View<'_>) -> Option<(u16, (Layer, View<'_>))> {
    const TYPE_2: u8 = 1;
    const TYPE_3: u8 = 2;
    const TAG_IS_IN_FRAME: u16 = 0x1800;
    let vlan = view.u16(0)? & 0x0fff;
    match view.u8(0)? >> 4 {
        TYPE_2 => {
            let vlan = if view.u16(2)? & TAG_IS_IN_FRAME == TAG_IS_IN_FRAME { 0 } else { vlan };
            Some((vlan, (Layer::Ethernet, view.skip(8)?)))
        }
        TYPE_3 => {
            let flags = view.u16(10)?;
            let (frame_type, has_subheader) = (flags >> 10 & 0x1f, flags & 1 != 0);
            let frame = view.skip(if has_subheader { 20 } else { 12 })?;
            (frame_type == 0).then_some((vlan, (Layer::Ethernet, frame)))
        }
        _ => None,
    }
}

/// Ethernet in IP (RFC 3378, 3): two bytes of version.
pub(super) fn ethernet_in_ip(view: View<'_>) -> Step<'_> {
    Some((Layer::Ethernet, view.skip(2)?))
}

/// Tunnels over UDP are told by their port; where both ports have a meaning, Wireshark asks the lower one first.
pub(super) fn udp(view: View<'_>) -> Step<'_> {
    let header = UdpHeaderSlice::from_slice(view.bytes).ok()?;
    let (source, destination) = (header.source_port(), header.destination_port());
    let layer = of_port(source.min(destination)).or_else(|| of_port(source.max(destination)))?;
    Some((layer, view.limit(header.length().into()).skip(8)?))
}

/// What IANA has registered the port for.
fn of_port(port: u16) -> Option<Layer> {
    Some(match port {
        1701 => Layer::L2tp,
        2152 => Layer::Gtp,
        3544 => Layer::Teredo,
        4754 => Layer::Gre,
        4789 => Layer::Vxlan,
        4790 => Layer::VxlanGpe,
        5072 => Layer::Ayiya,
        6081 => Layer::Geneve,
        6635 => Layer::Mpls,
        37008 => Layer::Tzsp,
        _ => return None,
    })
}

/// VXLAN (RFC 7348, 5): eight bytes, then an Ethernet frame.
pub(super) fn vxlan(view: View<'_>) -> Step<'_> {
    Some((Layer::Ethernet, view.skip(8)?))
}

/// VXLAN that says what it carries (draft-ietf-nvo3-vxlan-gpe, 3.2).
pub(super) fn vxlan_gpe(view: View<'_>) -> Step<'_> {
    next_protocol(view.u8(3)?, view.skip(8)?)
}

/// Geneve (RFC 8926, 3.4): eight bytes and options, then what its protocol type says.
pub(super) fn geneve(view: View<'_>) -> Step<'_> {
    let options = usize::from(view.u8(0)? & 0x3f) * 4;
    Some((ether_type(view.u16(2)?), view.skip(8 + options)?))
}

/// What a mobile network carries for a user (3GPP TS 29.281, 5; before version 1, GSM 09.60, 6): IP, or else Ethernet.
pub(super) fn gtp(view: View<'_>) -> Step<'_> {
    const IS_GTP: u8 = 0x10;
    const EXTENSION: u8 = 0x04;
    const ANY_OPTION: u8 = 0x07;
    const USER_DATA: u8 = 255;
    let (flags, kind, length) = (view.u8(0)?, view.u8(1)?, u32::from(view.u16(2)?));
    if flags & IS_GTP == 0 || kind != USER_DATA {
        return None;
    }
    let payload = match flags >> 5 {
        0 => view.limit(20 + length).skip(20)?,
        1 => {
            let rest = view.limit(8 + length).skip(8)?;
            match () {
                () if flags & EXTENSION != 0 => gtp_extensions(rest)?,
                () if flags & ANY_OPTION != 0 => rest.skip(4)?,
                () => rest,
            }
        }
        _ => return None,
    };
    match payload.u8(0)? {
        0x45..=0x4e | 0x60..=0x6f => Some((Layer::Ip, payload)),
        _ => has_type_at(payload, 12).then_some((Layer::Ethernet, payload)),
    }
}

/// What follows the extension headers of GTP (3GPP TS 29.281, 5.2.1). Each ends in the type of the next, as do the four
/// bytes of options before the first; lengths are in units of four bytes.
fn gtp_extensions(options: View<'_>) -> Option<View<'_>> {
    let (mut next, mut rest) = (options.u8(3)?, options.skip(4)?);
    while next != 0 {
        let length = usize::from(rest.u8(0)?) * 4;
        next = rest.u8(length.checked_sub(1)?)?;
        rest = rest.skip(length)?;
    }
    Some(rest)
}

/// Teredo (RFC 4380, 5.1.1): IPv6, perhaps behind an authentication and an origin indication.
pub(super) fn teredo(mut view: View<'_>) -> Step<'_> {
    const AUTHENTICATION: u16 = 1;
    const ORIGIN: u16 = 0;
    if view.u16(0)? == AUTHENTICATION {
        let (identifier, value) = (usize::from(view.u8(2)?), usize::from(view.u8(3)?));
        // Then a nonce and a confirmation.
        view = view.skip(4 + identifier + value + 9)?;
    }
    if view.u16(0)? == ORIGIN {
        view = view.skip(8)?;
    }
    (view.u8(0)? >> 4 == 6).then_some((Layer::Ip, view))
}

/// AYIYA (draft-massar-v6ops-ayiya, 3): lengths of identity and signature, an operation, what follows.
pub(super) fn ayiya(view: View<'_>) -> Step<'_> {
    const FORWARD: u8 = 1;
    let identity = 1 << (view.u8(0)? >> 4);
    let signature = usize::from(view.u8(1)? >> 4) * 4;
    let operation = view.u8(2)? & 0x0f;
    let is_ip = matches!(view.u8(3)?, 4 | 41);
    (operation == FORWARD && is_ip).then_some((Layer::Ip, view.skip(8 + identity + signature)?))
}

/// A data message of L2TP, version 2 (RFC 2661, 3.1), which carries PPP.
pub(super) fn l2tp(view: View<'_>) -> Step<'_> {
    let flags = view.u16(0)?;
    let has = |bit: u16| flags & bit != 0;
    let (control, length, sequence, offset) = (has(0x8000), has(0x4000), has(0x0800), has(0x0200));
    if control || flags & 0xf != 2 {
        return None;
    }
    let mut at = 2;
    let view = if length {
        at += 2;
        view.limit(view.u16(2)?.into())
    } else {
        view
    };
    // Tunnel and session.
    at += 4;
    if sequence {
        at += 4;
    }
    if offset {
        at += 2 + usize::from(view.u16(at)?);
    }
    Some((Layer::PppInHdlc, view.skip(at)?))
}

/// What a sniffer sends to another, as MikroTik's do (TaZmen Sniffer Protocol): a type, what follows, and tags.
pub(super) fn tzsp(view: View<'_>) -> Step<'_> {
    const PADDING: u8 = 0;
    const END: u8 = 1;
    let is_packet = view.u8(1)? < 4;
    let layer = match view.u16(2)? {
        1 => Layer::Ethernet,
        2 => Layer::TokenRing,
        4 => Layer::Ppp,
        5 => Layer::Fddi,
        7 => Layer::Ip,
        18 => Layer::Wlan(Trim::NONE),
        119 => Layer::Prism,
        126 => Layer::Radiotap,
        127 => Layer::Avs,
        _ => return None,
    };
    let mut at = 4;
    loop {
        match view.u8(at)? {
            END => break,
            PADDING => at += 1,
            _ => at += 2 + usize::from(view.u8(at + 1)?),
        }
    }
    is_packet.then_some((layer, view.skip(at + 1)?))
}

fn ether_type(protocol: u16) -> Layer {
    match EtherType(protocol) {
        EtherType(TRANSPARENT_ETHERNET) => Layer::Ethernet,
        EtherType(other) => Layer::EtherType(other),
    }
}
