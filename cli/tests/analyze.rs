//! `tcpdx analyze` on captures of the corpus: exit codes, the table, the JSON, and what options leave over.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use common::corpus;
use serde_json::Value;
use std::process::Command;

const TROUBLED: &str = "third-ack-never-arrives/client.pcap";
const CLEAN: &str = "clean-close4/client.pcap";

/// Runs `tcpdx analyze` on a capture: exit code and standard output.
fn analyze(capture: &str, options: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tcpdx"))
        .env("LC_ALL", "C.UTF-8")
        .arg("analyze")
        .arg(corpus(capture))
        .args(options)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn jsonl(capture: &str, options: &[&str]) -> Vec<Value> {
    let (_, lines) = analyze(capture, &[&["--format", "jsonl"], options].concat());
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The ids of the findings among the lines.
fn ids(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["id"].as_str()).collect()
}

#[test]
fn the_first_line_is_the_answer_and_the_exit_code_says_the_same() {
    for (capture, code, answer) in [
        (CLEAN, 0, "1 connection: 1 clean"),
        (TROUBLED, 1, "1 connection: 1 with errors"),
        ("abort-linger0-client/client.pcap", 1, "1 connection: 1 with warnings"),
    ] {
        let (status, shown) = analyze(capture, &[]);
        assert_eq!((status, shown.lines().next()), (code, Some(answer)), "{capture}");
    }
}

#[test]
fn the_table_shows_each_connection_with_its_story_and_findings() {
    let (_, shown) = analyze(TROUBLED, &[]);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines[2].split_whitespace().collect::<Vec<_>>(),
        ["#", "client", "server", "packets", "bytes", "duration", "handshake", "outcome"]
    );
    assert!(lines[3].starts_with("0  10.77.1.2:"), "{}", lines[3]);
    assert!(lines[4].starts_with("      ") && lines[4].trim().len() > 20, "{}", lines[4]);
    assert!(lines.contains(&"      error  frame 3  handshake.third_ack_lost"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "no colours without a terminal");
    assert!(lines.iter().all(|line| line.chars().count() <= 100));
}

#[test]
fn verbose_adds_why_and_what_to_check() {
    let (_, short) = analyze(TROUBLED, &[]);
    let (_, long) = analyze(TROUBLED, &["--verbose"]);
    for heading in ["why", "check"] {
        let is_heading = |line: &str| line.trim() == heading;
        assert!(long.lines().any(is_heading) && !short.lines().any(is_heading));
    }
}

#[test]
fn json_lines_are_connections_each_followed_by_its_findings() {
    let lines = jsonl(TROUBLED, &[]);
    let connection = &lines[0];
    assert_eq!(connection["type"], "connection");
    assert_eq!(connection["stream"], 0);
    assert_eq!(connection["server"], "10.77.2.2:8080");
    assert_eq!(connection["packets"], 11);
    assert!((connection["handshake_rtt"].as_f64().unwrap() - 0.04).abs() < 0.01);
    assert!(connection["story"].as_str().unwrap().len() > 20);
    let lost = lines.iter().find(|line| line["id"] == "handshake.third_ack_lost").unwrap();
    assert_eq!(lost["type"], "finding");
    assert_eq!((&lost["severity"], &lost["frame"]), (&Value::from("error"), &Value::from(3)));
    assert_eq!((&lost["client"], &lost["server"]), (&connection["client"], &connection["server"]));
    assert!(lost["trigger"].as_u64() > lost["frame"].as_u64());
    assert!(lost["evidence"][0]["frame"].is_u64() && lost["evidence"][0]["role"].is_string());
    assert!(lost["params"].is_object() && lost["message"].is_string() && lost["why"].is_array());
}

#[test]
fn ipv6_addresses_stand_in_brackets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v6.pcap");
    let frame = common::build::whole(101, common::build::ipv6(6, &common::build::segment(5)));
    std::fs::write(&path, common::build::pcap(&[frame], false, false)).unwrap();
    let lines = jsonl(path.to_str().unwrap(), &[]);
    assert_eq!(lines[0]["client"], "[2001:db8::1]:40000");
}

#[test]
fn options_leave_over_what_they_name() {
    assert!(ids(&jsonl(CLEAN, &[])).contains(&"handshake.completed"));
    let all = jsonl(TROUBLED, &[]);
    let errors = jsonl(TROUBLED, &["--severity", "error"]);
    assert!(errors.iter().skip(1).all(|line| line["severity"] == "error"));
    assert!(errors.len() > 1 && errors.len() < all.len());
    let close = jsonl(TROUBLED, &["--id", "close.*", "--id", "tcpdx.handshake.completed"]);
    assert!(ids(&close).iter().all(|id| id.starts_with("close.") || *id == "handshake.completed"));
    assert!(ids(&close).len() > 1);
    assert_eq!(jsonl(TROUBLED, &["--stream", "1"]), Vec::<Value>::new());
    let (status, shown) = analyze(TROUBLED, &["--id", "keepalive.*"]);
    assert_eq!((status, &*shown), (0, "1 connection, none of which matches\n"));
}

#[test]
fn the_vantage_can_be_set() {
    assert_eq!(jsonl(TROUBLED, &[])[0]["vantage"], "client");
    assert_eq!(jsonl(TROUBLED, &["--vantage", "middle"])[0]["vantage"], "middle");
}

#[test]
fn several_files_are_analyzed_one_by_one() {
    let other = corpus(TROUBLED);
    let (status, shown) = analyze(CLEAN, &[other.to_str().unwrap()]);
    assert_eq!(status, 1);
    let headings: Vec<&str> = shown.lines().filter(|line| line.ends_with(".pcap:")).collect();
    assert_eq!(headings.len(), 2);
    assert!(shown.contains("1 connection: 1 clean\n") && shown.contains("1 connection: 1 with errors\n"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let script = format!(
        "{} analyze --format jsonl {} {} | head -n 1; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_tcpdx"),
        "\"$0\" ".repeat(400),
        corpus(CLEAN).display()
    );
    let output = Command::new("bash").args(["-c", &script]).arg(corpus(TROUBLED)).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn thresholds_decide_from_when_on_a_thing_is_told() {
    for (capture, id, option, tells, hides) in [
        ("slow-server", "app.slow_response", "--slow-response", "2s", "3s"),
        ("keepalive-answered-client", "keepalive.frequent", "--keepalive-interval", "1100ms", "500ms"),
        ("nat-idle-timeout", "path.idle_state_lost", "--idle-time", "4s", "6s"),
    ] {
        let capture = format!("{capture}/client.pcap");
        let told = |options: &[&str]| ids(&jsonl(&capture, options)).contains(&id);
        assert_eq!((told(&[]), told(&[option, tells]), told(&[option, hides])), (true, true, false), "{id}");
    }
}
