//! IP headers and what may stand between them and their payload.

use super::layers::{Datagram, Layer, Piece, Step};
use super::view::View;
use etherparse::{
    IpNumber, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice, Ipv6RawExtHeaderSlice,
};
use tcpdx_engine::IpInfo;

/// The IP header at the start of `view`, of the version that it says.
pub(super) fn header(view: View<'_>) -> Step<'_> {
    match view.u8(0)? >> 4 {
        4 => v4(view),
        6 => v6(view),
        _ => None,
    }
}

fn v4(view: View<'_>) -> Step<'_> {
    let header = Ipv4HeaderSlice::from_slice(view.bytes).ok()?;
    let header_len = usize::from(header.ihl()) * 4;
    let view = match header.total_len() {
        // Segmentation offload leaves the length to the network card.
        0 => view,
        length if usize::from(length) < header_len => return None,
        length => view.limit(length.into()),
    };
    let payload = view.skip(header_len)?;
    let datagram = Datagram {
        src: header.source_addr().into(),
        dst: header.destination_addr().into(),
        info: IpInfo { ttl: header.ttl(), id: Some(header.identification()), ecn: header.ecn().value() },
        protocol: header.protocol().0,
    };
    let piece = Piece {
        id: header.identification().into(),
        offset: header.fragments_offset(),
        more: header.more_fragments(),
    };
    piece.layer(datagram, payload)
}

fn v6(view: View<'_>) -> Step<'_> {
    let header = Ipv6HeaderSlice::from_slice(view.bytes).ok()?;
    let payload = view.skip(40)?;
    let payload = match (header.payload_length(), header.next_header()) {
        (0, IpNumber::IPV6_HEADER_HOP_BY_HOP) => payload.limit(jumbo_length(payload)?),
        (length, _) => payload.limit(length.into()),
    };
    let info = IpInfo { ttl: header.hop_limit(), id: None, ecn: header.ecn().value() };
    let (src, dst) = (header.source_addr().into(), header.destination_addr().into());
    Some((Layer::Payload(Datagram { src, dst, info, protocol: header.next_header().0 }), payload))
}

/// The length that the jumbo payload option holds (RFC 2675, 2).
fn jumbo_length(payload: View<'_>) -> Option<u32> {
    const PAD1: u8 = 0;
    const JUMBO_PAYLOAD: u8 = 0xc2;
    let header = Ipv6RawExtHeaderSlice::from_slice(payload.bytes).ok()?;
    let mut options = header.payload();
    while let [kind, rest @ ..] = options {
        if *kind == PAD1 {
            options = rest;
            continue;
        }
        let (length, rest) = rest.split_first()?;
        let value = rest.get(..usize::from(*length))?;
        if *kind == JUMBO_PAYLOAD {
            return Some(u32::from_be_bytes(value.try_into().ok()?));
        }
        options = &rest[value.len()..];
    }
    None
}

/// An extension header whose length is counted in units of eight bytes (RFC 8200, 4).
pub(super) fn extension(datagram: Datagram, view: View<'_>) -> Step<'_> {
    let header = Ipv6RawExtHeaderSlice::from_slice(view.bytes).ok()?;
    let payload = view.skip(header.slice().len())?;
    Some((Layer::Payload(Datagram { protocol: header.next_header().0, ..datagram }), payload))
}

/// An authentication header, in units of four bytes (RFC 4302, 2.2).
pub(super) fn authentication(datagram: Datagram, view: View<'_>) -> Step<'_> {
    let length = (usize::from(view.u8(1)?) + 2) * 4;
    Some((Layer::Payload(Datagram { protocol: view.u8(0)?, ..datagram }), view.skip(length)?))
}

/// The fragment header of IPv6 (RFC 8200, 4.5).
pub(super) fn fragment(datagram: Datagram, view: View<'_>) -> Step<'_> {
    let header = Ipv6FragmentHeaderSlice::from_slice(view.bytes).ok()?;
    let piece = Piece {
        id: header.identification(),
        offset: header.fragment_offset(),
        more: header.more_fragments(),
    };
    piece.layer(Datagram { protocol: header.next_header().0, ..datagram }, view.skip(8)?)
}
