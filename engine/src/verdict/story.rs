//! The connection in a word and in a sentence.

use crate::catalogue::findings::Finding;
use crate::catalogue::texts;
use crate::catalogue::{Diagnosis, Effect, Language, Severity, Texts};
use crate::state::Outcome;

/// What explains a connection, the most telling first.
const CAUSES: &[Diagnosis] = &[
    Diagnosis::ResetInjected,
    Diagnosis::ResetByMiddlebox,
    Diagnosis::HttpHeaderNewline,
    Diagnosis::HandshakeRejectedByIcmp,
    Diagnosis::HandshakeRejected,
    Diagnosis::HandshakeSynUnanswered,
    Diagnosis::HandshakeSynIgnored,
    Diagnosis::HandshakeSynackIgnored,
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
    Diagnosis::FlowStopAndWait,
    Diagnosis::HttpExpectUnanswered,
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
        // What might have ended it and did not is no cause.
        let harmless = |f: &Finding| f.effect == Effect::None && f.diagnosis.effect() == Effect::Ended;
        let telling = |f: &Finding| {
            let counts = !harmless(f) && (!went_well(outcome) || !mere_note(f));
            let reaches = went_well(outcome) || f.effect == Effect::Ended;
            TELLING[f.diagnosis as usize].filter(|_| counts).map(|place| (mere_note(f), !reaches, place))
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
