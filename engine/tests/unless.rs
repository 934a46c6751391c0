//! What else must be so for a diagnosis to be told: one conversation of it, and what changes that.
//!
//! `unless/<diagnosis>.txt` (or `<diagnosis>-<what>.txt`) begins with a conversation in the notation of the diagnoses in
//! which it is told. Blocks of changes follow: with those of `unless` it is not told, or as less severe; with those of
//! `also` it is.
//!
//! ```text
//! told: The request is acknowledged at once, and answered after a second.
//! 0.000 handshake
//! 0.021 C P. len=200
//! 0.041 S .
//! 1.041 S P. len=1000
//! unless: A part of the answer is missing.
//! 4 1.041 S P. seq=1001 len=1000
//! also: Later, the client says more.
//! +4 2.000 C P. len=100
//! ```
//!
//! `4 line` stands in place of the fourth line, settings included; `4` alone is nothing in its place, `+4 line` comes
//! behind it. The snapshot beside the file shows what is said of each.
#![allow(clippy::unwrap_used, clippy::panic, dead_code)] // in a test, to fail is right; the diagnoses use more

#[path = "diagnoses/hosts.rs"]
mod hosts;
#[path = "diagnoses/notation.rs"]
mod notation;
#[path = "diagnoses/report.rs"]
mod report;
#[path = "diagnoses/said.rs"]
mod said;

use notation::Conversation;
use report::Report;
use said::counted;
use std::path::Path;
use tcpdx_engine::{Diagnosis, Severity};

/// A block of a file: what it begins with, its sentence, and its lines.
struct Block<'a> {
    kind: &'a str,
    about: &'a str,
    lines: Vec<&'a str>,
}

fn blocks(source: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for line in source.lines().filter(|line| !line.is_empty()) {
        match line.split_once(": ") {
            Some((kind @ ("told" | "unless" | "also"), about)) => {
                blocks.push(Block { kind, about, lines: Vec::new() });
            }
            _ => blocks.last_mut().expect("`told: …` first").lines.push(line),
        }
    }
    blocks
}

/// The lines with the changes made.
fn changed(lines: &[&str], changes: &[&str]) -> Vec<String> {
    let mut all: Vec<Vec<String>> = lines.iter().map(|line| vec![(*line).to_owned()]).collect();
    for change in changes {
        let (at, line) = change.split_once(' ').unwrap_or((change, ""));
        let n: usize = at.parse().unwrap_or_else(|_| panic!("{change}: no number of a line"));
        let place = &mut all[n - 1];
        if at.starts_with('+') {
            place.push(line.into());
        } else {
            place[0] = line.into();
        }
    }
    all.concat()
}

#[test]
fn each_is_told_unless_something_else_is_so() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/unless");
    let mut wrong = Vec::new();
    for file in folder.read_dir().unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let id = name.split('-').next().unwrap();
        let diagnosis = Diagnosis::from_id(id).unwrap_or_else(|| panic!("{id} is no diagnosis"));
        let source = std::fs::read_to_string(&path).unwrap();
        let blocks = blocks(&source);
        let mut said = String::new();
        let mut worst: Option<Severity> = None;
        for Block { kind, about, lines } in &blocks {
            let changes = if *kind == "told" { &[] } else { lines.as_slice() };
            let text = changed(&blocks[0].lines, changes).join("\n");
            let conversation = Conversation::parse(&format!("{kind}: {about}\n{text}\n"), kind)
                .unwrap_or_else(|e| panic!("{name}: {about}: {e}"));
            let report = Report::of(&conversation);
            let told = report.findings.iter().filter(|f| f.diagnosis == diagnosis).map(|f| f.severity).max();
            let right = match *kind {
                "told" => told.is_some(),
                "also" => told >= worst,
                _ => told < worst,
            };
            worst = worst.or(told);
            if !right {
                wrong.push(format!("{name}: {kind}: {about}: {told:?}"));
            }
            said += &format!("{}: {about}\n{}\n\n", kind.to_uppercase(), counted(&report.said()));
        }
        insta::with_settings!({
            snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(name, said);
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
