//! `tcpdx reveal`: which scenario a mystery is, with its questions and answers.

use super::scenarios::{tell_questions, tell_what};
use crate::args::Reveal;
use crate::failure::{Failure, Status};
use crate::language;
use crate::read::{Capture, Trouble};
use std::io::Write;
use std::path::Path;
use tcpdx_extcap::Language;
use tcpdx_extcap::mystery::{Mystery, Revealed, reveal};

/// Tells what each file shows.
pub(crate) fn run(args: &Reveal) -> Result<Status, Failure> {
    let language = language::choose(args.lang.as_deref());
    let mut status = Status::Done;
    for file in &args.files {
        let (found, end) = mysteries(file);
        let mut out = anstream::stdout().lock();
        for (number, revealed) in found.iter().enumerate() {
            if number > 0 || args.files.len() > 1 {
                writeln!(out, "== {}, {} of {}", file.display(), number + 1, found.len())?;
            }
            match revealed {
                Revealed::Mystery(mystery) => tell(&mut out, mystery, language)?,
                Revealed::Unknown(seed) => {
                    let line =
                        format!("{}: seed {seed}: a scenario that this tcpdx does not have", file.display());
                    return Err(Failure::told(format!("{line}; use the version that made the capture")));
                }
            }
        }
        let trouble = match end {
            Err(trouble) => Some(trouble.to_string()),
            Ok(()) if found.is_empty() => Some(
                "no mystery; reveal captures of the interface \"TCP mystery\", and save them as pcapng"
                    .to_owned(),
            ),
            Ok(()) => None,
        };
        if let Some(trouble) = trouble {
            anstream::eprintln!("tcpdx: {}: {trouble}", file.display());
            status = Status::Failed;
        }
    }
    Ok(status)
}

/// The mysteries in a file, as far as it can be read.
fn mysteries(file: &Path) -> (Vec<Revealed>, Result<(), Trouble>) {
    let mut found = Vec::new();
    let end = Capture::open(file)
        .and_then(|mut capture| capture.read_headings(|heading| found.extend(reveal(heading))));
    (found, end)
}

fn tell(out: &mut impl Write, mystery: &Mystery, language: Language) -> Result<(), Failure> {
    let wrong = |error: tcpdx_extcap::ScenarioError| Failure::told(error.to_string());
    let scenario = mystery.scenario().scenario().map_err(wrong)?;
    let shown = match mystery.variant() {
        Some(variant) => scenario.variant(variant).map_err(wrong)?,
        None => scenario,
    };
    writeln!(out, "Seed {}, {}", mystery.seed(), mystery.difficulty())?;
    tell_what(out, &shown, language)?;
    tell_questions(out, &shown, language)?;
    writeln!(out, "\nWith names and comments: tcpdx generate {}{} -o FILE", mystery.scenario().name(), {
        mystery.variant().map(|variant| format!(" --variant {variant}")).unwrap_or_default()
    })?;
    Ok(())
}
