//! Routes that change and clocks that are set: what a capture shows of them, and what may be concluded from it.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::time::Duration;

use common::{Packet, capture, read, table, told};
use tcpdx_engine::Severity;
use tcpdx_extcap::{CapturePoint, Comments, GenerateOptions};

/// The server's port.
const SERVER: u16 = 80;

/// Every 100 ms a question and an answer; in the end the server aborts.
fn aborts(more: &str) -> String {
    let asks = "{ do = \"send\", bytes = 100, wait = \"80ms\" }, { do = \"receive\", bytes = 200 },\n";
    let answers = "{ do = \"receive\", bytes = 100 }, { do = \"send\", bytes = 200 },\n";
    format!(
        "title.en = \"x\"\n[client]\nstep = [\n{{ do = \"connect\" }},\n{}{{ do = \"receive\" }},\n]\n\
         [server]\nstep = [\n{{ do = \"listen\" }}, {{ do = \"accept\" }},\n{}\
         {{ do = \"abort\", wait = \"50ms\" }},\n]\n{more}",
        asks.repeat(6),
        answers.repeat(6),
    )
}

fn options(point: CapturePoint) -> GenerateOptions {
    GenerateOptions { point, comments: Comments::Off, ..GenerateOptions::default() }
}

/// What both ends have seen.
fn packets(text: &str) -> [Vec<Packet>; 2] {
    [CapturePoint::Client, CapturePoint::Server].map(|point| read(&capture(text, &options(point))))
}

/// How long the packets of a side were under way, and their TTL when they came.
fn ways(ends: &[Vec<Packet>; 2], of_server: bool) -> Vec<(Duration, u8)> {
    let [client, server] = ends;
    let (sent, came) = if of_server { (server, client) } else { (client, server) };
    let from_it = |packets: &[Packet]| {
        packets.iter().filter(|p| (p.from.port() == SERVER) == of_server).cloned().collect::<Vec<_>>()
    };
    let span = |(sent, came): (Packet, Packet)| {
        (Duration::from_micros(((came.time - sent.time) * 1e6).round() as u64), came.ttl)
    };
    from_it(sent).into_iter().zip(from_it(came)).map(span).collect()
}

#[test]
fn packets_go_the_new_way_from_its_time_on() {
    let text = aborts("[[path.route]]\nat = \"300ms\"\nfrom = \"server\"\ndelay = \"25ms\"\nrouters = 9\n");
    let ends = packets(&text);
    let about = |span: Duration, ms: u64| {
        span >= Duration::from_millis(ms) && span < Duration::from_millis(ms) + Duration::from_micros(200)
    };
    let of_server = ways(&ends, true);
    let changed = of_server.iter().position(|(_, ttl)| *ttl == 64 - 9).unwrap();
    assert!(changed > 2 && changed + 2 < of_server.len(), "{of_server:?}");
    for (number, (span, ttl)) in of_server.iter().enumerate() {
        let (ms, routers) = if number < changed { (10, 5) } else { (25, 9) };
        assert!(about(*span, ms) && *ttl == 64 - routers, "{of_server:?}");
    }
    assert!(ways(&ends, false).iter().all(|(span, ttl)| about(*span, 10) && *ttl == 64 - 5));
}

#[test]
fn a_shorter_way_lets_packets_overtake() {
    // 5 ms after the first half of the answer, the second goes a way that is 10 ms shorter.
    let text = "title.en = \"x\"\nclient.step = [{ do = \"connect\" }, { do = \"receive\", bytes = 200 }]\n\
        [server]\nnodelay = true\nstep = [\n{ do = \"listen\" }, { do = \"accept\" },\n\
        { do = \"send\", bytes = 100 }, { do = \"send\", bytes = 100, wait = \"5ms\" },\n]\n\
        [path]\ndelay = \"20ms\"\n[[path.route]]\nat = \"63ms\"\ndelay = \"10ms\"\n";
    let data = |packets: &[Packet]| -> Vec<u32> {
        let of_server = packets.iter().filter(|p| p.payload > 0 && p.from.port() == SERVER);
        of_server.map(|packet| packet.tcp.sequence_number).collect()
    };
    let [client, server] = packets(text);
    let [first, second] = data(&server)[..] else { panic!("{}", table(&server)) };
    assert_eq!(data(&client), [second, first], "{}", table(&client));
}

#[test]
fn a_round_trip_time_that_is_asked_for_is_that_of_every_way() {
    let text = aborts("[[path.route]]\nat = \"300ms\"\ndelay = \"40ms\"\nrouters = 9\n");
    let options = |point| GenerateOptions { rtt: Some(Duration::from_millis(60)), ..options(point) };
    let ends =
        [CapturePoint::Client, CapturePoint::Server].map(|point| read(&capture(&text, &options(point))));
    let of_server = ways(&ends, true);
    assert!(of_server.iter().all(|(span, _)| span.as_millis() == 30), "{of_server:?}");
    assert!(of_server.iter().any(|(_, ttl)| *ttl == 64 - 9));
}

#[test]
fn a_clock_that_is_set_changes_nothing_but_times() {
    let steps = "[capture]\nclock = [{ at = \"200ms\", by = \"-3s\" }, { at = \"400ms\", by = \"1h\" }]\n";
    let options = options(CapturePoint::Client);
    let [plain, set] = ["", steps].map(|more| read(&capture(&aborts(more), &options)));
    let begin = options.start.as_secs_f64();
    assert_eq!(plain.len(), set.len());
    for (plain, set) in plain.iter().zip(&set) {
        let ahead = match plain.time - begin {
            time if time < 0.2 => 0.0,
            time if time < 0.4 => -3.0,
            _ => 3597.0,
        };
        assert!((set.time - plain.time - ahead).abs() < 1e-6, "{plain:?} {set:?}");
        assert_eq!((&plain.tcp, plain.ttl, plain.id), (&set.tcp, set.ttl, set.id));
    }
}

/// The ids of what is told as bad.
fn bad(text: &str) -> (Vec<&'static str>, String) {
    let capture = capture(text, &options(CapturePoint::Client));
    let findings = told::engine(&capture).findings();
    let bad = findings.iter().filter(|finding| finding.severity >= Severity::Warn);
    (bad.map(|finding| finding.diagnosis.id()).collect(), table(&read(&capture)))
}

#[test]
fn who_aborts_on_a_new_way_has_aborted() {
    // Two answers come the new way before the RST does.
    let (bad, table) = bad(&aborts("[[path.route]]\nat = \"500ms\"\nfrom = \"server\"\nrouters = 10\n"));
    assert_eq!(bad, ["reset.abort"], "{table}");
}

#[test]
fn a_rst_that_is_the_first_on_a_new_way_is_not_surely_forged() {
    // Only its TTL is new: its identification and its acknowledgment number go on where its sender was.
    let (bad, table) = bad(&aborts("[[path.route]]\nat = \"640ms\"\nfrom = \"server\"\nrouters = 6\n"));
    assert!(!bad.contains(&"reset.injected") && !bad.contains(&"reset.by_middlebox"), "{bad:?}\n{table}");
}
