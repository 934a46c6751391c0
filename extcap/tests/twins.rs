//! Generated captures beside what the Linux kernel did in the same setting.
//!
//! `tests/twins/CASE.toml` sets a real experiment up again; `CASE.client.txt` and `CASE.server.txt` are what was
//! captured in it. Packets must be the same in the same order; times may differ by 8 ms or a tenth, as the
//! experiment's own would from run to run. Where more than that differs from run to run, the twin's file says so in
//! a line `# Differs in WHAT: REASON`, and the test leaves WHAT alone:
//! - `numbers`: sequence and acknowledgment numbers far outside the connection
//! - `times`: when packets come

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};

use common::{Row, read, rows};
use tcpdx_extcap::{CapturePoint, GenerateOptions, generate, scenario};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/twins")
}

/// A line of a measured capture.
fn measured(line: &str) -> Row {
    let fields: Vec<&str> = line.split(' ').collect();
    let [connection, direction, flags, seq, ack, len, kinds, ttl, since] = fields[..] else {
        panic!("{line}")
    };
    Row {
        connection: connection.parse().unwrap(),
        direction: direction.parse().unwrap(),
        flags: flags.replace('.', "A"),
        seq: seq.parse().unwrap(),
        ack: ack.parse().ok(),
        len: len.parse().unwrap(),
        kinds: kinds.split(',').filter_map(|kind| kind.parse().ok()).collect(),
        ttl: ttl.parse().unwrap(),
        since: since.parse().unwrap(),
    }
}

/// What differs from run to run of the experiment.
#[derive(Default, Clone, Copy)]
struct Differs {
    numbers: bool,
    times: bool,
}

impl Differs {
    fn read(case: &str) -> Self {
        let text = std::fs::read_to_string(folder().join(format!("{case}.toml"))).unwrap();
        let mut differs = Differs::default();
        for what in text.lines().filter_map(|line| line.strip_prefix("# Differs in ")) {
            match what.split_once(": ").map(|(what, _)| what) {
                Some("numbers") => differs.numbers = true,
                Some("times") => differs.times = true,
                _ => panic!("{case}: `# Differs in {what}`"),
            }
        }
        differs
    }
}

/// What must agree exactly. PSH is a hint, not behaviour.
fn essence(row: &Row, differs: Differs) -> String {
    let number = |number: u32| match number {
        0x0100_0000.. if differs.numbers => "?".to_owned(),
        _ => number.to_string(),
    };
    let ack = row.ack.map_or("-".to_owned(), number);
    let flags = row.flags.replace('P', "");
    let Row { connection, direction, len, kinds, ttl, .. } = row;
    let seq = number(row.seq);
    format!("{connection} {direction} {flags} ({seq},{ack},{len}) options {kinds:?} ttl {ttl}")
}

fn compare(case: &str, point: CapturePoint) -> Vec<String> {
    let differs = Differs::read(case);
    let essence = |row: &Row| essence(row, differs);
    let scenario = scenario::load(folder().join(format!("{case}.toml"))).unwrap();
    let mut capture = Vec::new();
    generate(&scenario, &GenerateOptions { point, ..GenerateOptions::default() }, &mut capture).unwrap();
    let mut generated = rows(&read(&capture));
    generated.sort_by_key(|row| row.connection);
    let text = std::fs::read_to_string(folder().join(format!("{case}.{point}.txt"))).unwrap();
    let real: Vec<Row> = text.lines().filter(|line| !line.starts_with('#')).map(measured).collect();
    let (ours, theirs): (Vec<_>, Vec<_>) =
        (generated.iter().map(&essence).collect(), real.iter().map(&essence).collect());
    if ours != theirs {
        return vec![format!(
            "{case} at the {point}:\n{}\nbut the kernel:\n{}",
            ours.join("\n"),
            theirs.join("\n")
        )];
    }
    let late = |(ours, theirs): (&Row, &Row)| {
        let allowed = (theirs.since * 0.1).max(0.008);
        let (mine, real) = (ours.since, theirs.since);
        ((mine - real).abs() > allowed && !differs.times).then(|| {
            format!(
                "{case} at the {point}: {} after {mine:.4} s, the kernel's after {real:.4} s",
                essence(ours)
            )
        })
    };
    generated.iter().zip(&real).filter_map(late).collect()
}

#[test]
fn generated_captures_are_what_the_kernel_does() {
    let mut cases: Vec<String> = (std::fs::read_dir(folder()).unwrap())
        .filter_map(|entry| {
            entry.unwrap().path().file_name()?.to_str()?.strip_suffix(".toml").map(str::to_owned)
        })
        .collect();
    cases.sort();
    assert!(cases.len() >= 20, "the twins are gone");
    let points = [CapturePoint::Client, CapturePoint::Server];
    let differences: Vec<String> =
        cases.iter().flat_map(|case| points.map(|p| compare(case, p))).flatten().collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
