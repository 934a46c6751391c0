//! What a healthy connection costs: nothing per packet, and few bytes while it is held.

mod traffic;

use std::alloc::{GlobalAlloc, Layout, System};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use tcpdx_engine::{Engine, Settings};
use traffic::ip_of;
use traffic::wire::{ACK, Captured, FIN, PSH, SYN, Wire};

/// Counts what the engine takes. All measurements are in one test: another at the same time would be counted, too.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static TAKEN: AtomicUsize = AtomicUsize::new(0);

#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        TAKEN.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A connection of which the packets are made one by one.
struct Talk {
    hosts: [(IpAddr, u16); 2],
    next: [u32; 2],
}

impl Talk {
    fn new(number: u32) -> Talk {
        let [_, a, b, c] = number.to_be_bytes();
        let client = Ipv4Addr::new(10, a, b, c).into();
        let server = Ipv4Addr::new(192, 0, 2, 1).into();
        Talk { hosts: [(client, 40_000), (server, 80)], next: [1_000_000, 2_000_000] }
    }

    fn say(&mut self, time: i64, from: usize, flags: u8, payload: &[u8]) -> Captured {
        let mut wire = Wire {
            from,
            seq: self.next[from],
            ack: if flags & ACK != 0 { self.next[1 - from] } else { 0 },
            flags,
            window: 60_000,
            payload: payload.to_vec(),
            ip_id: Some(0),
            ..Wire::default()
        };
        if flags & SYN != 0 {
            wire.mss = Some(1460);
        }
        self.next[from] = wire.end();
        let (src, dst) = (self.hosts[from], self.hosts[1 - from]);
        let bytes = wire.bytes(src, dst, usize::MAX);
        let wire_len = bytes.len() as u32;
        Captured { time, src: src.0, dst: dst.0, ip: ip_of(64 - from as u8 * 9, wire.ip_id), bytes, wire_len }
    }

    fn open(&mut self, start: i64) -> Vec<Captured> {
        vec![
            self.say(start, 0, SYN, b""),
            self.say(start + 10_000_000, 1, SYN | ACK, b""),
            self.say(start + 10_100_000, 0, ACK, b""),
        ]
    }

    fn ask(&mut self, start: i64, request: &[u8], response: &[u8]) -> Vec<Captured> {
        vec![
            self.say(start, 0, ACK | PSH, request),
            self.say(start + 10_000_000, 1, ACK | PSH, response),
            self.say(start + 10_100_000, 0, ACK, b""),
        ]
    }

    fn close(&mut self, start: i64) -> Vec<Captured> {
        vec![
            self.say(start, 0, ACK | FIN, b""),
            self.say(start + 10_000_000, 1, ACK, b""),
            self.say(start + 11_000_000, 1, ACK | FIN, b""),
            self.say(start + 11_100_000, 0, ACK, b""),
        ]
    }
}

/// Bytes for a connection, with its place in the flow table.
const LIMIT: f64 = 490.0;
/// Connections come in pieces of so many.
const PIECE: u32 = 512;
const MS: i64 = 1_000_000;
const BINARY: [(&[u8], &[u8]); 1] = [(b"\x01\x02question", b"\x03\x04answer")];
const HTTP: [(&[u8], &[u8]); 2] = [
    (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    (
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ),
];

/// Reads packets; how many allocations that took, and how many bytes more are held.
fn read(engine: &mut Engine, frame: &mut u32, packets: &[Captured]) -> (usize, isize) {
    let (taken, held) = (TAKEN.load(Ordering::Relaxed), HELD.load(Ordering::Relaxed));
    for packet in packets {
        *frame += 1;
        engine.packet(&packet.packet(*frame));
    }
    let held = HELD.load(Ordering::Relaxed) as isize - held as isize;
    (TAKEN.load(Ordering::Relaxed) - taken, held)
}

/// Allocations while one open connection exchanges `rounds` requests and answers, after a few to warm up.
fn allocations(exchanges: &[(&[u8], &[u8])], rounds: i64) -> usize {
    let mut engine = Engine::new(Settings::default());
    let mut talk = Talk::new(1);
    let mut packets = talk.open(0);
    for round in 1..rounds {
        let (request, response) = exchanges[round as usize % exchanges.len()];
        packets.extend(talk.ask(round * 100 * MS, request, response));
    }
    let mut frame = 0;
    let (warm_up, rest) = packets.split_at(30);
    read(&mut engine, &mut frame, warm_up);
    read(&mut engine, &mut frame, rest).0
}

/// Bytes that each connection beyond the first piece takes, but for the frames.
fn bytes_each(exchanges: &[(&[u8], &[u8])], closed: bool, pieces: u32) -> f64 {
    let held = |pieces: u32| bytes_of(exchanges, closed, pieces * PIECE) as f64;
    (held(pieces) - held(1)) / f64::from((pieces - 1) * PIECE)
}

/// Bytes held for so many connections.
fn bytes_of(exchanges: &[(&[u8], &[u8])], closed: bool, connections: u32) -> usize {
    let mut engine = Engine::new(Settings::default());
    let before = HELD.load(Ordering::Relaxed);
    for number in 0..connections {
        let mut talk = Talk::new(number);
        let start = i64::from(number) * MS;
        let mut packets = talk.open(start);
        for (round, (request, response)) in exchanges.iter().enumerate() {
            packets.extend(talk.ask(start + 20 * MS + round as i64 * 100 * MS, request, response));
        }
        if closed {
            packets.extend(talk.close(start + 500 * MS));
        }
        // All in one frame number: what frames cost is measured apart.
        let mut frame = 0;
        for packet in &packets {
            frame += 1;
            engine.packet(&packet.packet(frame));
        }
    }
    let held = HELD.load(Ordering::Relaxed) - before;
    assert_eq!(engine.connections(), connections);
    held
}

#[test]
fn a_healthy_connection_costs_little() {
    for (name, exchanges) in [("binary", &BINARY[..]), ("HTTP", &HTTP[..])] {
        // What frames take, 8 bytes each, comes in pieces of 512 of them.
        let (short, long) = (allocations(exchanges, 1_000), allocations(exchanges, 11_000));
        println!("{name}: {short} allocations in 3 thousand packets, {long} in 33 thousand");
        assert!(short <= 6 + 3_000 / 500 && long <= 10 + 33_000 / 500, "{name}: {short}, {long} allocations");
        // The flow table is nearly full with 28 pieces, and has just been doubled with 29.
        for pieces in [28, 29] {
            let open = bytes_each(exchanges, false, pieces);
            let closed = bytes_each(exchanges, true, pieces);
            println!(
                "{name}, {} connections: {open:.0} bytes while open, {closed:.0} when closed",
                pieces * PIECE
            );
            assert!(open <= LIMIT && closed <= LIMIT, "{name}: {open}, {closed} bytes");
        }
    }
}
