//! What the command and the plugin tell of captures whose faults are known.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use std::sync::LazyLock;
use tcpdx_tests::built::root;
use tcpdx_tests::corpus::{self, Capture};
use tcpdx_tests::judge::Verdict;
use tcpdx_tests::told::{self, Passes, Report};
use tcpdx_tests::wireshark::Wireshark;

/// What was told of one capture.
struct Told {
    capture: Capture,
    by_command: Report,
    by_plugin: Report,
}

/// What is told of the captures that the project carries, or of a larger corpus beside it when there is one.
static TOLD: LazyLock<Vec<Told>> = LazyLock::new(|| {
    let beside = root().join("../shared/corpus");
    let captures = if beside.is_dir() { corpus::captures_in(&beside) } else { corpus::captures() }.unwrap();
    let wireshark = Wireshark::with_plugin().unwrap();
    let tell = |capture: &Capture| {
        Ok(Told {
            capture: capture.clone(),
            by_command: told::by_command(&capture.path)?,
            by_plugin: told::by_plugin(&wireshark, &capture.path, Passes::Two)?,
        })
    };
    corpus::each(&captures, tell).unwrap()
});

#[track_caller]
fn judge(report: impl Fn(&Told) -> &Report) {
    let mut verdict = Verdict::default();
    for told in TOLD.iter() {
        verdict.judge(&told.capture, &report(told).told());
    }
    assert!(verdict.asked > 0);
    assert!(verdict.is_clean(), "{verdict}");
}

#[test]
fn command_tells_what_must_be_told_and_nothing_false() {
    judge(|told| &told.by_command);
}

#[test]
fn plugin_tells_what_must_be_told_and_nothing_false() {
    judge(|told| &told.by_plugin);
}

#[test]
fn command_and_plugin_tell_the_same() {
    for Told { capture, by_command, by_plugin } in TOLD.iter() {
        assert_eq!(by_command.connections, by_plugin.connections, "{}", capture.name);
        assert_eq!(by_command.findings, by_plugin.findings, "{}", capture.name);
    }
}
