//! `tcpdx explain`: what a diagnosis or a cause means.

use super::suggest::did_you_mean;
use crate::args::Explain;
use crate::failure::{Failure, Status};
use crate::{language, term};
use std::io::Write;
use tcpdx_engine::catalogue::{Texts, texts};
use tcpdx_engine::{Cause, Diagnosis, Language};
use tcpdx_extcap::{CapturePoint, scenario};
use term::style::{BOLD, DIM, paint, severity_style};

/// Explains one diagnosis or cause, lists a family, or lists all.
pub(crate) fn run(args: &Explain) -> Result<Status, Failure> {
    let language: Language = language::choose(args.lang.as_deref());
    let texts = texts(language);
    let mut out = anstream::stdout().lock();
    let Some(word) = &args.id else {
        list(&mut out, texts, Diagnosis::ALL.iter().copied())?;
        return Ok(Status::Done);
    };
    // As a filter of Wireshark it has our name before it.
    let word = word.strip_prefix("tcpdx.").unwrap_or(word);
    if let Some(diagnosis) = Diagnosis::from_id(word) {
        page(&mut out, texts, diagnosis)?;
        return Ok(Status::Done);
    }
    if let Some(cause) = Cause::from_id(word) {
        cause_page(&mut out, texts, cause)?;
        return Ok(Status::Done);
    }
    if word == "causes" {
        list_causes(&mut out, texts, Cause::ALL.iter().copied())?;
        return Ok(Status::Done);
    }
    let mut family = Diagnosis::ALL.iter().copied().filter(|d| d.family() == word).peekable();
    if family.peek().is_some() {
        list(&mut out, texts, family)?;
        return Ok(Status::Done);
    }
    let mut causes = Cause::ALL.iter().copied().filter(|cause| cause.family() == word).peekable();
    if causes.peek().is_some() {
        list_causes(&mut out, texts, causes)?;
        return Ok(Status::Done);
    }
    let ids = Diagnosis::ALL.iter().map(|d| d.id()).chain(Cause::ALL.iter().map(|cause| cause.id()));
    let hint = did_you_mean(word, ids);
    let all = "`tcpdx explain` lists all, `tcpdx explain causes` the causes";
    Err(Failure::told(format!("no diagnosis or cause {word}{hint}; {all}")))
}

/// Ids and titles by family.
fn list(out: &mut impl Write, texts: &Texts, chosen: impl Iterator<Item = Diagnosis>) -> Result<(), Failure> {
    let width = Diagnosis::ALL.iter().map(|d| d.id().len()).max().unwrap_or_default();
    let mut family = "";
    for diagnosis in chosen {
        if diagnosis.family() != family {
            if !family.is_empty() {
                writeln!(out)?;
            }
            family = diagnosis.family();
        }
        let severity = diagnosis.severity();
        let (id, level) = (format!("{:width$}", diagnosis.id()), format!("{:5}", severity.name()));
        let title = texts.title(diagnosis);
        writeln!(out, "{}  {}  {title}", paint(BOLD, &id), paint(severity_style(severity), &level))?;
    }
    Ok(())
}

/// Ids and names of causes.
fn list_causes(
    out: &mut impl Write,
    texts: &Texts,
    chosen: impl Iterator<Item = Cause>,
) -> Result<(), Failure> {
    let width = Cause::ALL.iter().map(|cause| cause.id().len()).max().unwrap_or_default();
    let mut family = None;
    for cause in chosen {
        if family.replace(cause.family()).is_some_and(|before| before != cause.family()) {
            writeln!(out)?;
        }
        let id = format!("{:width$}", cause.id());
        writeln!(out, "{}  {}", paint(BOLD, &id), texts.cause_name(cause))?;
    }
    Ok(())
}

/// All texts of one cause.
fn cause_page(out: &mut impl Write, texts: &Texts, cause: Cause) -> Result<(), Failure> {
    let width = term::width();
    writeln!(out, "{}  {}", paint(BOLD, cause.id()), texts.cause_name(cause))?;
    writeln!(out)?;
    write!(out, "{}", term::wrap(texts.cause_about(cause), "", width))?;
    writeln!(out, "\n{}", paint(BOLD, "Check"))?;
    for line in texts.cause_check(cause) {
        write!(out, "{}", term::bullet(line, 2, width))?;
    }
    writeln!(out, "\n{}", paint(BOLD, "Explains"))?;
    for diagnosis in cause.explains() {
        let line = format!("{}: {}", diagnosis.id(), texts.title(*diagnosis));
        write!(out, "{}", term::bullet(&line, 2, width))?;
    }
    writeln!(out, "\n{} {}", paint(DIM, "Who is to act:"), cause.actor().name())?;
    writeln!(out, "{} tcpdx.cause == \"{}\"", paint(DIM, "Filter in Wireshark:"), cause.id())?;
    Ok(())
}

/// The causes that can explain a diagnosis, the usual suspects first; or why it may happen, where it explains itself.
fn why_in_general(texts: &Texts, diagnosis: Diagnosis) -> Vec<String> {
    let causes = Cause::candidates(diagnosis).iter();
    let lines: Vec<String> =
        causes.map(|cause| format!("{}: {}", cause.id(), texts.cause_about(*cause))).collect();
    if lines.is_empty() { texts.why_in_general(diagnosis).to_vec() } else { lines }
}

/// All texts of one diagnosis.
fn page(out: &mut impl Write, texts: &Texts, diagnosis: Diagnosis) -> Result<(), Failure> {
    let width = term::width();
    let severity = diagnosis.severity();
    writeln!(
        out,
        "{}  {}  {}",
        paint(BOLD, diagnosis.id()),
        paint(severity_style(severity), severity.name()),
        texts.title(diagnosis)
    )?;
    writeln!(out)?;
    write!(out, "{}", term::wrap(texts.about(diagnosis), "", width))?;
    for (heading, lines) in [
        ("Recognised by", texts.signs(diagnosis)),
        ("Why", &why_in_general(texts, diagnosis)),
        ("Check", texts.check_in_general(diagnosis)),
    ] {
        if !lines.is_empty() {
            writeln!(out, "\n{}", paint(BOLD, heading))?;
        }
        for line in lines {
            write!(out, "{}", term::bullet(line, 2, width))?;
        }
    }
    writeln!(out, "\n{} {}", paint(DIM, "Reference:"), texts.reference(diagnosis))?;
    let certainty = texts.certainty(diagnosis.certainty());
    writeln!(out, "{} {certainty}", paint(DIM, "Certainty:"))?;
    writeln!(out, "{} tcpdx.{}", paint(DIM, "Filter in Wireshark:"), diagnosis.id())?;
    let shown: Vec<&str> = scenario::all()
        .filter(|scenario| scenario.shows(CapturePoint::Both).contains(&diagnosis.id()))
        .map(|scenario| scenario.name())
        .collect();
    if !shown.is_empty() {
        writeln!(out, "{} {}", paint(DIM, "Scenarios that show it:"), shown.join(", "))?;
    }
    Ok(())
}
