//! Whatever is forged, however routes change and clocks are set: nothing is told that the simulator knows to be false
//! and that the capture itself disproves.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use common::schedule::{self, DELAY, Schedule, schedules};
use common::truth::{Effect, End, Frame, is_gone};
use common::{table, told, truth};
use proptest::prelude::*;
use tcpdx_engine::{Certainty, Engine, Finding, Outcome, Severity};

/// That somebody on the way has forged the RST.
const FORGED: &[&str] = &["reset.by_middlebox", "reset.injected"];

/// That the host itself has sent the RST, and why.
const OWN: &[&str] = &[
    "handshake.rejected",
    "handshake.reset_after_accept",
    "handshake.synack_rejected",
    "reset.abort",
    "reset.after_close",
    "reset.keepalive_timeout",
    "reset.no_such_connection",
    "reset.retransmission_timeout",
];

/// Reasons that only one kind of RST has. Others look alike: a RST that is lost, for one, is followed by one that says
/// that there is no such connection.
const REASONS: [(&str, &[&str]); 3] = [
    ("reset.abort", &["abort", "abort_unread", "listener_gone"]),
    ("reset.keepalive_timeout", &["keep_alive_timeout"]),
    ("reset.no_such_connection", &["no_connection", "after_close"]),
];

/// A capture at one end, with what is told of it.
struct Told {
    end: End,
    engine: Engine,
    findings: Vec<Finding>,
}

impl Told {
    fn new(end: End) -> Self {
        let engine = told::engine(&end.capture);
        let findings = engine.findings();
        Told { end, engine, findings }
    }

    /// What is told as bad.
    fn bad(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity >= Severity::Warn)
    }

    /// The frames of a connection.
    fn frames_of(&self, stream: u32) -> impl Iterator<Item = (u32, &Frame)> {
        let of_it =
            move |number: &u32| self.engine.frame(*number, 0).is_some_and(|view| view.stream == stream);
        (1..).zip(&self.end.frames).filter(move |(number, _)| of_it(number))
    }

    /// Findings that lay a RST at the wrong door.
    fn wrong_resets(&self) -> impl Iterator<Item = (String, u32)> {
        self.bad().filter_map(|finding| {
            let (id, number) = (finding.diagnosis.id(), finding.subject);
            let frame = self.end.frame(number)?;
            let forged = frame.is_forged();
            let reasons = REASONS.iter().find(|(reason, _)| *reason == id).map(|(_, kinds)| *kinds);
            let wrong = if FORGED.contains(&id) {
                // A guess by the TTL is called a guess, where the route has just changed and nothing else tells.
                !forged && (finding.certainty == Certainty::Proved || !self.end.is_first_with_its_ttl(number))
            } else if !OWN.contains(&id) || !frame.packet.tcp.rst {
                false
            } else if !forged {
                reasons.is_some_and(|kinds| !kinds.contains(&frame.kind))
            } else if id == "reset.abort" {
                self.end.disproves_abort(number)
            } else {
                self.end.proves_life_after(number)
            };
            wrong.then(|| (format!("{id} told of a RST that is {}", frame.kind), number))
        })
    }

    /// Accusations that nothing forged, here or at the other end, gives a reason for.
    fn wrong_accusations(
        &self,
        forged_kinds: &BTreeSet<&'static str>,
    ) -> impl Iterator<Item = (String, u32)> {
        self.bad().filter_map(|finding| {
            let id = finding.diagnosis.id();
            let named = finding.evidence.iter().map(|evidence| evidence.frame);
            let mut frames = named.chain([finding.subject, finding.trigger]);
            let justified = frames.any(|number| self.end.frame(number).is_some_and(Frame::is_forged))
                // It is acknowledged though its claimed sender has never sent it, and differs from what that one sends.
                || matches!(id, "loss.impossible_ack" | "loss.conflicting_data") && forged_kinds.contains("data")
                // Its number is acknowledged though its claimed sender has never sent it.
                || matches!(id, "handshake.wrong_ack" | "loss.impossible_ack") && forged_kinds.contains("syn");
            let wrong = told::ACCUSATIONS.contains(&id) && !justified;
            wrong.then(|| (format!("{id} without reason"), finding.subject))
        })
    }

    /// What is told of whole connections though the frames show otherwise. `closed`: both hosts have closed by FIN, and
    /// no RST did anything.
    fn wrong_outcomes(&self, closed: bool) -> Vec<(String, u32)> {
        let mut wrong = Vec::new();
        for stream in 0..self.engine.connections() {
            let Some(summary) = self.engine.summary(stream) else { continue };
            let (outcome, first) = (summary.outcome, summary.first_frame);
            let mut tell = |why: &str| wrong.push((format!("outcome {}: {why}", outcome.name()), first));
            let ended = [Outcome::Injected, Outcome::Aborted, Outcome::Reset, Outcome::Rejected];
            if closed && ended.contains(&outcome) {
                tell("both hosts have closed by FIN, and no RST took effect");
                continue;
            }
            let resets: Vec<(u32, &Frame)> =
                self.frames_of(stream).filter(|(_, frame)| frame.packet.tcp.rst).collect();
            let forged = || resets.iter().filter(|(_, frame)| frame.is_forged()).map(|(number, _)| *number);
            let took = |number: u32| self.end.effect(number) != Effect::None;
            let own = resets.iter().any(|(_, frame)| frame.is_own_reset());
            match outcome {
                Outcome::Injected if !forged().any(took) && !self.guesses_by_ttl(stream) => {
                    tell("no forged RST took effect");
                }
                Outcome::Aborted if !own && !forged().any(|n| took(n) && !self.end.disproves_abort(n)) => {
                    tell("no host has sent a RST, and none that was forged looks as if");
                }
                Outcome::Reset | Outcome::Rejected
                    if !own && !forged().any(|n| took(n) && !self.end.proves_life_after(n)) =>
                {
                    tell("no host has sent a RST, and none that was forged looks as if");
                }
                // What a forged SYN makes a host acknowledge looks as if the capture lacked it.
                Outcome::Open if self.engine.connections() == 1 && self.is_reset() && !self.lacks() => {
                    tell("a RST has ended it");
                }
                Outcome::Closed => {
                    // A RST may stand in place of a FIN.
                    let ends = [true, false].map(|leaves| {
                        let ends = |frame: &Frame| frame.packet.tcp.fin || frame.packet.tcp.rst;
                        self.end.frames.iter().any(|frame| frame.leaves == leaves && ends(frame))
                    });
                    if ends.contains(&false) {
                        tell("a side has sent neither FIN nor RST");
                    }
                }
                _ => {}
            }
        }
        wrong
    }

    /// The capture seems to lack packets.
    fn lacks(&self) -> bool {
        self.findings.iter().any(|finding| finding.diagnosis.id() == "capture.dropped_packets")
    }

    /// All that is said of forged RSTs of a connection are guesses, of RSTs that are the first to come by a new route.
    fn guesses_by_ttl(&self, stream: u32) -> bool {
        let mut forged =
            self.findings.iter().filter(|f| f.stream == stream && FORGED.contains(&f.diagnosis.id()));
        forged.all(|f| f.certainty != Certainty::Proved && self.end.is_first_with_its_ttl(f.subject))
    }

    /// The host here has no connection any more, since a RST came that it took or since it aborted.
    fn is_reset(&self) -> bool {
        let gone = self.end.frames.iter().rev().find_map(|frame| frame.state).is_some_and(is_gone);
        gone && (1..).zip(&self.end.frames).any(|(number, frame)| match frame.leaves {
            true => matches!(frame.kind, "abort" | "abort_unread"),
            false => frame.packet.tcp.rst && self.end.effect(number) == Effect::Ended,
        })
    }

    /// A clock that goes back where it does not.
    fn wrong_clock(&self) -> impl Iterator<Item = (String, u32)> {
        let goes_back = !self.end.frames.is_sorted_by(|a, b| a.packet.time <= b.packet.time);
        let told =
            self.findings.iter().filter(move |f| f.diagnosis.id() == "capture.time_backwards" && !goes_back);
        told.map(|finding| {
            ("capture.time_backwards of a clock that was not set back".to_owned(), finding.subject)
        })
    }

    /// What is told only because the clock was set: with timestamps, the hosts' own clocks show how much time has really
    /// passed. RSTs are judged by who has sent them, and a packet that was lost may be called lost. `closed` as above.
    fn wrong_times(&self, timeless: &Told, closed: bool) -> Vec<(String, u32)> {
        let real: BTreeSet<(&str, u32)> = timeless.bad().map(|f| (f.diagnosis.id(), f.subject)).collect();
        let is_true = |finding: &&Finding| {
            let id = finding.diagnosis.id();
            let lost = self.end.frame(finding.subject).is_some_and(|frame| frame.delivered.is_none());
            real.contains(&(id, finding.subject))
                || FORGED.contains(&id)
                || OWN.contains(&id)
                || lost && id.ends_with("_lost")
        };
        let more = self.bad().filter(|finding| !is_true(finding));
        let more = more.map(|finding| {
            (format!("{} because the clock was set", finding.diagnosis.id()), finding.subject)
        });
        let outcomes = |told: &Told| -> Vec<Option<Outcome>> {
            (0..told.engine.connections()).map(|n| told.engine.summary(n).map(|s| s.outcome)).collect()
        };
        let other = closed && outcomes(self) != outcomes(timeless);
        let other = other.then(|| ("another outcome because the clock was set".to_owned(), 1));
        more.chain(other).collect()
    }
}

/// Both hosts have closed by FIN, and neither has sent a RST or lost the connection by one.
fn both_closed(ends: &[End; 2]) -> bool {
    ends.iter().all(|end| {
        let came_to_close = |frame: &Frame| matches!(frame.state, Some("LAST-ACK" | "CLOSING" | "TIME-WAIT"));
        end.frames.iter().any(came_to_close)
            && end
                .frames
                .iter()
                .rev()
                .find_map(|frame| frame.state)
                .is_some_and(|s| is_gone(s) || s == "TIME-WAIT")
            && (1..)
                .zip(&end.frames)
                .filter(|(_, frame)| frame.packet.tcp.rst)
                .all(|(number, frame)| !frame.is_own_reset() && end.effect(number) == Effect::None)
    })
}

/// The clock is set forward, too.
fn has_forward(clock: &str) -> bool {
    clock.match_indices("by = \"").any(|(at, by)| !clock[at + by.len()..].starts_with('-'))
}

/// Each falsehood that is told of a schedule, by its kind, with the end and the frame that it is told of.
fn falsehoods(schedule: &Schedule) -> Vec<(String, usize, u32)> {
    let ends = truth::play(&schedule.text(), schedule.seed);
    let closed = both_closed(&ends);
    let forged = ends.iter().flat_map(|end| &end.frames).filter(|frame| frame.is_forged());
    let forged_kinds = forged
        .map(|frame| match &frame.packet.tcp {
            tcp if tcp.rst => "rst",
            tcp if tcp.syn => "syn",
            _ => "data",
        })
        .collect();
    // A clock that is set forward looks as a host that sleeps does.
    let back = schedule.clock.as_ref().is_some_and(|clock| !has_forward(clock));
    let timeless = back.then(|| truth::play(&schedule.timeless(), schedule.seed).map(Told::new));
    let mut all = Vec::new();
    for (end, told) in ends.map(Told::new).iter().enumerate() {
        let mut wrong: Vec<(String, u32)> = told.wrong_resets().collect();
        wrong.extend(told.wrong_accusations(&forged_kinds));
        wrong.extend(told.wrong_outcomes(closed));
        wrong.extend(told.wrong_clock());
        wrong.extend(timeless.iter().flat_map(|timeless| told.wrong_times(&timeless[end], closed)));
        all.extend(wrong.into_iter().map(|(kind, number)| (kind, end, number)));
    }
    all
}

/// The schedule with as few troubles as tell the same kind of falsehood, and that.
fn simplest(schedule: Schedule, kind: &str) -> String {
    let tells = |schedule: &Schedule| falsehoods(schedule).into_iter().find(|(other, ..)| other == kind);
    let schedule = schedule.simplest(|simpler| tells(simpler).is_some());
    let Some((_, end, number)) = tells(&schedule) else { return String::new() };
    let told = Told::new(truth::play(&schedule.text(), schedule.seed).into_iter().nth(end).unwrap());
    let mut story =
        format!("{}seed {}, at the {}, frame {number}:\n", schedule.text(), schedule.seed, truth::ENDS[end]);
    let lines = table(&told.end.packets());
    for (number, (line, frame)) in (1..).zip(lines.lines().zip(&told.end.frames)) {
        let state = frame.state.unwrap_or("?");
        let _ = writeln!(story, "{number:>3} {line:<90} {} {state}", frame.kind);
    }
    for finding in told.findings.iter().filter(|finding| finding.severity >= Severity::Note) {
        let (id, name) = (finding.diagnosis.id(), finding.severity.name());
        let _ = writeln!(story, "frame {} {name} {id}", finding.subject);
    }
    let outcomes = (0..told.engine.connections()).filter_map(|stream| told.engine.summary(stream));
    let _ = writeln!(story, "outcomes {:?}", outcomes.map(|summary| summary.outcome).collect::<Vec<_>>());
    story
}

/// So many schedules of a kind tell no falsehood; if they do, each kind of it is told with its simplest example.
fn nothing_false(part: u64, cases: u32, schedules: impl Strategy<Value = Schedule>) {
    let wrong: RefCell<BTreeMap<String, (u32, Schedule)>> = RefCell::default();
    proptest!(schedule::config(cases, part), |(schedule in schedules)| {
        let kinds: BTreeSet<String> = falsehoods(&schedule).into_iter().map(|(kind, ..)| kind).collect();
        for kind in kinds {
            let mut wrong = wrong.borrow_mut();
            let (count, simplest) = wrong.entry(kind).or_insert_with(|| (0, schedule.clone()));
            *count += 1;
            if schedule.troubles.len() < simplest.troubles.len() {
                *simplest = schedule.clone();
            }
        }
    });
    let tell = |(kind, (count, schedule)): (String, (u32, Schedule))| {
        format!("{count} of {cases}: {kind}\n{}", simplest(schedule, &kind))
    };
    let wrong: Vec<String> = wrong.into_inner().into_iter().map(tell).collect();
    assert!(wrong.is_empty(), "{} kinds of falsehoods\n\n{}", wrong.len(), wrong.join("\n"));
}

fn forgeries(part: u64) {
    let forgeries = prop::collection::vec(schedule::forgery(), 1..4);
    nothing_false(part, 2_000, schedules(3, forgeries, Just(None)));
}

fn routes(part: u64) {
    let routes = prop::collection::vec(schedule::route(DELAY), 1..4);
    nothing_false(part, 1_500, schedules(3, routes, Just(None)));
}

fn clocks(part: u64) {
    nothing_false(part, 1_000, schedules(3, Just(Vec::new()), schedule::clock().prop_map(Some)));
}

fn everything(part: u64) {
    let trouble = prop_oneof![schedule::forgery(), schedule::route(DELAY)];
    let clock = prop::option::of(schedule::clock());
    nothing_false(part, 1_500, schedules(4, prop::collection::vec(trouble, 0..5), clock));
}

#[test]
fn nothing_false_is_told_where_packets_are_forged_1() {
    forgeries(1);
}

#[test]
fn nothing_false_is_told_where_packets_are_forged_2() {
    forgeries(2);
}

#[test]
fn nothing_false_is_told_where_routes_change_1() {
    routes(1);
}

#[test]
fn nothing_false_is_told_where_routes_change_2() {
    routes(2);
}

#[test]
fn nothing_false_is_told_where_the_clock_is_set_1() {
    clocks(1);
}

#[test]
fn nothing_false_is_told_where_the_clock_is_set_2() {
    clocks(2);
}

#[test]
fn nothing_false_is_told_where_all_of_it_happens_1() {
    everything(1);
}

#[test]
fn nothing_false_is_told_where_all_of_it_happens_2() {
    everything(2);
}
