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

/// One or two sentences: the cause, if something went wrong; else how it went.
pub(crate) fn story(c: &Connection, outcome: Outcome, findings: &[&Finding], language: Language) -> String {
    let texts = texts(language);
    let fine = matches!(outcome, Outcome::Closed | Outcome::Open);
    // What has become a mere note did not trouble a connection that went well.
    let counts = |f: &Finding| !fine || f.severity >= f.diagnosis.severity().min(Severity::Warn);
    let told = |d: &Diagnosis| findings.iter().rev().find(|f| f.diagnosis == *d && counts(f));
    let cause = CAUSES.iter().find_map(told);
    let ending =
        findings.iter().rev().find(|f| f.severity == Severity::Chat && f.diagnosis.family() == "close");
    let mut story = Story { texts, text: String::with_capacity(128) };
    match cause {
        Some(cause) => story.tell(&texts.story(cause)),
        None => {
            if let Some(rtt) = c.rtt() {
                story.tell(&texts.handshake_story(rtt));
            }
        }
    }
    if cause.is_none_or(|f| fine && f.severity < Severity::Error) {
        match ending {
            Some(ending) => story.tell(&texts.story(ending)),
            None => story.tell(texts.outcome_story(outcome)),
        }
    }
    if story.text.is_empty() {
        story.tell(texts.outcome_story(outcome));
    }
    story.text
}

/// Sentences, one behind another.
struct Story {
    texts: &'static Texts,
    text: String,
}

impl Story {
    fn tell(&mut self, sentence: &str) {
        if !self.text.is_empty() && !sentence.is_empty() {
            self.text.push_str(self.texts.between_sentences());
        }
        self.text.push_str(sentence);
    }
}
