//! Every scenario of the simulator, at the client and at the server: the plugin tells what the command tells, in one
//! pass and in two.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use tcpdx_tests::built::built;
use tcpdx_tests::told::{self, FROM_SILENCE, Passes};
use tcpdx_tests::wireshark::Wireshark;
use tempfile::{NamedTempFile, TempDir};

/// The names of all scenarios.
fn scenarios() -> Vec<String> {
    let output = Command::new(&built().command).args(["scenarios", "--lang", "en"]).output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let names = listed.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| name.contains('/')).map(String::from).collect()
}

/// One capture with every scenario, one after the other: Wireshark starts slowly, and reads fast.
fn all_scenarios(point: &str) -> NamedTempFile {
    let folder = TempDir::new().unwrap();
    let names = scenarios();
    assert!(names.len() > 50, "{names:?}");
    let files: Vec<_> = (0..names.len()).map(|n| folder.path().join(format!("{n}.pcapng"))).collect();
    for (number, (name, file)) in names.iter().zip(&files).enumerate() {
        // Each on a day and with ports and sequence numbers of its own, so that none goes on with another.
        let start = format!(
            "20{:02}-{:02}-{:02}T00:00:00Z",
            10 + number / 336,
            1 + number / 28 % 12,
            1 + number % 28
        );
        let output = Command::new(&built().command)
            .args(["generate", name, "--point", point, "--start", &start, "--no-comments"])
            .args(["--seed", &(number + 1).to_string(), "-o"])
            .arg(file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let all = NamedTempFile::with_suffix(".pcapng").unwrap();
    let status = Command::new("mergecap").arg("-a").arg("-w").arg(all.path()).args(&files).status().unwrap();
    assert!(status.success());
    all
}

/// Frame and id of what is told while the capture is read once.
fn told_at_first(wireshark: &Wireshark, capture: &Path) -> BTreeSet<(u32, String)> {
    let arguments = ["-T", "fields", "-E", "aggregator=|", "-e", "frame.number", "-e", "tcpdx.diagnosis"];
    let lines = wireshark.tshark(capture, &arguments).unwrap();
    let of_line = |line: &str| -> Vec<(u32, String)> {
        let (frame, ids) = line.split_once('\t').unwrap_or((line, ""));
        let frame = frame.parse().unwrap();
        ids.split('|').filter(|id| !id.is_empty()).map(|id| (frame, id.to_string())).collect()
    };
    lines.lines().flat_map(of_line).collect()
}

#[track_caller]
fn assert_same_in_one_pass_and_two(point: &str) {
    let wireshark = Wireshark::with_plugin().unwrap();
    let capture = all_scenarios(point);
    let command = told::by_command(capture.path()).unwrap();
    let plugin = told::by_plugin(&wireshark, capture.path(), Passes::Two).unwrap();
    assert_eq!(plugin.connections, command.connections);
    assert_eq!(plugin.findings, command.findings);
    let first = told_at_first(&wireshark, capture.path());
    let proved = command.findings.iter().filter(|finding| !FROM_SILENCE.contains(&finding.id.as_str()));
    let missing: Vec<_> =
        proved.filter(|finding| !first.contains(&(finding.trigger, finding.id.clone()))).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_plugin_tells_of_every_scenario_at_the_client_what_the_command_tells() {
    assert_same_in_one_pass_and_two("client");
}

#[test]
fn the_plugin_tells_of_every_scenario_at_the_server_what_the_command_tells() {
    assert_same_in_one_pass_and_two("server");
}
