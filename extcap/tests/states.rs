//! The states that the engine infers are those that the endpoints were really in.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use common::{Lesson, Packet, lessons, read, schedule, table, told};
use etherparse::{TcpHeader, TcpOptionElement};
use proptest::prelude::*;
use tcpdx_engine::{Engine, State};
use tcpdx_extcap::{CapturePoint, Comments, GenerateOptions, Recording, Scenario};

/// The capture points, one at a time.
const POINTS: [CapturePoint; 2] = [CapturePoint::Client, CapturePoint::Server];
/// The server's address, where a scenario has no other.
const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 20));
/// Scenarios whose captures do not tell the states: why.
const UNTOLD: [(&str, &str); 4] = [
    (
        "setup/client-rebooted-same-port",
        "the challenge ACK belongs to the old connection, not to the new one",
    ),
    ("setup/handshake-rejected:windows", "Windows tries a connection again that is closed by the book"),
    ("setup/syn-scan", "a program makes the SYNs, and the host's TCP knows nothing of them"),
    ("path/one-direction-captured", "half of the packets are not captured"),
];
/// Linux's timers that end something in silence take longer: TIME-WAIT, FIN-WAIT-2, an unanswered SYN-ACK.
const SILENT_END: Duration = Duration::from_secs(40);

/// A packet at the capture point, and the state of the endpoint there once it has taken or sent it.
struct True {
    state: Option<&'static str>,
    sent: bool,
    time: Duration,
}

/// A capture, with what was true at each packet of it.
fn record(scenario: &Scenario, options: &GenerateOptions) -> (Vec<u8>, Vec<True>) {
    let (mut capture, mut truth) = (Vec::new(), Vec::new());
    let mut recording = Recording::new(scenario, options, &mut capture).unwrap();
    while let Some(time) = recording.next_at() {
        truth.push(True { state: recording.next_state(), sent: recording.next_leaves(), time });
        recording.write_next().unwrap();
    }
    recording.flush().unwrap();
    drop(recording);
    (capture, truth)
}

/// Where the engine and the endpoint beside the capture point disagree, packet by packet.
///
/// What an endpoint has sent tells its state. What has come to it need not have changed it yet, as far as the capture
/// tells: a third ACK may meet a full queue.
fn disagreements(scenario: &Scenario, point: CapturePoint, seed: u64) -> (Vec<u8>, Vec<String>) {
    let options = GenerateOptions { point, seed, comments: Comments::Off, ..GenerateOptions::default() };
    let (capture, truth) = record(scenario, &options);
    let engine = told::engine(&capture);
    let mut known: HashMap<u32, (State, Duration)> = HashMap::new();
    let mut ended = HashSet::new();
    let mut wrong = Vec::new();
    for (frame, True { state, sent, time }) in (1..).zip(truth) {
        let Some(view) = engine.frame(frame, 0) else { continue };
        let at_opener = (point == CapturePoint::Client) != opened_by_server(&engine, view.stream);
        let told = if at_opener { view.client_state } else { view.server_state };
        let (before, since) = known.insert(view.stream, (told, time)).unwrap_or((told, time));
        let Some(state) = state else { continue };
        let gone = matches!(state, "CLOSED" | "LISTEN");
        if gone && since > Duration::ZERO {
            ended.insert(view.stream);
        } else if ended.contains(&view.stream) {
            // A late copy of its SYN has opened it once more.
            continue;
        }
        let agree = told.name() == state || gone && matches!(told, State::Closed | State::Listen);
        let undecided = told == State::Unknown || !sent && told == before;
        if !(agree || undecided || gone && time.saturating_sub(since) > SILENT_END) {
            wrong.push(format!("frame {frame} at {time:?}: {state}, told {}", told.name()));
        }
    }
    (capture, wrong)
}

fn opened_by_server(engine: &Engine, stream: u32) -> bool {
    engine.summary(stream).is_some_and(|summary| summary.client.ip() == SERVER)
}

#[test]
fn states_are_true_in_every_scenario() {
    let mut wrong = Vec::new();
    let told = |lesson: &Lesson| UNTOLD.iter().all(|(name, _)| *name != lesson.to_string());
    for lesson in lessons().iter().filter(|lesson| told(lesson)) {
        for point in POINTS {
            let (_, found) = disagreements(&lesson.scenario, point, 1);
            if let Some(first) = found.first() {
                wrong.push(format!("{lesson} at the {point}: {first} (+{})", found.len() - 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The server's FIN is captured before the client's, which leaves without having seen it.
#[test]
fn a_fin_that_leaves_as_the_others_comes_crosses_it() {
    let text = "title.en = \"x\"\n[client]\nsysctl.tcp_sack = false\nstep = [\n\
        { do = \"connect\" }, { do = \"send\", bytes = 1 },\n\
        { do = \"receive\", bytes = 7241 }, { do = \"close\", at = \"400ms\" }\n]\n\
        [server]\nport = 9000\nstep = [\n{ do = \"listen\" }, { do = \"accept\" },\n\
        { do = \"receive\", bytes = 1 }, { do = \"send\", bytes = 7241 }, { do = \"close\", at = \"400ms\" }\n]\n\
        [[path.fault]]\ndo = \"drop\"\nwhat = \"syn-ack\"\nnth = 1\n";
    let scenario = Scenario::parse("crossing.toml", text).unwrap();
    let (_, wrong) = disagreements(&scenario, CapturePoint::Client, 1_097_921_452_572_858_707);
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// What one side has sent and got so far, as its own card has seen it.
#[derive(Default)]
struct Sent {
    first: Option<u32>,
    /// Behind the last number that it has sent, and behind its FIN.
    next: Option<u32>,
    fin: Option<u32>,
    /// Behind the last number that has come to it.
    got: Option<u32>,
    acked: Option<u32>,
    /// The end of the window that it was offered.
    edge: Option<u32>,
    peer_scale: u8,
}

/// The later of two sequence numbers.
fn later(old: Option<u32>, new: u32) -> Option<u32> {
    Some(old.filter(|old| (new.wrapping_sub(*old) as i32) < 0).unwrap_or(new))
}

fn beyond(number: u32, limit: Option<u32>) -> bool {
    limit.is_some_and(|limit| (number.wrapping_sub(limit) as i32) > 0)
}

/// No endpoint sends what RFC 9293 forbids, whatever the other side and the path do: acknowledgments of what has not
/// come (3.4), data behind the offered window (3.8.6) or behind the own FIN (3.6), numbers that were skipped.
fn keeps_the_rules(packets: &[Packet], server: bool) -> Result<(), TestCaseError> {
    let mut sent = Sent::default();
    // The window scale of each SYN that has come, by its number: the one that is answered counts.
    let mut offers: HashMap<u32, u8> = HashMap::new();
    for packet in packets {
        let tcp = &packet.tcp;
        let end =
            tcp.sequence_number.wrapping_add(packet.payload as u32 + u32::from(tcp.syn) + u32::from(tcp.fin));
        if (packet.from.ip() == SERVER) == server {
            if tcp.rst {
                continue;
            }
            if tcp.syn
                && sent.first.replace(tcp.sequence_number).is_some_and(|first| first != tcp.sequence_number)
            {
                // A late copy of an old SYN has opened it once more.
                let got = tcp.ack.then_some(tcp.acknowledgment_number);
                sent = Sent { first: sent.first, got, ..Sent::default() };
            }
            if tcp.syn && tcp.ack {
                let answered = tcp.acknowledgment_number.wrapping_sub(1);
                sent.peer_scale = offers.get(&answered).copied().unwrap_or(0);
            }
            prop_assert!(!beyond(tcp.sequence_number, sent.next), "skips numbers: {packet:?}");
            if tcp.ack {
                prop_assert!(
                    !beyond(tcp.acknowledgment_number, sent.got),
                    "acknowledges the future: {packet:?}"
                );
                prop_assert!(
                    !beyond(sent.acked.unwrap_or(tcp.acknowledgment_number), Some(tcp.acknowledgment_number)),
                    "takes an acknowledgment back: {packet:?}"
                );
                sent.acked = Some(tcp.acknowledgment_number);
            }
            if packet.payload > 0 {
                prop_assert!(!beyond(end, sent.edge), "behind the window: {packet:?}");
                prop_assert!(!beyond(end, sent.fin), "behind its FIN: {packet:?}");
            }
            if tcp.fin {
                prop_assert!(sent.fin.is_none_or(|fin| fin == end), "another FIN: {packet:?}");
                sent.fin = Some(end);
            }
            sent.next = later(sent.next, end);
        } else if !tcp.rst {
            sent.got = later(sent.got, end);
            if tcp.syn {
                let scale = window_scale(tcp).unwrap_or(0);
                offers.entry(tcp.sequence_number).or_insert(scale);
                if tcp.ack && !server && sent.edge.is_none() {
                    sent.peer_scale = scale;
                }
            }
            if tcp.ack {
                let scale = if tcp.syn { 0 } else { sent.peer_scale };
                let edge = tcp.acknowledgment_number.wrapping_add(u32::from(tcp.window_size) << scale);
                sent.edge = later(sent.edge, edge);
            }
        }
    }
    Ok(())
}

fn window_scale(tcp: &TcpHeader) -> Option<u8> {
    tcp.options_iterator().find_map(|option| match option {
        Ok(TcpOptionElement::WindowScale(scale)) => Some(scale),
        _ => None,
    })
}

/// A quarter of 10,000 schedules, so that all cores have something to do. One in some ten thousand of others has a
/// packet that was made before something came and left behind it, of which the capture cannot tell the state.
fn schedules(quarter: u64) {
    let config = schedule::config(2_500, quarter);
    proptest!(config, |(
        exchange in schedule::exchange(),
        faults in prop::collection::vec(schedule::fault(), 0..6),
        seed in any::<u64>(),
    )| {
        let scenario = Scenario::parse("exchange", &format!("{exchange}{}", faults.concat())).unwrap();
        for point in POINTS {
            let (capture, wrong) = disagreements(&scenario, point, seed);
            let packets = read(&capture);
            prop_assert!(wrong.is_empty(), "at the {point}: {wrong:?}\n{}", table(&packets));
            keeps_the_rules(&packets, point == CapturePoint::Server)?;
        }
    });
}

#[test]
fn states_are_true_and_rules_kept_on_any_path_1() {
    schedules(1);
}

#[test]
fn states_are_true_and_rules_kept_on_any_path_2() {
    schedules(2);
}

#[test]
fn states_are_true_and_rules_kept_on_any_path_3() {
    schedules(3);
}

#[test]
fn states_are_true_and_rules_kept_on_any_path_4() {
    schedules(4);
}

/// RSTs and data in a host's name, once the handshake is over: before, a RST may meet the server between the SYN and its
/// answer. Not data that is taken, after which the two hosts never agree on a number; and what answers a forged SYN is
/// shown beside that, and not with the connection that it is of.
#[test]
fn states_are_true_where_packets_are_forged() {
    let of_open = |forgery: &String| {
        let opens = ["syn = true", "what = \"syn", "nth = 1\n", "nth = 2\n"];
        let taken = forgery.contains("text = ") && forgery.contains("seq_offset = 0,");
        !taken && opens.iter().all(|word| !forgery.contains(word))
    };
    let forgery = schedule::forgery().prop_filter("of an open connection", of_open);
    let forgeries = prop::collection::vec(forgery, 1..4);
    proptest!(schedule::config(4_000, 1), |(schedule in schedule::schedules(3, forgeries, Just(None)))| {
        let scenario = Scenario::parse("forged", &schedule.text()).unwrap();
        for point in POINTS {
            let (capture, wrong) = disagreements(&scenario, point, schedule.seed);
            prop_assert!(wrong.is_empty(), "at the {point}: {wrong:?}\n{}", table(&read(&capture)));
        }
    });
}
