//! What the command and the plugin tell of a capture, in one form, so that they can be compared.

use crate::built::built;
use crate::judge::{Told, pair};
use crate::pdml::{self, Field};
use crate::wireshark::Wireshark;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Command;

/// What is told because nothing came, which no frame proves: it is worked out when all is read.
pub const FROM_SILENCE: &[&str] = &[
    "app.no_response",
    "app.server_first_silence",
    "capture.one_direction",
    "close.fin_unanswered",
    "close.incomplete",
    "close.peer_never_closed",
    "flow.never_reopened",
    "handshake.syn_cookies",
    "handshake.syn_unanswered",
    "handshake.third_ack_missing",
    "keepalive.unanswered",
    "reset.backscatter",
    "reset.retransmission_timeout",
];

/// One connection, as far as both ways tell it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection {
    /// Its number.
    pub stream: String,
    /// `address:port`.
    pub client: String,
    /// `address:port`.
    pub server: String,
    /// State after its last frame.
    pub client_state: String,
    /// State after its last frame.
    pub server_state: String,
    /// One word.
    pub vantage: String,
    /// `client`, `server`, or empty.
    pub closed_first: String,
    /// One word.
    pub outcome: String,
    /// One sentence.
    pub story: String,
}

/// One finding, as far as both ways tell it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The frame that it is about.
    pub frame: u32,
    /// The diagnosis.
    pub id: String,
    /// `chat`, `note`, `warn` or `error`.
    pub severity: String,
    /// `proved`, `likely` or `possible`.
    pub certainty: String,
    /// `none`, `slowed` or `ended`.
    pub effect: String,
    /// The first frame at which it could be known.
    pub trigger: u32,
    /// The frames that show it.
    pub evidence: Vec<u32>,
    /// The frame of what it follows from, 0 for a root.
    pub follows: u32,
    /// Id of the cause that fits best, `-` without.
    pub cause: String,
    /// Why it happened, in lines.
    pub why: Vec<String>,
    /// What happened.
    pub message: String,
    /// `address:port`.
    pub client: String,
    /// `address:port`.
    pub server: String,
}

/// What was told of a capture; both lists sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its connections.
    pub connections: Vec<Connection>,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The same by connection, for judging.
    #[must_use]
    pub fn told(&self) -> Told {
        let mut told = Told::new();
        for Finding { id, severity, client, server, .. } in &self.findings {
            told.entry(pair(client, server)).or_default().insert(id.clone(), severity.clone());
        }
        told
    }

    fn sorted(mut self) -> Report {
        self.connections.sort();
        self.findings.sort();
        self
    }
}

/// What `tcpdx analyze --format jsonl` tells.
///
/// # Errors
/// When it cannot be run, fails, or writes what is no JSON.
pub fn by_command(capture: &Path) -> io::Result<Report> {
    let output =
        Command::new(&built().command).args(["analyze", "--format", "jsonl"]).arg(capture).output()?;
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let mut report = Report::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let object: Value = serde_json::from_str(line)?;
        match object["type"].as_str() {
            Some("connection") => report.connections.push(connection_from_json(&object)),
            Some("finding") => report.findings.push(finding_from_json(&object)),
            _ => {}
        }
    }
    Ok(report.sorted())
}

fn text(object: &Value, key: &str) -> String {
    object[key].as_str().unwrap_or_default().to_string()
}

/// A frame number; 0, which no frame has, when there is none.
fn frame(value: &Value) -> u32 {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(0)
}

fn connection_from_json(object: &Value) -> Connection {
    Connection {
        stream: object["stream"].to_string(),
        client: text(object, "client"),
        server: text(object, "server"),
        client_state: text(object, "client_state"),
        server_state: text(object, "server_state"),
        vantage: text(object, "vantage"),
        closed_first: text(object, "closed_first"),
        outcome: text(object, "outcome"),
        story: text(object, "story"),
    }
}

fn finding_from_json(object: &Value) -> Finding {
    let evidence = object["evidence"].as_array().map(Vec::as_slice).unwrap_or_default();
    Finding {
        frame: frame(&object["frame"]),
        id: text(object, "id"),
        severity: text(object, "severity"),
        certainty: text(object, "certainty"),
        effect: text(object, "effect"),
        trigger: frame(&object["trigger"]),
        evidence: evidence.iter().map(|item| frame(&item["frame"])).collect(),
        follows: frame(&object["follows"]["frame"]),
        cause: object["causes"][0]["id"].as_str().unwrap_or("-").to_string(),
        why: object["why"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|why| why.as_str().unwrap_or_default().to_string())
            .collect(),
        message: text(object, "message"),
        client: text(object, "client"),
        server: text(object, "server"),
    }
}

/// How often tshark goes through a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// Once, showing each packet when it comes.
    One,
    /// Once to read everything, and again to show it.
    Two,
}

/// What the plugin tells in tshark.
///
/// # Errors
/// When tshark fails.
pub fn by_plugin(wireshark: &Wireshark, capture: &Path, passes: Passes) -> io::Result<Report> {
    let mut arguments = vec!["-T", "pdml", "-J", "tcpdx"];
    if passes == Passes::Two {
        arguments.insert(0, "-2");
    }
    let mut report = Report::default();
    let mut connections = BTreeMap::new();
    for packet in pdml::read(&wireshark.tshark(capture, &arguments)?)? {
        let number = packet.first().map_or(0, |info| info.value_of("num").parse().unwrap_or(0));
        for diagnosis in packet.iter().filter(|protocol| protocol.name == "tcpdx") {
            let connection = connection_from_tree(diagnosis);
            report.findings.extend(findings_from_tree(diagnosis, number, &connection));
            connections.insert(connection.stream.clone(), connection);
        }
    }
    report.connections = connections.into_values().collect();
    Ok(report.sorted())
}

fn connection_from_tree(diagnosis: &Field) -> Connection {
    let text = |name| diagnosis.value_of(name).to_string();
    Connection {
        stream: text("tcpdx.stream"),
        client: text("tcpdx.client"),
        server: text("tcpdx.server"),
        client_state: text("tcpdx.client.state"),
        server_state: text("tcpdx.server.state"),
        vantage: text("tcpdx.vantage"),
        closed_first: text("tcpdx.closed_first"),
        outcome: text("tcpdx.outcome"),
        story: text("tcpdx.story"),
    }
}

fn findings_from_tree(diagnosis: &Field, shown_at: u32, connection: &Connection) -> Vec<Finding> {
    let found = diagnosis.fields.iter().filter(|field| !field.value_of("tcpdx.diagnosis").is_empty());
    found.map(|field| finding_from_tree(field, shown_at, connection)).collect()
}

fn finding_from_tree(field: &Field, shown_at: u32, connection: &Connection) -> Finding {
    let expert = field.fields.iter().find(|field| field.name == "_ws.expert");
    let another = |name| field.value_of(name).parse().unwrap_or(shown_at);
    Finding {
        frame: another("tcpdx.subject"),
        id: field.value_of("tcpdx.diagnosis").to_string(),
        severity: field.value_of("tcpdx.severity").to_string(),
        certainty: field.value_of("tcpdx.certainty").to_string(),
        effect: field.value_of("tcpdx.effect").to_string(),
        trigger: another("tcpdx.trigger"),
        evidence: field.values("tcpdx.evidence").map(|frame| frame.parse().unwrap_or(0)).collect(),
        follows: field.value_of("tcpdx.follows").parse().unwrap_or(0),
        cause: field.value_of("tcpdx.cause").to_string(),
        why: field.values("tcpdx.why").map(str::to_string).collect(),
        message: expert.map(|expert| expert.value_of("_ws.expert.message").to_string()).unwrap_or_default(),
        client: connection.client.clone(),
        server: connection.server.clone(),
    }
}
