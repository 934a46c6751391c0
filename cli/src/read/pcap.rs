//! The classic format of tcpdump: one header, one link type, then packets.

use super::capture::{Frame, Input, MAX_RECORD, cut_or_io, without_check_sequence};
use super::trouble::Trouble;
use pcap_file::DataLink;
use pcap_file::pcap::{PcapReadError, PcapReader, PcapTsResolution};
use std::cell::Cell;
use std::rc::Rc;

/// Bytes of the file header, and of the header of each packet.
const FILE_HEADER: u64 = 24;
const PACKET_HEADER: u64 = 16;

/// The frames of a pcap file.
pub(super) struct PcapFrames<R: std::io::Read> {
    reader: PcapReader<R>,
    ended: Rc<Cell<bool>>,
}

impl PcapFrames<Input> {
    pub(super) fn new(input: Input) -> Result<Self, Trouble> {
        let ended = input.end();
        let reader = PcapReader::with_capacity(input, MAX_RECORD)
            .map_err(|error| trouble(error, ended.get(), 0, 0))?;
        Ok(PcapFrames { reader, ended })
    }

    /// Gives every frame to `each`.
    pub(super) fn read(&mut self, mut each: impl FnMut(&Frame<'_>)) -> Result<(), Trouble> {
        let header = self.reader.header();
        let unit = match header.ts_resolution {
            PcapTsResolution::MicroSecond => 1_000,
            PcapTsResolution::NanoSecond => 1,
        };
        let (link_type, check_sequence) = link_type(header.datalink.into());
        let (mut frames, mut offset) = (0, FILE_HEADER);
        while let Some(packet) = self.reader.next_raw_packet() {
            let packet = packet.map_err(|error| trouble(error, self.ended.get(), offset, frames))?;
            frames += 1;
            offset += PACKET_HEADER + packet.data.len() as u64;
            let frame = Frame {
                number: frames,
                time: i64::from(packet.ts_sec) * 1_000_000_000 + i64::from(packet.ts_frac) * unit,
                interface: 0,
                link_type,
                endianness: header.endianness,
                bytes: &packet.data,
                wire_len: packet.orig_len,
            };
            each(&without_check_sequence(frame, check_sequence));
        }
        Ok(())
    }
}

/// The link type, and how many bytes of check sequence frames end in: the upper bits of the field may tell that, in
/// units of two bytes (draft-ietf-opsawg-pcap, "LinkType and additional information").
fn link_type(field: u32) -> (DataLink, u8) {
    const IS_TOLD: u32 = 0x0400_0000;
    let check_sequence = if field & IS_TOLD == 0 { 0 } else { (field >> 28) as u8 * 2 };
    (DataLink::from(field & 0x03ff_ffff), check_sequence)
}

fn trouble(error: PcapReadError, ended: bool, offset: u64, frames: u32) -> Trouble {
    match error {
        PcapReadError::Io(error) => cut_or_io(error, ended, offset, frames),
        PcapReadError::Validation(error) => Trouble::Damaged { offset, frames, what: error.to_string() },
    }
}
