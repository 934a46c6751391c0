//! An analysis for programs: one JSON object a line, each connection followed by its findings.

use super::Connection;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use std::io::{self, Write};
use std::path::Path;
use tcpdx_engine::catalogue::texts;
use tcpdx_engine::{Candidate, Causes, Fact, Finding, Language, Param, Party, Severity, Summary, Value};

/// A connection. Times are in seconds.
#[derive(Serialize)]
#[serde(tag = "type", rename = "connection")]
struct ConnectionLine<'a> {
    file: &'a str,
    stream: u32,
    client: String,
    server: String,
    outcome: &'a str,
    severity: Option<&'a str>,
    client_state: &'a str,
    server_state: &'a str,
    vantage: &'a str,
    conn_state: &'a str,
    history: &'a str,
    closed_first: Option<&'a str>,
    handshake_rtt: Option<f64>,
    handshake_rtt_client: Option<f64>,
    handshake_rtt_server: Option<f64>,
    first_frame: u32,
    last_frame: u32,
    start: f64,
    duration: f64,
    packets: u32,
    client_bytes: u64,
    server_bytes: u64,
    story: &'a str,
}

/// A finding.
#[derive(Serialize)]
#[serde(tag = "type", rename = "finding")]
struct FindingLine<'a> {
    file: &'a str,
    stream: u32,
    client: String,
    server: String,
    id: &'a str,
    severity: &'a str,
    severity_because: Option<Because>,
    certainty: &'a str,
    effect: &'a str,
    frame: u32,
    trigger: u32,
    side: &'a str,
    evidence: Vec<EvidenceItem>,
    title: &'a str,
    message: String,
    follows: Option<Follows>,
    causes: Vec<CauseItem>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    excluded: Vec<ExcludedItem>,
    why: Vec<String>,
    check: Vec<String>,
    params: Map<String, Json>,
}

/// The finding that one follows from.
#[derive(Serialize)]
struct Follows {
    id: &'static str,
    frame: u32,
}

/// A cause that may be.
#[derive(Serialize)]
struct CauseItem {
    id: &'static str,
    verdict: &'static str,
    certainty: &'static str,
    name: String,
    facts: Vec<FactItem>,
}

/// A cause that something speaks against.
#[derive(Serialize)]
struct ExcludedItem {
    id: &'static str,
    #[serde(flatten)]
    fact: Option<FactItem>,
}

/// A fact that speaks for a cause or against it.
#[derive(Serialize)]
struct FactItem {
    fact: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnosis: Option<&'static str>,
    frame: Option<u32>,
    stream: u32,
    text: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    params: Map<String, Json>,
}

/// Why a severity is not the usual one of its diagnosis.
#[derive(Serialize)]
struct Because {
    term: &'static str,
    text: String,
}

#[derive(Serialize)]
struct EvidenceItem {
    frame: u32,
    role: &'static str,
}

/// Prints all and returns the worst severity among them.
pub(super) fn print(
    out: &mut impl Write,
    file: &Path,
    connections: impl Iterator<Item = Connection>,
    verbose: bool,
    language: Language,
) -> io::Result<Option<Severity>> {
    let file = file.to_string_lossy();
    let mut worst = None;
    for connection in connections {
        worst = worst.max(connection.severity());
        line(out, &connection_line(&file, &connection))?;
        let reasons = connection.causes.iter().zip(&connection.follows);
        for (finding, (causes, follows)) in connection.findings.iter().zip(reasons) {
            let mut object = finding_line(&file, &connection.summary, (finding, causes), verbose, language);
            object.follows = follows.map(|(root, frame)| Follows { id: root.id(), frame });
            line(out, &object)?;
        }
    }
    Ok(worst)
}

fn line(out: &mut impl Write, object: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    out.write_all(b"\n")
}

fn connection_line<'a>(file: &'a str, connection: &'a Connection) -> ConnectionLine<'a> {
    let summary = &connection.summary;
    ConnectionLine {
        file,
        stream: summary.stream,
        client: summary.client.to_string(),
        server: summary.server.to_string(),
        outcome: summary.outcome.name(),
        severity: connection.severity().map(Severity::name),
        client_state: summary.client_state.name(),
        server_state: summary.server_state.name(),
        vantage: summary.vantage.name(),
        conn_state: summary.conn_state,
        history: &summary.history,
        closed_first: summary.closed_first.map(Party::name),
        handshake_rtt: summary.handshake_rtt.map(seconds),
        handshake_rtt_client: summary.handshake_rtt_client.map(seconds),
        handshake_rtt_server: summary.handshake_rtt_server.map(seconds),
        first_frame: summary.first_frame,
        last_frame: summary.last_frame,
        start: seconds(summary.first_time),
        duration: seconds(summary.last_time.saturating_sub(summary.first_time)),
        packets: summary.segments,
        client_bytes: summary.client_bytes,
        server_bytes: summary.server_bytes,
        story: &connection.story,
    }
}

fn finding_line<'a>(
    file: &'a str,
    summary: &Summary,
    (finding, causes): (&Finding, &Causes),
    verbose: bool,
    language: Language,
) -> FindingLine<'a> {
    let texts = texts(language);
    let excluded = causes.excluded.iter().filter(|_| verbose);
    let evidence = finding.evidence.iter();
    let because = finding.because.zip(finding.because(language));
    FindingLine {
        file,
        stream: finding.stream,
        client: summary.client.to_string(),
        server: summary.server.to_string(),
        id: finding.diagnosis.id(),
        severity: finding.severity.name(),
        severity_because: because.map(|(term, text)| Because { term: term.name(), text }),
        certainty: finding.certainty.name(),
        effect: finding.effect.name(),
        frame: finding.subject,
        trigger: finding.trigger,
        side: finding.side.name(),
        evidence: evidence.map(|e| EvidenceItem { frame: e.frame, role: e.role.name() }).collect(),
        title: texts.title(finding.diagnosis),
        message: finding.message(language),
        follows: None,
        causes: causes.shown.iter().map(|it| cause_item(it, language)).collect(),
        excluded: excluded.map(|it| excluded_item(it, language)).collect(),
        why: causes.why(finding, language),
        check: causes.check(finding, language),
        params: params(&finding.params),
    }
}

fn cause_item(candidate: &Candidate, language: Language) -> CauseItem {
    CauseItem {
        id: candidate.cause.id(),
        verdict: candidate.verdict.name(),
        certainty: candidate.certainty.name(),
        name: texts(language).cause_name(candidate.cause).to_string(),
        facts: candidate.facts.iter().map(|fact| fact_item(fact, language)).collect(),
    }
}

fn excluded_item(candidate: &Candidate, language: Language) -> ExcludedItem {
    let fact = candidate.facts.first().map(|fact| fact_item(fact, language));
    ExcludedItem { id: candidate.cause.id(), fact }
}

fn fact_item(fact: &Fact, language: Language) -> FactItem {
    FactItem {
        fact: fact.kind.name(),
        diagnosis: fact.diagnosis.map(|diagnosis| diagnosis.id()),
        frame: Some(fact.frame).filter(|frame| *frame != 0),
        stream: fact.stream,
        text: texts(language).fact(fact),
        params: params(&fact.params),
    }
}

fn params(params: &[(Param, Value)]) -> Map<String, Json> {
    params.iter().map(|(name, value)| (name.name().to_string(), json_of(*value))).collect()
}

/// A parameter: numbers as numbers, time spans in seconds, the rest as text.
fn json_of(value: Value) -> Json {
    match value {
        Value::Count(number) | Value::Bytes(number) => json!(number),
        Value::Frame(number) => json!(number),
        Value::Duration(nanoseconds) => json!(seconds(nanoseconds)),
        Value::Party(side) => json!(side.name()),
        Value::Address(address) => json!(address),
        Value::Term(word) => json!(word.name()),
        Value::Flags(flags) => json!(format!("{flags:?}")),
        Value::Socket(socket) => json!(socket.to_string()),
        Value::Text(text) => json!(text.as_str()),
    }
}

fn seconds(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / 1e9
}
