//! An analysis for people: the answer, then a table of connections with what was found about each.

use super::select::Selection;
use super::{Analysis, Connection};
use crate::term;
use crate::term::style::{BOLD, DIM, paint, severity_style};
use crate::term::table::{Align, Columns};
use std::cmp::Reverse;
use std::io::{self, Write};
use tcpdx_engine::catalogue::texts;
use tcpdx_engine::{Causes, Diagnosis, Finding, Language, Severity, Verdict};

/// Where the lines under a connection start.
const INDENT: &str = "      ";

/// The name of a file before its analysis, when there are several.
pub(super) fn heading(out: &mut impl Write, name: &str, number: usize) -> io::Result<()> {
    if number > 0 {
        writeln!(out)?;
    }
    writeln!(out, "{}", paint(BOLD, &format!("{name}:")))
}

/// Prints the answer and, when there are any, the connections, most troubled first.
pub(super) fn print(
    out: &mut impl Write,
    analysis: &Analysis<'_>,
    mut connections: Vec<Connection>,
    selection: &Selection,
    verbose: bool,
    language: Language,
) -> io::Result<()> {
    writeln!(out, "{}", paint(BOLD, &answer(analysis, &connections, selection)))?;
    connections.sort_by_key(|connection| Reverse(connection.severity().filter(|s| *s >= Severity::Warn)));
    let rows: Vec<[String; 8]> = connections.iter().map(row).collect();
    let mut columns = Columns::new([
        ("#", Align::Right),
        ("client", Align::Left),
        ("server", Align::Left),
        ("packets", Align::Right),
        ("bytes", Align::Right),
        ("duration", Align::Right),
        ("handshake", Align::Right),
        ("outcome", Align::Left),
    ]);
    rows.iter().for_each(|row| columns.fit(row));
    if !rows.is_empty() {
        writeln!(out, "\n{}", paint(DIM, &columns.heading()))?;
    }
    let width = term::width();
    for (connection, row) in connections.iter().zip(&rows) {
        let style = connection.severity().filter(|s| *s >= Severity::Warn).map(severity_style);
        writeln!(out, "{}", paint(style.unwrap_or_default(), &columns.line(row)))?;
        write!(out, "{}", term::wrap(&connection.story, INDENT, width))?;
        let reasons = connection.causes.iter().zip(&connection.follows);
        for (finding, (causes, follows)) in connection.findings.iter().zip(reasons) {
            print_finding(out, (finding, causes, *follows), verbose, language, width)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The first line: `3 connections: 1 with errors, 2 clean`.
fn answer(analysis: &Analysis<'_>, connections: &[Connection], selection: &Selection) -> String {
    let all = analysis.engine.connections();
    let frames = term::count(analysis.frames, "frame");
    match (analysis.frames, all) {
        (0, _) => return "no packets in this capture".to_string(),
        (_, 0) => return format!("no TCP connections in {frames}"),
        _ => {}
    }
    let total = term::count(all, "connection");
    if selection.is_partial() && connections.is_empty() {
        return format!("{total}, none of which matches");
    }
    let with = |wanted| connections.iter().filter(|c| c.severity() == Some(wanted)).count();
    let (errors, warnings) = (with(Severity::Error), with(Severity::Warn));
    let parts = [
        (errors, "with errors"),
        (warnings, "with warnings"),
        (connections.len() - errors - warnings, if selection.is_partial() { "other" } else { "clean" }),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    match selection.is_partial() {
        true => format!("{total}, {} shown: {}", connections.len(), parts.join(", ")),
        false => format!("{total}: {}", parts.join(", ")),
    }
}

fn row(connection: &Connection) -> [String; 8] {
    let summary = &connection.summary;
    [
        summary.stream.to_string(),
        summary.client.to_string(),
        summary.server.to_string(),
        summary.segments.to_string(),
        (summary.client_bytes + summary.server_bytes).to_string(),
        span(Some(summary.last_time.saturating_sub(summary.first_time)).filter(|span| *span > 0)),
        span(summary.handshake_rtt),
        summary.outcome.name().to_string(),
    ]
}

fn span(nanoseconds: Option<i64>) -> String {
    nanoseconds.map_or_else(|| "-".to_string(), |span| texts(Language::English).duration(span))
}

fn print_finding(
    out: &mut impl Write,
    (finding, causes, follows): (&Finding, &Causes, Option<(Diagnosis, u32)>),
    verbose: bool,
    language: Language,
    width: usize,
) -> io::Result<()> {
    let severity = finding.severity;
    let level = paint(severity_style(severity), &format!("{:5}", severity.name()));
    let place = format!("frame {}", finding.subject);
    writeln!(out, "{INDENT}{level}  {place}  {}", paint(BOLD, finding.diagnosis.id()))?;
    let inner = format!("{INDENT}       ");
    write!(out, "{}", term::wrap(&finding.message(language), &inner, width))?;
    if let Some((root, frame)) = follows {
        writeln!(out, "{inner}{}", paint(DIM, &format!("follows from {}, frame {frame}", root.id())))?;
    }
    if !verbose {
        // What follows from something has its reasons there.
        if follows.is_some() {
            return Ok(());
        }
        // What merely may be is told to those who ask.
        let best = causes.shown.first().filter(|it| it.verdict == Verdict::Supported);
        let why = best.and_then(|_| causes.why(finding, language).into_iter().next());
        return why.map_or(Ok(()), |why| write!(out, "{}", term::wrap(&why, &inner, width)));
    }
    for (name, lines) in [("why", causes.why(finding, language)), ("check", causes.check(finding, language))]
    {
        if !lines.is_empty() {
            writeln!(out, "{inner}{}", paint(DIM, name))?;
        }
        for line in &lines {
            write!(out, "{}", term::bullet(line, inner.len(), width))?;
        }
    }
    Ok(())
}
