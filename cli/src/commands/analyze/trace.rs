//! `tcpdx analyze --trace`: why something was told because of a frame, or was not. In English only.

use super::select::Selection;
use crate::term;
use crate::term::style::{BOLD, DIM, paint};
use serde::Serialize;
use std::cmp::Reverse;
use std::io::{self, Write};
use std::path::Path;
use tcpdx_engine::{Asker, Diagnosis, Engine, Receipt, State, Step, Trace};

/// All that one rule asked, and what it told.
#[derive(Default, Serialize)]
struct Rule {
    /// The id of its diagnosis, or what the rules of several depend on.
    by: &'static str,
    /// Of which side, where it asks about each in turn.
    side: Option<&'static str>,
    /// Whether it is the rule of a single diagnosis.
    #[serde(skip)]
    of_diagnosis: bool,
    /// The frames of which it was told, changed or taken back.
    told: Vec<u32>,
    changed: Vec<u32>,
    taken_back: Vec<u32>,
    conditions: Vec<Condition>,
    /// The condition that was not met.
    stopped_by: Option<&'static str>,
    concluded: Vec<&'static str>,
}

#[derive(Serialize)]
struct Condition {
    condition: &'static str,
    met: bool,
}

impl Rule {
    /// Whether anything came of it.
    fn has_told(&self) -> bool {
        !(self.told.is_empty() && self.changed.is_empty() && self.taken_back.is_empty())
    }

    fn is(&self, asker: Asker) -> bool {
        (self.by, self.side) == (asker.name(), side_of(asker))
    }
}

fn side_of(asker: Asker) -> Option<&'static str> {
    match asker {
        Asker::OfSide(_, side) => Some(side.party().name()),
        Asker::Diagnosis(_) | Asker::Part(_) => None,
    }
}

/// The steps by rule, in the order in which the rules began to ask.
fn rules_of(steps: &[Step]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for step in steps {
        let asker = match *step {
            Step::Asked { by, .. } | Step::Concluded { by, .. } => by,
            Step::Told(diagnosis, _) | Step::Changed(diagnosis, _) | Step::TakenBack(diagnosis, _) => {
                diagnosis.into()
            }
            Step::Claimed(_) | Step::Refuted(..) => continue,
        };
        let at = rules.iter().position(|rule| rule.is(asker)).unwrap_or_else(|| {
            let of_diagnosis = asker.diagnosis().is_some();
            rules.push(Rule { by: asker.name(), side: side_of(asker), of_diagnosis, ..Rule::default() });
            rules.len() - 1
        });
        let rule = &mut rules[at];
        match *step {
            Step::Asked { what, met, .. } => {
                rule.stopped_by = (!met).then_some(what);
                rule.conditions.push(Condition { condition: what, met });
            }
            Step::Concluded { what, .. } => rule.concluded.push(what),
            Step::Told(_, frame) => rule.told.push(frame),
            Step::Changed(_, frame) if !rule.changed.contains(&frame) => rule.changed.push(frame),
            Step::Changed(..) => {}
            Step::TakenBack(_, frame) => rule.taken_back.push(frame),
            Step::Claimed(_) | Step::Refuted(..) => {}
        }
    }
    rules
}

/// A trace as it is printed. `claims` stood before the frame.
#[derive(Serialize)]
#[serde(tag = "type", rename = "trace")]
struct TraceLine<'a> {
    file: &'a str,
    stream: u32,
    client: String,
    server: String,
    frame: u32,
    layer: u8,
    sender: &'static str,
    client_state_before: &'static str,
    server_state_before: &'static str,
    client_state: &'static str,
    server_state: &'static str,
    receipt: Option<&'static str>,
    refusal: Option<&'static str>,
    claims: Vec<Claim>,
    claimed: Vec<&'static str>,
    refuted: Vec<Claim>,
    rules: Vec<Rule>,
    at_end: Vec<Rule>,
    not_asked: Vec<&'static str>,
}

/// What is taken for true, since which frame.
#[derive(Serialize)]
struct Claim {
    claim: &'static str,
    frame: u32,
}

fn line_of<'a>(file: &'a str, engine: &Engine, trace: &Trace, selection: &Selection) -> TraceLine<'a> {
    let summary = engine.summary(trace.stream);
    let socket = |socket: Option<String>| socket.unwrap_or_default();
    let mut rules = rules_of(&trace.steps);
    let mut at_end = rules_of(&trace.at_end);
    let pending = engine.pending(trace.stream);
    let by_side: Vec<&str> = at_end.iter().filter(|rule| rule.side.is_some()).map(|rule| rule.by).collect();
    for rule in &mut at_end {
        // Where it asks about each side, what comes before is asked for both.
        if rule.stopped_by.is_none() && (rule.side.is_some() || !by_side.contains(&rule.by)) {
            let told = pending.iter().filter(|finding| finding.diagnosis.id() == rule.by);
            rule.told = told.map(|finding| finding.subject).collect();
        }
    }
    let asked = |d: &&Diagnosis| rules.iter().chain(&at_end).any(|rule| rule.by == d.id());
    let mut not_asked: Vec<&str> = Diagnosis::ALL.iter().filter(|d| !asked(d)).map(|d| d.id()).collect();
    not_asked.retain(|id| selection.takes_id(id));
    for rules in [&mut rules, &mut at_end] {
        rules.retain(|rule| !rule.of_diagnosis || selection.takes_id(rule.by));
    }
    let [client_state_before, server_state_before] = trace.before.map(State::name);
    let [client_state, server_state] = trace.after.map(State::name);
    let steps = trace.steps.iter();
    TraceLine {
        file,
        stream: trace.stream,
        client: socket(summary.as_ref().map(|summary| summary.client.to_string())),
        server: socket(summary.as_ref().map(|summary| summary.server.to_string())),
        frame: trace.frame,
        layer: trace.layer,
        sender: trace.sender.name(),
        client_state_before,
        server_state_before,
        client_state,
        server_state,
        receipt: trace.receipt.map(Receipt::name),
        refusal: trace.receipt.and_then(Receipt::why),
        claims: trace.claims.iter().map(|&(kind, frame)| Claim { claim: kind.words(), frame }).collect(),
        claimed: steps.clone().filter_map(|step| claimed(*step)).collect(),
        refuted: steps.filter_map(|step| refuted(*step)).collect(),
        rules,
        at_end,
        not_asked,
    }
}

fn claimed(step: Step) -> Option<&'static str> {
    let Step::Claimed(kind) = step else { return None };
    Some(kind.words())
}

fn refuted(step: Step) -> Option<Claim> {
    let Step::Refuted(kind, frame) = step else { return None };
    Some(Claim { claim: kind.words(), frame })
}

/// One JSON object a line for each packet of these frames.
pub(super) fn print_jsonl(
    out: &mut impl Write,
    file: &Path,
    engine: &Engine,
    frames: &[u32],
    selection: &Selection,
) -> io::Result<()> {
    let file = file.to_string_lossy();
    for trace in frames.iter().flat_map(|frame| engine.traces(*frame)) {
        serde_json::to_writer(&mut *out, &line_of(&file, engine, &trace, selection))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// For people: a paragraph on each packet of these frames, and its rules: those that told something first.
pub(super) fn print(
    out: &mut impl Write,
    engine: &Engine,
    frames: &[u32],
    selection: &Selection,
) -> io::Result<()> {
    for (number, trace) in frames.iter().flat_map(|frame| engine.traces(*frame)).enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        print_one(out, &line_of("", engine, &trace, selection))?;
    }
    Ok(())
}

fn print_one(out: &mut impl Write, trace: &TraceLine<'_>) -> io::Result<()> {
    let width = term::width();
    let TraceLine { frame, stream, client, server, sender, .. } = trace;
    writeln!(out, "{}", paint(BOLD, &format!("frame {frame}, connection {stream}, from the {sender}")))?;
    let mut line = |text: &str| write!(out, "{}", term::wrap(text, "  ", width));
    line(&format!("client {client}, server {server}"))?;
    line(&format!(
        "client {} → {}, server {} → {}",
        trace.client_state_before, trace.client_state, trace.server_state_before, trace.server_state
    ))?;
    if let Some(receipt) = trace.receipt {
        let why = trace.refusal.map(|why| format!(": {why}")).unwrap_or_default();
        line(&format!("its receiver: {receipt}{why}"))?;
    }
    for (what, claims) in [("taken for true before", &trace.claims), ("refuted by it", &trace.refuted)] {
        for claim in claims {
            line(&format!("{what}: {}, since frame {}", claim.claim, claim.frame))?;
        }
    }
    for claim in &trace.claimed {
        line(&format!("taken for true from now on: {claim}"))?;
    }
    let (diagnoses, parts): (Vec<&Rule>, Vec<&Rule>) = trace.rules.iter().partition(|rule| rule.of_diagnosis);
    let (told, mut not_told): (Vec<&Rule>, Vec<&Rule>) =
        diagnoses.into_iter().partition(|rule| rule.has_told());
    // What was closest to being told comes first.
    not_told.sort_by_key(|rule| Reverse(rule.conditions.iter().filter(|condition| condition.met).count()));
    print_rules(out, "Told", told)?;
    print_rules(out, "Not told", not_told)?;
    print_rules(out, "What several depend on", parts)?;
    print_rules(out, "Asked at the end of the capture, of its connection", trace.at_end.iter().collect())?;
    if trace.not_asked.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint(DIM, "Not asked"))?;
    write!(out, "{}", term::wrap(&trace.not_asked.join(" "), "  ", width))
}

fn print_rules(out: &mut impl Write, heading: &str, rules: Vec<&Rule>) -> io::Result<()> {
    if !rules.is_empty() {
        writeln!(out, "\n{}", paint(DIM, heading))?;
    }
    for rule in rules {
        let side = rule.side.map(|side| format!(" ({side})")).unwrap_or_default();
        let parts = [("told", &rule.told), ("changed", &rule.changed), ("taken back", &rule.taken_back)];
        let events: String = parts
            .iter()
            .flat_map(|(what, frames)| frames.iter().map(move |frame| format!("  {what}: frame {frame}")))
            .collect();
        writeln!(out, "  {}{side}{events}", paint(BOLD, rule.by))?;
        for Condition { condition, met } in &rule.conditions {
            let answer = if *met { "yes" } else { "no " };
            writeln!(out, "    {answer}  {condition}")?;
        }
        for concluded in &rule.concluded {
            writeln!(out, "    =    {concluded}")?;
        }
    }
    Ok(())
}
