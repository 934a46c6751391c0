//! Cost per packet from 10 thousand to 10 million packets, as ratios to the smallest run. Run with `make bench`.
//!
//! Three kinds of traffic, all healthy: one connection; short connections, a hundred of them open at a time, as
//! in captures of servers; and as many connections as a sixth of the packets, all open at once and taking turns,
//! so that every packet finds its connection outside the processor's caches: what grows there is the memory's
//! share, not the engine's.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;
use tcpdx_engine::{Engine, IpInfo, Packet, Settings};

/// Packets of a short connection.
const SHORT: u32 = 12;
/// Short connections open at a time.
const OPEN: u32 = 100;
/// Nanoseconds from packet to packet.
const PACE: i64 = 10_000;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

type Host = (Ipv4Addr, u16);

/// The sum of the 16-bit words (RFC 9293, 3.1).
fn sum(bytes: &[u8]) -> u32 {
    bytes.chunks_exact(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum()
}

/// One packet of a connection, in a buffer that is used again.
struct Wire([u8; 160]);

impl Wire {
    /// A segment from the first of `hosts` to the second, with a right checksum.
    fn segment(&mut self, hosts: [Host; 2], seq: u32, ack: u32, flags: u8, len: usize) -> &[u8] {
        // MSS, SACK permitted, window scale; nothing behind the handshake.
        const OPTIONS: [u8; 12] = [2, 4, 5, 180, 4, 2, 1, 3, 3, 7, 1, 1];
        let options: &[u8] = if flags & SYN != 0 { &OPTIONS } else { &[] };
        let header = 20 + options.len();
        let b = &mut self.0;
        b[0..2].copy_from_slice(&hosts[0].1.to_be_bytes());
        b[2..4].copy_from_slice(&hosts[1].1.to_be_bytes());
        b[4..8].copy_from_slice(&seq.to_be_bytes());
        b[8..12].copy_from_slice(&ack.to_be_bytes());
        b[12..20].copy_from_slice(&[(header as u8 / 4) << 4, flags, 0xf0, 0, 0, 0, 0, 0]);
        b[20..header].copy_from_slice(options);
        b[header..header + len].fill(b'.');
        let whole = &b[..header + len];
        let addresses = hosts.map(|(ip, _)| sum(&ip.octets()));
        let total = sum(whole) + addresses[0] + addresses[1] + 6 + whole.len() as u32;
        let folded = (total & 0xffff) + (total >> 16);
        let checksum = !((folded & 0xffff) + (folded >> 16)) as u16;
        b[16..18].copy_from_slice(&checksum.to_be_bytes());
        &b[..header + len]
    }
}

/// The `at`th packet of connection `number`: handshake, questions and answers of 100 bytes in turn, and, where
/// `last` says that this is the last but three, the close.
fn feed(engine: &mut Engine, wire: &mut Wire, frame: u32, number: u32, at: u32, last: Option<u32>) {
    let [a, b, c, d] = (10 << 24 | number).to_be_bytes();
    let client = (Ipv4Addr::new(a, b, c, d), 40_000);
    let server = (Ipv4Addr::new(192, 0, 2, 1), 443);
    let close = last.map_or(0, |last| at.saturating_sub(last));
    let rounds = if close == 0 { at } else { at - close + 1 }.saturating_sub(3);
    let said = [rounds.div_ceil(2) * 100, rounds / 2 * 100];
    let (back, seq, ack, flags, len) = match (at, close) {
        (0, _) => (false, 0, 0, SYN, 0),
        (1, _) => (true, 0, 1, SYN | ACK, 0),
        (2, _) => (false, 1, 1, ACK, 0),
        (_, 1) => (false, 1 + said[0], 1 + said[1], FIN | ACK, 0),
        (_, 2) => (true, 1 + said[1], 2 + said[0], FIN | ACK, 0),
        (_, 3) => (false, 2 + said[0], 2 + said[1], ACK, 0),
        _ if rounds.is_multiple_of(2) => (false, 1 + said[0], 1 + said[1], PSH | ACK, 100),
        _ => (true, 1 + said[1], 1 + said[0], PSH | ACK, 100),
    };
    let hosts = if back { [server, client] } else { [client, server] };
    let bytes = wire.segment(hosts, seq, ack, flags, len);
    engine.packet(&Packet {
        frame,
        layer: 0,
        time: i64::from(frame) * PACE,
        src: IpAddr::V4(hosts[0].0),
        dst: IpAddr::V4(hosts[1].0),
        ip: Some(IpInfo { ttl: if back { 55 } else { 64 }, id: Some(0), ecn: 0 }),
        link: 0,
        stations: [0; 2],
        bytes,
        wire_len: bytes.len() as u32,
    });
}

#[derive(Clone, Copy)]
enum Traffic {
    One,
    Short,
    AtOnce,
}

impl Traffic {
    fn name(self) -> &'static str {
        match self {
            Traffic::One => "one connection",
            Traffic::Short => "short connections, 100 open",
            Traffic::AtOnce => "all connections open",
        }
    }

    fn connections(self, packets: u32) -> u32 {
        match self {
            Traffic::One => 1,
            Traffic::Short => packets / SHORT,
            Traffic::AtOnce => packets / 6,
        }
    }

    fn feed(self, engine: &mut Engine, wire: &mut Wire, n: u32, packets: u32) {
        let connections = self.connections(packets);
        let (number, at, last) = match self {
            Traffic::One | Traffic::AtOnce => (n % connections, n / connections, None),
            Traffic::Short => {
                let (turn, place) = (n / OPEN, n % OPEN);
                // Each place begins its connections at another time than the others.
                let Some(turn) = turn.checked_sub(place * SHORT / OPEN) else { return };
                (turn / SHORT * OPEN + place, turn % SHORT, Some(SHORT - 4))
            }
        };
        feed(engine, wire, n + 1, number, at, last);
    }
}

/// Nanoseconds per packet, over as many captures of that size as make `in_all` packets: a short run alone would
/// be compared at its luckiest moment with a long one at its average.
fn cost(traffic: Traffic, packets: u32, in_all: u32) -> f64 {
    let mut wire = Wire([0; 160]);
    let runs = in_all.div_ceil(packets);
    let start = Instant::now();
    for _ in 0..runs {
        let mut engine = Engine::new(Settings::default());
        for n in 0..packets {
            traffic.feed(&mut engine, &mut wire, n, packets);
        }
        black_box(engine.connections());
    }
    start.elapsed().as_nanos() as f64 / (f64::from(packets) * f64::from(runs))
}

/// The smallest capture, measured again beside each larger one.
const SMALLEST: u32 = 10_000;
/// Packets that one measurement takes at least.
const IN_ALL: u32 = 2_000_000;
const ROUNDS: usize = 5;

fn main() {
    for traffic in [Traffic::One, Traffic::Short, Traffic::AtOnce] {
        for packets in [100_000, 1_000_000, 10_000_000] {
            let mut rounds: Vec<(f64, f64)> = (0..ROUNDS)
                .map(|_| {
                    let cost = cost(traffic, packets, IN_ALL);
                    (cost / self::cost(traffic, SMALLEST, IN_ALL), cost)
                })
                .collect();
            rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (ratio, cost) = rounds[ROUNDS / 2];
            println!(
                "{:28} {packets:>8} packets, {:>7} connections: {cost:4.0} ns a packet, {ratio:.2} times that of {SMALLEST}",
                traffic.name(),
                traffic.connections(packets),
            );
        }
    }
}
