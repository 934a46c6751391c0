//! What kind of connection: stacks, path, capture point, and what the applications do.

use super::ip_of;
use super::rng::Rng;
use super::tcp::{IpId, Stack};
use super::wire::{Captured, Wire};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const US: i64 = 1_000;
const MS: i64 = 1_000_000;
const S: i64 = 1_000_000_000;

/// One thing that an application or its stack does; 0 is the client.
#[derive(Clone, Debug)]
pub enum Act {
    /// Writes, and what comes next waits until it was received.
    Write(usize, Vec<u8>),
    /// Writes, and does not wait.
    WriteOnly(usize, Vec<u8>),
    WriteAndClose(usize, Vec<u8>),
    Close(usize),
    CloseBoth,
    /// A keep-alive probe with so many bytes.
    Probe(usize, usize),
    /// A RST after everything was said, with ACK or without.
    Reset(usize, bool),
}

#[derive(Clone, Debug)]
pub struct Shape {
    pub seed: u64,
    pub start: i64,
    pub hosts: [(IpAddr, u16); 2],
    pub stacks: [Stack; 2],
    pub one_way: i64,
    /// The part of the way from the client to the capture point.
    pub to_tap: i64,
    pub ttls: [u8; 2],
    /// Percent of the packets that others overtake.
    pub reordered: u64,
    /// Bytes of each packet from the TCP header on that are captured.
    pub snap: usize,
    /// Checksums of a sender that its network card is to fill in.
    pub offload: [bool; 2],
    /// Each with the pause before it.
    pub acts: Vec<(i64, Act)>,
}

impl Shape {
    /// A random one; its hosts are unlike those of any other `number`.
    pub fn random(rng: &mut Rng, number: u32, start: i64) -> Shape {
        let rtt = rng.scale(50 * US, 2 * S);
        let one_way = rtt / 2;
        let between = rng.range(5, 95);
        let place = rng.pick(&[0, 0, 100, 100, between]);
        let local = rtt < 300 * US;
        let ttls = Self::ttls(rng, place, local);
        let stacks = [Self::stack(rng), Self::stack(rng)];
        let snap = rng.pick(&[64, 96, 96, usize::MAX]);
        let offload = [place == 0 && rng.percent(50), place == 100 && rng.percent(50)];
        let mut shape = Shape {
            seed: rng.next(),
            start,
            hosts: Self::hosts(rng, number),
            stacks,
            one_way,
            to_tap: one_way * place / 100,
            ttls,
            reordered: rng.pick(&[0, 0, 0, 1, 3, 8]),
            snap,
            offload,
            acts: Vec::new(),
        };
        if matches!(shape.hosts[0].0, IpAddr::V6(_)) {
            for stack in &mut shape.stacks {
                stack.ip_id = IpId::None;
            }
        }
        shape.talk(rng);
        shape.end(rng);
        shape
    }

    /// The same hosts and ports once more, `later` nanoseconds after `end`.
    pub fn again(&self, rng: &mut Rng, end: i64, later: i64) -> Shape {
        let mut shape = self.clone();
        shape.seed = rng.next();
        shape.start = end + later;
        for stack in &mut shape.stacks {
            stack.isn = stack.isn.wrapping_add(rng.range(1 << 20, 1 << 30) as u32);
        }
        shape.acts.clear();
        shape.talk(rng);
        shape.end(rng);
        shape
    }

    fn hosts(rng: &mut Rng, number: u32) -> [(IpAddr, u16); 2] {
        let [_, a, b, c] = number.to_be_bytes();
        let server = rng.range(1, 20) as u8;
        let ports = (rng.range(1024, 65535) as u16, rng.pick(&[80, 443, 22, 25, 3306, 5432, 8080, 50051]));
        if rng.percent(50) {
            let client = Ipv4Addr::new(10, a, b, c);
            [(client.into(), ports.0), (Ipv4Addr::new(192, 0, 2, server).into(), ports.1)]
        } else {
            let client = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 1, a.into(), u16::from_be_bytes([b, c]));
            let server = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 2, 0, server.into());
            [(client.into(), ports.0), (server.into(), ports.1)]
        }
    }

    fn ttls(rng: &mut Rng, place: i64, local: bool) -> [u8; 2] {
        let begin = [rng.pick(&[64, 64, 128, 255]), rng.pick(&[64, 64, 128, 255])];
        let hops = if local { [0, 0] } else { [rng.range(1, 20) as u8, rng.range(1, 20) as u8] };
        match place {
            0 => [begin[0], begin[1] - hops[1]],
            100 => [begin[0] - hops[0], begin[1]],
            _ => [begin[0] - hops[0], begin[1] - hops[1]],
        }
    }

    fn stack(rng: &mut Rng) -> Stack {
        let mss = rng.pick(&[536, 1220, 1360, 1440, 1460, 1460, 8960]);
        let scale = if rng.percent(85) { Some(rng.range(0, 10) as u8) } else { None };
        let most = 65535u32 << scale.unwrap_or(0).min(6);
        Stack {
            mss,
            scale,
            timestamps: rng.percent(60),
            sack: rng.percent(85),
            ip_id: rng.pick(&[IpId::Zero, IpId::Counter, IpId::Counter, IpId::Random]),
            isn: if rng.percent(20) { u32::MAX - rng.range(0, 5000) as u32 } else { rng.next() as u32 },
            ack_delay: rng.pick(&[MS, 40 * MS, 40 * MS, 200 * MS, 500 * MS]) - rng.range(0, 900 * US),
            ack_every: rng.pick(&[1, 2, 2, 2, 8, 40]),
            batch: rng.pick(&[1, 1, 4, 44]),
            buffer: (rng.scale(20_000, 1_000_000) as u32).min(most),
            tick: rng.pick(&[MS, MS, 4 * MS, 10 * MS]),
            tick_base: rng.next() as u32,
            push: rng.percent(90),
        }
    }

    /// What is said on it.
    fn talk(&mut self, rng: &mut Rng) {
        let think = |rng: &mut Rng| rng.scale(20 * US, 700 * MS);
        let pause = |rng: &mut Rng| rng.scale(20 * US, 10 * S);
        match rng.range(0, 6) {
            0 => {
                // Small questions and answers, the server's greeting first.
                self.acts.push((think(rng), Act::Write(1, text(rng, 10, 90))));
                for _ in 0..rng.range(1, 8) {
                    self.acts.push((pause(rng), Act::Write(0, text(rng, 1, 400))));
                    self.acts.push((think(rng), Act::Write(1, text(rng, 1, 3000))));
                }
            }
            1 => {
                for _ in 0..rng.range(1, 6) {
                    let (request, response) = http(rng);
                    self.acts.push((pause(rng), Act::Write(0, request)));
                    self.acts.push((think(rng), Act::Write(1, response)));
                }
            }
            2 => self.acts.push((think(rng), Act::Write(1, text(rng, 20_000, 100_000)))),
            3 => {
                self.acts.push((think(rng), Act::Write(0, text(rng, 20_000, 100_000))));
                self.acts.push((think(rng), Act::Write(1, text(rng, 1, 200))));
            }
            4 => {
                // Both at once.
                self.acts.push((think(rng), Act::WriteOnly(0, text(rng, 1, 30_000))));
                self.acts.push((0, Act::Write(1, text(rng, 1, 30_000))));
                self.acts.push((2 * self.one_way + S, Act::Write(0, text(rng, 1, 500))));
                self.acts.push((think(rng), Act::Write(1, text(rng, 1, 500))));
            }
            5 => {
                // One side tells something now and then.
                let side = rng.range(0, 1) as usize;
                for _ in 0..rng.range(4, 20) {
                    self.acts.push((
                        2 * self.one_way + rng.scale(700 * MS, 5 * S),
                        Act::Write(side, text(rng, 1, 1500)),
                    ));
                }
            }
            _ => {}
        }
        self.idle(rng);
    }

    /// Nothing for long, with keep-alives or without; then, perhaps, more.
    fn idle(&mut self, rng: &mut Rng) {
        if !rng.percent(30) || self.acts.is_empty() {
            return;
        }
        let settled = 4 * self.one_way + 2 * S;
        if rng.percent(60) {
            let side = rng.range(0, 1) as usize;
            let length = rng.range(0, 1) as usize;
            let interval = rng.pick(&[15 * S, 30 * S, 60 * S, 75 * S, 7200 * S]);
            for _ in 0..rng.range(1, 6) {
                self.acts.push((settled + interval, Act::Probe(side, length)));
            }
        }
        let quiet = settled + rng.scale(S, 5000 * S);
        if rng.percent(70) {
            self.acts.push((quiet, Act::Write(0, text(rng, 1, 2000))));
            self.acts.push((rng.scale(20 * US, 700 * MS), Act::Write(1, text(rng, 1, 20_000))));
        }
    }

    /// How it ends.
    fn end(&mut self, rng: &mut Rng) {
        let first = rng.range(0, 1) as usize;
        let second = 1 - first;
        let pause = rng.scale(20 * US, 4 * S);
        match rng.range(0, 8) {
            0 => {}
            1 => self.acts.push((pause, Act::CloseBoth)),
            // At once: three segments where the ACK waits for it.
            2 => self.acts.extend([(pause, Act::Close(first)), (rng.range(0, 100 * US), Act::Close(second))]),
            3 => {
                // Half closed: the other side still has much to say.
                self.acts.push((pause, Act::Close(first)));
                for _ in 0..rng.range(1, 5) {
                    self.acts.push((rng.scale(MS, 20 * S), Act::Write(second, text(rng, 1, 8000))));
                }
                self.acts.push((rng.scale(MS, S), Act::Close(second)));
            }
            4 => {
                self.acts.push((pause, Act::WriteAndClose(first, text(rng, 1, 5000))));
                self.acts.push((rng.scale(20 * US, S), Act::Close(second)));
            }
            5 => {
                self.acts.push((pause, Act::Close(first)));
                self.acts.push((rng.scale(20 * US, S), Act::Close(second)));
                // What was overtaken has arrived by then.
                let settled = 4 * self.one_way + rng.scale(20 * US, S);
                self.acts.push((settled, Act::Reset(first, rng.percent(50))));
            }
            _ => {
                self.acts.push((pause, Act::Close(first)));
                self.acts.push((rng.scale(20 * US, 50 * S), Act::Close(second)));
            }
        }
    }

    pub fn server_first(&self) -> bool {
        let first = self.acts.first().map(|(_, act)| act);
        !matches!(first, Some(Act::Write(0, _) | Act::WriteOnly(0, _)))
    }

    /// The sequence number behind everything that `side` says up to that act.
    pub fn end_after(&self, side: usize, act: usize) -> u32 {
        let said = self.acts[..=act].iter().map(|(_, act)| match act {
            Act::Write(s, bytes) | Act::WriteOnly(s, bytes) if *s == side => bytes.len() as u32,
            Act::WriteAndClose(s, bytes) if *s == side => bytes.len() as u32 + 1,
            Act::Close(s) if *s == side => 1,
            Act::CloseBoth => 1,
            _ => 0,
        });
        self.stacks[side].isn.wrapping_add(1).wrapping_add(said.sum())
    }

    /// A segment as the capture point writes it down.
    pub fn capture(&self, time: i64, wire: &Wire) -> Captured {
        let (src, dst) = (self.hosts[wire.from], self.hosts[1 - wire.from]);
        let mut bytes = wire.bytes(src, dst, self.snap);
        if self.offload[wire.from] && !wire.payload.is_empty() {
            bytes[16..18].copy_from_slice(&[0x5a, 0x5a]);
        }
        let wire_len = bytes.len() as u32;
        bytes.truncate(self.snap);
        Captured {
            time,
            src: src.0,
            dst: dst.0,
            ip: ip_of(self.ttls[wire.from], wire.ip_id),
            bytes,
            wire_len,
        }
    }
}

fn text(rng: &mut Rng, least: i64, most: i64) -> Vec<u8> {
    let length = rng.scale(least, most) as usize;
    let seed = rng.next() as usize;
    (0..length).map(|at| b'a' + ((at + seed) % 26) as u8).collect()
}

fn http(rng: &mut Rng) -> (Vec<u8>, Vec<u8>) {
    let body = text(rng, 1, 20_000);
    let request = match rng.range(0, 2) {
        0 => b"GET /a HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n".to_vec(),
        1 => b"HEAD /a HTTP/1.1\r\nHost: a.example\r\n\r\n".to_vec(),
        _ => {
            let head =
                format!("POST /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: {}\r\n\r\n", body.len());
            [head.as_bytes(), &body].concat()
        }
    };
    let body = text(rng, 1, 30_000);
    let length = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let response = if request.starts_with(b"HEAD") {
        length.into_bytes()
    } else if rng.percent(50) {
        [length.as_bytes(), &body].concat()
    } else {
        let mut all = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for chunk in body.chunks(rng.range(100, 5000) as usize) {
            all.extend(format!("{:x}\r\n", chunk.len()).bytes());
            all.extend(chunk);
            all.extend(b"\r\n");
        }
        all.extend(b"0\r\n\r\n");
        all
    };
    (request, response)
}
