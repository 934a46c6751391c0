//! The two hosts of a conversation: they fill in what a line does not say, as Linux would.

use crate::notation::{Conversation, Line, What, Words};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use tcpdx_engine::{IcmpPacket, IpInfo, Packet};

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// 2026-01-01, 00:00 UTC, in nanoseconds since 1970.
pub(crate) const BEGAN: i64 = 1_767_225_600_000_000_000;

/// One side of a connection.
#[derive(Clone, Debug)]
struct Host {
    address: Ipv4Addr,
    port: u16,
    isn: u32,
    next: Option<u32>,
    /// What it has received without a gap.
    received: Option<u32>,
    /// What it has received behind a gap.
    ahead: Vec<(u32, u32)>,
    /// The newest acknowledgment number that it sent.
    acked: Option<u32>,
    id: u16,
    ttl: u8,
    /// Its timestamp clock at the beginning.
    clock: u32,
    echo: u32,
    offers_timestamps: bool,
}

impl Host {
    fn receive(&mut self, from: u32, to: u32) {
        let Some(next) = &mut self.received else { return };
        self.ahead.push((from, to));
        while let Some(at) =
            self.ahead.iter().position(|(l, r)| before(*l, next.wrapping_add(1)) && before(*next, *r))
        {
            *next = self.ahead.remove(at).1;
        }
        let next = *next;
        self.ahead.retain(|(_, r)| before(next, *r));
    }
}

fn before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

/// A packet as it is captured, with what a person needs to see of it.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    pub(crate) time: i64,
    pub(crate) comment: String,
    /// One of many that `each` made.
    pub(crate) one_of_many: bool,
    pub(crate) of: Of,
}

#[derive(Clone, Debug)]
pub(crate) enum Of {
    Segment(Segment),
    Icmp { from: IpAddr, to: IpAddr, bytes: Vec<u8> },
}

#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) connection: u32,
    /// 0 when the client sent it.
    pub(crate) side: usize,
    pub(crate) flags: u8,
    /// Relative to the first number of its side.
    pub(crate) seq: u32,
    pub(crate) ack: Option<u32>,
    pub(crate) window: u16,
    pub(crate) ttl: u8,
    pub(crate) len: usize,
    src: IpAddr,
    dst: IpAddr,
    id: u16,
    ecn: u8,
    link: u32,
    stations: [u64; 2],
    bytes: Vec<u8>,
    wire_len: u32,
    pub(crate) options: String,
}

impl Captured {
    pub(crate) fn packet(&self, frame: u32) -> Option<Packet<'_>> {
        let Of::Segment(s) = &self.of else { return None };
        Some(Packet {
            frame,
            layer: 0,
            time: BEGAN + self.time,
            src: s.src,
            dst: s.dst,
            ip: Some(IpInfo { ttl: s.ttl, id: Some(s.id), ecn: s.ecn }),
            link: s.link,
            stations: s.stations,
            bytes: &s.bytes,
            wire_len: s.wire_len,
        })
    }

    pub(crate) fn icmp(&self, frame: u32) -> Option<IcmpPacket<'_>> {
        let Of::Icmp { from, to, bytes } = &self.of else { return None };
        Some(IcmpPacket { frame, layer: 0, time: BEGAN + self.time, src: *from, dst: *to, v6: false, bytes })
    }
}

/// The packets of a conversation in the order in which they are captured.
pub(crate) fn play(conversation: &Conversation) -> Vec<Captured> {
    let setting = |key: &str| conversation.settings.get(key).map_or("", String::as_str);
    let ttl = match setting("tap") {
        "server" => [58, 64],
        "middle" => [61, 60],
        "loopback" => [64, 64],
        _ => [64, 58],
    };
    let mut world = World {
        ttl,
        without: setting("without").split_whitespace().map(|w| format!("-{w}")).collect(),
        open: setting("begins") == "open",
        port: setting("port").parse().unwrap_or(80),
        loopback: setting("tap") == "loopback",
        connections: HashMap::new(),
        newest: HashMap::new(),
        last: None,
    };
    conversation.lines.iter().filter_map(|line| world.line(line)).collect()
}

struct World {
    ttl: [u8; 2],
    without: Vec<String>,
    open: bool,
    /// Of the server.
    port: u16,
    loopback: bool,
    connections: HashMap<u32, [Host; 2]>,
    /// The newest segment of each side of each connection.
    newest: HashMap<(u32, usize), Segment>,
    last: Option<Segment>,
}

impl World {
    fn line(&mut self, line: &Line) -> Option<Captured> {
        let of = match line.what {
            What::Later => Of::Icmp {
                from: Ipv4Addr::new(203, 0, 113, 1).into(),
                to: Ipv4Addr::new(203, 0, 113, 2).into(),
                bytes: vec![8, 0, 0, 0, 0, 1, 0, 1],
            },
            What::Icmp(kind, code) => self.icmp(line, kind, code),
            What::Copy => {
                let mut copy = self.last.clone().expect("a packet before the copy");
                copy.ttl = line.words.number("ttl").map_or(copy.ttl, |t| t as u8);
                copy.link = line.words.number("link").unwrap_or(copy.link);
                Of::Segment(copy)
            }
            What::Segment(side, flags) => {
                let segment = self.segment(line, side, flags);
                self.newest.insert((line.connection, side), segment.clone());
                if line.words.has("unseen") || line.words.has("missed") {
                    return None;
                }
                self.last = Some(segment.clone());
                Of::Segment(segment)
            }
        };
        Some(Captured {
            time: line.time,
            comment: line.comment.clone(),
            one_of_many: line.each.is_some(),
            of,
        })
    }

    fn icmp(&self, line: &Line, kind: u8, code: u8) -> Of {
        let side = usize::from(line.words.text("quotes") == Some("S"));
        let quoted = self.newest.get(&(line.connection, side)).expect("a packet to quote");
        let (IpAddr::V4(src), IpAddr::V4(dst)) = (quoted.src, quoted.dst) else { panic!("IPv4 only") };
        let mtu = line.words.number("mtu").unwrap_or(0).to_be_bytes();
        let mut bytes = vec![kind, code, 0, 0];
        bytes.extend(mtu);
        bytes.extend([0x45, 0]);
        bytes.extend((quoted.wire_len as u16 + 20).to_be_bytes());
        bytes.extend([0, 0, 0x40, 0, quoted.ttl, 6, 0, 0]);
        bytes.extend(src.octets());
        bytes.extend(dst.octets());
        bytes.extend(&quoted.bytes[..8]);
        Of::Icmp { from: Ipv4Addr::new(192, 0, 2, 254).into(), to: quoted.src, bytes }
    }

    fn connection(&mut self, line: &Line) -> &mut [Host; 2] {
        let (ttl, served, open, n) =
            (self.ttl, self.port, self.open && line.connection == 1, line.connection);
        let loopback = self.loopback;
        self.connections.entry(n).or_insert_with(|| {
            let of_many = n.saturating_sub(1000) as u8;
            let client = match line.each {
                _ if loopback => Ipv4Addr::LOCALHOST,
                Some("clients") => Ipv4Addr::new(203, 0, 113, of_many),
                _ => Ipv4Addr::new(192, 0, 2, 10),
            };
            let peers = line.each == Some("peers");
            let server = Ipv4Addr::new(198, 51, 100, if peers { 100 + of_many } else { 20 });
            let port = match line.each {
                Some("ports") => 1 + u16::from(of_many),
                Some("peers") => 6881 + u16::from(of_many),
                _ => served,
            };
            let host = |side: usize, address, port, isn: u32, id, clock| Host {
                address,
                port,
                isn,
                next: open.then_some(isn + 1),
                received: None,
                ahead: Vec::new(),
                acked: None,
                id,
                ttl: ttl[side],
                clock,
                echo: 0,
                offers_timestamps: open,
            };
            let mut hosts = [
                host(0, client, 40_000 + n as u16, 1_000_000_000, 10_000, 5_000_000),
                host(1, if loopback { client } else { server }, port, 3_000_000_000, 50_000, 9_000_000),
            ];
            if open {
                hosts[0].received = hosts[1].next;
                hosts[1].received = hosts[0].next;
                hosts[0].echo = hosts[1].clock;
                hosts[1].echo = hosts[0].clock;
            }
            hosts
        })
    }

    fn segment(&mut self, line: &Line, side: usize, flags: u8) -> Segment {
        let words = &line.words;
        let without =
            |option: &str| words.has("-all") || words.has(option) || self.without.iter().any(|w| w == option);
        let plain = Options {
            mss: !without("-mss"),
            sack: !without("-sack"),
            ts: !without("-ts"),
            ws: !without("-ws"),
        };
        let hosts = self.connection(line);
        let peer = hosts[1 - side].clone();
        let host = &mut hosts[side];
        if words.has("new") {
            host.isn = host.isn.wrapping_add(500_000_000);
            host.next = None;
            host.ahead.clear();
            host.received = (flags & ACK != 0).then(|| peer.isn.wrapping_add(1));
        }
        let (syn, rst, ack) = (flags & SYN != 0, flags & RST != 0, flags & ACK != 0);
        // The answer to a SYN where nobody listens (RFC 9293, 3.10.7.1).
        let refuses = rst && ack && host.next.is_none();
        let bare = rst && !ack;
        let payload = payload_of(words);
        let seq = match words.number("seq") {
            Some(seq) => host.isn.wrapping_add(seq),
            None if syn => host.isn,
            None if refuses => 0,
            None if bare => peer.acked.or(host.next).unwrap_or(host.isn + 1),
            None => host.next.unwrap_or(host.isn + 1),
        };
        let acks = match words.number("ack") {
            Some(number) => Some(peer.isn.wrapping_add(number)),
            None => ack.then(|| host.received.unwrap_or(peer.isn + 1)),
        };
        let window = words.number("win").unwrap_or(match (syn, side) {
            _ if bare || refuses => 0,
            (true, 0) => 64240,
            (true, _) => 65160,
            (false, 0) => 502,
            (false, _) => 509,
        }) as u16;
        let sent = words.text("sent").map_or(line.time, |t| (t.parse::<f64>().unwrap() * 1e9) as i64);
        let clock = host.clock + (sent / 1_000_000) as u32;
        let timestamps = plain.ts
            && !refuses
            && !bare
            && (syn && (!ack || peer.offers_timestamps) || host.offers_timestamps && peer.offers_timestamps);
        if syn {
            host.offers_timestamps = timestamps;
        }
        let echo = if ack { host.echo } else { 0 };
        let sack = words
            .ranges("sack")
            .into_iter()
            .map(|(l, r)| (peer.isn.wrapping_add(l), peer.isn.wrapping_add(r)));
        let area = plain.area(words, syn, timestamps.then_some((clock, echo)), &sack.collect::<Vec<_>>());
        // Linux gives neither SYN-ACKs nor replies without a socket an IP ID.
        let id = match words.number("id") {
            Some(id) => host.id.wrapping_add(id as u16),
            // A forger's own line.
            None if words.has("forged") => host.id.wrapping_add(20_000),
            None if words.has("no-id") || (syn && ack) || bare || refuses => 0,
            None => host.next_id(),
        };
        // A translation on the way gives that side another address or port.
        let (mut shown, mut shown_peer) = (host.clone(), peer.clone());
        let moved =
            if (words.text("moved") == Some("S")) == (side == 1) { &mut shown } else { &mut shown_peer };
        match words.text("moved") {
            Some("C") => moved.port += 100,
            Some("S") => moved.address = Ipv4Addr::new(198, 51, 100, 77),
            _ => {}
        }
        let bytes = tcp_bytes(
            &shown,
            &shown_peer,
            Header { seq, ack: acks.unwrap_or(0), flags, window },
            &area,
            words,
            payload,
        );
        let wire_len = bytes.len() as u32;
        let mut bytes = bytes;
        if let Some(cut) = words.number("cut") {
            bytes.truncate(20 + area.len() + cut as usize);
        }
        let len = wire_len as usize - 20 - area.len();
        let segment = Segment {
            connection: line.connection,
            side,
            flags,
            seq: if refuses && words.number("seq").is_none() { 0 } else { seq.wrapping_sub(host.isn) },
            ack: acks.map(|a| a.wrapping_sub(peer.isn)),
            window,
            ttl: words.number("ttl").map_or(host.ttl, |t| t as u8),
            len,
            src: shown.address.into(),
            dst: shown_peer.address.into(),
            id,
            ecn: words.number("ecn").unwrap_or(0) as u8,
            link: words.number("link").unwrap_or(0),
            stations: words.stations(),
            bytes,
            wire_len,
            options: Options::described(words, syn, timestamps, &plain),
        };
        if words.has("forged") {
            return segment;
        }
        host.acked = acks.or(host.acked);
        let end = seq.wrapping_add(len as u32 + u32::from(syn) + u32::from(flags & FIN != 0));
        if !rst && host.next.is_none_or(|next| before(next, end)) {
            host.next = Some(end);
        }
        if !rst && !words.has("lost") && !words.has("unseen") && !words.has("bad-checksum") {
            let peer = &mut hosts[1 - side];
            if syn && peer.received.is_none() {
                peer.received = Some(seq.wrapping_add(1));
            }
            if end != seq {
                peer.receive(seq, end);
            }
            if timestamps {
                peer.echo = clock;
            }
        }
        segment
    }
}

impl Host {
    fn next_id(&mut self) -> u16 {
        self.id = self.id.wrapping_add(1);
        self.id
    }
}

fn payload_of(words: &Words) -> Vec<u8> {
    match words.text("") {
        Some(text) => text.bytes().collect(),
        None => vec![0; words.number("len").unwrap_or(0) as usize],
    }
}

struct Header {
    seq: u32,
    ack: u32,
    flags: u8,
    window: u16,
}

/// Header and payload, with the right checksum unless the line says otherwise.
fn tcp_bytes(
    host: &Host,
    peer: &Host,
    header: Header,
    area: &[u8],
    words: &Words,
    mut payload: Vec<u8>,
) -> Vec<u8> {
    if words.text("").is_none() {
        // Bytes that depend on their number only, so that what is sent again is the same.
        let odd = if words.has("differs") { 7 } else { 0 };
        for (at, byte) in payload.iter_mut().enumerate() {
            *byte = b'a' + (header.seq.wrapping_add(at as u32 * (1 + odd)) % 23) as u8;
        }
    }
    let offset = words.number("offset").unwrap_or(5 + area.len() as u32 / 4) as u8;
    let mut bytes = Vec::new();
    bytes.extend(host.port.to_be_bytes());
    bytes.extend(peer.port.to_be_bytes());
    bytes.extend(header.seq.to_be_bytes());
    bytes.extend(header.ack.to_be_bytes());
    bytes.extend([offset << 4, header.flags]);
    bytes.extend(header.window.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend((words.number("urg").unwrap_or(0) as u16).to_be_bytes());
    bytes.extend(area);
    bytes.extend(payload);
    let mut summed: Vec<u8> = [host.address.octets(), peer.address.octets()].concat();
    summed.extend([0, 6]);
    summed.extend((bytes.len() as u16).to_be_bytes());
    summed.extend(&bytes);
    let checksum = if words.has("unfinished") {
        in_16_bits(&summed[..12])
    } else {
        !in_16_bits(&summed) ^ if words.has("bad-checksum") { 0x1234 } else { 0 }
    };
    bytes[16..18].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

/// The one's complement sum (RFC 1071).
fn in_16_bits(bytes: &[u8]) -> u16 {
    let mut sum: u32 =
        bytes.chunks(2).map(|w| u32::from(w[0]) << 8 | w.get(1).map_or(0, |b| u32::from(*b))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// Which of its usual options a host sends.
struct Options {
    mss: bool,
    sack: bool,
    ts: bool,
    ws: bool,
}

impl Options {
    fn area(&self, words: &Words, syn: bool, timestamps: Option<(u32, u32)>, sack: &[(u32, u32)]) -> Vec<u8> {
        let mut area = Vec::new();
        if syn && self.mss {
            area.extend([2, 4]);
            area.extend((words.number("mss").unwrap_or(1460) as u16).to_be_bytes());
        }
        if syn && self.sack {
            area.extend([4, 2]);
        }
        if let Some((value, echo)) = timestamps {
            area.extend([8, 10]);
            area.extend(value.to_be_bytes());
            area.extend(echo.to_be_bytes());
        }
        if syn && self.ws {
            area.extend([3, 3, words.number("ws").unwrap_or(7) as u8]);
        }
        if !sack.is_empty() {
            area.extend([5, 2 + 8 * sack.len() as u8]);
            for (left, right) in sack {
                area.extend(left.to_be_bytes());
                area.extend(right.to_be_bytes());
            }
        }
        if words.has("tfo") {
            let cookie = words.number("tfo").unwrap_or(0) as u8;
            area.extend([34, 2 + cookie]);
            area.extend((0..cookie).map(|n| 0xc0 + n));
        }
        if words.has("mptcp") {
            area.extend([30, 4, 0, 0x81]);
        }
        if let Some(hex) = words.text("opt") {
            let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
            area.extend(digits.chunks(2).map(|d| d[0] << 4 | d[1]));
        }
        area.resize(area.len().next_multiple_of(4), 1);
        area
    }

    /// The options in words; those of every segment are not worth them.
    fn described(words: &Words, syn: bool, timestamps: bool, plain: &Options) -> String {
        let mut said = Vec::new();
        if syn {
            said.extend(plain.mss.then(|| format!("mss {}", words.number("mss").unwrap_or(1460))));
            said.extend(plain.sack.then(|| "sack".to_owned()));
            said.extend(timestamps.then(|| "ts".to_owned()));
            said.extend(plain.ws.then(|| format!("ws {}", words.number("ws").unwrap_or(7))));
        }
        said.extend(words.has("tfo").then(|| "fast open".to_owned()));
        said.extend(words.has("mptcp").then(|| "mptcp".to_owned()));
        said.extend(words.text("opt").map(|hex| format!("0x{hex}")));
        said.extend(words.text("sack").filter(|s| !s.is_empty()).map(|blocks| format!("sack {blocks}")));
        said.join(", ")
    }
}
