//! The format of Wireshark: blocks of several kinds, interfaces with a link type each, several sections
//! (draft-ietf-opsawg-pcapng).
//!
//! What is odd but does no harm is read as Wireshark reads it: an option whose value has not the length that it should
//! have counts as absent, options may break off, a block's length may leave out its padding, and blocks of unknown
//! kinds are stepped over.

use super::capture::{Frame, Input, cut_or_io, without_check_sequence};
use super::fields::Fields;
use super::trouble::Trouble;
use super::window::Window;
use pcap_file::pcapng::blocks::{
    CUSTOM_BLOCK_COPIABLE, CUSTOM_BLOCK_NON_COPIABLE, ENHANCED_PACKET_BLOCK, INTERFACE_DESCRIPTION_BLOCK,
    PACKET_BLOCK, SECTION_HEADER_BLOCK, SIMPLE_PACKET_BLOCK, SYSTEMD_JOURNAL_EXPORT_BLOCK,
};
use pcap_file::{DataLink, Endianness};

/// Bytes that frame a block: its type and its length before it, its length once more behind it.
const HEADER: usize = 8;
const TRAILER: usize = 4;

/// The frames of a pcapng file.
pub(super) struct PcapngFrames {
    window: Window,
    section: Section,
    /// Frames that were given so far.
    frames: u32,
}

/// What holds from a section header to the next.
struct Section {
    endianness: Endianness,
    interfaces: Vec<Interface>,
    /// Interfaces in the sections before: they are counted over all sections, so that no two share a number.
    earlier: u32,
}

/// What an interface description block says.
struct Interface {
    link_type: DataLink,
    /// Bytes kept of a frame, 0 for all.
    snap_len: u32,
    clock: Clock,
    /// Length of the frame check sequence at the end of frames, in bytes.
    check_sequence: u8,
}

/// How an interface counts time.
struct Clock {
    units_per_second: u64,
    /// Seconds from 1970 to its zero.
    offset: i64,
}

/// A block's type and what it holds.
struct Block<'a> {
    kind: u32,
    body: Fields<'a>,
}

/// A block that holds a packet, before its interface is looked up.
struct PacketBlock<'a> {
    interface: u32,
    /// In units of the interface's clock; a simple packet block has none.
    timestamp: Option<u64>,
    wire_len: u32,
    bytes: &'a [u8],
    options: Fields<'a>,
}

impl PcapngFrames {
    pub(super) fn new(input: Input) -> PcapngFrames {
        let section = Section { endianness: Endianness::Little, interfaces: Vec::new(), earlier: 0 };
        PcapngFrames { window: Window::new(input), section, frames: 0 }
    }

    /// Gives the comments at the head of every section to `each`.
    pub(super) fn read_headings(&mut self, mut each: impl FnMut(&str)) -> Result<(), Trouble> {
        const COMMENT: u16 = 1;
        self.blocks(|block, _, _| {
            if block.kind == SECTION_HEADER_BLOCK {
                let comments = block.body.from(16).into_iter().flat_map(options);
                comments
                    .filter(|(code, _)| *code == COMMENT)
                    .filter_map(|(_, text)| std::str::from_utf8(text.bytes).ok())
                    .for_each(&mut each);
            }
            Ok(())
        })
    }

    /// Gives every frame to `each`.
    pub(super) fn read(&mut self, mut each: impl FnMut(&Frame<'_>)) -> Result<(), Trouble> {
        self.blocks(|block, section, frames| {
            if let Some(frame) = section.frame(block)? {
                *frames += 1;
                each(&Frame { number: *frames, ..frame });
            } else if has_a_row(block.kind) {
                *frames += 1;
            }
            Ok(())
        })
    }

    /// Gives every block to `each`, with its section and the count of frames before it.
    fn blocks(
        &mut self,
        mut each: impl FnMut(&Block<'_>, &Section, &mut u32) -> Result<(), String>,
    ) -> Result<(), Trouble> {
        loop {
            let (offset, frames) = (self.window.offset(), self.frames);
            let damaged = |what| Trouble::Damaged { offset, frames, what };
            let failed = |error| cut_or_io(error, offset, frames);
            let header = self.window.look(HEADER + 4).map_err(failed)?;
            if header.is_empty() {
                return Ok(());
            }
            let Some(header) = header.first_chunk() else { return Err(Trouble::Cut { offset, frames }) };
            let (kind, length) = self.section.block_header(header).map_err(damaged)?;
            let whole = Fields::new(self.window.look_at_record(length, frames)?, self.section.endianness);
            let body = Fields::new(&whole.bytes[HEADER..length - TRAILER], whole.endianness);
            let block = Block { kind, body };
            match whole.u32(length - TRAILER) {
                Some(again) if padded(again) == length => {}
                again => {
                    let again = again.unwrap_or_default();
                    return Err(damaged(format!("a block of {length} bytes ends as one of {again}")));
                }
            }
            self.section.update(&block).map_err(damaged)?;
            each(&block, &self.section, &mut self.frames).map_err(damaged)?;
            self.window.step(length);
        }
    }
}

/// Wireshark rounds up lengths to which a writer has not added the padding.
fn padded(length: u32) -> usize {
    (length as usize).next_multiple_of(4)
}

/// Blocks that are no packets and yet have a row, and so a frame number, in Wireshark.
fn has_a_row(block_type: u32) -> bool {
    const SYSDIG_EVENT_BLOCKS: [u32; 3] = [0x204, 0x216, 0x221];
    matches!(block_type, SYSTEMD_JOURNAL_EXPORT_BLOCK | CUSTOM_BLOCK_COPIABLE | CUSTOM_BLOCK_NON_COPIABLE)
        || SYSDIG_EVENT_BLOCKS.contains(&block_type)
}

impl Section {
    /// The type and whole length of a block, of which the first twelve bytes are given; those of a section header end
    /// in a number that tells its byte order.
    fn block_header(&mut self, header: &[u8; 12]) -> Result<(u32, usize), String> {
        if header[..4] == SECTION_HEADER_BLOCK.to_be_bytes() {
            self.endianness = match header[8..] {
                [0x1a, 0x2b, 0x3c, 0x4d] => Endianness::Big,
                [0x4d, 0x3c, 0x2b, 0x1a] => Endianness::Little,
                _ => return Err("its section header tells no byte order".to_string()),
            };
        }
        let header = Fields::new(header, self.endianness);
        let (kind, length) = (header.u32(0).unwrap_or_default(), header.u32(4).unwrap_or_default());
        if padded(length) < HEADER + TRAILER {
            return Err(format!("a block of {length} bytes is shorter than its own frame"));
        }
        Ok((kind, padded(length)))
    }

    /// Takes over what the block says of the section.
    fn update(&mut self, block: &Block<'_>) -> Result<(), String> {
        match block.kind {
            SECTION_HEADER_BLOCK => {
                match block.body.u16(4) {
                    Some(1) => {}
                    Some(other) => return Err(format!("its version is {other}, and only 1 is known")),
                    None => return Err("its section header breaks off".to_string()),
                }
                self.earlier += self.interfaces.len() as u32;
                self.interfaces.clear();
            }
            INTERFACE_DESCRIPTION_BLOCK => {
                let interface = Interface::new(block.body).ok_or("its interface description breaks off")?;
                self.interfaces.push(interface);
            }
            _ => {}
        }
        Ok(())
    }

    /// The frame in a packet block, not yet numbered; `None` for other blocks.
    fn frame<'a>(&self, block: &Block<'a>) -> Result<Option<Frame<'a>>, String> {
        let body = block.body;
        let packet = match block.kind {
            ENHANCED_PACKET_BLOCK => enhanced_packet(body, body.u32(0)),
            // The packet block that the enhanced one replaced: a 16-bit interface number and a count of drops.
            PACKET_BLOCK => enhanced_packet(body, body.u16(0).map(u32::from)),
            SIMPLE_PACKET_BLOCK => simple_packet(body, self.interfaces.first()),
            _ => return Ok(None),
        }
        .ok_or("its lengths exceed the block")?;
        let interface = self
            .interfaces
            .get(packet.interface as usize)
            .ok_or_else(|| format!("it names interface {}, which was not described", packet.interface))?;
        let frame = Frame {
            number: 0,
            time: packet.timestamp.map_or(0, |time| interface.clock.nanoseconds(time)),
            interface: self.earlier + packet.interface,
            link_type: interface.link_type,
            endianness: self.endianness,
            bytes: packet.bytes,
            wire_len: packet.wire_len,
        };
        let check_sequence = packet.check_sequence().unwrap_or(interface.check_sequence);
        Ok(Some(without_check_sequence(frame, check_sequence)))
    }
}

impl Interface {
    fn new(body: Fields<'_>) -> Option<Interface> {
        const TIMESTAMP_RESOLUTION: u16 = 9;
        const CHECK_SEQUENCE: u16 = 13;
        const TIMESTAMP_OFFSET: u16 = 14;
        let mut interface = Interface {
            link_type: DataLink::from(u32::from(body.u16(0)?)),
            snap_len: body.u32(4)?,
            clock: Clock { units_per_second: 1_000_000, offset: 0 },
            check_sequence: 0,
        };
        for (code, value) in options(body.from(8)?) {
            match (code, value.bytes) {
                (TIMESTAMP_RESOLUTION, [resolution]) => {
                    interface.clock.units_per_second = units_per_second(*resolution);
                }
                (TIMESTAMP_OFFSET, _) => {
                    interface.clock.offset = value.i64().unwrap_or(interface.clock.offset);
                }
                (CHECK_SEQUENCE, [length]) => interface.check_sequence = check_sequence_bytes(*length),
                _ => {}
            }
        }
        Some(interface)
    }
}

/// A resolution is an exponent of 10, or of 2 with the high bit set; what cannot be counted is beyond all.
fn units_per_second(resolution: u8) -> u64 {
    let base: u64 = if resolution & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(u32::from(resolution & 0x7f)).unwrap_or(u64::MAX)
}

/// The length of a check sequence is to be told in bits; Wireshark takes less than 8 for bytes.
fn check_sequence_bytes(length: u8) -> u8 {
    if length < 8 { length } else { length / 8 }
}

impl Clock {
    /// A timestamp in nanoseconds since 1970; what cannot be told so is as near as can be.
    fn nanoseconds(&self, timestamp: u64) -> i64 {
        const SECOND: i128 = 1_000_000_000;
        let nanoseconds = i128::from(timestamp) * SECOND / i128::from(self.units_per_second);
        let since_1970 = nanoseconds + i128::from(self.offset) * SECOND;
        since_1970.clamp(0, i64::MAX.into()) as i64
    }
}

fn enhanced_packet(body: Fields<'_>, interface: Option<u32>) -> Option<PacketBlock<'_>> {
    let captured = body.u32(12)? as usize;
    let bytes = body.from(20)?.bytes.get(..captured)?;
    let options = body.from(20 + captured.next_multiple_of(4)).unwrap_or(Fields { bytes: &[], ..body });
    let timestamp = u64::from(body.u32(4)?) << 32 | u64::from(body.u32(8)?);
    Some(PacketBlock {
        interface: interface?,
        timestamp: Some(timestamp),
        wire_len: body.u32(16)?,
        bytes,
        options,
    })
}

/// A simple packet block: of the first interface, without a time, cut at the interface's snap length.
fn simple_packet<'a>(body: Fields<'a>, interface: Option<&Interface>) -> Option<PacketBlock<'a>> {
    let wire_len = body.u32(0)?;
    let snap_len = interface.map_or(0, |interface| interface.snap_len);
    let captured = if snap_len == 0 { wire_len } else { wire_len.min(snap_len) };
    let bytes = body.from(4)?.bytes.get(..captured as usize)?;
    let options = Fields { bytes: &[], ..body };
    Some(PacketBlock { interface: 0, timestamp: None, wire_len, bytes, options })
}

impl PacketBlock<'_> {
    /// Bytes of frame check sequence, if this packet's flags tell them.
    fn check_sequence(&self) -> Option<u8> {
        const FLAGS: u16 = 2;
        let (_, flags) = options(self.options).find(|(code, _)| *code == FLAGS)?;
        let length = (flags.u32(0)? >> 5 & 0xf) as u8;
        (length > 0).then_some(length)
    }
}

/// The options that start here: code and value each, until they end or break off.
fn options<'a>(fields: Fields<'a>) -> impl Iterator<Item = (u16, Fields<'a>)> {
    const END: u16 = 0;
    let mut rest = fields;
    std::iter::from_fn(move || {
        let code = rest.u16(0).filter(|code| *code != END)?;
        let length = usize::from(rest.u16(2)?);
        let value = rest.bytes.get(4..4 + length)?;
        rest = rest.from(4 + length.next_multiple_of(4)).unwrap_or(Fields { bytes: &[], ..rest });
        Some((code, Fields { bytes: value, ..fields }))
    })
}
