//! Scenario in, pcapng out.

use std::io::Write;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::comment::Commenter;
use crate::net::FrameBuilder;
use crate::options::GenerateOptions;
use crate::pcapng::{CaptureWriter, PacketRecord};
use crate::scenario::{Scenario, ScenarioError};
use crate::simulation::Setup;

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
    /// The capture cannot be written.
    #[error("cannot write the capture: {0}")]
    Write(#[from] std::io::Error),
}

/// Runs a scenario and writes what the chosen capture point sees, as pcapng.
///
/// # Errors
/// The scenario has no such variant, or the output cannot be written.
pub fn generate(scenario: &Scenario, options: &GenerateOptions, out: impl Write) -> Result<Stats, Error> {
    run(scenario, options, out, None)
}

/// As [`generate`], but each packet waits for a word: `wait` is called with the packet's time since the capture's
/// begin, when everything before it has been written out, and may end the capture there.
///
/// # Errors
/// As [`generate`].
pub fn generate_live(
    scenario: &Scenario,
    options: &GenerateOptions,
    out: impl Write,
    mut wait: impl FnMut(Duration) -> ControlFlow<()>,
) -> Result<Stats, Error> {
    run(scenario, options, out, Some(&mut wait))
}

type Wait<'a> = Option<&'a mut dyn FnMut(Duration) -> ControlFlow<()>>;

fn run(
    scenario: &Scenario,
    options: &GenerateOptions,
    out: impl Write,
    mut wait: Wait<'_>,
) -> Result<Stats, Error> {
    let varied = options.variant.as_deref().map(|name| scenario.variant(name)).transpose()?;
    let scenario = varied.as_ref().unwrap_or(scenario);
    let setup = Setup::new(scenario, options);
    let commenter = options.comments.then(|| Commenter::new(&scenario.file, options.language)).transpose();
    let commenter = commenter.map_err(|message| scenario.wrong(message))?;
    let mut writer =
        CaptureWriter::new(out, &scenario.heading(options.language), &setup.interfaces(), &setup.names())?;
    let mut frames = FrameBuilder::default();
    let mut comment = String::new();
    let mut stats = Stats::default();
    for captured in setup.world(scenario, options) {
        let since_begin = captured.time.since_begin();
        if let Some(wait) = &mut wait {
            writer.flush()?;
            if wait(since_begin).is_break() {
                break;
            }
        }
        let inbound = captured.inbound();
        if let Some(commenter) = &commenter {
            commenter.write(&captured, &mut comment);
        }
        writer.packet(&PacketRecord {
            interface: setup.interface(captured.at),
            time: options.start + since_begin,
            frame: frames.build(setup.link(captured.at, inbound), &captured.packet)?,
            comment: commenter.is_some().then_some(comment.as_str()),
            inbound,
        })?;
        stats.packets += 1;
        stats.duration = since_begin;
    }
    writer.flush()?;
    Ok(stats)
}
