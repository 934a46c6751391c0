//! The texts of the catalogue, one file per language, and how they are filled with a finding's numbers.
//!
//! A text holds `{names}` of parameters, `{name:unit}` for a number with its unit in words, and parts in
//! `[brackets]` that are left out when a parameter in them is missing, or a time span of nothing. What stands in
//! `{one|of|three}` ways is said as sure as the finding is: proved, likely, possible.

use super::diagnosis::{Certainty, Diagnosis, Effect, Severity};
use crate::catalogue::cause::Cause;
use crate::catalogue::facts::Fact;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::flags::Flags;
use crate::side::Party;
use crate::state::Outcome;
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
    /// Simplified Chinese.
    Chinese = 1,
}

impl Language {
    /// Every language.
    pub const ALL: &'static [Language] = &[Language::English, Language::Chinese];

    /// Its BCP 47 tag: `en`, `zh-CN`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh-CN",
        }
    }

    /// What it calls itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Chinese => "简体中文",
        }
    }

    /// The language of a POSIX locale such as `zh_CN.UTF-8`. `None` when it is not among ours.
    #[must_use]
    pub fn of_locale(locale: &str) -> Option<Language> {
        let tag = locale.split(['.', '@']).next()?.replace('_', "-");
        let known = |tag: &str| Self::ALL.iter().copied().find(|l| l.tag().eq_ignore_ascii_case(tag));
        known(&tag).or_else(|| known(tag.split('-').next()?))
    }

    fn source(self) -> &'static str {
        match self {
            Language::English => include_str!("en.toml"),
            Language::Chinese => include_str!("zh-CN.toml"),
        }
    }
}

/// What is said about one diagnosis.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    title: String,
    about: String,
    signs: Vec<String>,
    message: String,
    why: Vec<String>,
    check: Vec<String>,
    reference: String,
    #[serde(default)]
    story: String,
}

/// What is said about one cause.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CauseEntry {
    name: String,
    about: String,
    check: Vec<String>,
}

/// How a number of something is said; `none` and `one` only where a language says them in another way.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unit {
    none: Option<String>,
    one: Option<String>,
    many: String,
}

impl Unit {
    fn say(&self, n: u64) -> String {
        match (n, &self.none, &self.one) {
            (0, Some(none), _) => none.clone(),
            (1, _, Some(one)) => one.clone(),
            _ => self.many.replace("{n}", &n.to_string()),
        }
    }
}

/// How sure something is, in words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sureness {
    /// One word.
    name: String,
    /// Stands before a sentence that has no words for it itself.
    before: String,
}

/// The sentences about a whole connection.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stories {
    /// What ends a sentence.
    end: String,
    /// What stands between two sentences.
    between: String,
    /// What stands between a cause and its facts, and between two facts.
    because: String,
    and: String,
    /// Before the usual causes, where all of them are excluded.
    excluded: String,
    handshake: String,
    outcome: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    severity: BTreeMap<String, String>,
    /// By severity: what stands behind a message whose severity is not the usual one, around `{because}`.
    because: BTreeMap<String, String>,
    certainty: BTreeMap<String, Sureness>,
    effect: BTreeMap<String, String>,
    side: BTreeMap<String, String>,
    role: BTreeMap<String, String>,
    family: BTreeMap<String, String>,
    term: BTreeMap<String, String>,
    unit: BTreeMap<String, Unit>,
    story: Stories,
    diagnosis: BTreeMap<String, BTreeMap<String, Entry>>,
    cause: BTreeMap<String, BTreeMap<String, CauseEntry>>,
    fact: BTreeMap<String, String>,
}

impl Finding {
    /// What happened, in one sentence with its numbers: as sure as it is, and with the reason for an unusual severity.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        texts(language).message(self)
    }

    /// Why its severity is not the catalogue's.
    #[must_use]
    pub fn because(&self, language: Language) -> Option<String> {
        texts(language).because(self)
    }

    /// Likely causes, most likely first.
    #[must_use]
    pub fn why(&self, language: Language) -> Vec<String> {
        texts(language).why(self)
    }

    /// What to look at next.
    #[must_use]
    pub fn check(&self, language: Language) -> Vec<String> {
        texts(language).check(self)
    }
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

    /// How it is recognised: what must be in the capture, and what it is told apart from.
    #[must_use]
    pub fn signs(&self, diagnosis: Diagnosis) -> &[String] {
        &self.entry(diagnosis).signs
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

    fn cause(&self, cause: Cause) -> Option<&CauseEntry> {
        self.file.cause.get(cause.family())?.get(cause.name())
    }

    /// A few words: what a cause is called.
    #[must_use]
    pub fn cause_name(&self, cause: Cause) -> &str {
        self.cause(cause).map_or(cause.id(), |entry| &entry.name)
    }

    /// What a cause is, in a sentence or two.
    #[must_use]
    pub fn cause_about(&self, cause: Cause) -> &str {
        self.cause(cause).map_or("", |entry| &entry.about)
    }

    /// What to look at where that may be the cause.
    #[must_use]
    pub fn cause_check(&self, cause: Cause) -> &[String] {
        self.cause(cause).map_or(&[], |entry| &entry.check)
    }

    /// A fact in words, with its numbers.
    #[must_use]
    pub fn fact(&self, fact: &Fact) -> String {
        let Some(template) = self.file.fact.get(fact.kind.name()) else {
            return fact.kind.name().to_string();
        };
        let title = fact.diagnosis.map_or("", |diagnosis| self.title(diagnosis));
        let diagnosis = fact.diagnosis.unwrap_or(Diagnosis::HandshakeCompleted);
        let params = fact.params.clone();
        let around = Finding { params, ..Finding::at(diagnosis, fact.stream, fact.frame) };
        self.fill(&template.replace("{told}", title), &around)
    }

    /// A cause with what decided, in one line: as sure as it is.
    #[must_use]
    pub fn because_of(&self, cause: Cause, certainty: Certainty, facts: &[Fact]) -> String {
        let before = self.file.certainty.get(certainty.name()).map_or("", |word| &word.before);
        let mut line = before.to_string() + self.cause_name(cause);
        let said: Vec<String> =
            facts.iter().map(|fact| self.fact(fact)).filter(|said| !said.is_empty()).collect();
        if !said.is_empty() {
            line += &self.file.story.because;
            line += &said.join(&self.file.story.and);
        }
        line
    }

    /// That the causes behind it are excluded.
    pub(crate) fn excluded(&self) -> &str {
        &self.file.story.excluded
    }

    /// What stands between two facts, or two causes.
    pub(crate) fn and(&self) -> &str {
        &self.file.story.and
    }

    /// What a frame is, as evidence: "the SYN".
    #[must_use]
    pub fn role(&self, role: Role) -> &str {
        self.file.role.get(role.name()).map_or(role.name(), String::as_str)
    }

    /// The word for a severity.
    #[must_use]
    pub fn severity(&self, severity: Severity) -> &str {
        self.file.severity.get(severity.name()).map_or(severity.name(), String::as_str)
    }

    /// The word for how sure something is.
    #[must_use]
    pub fn certainty(&self, certainty: Certainty) -> &str {
        self.file.certainty.get(certainty.name()).map_or(certainty.name(), |word| &word.name)
    }

    /// The word for what a finding did to its connection.
    #[must_use]
    pub fn effect(&self, effect: Effect) -> &str {
        self.file.effect.get(effect.name()).map_or(effect.name(), String::as_str)
    }

    /// What a family of diagnoses is called.
    #[must_use]
    pub fn family<'a>(&'a self, family: &'a str) -> &'a str {
        self.file.family.get(family).map_or(family, String::as_str)
    }

    /// The word for a side.
    #[must_use]
    pub fn side(&self, side: Party) -> &str {
        self.file.side.get(side.name()).map_or(side.name(), String::as_str)
    }

    pub(crate) fn message(&self, finding: &Finding) -> String {
        let mut message = self.sentence(&self.entry(finding.diagnosis).message, finding);
        let around = self.file.because.get(finding.severity.name());
        if let Some((around, because)) = around.zip(self.because(finding)) {
            append(&mut message, &around.replace("{because}", &because));
        }
        message
    }

    pub(crate) fn because(&self, finding: &Finding) -> Option<String> {
        finding.because.map(|term| self.term(term, finding).map_or(term.name().to_string(), |said| said.text))
    }

    pub(crate) fn story(&self, finding: &Finding) -> String {
        let entry = self.entry(finding.diagnosis);
        let template = if entry.story.is_empty() { &entry.message } else { &entry.story };
        let mut sentence = self.sentence(template, finding);
        if !sentence.is_empty() && !sentence.ends_with(&self.file.story.end) {
            sentence.push_str(&self.file.story.end);
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
        self.file.story.handshake.replace("{rtt}", &self.duration(rtt))
    }

    pub(crate) fn outcome_story(&self, outcome: Outcome) -> &str {
        self.file.story.outcome.get(outcome.name()).map_or("", String::as_str)
    }

    pub(crate) fn between_sentences(&self) -> &str {
        &self.file.story.between
    }

    /// Fills each text; one that has nothing to say without a missing parameter is left out.
    fn fill_all(&self, templates: &[String], finding: &Finding) -> Vec<String> {
        templates.iter().map(|t| self.fill(t, finding)).filter(|t| !t.is_empty()).collect()
    }

    /// Fills a template that must tell how sure the finding is, and puts a word before it where it does not itself.
    fn sentence(&self, template: &str, finding: &Finding) -> String {
        let filled = self.filled(template, finding);
        match self.file.certainty.get(finding.certainty.name()) {
            Some(word) if !filled.is_as_sure && !filled.text.is_empty() => word.before.clone() + &filled.text,
            _ => filled.text,
        }
    }

    fn fill(&self, template: &str, finding: &Finding) -> String {
        self.filled(template, finding).text
    }

    fn filled(&self, template: &str, finding: &Finding) -> Filled {
        let mut out = Filled { text: String::with_capacity(template.len() + 32), is_as_sure: false };
        self.fill_into(template, finding, &mut out);
        out
    }

    /// Fills a template; `false` when a parameter outside of brackets is missing.
    fn fill_into(&self, template: &str, finding: &Finding, out: &mut Filled) -> bool {
        let mut complete = true;
        let mut rest = template;
        while let Some(open) = rest.find('[') {
            let Some(length) = rest[open..].find(']') else { break };
            complete &= self.fill_part(&rest[..open], finding, out);
            let part = &rest[open + 1..open + length];
            if parameters(part).all(|(name, _)| worth_saying(name, finding)) {
                self.fill_part(part, finding, out);
            }
            rest = &rest[open + length + 1..];
        }
        self.fill_part(rest, finding, out) && complete
    }

    /// Fills a part without brackets; `false` when a parameter is missing.
    fn fill_part(&self, part: &str, finding: &Finding, out: &mut Filled) -> bool {
        let mut complete = true;
        let mut rest = part;
        while let Some(open) = rest.find('{') {
            let Some(length) = rest[open..].find('}') else { break };
            append(&mut out.text, &rest[..open]);
            let inner = &rest[open + 1..open + length];
            match ways(inner)
                .map(|ways| as_sure(ways, finding.certainty))
                .or_else(|| self.value(inner, finding))
            {
                Some(value) => {
                    append(&mut out.text, &value.text);
                    out.is_as_sure |= value.is_as_sure;
                }
                None => complete = false,
            }
            rest = &rest[open + length + 1..];
        }
        append(&mut out.text, rest);
        complete
    }

    /// The words of a term, which may hold parameters of its own; `None` when one is missing.
    fn term(&self, term: Term, finding: &Finding) -> Option<Filled> {
        let mut filled = Filled::default();
        self.fill_into(self.file.term.get(term.name())?, finding, &mut filled).then_some(filled)
    }

    fn value(&self, inner: &str, finding: &Finding) -> Option<Filled> {
        let (name, unit) = name_and_unit(inner);
        let text = match parameter(name, finding)? {
            Value::Count(n) => match unit.and_then(|u| self.file.unit.get(u)) {
                Some(unit) => unit.say(n),
                None => n.to_string(),
            },
            Value::Bytes(n) => self.bytes(n),
            Value::Duration(nanoseconds) => self.duration(nanoseconds),
            Value::Frame(frame) => frame.to_string(),
            Value::Party(side) => self.side(side).to_string(),
            Value::Address(address) => address.to_string(),
            Value::Text(text) => text.as_str().to_string(),
            Value::Socket(socket) => socket.to_string(),
            Value::Flags(flags) => self.flags(flags),
            Value::Term(term) => return self.term(term, finding),
        };
        Some(Filled { text, is_as_sure: false })
    }

    /// The control bits by name: `SYN+FIN`.
    fn flags(&self, flags: Flags) -> String {
        let bits = [
            (Flags::SYN, "SYN"),
            (Flags::FIN, "FIN"),
            (Flags::RST, "RST"),
            (Flags::PSH, "PSH"),
            (Flags::ACK, "ACK"),
            (Flags::URG, "URG"),
            (Flags::ECE, "ECE"),
            (Flags::CWR, "CWR"),
        ];
        let set = bits.iter().filter(|(bit, _)| flags.0 & bit != 0).map(|(_, name)| *name);
        let names: Vec<&str> = set.collect();
        if names.is_empty() {
            return self.file.term.get(Term::NoFlags.name()).cloned().unwrap_or_default();
        }
        names.join("+")
    }

    /// A time span as people read it: `350 µs`, `41 ms`, `2.5 s`, `131 s`, `24.0 h`, `9.1 days`, `3.0 years`.
    #[must_use]
    pub fn duration(&self, nanoseconds: i64) -> String {
        let size = nanoseconds.unsigned_abs();
        if size == 0 {
            return self.file.unit.get("nanoseconds").and_then(|unit| unit.none.clone()).unwrap_or_default();
        }
        let (_, unit, each, decimals) = *SPANS.iter().find(|(below, ..)| size < *below).unwrap_or(&YEARS);
        self.amount(unit, nanoseconds as f64 / each, decimals)
    }

    /// A number of bytes as people read it: `171 bytes`, `12.3 kB`.
    fn bytes(&self, n: u64) -> String {
        match n {
            0..10_000 => self.file.unit.get("bytes").map_or_else(|| n.to_string(), |unit| unit.say(n)),
            10_000..10_000_000 => self.amount("kilobytes", n as f64 / 1e3, 1),
            _ => self.amount("megabytes", n as f64 / 1e6, 1),
        }
    }

    /// A measured number with its unit.
    fn amount(&self, unit: &str, n: f64, decimals: usize) -> String {
        let around = self.file.unit.get(unit).and_then(|unit| unit.many.split_once("{n}"));
        let (before, behind) = around.unwrap_or_default();
        format!("{before}{n:.decimals$}{behind}")
    }
}

/// Units of time: for spans below so many nanoseconds, less what would be rounded up to that; its nanoseconds; decimals.
const SPANS: [(u64, &str, f64, usize); 9] = [
    (1_000, "nanoseconds", 1.0, 0),
    (999_500, "microseconds", 1e3, 0),
    (9_950_000, "milliseconds", 1e6, 1),
    (999_500_000, "milliseconds", 1e6, 0),
    (99_950_000_000, "seconds", 1e9, 1),
    (9_999_500_000_000, "seconds", 1e9, 0),
    (359_820_000_000_000, "hours", HOUR, 1),
    (8_635_680_000_000_000, "days", 24.0 * HOUR, 1),
    (63_072_000_000_000_000, "days", 24.0 * HOUR, 0),
];
/// The same, for what is longer than two years.
const YEARS: (u64, &str, f64, usize) = (u64::MAX, "years", 365.25 * 24.0 * HOUR, 1);
/// Nanoseconds.
const HOUR: f64 = 3.6e12;

/// A text with its parameters.
#[derive(Default)]
struct Filled {
    text: String,
    /// Its words tell how sure the finding is.
    is_as_sure: bool,
}

/// What stands in braces, in order.
fn braces(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(inner, _)| inner)
}

/// `{name}` and `{name:unit}` without their braces, in order.
fn parameters(template: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    braces(template).filter(|inner| ways(inner).is_none()).map(name_and_unit)
}

/// `proved|likely|possible`: the same in words that are as sure.
fn ways(inner: &str) -> Option<[&str; 3]> {
    let (proved, rest) = inner.split_once('|')?;
    let (likely, possible) = rest.split_once('|')?;
    Some([proved, likely, possible])
}

fn as_sure([proved, likely, possible]: [&str; 3], certainty: Certainty) -> Filled {
    let text = match certainty {
        Certainty::Proved => proved,
        Certainty::Likely => likely,
        Certainty::Possible => possible,
    };
    Filled { text: text.to_string(), is_as_sure: true }
}

fn name_and_unit(inner: &str) -> (&str, Option<&str>) {
    inner.split_once(':').map_or((inner, None), |(name, unit)| (name, Some(unit)))
}

/// Puts a text behind another; a Chinese character and a Latin letter or digit keep a blank between them.
fn append(out: &mut String, text: &str) {
    let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let latin = |c: char| c.is_ascii_alphanumeric();
    let meet = |a: char, b: char| (chinese(a) && latin(b)) || (latin(a) && chinese(b));
    if out.chars().next_back().zip(text.chars().next()).is_some_and(|(a, b)| meet(a, b)) {
        out.push(' ');
    }
    out.push_str(text);
}

fn parameter(name: &str, finding: &Finding) -> Option<Value> {
    match name {
        "subject" => Some(Value::Frame(finding.subject)),
        "trigger" => Some(Value::Frame(finding.trigger)),
        "side" => Some(Value::Party(finding.side)),
        _ => finding.param(Param::from_name(name)?),
    }
}

/// It is there, and not a time span of nothing.
fn worth_saying(name: &str, finding: &Finding) -> bool {
    parameter(name, finding).is_some_and(|value| value != Value::Duration(0))
}

#[cfg(test)]
mod tests;
