//! Lines between two points: PPP, Cisco HDLC, Frame Relay.

use super::layers::{Layer, Step};
use super::link;
use super::view::View;

/// Ethernet inside Cisco HDLC and GRE ("transparent Ethernet bridging").
pub(super) const TRANSPARENT_ETHERNET: u16 = 0x6558;

/// PPP in frames like those of HDLC (RFC 1662), if it is not Cisco's HDLC, which has other addresses (LINKTYPE_PPP,
/// LINKTYPE_PPP_HDLC). Address and control may have been left out (RFC 1661, 6.6).
pub(super) fn ppp_in_hdlc(view: View<'_>) -> Step<'_> {
    match view.u8(0)? {
        0x0f | 0x8f => Some((Layer::CiscoHdlc, view)),
        0xff => Some((Layer::Ppp, view.skip(2)?)),
        _ => Some((Layer::Ppp, view)),
    }
}

/// PPP behind a byte that tells the direction (LINKTYPE_PPP_WITH_DIR).
pub(super) fn ppp_with_direction(view: View<'_>) -> Step<'_> {
    Some((Layer::PppInHdlc, view.skip(1)?))
}

/// PPP (RFC 1661, 2): a protocol of one or two bytes.
pub(super) fn ppp(view: View<'_>) -> Step<'_> {
    let first = view.u8(0)?;
    let (protocol, payload) =
        if first & 1 == 1 { (u16::from(first), view.skip(1)?) } else { (view.u16(0)?, view.skip(2)?) };
    match protocol {
        // Some use the Ethernet types.
        0x0021 | 0x0057 | 0x0800 | 0x86dd => Some((Layer::Ip, payload)),
        0x0281 | 0x0283 => Some((Layer::Mpls, payload)),
        _ => None,
    }
}

/// A session packet of PPPoE (RFC 2516, 4): six bytes that end in the length of what follows.
pub(super) fn pppoe(view: View<'_>) -> Step<'_> {
    let length = view.u16(4)?;
    Some((Layer::Ppp, view.skip(6)?.limit(length.into())))
}

/// Cisco's HDLC (LINKTYPE_C_HDLC): address, control, and an Ethernet type.
pub(super) fn cisco_hdlc(view: View<'_>) -> Step<'_> {
    cisco_type(view.u16(2)?, view.skip(4)?)
}

fn cisco_type(field: u16, payload: View<'_>) -> Step<'_> {
    match field {
        0x0800 | 0x86dd => Some((Layer::Ip, payload)),
        0x8847 | 0x8848 => Some((Layer::Mpls, payload)),
        TRANSPARENT_ETHERNET => Some((Layer::Ethernet, payload)),
        _ => None,
    }
}

/// Frame Relay (Q.922, 3.2): an address of which the last byte has its low bit set. It does not tell what follows:
/// the encapsulation of RFC 2427, that of Cisco, or a bare Ethernet frame with its check sequence.
pub(super) fn frame_relay(view: View<'_>) -> Step<'_> {
    const UNNUMBERED_INFORMATION: u8 = 3;
    let last = view.bytes.iter().position(|byte| byte & 1 == 1)?;
    let payload = view.skip(last + 1)?;
    if payload.u8(0)? == UNNUMBERED_INFORMATION {
        return multiprotocol(payload.skip(1)?);
    }
    let is_signalling = view.u8(0)? & 0xfc == 0 && view.u8(1)? & 0xf0 == 0;
    if is_signalling {
        return None;
    }
    let bare = || link::has_type_at(payload, 12).then_some((Layer::Ethernet, payload.without_tail(4)));
    cisco_type(payload.u16(0)?, payload.skip(2)?).or_else(bare)
}

/// A network layer protocol identifier (RFC 2427, 3), perhaps behind a byte of padding.
fn multiprotocol(view: View<'_>) -> Step<'_> {
    let view = if view.u8(0)? == 0 { view.skip(1)? } else { view };
    let payload = view.skip(1)?;
    match view.u8(0)? {
        0xcc | 0x8e => Some((Layer::Ip, payload)),
        0xcf => Some((Layer::Ppp, payload)),
        0x80 => link::snap(payload, 0),
        _ => None,
    }
}
