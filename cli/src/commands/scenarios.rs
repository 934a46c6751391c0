//! `tcpdx scenarios`: the list, and the check of one's own.

use crate::args::Scenarios;
use crate::failure::{Failure, Status};
use crate::language;
use std::io::Write;
use tcpdx_extcap::{Language, scenario};

/// Lists the scenarios, or checks files.
pub(crate) fn run(args: &Scenarios) -> Result<Status, Failure> {
    let language = language::choose(args.lang.as_deref());
    if args.check.is_empty() { list(language) } else { check(args, language) }
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
