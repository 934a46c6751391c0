//! The captures of the corpus, read once, for tests of changes to them.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use crate::corpus::{self, Capture};
use crate::traffic::{Told, Traffic};
use std::sync::LazyLock;

/// A capture of the corpus, read, and what is told of it.
pub struct Case {
    /// The capture.
    pub capture: Capture,
    /// Its packets.
    pub traffic: Traffic,
    /// What is told of it.
    pub told: Told,
}

/// All captures, in the order of their names.
pub static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let captures = corpus::all_captures().unwrap();
    let read = |capture: &Capture| {
        let traffic = Traffic::read(&capture.path)?;
        let told = traffic.told();
        Ok(Case { capture: capture.clone(), traffic, told })
    };
    corpus::each(&captures, read).unwrap()
});

/// Fails with what `differences` finds, sorted by case; it gets the index of the case.
///
/// # Panics
/// When it finds any.
#[track_caller]
pub fn assert_none(differences: impl Fn(usize, &Case) -> Vec<String> + Sync) {
    let cases: Vec<(usize, &Case)> = CASES.iter().enumerate().collect();
    let found = corpus::each(&cases, |&(at, case)| Ok(differences(at, case))).unwrap();
    let failed: Vec<String> = CASES
        .iter()
        .zip(found)
        .flat_map(|(case, lines)| lines.into_iter().map(|line| format!("{}: {line}", case.capture.name)))
        .collect();
    assert!(failed.is_empty(), "{} differences\n{}", failed.len(), failed.join("\n"));
}
