//! The format of Wireshark: blocks of several kinds, interfaces with a link type each, several sections.

use super::capture::{Frame, Input, cut_or_io};
use super::pcap::MAX_RECORD;
use super::trouble::Trouble;
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::blocks::{
    CUSTOM_BLOCK_COPIABLE, CUSTOM_BLOCK_NON_COPIABLE, ENHANCED_PACKET_BLOCK, INTERFACE_DESCRIPTION_BLOCK,
    PACKET_BLOCK, SECTION_HEADER_BLOCK, SIMPLE_PACKET_BLOCK, SYSTEMD_JOURNAL_EXPORT_BLOCK,
};
use pcap_file::pcapng::{PcapNgReadError, PcapNgReader, PcapNgState, RawBlock};
use pcap_file::{DataLink, Endianness};
use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;

/// The frames of a pcapng file.
pub(super) struct PcapngFrames<R: std::io::Read> {
    reader: PcapNgReader<R>,
    ended: Rc<Cell<bool>>,
}

/// A block that holds a packet, before its interface is looked up.
struct PacketBlock<'a> {
    interface: u32,
    /// In units of the interface's clock, high and low half; a simple packet block has none.
    timestamp: Option<(u32, u32)>,
    wire_len: u32,
    bytes: &'a [u8],
}

impl PcapngFrames<Input> {
    pub(super) fn new(input: Input) -> Result<Self, Trouble> {
        let ended = input.end();
        let reader = PcapNgReader::with_capacity(input, MAX_RECORD)
            .map_err(|error| trouble(error, ended.get(), 0, 0))?;
        Ok(PcapngFrames { reader, ended })
    }

    /// Gives the comments at the head of every section to `each`.
    pub(super) fn read_headings(&mut self, mut each: impl FnMut(&str)) -> Result<(), Trouble> {
        let mut told = |section: &SectionHeaderBlock<'_>| {
            for option in &section.options {
                if let SectionHeaderOption::Common(CommonOption::Comment(comment)) = option {
                    each(comment);
                }
            }
        };
        told(self.reader.section());
        loop {
            let offset = self.reader.bytes_parsed();
            let Some(block) = self.reader.next_raw_block() else { return Ok(()) };
            let (block, state) = block.map_err(|error| trouble(error, self.ended.get(), offset, 0))?;
            if block.type_ == SECTION_HEADER_BLOCK {
                told(state.section());
            }
        }
    }

    /// Gives every frame to `each`.
    pub(super) fn read(&mut self, mut each: impl FnMut(&Frame<'_>)) -> Result<(), Trouble> {
        let mut frames = 0;
        // Interfaces are counted over all sections, so that no two share a number.
        let (mut earlier, mut in_section) = (0, 0);
        loop {
            let offset = self.reader.bytes_parsed();
            let Some(block) = self.reader.next_raw_block() else { return Ok(()) };
            let (block, state) = block.map_err(|error| trouble(error, self.ended.get(), offset, frames))?;
            match block.type_ {
                SECTION_HEADER_BLOCK => {
                    earlier += in_section;
                    in_section = 0;
                }
                INTERFACE_DESCRIPTION_BLOCK => in_section += 1,
                ENHANCED_PACKET_BLOCK | SIMPLE_PACKET_BLOCK | PACKET_BLOCK => {
                    let frame =
                        frame(&block, state).map_err(|what| Trouble::Damaged { offset, frames, what })?;
                    frames += 1;
                    each(&Frame { number: frames, interface: earlier + frame.interface, ..frame });
                }
                other if has_a_row(other) => frames += 1,
                _ => {}
            }
        }
    }
}

/// Blocks that are no packets and yet have a row, and so a frame number, in Wireshark.
fn has_a_row(block_type: u32) -> bool {
    matches!(block_type, SYSTEMD_JOURNAL_EXPORT_BLOCK | CUSTOM_BLOCK_COPIABLE | CUSTOM_BLOCK_NON_COPIABLE)
}

/// The frame in a packet block; its number and interface are those within the section.
fn frame<'a>(block: &'a RawBlock<'_>, state: &PcapNgState) -> Result<Frame<'a>, String> {
    let number: fn([u8; 4]) -> u32 = match state.endianness() {
        Endianness::Big => u32::from_be_bytes,
        Endianness::Little => u32::from_le_bytes,
    };
    let packet = match block.type_ {
        SIMPLE_PACKET_BLOCK => simple_packet(&block.body, state, number),
        kind => enhanced_packet(&block.body, kind == PACKET_BLOCK, number, state.endianness()),
    }
    .ok_or("its lengths exceed the block")?;
    let interface = state
        .interfaces()
        .get(packet.interface as usize)
        .ok_or_else(|| format!("it names interface {}, which was not described", packet.interface))?;
    let time = match packet.timestamp {
        // A clock that cannot be told is no reason to lose the packet.
        Some((high, low)) => state.decode_timestamp(packet.interface, high, low).unwrap_or_default(),
        None => Default::default(),
    };
    Ok(Frame {
        number: 0,
        time: i64::try_from(time.as_nanos()).unwrap_or(i64::MAX),
        interface: packet.interface,
        link_type: DataLink::from(u32::from(interface.linktype)),
        bytes: packet.bytes,
        wire_len: packet.wire_len,
    })
}

/// An enhanced packet block, or the packet block that it replaced: that one has a 16-bit interface number
/// and a count of drops where the newer has a 32-bit number.
fn enhanced_packet(
    body: &[u8],
    old: bool,
    number: fn([u8; 4]) -> u32,
    endianness: Endianness,
) -> Option<PacketBlock<'_>> {
    let field = |at: usize| body.get(at..at + 4)?.try_into().ok().map(number);
    let interface = match endianness {
        _ if !old => field(0)?,
        Endianness::Big => field(0)? >> 16,
        Endianness::Little => field(0)? & 0xffff,
    };
    let captured = field(12)? as usize;
    Some(PacketBlock {
        interface,
        timestamp: Some((field(4)?, field(8)?)),
        wire_len: field(16)?,
        bytes: body.get(20..)?.get(..captured)?,
    })
}

/// A simple packet block: of the first interface, without a time, cut at the interface's snap length.
fn simple_packet<'a>(
    body: &'a [u8],
    state: &PcapNgState,
    number: fn([u8; 4]) -> u32,
) -> Option<PacketBlock<'a>> {
    let wire_len = number(body.get(..4)?.try_into().ok()?);
    let snap_len = state.interfaces().first().map_or(0, |interface| interface.snaplen);
    let captured = if snap_len == 0 { wire_len } else { wire_len.min(snap_len) };
    Some(PacketBlock {
        interface: 0,
        timestamp: None,
        wire_len,
        bytes: body.get(4..)?.get(..captured as usize)?,
    })
}

fn trouble(error: PcapNgReadError, ended: bool, offset: u64, frames: u32) -> Trouble {
    match error {
        PcapNgReadError::Io(error) => cut_or_io(error, ended, offset, frames),
        other => {
            let what = other.source().map_or_else(|| other.to_string(), ToString::to_string);
            Trouble::Damaged { offset, frames, what }
        }
    }
}
