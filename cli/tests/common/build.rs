//! Frames and captures made by hand, for what no capture at hand shows.

use etherparse::{IpFragOffset, Ipv4Header, Ipv6Header, TcpHeader};
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::InterfaceDescriptionBlock;
use pcap_file::pcapng::{Block, PcapNgWriter};
use pcap_file::{DataLink, Endianness};
use std::borrow::Cow;
use std::io::Write;
use std::time::Duration;

pub const CLIENT: [u8; 4] = [10, 0, 0, 1];
pub const SERVER: [u8; 4] = [10, 0, 0, 2];
pub const TCP: u8 = 6;

/// A TCP segment of `payload` bytes, its checksum not computed.
pub fn segment(payload: usize) -> Vec<u8> {
    let mut header = TcpHeader::new(40000, 8080, 1000, 64240);
    header.ack = true;
    header.acknowledgment_number = 2000;
    let mut bytes = header.to_bytes().to_vec();
    bytes.extend((0..payload).map(|i| b'a' + (i % 23) as u8));
    bytes
}

/// `payload` in IPv4 from the client to the server.
pub fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_with(protocol, payload, |_| {})
}

/// The same with a header that `change` has had its way with.
pub fn ipv4_with(protocol: u8, payload: &[u8], change: impl FnOnce(&mut Ipv4Header)) -> Vec<u8> {
    let mut header =
        Ipv4Header::new(payload.len() as u16, 61, etherparse::IpNumber(protocol), CLIENT, SERVER).unwrap();
    header.identification = 0x1234;
    header.ecn = etherparse::IpEcn::ONE;
    change(&mut header);
    header.header_checksum = header.calc_header_checksum();
    [&header.to_bytes()[..], payload].concat()
}

/// A fragment of an IPv4 datagram that starts at `offset` bytes.
pub fn ipv4_fragment(payload: &[u8], offset: u16, more: bool) -> Vec<u8> {
    ipv4_with(TCP, payload, |header| {
        header.dont_fragment = false;
        header.more_fragments = more;
        header.fragment_offset = IpFragOffset::try_new(offset / 8).unwrap();
    })
}

/// `payload` in IPv6.
pub fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let header = Ipv6Header {
        traffic_class: 2,
        payload_length: payload.len() as u16,
        next_header: etherparse::IpNumber(next_header),
        hop_limit: 57,
        source: "2001:db8::1".parse::<std::net::Ipv6Addr>().unwrap().octets(),
        destination: "2001:db8::2".parse::<std::net::Ipv6Addr>().unwrap().octets(),
        ..Ipv6Header::default()
    };
    [&header.to_bytes()[..], payload].concat()
}

/// `payload` behind an Ethernet header of that type.
pub fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    let addresses = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    [&addresses[..], &ether_type.to_be_bytes(), payload].concat()
}

/// `payload` in UDP to that port.
pub fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() + 8) as u16;
    [&50000u16.to_be_bytes()[..], &port.to_be_bytes(), &length.to_be_bytes(), &[0, 0], payload].concat()
}

/// A frame of a capture: its link type, its bytes, and its length on the wire.
#[derive(Clone)]
pub struct Made {
    pub link_type: u32,
    pub bytes: Vec<u8>,
    pub wire_len: u32,
}

/// A frame that was captured whole.
pub fn whole(link_type: u32, bytes: Vec<u8>) -> Made {
    Made { link_type, wire_len: bytes.len() as u32, bytes }
}

/// A frame of which only the first `captured` bytes were kept.
pub fn cut(link_type: u32, bytes: &[u8], captured: usize) -> Made {
    Made { link_type, wire_len: bytes.len() as u32, bytes: bytes[..captured].to_vec() }
}

/// A pcapng capture of these frames with one interface per link type, one frame a second.
pub fn pcapng(frames: &[Made], endianness: Endianness) -> Vec<u8> {
    let mut writer = PcapNgWriter::with_endianness(Vec::new(), endianness).unwrap();
    let mut link_types: Vec<u32> = Vec::new();
    for (second, frame) in (1_700_000_000..).zip(frames) {
        let interface = match link_types.iter().position(|known| *known == frame.link_type) {
            Some(known) => known,
            None => {
                link_types.push(frame.link_type);
                let link_type = DataLink::from(frame.link_type);
                writer
                    .write_block(&Block::InterfaceDescription(InterfaceDescriptionBlock {
                        linktype: link_type,
                        snaplen: 262_144,
                        options: Vec::new(),
                    }))
                    .unwrap();
                link_types.len() - 1
            }
        };
        let block = EnhancedPacketBlock {
            interface_id: interface as u32,
            timestamp: Duration::from_secs(second),
            original_len: frame.wire_len,
            data: Cow::Borrowed(&frame.bytes),
            options: Vec::new(),
        };
        writer.write_block(&Block::EnhancedPacket(block)).unwrap();
    }
    writer.into_inner()
}

/// A pcap capture by hand, so that every variant of its header can be had.
pub fn pcap(frames: &[Made], big_endian: bool, nanoseconds: bool) -> Vec<u8> {
    let long = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let short = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let magic = if nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
    let mut out = [&long(magic)[..], &short(2), &short(4), &[0; 8], &long(262_144)].concat();
    out.extend(long(frames[0].link_type));
    for (number, frame) in (0u32..).zip(frames) {
        out.extend(long(1_700_000_000 + number));
        out.extend(long(123_456));
        out.extend(long(frame.bytes.len() as u32));
        out.extend(long(frame.wire_len));
        out.extend(&frame.bytes);
    }
    out
}

/// A snoop capture of these frames with that network type and so much padding behind each.
pub fn snoop(frames: &[Made], network: u32, padding: usize) -> Vec<u8> {
    let mut out = [&b"snoop\0\0\0"[..], &2u32.to_be_bytes(), &network.to_be_bytes()].concat();
    for (number, frame) in (0u32..).zip(frames) {
        let captured = frame.bytes.len() as u32;
        let record = 24 + captured + padding as u32;
        for field in [frame.wire_len, captured, record, 0, 1_700_000_000 + number, 123_456] {
            out.extend(field.to_be_bytes());
        }
        out.extend(&frame.bytes);
        out.extend(vec![0; padding]);
    }
    out
}

pub type Compress = fn(&[u8]) -> Vec<u8>;

/// Every compression that is read through, with a file's name.
pub const COMPRESSIONS: [(&str, Compress); 4] =
    [("capture.gz", gzip), ("capture.zst", zstd), ("capture.lz4", lz4), ("capture.xz", xz)];

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

pub fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default()).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
