//! What is believed until a packet refutes it, and what is told of a connection's end: whole conversations, each with
//! what must hold of it in the end.
//!
//! `beliefs/<name>.txt` is a conversation in the notation of the diagnoses, with lines in front:
//!
//! | line | means |
//! | --- | --- |
//! | `holds: tells reset.abort` | it is told, `not` it is not |
//! | `holds: outcome timed-out` | how the first connection ended |
//! | `holds: client FIN-WAIT-2` | how that side of it stands |
//! | `holds: says forgotten` | a word of its story, `unsaid` one that is not in it |
//! | `holds: likely reset.injected` | how sure it is, or `proved`, `possible` |
//! | `holds: none reset.injected` | what it did to the connection, or `slowed`, `ended` |
#![allow(clippy::unwrap_used, clippy::panic, dead_code)] // in a test, to fail is right; the diagnoses use more

#[path = "diagnoses/hosts.rs"]
mod hosts;
#[path = "diagnoses/notation.rs"]
mod notation;
#[path = "diagnoses/report.rs"]
mod report;

use notation::Conversation;
use report::Report;
use std::path::Path;
use tcpdx_engine::{Diagnosis, Language};

fn holds(report: &Report, what: &str, name: &str) -> bool {
    let diagnosis = || Diagnosis::from_id(name).unwrap_or_else(|| panic!("{name} is no diagnosis"));
    let of = || report.findings.iter().filter(move |f| f.diagnosis.id() == name);
    let summary = &report.summaries[0];
    let story = summary.story.tell(Language::English);
    match what {
        "tells" => report.tells(diagnosis()),
        "not" => !report.tells(diagnosis()),
        "outcome" => summary.outcome.name() == name,
        "client" => summary.client_state.name() == name,
        "server" => summary.server_state.name() == name,
        "says" => story.contains(name),
        "unsaid" => !story.contains(name),
        "possible" | "likely" | "proved" => of().next().is_some() && of().all(|f| f.certainty.name() == what),
        "none" | "slowed" | "ended" => of().next().is_some() && of().all(|f| f.effect.name() == what),
        _ => panic!("what is `{what}`?"),
    }
}

#[test]
fn what_a_packet_refutes_is_taken_back_and_the_ending_decides() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/beliefs");
    let mut wrong = Vec::new();
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 10, "{paths:?}");
    for path in paths {
        let source = std::fs::read_to_string(&path).unwrap();
        let (expected, packets): (Vec<&str>, Vec<&str>) =
            source.lines().partition(|l| l.starts_with("holds: "));
        let conversation = Conversation::parse(&packets.join("\n"), "told")
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let report = Report::of(&conversation);
        assert!(!expected.is_empty(), "{} expects nothing", path.display());
        let not = expected.iter().filter(|line| {
            let (what, name) = line["holds: ".len()..].split_once(' ').unwrap();
            !holds(&report, what, name)
        });
        let not: Vec<&str> = not.copied().collect();
        if !not.is_empty() {
            wrong.push(format!("{}: {}\n{report}", path.display(), not.join(", ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
