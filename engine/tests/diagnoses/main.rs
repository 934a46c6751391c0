//! Every diagnosis in two conversations: one in which it is told, and a close look-alike in which it is not.
//!
//! `<family>/<name>.txt` holds both, in the notation of [`notation`]; the snapshot beside it shows the packets that
//! come of it and what is said of them. `cargo insta review` (or `INSTA_UPDATE=always`) after a change.
#![allow(clippy::unwrap_used, clippy::panic)] // in a test, to fail is right

mod hosts;
mod notation;
mod report;
mod zeek;

use notation::Pair;
use report::Report;
use std::path::{Path, PathBuf};
use tcpdx_engine::Diagnosis;

/// The conversations of that diagnosis.
fn path_of(diagnosis: Diagnosis) -> PathBuf {
    let (family, name) = diagnosis.id().split_once('.').unwrap();
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/diagnoses")
        .join(family)
        .join(name)
        .with_extension("txt")
}

#[test]
fn each_is_told_where_it_is_true_and_not_of_its_look_alike() {
    let mut wrong = Vec::new();
    for diagnosis in Diagnosis::ALL.iter().copied() {
        let path = path_of(diagnosis);
        let Ok(source) = std::fs::read_to_string(&path) else {
            wrong.push(format!("{}: no conversations in {}", diagnosis.id(), path.display()));
            continue;
        };
        let pair = Pair::parse(&source).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let (told, look_alike) = (Report::of(&pair.told), Report::of(&pair.look_alike));
        if !told.tells(diagnosis) {
            wrong.push(format!("{}: not told where it is true", diagnosis.id()));
        }
        if look_alike.tells(diagnosis) {
            wrong.push(format!("{}: told of its look-alike", diagnosis.id()));
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        insta::with_settings!({
            snapshot_path => path.parent().unwrap(), prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(name, format!("TOLD: {told}\nNOT TOLD: {look_alike}"));
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_conversation_is_of_a_diagnosis() {
    for family in Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnoses").read_dir().unwrap() {
        let family = family.unwrap().path();
        for file in family.is_dir().then(|| family.read_dir().unwrap()).into_iter().flatten() {
            let file = file.unwrap().path();
            let stem = |p: &Path| p.file_stem().unwrap().to_str().unwrap().to_owned();
            let id = format!("{}.{}", stem(&family), stem(&file));
            assert!(Diagnosis::from_id(&id).is_some(), "{} is of no diagnosis", file.display());
        }
    }
}
