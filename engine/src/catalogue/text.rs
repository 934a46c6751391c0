//! The texts of the catalogue, one file per language.

use super::Diagnosis;
use crate::findings::{Finding, Role};

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
        "en"
    }
}

/// The texts of one language.
#[derive(Debug)]
pub struct Texts {}

/// The texts of that language, read once.
#[must_use]
pub fn texts(_language: Language) -> &'static Texts {
    static TEXTS: Texts = Texts {};
    &TEXTS
}

impl Texts {
    /// A few words: what it is called.
    #[must_use]
    pub fn title(&self, diagnosis: Diagnosis) -> &str {
        diagnosis.id()
    }

    /// What it means, in general: one or two sentences without numbers.
    #[must_use]
    pub fn about(&self, diagnosis: Diagnosis) -> &str {
        diagnosis.id()
    }

    /// The RFC section, kernel behaviour or rule behind it.
    #[must_use]
    pub fn reference(&self, diagnosis: Diagnosis) -> &str {
        diagnosis.id()
    }

    /// Likely causes in general, most likely first, with `{parameters}` left as they are.
    #[must_use]
    pub fn why_in_general(&self, _diagnosis: Diagnosis) -> &[String] {
        &[]
    }

    /// What to check in general, with `{parameters}` left as they are.
    #[must_use]
    pub fn check_in_general(&self, _diagnosis: Diagnosis) -> &[String] {
        &[]
    }

    /// What a frame is, as evidence: "the SYN".
    #[must_use]
    pub fn role(&self, role: Role) -> &str {
        role.0
    }

    pub(crate) fn message(&self, finding: &Finding) -> String {
        finding.diagnosis.id().to_string()
    }

    pub(crate) fn why(&self, _finding: &Finding) -> Vec<String> {
        Vec::new()
    }

    pub(crate) fn check(&self, _finding: &Finding) -> Vec<String> {
        Vec::new()
    }
}
