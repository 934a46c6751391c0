//! Rules that need more than the two conversations of their diagnosis: what real captures taught.
//!
//! `close_calls/<diagnosis>-<what>.txt` holds two conversations in the notation of the diagnoses: one in which it is
//! told, and a look-alike in which it is not, or as less severe. The snapshot beside it shows the packets and what is
//! said of them.
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
use tcpdx_engine::{Diagnosis, Severity};

/// The worst severity with which it is told.
fn severity(report: &Report, diagnosis: Diagnosis) -> Option<Severity> {
    report.findings.iter().filter(|f| f.diagnosis == diagnosis).map(|f| f.severity).max()
}

#[test]
fn each_is_told_where_it_is_true_and_less_of_its_look_alike() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/close_calls");
    let mut wrong = Vec::new();
    for (name, pair) in folder::pairs(&folder) {
        let id = name.split('-').next().unwrap();
        let diagnosis = Diagnosis::from_id(id).unwrap_or_else(|| panic!("{id} is no diagnosis"));
        let (told, look_alike) = (Report::of(&pair.told), Report::of(&pair.look_alike));
        if severity(&told, diagnosis) <= severity(&look_alike, diagnosis) {
            wrong.push(format!("{name}: not worse than its look-alike"));
        }
        insta::with_settings!({
            snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(name.as_str(), format!("TOLD: {told}\nNOT TOLD: {look_alike}"));
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
