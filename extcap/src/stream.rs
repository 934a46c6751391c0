//! A capture packet by packet, for those who want to wait between its packets, or to interfere.

use std::fmt;
use std::io::{self, Sink};
use std::rc::Rc;
use std::time::Duration;

use crate::capture::{Captured, Sniffer};
use crate::generate::{Error, heading, nanos};
use crate::mix::Crowd;
use crate::net::FrameBuilder;
use crate::options::GenerateOptions;
use crate::pcapng::{CaptureWriter, Interface, cut_packet, packet_in};
use crate::scenario::Scenario;
use crate::simulation::Stage;
use crate::time::Time;
use crate::world::World;

/// With several connections, so many begin every second.
const RATE: f64 = 1_000.0;
/// Between the last packet of a scenario and the first when it is played again.
const GAP: Duration = Duration::from_secs(1);

/// Says whether a frame is captured.
pub type Filter = Box<dyn Fn(&[u8]) -> bool>;

/// A scenario that is being played. What is captured gathers in a [buffer](Stream::buffer) as pcapng, the head first;
/// whoever takes it empties the buffer.
pub struct Stream {
    scenario: Scenario,
    options: GenerateOptions,
    connections: u64,
    stage: Rc<Stage>,
    source: Source,
    writer: CaptureWriter<Sink>,
    filter: Option<Filter>,
    snaplen: u32,
    /// When this round began, since the capture's begin.
    round_begin: Time,
    /// When the last packet came, likewise.
    last: Time,
    /// By interface: packets that came, and those that the filter let pass.
    counts: Vec<[u64; 2]>,
}

/// Where the packets come from.
enum Source {
    One(Box<Take>),
    Many(Box<Crowd>),
}

/// One connection, or whatever else the scenario plays.
struct Take {
    stage: Rc<Stage>,
    sniffer: Sniffer<World>,
    frames: FrameBuilder,
    next: Option<Captured>,
    /// Packets that are behind it.
    written: usize,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("scenario", &self.scenario.name()).finish_non_exhaustive()
    }
}

impl Stream {
    /// Sets a scenario up, for so many connections, and begins the capture; frames that the filter refuses are left
    /// out of it.
    ///
    /// # Errors
    /// The scenario has no such variant, or the options contradict each other.
    pub fn new(
        scenario: Scenario,
        options: GenerateOptions,
        connections: u64,
        filter: Option<Filter>,
    ) -> Result<Self, Error> {
        if connections > 1 && options.client.is_some() {
            let message =
                "each of several connections has a client of its own: leave the client's address out";
            return Err(Error::Options(message.to_owned()));
        }
        let stage = Stage::new(&scenario, &options)?;
        let heading = heading(&scenario, &options)?;
        let interfaces = stage.interfaces();
        let writer = CaptureWriter::new(io::sink(), &heading, &interfaces, &stage.names())?;
        let (snaplen, counts) = (stage.snaplen(), vec![[0; 2]; interfaces.len()]);
        // The filter looks at whole frames; they are cut behind it.
        let options = match filter {
            Some(_) => GenerateOptions { snaplen: Some(Interface::LONGEST), ..options },
            None => options,
        };
        let stage = Rc::new(Stage::new(&scenario, &options)?);
        let source = Source::new(&stage, &options, connections);
        let (round_begin, last) = (Time::ZERO, Time::ZERO);
        Ok(Stream {
            scenario,
            options,
            connections,
            stage,
            source,
            writer,
            filter,
            snaplen,
            round_begin,
            last,
            counts,
        })
    }

    /// What has been captured and not been taken.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        self.writer.buffer()
    }

    /// When the next packet comes, since the capture's begin; nothing at the end of the scenario.
    ///
    /// # Errors
    /// A packet is larger than IP can say.
    pub fn next_at(&mut self) -> Result<Option<Duration>, Error> {
        let next = match &mut self.source {
            Source::One(take) => take.next.as_ref().map(|captured| captured.time),
            Source::Many(crowd) => crowd.next_at()?,
        };
        Ok(next.map(|time| (self.round_begin + time.since_begin()).since_begin()))
    }

    /// When the last packet came, since the capture's begin.
    pub fn last_at(&self) -> Duration {
        self.last.since_begin()
    }

    /// Lets the next packet come. False at the end of the scenario.
    ///
    /// # Errors
    /// As [`Stream::next_at`].
    pub fn write_next(&mut self) -> Result<bool, Error> {
        let start = nanos(self.options.start) + self.round_begin.nanos();
        let out = self.writer.buffer();
        let begin = out.len();
        let time = match &mut self.source {
            Source::One(take) => take.write_next(start, out)?,
            Source::Many(crowd) => crowd.write_next(start, out)?,
        };
        let Some(time) = time else { return Ok(false) };
        self.last = self.round_begin + time.since_begin();
        let (interface, frame) = packet_in(&out[begin..]);
        let passes = self.filter.as_ref().is_none_or(|filter| filter(frame));
        let count = &mut self.counts[interface as usize];
        *count = [count[0] + 1, count[1] + u64::from(passes)];
        match (passes, &self.filter) {
            (false, _) => out.truncate(begin),
            (true, Some(_)) => cut_packet(out, begin, self.snaplen),
            (true, None) => {}
        }
        Ok(true)
    }

    /// Begins once more, behind what was before and with another seed.
    ///
    /// # Errors
    /// None: it could begin before.
    pub fn begin_again(&mut self) -> Result<(), Error> {
        self.round_begin = self.last + GAP;
        self.options.seed = self.options.seed.wrapping_add(1);
        if !self.options.lost_after.is_empty() {
            self.options.lost_after.clear();
            self.stage = Rc::new(Stage::new(&self.scenario, &self.options)?);
        }
        self.source = Source::new(&self.stage, &self.options, self.connections);
        Ok(())
    }

    /// The first packet that a host sends after `now`, since the capture's begin, will be lost. False, and nothing is
    /// done, with several connections: they are one connection many times.
    ///
    /// What is to come is played anew: until then it is what it was, since chance is the same again.
    ///
    /// # Errors
    /// None: the scenario could be played before.
    pub fn lose_next(&mut self, now: Duration) -> Result<bool, Error> {
        let Source::One(take) = &mut self.source else { return Ok(false) };
        let now = (Time::ZERO + now) - self.round_begin;
        self.options.lost_after.push(now);
        self.stage = Rc::new(Stage::new(&self.scenario, &self.options)?);
        let mut again = Take::new(&self.stage, &self.options);
        for _ in 0..take.written {
            again.next = again.sniffer.next();
        }
        again.written = take.written;
        **take = again;
        Ok(true)
    }

    /// Ends the capture with the statistics of its interfaces.
    ///
    /// # Errors
    /// None: times and numbers are sound.
    pub fn finish(&mut self) -> Result<(), Error> {
        let begin = self.options.start;
        for (interface, [received, accepted]) in (0..).zip(self.counts.clone()) {
            let times = [begin, begin + self.last_at()];
            self.writer.statistics(interface, times, received, accepted)?;
        }
        Ok(())
    }
}

impl Source {
    fn new(stage: &Rc<Stage>, options: &GenerateOptions, connections: u64) -> Self {
        match connections {
            1 => Source::One(Box::new(Take::new(stage, options))),
            _ => Source::Many(Box::new(Crowd::new(vec![(stage.clone(), 1)], RATE, connections, options))),
        }
    }
}

impl Take {
    fn new(stage: &Rc<Stage>, options: &GenerateOptions) -> Self {
        let mut sniffer = stage.play(options.seed, stage.client());
        let next = sniffer.next();
        let frames = FrameBuilder::new(options.encapsulation);
        Take { stage: stage.clone(), sniffer, frames, next, written: 0 }
    }

    fn write_next(&mut self, start: u64, out: &mut Vec<u8>) -> io::Result<Option<Time>> {
        let Some(captured) = std::mem::replace(&mut self.next, self.sniffer.next()) else { return Ok(None) };
        self.stage.write(&mut self.frames, &captured, start, out)?;
        self.written += 1;
        Ok(Some(captured.time))
    }
}
