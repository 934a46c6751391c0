//! What the command and the plugin tell of captures whose faults are known.

use std::io;
use std::path::PathBuf;
use tcpdx_tests::built::root;
use tcpdx_tests::corpus::{self, Capture};
use tcpdx_tests::judge::Verdict;
use tcpdx_tests::told::{self, Passes, Report};
use tcpdx_tests::wireshark::Wireshark;

/// The captures that the project carries, and those of a larger corpus beside it when there is one.
fn captures() -> Vec<Capture> {
    let beside: PathBuf = root().join("../shared/corpus");
    let corpus = if beside.is_dir() { corpus::captures_in(&beside) } else { corpus::captures() };
    corpus.unwrap()
}

#[track_caller]
fn judge(tell: impl Fn(&Capture) -> io::Result<Report> + Sync) {
    let captures = captures();
    let reports = corpus::each(&captures, tell).unwrap();
    let mut verdict = Verdict::default();
    for (capture, report) in captures.iter().zip(&reports) {
        verdict.judge(capture, &report.told());
    }
    assert!(verdict.asked > 0);
    assert!(verdict.is_clean(), "{verdict}");
}

#[test]
fn command_tells_what_must_be_told_and_nothing_false() {
    judge(|capture| told::by_command(&capture.path));
}

#[test]
fn plugin_tells_what_must_be_told_and_nothing_false() {
    let wireshark = Wireshark::with_plugin().unwrap();
    judge(|capture| told::by_plugin(&wireshark, &capture.path, Passes::Two));
}

#[test]
fn command_and_plugin_tell_the_same() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let both = |capture: &Capture| {
        let plugin = told::by_plugin(&wireshark, &capture.path, Passes::Two)?;
        Ok((told::by_command(&capture.path)?, plugin))
    };
    let captures = captures();
    for (capture, (command, plugin)) in captures.iter().zip(corpus::each(&captures, both).unwrap()) {
        assert_eq!(command.connections, plugin.connections, "{}", capture.name);
        assert_eq!(command.findings, plugin.findings, "{}", capture.name);
    }
}
