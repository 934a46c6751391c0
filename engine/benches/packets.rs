//! Cost per packet from 10 thousand to 10 million packets, as ratios to the smallest run.
//!
//! Once with as many connections as a sixth of the packets, once with one connection. Run with `make bench`.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;
use tcpdx_engine::{Engine, IpInfo, Packet, Settings};

/// A header without options.
fn header(ports: [u16; 2], seq: u32, ack: u32, flags: u8) -> [u8; 20] {
    let mut b = [0; 20];
    b[0..2].copy_from_slice(&ports[0].to_be_bytes());
    b[2..4].copy_from_slice(&ports[1].to_be_bytes());
    b[4..8].copy_from_slice(&seq.to_be_bytes());
    b[8..12].copy_from_slice(&ack.to_be_bytes());
    b[12..16].copy_from_slice(&[0x50, flags, 0xf0, 0]);
    b
}

/// The `at`th packet of connection `number`: handshake, then questions and answers of 100 bytes.
fn feed(engine: &mut Engine, frame: u32, number: u32, at: u32) {
    let [a, b, c, d] = (10 << 24 | number).to_be_bytes();
    let client = IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    let server = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let rounds = at.saturating_sub(3);
    let said = [rounds.div_ceil(2) * 100, rounds / 2 * 100];
    let (back, seq, ack, flags, len) = match at {
        0 => (false, 0, 0, 0x02, 0),
        1 => (true, 0, 1, 0x12, 0),
        2 => (false, 1, 1, 0x10, 0),
        _ if rounds.is_multiple_of(2) => (false, 1 + said[0], 1 + said[1], 0x18, 100),
        _ => (true, 1 + said[1], 1 + said[0], 0x18, 100),
    };
    let ports = if back { [443, 40_000] } else { [40_000, 443] };
    let bytes = header(ports, seq, ack, flags);
    engine.packet(&Packet {
        frame,
        layer: 0,
        time: i64::from(frame) * 10_000,
        src: if back { server } else { client },
        dst: if back { client } else { server },
        ip: Some(IpInfo { ttl: 60, id: Some(0), ecn: 0 }),
        link: 0,
        bytes: &bytes,
        wire_len: 20 + len,
    });
}

/// Nanoseconds per packet, the least of three runs.
fn cost(packets: u32, connections: u32) -> f64 {
    let run = || {
        let mut engine = Engine::new(Settings::default());
        let start = Instant::now();
        for n in 0..packets {
            feed(&mut engine, n + 1, n % connections, n / connections);
        }
        black_box(engine.connections());
        start.elapsed().as_nanos() as f64 / f64::from(packets)
    };
    (0..3).map(|_| run()).fold(f64::INFINITY, f64::min)
}

fn main() {
    for (name, share) in [("packets / 6 connections", 6), ("one connection", u32::MAX)] {
        let mut first = None;
        for packets in [10_000, 100_000, 1_000_000, 10_000_000] {
            let connections = (packets / share).max(1);
            let cost = cost(packets, connections);
            let ratio = cost / *first.get_or_insert(cost);
            println!(
                "{name}: {packets:>8} packets, {connections:>7} connections: {cost:4.0} ns a packet, {ratio:.2} times the first"
            );
        }
    }
}
