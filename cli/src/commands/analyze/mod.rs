//! `tcpdx analyze`: what went wrong with the connections of captures.

mod jsonl;
mod select;
mod table;
mod trace;

use crate::args::{Analyze, Format};
use crate::failure::{Failure, Status};
use crate::language;
use crate::read::{Capture, DataLink, Decoder, Trouble, link_name};
use select::Selection;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use tcpdx_engine::{Causes, Diagnosis, Engine, Finding, Language, Settings, Severity, Summary, Vantage};

/// One connection with the findings that were asked for.
struct Connection {
    summary: Summary,
    story: String,
    findings: Vec<Finding>,
    /// Why each may have happened.
    causes: Vec<Causes>,
    /// What each follows from.
    follows: Vec<Option<(Diagnosis, u32)>>,
}

impl Connection {
    /// The worst severity of its findings.
    fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// One capture that was analyzed as far as it could be read.
struct Analysis<'a> {
    file: &'a Path,
    frames: u32,
    engine: Engine,
}

/// Analyzes every file on its own, one after the other.
pub(crate) fn run(args: &Analyze) -> Result<Status, Failure> {
    let selection = Selection::new(args);
    let language = language::choose(args.lang.as_deref());
    let settings =
        Settings { vantage: args.vantage.map(Vantage::from), thresholds: (&args.thresholds).into() };
    let mut status = Status::Done;
    let mut printed = 0;
    for file in &args.files {
        let (analysis, trouble) = analyze(file, settings, &args.trace);
        // What came before the trouble is worth reading.
        if !args.trace.is_empty() {
            let heading = (args.files.len() > 1).then_some(printed);
            status = status.max(print_traces(&analysis, &selection, args, heading)?);
            printed += 1;
        } else if trouble.is_none() || analysis.frames > 0 {
            let heading = (args.files.len() > 1).then_some(printed);
            status = status.max(print(&analysis, &selection, args, language, heading)?);
            printed += 1;
        }
        if let Some(trouble) = trouble {
            io::stdout().flush()?;
            anstream::eprintln!("tcpdx: {}: {trouble}", name(file));
            status = Status::Failed;
        }
    }
    Ok(status)
}

/// How a file is called in messages.
fn name(file: &Path) -> String {
    if file == Path::new("-") { "standard input".to_string() } else { file.display().to_string() }
}

/// Reads a capture and feeds the engine, as far as it goes. Frames of unknown link types do not count.
fn analyze<'a>(file: &'a Path, settings: Settings, traced: &[u32]) -> (Analysis<'a>, Option<Trouble>) {
    let mut analysis = Analysis { file, frames: 0, engine: Engine::new(settings) };
    traced.iter().for_each(|frame| analysis.engine.trace(*frame));
    let mut decoder = Decoder::new();
    let mut unknown: Option<DataLink> = None;
    let read = Capture::open(file).and_then(|mut capture| {
        capture.read(|frame| {
            if decoder.decode(frame, &mut analysis.engine) {
                analysis.frames += 1;
            } else {
                unknown = Some(frame.link_type);
            }
        })
    });
    let trouble = read.err().or_else(|| {
        let link_type = unknown.filter(|_| analysis.frames == 0)?;
        Some(Trouble::LinkType(link_name(link_type)))
    });
    (analysis, trouble)
}

fn print(
    analysis: &Analysis<'_>,
    selection: &Selection,
    args: &Analyze,
    language: Language,
    heading: Option<usize>,
) -> Result<Status, Failure> {
    let connections = selection.connections(&analysis.engine, language);
    match args.format {
        Format::Jsonl => {
            let mut out = BufWriter::new(io::stdout().lock());
            let worst = jsonl::print(&mut out, analysis.file, connections, args.verbose, language)?;
            out.flush()?;
            Ok(status(worst))
        }
        Format::Table => {
            let connections: Vec<Connection> = connections.collect();
            let worst = connections.iter().filter_map(Connection::severity).max();
            let mut out = BufWriter::new(io::stdout().lock());
            if let Some(number) = heading {
                table::heading(&mut out, &name(analysis.file), number)?;
            }
            table::print(&mut out, analysis, connections, selection, args.verbose, language)?;
            out.flush()?;
            Ok(status(worst))
        }
    }
}

/// Prints what was asked about the frames that are traced, in place of the analysis.
fn print_traces(
    analysis: &Analysis<'_>,
    selection: &Selection,
    args: &Analyze,
    heading: Option<usize>,
) -> Result<Status, Failure> {
    let Analysis { file, frames, engine } = analysis;
    match args.format {
        Format::Jsonl => {
            let mut out = BufWriter::new(io::stdout().lock());
            trace::print_jsonl(&mut out, file, engine, &args.trace, selection)?;
            out.flush()?;
        }
        Format::Table => {
            let mut out = BufWriter::new(io::stdout().lock());
            if let Some(number) = heading {
                table::heading(&mut out, &name(file), number)?;
            }
            trace::print(&mut out, engine, &args.trace, selection)?;
            out.flush()?;
        }
    }
    let mut status = Status::Done;
    for frame in args.trace.iter().filter(|frame| engine.traces(**frame).is_empty()) {
        let frames = crate::term::count(*frames, "frame");
        anstream::eprintln!(
            "tcpdx: {}: frame {frame} is no packet of a TCP connection; the capture has {frames}",
            name(file)
        );
        status = Status::Failed;
    }
    Ok(status)
}

fn status(worst: Option<Severity>) -> Status {
    if worst >= Some(Severity::Warn) { Status::Trouble } else { Status::Done }
}
