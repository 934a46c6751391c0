//! Why a diagnosis is told, or is not, can be traced; and tracing changes nothing of what is told.
#![allow(clippy::unwrap_used, clippy::panic, dead_code)] // in a test, to fail is right; the diagnoses use more

#[path = "diagnoses/folder.rs"]
mod folder;
#[path = "diagnoses/hosts.rs"]
mod hosts;
#[path = "diagnoses/notation.rs"]
mod notation;
#[path = "diagnoses/report.rs"]
mod report;

use notation::{Conversation, Pair};
use report::Report;
use std::path::{Path, PathBuf};
use tcpdx_engine::{Diagnosis, Engine, Settings, Step, Trace, Vantage};

/// All conversations of the diagnoses and of the close calls, by name: where it is told, and the look-alike.
fn pairs() -> Vec<(String, Pair)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let families = tests.join("diagnoses").read_dir().unwrap().map(|entry| entry.unwrap().path());
    let folders = families.filter(|path| path.is_dir()).chain([tests.join("close_calls")]);
    let named = |folder: PathBuf| {
        let family = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let pairs = folder::pairs(&folder).into_iter();
        pairs.map(move |(name, pair)| (format!("{family}.{name}"), pair)).collect::<Vec<_>>()
    };
    folders.flat_map(named).collect()
}

/// Takes in a conversation with all its frames traced.
fn traced(conversation: &Conversation, packets: &[hosts::Captured]) -> Engine {
    let vantage = conversation.settings.get("vantage").map(|v| match v.as_str() {
        "client" => Vantage::Client,
        "server" => Vantage::Server,
        "middle" => Vantage::Middle,
        _ => Vantage::Both,
    });
    let mut engine = Engine::new(Settings { vantage, ..Settings::default() });
    for (frame, captured) in (1..).zip(packets) {
        engine.trace(frame);
        if let Some(packet) = captured.packet(frame) {
            engine.packet(&packet);
        } else if let Some(icmp) = captured.icmp(frame) {
            engine.icmp(&icmp);
        }
    }
    engine
}

fn traces(engine: &Engine, packets: &[hosts::Captured]) -> Vec<Trace> {
    (1..=packets.len() as u32).flat_map(|frame| engine.traces(frame)).collect()
}

fn asks(trace: &Trace, diagnosis: Diagnosis) -> bool {
    let mut steps = trace.steps.iter().chain(&trace.at_end);
    steps.any(|step| matches!(step, Step::Asked { by, .. } if by.diagnosis() == Some(diagnosis)))
}

#[test]
fn tracing_changes_nothing_of_what_is_told() {
    for (name, pair) in pairs() {
        for conversation in [&pair.told, &pair.look_alike] {
            let report = Report::of(conversation);
            let engine = traced(conversation, &report.packets);
            assert_eq!(engine.findings(), report.findings, "{name}");
            let summaries: Vec<_> = (0..engine.connections()).filter_map(|n| engine.summary(n)).collect();
            assert_eq!(format!("{summaries:?}"), format!("{:?}", report.summaries), "{name}");
        }
    }
}

#[test]
fn each_diagnosis_says_what_it_needs_where_it_is_told() {
    let mut silent = Vec::new();
    for (name, pair) in pairs() {
        let id = name.trim_start_matches("close_calls.").split('-').next().unwrap();
        let diagnosis = Diagnosis::from_id(id).unwrap_or_else(|| panic!("{id} is no diagnosis"));
        let packets = hosts::play(&pair.told);
        let traces = traces(&traced(&pair.told, &packets), &packets);
        if !traces.iter().any(|trace| asks(trace, diagnosis)) {
            silent.push(name);
        }
    }
    assert!(silent.is_empty(), "told without a condition by name: {silent:?}");
}

#[test]
fn what_a_frame_was_the_first_to_prove_is_told_in_its_trace() {
    for (name, pair) in pairs() {
        let packets = hosts::play(&pair.told);
        let engine = traced(&pair.told, &packets);
        for trace in traces(&engine, &packets) {
            let told = |d, of| {
                let is = |step: &Step| matches!(step, Step::Told(told, _) if (*told, of) == (d, trace.frame));
                trace.steps.iter().any(is)
            };
            let pending = engine.pending(trace.stream);
            for finding in engine.proved_by(trace.frame, trace.layer) {
                assert!(
                    told(finding.diagnosis, finding.trigger) || pending.contains(&finding),
                    "{name}: {finding:?}"
                );
            }
        }
    }
}

#[test]
fn a_frame_that_nobody_traces_has_no_trace() {
    let (_, pair) = pairs().remove(0);
    let packets = hosts::play(&pair.told);
    assert_eq!(traced(&pair.told, &packets).traces(packets.len() as u32 + 1), []);
    let mut engine = Engine::new(Settings::default());
    engine.packet(&packets[0].packet(1).unwrap());
    assert_eq!(engine.traces(1), []);
}

#[test]
fn what_is_told_was_not_stopped_by_the_condition_before() {
    let mut stopped = Vec::new();
    for (name, pair) in pairs() {
        for conversation in [&pair.told, &pair.look_alike] {
            let packets = hosts::play(conversation);
            for trace in traces(&traced(conversation, &packets), &packets) {
                for (at, step) in trace.steps.iter().enumerate() {
                    let Step::Told(told, _) = *step else { continue };
                    let asked = trace.steps[..at].iter().rev().find_map(|step| match step {
                        Step::Asked { by, what, met } if by.diagnosis() == Some(told) => Some((what, met)),
                        _ => None,
                    });
                    if let Some((what, false)) = asked {
                        stopped.push(format!("{name}, frame {}: {}: {what}", trace.frame, told.id()));
                    } else if asked.is_none() {
                        stopped.push(format!("{name}, frame {}: {}: no condition", trace.frame, told.id()));
                    }
                }
            }
        }
    }
    assert!(stopped.is_empty(), "{}", stopped.join("\n"));
}
