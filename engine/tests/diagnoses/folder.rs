//! Conversations of a folder.

use crate::notation::Pair;
use std::path::Path;

/// The pairs of its text files, by name, in order.
pub(crate) fn pairs(folder: &Path) -> Vec<(String, Pair)> {
    let mut pairs = Vec::new();
    for file in folder.read_dir().unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let pair = Pair::parse(&source).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        pairs.push((path.file_stem().unwrap().to_str().unwrap().to_owned(), pair));
    }
    assert!(!pairs.is_empty(), "{} holds no conversations", folder.display());
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs
}
