//! The profile "TCP diagnosis" in the real tshark: every version takes it, and it shows what it promises.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use tcpdx_tests::built::root;
use tcpdx_tests::wireshark::Wireshark;

const PROFILE: [&str; 3] = ["-C", "TCP diagnosis", "-2"];

fn corpus_capture(name: &str) -> PathBuf {
    root().join("tests/corpus").join(name).join("client.pcap")
}

/// The lines of a file of the profile that are no comments.
fn lines_of(file: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("plugin/profile").join(file)).unwrap();
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(String::from).collect()
}

/// Name and filter of each colouring rule, in order.
fn colours() -> Vec<(String, String)> {
    let rule = |line: &String| {
        let parts: Vec<_> = line.split('@').collect();
        (parts[1].to_string(), parts[2].to_string())
    };
    lines_of("colorfilters").iter().map(rule).collect()
}

/// Label and filter of each button.
fn buttons() -> BTreeMap<String, String> {
    let button = |line: &String| {
        let parts: Vec<_> = line.trim_matches('"').split("\",\"").collect();
        (parts[1].to_string(), parts[2].replace("\\x22", "\""))
    };
    lines_of("dfilter_buttons").iter().map(button).collect()
}

/// The frames that a filter picks, as a list of numbers.
fn picked(wireshark: &Wireshark, capture: &str, filter: &str) -> Vec<u32> {
    let arguments = ["-2", "-Y", filter, "-T", "fields", "-e", "frame.number"];
    let told = wireshark.tshark(&corpus_capture(capture), &arguments).unwrap();
    told.lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn wireshark_takes_it_without_complaint() {
    let wireshark = Wireshark::with_profile().unwrap();
    let arguments = [&PROFILE[..], &["--color"]].concat();
    assert_eq!(wireshark.complaints(&corpus_capture("clean-close4"), &arguments).unwrap(), "");
}

#[test]
fn columns_show_diagnosis_states_and_story() {
    let wireshark = Wireshark::with_profile().unwrap();
    let list = wireshark.tshark(&corpus_capture("third-ack-never-arrives"), &PROFILE).unwrap();
    let third_ack = list.lines().nth(2).unwrap();
    for shown in ["handshake.third_ack_lost", "ESTABLISHED", "SYN-RECEIVED", "The client "] {
        assert!(third_ack.contains(shown), "{third_ack}");
    }
}

#[test]
fn every_filter_is_valid() {
    let wireshark = Wireshark::with_profile().unwrap();
    let filters: Vec<_> =
        colours().into_iter().map(|(_, filter)| filter).chain(buttons().into_values()).collect();
    assert!(filters.len() > 10);
    let all: Vec<_> = filters.iter().map(|filter| format!("({filter})")).collect();
    wireshark.tshark(&corpus_capture("clean-close4"), &["-Y", &all.join(" || ")]).unwrap();
}

#[test]
fn colours_tell_what_was_forged_lost_or_wrong() {
    let wireshark = Wireshark::with_profile().unwrap();
    for (capture, rule) in [
        ("rst-injected-to-server", "TCP diagnosis: forged"),
        ("third-ack-never-arrives", "TCP diagnosis: lost on the way"),
        ("syn-closed-port", "TCP diagnosis: error"),
        ("slow-server", "TCP diagnosis: warning"),
        ("keepalive-answered-client", "TCP diagnosis: note"),
        ("clean-close4", "TCP diagnosis: milestone"),
    ] {
        assert!(colours().iter().any(|(name, _)| name == rule));
        let arguments =
            [&PROFILE[..], &["--color", "-T", "fields", "-e", "frame.coloring_rule.name"]].concat();
        let capture = if capture == "rst-injected-to-server" {
            root().join("tests/corpus/rst-injected-to-server/server.pcap")
        } else {
            corpus_capture(capture)
        };
        let told = wireshark.tshark(&capture, &arguments).unwrap();
        assert!(told.lines().any(|line| line == rule), "{rule}:\n{told}");
    }
}

#[test]
fn buttons_pick_what_they_say() {
    let wireshark = Wireshark::with_profile().unwrap();
    let buttons = buttons();
    assert_eq!(buttons.keys().collect::<Vec<_>>(), ["clean", "handshake", "resets", "slow app", "trouble"]);
    let picked = |button: &str, capture| picked(&wireshark, capture, &buttons[button]);
    assert!(picked("trouble", "clean-close4").is_empty());
    assert!(picked("trouble", "slow-server").contains(&14));
    assert!(picked("handshake", "third-ack-never-arrives").contains(&3));
    assert_eq!(picked("resets", "syn-closed-port"), [2]);
    assert_eq!(picked("slow app", "slow-server"), [14]);
    assert!(picked("clean", "slow-server").is_empty());
    assert!(picked("clean", "clean-close4").len() >= 10);
}
