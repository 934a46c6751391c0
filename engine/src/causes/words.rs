//! Causes in words.

use super::{Candidate, Causes};
use crate::catalogue::cause;
use crate::catalogue::findings::Finding;
use crate::catalogue::{Certainty, Language, texts};

impl Causes {
    /// Why it happened, in lines, best first, each with the facts that decided it. Where no cause is to be shown: what excludes
    /// the usual ones, or else why it may happen in general.
    #[must_use]
    pub fn why(&self, finding: &Finding, language: Language) -> Vec<String> {
        let texts = texts(language);
        let line = |it: &Candidate, certainty| texts.because_of(it.cause, certainty, &it.facts);
        if !self.shown.is_empty() {
            return self.shown.iter().map(|it| line(it, it.certainty)).collect();
        }
        let usual = self.excluded.iter().filter(|it| cause::usual(finding.diagnosis).contains(&it.cause));
        let usual: Vec<String> = usual.map(|it| line(it, Certainty::Proved)).collect();
        if usual.is_empty() {
            return finding.why(language);
        }
        vec![texts.excluded().to_string() + &usual.join(texts.and())]
    }

    /// What to look at next: what the causes that are shown ask for, or else what there is to check in general.
    #[must_use]
    pub fn check(&self, finding: &Finding, language: Language) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for line in self.shown.iter().flat_map(|it| texts(language).cause_check(it.cause)) {
            if !lines.contains(line) {
                lines.push(line.clone());
            }
        }
        if lines.is_empty() { finding.check(language) } else { lines }
    }
}
