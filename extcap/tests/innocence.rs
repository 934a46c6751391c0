//! What a bad path does is not laid at somebody's door, and what is said of losses is true.
//!
//! The simulator knows what became of each packet: a capture at one end is judged by what the other end has seen.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::cell::RefCell;
use std::collections::BTreeMap;

use common::{Packet, read, schedule, table, told, truth};
use proptest::prelude::*;
use tcpdx_engine::{Diagnosis, Finding, Severity};
use tcpdx_extcap::{CapturePoint, Comments, GenerateOptions};

/// The ends of the path.
const ENDS: [CapturePoint; 2] = [CapturePoint::Client, CapturePoint::Server];

/// What no packet can show either where nothing is forged.
const OF_FORGERS: &[&str] = &[
    "keepalive.probe",
    "loss.out_of_window",
    "reset.abort",
    "reset.by_middlebox",
    "reset.injected",
    "reset.no_such_connection",
];

/// A capture at one end, and what is told of it.
struct Told {
    packets: Vec<Packet>,
    findings: Vec<Finding>,
}

fn at_both_ends(text: &str, seed: u64) -> [Told; 2] {
    at_both_cards(text, seed, false)
}

/// `offload`: the cards there join and split segments.
fn at_both_cards(text: &str, seed: u64, offload: bool) -> [Told; 2] {
    ENDS.map(|point| {
        let options =
            GenerateOptions { point, seed, offload, comments: Comments::Off, ..GenerateOptions::default() };
        let capture = common::capture(text, &options);
        Told { packets: read(&capture), findings: told::engine(&capture).findings() }
    })
}

/// It is no worse than a note, or none of the above.
fn is_innocent(finding: &Finding) -> bool {
    let id = finding.diagnosis.id();
    finding.severity <= Severity::Note || !(told::ACCUSATIONS.contains(&id) || OF_FORGERS.contains(&id))
}

/// The same packet: a host gives each its own IP ID, but for those that a closed or a closing socket sends.
fn same(one: &Packet, other: &Packet) -> bool {
    let numbers = |p: &Packet| (p.from, p.id, p.tcp.sequence_number, p.tcp.acknowledgment_number, p.payload);
    numbers(one) == numbers(other)
}

/// A packet that was sent before `sent` with some of the same bytes.
fn repeats(sent: &Packet, earlier: &Packet) -> bool {
    let before = |a: u32, b: u32| (a.wrapping_sub(b) as i32) < 0;
    let end = |p: &Packet| p.tcp.sequence_number.wrapping_add(p.payload as u32);
    earlier.from == sent.from
        && before(earlier.tcp.sequence_number, end(sent))
        && before(sent.tcp.sequence_number, end(earlier))
}

/// How what is told at one end fits what the other has seen: `None` where that decides nothing.
fn is_true(finding: &Finding, here: &Told, there: &Told) -> Option<bool> {
    let subject = here.packets.get(finding.subject as usize - 1)?;
    let sent = there.packets.iter().position(|p| same(p, subject));
    match finding.diagnosis.id() {
        // Something of it had been sent before, and has not come here by then.
        "loss.upstream" => {
            let seen = &here.packets[..finding.subject as usize - 1];
            let earlier = there.packets[..sent?].iter().filter(|p| repeats(subject, p));
            Some(earlier.into_iter().any(|p| !seen.iter().any(|s| same(s, p))))
        }
        // Something that was sent later has come before it.
        "loss.reordering" => {
            let later = &there.packets[sent? + 1..];
            let seen = &here.packets[..finding.subject as usize - 1];
            Some(seen.iter().any(|p| p.from == subject.from && later.iter().any(|l| same(l, p))))
        }
        // It has not come there, or later than it was missed.
        "loss.downstream" => {
            let missed = here.packets.get(finding.trigger as usize - 1)?;
            Some(sent.is_none_or(|at| there.packets[at].time > missed.time))
        }
        _ => None,
    }
}

/// How often what was told was true and was not, by diagnosis.
type Counts = BTreeMap<&'static str, [usize; 2]>;

fn judge(ends: &[Told; 2], counts: &mut Counts) {
    for (here, there) in [(&ends[0], &ends[1]), (&ends[1], &ends[0])] {
        for finding in &here.findings {
            if let Some(truth) = is_true(finding, here, there) {
                counts.entry(finding.diagnosis.id()).or_default()[usize::from(!truth)] += 1;
            }
        }
    }
}

/// However packets are lost, late or doubled while a connection begins and ends.
fn closes(part: u64) {
    proptest!(schedule::config(2_500, part), |(
        exchange in schedule::exchange(),
        faults in prop::collection::vec(schedule::fault(), 0..6),
        seed in any::<u64>(),
    )| {
        // And when its RST is lost, the next packet meets nobody.
        let aborts = exchange.contains("abort");
        for end in at_both_ends(&format!("{exchange}{}", faults.concat()), seed) {
            let of_abort = [Diagnosis::ResetAbort, Diagnosis::ResetNoSuchConnection];
            let is_true = |f: &Finding| aborts && of_abort.contains(&f.diagnosis);
            let accusation = end.findings.iter().find(|finding| !is_innocent(finding) && !is_true(finding));
            prop_assert!(accusation.is_none(), "{accusation:?}\n{}", table(&end.packets));
        }
    });
}

#[test]
fn a_bad_path_accuses_nobody_at_the_end_1() {
    closes(1);
}

#[test]
fn a_bad_path_accuses_nobody_at_the_end_2() {
    closes(2);
}

#[test]
fn a_bad_path_accuses_nobody_and_losses_are_told_truly() {
    let counts = RefCell::new(Counts::default());
    let short = prop::bool::weighted(0.2);
    proptest!(schedule::config(2_000, 1), |(talk in schedule::talk(), seed in any::<u64>(), short in short)| {
        let talk = if short { shortened(&talk) } else { talk };
        let ends = at_both_ends(&talk, seed);
        for end in &ends {
            let accusation = end.findings.iter().find(|finding| !is_innocent(finding));
            prop_assert!(accusation.is_none(), "{accusation:?}\n{}", table(&end.packets));
        }
        judge(&ends, &mut counts.borrow_mut());
    });
    are_true(&counts.into_inner());
}

/// On a path of microseconds, not milliseconds.
fn shortened(talk: &str) -> String {
    talk.replacen("ms\"\n", "us\"\n", 1)
}

/// Nor where the cards join segments, or on a path of microseconds, on which all comes within a tick of the timestamps: and
/// nothing lacks in the capture, or was captured in two places.
#[test]
fn a_bad_path_accuses_nobody_where_cards_join_segments_and_on_short_paths() {
    let of_capture = [Diagnosis::CaptureDroppedPackets, Diagnosis::CaptureCopies];
    proptest!(schedule::config(1_000, 1), |(
        talk in schedule::talk(),
        seed in any::<u64>(),
        offload in any::<bool>(),
        short in any::<bool>(),
    )| {
        let talk = if short { shortened(&talk) } else { talk };
        for end in at_both_cards(&talk, seed, offload) {
            let is_wrong = |f: &&Finding| !is_innocent(f) || of_capture.contains(&f.diagnosis);
            let accusation = end.findings.iter().find(is_wrong);
            prop_assert!(accusation.is_none(), "{accusation:?}\n{}", table(&end.packets));
        }
    });
}

fn are_true(counts: &Counts) {
    for id in ["loss.upstream", "loss.reordering", "loss.downstream"] {
        let [right, wrong] = counts[id];
        // A sender may itself take for lost what only comes late.
        assert!(right > 100 && wrong * 50 < right, "{id}: {right} true, {wrong} not");
    }
}

/// The same where routes change, so that packets overtake each other, and where the clock is set: it is the order of the
/// frames that tells of losses. Times are the true ones here.
#[test]
fn losses_are_told_truly_where_routes_change_and_the_clock_is_set() {
    let counts = RefCell::new(Counts::default());
    let routes = prop::collection::vec(schedule::route(20), 1..4);
    let clock = prop::option::of(schedule::clock());
    proptest!(schedule::config(1_000, 1), |(
        talk in schedule::talk(),
        routes in routes,
        clock in clock,
        seed in any::<u64>(),
    )| {
        let text = format!("{talk}{}{}", routes.concat(), clock.unwrap_or_default());
        let ends = truth::play(&text, seed).map(|end| {
            let findings = told::engine(&end.capture).findings();
            let packets = end.frames.into_iter().map(|frame| Packet { time: frame.time.as_secs_f64(), ..frame.packet });
            Told { packets: packets.collect(), findings }
        });
        for end in &ends {
            let accusation = end.findings.iter().find(|finding| !is_innocent(finding));
            prop_assert!(accusation.is_none(), "{accusation:?}\n{}", table(&end.packets));
        }
        judge(&ends, &mut counts.borrow_mut());
    });
    are_true(&counts.into_inner());
}
