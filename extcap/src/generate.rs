//! Scenario in, pcapng out.

use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use crate::capture::{Captured, Seen, Sniffer};
use crate::mix::{Crowd, Mix};
use crate::net::FrameBuilder;
use crate::options::{Encapsulation, GenerateOptions};
use crate::pcapng::{CaptureWriter, Interface, PacketHead};
use crate::scenario::{Scenario, ScenarioError};
use crate::simulation::Stage;
use crate::world::World;

/// What a generated capture holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Packets written.
    pub packets: u64,
    /// Time from the capture's begin to its last packet.
    pub duration: Duration,
}

/// Why a capture could not be generated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The scenario cannot be used.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The options contradict each other.
    #[error("{0}")]
    Options(String),
    /// The capture cannot be written.
    #[error("cannot write the capture: {0}")]
    Write(#[from] std::io::Error),
}

/// Runs a scenario and writes what the chosen capture point sees, as pcapng.
///
/// # Errors
/// The scenario has no such variant, the options contradict each other, or the output cannot be written.
pub fn generate(scenario: &Scenario, options: &GenerateOptions, out: impl Write) -> Result<Stats, Error> {
    let mut recording = Recording::new(scenario, options, out)?;
    while recording.write_next()? {}
    recording.flush()?;
    Ok(recording.stats())
}

/// Plays so many connections, drawn from a mix, and writes what the chosen capture point sees of them, as pcapng.
///
/// # Errors
/// As [`generate`].
pub fn generate_mix(
    mix: &Mix,
    connections: u64,
    options: &GenerateOptions,
    out: impl Write,
) -> Result<Stats, Error> {
    let mut recording = Recording::of_mix(mix, connections, options, out)?;
    while recording.write_next()? {}
    recording.flush()?;
    Ok(recording.stats())
}

/// A capture packet by packet, for those who want to wait between them.
///
/// What is written gathers in a buffer until that is full or [flushed](Recording::flush).
#[derive(Debug)]
pub struct Recording<W> {
    stages: Rc<[Stage]>,
    source: Source,
    frames: FrameBuilder,
    writer: CaptureWriter<W>,
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    start: u64,
    /// The next packet, and which stage it comes from.
    next: Option<(usize, Captured)>,
    stats: Stats,
}

/// Where packets come from.
#[derive(Debug)]
enum Source {
    /// A scenario that is played once.
    One(Box<Sniffer<World>>),
    /// Many that are played at the same time.
    Many(Crowd),
}

impl Iterator for Source {
    type Item = (usize, Captured);

    fn next(&mut self) -> Option<(usize, Captured)> {
        match self {
            Source::One(sniffer) => Some((0, sniffer.next()?)),
            Source::Many(crowd) => crowd.next(),
        }
    }
}

impl<W: Write> Recording<W> {
    /// Sets the scenario up and begins the capture.
    ///
    /// # Errors
    /// As [`generate`].
    pub fn new(scenario: &Scenario, options: &GenerateOptions, out: W) -> Result<Self, Error> {
        let stage = Stage::new(scenario, options)?;
        let heading = match &options.variant {
            Some(variant) => scenario.variant(variant)?.heading(options.language),
            None => scenario.heading(options.language),
        };
        let source = Source::One(Box::new(stage.play(options.seed, stage.client())));
        Recording::begin([stage].into(), source, &heading, options, out)
    }

    /// Begins a capture of so many connections, drawn from a mix.
    ///
    /// # Errors
    /// As [`generate`].
    pub fn of_mix(mix: &Mix, connections: u64, options: &GenerateOptions, out: W) -> Result<Self, Error> {
        let stages: Rc<[Stage]> = mix.stages(options)?.into();
        let crowd = Crowd::new(mix, stages.clone(), connections, options);
        let heading = mix.heading(connections);
        Recording::begin(stages, Source::Many(crowd), &heading, options, out)
    }

    fn begin(
        stages: Rc<[Stage]>,
        mut source: Source,
        heading: &str,
        options: &GenerateOptions,
        out: W,
    ) -> Result<Self, Error> {
        let interfaces = stages.first().map(Stage::interfaces).unwrap_or_default();
        let names: Vec<_> = stages.iter().flat_map(Stage::names).collect();
        let writer = CaptureWriter::new(out, heading, &interfaces, &names)?;
        let next = source.next();
        Ok(Recording {
            stages,
            source,
            frames: FrameBuilder::new(options.encapsulation),
            writer,
            start: u64::try_from(options.start.as_nanos()).unwrap_or(u64::MAX / 2),
            next,
            stats: Stats::default(),
        })
    }

    /// When the next packet comes, since the capture's begin; nothing at the end.
    pub fn next_at(&self) -> Option<Duration> {
        self.next.as_ref().map(|(_, captured)| captured.time.since_begin())
    }

    /// The true state (RFC 9293, 3.3.2: `ESTABLISHED`) of the endpoint at which the next packet is captured, once it
    /// has taken or sent that packet; nothing while it is about to send more, and at the end.
    pub fn next_state(&self) -> Option<&'static str> {
        self.next.as_ref().and_then(|(_, captured)| captured.state)
    }

    /// Writes the next packet. False at the end.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn write_next(&mut self) -> Result<bool, Error> {
        let Some((stage, captured)) = std::mem::replace(&mut self.next, self.source.next()) else {
            return Ok(false);
        };
        let Some(stage) = self.stages.get(stage) else { return Ok(false) };
        let since_begin = captured.time.since_begin();
        let inbound = captured.inbound();
        let link = stage.link(captured.at, inbound);
        let head = PacketHead {
            interface: stage.interface(captured.at),
            time: self.start + captured.time.nanos(),
            snaplen: stage.snaplen(),
            inbound,
        };
        let (frames, checksum) = (&mut self.frames, stage.checksum(inbound));
        let frame = |out: &mut Vec<u8>| match &captured.seen {
            Seen::Segment(packet) => frames.segment(out, link, packet, checksum),
            Seen::Icmp(error) => frames.icmp(out, link, error),
        };
        let comment = |out: &mut Vec<u8>| {
            if let Some(commenter) = stage.commenter() {
                commenter.write(&captured, out);
            }
        };
        self.writer.packet(head, frame, comment)?;
        self.stats.packets += 1;
        self.stats.duration = since_begin;
        Ok(true)
    }

    /// Everything that was written goes out.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn flush(&mut self) -> Result<(), Error> {
        Ok(self.writer.flush()?)
    }

    /// What has been written so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }
}

/// Writes the head of a capture that will have no packets: what a reader must have before it is told why.
///
/// # Errors
/// The output cannot be written.
pub fn write_empty(out: impl Write) -> Result<(), Error> {
    let interface = Interface {
        name: "tcpdx".to_owned(),
        description: String::new(),
        link: Encapsulation::default().data_link(),
        snaplen: Interface::LONGEST,
    };
    Ok(CaptureWriter::new(out, "", &[interface], &[])?.flush()?)
}
