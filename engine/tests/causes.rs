//! Causes in two conversations each: one in which it is the first cause of a finding, and a look-alike in which it is not.
//!
//! `causes/<family>/<name>.txt` holds both, in the notation of the diagnoses; `of:` is the diagnosis whose causes are looked at.
#![allow(clippy::unwrap_used, clippy::panic, dead_code)] // in a test, to fail is right; the diagnoses use more

#[path = "diagnoses/hosts.rs"]
mod hosts;
#[path = "diagnoses/notation.rs"]
mod notation;
#[path = "diagnoses/report.rs"]
mod report;

use notation::{Conversation, Pair};
use report::Report;
use std::path::{Path, PathBuf};
use tcpdx_engine::{Cause, Causes, Diagnosis, Language, Verdict};

fn files() -> Vec<(Cause, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/causes");
    let folders = root.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        folders.flat_map(|folder| folder.read_dir().unwrap()).map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let cause = |file: &Path| {
        let family = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let id = format!("{family}.{}", file.file_stem().unwrap().to_str().unwrap());
        Cause::from_id(&id).unwrap_or_else(|| panic!("{} is of no cause", file.display()))
    };
    files.into_iter().map(|file| (cause(&file), file)).collect()
}

/// The causes of the first finding that the conversation asks for, if it is told.
fn causes(conversation: &Conversation) -> Option<(Causes, Vec<String>)> {
    let diagnosis = Diagnosis::from_id(&conversation.settings["of"]).unwrap();
    let report = Report::of(conversation);
    let finding = report.findings.iter().find(|finding| finding.diagnosis == diagnosis)?;
    let causes = report.engine.causes(finding);
    let why = causes.why(finding, Language::English);
    Some((causes, why))
}

#[test]
fn each_is_told_first_where_it_is_so_and_not_of_its_look_alike() {
    let mut wrong = Vec::new();
    for (cause, file) in files() {
        let source = std::fs::read_to_string(&file).unwrap();
        let pair = Pair::parse(&source).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        match causes(&pair.told) {
            None => wrong.push(format!("{}: the finding is not told", cause.id())),
            Some((causes, why)) => {
                let supported = causes.shown.first().is_some_and(|it| it.verdict == Verdict::Supported);
                if causes.top() != Some(cause) || !supported {
                    wrong.push(format!("{}: not told first, but {why:?}", cause.id()));
                }
            }
        }
        match causes(&pair.look_alike) {
            None => wrong.push(format!("{}: the finding of the look-alike is not told", cause.id())),
            Some((causes, why))
                if causes.shown.iter().any(|it| it.cause == cause && it.verdict == Verdict::Supported) =>
            {
                wrong.push(format!("{}: told of its look-alike: {why:?}", cause.id()));
            }
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
