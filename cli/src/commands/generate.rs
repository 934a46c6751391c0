//! `tcpdx generate`: a teaching capture.

use super::suggest::did_you_mean;
use crate::args::Generate;
use crate::failure::{Failure, Status};
use crate::{language, term};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};
use tcpdx_engine::catalogue::texts;
use tcpdx_extcap::{Comments, Error, GenerateOptions, Mix, Scenario, Stats, scenario};

/// Writes a capture of a scenario.
pub(crate) fn run(args: &Generate) -> Result<Status, Failure> {
    let subject = Subject::of(args)?;
    let options = options(args)?;
    if args.output == Path::new("-") {
        if io::stdout().is_terminal() {
            return Err(Failure::told(
                "a capture is no text for a terminal; name a file (-o FILE) or pipe it into a program",
            ));
        }
        let out = BufWriter::new(io::stdout().lock());
        write(&subject, &options, out, "standard output")?;
        return Ok(Status::Done);
    }
    let name = args.output.display().to_string();
    let file = File::create(&args.output)
        .map_err(|error| Failure::told(format!("{name}: cannot write it: {error}")))?;
    let stats = write(&subject, &options, BufWriter::new(file), &name)?;
    let span = i64::try_from(stats.duration.as_nanos()).unwrap_or(i64::MAX);
    let span = texts(tcpdx_engine::Language::English).duration(span);
    writeln!(anstream::stdout(), "{name}: {} over {span}", term::count(stats.packets, "packet"))?;
    Ok(Status::Done)
}

/// What is played.
enum Subject {
    Scenario(Box<Scenario>),
    Mix(Mix, u64),
}

impl Subject {
    fn of(args: &Generate) -> Result<Self, Failure> {
        match &args.mix {
            Some(file) => {
                let mix = Mix::load(file).map_err(|error| Failure::told(error.to_string()))?;
                Ok(Subject::Mix(mix, args.connections.unwrap_or(1_000)))
            }
            None => Ok(Subject::Scenario(Box::new(find(args.scenario.as_deref().unwrap_or_default())?))),
        }
    }
}

/// The scenario of that name, or in that file.
pub(super) fn find(name: &str) -> Result<Scenario, Failure> {
    if let Some(builtin) = scenario::find(name) {
        return builtin.scenario().map_err(|error| Failure::told(error.to_string()));
    }
    if Path::new(name).exists() {
        return scenario::load(name).map_err(|error| Failure::told(error.to_string()));
    }
    let hint = did_you_mean(name, scenario::all().map(|scenario| scenario.name()));
    Err(Failure::told(format!("no scenario or file {name}{hint}; `tcpdx scenarios` lists all")))
}

fn options(args: &Generate) -> Result<GenerateOptions, Failure> {
    let default = GenerateOptions::default();
    let told = |error: tcpdx_extcap::UnknownWord| Failure::told(error.to_string());
    let start = match args.start {
        None => default.start,
        Some(time) => since_1970(time.into())?,
    };
    Ok(GenerateOptions {
        seed: args.seed.unwrap_or(default.seed),
        point: args.point.as_deref().map_or(Ok(default.point), str::parse).map_err(told)?,
        comments: match args.no_comments {
            true => Comments::Off,
            false => args.comments.as_deref().map_or(Ok(default.comments), str::parse).map_err(told)?,
        },
        language: language::choose(args.lang.as_deref()),
        ip: args.ip.as_deref().map_or(Ok(default.ip), str::parse).map_err(told)?,
        start,
        rtt: args.rtt.map(Duration::from),
        loss: args.loss.map_or(default.loss, |percent| percent / 100.0),
        lost_after: Vec::new(),
        cover: None,
        variant: args.variant.clone(),
        encapsulation: args.encap.as_deref().map_or(Ok(default.encapsulation), str::parse).map_err(told)?,
        client: args.client,
        server: args.server,
        client_port: args.client_port,
        server_port: args.server_port,
        snaplen: args.snaplen,
        capture_loss: args.capture_loss.map_or(default.capture_loss, |percent| percent / 100.0),
        duplicates: args.duplicates,
        offload: args.offload,
    })
}

fn since_1970(time: SystemTime) -> Result<Duration, Failure> {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| Failure::told("--start: captures cannot begin before 1970; choose a later time"))
}

fn write(
    subject: &Subject,
    options: &GenerateOptions,
    mut out: impl Write,
    name: &str,
) -> Result<Stats, Failure> {
    let stats = match subject {
        Subject::Scenario(scenario) => tcpdx_extcap::generate(scenario, options, &mut out),
        Subject::Mix(mix, connections) => tcpdx_extcap::generate_mix(mix, *connections, options, &mut out),
    };
    stats.and_then(|stats| Ok(out.flush().map(|()| stats)?)).map_err(|error| match error {
        Error::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => Failure::OutputClosed,
        Error::Write(error) => Failure::told(format!("{name}: cannot write it: {error}")),
        Error::Scenario(error) => Failure::told(error.to_string()),
        Error::Options(message) => Failure::told(message),
    })
}
