//! What the engine says of a conversation, as a table that a person can read.

use crate::hosts::{Captured, Of, Segment, play};
use crate::notation::Conversation;
use std::fmt;
use tcpdx_engine::{Diagnosis, Engine, Finding, Language, Settings, Summary, Vantage};

pub(crate) struct Report {
    about: String,
    pub(crate) packets: Vec<Captured>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) summaries: Vec<Summary>,
    #[allow(dead_code)] // only the causes are asked for later
    pub(crate) engine: Engine,
}

impl Report {
    pub(crate) fn of(conversation: &Conversation) -> Report {
        let vantage = conversation.settings.get("vantage").map(|v| match v.as_str() {
            "client" => Vantage::Client,
            "server" => Vantage::Server,
            "middle" => Vantage::Middle,
            "both" => Vantage::Both,
            other => panic!("unknown vantage {other}"),
        });
        let mut engine = Engine::new(Settings { vantage, ..Settings::default() });
        let packets = play(conversation);
        for (n, captured) in packets.iter().enumerate() {
            let frame = n as u32 + 1;
            if let Some(packet) = captured.packet(frame) {
                engine.packet(&packet);
            } else if let Some(icmp) = captured.icmp(frame) {
                engine.icmp(&icmp);
            }
        }
        let summaries = (0..engine.connections()).filter_map(|n| engine.summary(n)).collect();
        let about = conversation.about.clone();
        Report { about, packets, findings: engine.findings(), summaries, engine }
    }

    pub(crate) fn tells(&self, diagnosis: Diagnosis) -> bool {
        self.findings.iter().any(|f| f.diagnosis == diagnosis)
    }

    /// The packets, a line each; of many that are alike, the first and the last.
    pub(crate) fn table(&self, comments: bool) -> String {
        let mut out = String::new();
        let mut left_out = 0;
        let many = self.packets.iter().filter(|p| p.one_of_many).count();
        let mut nth = 0;
        for (n, captured) in self.packets.iter().enumerate() {
            if captured.one_of_many {
                nth += 1;
                if nth > 4 && nth + 2 <= many {
                    left_out += 1;
                    continue;
                }
            }
            if left_out > 0 {
                out += &format!("{:>4}\n", "…");
                left_out = 0;
            }
            let comment = if comments && !captured.comment.is_empty() {
                format!("  # {}", captured.comment)
            } else {
                String::new()
            };
            let time = captured.time as f64 / 1e9;
            out += format!("{:>4} {time:>10.6}  {}{comment}", n + 1, described(&captured.of)).trim_end();
            out.push('\n');
        }
        out
    }
}

fn described(of: &Of) -> String {
    match of {
        Of::Icmp { bytes, .. } if bytes[0] == 8 => "(other traffic)".into(),
        Of::Icmp { bytes, .. } => format!("router  ICMP type {} code {}", bytes[0], bytes[1]),
        Of::Segment(segment) => segment.to_string(),
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = if self.connection == 1 { String::new() } else { self.connection.to_string() };
        let who = if self.side == 0 { format!("client{number} →") } else { format!("← server{number}") };
        let letters: String =
            [(1, 'S'), (0, 'F'), (2, 'R'), (3, 'P'), (5, 'U'), (6, 'E'), (7, 'W'), (4, '.')]
                .iter()
                .filter(|(bit, _)| self.flags & 1 << bit != 0)
                .map(|(_, letter)| *letter)
                .collect();
        write!(f, "{who:<9} {:<5} seq {}", format!("[{letters}]"), self.seq)?;
        if let Some(ack) = self.ack {
            write!(f, " ack {ack}")?;
        }
        write!(f, " win {}", self.window)?;
        if self.len > 0 {
            write!(f, " len {}", self.len)?;
        }
        write!(f, " ttl {}", self.ttl)?;
        if !self.options.is_empty() {
            write!(f, " <{}>", self.options)?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n{}", self.about, self.table(true))?;
        for finding in self.findings.iter().take(Self::MOST) {
            let proof = if finding.trigger == finding.subject {
                String::new()
            } else {
                format!("<-{}", finding.trigger)
            };
            let frames = format!("{}{proof}", finding.subject);
            writeln!(
                f,
                "{:<5} {frames:<7} {}: {}",
                finding.severity.name(),
                finding.diagnosis.id(),
                finding.message(Language::English)
            )?;
        }
        if self.findings.len() > Self::MOST {
            writeln!(f, "… {} more", self.findings.len() - Self::MOST)?;
        }
        for summary in self.summaries.iter().take(4) {
            writeln!(
                f,
                "=> {}, seen from {}: {}",
                summary.outcome.name(),
                summary.vantage.name(),
                summary.story.tell(Language::English)
            )?;
        }
        Ok(())
    }
}

impl Report {
    /// So many findings are shown.
    const MOST: usize = 30;
}
