//! Healthy connections, as correct TCPs on a path that loses nothing make them.

#![allow(dead_code, unreachable_pub)]

pub mod rng;
pub mod shape;
pub mod tcp;
pub mod wire;

use rng::Rng;
use shape::{Act, Shape};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use tcp::Tcp;
use tcpdx_engine::IpInfo;
use wire::{ACK, Captured, RST, Wire};

enum Event {
    Arrive(Wire),
    AckTimer(usize),
    Act(usize),
}

struct Simulation<'a> {
    shape: &'a Shape,
    rng: Rng,
    ends: [Tcp; 2],
    queue: BinaryHeap<Reverse<(i64, usize)>>,
    events: Vec<Option<Event>>,
    /// When the newest packet of each side passes the capture point and arrives: those behind it are later.
    passed: [i64; 2],
    arrived: [i64; 2],
    captured: Vec<(i64, Wire)>,
    /// The act that waits for its data to be received, and by whom up to where.
    delivery: Option<(usize, usize, u32)>,
    reset: bool,
}

/// The packets of one connection as its capture point saw them.
pub fn connection(shape: &Shape) -> Vec<Captured> {
    let mut simulation = Simulation {
        shape,
        rng: Rng::new(shape.seed),
        ends: [Tcp::new(0, shape.stacks[0]), Tcp::new(1, shape.stacks[1])],
        queue: BinaryHeap::new(),
        events: Vec::new(),
        passed: [0; 2],
        arrived: [0; 2],
        captured: Vec::new(),
        delivery: None,
        reset: false,
    };
    simulation.run();
    let mut captured = simulation.captured;
    captured.sort_by_key(|(time, _)| *time);
    captured.into_iter().map(|(time, wire)| shape.capture(time, &wire)).collect()
}

impl Simulation<'_> {
    fn run(&mut self) {
        let syn = self.ends[0].syn(self.shape.start);
        self.transmit(self.shape.start, syn);
        let mut begun = false;
        while let Some(Reverse((now, at))) = self.queue.pop() {
            match self.events[at].take() {
                Some(Event::Arrive(wire)) => self.arrive(now, &wire),
                Some(Event::AckTimer(side)) if self.ends[side].ack_due == Some(now) => {
                    let ack = self.ends[side].ack(now);
                    self.transmit(now, ack);
                }
                Some(Event::Act(act)) => self.act(now, act),
                _ => {}
            }
            // Where the server speaks first it has to have the third ACK.
            if !begun && self.ends[0].established && (self.ends[1].established || !self.shape.server_first())
            {
                begun = true;
                self.next_act(now, 0);
            }
        }
    }

    fn schedule(&mut self, at: i64, event: Event) {
        self.queue.push(Reverse((at, self.events.len())));
        self.events.push(Some(event));
    }

    /// Puts a segment on the path: past the capture point, and to the other side.
    fn transmit(&mut self, now: i64, wire: Wire) {
        let shape = self.shape;
        let side = wire.from;
        let before = if side == 0 { shape.to_tap } else { shape.one_way - shape.to_tap };
        let behind = shape.one_way - before;
        let jitter = |rng: &mut Rng, way: i64| rng.range(0, way / 20 + 1_000);
        let mut passes = now + before + jitter(&mut self.rng, before);
        let handshake = !self.ends[0].established || !self.ends[1].established;
        let overtaken = self.rng.percent(shape.reordered) && !handshake;
        let early = self.rng.percent(50) && before > 0;
        let late = self.rng.range(0, (shape.one_way * 2 * 9 / 10).max(1));
        // A packet that is overtaken does not hold up those behind it.
        if overtaken && early {
            passes += late;
        } else {
            passes = passes.max(self.passed[side] + 1_000);
            self.passed[side] = passes;
        }
        let mut arrives = passes + behind + jitter(&mut self.rng, behind);
        if overtaken && !early {
            arrives += late;
        } else if !overtaken {
            arrives = arrives.max(self.arrived[side] + 1_000);
            self.arrived[side] = arrives;
        }
        self.captured.push((passes, wire.clone()));
        self.schedule(arrives, Event::Arrive(wire));
    }

    fn arrive(&mut self, now: i64, wire: &Wire) {
        if wire.flags & RST != 0 || self.reset {
            self.reset = true;
            return;
        }
        let to = 1 - wire.from;
        if self.rng.percent(5) {
            let buffer = self.shape.stacks[to].buffer;
            self.ends[to].stack.buffer = (buffer as i64 * self.rng.range(60, 140) / 100) as u32;
        }
        // A host takes a moment.
        let now = now + self.rng.range(1_000, 60_000);
        let reaction = self.ends[to].receives(now, wire);
        for reply in reaction.replies {
            self.transmit(now, reply);
        }
        for segment in self.ends[to].send(now) {
            self.transmit(now, segment);
        }
        if let Some(at) = reaction.timer {
            self.schedule(at, Event::AckTimer(to));
        }
        if let Some((act, reader, until)) = self.delivery
            && reader == to
            && self.ends[reader].rcv_nxt.wrapping_sub(until) as i32 >= 0
        {
            self.delivery = None;
            self.next_act(now, act + 1);
        }
    }

    fn next_act(&mut self, now: i64, act: usize) {
        if let Some((pause, _)) = self.shape.acts.get(act) {
            self.schedule(now + pause, Event::Act(act));
        }
    }

    fn act(&mut self, now: i64, number: usize) {
        let (_, act) = &self.shape.acts[number];
        let mut wait = None;
        match act {
            Act::Write(side, bytes) => {
                self.ends[*side].write(bytes);
                wait = Some(*side);
            }
            Act::WriteOnly(side, bytes) => self.ends[*side].write(bytes),
            Act::WriteAndClose(side, bytes) => {
                self.ends[*side].write(bytes);
                self.ends[*side].close();
                wait = Some(*side);
            }
            Act::Close(side) => {
                self.ends[*side].close();
                wait = Some(*side);
            }
            Act::CloseBoth => {
                self.ends[0].close();
                self.ends[1].close();
            }
            Act::Probe(side, length) => {
                let probe = self.ends[*side].keepalive(now, *length);
                self.transmit(now, probe);
            }
            Act::Reset(side, with_ack) => {
                let mut rst = self.ends[*side].ack(now);
                rst.flags = if *with_ack { RST | ACK } else { RST };
                rst.window = 0;
                rst.timestamps = None;
                rst.sack.clear();
                self.transmit(now, rst);
            }
        }
        for side in 0..2 {
            for segment in self.ends[side].send(now) {
                self.transmit(now, segment);
            }
        }
        match wait {
            Some(writer) => {
                let end = self.shape.end_after(writer, number);
                self.delivery = Some((number, 1 - writer, end));
            }
            None => self.next_act(now, number + 1),
        }
    }
}

/// What of a captured packet there is beside its bytes.
pub fn ip_of(ttl: u8, id: Option<u16>) -> IpInfo {
    IpInfo { ttl, id, ecn: 0 }
}
