//! How a connection ended or stands: by what ended it, in time.

use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Term};
use crate::catalogue::{Diagnosis, Effect};
use crate::connection::Connection;
use crate::side::Side;
use crate::state::Outcome;

/// What ends a connection, and how it is then said to have ended. Of several about the same frame the first counts.
const ENDS: &[(Diagnosis, Outcome)] = &[
    (Diagnosis::HandshakeRejected, Outcome::Rejected),
    (Diagnosis::HandshakeRejectedByIcmp, Outcome::Rejected),
    (Diagnosis::HandshakeSynUnanswered, Outcome::Unanswered),
    (Diagnosis::HandshakeSynIgnored, Outcome::Unanswered),
    (Diagnosis::ResetInjected, Outcome::Injected),
    (Diagnosis::ResetByMiddlebox, Outcome::Reset),
    (Diagnosis::ResetKeepaliveTimeout, Outcome::TimedOut),
    (Diagnosis::HandshakeResetAfterAccept, Outcome::Reset),
    (Diagnosis::HandshakeSynackRejected, Outcome::Aborted),
    (Diagnosis::ResetAbort, Outcome::Aborted),
    (Diagnosis::ResetNoSuchConnection, Outcome::Reset),
    (Diagnosis::ResetAfterClose, Outcome::Reset),
    (Diagnosis::ResetLate, Outcome::Closed),
    (Diagnosis::ResetRetransmissionTimeout, Outcome::TimedOut),
    (Diagnosis::CloseFinUnanswered, Outcome::TimedOut),
];

/// How it ended or stands, from what was found: the first that ended it, for what comes behind follows from that.
pub(crate) fn outcome(c: &Connection, findings: &[&Finding]) -> Outcome {
    let found = |d: Diagnosis| findings.iter().any(|f| f.diagnosis == d);
    let fins = c.ends.iter().filter(|e| e.fin.is_set()).count();
    if fins == 2 && (c.closed() || found(Diagnosis::ResetLate)) {
        return Outcome::Closed;
    }
    let ended = findings.iter().filter(|f| f.effect == Effect::Ended);
    let ends = ended.filter_map(|f| {
        let at = ENDS.iter().position(|(d, _)| *d == f.diagnosis)?;
        Some((f.subject, at, f))
    });
    if let Some((_, at, finding)) = ends.min_by_key(|(since, at, _)| (*since, *at)) {
        // Who was killed by a forged RST answers with one of its own.
        let by_forged = finding.param(Param::Reading) == Some(Value::Term(Term::KilledByForged));
        // A RST stands in place of a FIN only where its sender sent none.
        let closes = finding.diagnosis == Diagnosis::ResetLate && fins == 1;
        let of = |who| Side::BOTH.into_iter().find(|side| Value::Party(side.party()) == who);
        let twice =
            closes && finding.param(Param::Who).and_then(of).is_some_and(|side| c.end(side).fin.is_set());
        return match () {
            () if by_forged => Outcome::Injected,
            () if twice => Outcome::Reset,
            () => ENDS[at].1,
        };
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
