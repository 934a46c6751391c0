//! The classic format of tcpdump (draft-ietf-opsawg-pcap): one header, one link type, then packets.

use super::capture::{Frame, Input, cut_or_io, without_check_sequence};
use super::fields::Fields;
use super::trouble::Trouble;
use super::window::Window;
use pcap_file::{DataLink, Endianness};

/// Bytes of the file header.
const FILE_HEADER: usize = 24;

/// Up to this version of the format the length on the wire stood before that of what was captured, or behind it, as the
/// writer liked (libpcap, sf-pcap.c).
const LENGTHS_IN_ANY_ORDER: (u16, u16) = (2, 3);

/// The frames of a pcap file.
pub(super) struct PcapFrames {
    window: Window,
    variant: Variant,
    link_type: DataLink,
    check_sequence: u8,
    /// The smaller of the two lengths of a packet is what was captured of it: they stand in either order.
    lengths_in_any_order: bool,
}

/// What the first number of the file tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variant {
    endianness: Endianness,
    /// Nanoseconds in the smaller unit of its timestamps.
    unit: i64,
    /// Bytes before each packet.
    header: usize,
}

impl Variant {
    /// The variant of the file that starts with these bytes.
    pub(super) fn of(magic: &[u8]) -> Option<Variant> {
        let endianness = if magic.first()? == &0xa1 { Endianness::Big } else { Endianness::Little };
        let (unit, header) = match Fields::new(magic, endianness).u32(0)? {
            0xa1b2_c3d4 => (1_000, 16),
            0xa1b2_3c4d => (1, 16),
            // With the interface and more of each packet, as FRITZ!Box routers write it.
            0xa1b2_cd34 => (1_000, 24),
            _ => return None,
        };
        Some(Variant { endianness, unit, header })
    }
}

impl PcapFrames {
    pub(super) fn new(input: Input, variant: Variant) -> Result<PcapFrames, Trouble> {
        let mut window = Window::new(input);
        let header = window.look(FILE_HEADER).map_err(|error| cut_or_io(error, 0, 0))?;
        let fields = Fields::new(header, variant.endianness);
        let (link_type, check_sequence) =
            link_type(fields.u32(20).ok_or(Trouble::Cut { offset: 0, frames: 0 })?);
        let version = fields.u16(4).zip(fields.u16(6));
        let lengths_in_any_order = version.is_some_and(|version| version <= LENGTHS_IN_ANY_ORDER);
        window.step(FILE_HEADER);
        Ok(PcapFrames { window, variant, link_type, check_sequence, lengths_in_any_order })
    }

    /// Gives every frame to `each`.
    pub(super) fn read(&mut self, mut each: impl FnMut(&Frame<'_>)) -> Result<(), Trouble> {
        let Variant { endianness, unit, header: header_len } = self.variant;
        let mut frames = 0;
        loop {
            let offset = self.window.offset();
            let failed = |error| cut_or_io(error, offset, frames);
            let header = self.window.look(header_len).map_err(failed)?;
            if header.is_empty() {
                return Ok(());
            }
            if header.len() < header_len {
                return Err(Trouble::Cut { offset, frames });
            }
            let field = |at| Fields::new(header, endianness).u32(at).unwrap_or_default();
            let time = i64::from(field(0)) * 1_000_000_000 + i64::from(field(4)) * unit;
            let (mut captured, mut wire_len) = (field(8), field(12));
            if self.lengths_in_any_order && captured > wire_len {
                std::mem::swap(&mut captured, &mut wire_len);
            }
            let captured = captured as usize;
            let record = self.window.look_at_record(header_len + captured, frames)?;
            frames += 1;
            let frame = Frame {
                number: frames,
                time,
                interface: 0,
                link_type: self.link_type,
                endianness,
                bytes: &record[header_len..],
                wire_len,
            };
            each(&without_check_sequence(frame, self.check_sequence));
            self.window.step(header_len + captured);
        }
    }
}

/// The link type, and how many bytes of check sequence frames end in: the upper bits of the field may tell that, in
/// units of two bytes (draft-ietf-opsawg-pcap, "LinkType and additional information").
fn link_type(field: u32) -> (DataLink, u8) {
    const IS_TOLD: u32 = 0x0400_0000;
    let check_sequence = if field & IS_TOLD == 0 { 0 } else { (field >> 28) as u8 * 2 };
    (DataLink::from(field & 0x03ff_ffff), check_sequence)
}
