//! What was told against what must be told.

use crate::corpus::{Capture, Expected};
use std::collections::{BTreeMap, BTreeSet};
use tcpdx_engine::Diagnosis;

/// What was told of a capture: by its two endpoints in order, ids with their severity.
pub type Told = BTreeMap<[String; 2], BTreeMap<String, String>>;

/// The two endpoints of a connection as [`Told`] names them.
#[must_use]
pub fn pair(one: &str, other: &str) -> [String; 2] {
    let mut pair = [one.to_string(), other.to_string()];
    pair.sort();
    pair
}

/// The outcome over many captures.
#[derive(Debug, Default)]
pub struct Verdict {
    /// How many answers were asked for.
    pub asked: usize,
    /// How many of them were told.
    pub told: usize,
    /// How many answers were false.
    pub false_alarms: usize,
    /// A line for each miss and each false alarm that is not disputed.
    pub lines: Vec<String>,
}

impl Verdict {
    /// Judges one capture. Ids that the engine does not know are not asked for.
    pub fn judge(&mut self, capture: &Capture, told: &Told) {
        let everywhere: BTreeSet<&str> =
            told.values().flat_map(|ids| ids.keys()).map(String::as_str).collect();
        let nothing = BTreeMap::new();
        for connection in &capture.connections {
            let have = told.get(&pair(&connection.client, &connection.server)).unwrap_or(&nothing);
            let mut case = Case { verdict: self, capture, connection, have };
            case.misses(&everywhere);
            case.false_alarms();
        }
    }

    /// Whether everything was told and nothing was false, but for what is disputed.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lines.is_empty()
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Verdict { asked, told, false_alarms, lines } = self;
        for line in lines {
            writeln!(f, "{line}")?;
        }
        write!(f, "told {told} of {asked}, {false_alarms} false alarms")
    }
}

/// Expectations that contradict what their captures can prove, with the reasons.
const DISPUTED: &str = include_str!("../disputed.txt");

/// One connection under judgment.
struct Case<'a> {
    verdict: &'a mut Verdict,
    capture: &'a Capture,
    connection: &'a Expected,
    have: &'a BTreeMap<String, String>,
}

impl Case<'_> {
    fn misses(&mut self, everywhere: &BTreeSet<&str>) {
        for id in self.connection.must.iter().filter(|id| is_known(id)) {
            let elsewhere = self.connection.anywhere.contains(id) && everywhere.contains(id.as_str());
            self.ask(id, self.have.contains_key(id) || elsewhere);
        }
        for group in self.connection.any.iter().filter(|group| group.iter().any(|id| is_known(id))) {
            self.ask(&group.join(" or "), group.iter().any(|id| self.have.contains_key(id)));
        }
    }

    fn ask(&mut self, what: &str, is_told: bool) {
        self.verdict.asked += 1;
        if is_told {
            self.verdict.told += 1;
        } else {
            self.line("missed", what);
        }
    }

    fn false_alarms(&mut self) {
        let Expected { must, any, must_not, may, .. } = self.connection;
        let listed = |ids: &[String], id: &str| ids.iter().any(|listed| listed == id);
        for (id, severity) in self.have {
            let is_trouble = severity == "warn" || severity == "error";
            let is_wrong = listed(must_not, id) || (listed(must_not, "*") && is_trouble);
            if is_wrong && !listed(must, id) && !listed(may, id) && !any.iter().any(|group| listed(group, id))
            {
                self.verdict.false_alarms += 1;
                self.line("false", &format!("{id} ({severity})"));
            }
        }
    }

    fn line(&mut self, kind: &str, what: &str) {
        let Expected { client, server, .. } = self.connection;
        let line = format!("{kind} {} {client} -> {server}: {what}", self.capture.name);
        if !DISPUTED.lines().any(|disputed| disputed == line) {
            self.verdict.lines.push(line);
        }
    }
}

fn is_known(id: &str) -> bool {
    Diagnosis::from_id(id).is_some()
}
