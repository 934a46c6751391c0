//! The connection in a word and in a sentence.

use crate::catalogue::{Diagnosis, Language, Severity, Texts, texts};
use crate::connection::Connection;
use crate::findings::Finding;
use crate::summary::Outcome;

/// How it ended or stands, from what was found.
pub(crate) fn outcome(c: &Connection, findings: &[&Finding]) -> Outcome {
    use Diagnosis as D;
    let found = |d: Diagnosis| findings.iter().any(|f| f.diagnosis == d);
    let both_fins = c.ends.iter().all(|e| e.fin.is_set());
    let fins = c.ends.iter().filter(|e| e.fin.is_set()).count();
    if both_fins && (c.closed() || found(D::ResetLate)) {
        return Outcome::Closed;
    }
    let by_finding = [
        (D::HandshakeRejected, Outcome::Rejected),
        (D::HandshakeRejectedByIcmp, Outcome::Rejected),
        (D::HandshakeSynUnanswered, Outcome::Unanswered),
        (D::ResetInjected, Outcome::Injected),
        (D::ResetByMiddlebox, Outcome::Reset),
        (D::ResetRetransmissionTimeout, Outcome::TimedOut),
        (D::ResetKeepaliveTimeout, Outcome::TimedOut),
        (D::HandshakeResetAfterAccept, Outcome::Reset),
        (D::HandshakeSynackRejected, Outcome::Aborted),
        (D::ResetAbort, Outcome::Aborted),
        (D::ResetNoSuchConnection, Outcome::Reset),
        (D::ResetAfterClose, Outcome::Reset),
        (D::ResetLate, Outcome::Closed),
        (D::CloseFinUnanswered, Outcome::TimedOut),
    ];
    if let Some((_, outcome)) = by_finding.into_iter().find(|(d, _)| found(*d)) {
        return outcome;
    }
    let opening = c.syn().is_set() || c.handshake.syn_ack.is_set();
    match fins {
        _ if opening && !c.handshake.third_ack.is_set() && c.client().bytes() == 0 => Outcome::HalfOpen,
        0 if opening && found(D::HandshakeThirdAckLost) && !c.handshake.established() => Outcome::HalfOpen,
        0 if c.succeeded => Outcome::Replaced,
        0 => Outcome::Open,
        1 => Outcome::HalfClosed,
        _ => Outcome::Closed,
    }
}

/// What explains a connection, the most telling first.
const CAUSES: &[Diagnosis] = &[
    Diagnosis::ResetInjected,
    Diagnosis::ResetByMiddlebox,
    Diagnosis::HttpHeaderNewline,
    Diagnosis::HandshakeRejectedByIcmp,
    Diagnosis::HandshakeRejected,
    Diagnosis::HandshakeSynUnanswered,
    Diagnosis::HandshakeAcceptQueueOverflow,
    Diagnosis::HandshakeServerNeverEstablished,
    Diagnosis::HandshakeThirdAckLost,
    Diagnosis::HandshakeThirdAckMissing,
    Diagnosis::HandshakeResetAfterAccept,
    Diagnosis::HandshakeSynackRejected,
    Diagnosis::FlowNeverReopened,
    Diagnosis::PathPmtuBlackHole,
    Diagnosis::PathIdleStateLost,
    Diagnosis::ResetRetransmissionTimeout,
    Diagnosis::ResetKeepaliveTimeout,
    Diagnosis::ResetAfterClose,
    Diagnosis::ResetNoSuchConnection,
    Diagnosis::ResetAbort,
    Diagnosis::CloseFinUnanswered,
    Diagnosis::ClosePeerNeverClosed,
    Diagnosis::PathBlackout,
    Diagnosis::LossStalled,
    Diagnosis::LossConflictingData,
    Diagnosis::AppNoResponse,
    Diagnosis::HttpRequestIncomplete,
    Diagnosis::HttpLengthMismatch,
    Diagnosis::AppSlowResponse,
    Diagnosis::FlowZeroWindow,
    Diagnosis::FlowNagleDelayedAck,
    Diagnosis::HandshakeSynackLost,
    Diagnosis::HandshakeSynRetransmitted,
    Diagnosis::LossTimeout,
    Diagnosis::CloseLastAckLost,
    Diagnosis::CloseFinRetransmitted,
    Diagnosis::KeepaliveUnanswered,
    Diagnosis::ResetLate,
];

/// What a connection's story is told from: where it is the same, so are the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    outcome: Outcome,
    rtt: Option<i64>,
    /// What went wrong.
    cause: Option<Finding>,
    /// How it was closed.
    ending: Option<Finding>,
}

impl Story {
    /// From the findings by subject frame.
    pub(crate) fn of(outcome: Outcome, rtt: Option<i64>, findings: &[&Finding]) -> Story {
        // What has become a mere note did not trouble a connection that went well.
        let counts =
            |f: &Finding| !went_well(outcome) || f.severity >= f.diagnosis.severity().min(Severity::Warn);
        let told = |d: &Diagnosis| findings.iter().rev().find(|f| f.diagnosis == *d && counts(f));
        let cause = CAUSES.iter().find_map(told);
        let ending =
            findings.iter().rev().find(|f| f.severity == Severity::Chat && f.diagnosis.family() == "close");
        let without_frames = |f: &&Finding| Finding {
            subject: 0,
            trigger: 0,
            evidence: Vec::new(),
            params: f.params.clone(),
            ..**f
        };
        Story { outcome, rtt, cause: cause.map(without_frames), ending: ending.map(without_frames) }
    }

    /// One or two sentences: the cause, if something went wrong; else how it went.
    #[must_use]
    pub fn tell(&self, language: Language) -> String {
        let texts = texts(language);
        let mut story = Sentences { texts, text: String::with_capacity(128) };
        match (&self.cause, self.rtt) {
            (Some(cause), _) => story.tell(&texts.story(cause)),
            (None, Some(rtt)) => story.tell(&texts.handshake_story(rtt)),
            (None, None) => {}
        }
        if self.cause.as_ref().is_none_or(|f| went_well(self.outcome) && f.severity < Severity::Error) {
            match &self.ending {
                Some(ending) => story.tell(&texts.story(ending)),
                None => story.tell(texts.outcome_story(self.outcome)),
            }
        }
        if story.text.is_empty() {
            story.tell(texts.outcome_story(self.outcome));
        }
        story.text
    }
}

fn went_well(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Closed | Outcome::Open)
}

/// Sentences, one behind another.
struct Sentences {
    texts: &'static Texts,
    text: String,
}

impl Sentences {
    fn tell(&mut self, sentence: &str) {
        if !self.text.is_empty() && !sentence.is_empty() {
            self.text.push_str(self.texts.between_sentences());
        }
        self.text.push_str(sentence);
    }
}
