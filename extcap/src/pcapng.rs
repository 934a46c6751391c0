//! Writing pcapng: the section's header, an interface per capture point, the hosts' names, the packets.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use pcap_file::pcapng::blocks::interface_statistics::{InterfaceStatisticsBlock, InterfaceStatisticsOption};
use pcap_file::pcapng::blocks::name_resolution::{Ipv4Record, Ipv6Record, NameResolutionBlock, Record};
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::{PcapNgBlock, PcapNgWriteError, PcapNgWriter};
use pcap_file::{DataLink, Endianness};

/// Wireshark 4.0's dumpcap breaks when the section header is above 2048 bytes; the comment stays well below.
const LONGEST_COMMENT: usize = 1500;
/// A buffer of this size goes out: large enough that the system's part in it does not count.
const FULL: usize = 1 << 20;

/// An interface of the capture.
#[derive(Debug)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) link: DataLink,
    /// The most bytes that are kept of a frame.
    pub(crate) snaplen: u32,
}

impl Interface {
    /// No frame is longer.
    pub(crate) const LONGEST: u32 = 0x4_0000;
}

/// What the capture says of a packet beside its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PacketHead {
    pub(crate) interface: u32,
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    pub(crate) time: u64,
    /// So many bytes of it are kept.
    pub(crate) snaplen: u32,
    /// It comes in at the capture point, and does not leave there.
    pub(crate) inbound: bool,
}

/// An Enhanced Packet Block's type, and the bytes before its packet (draft-ietf-opsawg-pcapng, 4.3).
const ENHANCED_PACKET: u32 = 6;
const PACKET_HEAD: usize = 28;
/// Options of a packet: a comment, and flags of which the lowest two bits tell the direction.
const OPTION_COMMENT: u16 = 1;
const OPTION_FLAGS: u16 = 2;
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;

/// A capture that is being written: blocks gather in a buffer until it is full or flushed.
pub(crate) struct CaptureWriter<W> {
    blocks: PcapNgWriter<Vec<u8>>,
    out: W,
}

impl<W> fmt::Debug for CaptureWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureWriter")
            .field("buffered", &self.blocks.get_ref().len())
            .finish_non_exhaustive()
    }
}

impl<W: Write> CaptureWriter<W> {
    /// Begins the capture.
    pub(crate) fn new(
        out: W,
        comment: &str,
        interfaces: &[Interface],
        hosts: &[(IpAddr, &str)],
    ) -> io::Result<Self> {
        let section = SectionHeaderBlock {
            // The same bytes on any machine.
            endianness: Endianness::Little,
            options: vec![
                SectionHeaderOption::Common(CommonOption::Comment(shorten(comment).into())),
                SectionHeaderOption::UserApplication(
                    concat!("tcpdx-extcap ", env!("CARGO_PKG_VERSION")).into(),
                ),
            ],
            ..Default::default()
        };
        let blocks =
            PcapNgWriter::with_section_header(Vec::with_capacity(2 * FULL), section).map_err(to_io)?;
        let mut writer = CaptureWriter { blocks, out };
        for interface in interfaces {
            writer.block(interface_block(interface)?)?;
        }
        if !hosts.is_empty() {
            writer.block(NameResolutionBlock {
                records: hosts.iter().map(|(address, name)| record(*address, name)).collect(),
                options: Vec::new(),
            })?;
        }
        Ok(writer)
    }

    /// How many packets an interface has got, and how many of them the filter has let pass; `begin` and `end` since
    /// 1970-01-01 00:00 UTC.
    pub(crate) fn statistics(
        &mut self,
        interface: u32,
        [begin, end]: [Duration; 2],
        received: u64,
        accepted: u64,
    ) -> io::Result<()> {
        self.block(InterfaceStatisticsBlock {
            interface_id: interface,
            timestamp: end,
            options: vec![
                InterfaceStatisticsOption::IsbStartTime(begin),
                InterfaceStatisticsOption::IsbEndTime(end),
                InterfaceStatisticsOption::IsbIfRecv(received),
                InterfaceStatisticsOption::IsbIfDrop(0),
                InterfaceStatisticsOption::IsbFilterAccept(accepted),
                InterfaceStatisticsOption::IsbUsrDeliv(accepted),
            ],
        })
    }

    /// Where packets are appended, with [`write_packet`] or as they were written before.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        self.blocks.get_mut()
    }

    /// Something was appended: it goes out if the buffer is full.
    pub(crate) fn written(&mut self) -> io::Result<()> {
        if self.blocks.get_ref().len() >= FULL { self.flush() } else { Ok(()) }
    }

    /// Everything that was written goes out.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let buffer = self.blocks.get_mut();
        self.out.write_all(buffer)?;
        buffer.clear();
        self.out.flush()
    }

    fn block<'a>(&mut self, block: impl PcapNgBlock<'a>) -> io::Result<()> {
        self.blocks.write_pcapng_block(block).map(drop).map_err(to_io)
    }
}

fn interface_block(interface: &Interface) -> io::Result<InterfaceDescriptionBlock<'_>> {
    let nanoseconds = InterfaceTsResolution::new(false, 9).map_err(io::Error::other)?;
    let mut block = InterfaceDescriptionBlock::new(interface.link, interface.snaplen);
    block.options = vec![
        InterfaceDescriptionOption::IfName(interface.name.as_str().into()),
        InterfaceDescriptionOption::IfDescription(interface.description.as_str().into()),
        InterfaceDescriptionOption::IfTsResol(nanoseconds),
    ];
    Ok(block)
}

fn record<'a>(address: IpAddr, name: &'a str) -> Record<'a> {
    let names = vec![Cow::Borrowed(name)];
    match address {
        IpAddr::V4(ip_addr) => Record::Ipv4(Ipv4Record { ip_addr, names }),
        IpAddr::V6(ip_addr) => Record::Ipv6(Ipv6Record { ip_addr, names }),
    }
}

/// Appends a packet: `frame` appends its bytes, and `comment` its comment, of which nothing makes none.
///
/// The block is written where it will stay: packets are what there are millions of.
pub(crate) fn write_packet(
    out: &mut Vec<u8>,
    head: PacketHead,
    frame: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    comment: impl FnOnce(&mut Vec<u8>),
) -> io::Result<()> {
    let begin = out.len();
    let mut fixed = [0; PACKET_HEAD];
    fixed[0..4].copy_from_slice(&ENHANCED_PACKET.to_le_bytes());
    fixed[8..12].copy_from_slice(&head.interface.to_le_bytes());
    fixed[12..16].copy_from_slice(&((head.time >> 32) as u32).to_le_bytes());
    fixed[16..20].copy_from_slice(&(head.time as u32).to_le_bytes());
    out.extend_from_slice(&fixed);
    frame(out)?;
    let len = out.len() - begin - PACKET_HEAD;
    let kept = len.min(head.snaplen as usize);
    out.truncate(begin + PACKET_HEAD + kept);
    pad(out, begin);
    let option = out.len();
    out.extend_from_slice(&[0; 4]);
    comment(out);
    let text = out.len() - option - 4;
    if text > 0 {
        pad(out, begin);
        out[option..option + 2].copy_from_slice(&OPTION_COMMENT.to_le_bytes());
        out[option + 2..option + 4].copy_from_slice(&(text as u16).to_le_bytes());
    } else {
        out.truncate(option);
    }
    let direction = if head.inbound { INBOUND } else { OUTBOUND };
    let mut tail = [0; 16];
    tail[0..2].copy_from_slice(&OPTION_FLAGS.to_le_bytes());
    tail[2..4].copy_from_slice(&4u16.to_le_bytes());
    tail[4..8].copy_from_slice(&direction.to_le_bytes());
    let block = ((out.len() - begin + tail.len()) as u32).to_le_bytes();
    tail[12..16].copy_from_slice(&block);
    out.extend_from_slice(&tail);
    out[begin + 4..begin + 8].copy_from_slice(&block);
    out[begin + 20..begin + 24].copy_from_slice(&(kept as u32).to_le_bytes());
    out[begin + 24..begin + 28].copy_from_slice(&(len as u32).to_le_bytes());
    Ok(())
}

/// Appends a packet as it was written before, at another time; its frame, with the original length, can be changed.
pub(crate) fn write_again(out: &mut Vec<u8>, block: &[u8], time: u64, change: impl FnOnce(&mut [u8])) {
    let begin = out.len();
    out.extend_from_slice(block);
    let block = &mut out[begin..];
    block[12..16].copy_from_slice(&((time >> 32) as u32).to_le_bytes());
    block[16..20].copy_from_slice(&(time as u32).to_le_bytes());
    let kept = u32::from_le_bytes([block[20], block[21], block[22], block[23]]) as usize;
    change(&mut block[PACKET_HEAD..PACKET_HEAD + kept]);
}

/// The interface of the packet whose block this is, and the bytes that are kept of it.
pub(crate) fn packet_in(block: &[u8]) -> (u32, &[u8]) {
    let number = |at: usize| u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
    (number(8), &block[PACKET_HEAD..PACKET_HEAD + number(20) as usize])
}

/// Keeps no more than so many bytes of the packet whose block begins there and is the last.
pub(crate) fn cut_packet(out: &mut Vec<u8>, begin: usize, snaplen: u32) {
    let kept = packet_in(&out[begin..]).1.len();
    if kept <= snaplen as usize {
        return;
    }
    let place = begin + PACKET_HEAD;
    let padded = |len: usize| place + len.next_multiple_of(4);
    out[place + snaplen as usize..padded(snaplen as usize)].fill(0);
    out.drain(padded(snaplen as usize)..padded(kept));
    out[begin + 20..begin + 24].copy_from_slice(&snaplen.to_le_bytes());
    let len = out.len();
    let block = ((len - begin) as u32).to_le_bytes();
    out[begin + 4..begin + 8].copy_from_slice(&block);
    out[len - 4..].copy_from_slice(&block);
}

/// Fills up to a multiple of four bytes, counted from the block's begin.
fn pad(out: &mut Vec<u8>, begin: usize) {
    let missing = (begin.wrapping_sub(out.len())) % 4;
    out.extend_from_slice(&[0; 3][..missing]);
}

/// As much of a text as a section header may hold.
fn shorten(text: &str) -> &str {
    let end =
        text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= LONGEST_COMMENT).last();
    &text[..end.unwrap_or(0)]
}

fn to_io(error: PcapNgWriteError) -> io::Error {
    io::Error::other(error)
}
