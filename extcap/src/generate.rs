//! Scenario in, pcapng out.

use std::io::Write;
use std::time::Duration;

use crate::capture::{Captured, Seen, Sniffer};
use crate::comment::Commenter;
use crate::net::FrameBuilder;
use crate::options::{Encapsulation, GenerateOptions};
use crate::pcapng::{CaptureWriter, Interface, PacketHead};
use crate::scenario::{Scenario, ScenarioError};
use crate::simulation::Setup;
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

/// A capture packet by packet, for those who want to wait between them.
///
/// What is written gathers in a buffer until that is full or [flushed](Recording::flush).
#[derive(Debug)]
pub struct Recording<W> {
    setup: Setup,
    sniffer: Sniffer<World>,
    commenter: Option<Commenter>,
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
        let varied = options.variant.as_deref().map(|name| scenario.variant(name)).transpose()?;
        let scenario = varied.as_ref().unwrap_or(scenario);
        let setup = Setup::new(scenario, options).map_err(Error::Options)?;
        let commenter =
            options.comments.then(|| Commenter::new(&scenario.file, options.language)).transpose();
        let commenter = commenter.map_err(|message| scenario.wrong(message))?;
        let heading = scenario.heading(options.language);
        let writer = CaptureWriter::new(out, &heading, &setup.interfaces(), &setup.names())?;
        let world = setup.world(scenario, options);
        let mut sniffer = Sniffer::new(world, &scenario.file.capture, options, setup.rtt());
        let next = sniffer.next();
        Ok(Recording {
            frames: FrameBuilder::new(options.encapsulation),
            setup,
            sniffer,
            commenter,
            writer,
            start: u64::try_from(options.start.as_nanos()).unwrap_or(u64::MAX / 2),
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

    /// Writes the next packet. False at the end.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn write_next(&mut self) -> Result<bool, Error> {
        let Some(captured) = std::mem::replace(&mut self.next, self.sniffer.next()) else { return Ok(false) };
        let since_begin = captured.time.since_begin();
        let inbound = captured.inbound();
        let link = self.setup.link(captured.at, inbound);
        let head = PacketHead {
            interface: self.setup.interface(captured.at),
            time: self.start + captured.time.nanos(),
            snaplen: self.setup.snaplen(),
            inbound,
        };
        let (frames, checksum) = (&mut self.frames, self.setup.checksum(inbound));
        let frame = |out: &mut Vec<u8>| match &captured.seen {
            Seen::Segment(packet) => frames.segment(out, link, packet, checksum),
            Seen::Icmp(error) => frames.icmp(out, link, error),
        };
        let comment = |out: &mut Vec<u8>| {
            if let Some(commenter) = &self.commenter {
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
