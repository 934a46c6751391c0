//! Healthy connections, however odd, give no alarm: nothing above a note is told of them, at no moment.

mod traffic;

use std::collections::BTreeMap;
use tcpdx_engine::{Engine, Finding, Language, Look, Settings, Severity};
use traffic::rng::Rng;
use traffic::shape::Shape;
use traffic::wire::Captured;

/// How often each diagnosis was an alarm, with an example.
#[derive(Default)]
struct Alarms(BTreeMap<&'static str, (usize, String)>);

impl Alarms {
    fn note(&mut self, findings: &[Finding], seed: u64, when: &str) {
        for finding in findings.iter().filter(|f| f.severity > Severity::Note) {
            let (count, example) = self.0.entry(finding.diagnosis.id()).or_default();
            *count += 1;
            if *count == 1 {
                *example = format!(
                    "seed {seed}, stream {}, frame {}, {when}: {}",
                    finding.stream,
                    finding.subject,
                    finding.message(Language::English)
                );
            }
        }
    }
}

/// What is true of a connection whose packets are still on their way.
const NO_ANSWER_SO_FAR: &[&str] = &["handshake.syn_unanswered"];
/// And where the capture lacks packets: an answer, or FIN and last ACK, cannot be told from what never was.
const NOT_CAPTURED: &[&str] = &["keepalive.unanswered", "close.peer_never_closed"];

/// Reads a capture and asks: at each frame what it proves, now and then and at the end everything.
fn read(packets: &[Captured], rng: &mut Rng, seed: u64, alarms: &mut Alarms) {
    let mut engine = Engine::new(Settings::default());
    let looks = [rng.range(0, packets.len() as i64), rng.range(0, packets.len() as i64)];
    for (at, packet) in packets.iter().enumerate() {
        let frame = at as u32 + 1;
        engine.packet(&packet.packet(frame));
        alarms.note(&engine.findings_at(frame, 0, Look::First), seed, "when read");
        if looks.contains(&(at as i64)) {
            let mut findings = engine.findings();
            findings.retain(|f| !NO_ANSWER_SO_FAR.contains(&f.diagnosis.id()));
            alarms.note(&findings, seed, "in between");
        }
    }
    alarms.note(&engine.findings(), seed, "at the end");
}

/// A capture of several connections at once; some of them begin, or end, outside of it.
fn capture(seed: u64, connections: u32, loses: u64) -> Vec<Captured> {
    let mut rng = Rng::new(seed);
    let mut all = Vec::new();
    let mut number = 0;
    while number < connections {
        let start = rng.range(0, 3_000_000_000);
        let shape = Shape::random(&mut rng, number, start);
        let mut packets = traffic::connection(&shape);
        number += 1;
        if rng.percent(10) {
            // After TIME-WAIT the same ports are used again.
            let end = packets.last().map_or(0, |p| p.time);
            let later = rng.range(61_000_000_000, 300_000_000_000);
            packets.extend(traffic::connection(&shape.again(&mut rng, end, later)));
            number += 1;
        }
        if rng.percent(10) {
            let missing = rng.range(1, packets.len() as i64 - 1) as usize;
            packets.drain(..missing);
        }
        packets.retain(|_| !rng.percent(loses));
        all.extend(packets);
    }
    all.sort_by_key(|p| p.time);
    all
}

fn run(captures: std::ops::Range<u64>, loses: u64) {
    let mut alarms = Alarms::default();
    let mut packets = 0;
    for seed in captures {
        let mut rng = Rng::new(seed);
        let seed = rng.next();
        let capture = capture(seed, 20, loses);
        packets += capture.len();
        read(&capture, &mut rng, seed, &mut alarms);
    }
    alarms.0.retain(|id, _| loses == 0 || !NOT_CAPTURED.contains(id));
    println!("{packets} packets");
    for (id, (count, example)) in &alarms.0 {
        println!("{count:6} {id}: {example}");
    }
    assert!(alarms.0.is_empty(), "alarms on healthy connections");
}

#[test]
fn healthy_connections_give_no_alarm_1() {
    run(0..100, 0);
}

#[test]
fn healthy_connections_give_no_alarm_2() {
    run(100..200, 0);
}

#[test]
fn healthy_connections_give_no_alarm_3() {
    run(200..300, 0);
}

#[test]
fn healthy_connections_give_no_alarm_4() {
    run(300..400, 0);
}

#[test]
fn what_the_capture_lost_gives_no_alarm() {
    run(400..600, 3);
}
