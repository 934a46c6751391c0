//! Generated captures beside what the Linux kernel did in the same setting.
//!
//! `tests/twins/CASE.toml` sets a real experiment up again; `CASE.client.txt` and `CASE.server.txt` are what was
//! captured in it. Packets must be the same in the same order; times may differ by 8 ms or a tenth, as the
//! experiment's own would from run to run.

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

/// What must agree exactly. PSH is a hint, not behaviour.
fn essence(row: &Row) -> String {
    let ack = row.ack.map_or("-".to_owned(), |ack| ack.to_string());
    let flags = row.flags.replace('P', "");
    let Row { connection, direction, seq, len, kinds, ttl, .. } = row;
    format!("{connection} {direction} {flags} ({seq},{ack},{len}) options {kinds:?} ttl {ttl}")
}

fn compare(case: &str, point: CapturePoint) -> Vec<String> {
    let scenario = scenario::load(folder().join(format!("{case}.toml"))).unwrap();
    let mut capture = Vec::new();
    generate(&scenario, &GenerateOptions { point, ..GenerateOptions::default() }, &mut capture).unwrap();
    let mut generated = rows(&read(&capture));
    generated.sort_by_key(|row| row.connection);
    let text = std::fs::read_to_string(folder().join(format!("{case}.{point}.txt"))).unwrap();
    let real: Vec<Row> = text.lines().filter(|line| !line.starts_with('#')).map(measured).collect();
    let (ours, theirs): (Vec<_>, Vec<_>) =
        (generated.iter().map(essence).collect(), real.iter().map(essence).collect());
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
        ((mine - real).abs() > allowed).then(|| {
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
