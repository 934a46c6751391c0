//! The floors of the engine: each file imports only from its own floor or from below, and no file imports itself by
//! way of others.
#![allow(clippy::unwrap_used, clippy::panic)] // in a test, to fail is right

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// From the top; what is in no room of these is the ground.
const FLOORS: [&str; 10] =
    ["reasons", "engine", "verdict", "causes", "rules", "proof", "book", "connection", "wire", "catalogue"];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// `rules::loss` for `rules/loss/mod.rs`.
fn module_of(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap().with_extension("");
    let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
    parts.join("::").trim_end_matches("::mod").to_owned()
}

/// Code without comments and tests.
fn code_of(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The paths in code, `use a::{b, c}` as `a::b` and `a::c`, made absolute; those of other crates are dropped later.
fn paths_in(code: &str, module: &str, children: &BTreeSet<String>) -> Vec<String> {
    let mut paths = Vec::new();
    let words = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for (at, start) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        if code[..at].ends_with(|c: char| words(c)) {
            continue;
        }
        let end = code[at..].find(|c| !words(c)).map_or(code.len(), |length| at + length);
        let mut base = module.to_owned();
        let mut rest = &code[at..end];
        if start == "crate::" {
            base.clear();
            rest = &rest["crate::".len()..];
        } else {
            // A file beside others sees them as `super::other`.
            while let Some(shorter) = rest.strip_prefix("super::") {
                base = base.rsplit_once("::").map_or(String::new(), |(parent, _)| parent.to_owned());
                rest = shorter;
            }
        }
        let full = |tail: &str| [base.as_str(), tail].join("::").trim_start_matches("::").to_owned();
        if rest.is_empty() || rest.ends_with("::") {
            let group = code[end..].strip_prefix('{').and_then(|g| g.split('}').next()).unwrap_or_default();
            paths.extend(group.split(',').map(|name| full(&format!("{rest}{}", name.trim()))));
        } else {
            paths.push(full(rest));
        }
    }
    // `child::item` in a parent.
    for child in children {
        let name = child.rsplit("::").next().unwrap();
        let named = |at: usize| !code[..at].ends_with(|c: char| words(c) || c == '.');
        if code.match_indices(&format!("{name}::")).any(|(at, _)| named(at)) {
            paths.push(child.clone());
        }
    }
    paths
}

/// Each file with those that it imports from.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let modules: BTreeSet<String> = paths.iter().map(|path| module_of(&root, path)).collect();
    let mut imports = BTreeMap::new();
    for path in paths.iter().filter(|path| !path.ends_with("lib.rs") && !path.ends_with("tests/captures.rs"))
    {
        let module = module_of(&root, path);
        let is_child =
            |m: &&String| m.strip_prefix(&format!("{module}::")).is_some_and(|c| !c.contains("::"));
        let children: BTreeSet<String> = modules.iter().filter(is_child).cloned().collect();
        // The longest module that a path begins with.
        let owner = |path: &String| {
            let begins = |m: &&String| path == *m || path.starts_with(&format!("{m}::"));
            modules.iter().filter(begins).max_by_key(|m| m.len()).cloned()
        };
        let of: BTreeSet<String> =
            paths_in(&code_of(path), &module, &children).iter().filter_map(owner).collect();
        imports.insert(
            module.clone(),
            of.into_iter().filter(|m| *m != module && m != "catalogue::text::tests").collect(),
        );
    }
    imports.retain(|module, _| !module.contains("tests"));
    imports
}

fn floor(module: &str) -> usize {
    let room = module.split("::").next().unwrap();
    FLOORS.iter().rev().position(|f| *f == room).map_or(0, |at| at + 1)
}

#[test]
fn nothing_imports_from_a_floor_above() {
    let imports = imports();
    let upward: Vec<String> = imports
        .iter()
        .flat_map(|(from, to)| to.iter().map(move |to| (from, to)))
        .filter(|(from, to)| floor(from) < floor(to))
        .map(|(from, to)| format!("{from} imports {to}"))
        .collect();
    assert!(upward.is_empty(), "{}", upward.join("\n"));
    assert!(imports.len() > 35 && imports.values().map(BTreeSet::len).sum::<usize>() > 100, "{imports:?}");
}

#[test]
fn no_file_imports_itself_by_way_of_others() {
    let mut imports = imports();
    // Take away what imports nothing of what is left, until only circles are.
    loop {
        let free: Vec<String> = imports
            .iter()
            .filter(|(_, to)| !to.iter().any(|m| imports.contains_key(m)))
            .map(|(m, _)| m.clone())
            .collect();
        if free.is_empty() {
            break;
        }
        free.iter().for_each(|module| drop(imports.remove(module)));
    }
    let left: BTreeSet<String> = imports.keys().cloned().collect();
    imports.values_mut().for_each(|to| to.retain(|m| left.contains(m)));
    assert!(imports.is_empty(), "in circles, or importing from one: {imports:#?}");
}

/// Whether one packet could have been sent after another, or because of it, is asked of `proof::causality`. What is
/// measured to be told, and timers, say so in the line above.
#[test]
fn nobody_measures_the_way_in_words_of_his_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let mut own = Vec::new();
    for path in paths.iter().filter(|path| {
        let module = module_of(&root, path);
        ["rules", "proof", "verdict"].contains(&module.split("::").next().unwrap())
            && module != "proof::causality"
    }) {
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (n, line) in
            lines.iter().enumerate().filter(|(_, l)| l.contains("c.half(") || l.contains("c.rtt()"))
        {
            let reason = lines[n - 1].trim_start();
            if !reason.starts_with("// Measured: ") && !reason.starts_with("// A timer: ") {
                own.push(format!("{}:{}: {}", path.display(), n + 1, line.trim()));
            }
        }
    }
    assert!(own.is_empty(), "ask proof::causality instead:\n{}", own.join("\n"));
}
