//! The scenarios that come with the program.

use super::{Language, Scenario, ScenarioError, text};
use crate::{CapturePoint, Difficulty};

/// A scenario that is embedded in the program.
#[derive(Debug)]
pub struct Builtin {
    name: &'static str,
    titles: &'static [(&'static str, &'static str)],
    shows_client: &'static [&'static str],
    shows_server: &'static [&'static str],
    variants: &'static [&'static str],
    difficulty: &'static str,
    text: &'static str,
}

static BUILTIN: &[Builtin] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// Every scenario that comes with the program: the groups in the order in which one learns, and by name in each.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    BUILTIN.iter()
}

/// The scenario called `group/name`.
pub fn find(name: &str) -> Option<&'static Builtin> {
    BUILTIN.iter().find(|builtin| builtin.name == name)
}

impl Builtin {
    /// `group/name`, e.g. `setup/handshake-rejected`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The group, e.g. `setup`.
    pub fn group(&self) -> &'static str {
        self.name.split_once('/').map_or(self.name, |(group, _)| group)
    }

    /// The title in a language, in English where it has none in that.
    pub fn title(&self, language: Language) -> &'static str {
        text::pick(self.titles.iter().copied(), language).unwrap_or(self.name)
    }

    /// Ids of the diagnoses that a capture taken at this point shows; for both points, those of either.
    pub fn shows(&self, point: CapturePoint) -> Vec<&'static str> {
        let (client, server) = (self.shows_client.iter().copied(), self.shows_server.iter().copied());
        match point {
            CapturePoint::Client => client.collect(),
            CapturePoint::Server => server.collect(),
            CapturePoint::Both => client.chain(server.filter(|id| !self.shows_client.contains(id))).collect(),
        }
    }

    /// Names of the scenario's variants, for [`GenerateOptions::variant`](crate::GenerateOptions::variant).
    pub fn variants(&self) -> &'static [&'static str] {
        self.variants
    }

    /// How hard it is to find out what happens.
    pub fn difficulty(&self) -> Difficulty {
        self.difficulty.parse().unwrap_or_default()
    }

    /// The text of the file itself, to read or to start an own scenario from.
    pub fn source(&self) -> &'static str {
        self.text
    }

    /// The scenario, ready for [`generate`](crate::generate).
    ///
    /// # Errors
    /// None with the scenarios as released: a test parses them all.
    pub fn scenario(&self) -> Result<Scenario, ScenarioError> {
        Scenario::parse(self.name, self.text)
    }
}
