//! Many connections at the same time, their packets in order.
//!
//! Each scenario is played with several seeds; what comes of it is written again for every client whose connection
//! is drawn, with that client's address. That is as fast as packets can be written at all.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;

use super::take::Take;
use crate::net::FrameBuilder;
use crate::options::{GenerateOptions, IpVersion};
use crate::random::Random;
use crate::simulation::Stage;
use crate::time::Time;

/// Clients have addresses of the range for benchmarks, 198.18.0.0/15 (RFC 2544, C.2.2).
const CLIENTS: u64 = (1 << 17) - 2;
const FIRST_CLIENT: u32 = 0xc612_0001;
/// How often a scenario is played, if that does not take more memory than so much.
const TAKES: usize = 64;
const MEMORY: usize = 1 << 23;

/// A connection that has begun and not ended.
#[derive(Debug)]
struct Running {
    take: Rc<Take>,
    begin: Time,
    /// The number of its next packet.
    shot: usize,
    client: IpAddr,
}

/// When the next packet of a connection comes; connections that began first come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due(Time, u64, u32);

/// All connections of a capture.
#[derive(Debug)]
pub(crate) struct Crowd {
    scenes: Vec<Scene>,
    /// Up to which drawn number each scene is meant.
    draws: Vec<u64>,
    due: BinaryHeap<Reverse<Due>>,
    running: Vec<Option<Running>>,
    free: Vec<u32>,
    /// When the next connection begins; nothing when all have.
    next_begin: Option<Time>,
    begun: u64,
    connections: u64,
    /// Nanoseconds between two connections.
    spacing: u64,
    ip: IpVersion,
    frames: FrameBuilder,
    random: Random,
}

/// A scenario with what has been recorded of it.
#[derive(Debug)]
struct Scene {
    stage: Rc<Stage>,
    takes: Vec<Rc<Take>>,
    most: usize,
}

impl Crowd {
    /// So many connections, `rate` new ones a second; each is of a scene that is drawn by the scenes' weights.
    pub(crate) fn new(
        scenes: Vec<(Rc<Stage>, u64)>,
        rate: f64,
        connections: u64,
        options: &GenerateOptions,
    ) -> Self {
        let up_to = |sum: &mut u64, (_, weight): &(_, u64)| {
            *sum += weight;
            Some(*sum)
        };
        let draws = scenes.iter().scan(0, up_to).collect();
        let scene = |(stage, _)| Scene { stage, takes: Vec::new(), most: TAKES };
        Crowd {
            scenes: scenes.into_iter().map(scene).collect(),
            draws,
            due: BinaryHeap::new(),
            running: Vec::new(),
            free: Vec::new(),
            next_begin: (connections > 0).then_some(Time::ZERO),
            begun: 0,
            connections,
            spacing: (1e9 / rate) as u64,
            ip: options.ip,
            frames: FrameBuilder::new(options.encapsulation),
            random: Random::new(options.seed, 10),
        }
    }

    /// When the next packet comes; nothing at the end.
    ///
    /// # Errors
    /// A packet is larger than IP can say.
    pub(crate) fn next_at(&mut self) -> io::Result<Option<Time>> {
        while let Some(time) = self.next_begin
            && self.due.peek().is_none_or(|Reverse(first)| first.0 >= time)
        {
            self.begin(time)?;
        }
        Ok(self.due.peek().map(|Reverse(first)| first.0))
    }

    /// Appends the next packet and tells when it came; nothing at the end. The capture begins `start` nanoseconds
    /// after 1970-01-01 00:00 UTC.
    ///
    /// # Errors
    /// A packet is larger than IP can say.
    pub(crate) fn write_next(&mut self, start: u64, out: &mut Vec<u8>) -> io::Result<Option<Time>> {
        self.next_at()?;
        let Some(mut first) = self.due.peek_mut() else { return Ok(None) };
        let Reverse(Due(time, _, place)) = *first;
        let Some(running) = &mut self.running[place as usize] else { return Ok(None) };
        running.take.write(
            running.shot,
            start + time.nanos(),
            running.client,
            self.frames.ip_header_at(),
            out,
        );
        running.shot += 1;
        match running.take.time(running.shot) {
            Some(next) => first.0.0 = next + running.begin.since_begin(),
            None => {
                PeekMut::pop(first);
                self.running[place as usize] = None;
                self.free.push(place);
            }
        }
        Ok(Some(time))
    }

    /// The next connection begins.
    fn begin(&mut self, time: Time) -> io::Result<()> {
        let number = self.begun;
        self.begun += 1;
        let jitter = self.random.below(self.spacing.max(1));
        let next = Time::from_nanos(self.begun.saturating_mul(self.spacing).saturating_add(jitter));
        self.next_begin = (self.begun < self.connections).then_some(next);
        let drawn = self.random.below(self.draws.last().copied().unwrap_or(1));
        let scene = self.draws.partition_point(|up_to| *up_to <= drawn);
        let client = client(self.ip, number);
        let take = self.scenes[scene].take(number, client, &mut self.frames, &mut self.random)?;
        if let Some(first) = take.time(0) {
            let running = Some(Running { take, begin: time, shot: 0, client });
            let place = match self.free.pop() {
                Some(place) => {
                    self.running[place as usize] = running;
                    place
                }
                None => {
                    self.running.push(running);
                    self.running.len() as u32 - 1
                }
            };
            self.due.push(Reverse(Due(first + time.since_begin(), number, place)));
        }
        Ok(())
    }
}

impl Scene {
    /// A take for the how manieth connection; the same client never gets the same one twice in a row.
    fn take(
        &mut self,
        number: u64,
        client: IpAddr,
        frames: &mut FrameBuilder,
        random: &mut Random,
    ) -> io::Result<Rc<Take>> {
        if !self.stage.is_repeatable() {
            return Ok(Rc::new(Take::record(&self.stage, frames, random.u64(), client)?));
        }
        let wanted = ((number % CLIENTS + number / CLIENTS) % self.most as u64) as usize;
        if let Some(take) = self.takes.get(wanted) {
            return Ok(take.clone());
        }
        let take = Rc::new(Take::record(&self.stage, frames, random.u64(), client)?);
        self.most = self.most.min((MEMORY / take.size().max(1)).max(1));
        if self.takes.len() < self.most {
            self.takes.push(take.clone());
        }
        Ok(take)
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
