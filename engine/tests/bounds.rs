//! Every bound of the rules in conversations just below and just above it.
//!
//! `bounds/<bound>.txt` (`<bound>-<what>.txt` where it stands in several) is one conversation in the notation of the
//! diagnoses that is held twice, and something is told in exactly one of the two:
//!
//! ```text
//! bound: A SYN-ACK that took half a second is slow.
//! below: 0.499999999
//! above: 0.5
//! above tells: handshake.slow
//! 0.000 C S
//! +{} S S.                   # `{}` is the value below, or above
//! below +0.001 C .           # only held below; `above` likewise
//! ```
//!
//! What is told is looked for in `severity id: message` of each finding, and in `=> outcome, seen from vantage, client
//! state, server state, Zeek's state and history: story` of each connection; the snapshot beside the file shows all of
//! it. The numbers stand here and not only in the engine, so that a bound that is moved is noticed.
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
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tcpdx_engine::bounds;

/// The conversations of a bound.
struct Bound {
    below: String,
    above: String,
    /// It is told above it, not below.
    tells_above: bool,
    tells: String,
    lines: Vec<String>,
}

impl Bound {
    fn parse(source: &str) -> Bound {
        let mut bound = Bound {
            below: String::new(),
            above: String::new(),
            tells_above: false,
            tells: String::new(),
            lines: Vec::new(),
        };
        for line in source.lines() {
            match line.split_once(": ") {
                Some(("below", value)) => bound.below = value.into(),
                Some(("above", value)) => bound.above = value.into(),
                Some((side @ ("below tells" | "above tells"), what)) => {
                    bound.tells_above = side == "above tells";
                    bound.tells = what.into();
                }
                _ => bound.lines.push(line.into()),
            }
        }
        bound
    }

    /// The conversation on one side, with its value.
    fn held(&self, above: bool) -> Result<Conversation, String> {
        let (value, this, other) =
            if above { (&self.above, "above ", "below ") } else { (&self.below, "below ", "above ") };
        let lines = self.lines.iter().filter(|line| !line.starts_with(other));
        let lines = lines.map(|line| line.strip_prefix(this).unwrap_or(line).replace("{}", value) + "\n");
        Conversation::parse(&lines.collect::<String>(), "bound")
    }

    /// The two values are neighbours: in nanoseconds or milliseconds, or one, two at most where there is one between them.
    fn is_close(&self) -> bool {
        let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
        let most = if self.above.contains('.') { 0.0021 } else { 2.0 };
        let apart = number(&self.above) - number(&self.below);
        apart > 0.0 && apart <= most
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bounds")
}

/// The conversations of the folder, with the names of their bounds.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for file in folder().read_dir().unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        files.push((name, std::fs::read_to_string(&path).unwrap()));
    }
    files.sort();
    files
}

#[test]
fn something_is_told_on_one_side_of_a_bound_only() {
    let mut wrong = Vec::new();
    for (name, source) in files() {
        let bound = Bound::parse(&source);
        if !bound.is_close() {
            wrong.push(format!("{name}: {} and {} are no neighbours", bound.below, bound.above));
        }
        let told = [false, true].map(|above| {
            let conversation = bound.held(above).unwrap_or_else(|e| panic!("{name}: {e}"));
            Report::of(&conversation).said()
        });
        let tells = |above: bool| told[usize::from(above)].iter().any(|line| line.contains(&bound.tells));
        if !tells(bound.tells_above) || tells(!bound.tells_above) {
            wrong.push(format!("{name}: `{}` is not told on one side only", bound.tells));
        }
        let [below, above] = told.each_ref().map(|lines| counted(lines));
        insta::with_settings!({
            snapshot_path => folder(), prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(name.as_str(), format!("BELOW\n{below}\n\nABOVE\n{above}"));
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_bound_has_conversations_and_every_conversation_a_bound() {
    let bounds: BTreeSet<String> = bounds::ALL.iter().map(|bound| bound.name.to_lowercase()).collect();
    let held: BTreeSet<String> =
        files().into_iter().map(|(name, _)| name.split('-').next().unwrap().to_owned()).collect();
    let (without, of_none): (Vec<_>, Vec<_>) =
        (bounds.difference(&held).collect(), held.difference(&bounds).collect());
    assert!(without.is_empty(), "without conversations: {without:?}");
    assert!(of_none.is_empty(), "of no bound: {of_none:?}");
}
