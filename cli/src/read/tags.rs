//! Tags and labels between an Ethernet header and what it carries.

use super::layers::{Layer, Step};
use super::link::{has_type_at, type_or_length};
use super::view::View;

/// A tag of IEEE 802.1Q. Also returns its VLAN.
pub(super) fn vlan(view: View<'_>) -> Option<(u16, (Layer, View<'_>))> {
    let id = view.u16(0)? & 0x0fff;
    Some((id, type_or_length(view.u16(2)?, view.skip(4)?)?))
}

/// Cisco's VN-tag: four bytes of virtual interfaces, then a type or length.
pub(super) fn vn_tag(view: View<'_>) -> Step<'_> {
    type_or_length(view.u16(4)?, view.skip(6)?)
}

/// A tag of `length` bytes, then a type.
pub(super) fn tag(view: View<'_>, length: usize) -> Step<'_> {
    Some((Layer::EtherType(view.u16(length)?), view.skip(length + 2)?))
}

/// The header between routing bridges (RFC 6325, 3.2), with options in units of four bytes.
pub(super) fn trill(view: View<'_>) -> Step<'_> {
    let options = usize::from(view.u16(0)? >> 6 & 0x1f) * 4;
    Some((Layer::Ethernet, view.skip(6 + options)?))
}

/// MACsec (IEEE 802.1AE, 9.3) that protects the frame without hiding it; the check value behind it counts as padding.
pub(super) fn macsec(view: View<'_>) -> Step<'_> {
    const VERSION: u8 = 0x80;
    const CHANNEL_IDENTIFIER: u8 = 0x20;
    const ENCRYPTED: u8 = 0x08;
    const CHANGED: u8 = 0x04;
    let control = view.u8(0)?;
    if control & (VERSION | ENCRYPTED | CHANGED) != 0 {
        return None;
    }
    let length = if control & CHANNEL_IDENTIFIER == 0 { 6 } else { 14 };
    tag(view, length)
}

/// A stack of MPLS labels (RFC 3032). What it carries is not said; IP shows by its version, an Ethernet pseudowire by
/// its type, perhaps behind a control word of zeros (RFC 4448, 4.6).
pub(super) fn mpls(mut view: View<'_>) -> Step<'_> {
    loop {
        let bottom = view.u8(2)? & 1 == 1;
        view = view.skip(4)?;
        if bottom {
            break;
        }
    }
    match view.u8(0)? >> 4 {
        4 | 6 => Some((Layer::Ip, view)),
        0 if has_type_at(view, 16) => Some((Layer::Ethernet, view.skip(4)?)),
        0 if has_type_at(view, 12) => Some((Layer::Ethernet, view)),
        _ => None,
    }
}

/// The header of a service chain (RFC 8300, 2): its length in units of four bytes, and what follows.
pub(super) fn service_header(view: View<'_>) -> Step<'_> {
    let length = usize::from(view.u8(1)? & 0x3f) * 4;
    next_protocol(view.u8(3)?, view.skip(length)?)
}

/// The numbers of RFC 8300, 11.2.5, which VXLAN-GPE shares.
pub(super) fn next_protocol(number: u8, payload: View<'_>) -> Step<'_> {
    match number {
        1 | 2 => Some((Layer::Ip, payload)),
        3 => Some((Layer::Ethernet, payload)),
        4 => Some((Layer::ServiceHeader, payload)),
        5 => Some((Layer::Mpls, payload)),
        _ => None,
    }
}
