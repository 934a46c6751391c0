//! Which connections and findings were asked for.

use super::Connection;
use crate::args::{Analyze, Format};
use tcpdx_engine::{Causes, Engine, Finding, Language, Severity};
use wildmatch::WildMatch;

/// What the options leave over.
pub(super) struct Selection {
    streams: Vec<u32>,
    ids: Vec<WildMatch>,
    severity: Severity,
    /// Connections without a finding that was asked for are of no interest.
    only_with_findings: bool,
    /// Of findings from that severity on it is asked why they may have happened.
    explained_from: Severity,
}

impl Selection {
    pub(super) fn new(args: &Analyze) -> Selection {
        let usual = match args.format {
            Format::Table => Severity::Note,
            Format::Jsonl => Severity::Chat,
        };
        Selection {
            streams: args.stream.clone(),
            ids: args.id.iter().map(|glob| WildMatch::new(glob.trim_start_matches("tcpdx."))).collect(),
            severity: args.severity.map_or(usual, Severity::from),
            explained_from: match args.format {
                Format::Table if !args.verbose => Severity::Warn,
                Format::Table | Format::Jsonl => Severity::Chat,
            },
            only_with_findings: args.severity.is_some() || !args.id.is_empty(),
        }
    }

    /// Whether anything may have been left out.
    pub(super) fn is_partial(&self) -> bool {
        self.only_with_findings || !self.streams.is_empty()
    }

    /// The connections that were asked for, by number, each with the findings that were.
    pub(super) fn connections(
        &self,
        engine: &Engine,
        language: Language,
    ) -> impl Iterator<Item = Connection> {
        (0..engine.connections())
            .filter(|stream| self.streams.is_empty() || self.streams.contains(stream))
            .filter_map(move |stream| {
                let mut reasons = engine.reasons(stream);
                let findings: Vec<Finding> =
                    reasons.told().iter().filter(|it| self.takes(it)).cloned().collect();
                if self.only_with_findings && findings.is_empty() {
                    return None;
                }
                let summary = engine.summary(stream)?;
                let story = summary.story.tell(language);
                let causes = findings.iter().map(|finding| match finding.severity >= self.explained_from {
                    true => reasons.of(engine, finding),
                    false => Causes::default(),
                });
                let causes = causes.collect();
                let follows = findings.iter().map(|finding| reasons.root_of(finding)).collect();
                Some(Connection { summary, story, findings, causes, follows })
            })
    }

    fn takes(&self, finding: &Finding) -> bool {
        finding.severity >= self.severity && self.takes_id(finding.diagnosis.id())
    }

    /// Whether that diagnosis was asked for.
    pub(super) fn takes_id(&self, id: &str) -> bool {
        self.ids.is_empty() || self.ids.iter().any(|glob| glob.matches(id))
    }
}
