//! Ports that are used again, where the capture lacks the beginning of the next connection.
//!
//! `successors/<name>.txt` holds two conversations in the notation of the diagnoses: one with two connections, and a
//! look-alike with one. The snapshot beside it shows the packets and what is said of them.
#![allow(clippy::unwrap_used, clippy::panic, dead_code)] // in a test, to fail is right; the diagnoses use more

#[path = "diagnoses/folder.rs"]
mod folder;
#[path = "diagnoses/hosts.rs"]
mod hosts;
#[path = "diagnoses/notation.rs"]
mod notation;
#[path = "diagnoses/report.rs"]
mod report;

use report::Report;
use std::path::Path;
use tcpdx_engine::Severity;

#[test]
fn the_next_connection_on_the_same_ports_is_told_from_the_one_before() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/successors");
    let mut wrong = Vec::new();
    for (name, pair) in folder::pairs(&folder) {
        let (two, one) = (Report::of(&pair.told), Report::of(&pair.look_alike));
        let connections = [two.summaries.len(), one.summaries.len()];
        if connections != [2, 1] {
            wrong.push(format!("{name}: {connections:?} connections"));
        }
        for alarm in two.findings.iter().filter(|f| f.severity > Severity::Note && f.stream > 0) {
            wrong.push(format!("{name}: {} about packet {}", alarm.diagnosis.id(), alarm.subject));
        }
        insta::with_settings!({
            snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(name.as_str(), format!("TWO: {two}\nONE: {one}"));
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
