//! Writing pcapng: the section's header, an interface per capture point, the hosts' names, the packets.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use pcap_file::pcapng::blocks::name_resolution::{Ipv4Record, Ipv6Record, NameResolutionBlock, Record};
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::{PcapNgBlock, PcapNgWriteError, PcapNgWriter};
use pcap_file::{DataLink, Endianness};

/// Wireshark 4.0's dumpcap breaks when the section header is above 2048 bytes; the comment stays well below.
const LONGEST_COMMENT: usize = 1500;
/// A buffer of this size goes out.
const FULL: usize = 1 << 16;

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

/// A packet to write.
#[derive(Debug)]
pub(crate) struct PacketRecord<'a> {
    pub(crate) interface: u32,
    /// Since 1970-01-01 00:00 UTC.
    pub(crate) time: Duration,
    pub(crate) frame: &'a [u8],
    /// So many bytes of it are kept.
    pub(crate) snaplen: u32,
    pub(crate) comment: Option<&'a str>,
    /// It comes in at the capture point, and does not leave there.
    pub(crate) inbound: bool,
}

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
            endianness: Endianness::native(),
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

    pub(crate) fn packet(&mut self, packet: &PacketRecord<'_>) -> io::Result<()> {
        let kept = packet.frame.len().min(packet.snaplen as usize);
        let mut options = Vec::with_capacity(2);
        if let Some(comment) = packet.comment {
            options.push(EnhancedPacketOption::Common(CommonOption::Comment(comment.into())));
        }
        options.push(EnhancedPacketOption::Flags(if packet.inbound { 1 } else { 2 }));
        self.block(EnhancedPacketBlock {
            interface_id: packet.interface,
            timestamp: packet.time,
            original_len: packet.frame.len() as u32,
            data: Cow::Borrowed(&packet.frame[..kept]),
            options,
        })?;
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

/// As much of a text as a section header may hold.
fn shorten(text: &str) -> &str {
    let end =
        text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= LONGEST_COMMENT).last();
    &text[..end.unwrap_or(0)]
}

fn to_io(error: PcapNgWriteError) -> io::Error {
    io::Error::other(error)
}
