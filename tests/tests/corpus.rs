//! What the command and the plugin tell of captures whose faults are known.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use tcpdx_tests::corpus::{self, Capture};
use tcpdx_tests::judge::Verdict;
use tcpdx_tests::told::{self, Passes, Report};
use tcpdx_tests::wireshark::Wireshark;

#[track_caller]
fn assert_right<'a>(told: impl Iterator<Item = (&'a Capture, &'a Report)>) {
    let mut verdict = Verdict::default();
    for (capture, report) in told {
        verdict.judge(capture, &report.told());
    }
    assert!(verdict.asked > 0);
    assert!(verdict.is_clean(), "{verdict}");
}

#[test]
fn command_tells_what_must_be_told_and_nothing_false() {
    let captures = corpus::all_captures().unwrap();
    let reports = corpus::each(&captures, |capture| told::by_command(&capture.path)).unwrap();
    assert_right(captures.iter().zip(&reports));
}

#[test]
fn plugin_tells_the_same_as_the_command_and_nothing_false() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let captures = corpus::all_captures().unwrap();
    let both = |capture: &Capture| {
        let plugin = told::by_plugin(&wireshark, &capture.path, Passes::Two)?;
        Ok((plugin, told::by_command(&capture.path)?))
    };
    let reports = corpus::each(&captures, both).unwrap();
    for (capture, (plugin, command)) in captures.iter().zip(&reports) {
        assert_eq!(plugin.connections, command.connections, "{}", capture.name);
        assert_eq!(plugin.findings, command.findings, "{}", capture.name);
    }
    assert_right(captures.iter().zip(reports.iter().map(|(plugin, _)| plugin)));
}
