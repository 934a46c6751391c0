//! `tcpdx scenarios`: the list, one told in full, and the check of one's own.

use crate::args::Scenarios;
use crate::failure::{Failure, Status};
use crate::language;
use std::io::{self, Write};
use tcpdx_extcap::{CapturePoint, Language, Scenario, scenario};

/// Lists the scenarios, or checks files.
pub(crate) fn run(args: &Scenarios) -> Result<Status, Failure> {
    let language = language::choose(args.lang.as_deref());
    match &args.scenario {
        Some(name) => tell(name, language),
        None if args.check.is_empty() => list(language),
        None => check(args, language),
    }
}

/// The lesson that a scenario is.
fn tell(name: &str, language: Language) -> Result<Status, Failure> {
    let scenario = super::generate::find(name)?;
    let mut out = anstream::stdout().lock();
    tell_what(&mut out, &scenario, language)?;
    for variant in scenario.variants() {
        let varied = scenario.variant(variant).map_err(|error| Failure::told(error.to_string()))?;
        writeln!(out, "\n--variant {variant}: {}\n{}", varied.title(language), varied.watch(language))?;
    }
    tell_questions(&mut out, &scenario, language)?;
    Ok(Status::Done)
}

/// What it is, what to watch for, and the diagnoses that it shows.
pub(super) fn tell_what(out: &mut impl Write, scenario: &Scenario, language: Language) -> io::Result<()> {
    writeln!(out, "{}: {}\n\n{}", scenario.name(), scenario.title(language), scenario.watch(language))?;
    for point in [CapturePoint::Client, CapturePoint::Server] {
        writeln!(out, "\n--point {point}: {}", scenario.shows(point).join(", "))?;
    }
    Ok(())
}

/// Its questions and their answers.
pub(super) fn tell_questions(
    out: &mut impl Write,
    scenario: &Scenario,
    language: Language,
) -> io::Result<()> {
    for (ask, answer) in scenario.questions(language) {
        writeln!(out, "\n? {ask}\n! {answer}")?;
    }
    Ok(())
}

fn list(language: Language) -> Result<Status, Failure> {
    let mut out = anstream::stdout().lock();
    let width = scenario::all().map(|scenario| scenario.name().len()).max().unwrap_or_default();
    for scenario in scenario::all() {
        writeln!(out, "{:width$}  {}", scenario.name(), scenario.title(language))?;
    }
    Ok(Status::Done)
}

fn check(args: &Scenarios, language: Language) -> Result<Status, Failure> {
    let mut status = Status::Done;
    for file in &args.check {
        match scenario::load(file) {
            Ok(scenario) => {
                let mut out = anstream::stdout().lock();
                writeln!(out, "{}: sound: {}", file.display(), scenario.title(language))?;
            }
            Err(error) => {
                anstream::eprintln!("tcpdx: {error}");
                status = Status::Failed;
            }
        }
    }
    Ok(status)
}
