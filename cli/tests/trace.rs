//! `tcpdx analyze --trace`: what each rule asked about a frame.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use common::{corpus, files_below};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use tcpdx_cli::read::{Capture, Decoder};
use tcpdx_engine::{Engine, Finding, Settings};

/// A RST in the name of the client, and what comes of it.
const INJECTED: &str = "rst-injected-to-server-vlan/server.pcap";

fn analyze(options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tcpdx"))
        .env("LC_ALL", "C.UTF-8")
        .args(["analyze", "--color", "never"])
        .arg(corpus(INJECTED))
        .args(options)
        .output()
        .unwrap()
}

#[test]
fn a_trace_says_what_each_rule_asked_and_what_stopped_it() {
    let output = analyze(&["--trace", "4"]);
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    insta::assert_snapshot!("trace", String::from_utf8(output.stdout).unwrap());
}

#[test]
fn for_programs_it_is_an_object_a_frame() {
    let output = analyze(&["--format", "jsonl", "--trace", "4", "--trace", "5"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line["type"] == "trace" && line["stream"] == 0));
    let rule = |line: &Value, id: &str| {
        line["rules"].as_array().unwrap().iter().find(|rule| rule["by"] == id).cloned().unwrap()
    };
    assert_eq!(lines[0]["claimed"], serde_json::json!(["a RST was forged"]));
    assert_eq!(rule(&lines[0], "reset.injected")["told"], serde_json::json!([4]));
    assert_eq!(rule(&lines[0], "reset.abort")["stopped_by"], "that is what the RST is (rst)");
    assert_eq!(lines[1]["claims"][0]["frame"], 4);
    assert_eq!(rule(&lines[1], "reset.followed_by_traffic")["stopped_by"], Value::Null);
}

#[test]
fn only_the_diagnoses_that_are_asked_for_are_shown() {
    let output = analyze(&["--trace", "4", "--id", "reset.abort"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\n  reset.abort\n    no   that is what the RST is (rst)\n"), "{text}");
    assert!(!text.contains("reset.injected") && text.contains("\n  rst\n"), "{text}");
}

#[test]
fn a_frame_without_a_tcp_packet_has_no_trace() {
    let output = analyze(&["--trace", "99", "--trace", "4"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.ends_with("frame 99 is no packet of a TCP connection; the capture has 8 frames\n"),
        "{error}"
    );
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("frame 4, connection 0"));
    assert_eq!(analyze(&["--trace", "0"]).status.code(), Some(2));
}

/// What is told of a capture.
fn findings(path: &Path, is_traced: bool) -> Vec<Finding> {
    let mut engine = Engine::new(Settings::default());
    let mut decoder = Decoder::new();
    let mut capture = Capture::open(path).unwrap();
    capture
        .read(|frame| {
            if is_traced {
                engine.trace(frame.number);
            }
            decoder.decode(frame, &mut engine);
        })
        .unwrap();
    engine.findings()
}

#[test]
fn what_is_told_of_a_capture_is_the_same_where_every_frame_is_traced() {
    let captures = files_below(&corpus(""));
    let captures = captures.iter().filter(|path| path.extension().is_some_and(|e| e == "pcap"));
    for path in captures {
        assert_eq!(findings(path, true), findings(path, false), "{}", path.display());
    }
}
