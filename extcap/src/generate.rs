//! Scenario in, pcapng out.

use std::io::Write;
use std::time::Duration;

use crate::capture::{Captured, Sniffer};
use crate::mix::{Crowd, Mix};
use crate::net::FrameBuilder;
use crate::options::{Encapsulation, GenerateOptions};
use crate::pcapng::{CaptureWriter, Interface};
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
    let stages = mix.stages(options)?;
    let interfaces = stages.first().map(|stage| stage.interfaces()).unwrap_or_default();
    let names: Vec<_> = stages.iter().flat_map(|stage| stage.names()).collect();
    let mut writer = CaptureWriter::new(out, &mix.heading(connections), &interfaces, &names)?;
    let shares = stages.iter().cloned().zip(mix.weights()).collect();
    let mut crowd = Crowd::new(shares, mix.rate(), connections, options);
    let start = nanos(options.start);
    let mut stats = Stats::default();
    while let Some(time) = crowd.write_next(start, writer.buffer())? {
        writer.written()?;
        stats = Stats { packets: stats.packets + 1, duration: time.since_begin() };
    }
    writer.flush()?;
    Ok(stats)
}

/// What stands at the head of a capture.
pub(crate) fn heading(scenario: &Scenario, options: &GenerateOptions) -> Result<String, ScenarioError> {
    Ok(match (&options.cover, &options.variant) {
        (Some(cover), _) => cover.clone(),
        (None, Some(variant)) => scenario.variant(variant)?.heading(options.language),
        (None, None) => scenario.heading(options.language),
    })
}

pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 2)
}

/// A capture packet by packet, for those who want to wait between them.
///
/// What is written gathers in a buffer until that is full or [flushed](Recording::flush).
#[derive(Debug)]
pub struct Recording<W> {
    stage: Stage,
    sniffer: Sniffer<World>,
    frames: FrameBuilder,
    writer: CaptureWriter<W>,
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    start: u64,
    next: Option<Captured>,
    stats: Stats,
}

impl<W: Write> Recording<W> {
    /// Sets the scenario up and begins the capture.
    ///
    /// # Errors
    /// As [`generate`].
    pub fn new(scenario: &Scenario, options: &GenerateOptions, out: W) -> Result<Self, Error> {
        let stage = Stage::new(scenario, options)?;
        let heading = heading(scenario, options)?;
        let writer = CaptureWriter::new(out, &heading, &stage.interfaces(), &stage.names())?;
        let mut sniffer = stage.play(options.seed, stage.client());
        let next = sniffer.next();
        Ok(Recording {
            stage,
            sniffer,
            frames: FrameBuilder::new(options.encapsulation),
            writer,
            start: nanos(options.start),
            next,
            stats: Stats::default(),
        })
    }

    /// When the next packet comes, since the capture's begin; nothing at the end.
    pub fn next_at(&self) -> Option<Duration> {
        self.next.as_ref().map(|captured| captured.time.since_begin())
    }

    /// The true state (RFC 9293, 3.3.2: `ESTABLISHED`) of the endpoint at which the next packet is captured, once it
    /// has taken or sent that packet; nothing while it is about to send more, and at the end.
    pub fn next_state(&self) -> Option<&'static str> {
        self.next.as_ref().and_then(|captured| captured.state)
    }

    /// Whether the next packet leaves where it is captured, and does not come in there.
    pub fn next_leaves(&self) -> bool {
        self.next.as_ref().is_some_and(|captured| !captured.inbound())
    }

    /// What tells the next packet from all others, at both capture points alike: it is the how manieth that left a
    /// host, from 1. A packet that arrives twice has one number; nothing if no host has sent it, and at the end.
    pub fn next_number(&self) -> Option<u64> {
        self.next.as_ref().map(|captured| captured.packet().number).filter(|number| *number > 0)
    }

    /// What the next packet is to who sent it, by the word that scenario files have for it: `syn`, `forged`; nothing
    /// at the end.
    pub fn next_kind(&self) -> Option<&'static str> {
        self.next.as_ref().map(|captured| captured.packet().reason.kind.name())
    }

    /// Writes the next packet. False at the end.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn write_next(&mut self) -> Result<bool, Error> {
        let Some(captured) = std::mem::replace(&mut self.next, self.sniffer.next()) else { return Ok(false) };
        let out = self.writer.buffer();
        self.stage.write(&mut self.frames, &captured, self.start, out)?;
        self.writer.written()?;
        self.stats.packets += 1;
        self.stats.duration = captured.time.since_begin();
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
