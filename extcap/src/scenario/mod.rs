//! Scenarios: what is set up, what the applications do, what goes wrong, and the words that explain it.
//!
//! A scenario is one TOML file, described in `docs/scenarios.md`. Those under `extcap/scenarios/<group>/` are
//! embedded in the program and named `group/name`; users can [`load`] their own.

mod builtin;
mod check;
mod error;
pub(crate) mod file;
mod text;
pub(crate) mod units;

use std::fs;
use std::path::Path;

use crate::{CapturePoint, Difficulty};

pub use builtin::{Builtin, all, find};
pub use error::ScenarioError;
pub(crate) use file::File;
use file::Shows;
pub(crate) use text::Texts;
pub use text::{Language, UnknownLanguage};
pub(crate) use units::Span;
pub use units::{UnknownTime, parse_time};

/// A scenario that has been read and found sound.
#[derive(Debug, Clone)]
pub struct Scenario {
    name: String,
    text: String,
    pub(crate) file: File,
}

/// Reads a scenario from a file of the user's.
///
/// # Errors
/// [`ScenarioError`] names the file, the line and the key, and says what would be right there.
pub fn load(path: impl AsRef<Path>) -> Result<Scenario, ScenarioError> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|source| ScenarioError::unreadable(&name, &source))?;
    Scenario::parse(&name, &text)
}

impl Scenario {
    /// Reads a scenario from its text; `name` stands for it in messages.
    ///
    /// # Errors
    /// As [`load`].
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let file: File =
            toml::from_str(text).map_err(|e| ScenarioError::at(name, text, e.span(), e.message()))?;
        check::check(&file).map_err(|(span, message)| ScenarioError::at(name, text, Some(span), message))?;
        let scenario = Scenario { name: name.to_owned(), text: text.to_owned(), file };
        for variant in scenario.file.variant.keys() {
            scenario.variant(variant)?;
        }
        Ok(scenario)
    }

    /// `group/name`, or the path that it was loaded from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The title in a language, in English where it has none in that.
    pub fn title(&self, language: Language) -> &str {
        self.file.title.get(language).unwrap_or(&self.name)
    }

    /// What to watch for, in a language.
    pub fn watch(&self, language: Language) -> &str {
        self.file.watch.get(language).unwrap_or_default()
    }

    /// Questions to ask a class, and their answers, in a language.
    pub fn questions(&self, language: Language) -> impl Iterator<Item = (&str, &str)> {
        self.file.question.iter().map(move |question| {
            (
                question.ask.get(language).unwrap_or_default(),
                question.answer.get(language).unwrap_or_default(),
            )
        })
    }

    /// How hard it is to find out what happens.
    pub fn difficulty(&self) -> Difficulty {
        self.file.difficulty
    }

    /// Ids of the diagnoses that a capture taken at this point shows; for both points, those of either.
    pub fn shows(&self, point: CapturePoint) -> Vec<&str> {
        let Shows { client, server } = &self.file.shows;
        match point {
            CapturePoint::Client => client.iter().map(String::as_str).collect(),
            CapturePoint::Server => server.iter().map(String::as_str).collect(),
            CapturePoint::Both => client
                .iter()
                .chain(server.iter().filter(|id| !client.contains(id)))
                .map(String::as_str)
                .collect(),
        }
    }

    /// The address that it gives its server, if it does.
    pub(crate) fn server_address(&self, ip: crate::IpVersion) -> Option<std::net::IpAddr> {
        match ip {
            crate::IpVersion::V4 => self.file.server.ipv4.map(Into::into),
            crate::IpVersion::V6 => self.file.server.ipv6.map(Into::into),
        }
    }

    /// What stands at the head of its captures: the title, and what to watch for.
    pub(crate) fn heading(&self, language: Language) -> String {
        format!("{}\n{}", self.title(language), self.watch(language)).trim().to_owned()
    }

    /// Something about it that only shows when it is run.
    pub(crate) fn wrong(&self, message: String) -> ScenarioError {
        ScenarioError::at(&self.name, "", None, message)
    }

    /// Names of its variants.
    pub fn variants(&self) -> impl Iterator<Item = &str> {
        self.file.variant.keys().map(String::as_str)
    }

    /// The scenario with one of its variants laid over it.
    ///
    /// # Errors
    /// There is no such variant, or what it changes makes no sense.
    pub fn variant(&self, name: &str) -> Result<Scenario, ScenarioError> {
        let Some(changes) = self.file.variant.get(name) else {
            let known: Vec<&str> = self.variants().collect();
            let known = if known.is_empty() {
                "it has none".to_owned()
            } else {
                format!("there are: {}", known.join(", "))
            };
            return Err(ScenarioError::at(&self.name, "", None, format!("no variant `{name}`; {known}")));
        };
        let wrong = |message: String| ScenarioError::at(&self.name, "", None, message).in_variant(name);
        let mut table: toml::Table = toml::from_str(&self.text).map_err(|e| wrong(e.to_string()))?;
        table.remove("variant");
        lay_over(&mut table, changes);
        let text = toml::to_string(&table).map_err(|e| wrong(e.to_string()))?;
        let name_of_both = format!("{}:{name}", self.name);
        Scenario::parse(&name_of_both, &text).map_err(|e| e.in_variant(name))
    }
}

/// Sets in `table` whatever `changes` sets, table by table.
fn lay_over(table: &mut toml::Table, changes: &toml::Table) {
    for (key, value) in changes {
        match (table.get_mut(key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => lay_over(below, above),
            _ => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}
