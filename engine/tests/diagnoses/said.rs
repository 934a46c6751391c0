//! All that is said of a conversation, without its packets.

use crate::report::Report;
use tcpdx_engine::Language;

impl Report {
    /// All that is said, a line each: `severity id: message (evidence)` of each finding, and of each connection `=> outcome,
    /// seen from vantage, client state, server state, Zeek's state and history: story`.
    pub(crate) fn said(&self) -> Vec<String> {
        let findings = self.findings.iter().map(|finding| {
            let message = finding.message(Language::English);
            let evidence: Vec<String> =
                finding.evidence.iter().map(|shown| format!("{:?} {}", shown.role, shown.frame)).collect();
            let evidence =
                if evidence.is_empty() { String::new() } else { format!(" ({})", evidence.join(", ")) };
            format!("{} {}: {message}{evidence}", finding.severity.name(), finding.diagnosis.id())
        });
        let connections = self.summaries.iter().map(|summary| {
            let (client, server) = (summary.client_state.name(), summary.server_state.name());
            let zeek = format!("{} {}", summary.conn_state, summary.history);
            let (outcome, vantage) = (summary.outcome.name(), summary.vantage.name());
            let story = summary.story.tell(Language::English);
            format!("=> {outcome}, seen from {vantage}, {client}, {server}, {zeek}: {story}")
        });
        findings.chain(connections).collect()
    }
}

/// Lines, those that stand there many times in a row once.
pub(crate) fn counted(said: &[String]) -> String {
    let runs = said.chunk_by(|a, b| a == b);
    let lines =
        runs.map(|run| if run.len() > 1 { format!("{} × {}", run.len(), run[0]) } else { run[0].clone() });
    lines.collect::<Vec<_>>().join("\n")
}
