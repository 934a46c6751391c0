//! Reads generated captures back, and tells their packets in numbers that people and tests can compare.

// Each test binary uses its part of this.
#![allow(dead_code)]

pub(crate) mod schedule;
pub(crate) mod told;
pub(crate) mod truth;

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::net::{IpAddr, SocketAddr};

use etherparse::{NetHeaders, PacketHeaders, TcpHeader, TransportHeader};
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::{Block, PcapNgReader};
use tcpdx_extcap::{CapturePoint, GenerateOptions, Scenario, generate, scenario};

/// A scenario that comes with the program, as it is or in one of its variants.
pub(crate) struct Lesson {
    builtin: &'static scenario::Builtin,
    variant: Option<&'static str>,
    pub(crate) scenario: Scenario,
}

/// Every scenario in every variant.
pub(crate) fn lessons() -> Vec<Lesson> {
    let in_variants = |builtin: &'static scenario::Builtin| {
        let plain = builtin.scenario().unwrap();
        let varied = |variant: &&'static str| {
            let scenario = plain.variant(variant).unwrap();
            Lesson { builtin, variant: Some(*variant), scenario }
        };
        let mut all: Vec<Lesson> = builtin.variants().iter().map(varied).collect();
        all.insert(0, Lesson { builtin, variant: None, scenario: plain });
        all
    };
    scenario::all().flat_map(in_variants).collect()
}

impl Lesson {
    /// The usual options for it.
    pub(crate) fn options(&self, point: CapturePoint) -> GenerateOptions {
        GenerateOptions { point, ..GenerateOptions::default() }
    }

    pub(crate) fn capture(&self, options: &GenerateOptions) -> Vec<u8> {
        let mut capture = Vec::new();
        generate(&self.scenario, options, &mut capture).unwrap();
        capture
    }

    /// Whether packets with wrong checksums are its subject: spoiled on the way, or not finished by the card.
    pub(crate) fn spoils(&self) -> bool {
        ["\"corrupt\"", "offload = true"].iter().any(|subject| self.builtin.source().contains(subject))
    }
}

impl fmt::Display for Lesson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.builtin.name())?;
        self.variant.map_or(Ok(()), |variant| write!(f, ":{variant}"))
    }
}

/// The capture of a scenario in that text.
pub(crate) fn capture(text: &str, options: &GenerateOptions) -> Vec<u8> {
    let mut capture = Vec::new();
    generate(&Scenario::parse("test.toml", text).unwrap(), options, &mut capture).unwrap();
    capture
}

/// A packet of a capture.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) interface: u32,
    /// Seconds since 1970-01-01 00:00 UTC.
    pub(crate) time: f64,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) ttl: u8,
    pub(crate) id: u16,
    pub(crate) tcp: TcpHeader,
    pub(crate) payload: usize,
    pub(crate) comment: Option<String>,
    /// IP and TCP checksum are right.
    pub(crate) intact: bool,
}

impl Packet {
    /// It has something at that place in the sequence: a byte, a SYN or a FIN.
    pub(crate) fn holds(&self, number: u32) -> bool {
        let tcp = &self.tcp;
        let length = self.payload as u32 + u32::from(tcp.syn) + u32::from(tcp.fin);
        number.wrapping_sub(tcp.sequence_number) < length
    }
}

/// An ICMP error of a capture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IcmpPacket {
    /// Seconds since 1970-01-01 00:00 UTC.
    pub(crate) time: f64,
    pub(crate) kind: u8,
    pub(crate) code: u8,
    pub(crate) ttl: u8,
    /// The word behind the checksum: an MTU, or nothing.
    pub(crate) word: u32,
    /// Bytes that it quotes.
    pub(crate) quoted: usize,
    pub(crate) comment: Option<String>,
}

/// Every TCP packet of a capture on Ethernet.
pub(crate) fn read(capture: &[u8]) -> Vec<Packet> {
    frames(capture)
        .into_iter()
        .filter_map(|(frame, i, time, comment)| packet(&frame, i, time, comment))
        .collect()
}

/// Every ICMP error of a capture on Ethernet.
pub(crate) fn read_icmp(capture: &[u8]) -> Vec<IcmpPacket> {
    frames(capture)
        .into_iter()
        .filter_map(|(frame, _, time, comment)| icmp_packet(&frame, time, comment))
        .collect()
}

/// The capture's frames: bytes, interface, time, comment.
pub(crate) fn frames(capture: &[u8]) -> Vec<(Vec<u8>, u32, f64, Option<String>)> {
    let mut reader = PcapNgReader::new(capture).unwrap();
    let mut frames = Vec::new();
    while let Some(block) = reader.next_block() {
        let Block::EnhancedPacket(block) = block.unwrap().0 else { continue };
        let comment = block.options.iter().find_map(|option| match option {
            EnhancedPacketOption::Common(CommonOption::Comment(text)) => Some(text.to_string()),
            _ => None,
        });
        frames.push((block.data.to_vec(), block.interface_id, block.timestamp.as_secs_f64(), comment));
    }
    frames
}

fn icmp_packet(frame: &[u8], time: f64, comment: Option<String>) -> Option<IcmpPacket> {
    let headers = PacketHeaders::from_ethernet_slice(frame).unwrap();
    let ttl = match headers.net? {
        NetHeaders::Ipv4(ip, _) => ip.time_to_live,
        NetHeaders::Ipv6(ip, _) => ip.hop_limit,
        NetHeaders::Arp(_) => return None,
    };
    let head: [u8; 8] = match headers.transport? {
        TransportHeader::Icmpv4(icmp) => icmp.to_bytes()[..8].try_into().unwrap(),
        TransportHeader::Icmpv6(icmp) => icmp.to_bytes()[..8].try_into().unwrap(),
        _ => return None,
    };
    let word = u32::from_be_bytes(head[4..].try_into().unwrap());
    let quoted = headers.payload.slice().len();
    Some(IcmpPacket { time, kind: head[0], code: head[1], ttl, word, quoted, comment })
}

fn packet(frame: &[u8], interface: u32, time: f64, comment: Option<String>) -> Option<Packet> {
    let headers = PacketHeaders::from_ethernet_slice(frame).unwrap();
    let Some(TransportHeader::Tcp(tcp)) = headers.transport else { return None };
    let payload = headers.payload.slice();
    let (from, to, ttl, id, intact): (IpAddr, IpAddr, _, _, _) = match headers.net.unwrap() {
        NetHeaders::Ipv4(ip, _) => {
            let intact = ip.calc_header_checksum() == ip.header_checksum
                && tcp.calc_checksum_ipv4(&ip, payload).unwrap() == tcp.checksum;
            (ip.source.into(), ip.destination.into(), ip.time_to_live, ip.identification, intact)
        }
        NetHeaders::Ipv6(ip, _) => {
            let intact = tcp.calc_checksum_ipv6(&ip, payload).unwrap() == tcp.checksum;
            (ip.source.into(), ip.destination.into(), ip.hop_limit, 0, intact)
        }
        NetHeaders::Arp(_) => panic!("ARP"),
    };
    let (from, to) = (SocketAddr::new(from, tcp.source_port), SocketAddr::new(to, tcp.destination_port));
    Some(Packet { interface, time, from, to, ttl, id, payload: payload.len(), tcp, comment, intact })
}

/// A packet in numbers relative to its connection's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// The how manieth connection, from 0.
    pub(crate) connection: usize,
    /// `>` from the side that sent the first packet, `<` from the other.
    pub(crate) direction: char,
    pub(crate) flags: String,
    pub(crate) seq: u32,
    pub(crate) ack: Option<u32>,
    pub(crate) len: usize,
    pub(crate) kinds: Vec<u8>,
    pub(crate) ttl: u8,
    /// Seconds since the packet before it in the connection.
    pub(crate) since: f64,
}

/// The packets as rows, with the relative numbers that Wireshark shows.
pub(crate) fn rows(packets: &[Packet]) -> Vec<Row> {
    struct Connection {
        number: usize,
        opener: SocketAddr,
        first: HashMap<SocketAddr, u32>,
        last: f64,
    }
    let mut connections: HashMap<[SocketAddr; 2], Connection> = HashMap::new();
    let mut count = 0;
    packets
        .iter()
        .map(|packet| {
            let mut key = [packet.from, packet.to];
            key.sort();
            // As in Wireshark, a SYN with another number begins a new connection on the same addresses and ports.
            let first = connections.get(&key).and_then(|known| known.first.get(&packet.from));
            if packet.tcp.syn
                && !packet.tcp.ack
                && first.is_some_and(|first| *first != packet.tcp.sequence_number)
            {
                connections.remove(&key);
            }
            let number = count;
            count += usize::from(!connections.contains_key(&key));
            let connection = connections.entry(key).or_insert_with(|| Connection {
                number,
                opener: packet.from,
                first: HashMap::new(),
                last: packet.time,
            });
            let (tcp, seq) = (&packet.tcp, packet.tcp.sequence_number);
            let first = if tcp.syn { seq } else { seq.wrapping_sub(1) };
            if tcp.syn {
                connection.first.insert(packet.from, first);
            }
            let own = *connection.first.entry(packet.from).or_insert(first);
            let other = connection
                .first
                .get(&packet.to)
                .copied()
                .unwrap_or(tcp.acknowledgment_number.wrapping_sub(1));
            let since = packet.time - connection.last;
            connection.last = packet.time;
            Row {
                connection: connection.number,
                direction: if packet.from == connection.opener { '>' } else { '<' },
                flags: flags(tcp),
                seq: seq.wrapping_sub(own),
                ack: tcp.ack.then(|| tcp.acknowledgment_number.wrapping_sub(other)),
                len: packet.payload,
                kinds: kinds(tcp),
                ttl: packet.ttl,
                since,
            }
        })
        .collect()
}

fn flags(tcp: &TcpHeader) -> String {
    let bits =
        [(tcp.syn, 'S'), (tcp.fin, 'F'), (tcp.rst, 'R'), (tcp.psh, 'P'), (tcp.ack, 'A'), (tcp.urg, 'U')];
    bits.into_iter().filter(|(set, _)| *set).map(|(_, letter)| letter).collect()
}

/// Kind and data of each option.
fn elements(tcp: &TcpHeader) -> Vec<(u8, &[u8])> {
    let (mut elements, mut rest) = (Vec::new(), tcp.options.as_slice());
    while let Some(&kind) = rest.first() {
        let len = if kind <= 1 { 1 } else { usize::from(rest[1]) };
        elements.push((kind, &rest[..len]));
        rest = &rest[len..];
    }
    elements
}

fn kinds(tcp: &TcpHeader) -> Vec<u8> {
    elements(tcp).into_iter().map(|(kind, _)| kind).collect()
}

fn options(tcp: &TcpHeader) -> String {
    let word = |(kind, bytes): (u8, &[u8])| match kind {
        0 => "end".to_owned(),
        1 => "nop".to_owned(),
        2 => format!("mss {}", u16::from_be_bytes([bytes[2], bytes[3]])),
        3 => format!("ws {}", bytes[2]),
        4 => "sackok".to_owned(),
        5 => "sack".to_owned(),
        8 => if bytes[6..].iter().all(|&byte| byte == 0) { "ts" } else { "ts+echo" }.to_owned(),
        34 => if bytes.len() == 2 { "tfo" } else { "tfo+cookie" }.to_owned(),
        other => panic!("option {other}"),
    };
    elements(tcp).into_iter().map(word).collect::<Vec<_>>().join(",")
}

/// The packets as a table to read: one a line. Identifications count from each sender's first that is not 0.
pub(crate) fn table(packets: &[Packet]) -> String {
    let begin = packets.first().map_or(0.0, |packet| packet.time);
    let mut first_id: HashMap<SocketAddr, u16> = HashMap::new();
    let mut table = String::new();
    for (packet, row) in packets.iter().zip(rows(packets)) {
        let ack = row.ack.map_or(String::new(), |ack| ack.to_string());
        let id = match packet.id {
            0 => "0".to_owned(),
            id => format!("+{}", id.wrapping_sub(*first_id.entry(packet.from).or_insert(id))),
        };
        let (seq, window) = (row.seq, packet.tcp.window_size);
        let numbers = format!("({seq},{ack},{})", row.len);
        let (time, direction, flags) = (packet.time - begin, row.direction, row.flags);
        let options = options(&packet.tcp);
        let _ = writeln!(
            table,
            "{time:>10.5} {direction} {flags:<2} {numbers:<12} win {window:<5} ttl {:<3} id {id:<5} {options}",
            packet.ttl
        );
    }
    table
}

/// ICMP errors as a table to read.
pub(crate) fn icmp_table(errors: &[IcmpPacket], begin: f64) -> String {
    errors
        .iter()
        .map(|error| {
            let IcmpPacket { time, kind, code, ttl, word, quoted, .. } = error;
            let time = time - begin;
            format!("{time:>10.5} ICMP {kind}/{code} word {word} ttl {ttl}, {quoted} bytes quoted\n")
        })
        .collect()
}
