//! IEEE 802.11, and the headers that capture programs put before it.

use super::layers::{Layer, Step};
use super::link;
use super::view::View;
use etherparse::EtherType;
use pcap_file::DataLink;

/// What surrounds the payload of a frame beside its header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trim {
    /// A check sequence of four bytes ends it.
    check_sequence: bool,
    /// The header is padded to four bytes, as Atheros chips do it.
    padding: bool,
}

impl Trim {
    /// Nothing, or nothing that is known of.
    pub(super) const NONE: Trim = Trim { check_sequence: false, padding: false };
}

/// The radiotap header (LINKTYPE_IEEE802_11_RADIOTAP): its length, words that tell which fields there are, the fields,
/// each aligned to its size.
pub(super) fn radiotap(view: View<'_>) -> Step<'_> {
    const TIMESTAMP: u32 = 1;
    const FLAGS: u32 = 1 << 1;
    const MORE: u32 = 1 << 31;
    let length = view.u16_le(2)?;
    let payload = view.skip(length.into())?;
    let header = view.limit(length.into());
    let present = header.u32_le(4)?;
    let mut at = 4;
    while header.u32_le(at)? & MORE != 0 {
        at += 4;
    }
    at += 4;
    if present & TIMESTAMP != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    let flags = if present & FLAGS == 0 { 0 } else { header.u8(at).unwrap_or_default() };
    let trim = Trim { check_sequence: flags & 0x10 != 0, padding: flags & 0x20 != 0 };
    Some((Layer::Wlan(trim), payload))
}

/// The Prism header (LINKTYPE_IEEE802_11_PRISM): a message code and its length in the byte order of the machine that
/// captured. AVS headers, and none, come under the same name.
pub(super) fn prism(view: View<'_>) -> Step<'_> {
    const MESSAGES: [u32; 2] = [0x41, 0x44];
    const AVS_VERSIONS: [u32; 2] = [0x8021_1001, 0x8021_1002];
    let code = view.u32(0)?;
    let length = match () {
        () if AVS_VERSIONS.contains(&code) => return avs(view),
        () if MESSAGES.contains(&code) => view.u32(4)?,
        () if MESSAGES.contains(&code.swap_bytes()) => view.u32_le(4)?,
        () => 0,
    };
    Some((Layer::Wlan(Trim::NONE), view.skip(length as usize)?))
}

/// The AVS header (LINKTYPE_IEEE802_11_AVS): version and length.
pub(super) fn avs(view: View<'_>) -> Step<'_> {
    Some((Layer::Wlan(Trim::NONE), view.skip(view.u32(4)? as usize)?))
}

/// The per-packet information header (LINKTYPE_PPI): its length, the link type of what follows, fields.
pub(super) fn per_packet_information(view: View<'_>) -> Step<'_> {
    const WLAN_COMMON: u16 = 2;
    let length = view.u16_le(2)?;
    let payload = view.skip(length.into())?;
    let mut trim = Trim::NONE;
    let mut fields = view.limit(length.into()).skip(8);
    while let Some((kind, length)) = fields.and_then(|field| Some((field.u16_le(0)?, field.u16_le(2)?))) {
        if kind == WLAN_COMMON {
            let flags = fields.and_then(|field| field.u16_le(12)).unwrap_or_default();
            trim.check_sequence = flags & 1 != 0;
        }
        fields = fields.and_then(|field| field.skip(4 + usize::from(length)));
    }
    match DataLink::from(view.u32_le(4)?) {
        DataLink::IEEE802_11 => Some((Layer::Wlan(trim), payload)),
        other => Some((link::first_layer(other)?, payload)),
    }
}

/// A data frame that is neither encrypted nor in pieces (IEEE 802.11-2020, 9.3.2).
pub(super) fn data(view: View<'_>, trim: Trim) -> Step<'_> {
    const HAS_FOUR_ADDRESSES: u16 = 0x0300;
    const IS_FROM_ACCESS_POINT: u16 = 0x0200;
    const MORE_FRAGMENTS: u16 = 0x0400;
    const PROTECTED: u16 = 0x4000;
    const HIGH_THROUGHPUT_CONTROL: u16 = 0x8000;
    let control = view.u16_le(0)?;
    let is_data = control & 0x0f == 0x08;
    let (has_quality, has_no_data) = (control & 0x80 != 0, control & 0x40 != 0);
    let is_fragment = control & MORE_FRAGMENTS != 0 || view.u16_le(22)? & 0xf != 0;
    if !is_data || has_no_data || is_fragment || control & PROTECTED != 0 {
        return None;
    }
    let mut length = if control & HAS_FOUR_ADDRESSES == HAS_FOUR_ADDRESSES { 30 } else { 24 };
    let quality = if has_quality { view.u16_le(length)? } else { 0 };
    if has_quality {
        length += if control & HIGH_THROUGHPUT_CONTROL == 0 { 2 } else { 6 };
    }
    if trim.padding {
        length = usize::next_multiple_of(length, 4);
    }
    if control & IS_FROM_ACCESS_POINT != 0 {
        length += mesh_control(view.skip(length)?);
    }
    let payload = view.skip(length)?.without_tail(if trim.check_sequence { 4 } else { 0 });
    const IS_AGGREGATE: u16 = 0x80;
    if quality & IS_AGGREGATE != 0 {
        return Some((Layer::WlanAggregate, payload));
    }
    body(view, payload)
}

/// Length of the mesh control field (9.2.4.7.3), if one stands there: the header does not always tell.
fn mesh_control(view: View<'_>) -> usize {
    let Some(extension @ 0..=2) = view.u8(0) else { return 0 };
    let length = 6 + 6 * usize::from(extension);
    if view.u16(length) == Some(0xaaaa) { length } else { 0 }
}

/// What a frame carries: as a rule IEEE 802.2; some bridges put in an Ethernet frame or its type, or two bytes more.
fn body<'a>(frame: View<'a>, payload: View<'a>) -> Step<'a> {
    const SNAP: u16 = 0xaaaa;
    let (destination, source) = addresses(frame)?;
    let starts_with =
        |at: usize, address: &[u8]| payload.bytes.get(at..).is_some_and(|rest| rest.starts_with(address));
    let start = payload.u16(0)?;
    Some(match EtherType(start) {
        EtherType(SNAP) => (Layer::Llc, payload),
        _ if starts_with(6, source) || starts_with(0, destination) => (Layer::Ethernet, payload),
        EtherType(0) if starts_with(6, destination) && starts_with(12, source) => {
            (Layer::Ethernet, payload.skip(6)?)
        }
        EtherType(0) => (Layer::Llc, payload.skip(2)?),
        _ if payload.u16(0) == frame.u16(22) => (Layer::Llc, payload.skip(2)?),
        EtherType::IPV4 | EtherType::IPV6 => (Layer::EtherType(start), payload.skip(2)?),
        _ => (Layer::Llc, payload),
    })
}

/// The final destination and the first source; which of the addresses they are depends on the way (table 9-30).
fn addresses(frame: View<'_>) -> Option<(&[u8], &[u8])> {
    let address = |at: usize| frame.bytes.get(at..at + 6);
    Some(match frame.u8(1)? & 3 {
        0 => (address(4)?, address(10)?),
        1 => (address(16)?, address(10)?),
        2 => (address(4)?, address(16)?),
        _ => (address(16)?, address(24)?),
    })
}

/// The frames that an A-MSDU carries (9.3.2.2.2): addresses, a length, IEEE 802.2; all but the last padded.
pub(super) fn aggregated(view: View<'_>) -> impl Iterator<Item = View<'_>> {
    let mut rest = Some(view);
    std::iter::from_fn(move || {
        let here = rest?;
        let length = here.u16(12)?;
        let payload = here.skip(14)?;
        rest = here.skip((14 + usize::from(length)).next_multiple_of(4));
        Some(payload.limit(length.into()))
    })
}
