//! `docs/diagnoses/` holds a page for each diagnosis in each language, made from the catalogue, the conversations
//! of the engine's tests, the library and the scenarios; `docs/causes/` a page for each cause.
#![allow(clippy::unwrap_used, clippy::panic)] // in a test, to fail is right

mod cause;
mod page;

// The notation of the conversations, and what the engine says of them.
#[path = "../../../engine/tests/diagnoses/hosts.rs"]
mod hosts;
#[path = "../../../engine/tests/diagnoses/notation.rs"]
mod notation;
#[path = "../../../engine/tests/diagnoses/report.rs"]
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tcpdx_engine::{Cause, Diagnosis, Language};
use tcpdx_tests::built::root;

/// The environment variable that, set to anything, makes the test write the pages instead of comparing them.
const WRITE: &str = "TCPDX_WRITE_PAGES";

/// The pages of causes by their path below `docs/causes/`.
fn causes() -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    for language in Language::ALL.iter().copied() {
        pages.insert(page::folder(language).join("README.md"), cause::index(language));
        for cause in Cause::ALL.iter().copied() {
            pages.insert(page::folder(language).join(cause::path(cause)), cause::of(cause, language));
        }
    }
    pages
}

/// The pages by their path below `docs/diagnoses/`.
fn pages() -> BTreeMap<PathBuf, String> {
    let facts = page::facts();
    let mut pages = BTreeMap::new();
    for language in Language::ALL.iter().copied() {
        pages.insert(page::folder(language).join("README.md"), page::index(language));
        for diagnosis in Diagnosis::ALL.iter().copied() {
            let path = page::folder(language).join(page::path(diagnosis));
            pages.insert(path, page::of(diagnosis, &facts[diagnosis as usize], language));
        }
    }
    pages
}

/// Every file below a folder, by its path from there.
fn files_in(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| {
        let name = PathBuf::from(path.file_name().unwrap());
        if path.is_dir() { files_in(&path).iter().map(|file| name.join(file)).collect() } else { vec![name] }
    });
    files.collect()
}

#[test]
fn the_pages_are_what_the_catalogue_makes_them() {
    hold(&pages(), "docs/diagnoses");
    hold(&causes(), "docs/causes");
}

/// The folder has these pages, and no others; or gets them.
fn hold(pages: &BTreeMap<PathBuf, String>, name: &str) {
    let folder = root().join(name);
    let there = files_in(&folder);
    let too_many: Vec<_> = there.iter().filter(|file| !pages.contains_key(*file)).collect();
    let stale: Vec<_> = pages
        .iter()
        .filter(|(path, text)| fs::read_to_string(folder.join(path)).ok().as_ref() != Some(*text))
        .collect();
    if std::env::var_os(WRITE).is_some() {
        for file in too_many {
            fs::remove_file(folder.join(file)).unwrap();
        }
        for (path, text) in stale {
            fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
            fs::write(folder.join(path), text).unwrap();
        }
        return;
    }
    let (stale, first) = (stale.len(), stale.first().map(|(path, _)| path));
    assert!(
        stale == 0 && too_many.is_empty(),
        "{name} is stale: run `make docs`, which sets {WRITE}\n\
         {stale} pages are not as they should be, first {first:?}; of nothing: {too_many:?}"
    );
}
