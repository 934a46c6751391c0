//! Many connections at the same time: each is a world of its own, and their packets are put in order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use super::Mix;
use crate::capture::{Captured, Sniffer};
use crate::options::{GenerateOptions, IpVersion};
use crate::random::Random;
use crate::simulation::Stage;
use crate::time::Time;
use crate::world::World;

/// Clients have addresses of the range for benchmarks, 198.18.0.0/15 (RFC 2544, C.2.2).
const CLIENTS: u64 = (1 << 17) - 2;
const FIRST_CLIENT: u32 = 0xc612_0001;

/// A connection that has begun and not ended.
#[derive(Debug)]
struct Running {
    /// When its next packet comes.
    time: Time,
    number: u64,
    stage: usize,
    begin: Duration,
    next: Captured,
    rest: Sniffer<World>,
}

impl PartialEq for Running {
    fn eq(&self, other: &Self) -> bool {
        (self.time, self.number) == (other.time, other.number)
    }
}

impl Eq for Running {}

impl PartialOrd for Running {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Running {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.time, self.number).cmp(&(other.time, other.number))
    }
}

/// All connections of a capture.
#[derive(Debug)]
pub(crate) struct Crowd {
    stages: Rc<[Stage]>,
    /// Up to which drawn number each stage is meant.
    draws: Vec<u64>,
    running: BinaryHeap<Reverse<Box<Running>>>,
    /// When the next connection begins; nothing when all have.
    next_begin: Option<Time>,
    begun: u64,
    connections: u64,
    /// Nanoseconds between two connections.
    spacing: u64,
    ip: IpVersion,
    random: Random,
}

impl Crowd {
    pub(crate) fn new(mix: &Mix, stages: Rc<[Stage]>, connections: u64, options: &GenerateOptions) -> Self {
        let up_to = |sum: &mut u64, (_, weight): &(_, u64)| {
            *sum += weight;
            Some(*sum)
        };
        Crowd {
            stages,
            draws: mix.shares.iter().scan(0, up_to).collect(),
            running: BinaryHeap::new(),
            next_begin: (connections > 0).then_some(Time::ZERO),
            begun: 0,
            connections,
            spacing: (1e9 / mix.rate) as u64,
            ip: options.ip,
            random: Random::new(options.seed, 10),
        }
    }

    /// The next connection begins.
    fn begin(&mut self, time: Time) {
        let number = self.begun;
        self.begun += 1;
        let jitter = self.random.below(self.spacing.max(1));
        let next = Time::from_nanos(self.begun.saturating_mul(self.spacing).saturating_add(jitter));
        self.next_begin = (self.begun < self.connections).then_some(next);
        let drawn = self.random.below(self.draws.last().copied().unwrap_or(1));
        let stage = self.draws.partition_point(|up_to| *up_to <= drawn);
        let seed = self.random.u64();
        let mut rest = self.stages[stage].play(seed, client(self.ip, number));
        if let Some(next) = rest.next() {
            let begin = time.since_begin();
            let time = next.time + begin;
            self.running.push(Reverse(Box::new(Running { time, number, stage, begin, next, rest })));
        }
    }
}

/// Packets in order, with the number of the stage that each comes from.
impl Iterator for Crowd {
    type Item = (usize, Captured);

    fn next(&mut self) -> Option<(usize, Captured)> {
        while let Some(time) = self.next_begin
            && self.running.peek().is_none_or(|Reverse(first)| first.time >= time)
        {
            self.begin(time);
        }
        let mut first = self.running.peek_mut()?;
        let Reverse(running) = &mut *first;
        let (stage, time) = (running.stage, running.time);
        let captured = match running.rest.next() {
            Some(next) => {
                running.time = next.time + running.begin;
                std::mem::replace(&mut running.next, next)
            }
            None => PeekMut::pop(first).0.next,
        };
        Some((stage, Captured { time, ..captured }))
    }
}

/// The address of the client of the how manieth connection.
fn client(ip: IpVersion, number: u64) -> IpAddr {
    match ip {
        IpVersion::V4 => IpAddr::from((FIRST_CLIENT + (number % CLIENTS) as u32).to_be_bytes()),
        IpVersion::V6 => {
            let [a, b, c, d] = [48, 32, 16, 0].map(|shift| (number >> shift) as u16);
            IpAddr::from([0x2001, 0xdb8, 1, 1, a, b, c, d])
        }
    }
}
