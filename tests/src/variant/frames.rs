//! Encapsulation, and files.

use crate::traffic::{Kind, Owned, Traffic};
use etherparse::{
    EtherType, Ethernet2Header, IpEcn, IpNumber, Ipv4Header, Ipv6Header, SingleVlanHeader, UdpHeader, VlanId,
};
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapTsResolution, PcapWriter};
use std::error::Error;
use std::io::{self, Cursor};
use std::net::IpAddr;
use std::time::Duration;
use tcpdx_cli::read::{Capture, DataLink, Decoder, Endianness, Frame};

/// What Ethernet carries the packets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapping {
    /// Nothing more.
    Plain,
    /// A VLAN tag (IEEE 802.1Q) outside of those that there are.
    Vlan,
    /// GRE between two routers (RFC 2784).
    Gre,
    /// VXLAN between two hosts (RFC 7348).
    Vxlan,
}

const STATIONS: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];
const TUNNEL: [[u8; 4]; 2] = [[192, 0, 2, 1], [192, 0, 2, 2]];

type Made<T> = Result<T, Box<dyn Error>>;

/// Captured bytes, and how many there were on the wire.
struct Layers {
    bytes: Vec<u8>,
    wire_len: u32,
}

impl Layers {
    fn behind(self, header: &[u8]) -> Layers {
        let wire_len = self.wire_len + header.len() as u32;
        Layers { bytes: [header, &self.bytes].concat(), wire_len }
    }

    fn in_ethernet(self, ether_type: EtherType) -> Layers {
        let header = Ethernet2Header { source: STATIONS[0], destination: STATIONS[1], ether_type };
        self.behind(&header.to_bytes())
    }

    fn in_vlan(self, id: u16, ether_type: EtherType) -> Made<Layers> {
        let header =
            SingleVlanHeader { vlan_id: VlanId::try_new(id)?, ether_type, ..SingleVlanHeader::default() };
        Ok(self.behind(&header.to_bytes()))
    }

    fn in_tunnel(self, protocol: IpNumber) -> Made<Layers> {
        let header = Ipv4Header::new(u16::try_from(self.wire_len)?, 64, protocol, TUNNEL[0], TUNNEL[1])?;
        Ok(self.behind(&header.to_bytes()))
    }
}

/// The packet with its IP header.
fn datagram(packet: &Owned) -> Made<Layers> {
    let captured = packet.bytes.len() as u32;
    let (ttl, id, ecn, protocol, wire_len) = match packet.kind {
        Kind::Tcp { ip, wire_len, .. } => (ip.ttl, ip.id, ip.ecn, IpNumber::TCP, wire_len),
        Kind::Icmp { v6: true } => (64, None, 0, IpNumber::IPV6_ICMP, captured),
        Kind::Icmp { v6: false } => (64, None, 0, IpNumber::ICMP, captured),
    };
    let inside = Layers { bytes: packet.bytes.clone(), wire_len };
    match (packet.src, packet.dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let mut header =
                Ipv4Header::new(u16::try_from(wire_len)?, ttl, protocol, src.octets(), dst.octets())?;
            header.identification = id.unwrap_or(0);
            header.ecn = IpEcn::try_new(ecn)?;
            Ok(inside.behind(&header.to_bytes()))
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            let header = Ipv6Header {
                traffic_class: ecn,
                payload_length: u16::try_from(wire_len)?,
                next_header: protocol,
                hop_limit: ttl,
                source: src.octets(),
                destination: dst.octets(),
                ..Ipv6Header::default()
            };
            Ok(inside.behind(&header.to_bytes()))
        }
        _ => Err("source and destination of different families".into()),
    }
}

/// An Ethernet frame made of a packet. Its own VLAN stays the innermost tag on the outside of a tunnel.
fn frame(packet: &Owned, wrapping: Wrapping) -> Made<Layers> {
    const TRANSPARENT_VXLAN: [u8; 8] = [8, 0, 0, 0, 0, 0, 42, 0];
    let inner = datagram(packet)?;
    let ip = if packet.src.is_ipv4() { EtherType::IPV4 } else { EtherType::IPV6 };
    let (mut layers, mut carries) = match wrapping {
        Wrapping::Plain | Wrapping::Vlan => (inner, ip),
        Wrapping::Gre => {
            let [high, low] = ip.0.to_be_bytes();
            (inner.behind(&[0, 0, high, low]).in_tunnel(IpNumber::GRE)?, EtherType::IPV4)
        }
        Wrapping::Vxlan => {
            let inside = inner.in_ethernet(ip).behind(&TRANSPARENT_VXLAN);
            let header = UdpHeader {
                source_port: 50_000,
                destination_port: 4789,
                length: u16::try_from(inside.wire_len + 8)?,
                checksum: 0,
            };
            (inside.behind(&header.to_bytes()).in_tunnel(IpNumber::UDP)?, EtherType::IPV4)
        }
    };
    let own = match packet.kind {
        Kind::Tcp { link, .. } => Some((link % 4096) as u16).filter(|&id| id != 0),
        Kind::Icmp { .. } => None,
    };
    for id in own.into_iter().chain((wrapping == Wrapping::Vlan).then_some(1000)) {
        layers = layers.in_vlan(id, carries)?;
        carries = EtherType::VLAN_TAGGED_FRAME;
    }
    Ok(layers.in_ethernet(carries))
}

/// The packets as frames of Ethernet that carry them so, and read from these.
///
/// # Errors
/// When a packet is longer than the headers around it can say.
pub fn wrapped(traffic: &Traffic, wrapping: Wrapping) -> Made<Traffic> {
    let mut decoder = Decoder::new();
    let mut read = Traffic::default();
    for (index, packet) in traffic.packets.iter().enumerate() {
        let Layers { bytes, wire_len } = frame(packet, wrapping)?;
        let interface = match packet.kind {
            Kind::Tcp { link, .. } => link / 4096,
            Kind::Icmp { .. } => 0,
        };
        let number = index as u32 + 1;
        let link_type = DataLink::ETHERNET;
        decoder.decode(
            &Frame {
                number,
                time: packet.time,
                interface,
                link_type,
                endianness: Endianness::native(),
                bytes: &bytes,
                wire_len,
            },
            &mut read,
        );
    }
    Ok(read)
}

/// The packets as two files, the second from packet `at` on, read one after the other.
///
/// # Errors
/// When they cannot be written or read.
pub fn cut(traffic: &Traffic, at: usize) -> Made<Traffic> {
    let mut read = Traffic::default();
    let (first, second) = traffic.packets.split_at(at.min(traffic.packets.len()));
    for packets in [first, second] {
        let file = Cursor::new(file(packets)?);
        let mut decoder = Decoder::new();
        Capture::from_reader(Box::new(file))?.read(|frame| {
            decoder.decode(frame, &mut read);
        })?;
    }
    Ok(read)
}

/// A pcap file.
fn file(packets: &[Owned]) -> Made<Vec<u8>> {
    let header = PcapHeader { ts_resolution: PcapTsResolution::NanoSecond, ..PcapHeader::default() };
    let mut bytes = Vec::new();
    let mut writer = PcapWriter::with_header(&mut bytes, header)?;
    for packet in packets {
        let Layers { bytes, wire_len } = frame(packet, Wrapping::Plain)?;
        let time = u64::try_from(packet.time).map_err(io::Error::other)?;
        writer.write_packet(&PcapPacket::new(Duration::from_nanos(time), wire_len, bytes)?)?;
    }
    Ok(bytes)
}
