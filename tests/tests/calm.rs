//! What is told of a calm connection stays the same as long as [`Engine::calm`] does, on every capture of the corpus,
//! whole and with packets missing: whoever keeps what was told need not ask again.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use tcpdx_engine::{Calm, Diagnosis, Engine, Finding, Settings, Summary};
use tcpdx_tests::cases::{Case, assert_none};
use tcpdx_tests::traffic::{Line, Traffic};
use tcpdx_tests::variant::flaws;

/// All that is told of a connection, but for counts, states, and which frame is its last.
fn told(engine: &Engine, stream: u32) -> (String, Vec<Finding>) {
    let s: Summary = engine.summary(stream).unwrap();
    let ends = (s.client, s.server, s.vantage, s.closed_first);
    let round_trips = (s.handshake_rtt, s.handshake_rtt_server, s.handshake_rtt_client);
    let summary = format!(
        "{ends:?} {round_trips:?} {:?} {:?} {} {} {:?}",
        s.outcome, s.worst, s.conn_state, s.history, s.story
    );
    let mut findings = engine.findings_of(stream);
    for finding in findings.iter_mut().filter(|f| f.diagnosis == Diagnosis::CloseIncomplete) {
        (finding.subject, finding.trigger) = (0, 0);
    }
    findings.sort_by_key(|f| f.diagnosis);
    (summary, findings)
}

/// A calm connection, and what was told of it.
type Known = (Calm, (String, Vec<Finding>));

/// Where a connection was as calm as before, and something else was told of it. Adds up how often one was.
fn differences(traffic: &Traffic, calm_again: &AtomicUsize) -> Vec<String> {
    let mut engine = Engine::new(Settings::default());
    let mut known: HashMap<u32, Known> = HashMap::new();
    let mut differences = Vec::new();
    for (packet, frame) in traffic.packets.iter().zip(1..) {
        packet.feed(&mut engine, frame);
        let Some(view) = engine.frame(frame, 0) else { continue };
        let Some(calm) = engine.calm(view.stream) else { continue };
        let now = told(&engine, view.stream);
        match known.get(&view.stream) {
            Some((before, told)) if *before == calm => {
                calm_again.fetch_add(1, Ordering::Relaxed);
                if *told != now {
                    differences.push(format!("frame {frame}: {told:?} became {now:?}"));
                }
            }
            _ => drop(known.insert(view.stream, (calm, now))),
        }
    }
    differences
}

/// A capture of a healthy connection that lasts: most of the corpus are troubled or short.
fn is_long_and_healthy(case: &Case) -> bool {
    case.traffic.packets.len() >= 64 && !case.told.0.iter().any(Line::is_alarm)
}

#[test]
fn of_a_calm_connection_nothing_else_is_told() {
    let (packets, calm_again) = (AtomicUsize::new(0), AtomicUsize::new(0));
    assert_none(|_, case| {
        if !is_long_and_healthy(case) {
            return differences(&case.traffic, &AtomicUsize::new(0));
        }
        packets.fetch_add(case.traffic.packets.len(), Ordering::Relaxed);
        differences(&case.traffic, &calm_again)
    });
    let share = calm_again.into_inner() * 100 / packets.into_inner();
    assert!(share >= 20, "only {share} % of the packets left a connection as calm as it was");
}

#[test]
fn neither_where_packets_are_missing() {
    let calm_again = AtomicUsize::new(0);
    assert_none(|_, case| {
        let variants = (0..10).map(|seed| flaws::thinned(&case.traffic, 10, seed));
        variants.flat_map(|variant| differences(&variant, &calm_again)).collect()
    });
    assert_ne!(calm_again.into_inner(), 0);
}
