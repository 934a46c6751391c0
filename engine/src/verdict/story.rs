//! The connection in a word and in a sentence.

use crate::catalogue::findings::Finding;
use crate::catalogue::texts;
use crate::catalogue::{Diagnosis, Language, Severity, Texts};
use crate::connection::Connection;
use crate::state::Outcome;

/// What a finding says of the end of its connection, the most telling first.
const ENDS: &[(Diagnosis, Outcome)] = &[
    (Diagnosis::HandshakeRejected, Outcome::Rejected),
    (Diagnosis::HandshakeRejectedByIcmp, Outcome::Rejected),
    (Diagnosis::HandshakeSynUnanswered, Outcome::Unanswered),
    (Diagnosis::ResetInjected, Outcome::Injected),
    (Diagnosis::ResetByMiddlebox, Outcome::Reset),
    (Diagnosis::ResetRetransmissionTimeout, Outcome::TimedOut),
    (Diagnosis::ResetKeepaliveTimeout, Outcome::TimedOut),
    (Diagnosis::HandshakeResetAfterAccept, Outcome::Reset),
    (Diagnosis::HandshakeSynackRejected, Outcome::Aborted),
    (Diagnosis::ResetAbort, Outcome::Aborted),
    (Diagnosis::ResetNoSuchConnection, Outcome::Reset),
    (Diagnosis::ResetAfterClose, Outcome::Reset),
    (Diagnosis::ResetLate, Outcome::Closed),
    (Diagnosis::CloseFinUnanswered, Outcome::TimedOut),
];

/// How it ended or stands, from what was found.
pub(crate) fn outcome(c: &Connection, findings: &[&Finding]) -> Outcome {
    let found = |d: Diagnosis| findings.iter().any(|f| f.diagnosis == d);
    let fins = c.ends.iter().filter(|e| e.fin.is_set()).count();
    if fins == 2 && (c.closed() || found(Diagnosis::ResetLate)) {
        return Outcome::Closed;
    }
    let end = |f: &&Finding| ENDS.iter().position(|(d, _)| *d == f.diagnosis);
    if let Some(&(_, outcome)) = findings.iter().filter_map(end).min().and_then(|at| ENDS.get(at)) {
        return outcome;
    }
    let opening = c.syn().is_set() || c.handshake.syn_ack.is_set();
    match fins {
        _ if opening && !c.handshake.third_ack.is_set() && c.client().bytes() == 0 => Outcome::HalfOpen,
        0 if opening && found(Diagnosis::HandshakeThirdAckLost) && !c.handshake.established() => {
            Outcome::HalfOpen
        }
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

/// By diagnosis: how telling it is as a cause, the most telling 0.
const TELLING: [Option<u8>; Diagnosis::ALL.len()] = {
    let mut telling = [None; Diagnosis::ALL.len()];
    let mut at = 0;
    while at < CAUSES.len() {
        telling[CAUSES[at] as usize] = Some(at as u8);
        at += 1;
    }
    telling
};

/// Milestones that say how it ended, or that it did not.
const ENDINGS: &[Diagnosis] = &[
    Diagnosis::CloseFourSegments,
    Diagnosis::CloseThreeSegments,
    Diagnosis::CloseSimultaneous,
    Diagnosis::CloseIncomplete,
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
    /// Side the findings by subject frame.
    pub(crate) fn of(outcome: Outcome, rtt: Option<i64>, findings: &[&Finding]) -> Story {
        // What has become a mere note did not trouble a connection that went well, and explains another one last.
        let mere_note = |f: &Finding| f.severity < f.diagnosis.severity().min(Severity::Warn);
        let telling = |f: &Finding| {
            let counts = !went_well(outcome) || !mere_note(f);
            TELLING[f.diagnosis as usize].filter(|_| counts).map(|place| (mere_note(f), place))
        };
        // The last of several.
        let last_first = || findings.iter().rev();
        let cause = last_first().filter(|f| telling(f).is_some()).min_by_key(|f| telling(f));
        let ending = last_first().find(|f| f.severity == Severity::Chat && ENDINGS.contains(&f.diagnosis));
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
