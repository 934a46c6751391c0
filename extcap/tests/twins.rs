//! Generated captures beside what the Linux kernel did in the same setting.
//!
//! `tests/twins/CASE.toml` sets a real experiment up again; `CASE.client.txt` and `CASE.server.txt` are what was
//! captured in it. Packets must be the same in the same order; times may differ by 8 ms or a tenth, as the
//! experiment's own would from run to run. Where more than that differs from run to run, the twin's file says so in
//! a line `# Differs in WHAT: REASON`, and the test leaves WHAT alone:
//! - `numbers`: sequence and acknowledgment numbers far outside the connection
//! - `times`: when packets come
//! - `packets`: which packets come; how many are the same, and which the first other one is, stands in
//!   `docs/fidelity.md`, which `make docs` writes anew

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
    packets: bool,
}

/// What a case's file says of differences: in what, and why.
fn said(case: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder().join(format!("{case}.toml"))).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("# Differs in "));
    lines
        .map(|line| line.split_once(": ").unwrap_or_else(|| panic!("{case}: `# Differs in {line}`")))
        .map(|(what, why)| (what.to_owned(), why.to_owned()))
        .collect()
}

impl Differs {
    fn read(case: &str) -> Self {
        let mut differs = Differs::default();
        for (what, _) in said(case) {
            match what.as_str() {
                "numbers" => differs.numbers = true,
                "times" => differs.times = true,
                "packets" => differs.packets = true,
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

fn measured_at(case: &str, point: CapturePoint) -> PathBuf {
    folder().join(format!("{case}.{point}.txt"))
}

/// The packets of a case: those of the simulator, and the kernel's.
fn both(case: &str, point: CapturePoint) -> [Vec<Row>; 2] {
    let scenario = scenario::load(folder().join(format!("{case}.toml"))).unwrap();
    let mut capture = Vec::new();
    generate(&scenario, &GenerateOptions { point, ..GenerateOptions::default() }, &mut capture).unwrap();
    let mut generated = rows(&read(&capture));
    generated.sort_by_key(|row| row.connection);
    let text = std::fs::read_to_string(measured_at(case, point)).unwrap();
    [generated, text.lines().filter(|line| !line.starts_with('#')).map(measured).collect()]
}

fn compare(case: &str, point: CapturePoint) -> Vec<String> {
    let differs = Differs::read(case);
    let essence = |row: &Row| essence(row, differs);
    let [generated, real] = both(case, point);
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

/// The length of the longest common subsequence.
fn in_common(ours: &[String], theirs: &[String]) -> usize {
    let mut last = vec![0; theirs.len() + 1];
    for mine in ours {
        let mut diagonal = 0;
        for (index, real) in theirs.iter().enumerate() {
            let above = last[index + 1];
            last[index + 1] = if mine == real { diagonal + 1 } else { above.max(last[index]) };
            diagonal = above;
        }
    }
    last[theirs.len()]
}

/// How far the packets of a case agree, and where they part.
fn agreement(case: &str, point: CapturePoint) -> String {
    let [ours, theirs] = both(case, point)
        .map(|rows| rows.iter().map(|row| essence(row, Differs::default())).collect::<Vec<_>>());
    let same = in_common(&ours, &theirs);
    let part = ours.iter().zip(&theirs).position(|(mine, real)| mine != real);
    let number = part.unwrap_or(ours.len().min(theirs.len()));
    let told = |rows: &[String]| {
        let row = rows.get(number).map_or("the end", String::as_str);
        row.split(" options").next().unwrap_or_default().to_owned()
    };
    format!(
        "at the {point} {same} of {} packets; they part at packet {}, `{}` and the kernel's `{}`",
        ours.len().max(theirs.len()),
        number + 1,
        told(&ours),
        told(&theirs)
    )
}

fn cases() -> Vec<String> {
    let mut cases: Vec<String> = (std::fs::read_dir(folder()).unwrap())
        .filter_map(|entry| {
            entry.unwrap().path().file_name()?.to_str()?.strip_suffix(".toml").map(str::to_owned)
        })
        .collect();
    cases.sort();
    cases
}

/// Where the case was captured: at both ends, or at one.
fn points(case: &str) -> Vec<CapturePoint> {
    let points = [CapturePoint::Client, CapturePoint::Server];
    let captured: Vec<_> = points.into_iter().filter(|point| measured_at(case, *point).exists()).collect();
    assert!(!captured.is_empty(), "{case} was captured nowhere");
    captured
}

#[test]
fn generated_captures_are_what_the_kernel_does() {
    let cases = cases();
    assert!(cases.len() >= 20, "the twins are gone");
    let determined = cases.iter().filter(|case| !Differs::read(case).packets);
    let differences: Vec<String> =
        determined.flat_map(|case| points(case).into_iter().flat_map(|p| compare(case, p))).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// `docs/fidelity.md`: which generated captures differ from the kernel's, and why.
#[test]
fn the_list_of_differences_is_true() {
    let mut list = format!(
        "{HEAD}\nOf {} settings, {} give the same packets wherever they were captured.\n",
        cases().len(),
        cases().iter().filter(|case| !Differs::read(case).packets).count()
    );
    for case in cases() {
        for (what, why) in said(&case) {
            list.push_str(&format!("\n## {case}: {what}\n\n{why}\n"));
            if what == "packets" {
                for point in points(&case) {
                    list.push_str(&format!("\n- {}\n", agreement(&case, point)));
                }
            }
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/fidelity.md");
    if std::env::var_os("TCPDX_WRITE_PAGES").is_some() {
        std::fs::write(&file, &list).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(there, list, "`make docs` writes it anew");
}

const HEAD: &str = "# How far the simulator is like the kernel

Written by `make docs` from `tests/twins`. Each case there sets up again what was done on Linux 6.18, and holds what was
captured of it at both ends, or at one. Packets are the same when direction, flags, relative numbers, length, options and TTL are;
their times may differ by 8 ms or a tenth. Here are the cases in which something else differs, and why.
";
