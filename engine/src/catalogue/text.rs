//! The texts of the catalogue, one file per language, and how they are filled with a finding's numbers.
//!
//! A text holds `{names}` of parameters, `{name:unit}` for a number with its unit in words, and parts in
//! `[brackets]` that are left out when a parameter in them is missing.

use super::{Diagnosis, Severity};
use crate::findings::{Finding, Role, Side, Value};
use crate::summary::Outcome;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A language in which the catalogue speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Language {
    /// English.
    #[default]
    English = 0,
}

impl Language {
    /// Every language.
    pub const ALL: &'static [Language] = &[Language::English];

    /// Its BCP 47 tag: `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Language::English => include_str!("en.toml"),
        }
    }
}

/// What is said about one diagnosis.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    title: String,
    about: String,
    message: String,
    why: Vec<String>,
    check: Vec<String>,
    reference: String,
    #[serde(default)]
    story: String,
}

/// How a counted thing is said.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unit {
    one: String,
    many: String,
}

/// The sentences about a whole connection.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stories {
    between: String,
    handshake: String,
    outcome: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    severity: BTreeMap<String, String>,
    side: BTreeMap<String, String>,
    role: BTreeMap<String, String>,
    term: BTreeMap<String, String>,
    unit: BTreeMap<String, Unit>,
    story: Stories,
    diagnosis: BTreeMap<String, BTreeMap<String, Entry>>,
}

/// The texts of one language.
#[derive(Debug)]
pub struct Texts {
    file: File,
    entries: Vec<Entry>,
}

/// The texts of that language, read once.
#[must_use]
pub fn texts(language: Language) -> &'static Texts {
    static TEXTS: [OnceLock<Texts>; Language::ALL.len()] = [const { OnceLock::new() }; Language::ALL.len()];
    TEXTS[language as usize].get_or_init(|| Texts::read(language.source()).unwrap_or_default())
}

impl Default for Texts {
    /// Nothing but the ids: a fallback that a test keeps from ever being used.
    fn default() -> Texts {
        let entries = vec![Entry::default(); Diagnosis::ALL.len()];
        Texts { file: File::default(), entries }
    }
}

impl Texts {
    fn read(source: &str) -> Result<Texts, toml::de::Error> {
        let mut file: File = toml::from_str(source)?;
        let mut families = std::mem::take(&mut file.diagnosis);
        let entries = Diagnosis::ALL
            .iter()
            .map(|d| {
                let name = d.id().split('.').nth(1).unwrap_or_default();
                families.get_mut(d.family()).and_then(|f| f.remove(name)).unwrap_or_default()
            })
            .collect();
        Ok(Texts { file, entries })
    }

    fn entry(&self, diagnosis: Diagnosis) -> &Entry {
        &self.entries[diagnosis as usize]
    }

    /// A few words: what it is called.
    #[must_use]
    pub fn title(&self, diagnosis: Diagnosis) -> &str {
        &self.entry(diagnosis).title
    }

    /// What it means, in general: one or two sentences without numbers.
    #[must_use]
    pub fn about(&self, diagnosis: Diagnosis) -> &str {
        &self.entry(diagnosis).about
    }

    /// The RFC section, kernel behaviour or rule behind it.
    #[must_use]
    pub fn reference(&self, diagnosis: Diagnosis) -> &str {
        &self.entry(diagnosis).reference
    }

    /// Likely causes in general, most likely first, with `{parameters}` left as they are.
    #[must_use]
    pub fn why_in_general(&self, diagnosis: Diagnosis) -> &[String] {
        &self.entry(diagnosis).why
    }

    /// What to check in general, with `{parameters}` left as they are.
    #[must_use]
    pub fn check_in_general(&self, diagnosis: Diagnosis) -> &[String] {
        &self.entry(diagnosis).check
    }

    /// What a frame is, as evidence: "the SYN".
    #[must_use]
    pub fn role(&self, role: Role) -> &str {
        self.file.role.get(role.0).map_or(role.0, String::as_str)
    }

    /// The word for a severity.
    #[must_use]
    pub fn severity(&self, severity: Severity) -> &str {
        self.file.severity.get(severity.name()).map_or(severity.name(), String::as_str)
    }

    /// The word for a side.
    #[must_use]
    pub fn side(&self, side: Side) -> &str {
        self.file.side.get(side.name()).map_or(side.name(), String::as_str)
    }

    pub(crate) fn message(&self, finding: &Finding) -> String {
        self.fill(&self.entry(finding.diagnosis).message, finding)
    }

    pub(crate) fn story(&self, finding: &Finding) -> String {
        let entry = self.entry(finding.diagnosis);
        let template = if entry.story.is_empty() { &entry.message } else { &entry.story };
        let mut sentence = self.fill(template, finding);
        if !sentence.ends_with(['.', '。', '!', '?']) {
            sentence.push_str(self.file.story.between.trim_end());
        }
        sentence
    }

    pub(crate) fn why(&self, finding: &Finding) -> Vec<String> {
        self.fill_all(&self.entry(finding.diagnosis).why, finding)
    }

    pub(crate) fn check(&self, finding: &Finding) -> Vec<String> {
        self.fill_all(&self.entry(finding.diagnosis).check, finding)
    }

    pub(crate) fn handshake_story(&self, rtt: i64) -> String {
        self.file.story.handshake.replace("{rtt}", &duration(rtt))
    }

    pub(crate) fn outcome_story(&self, outcome: Outcome) -> String {
        self.file.story.outcome.get(outcome.name()).cloned().unwrap_or_default()
    }

    pub(crate) fn between_sentences(&self) -> &str {
        self.file.story.between.trim_start_matches(['.', '。'])
    }

    /// Fills each text; one that has nothing to say without a missing parameter is left out.
    fn fill_all(&self, templates: &[String], finding: &Finding) -> Vec<String> {
        templates.iter().map(|t| self.fill(t, finding)).filter(|t| !t.is_empty()).collect()
    }

    fn fill(&self, template: &str, finding: &Finding) -> String {
        let mut out = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some(open) = rest.find('[') {
            let Some(length) = rest[open..].find(']') else { break };
            self.fill_part(&rest[..open], finding, &mut out);
            let kept = out.len();
            if !self.fill_part(&rest[open + 1..open + length], finding, &mut out) {
                out.truncate(kept);
            }
            rest = &rest[open + length + 1..];
        }
        self.fill_part(rest, finding, &mut out);
        out
    }

    /// Fills a part without brackets; `false` when a parameter is missing.
    fn fill_part(&self, part: &str, finding: &Finding, out: &mut String) -> bool {
        let mut complete = true;
        let mut rest = part;
        while let Some(open) = rest.find('{') {
            let Some(length) = rest[open..].find('}') else { break };
            out.push_str(&rest[..open]);
            let (name, unit) = match rest[open + 1..open + length].split_once(':') {
                Some((name, unit)) => (name, Some(unit)),
                None => (&rest[open + 1..open + length], None),
            };
            match self.value(name, unit, finding) {
                Some(text) => out.push_str(&text),
                None => complete = false,
            }
            rest = &rest[open + length + 1..];
        }
        out.push_str(rest);
        complete
    }

    fn value(&self, name: &str, unit: Option<&str>, finding: &Finding) -> Option<String> {
        let value = match name {
            "subject" => Value::Frame(finding.subject),
            "trigger" => Value::Frame(finding.trigger),
            "side" => Value::Side(finding.side),
            _ => finding.param(name)?,
        };
        Some(match value {
            Value::Count(n) => match unit.and_then(|u| self.file.unit.get(u)) {
                Some(unit) if n == 1 => unit.one.clone(),
                Some(unit) => unit.many.replace("{n}", &n.to_string()),
                None => n.to_string(),
            },
            Value::Bytes(n) => bytes(n),
            Value::Duration(nanoseconds) => duration(nanoseconds),
            Value::Frame(frame) => frame.to_string(),
            Value::Side(side) => self.side(side).to_string(),
            Value::Address(address) => address.to_string(),
            Value::Socket(socket) => socket.to_string(),
            Value::Flags(flags) => format!("{flags:?}"),
            Value::Term(term) => match self.file.term.get(term) {
                // A term may hold parameters of its own.
                Some(text) if text.contains('{') => {
                    let mut filled = String::new();
                    self.fill_part(text, finding, &mut filled);
                    filled
                }
                Some(text) => text.clone(),
                None => term.to_string(),
            },
        })
    }
}

/// A time span as people read it: `350 µs`, `41 ms`, `2.5 s`, `131 s`.
fn duration(nanoseconds: i64) -> String {
    let seconds = nanoseconds as f64 / 1e9;
    match seconds.abs() {
        s if s < 0.001 => format!("{:.0} µs", seconds * 1e6),
        s if s < 0.01 => format!("{:.1} ms", seconds * 1e3),
        s if s < 1.0 => format!("{:.0} ms", seconds * 1e3),
        s if s < 100.0 => format!("{seconds:.1} s"),
        _ => format!("{seconds:.0} s"),
    }
}

/// A number of bytes as people read it: `171 bytes`, `12.3 kB`.
fn bytes(n: u64) -> String {
    match n {
        1 => "1 byte".to_string(),
        0..10_000 => format!("{n} bytes"),
        10_000..10_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        _ => format!("{:.1} MB", n as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_text() {
        for language in Language::ALL {
            let source = language.source();
            let file: File = toml::from_str(source).expect("the file is valid");
            let texts = Texts::read(source).expect("the file is valid");
            for d in Diagnosis::ALL {
                let entry = texts.entry(*d);
                let fields = [&entry.title, &entry.about, &entry.message, &entry.reference];
                assert!(
                    fields.iter().all(|f| !f.is_empty()),
                    "{} lacks a text in {}",
                    d.id(),
                    language.tag()
                );
                assert!(
                    !entry.why.is_empty() && !entry.check.is_empty(),
                    "{} lacks advice in {}",
                    d.id(),
                    language.tag()
                );
            }
            let known: usize = file.diagnosis.values().map(BTreeMap::len).sum();
            assert_eq!(known, Diagnosis::ALL.len(), "{} has texts of unknown diagnoses", language.tag());
        }
    }

    #[test]
    fn spans_and_sizes_read_well() {
        assert_eq!(duration(350_000), "350 µs");
        assert_eq!(duration(4_120_000), "4.1 ms");
        assert_eq!(duration(41_000_000), "41 ms");
        assert_eq!(duration(2_500_000_000), "2.5 s");
        assert_eq!(duration(131_000_000_000), "131 s");
        assert_eq!(bytes(171), "171 bytes");
        assert_eq!(bytes(400_000), "400.0 kB");
    }
}
