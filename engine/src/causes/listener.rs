//! What the server's kernel does before the application sees the connection.

use super::limits;
use super::questions::{by_timestamps, rst_fits, rst_is_fresh, wrong_rst};
use super::scene::Scene;
use super::weight::Weight;
use crate::book::lines::{Line, Opening};
use crate::catalogue::facts::{Fact, FactKind};
use crate::catalogue::terms::{Param, Term};
use crate::catalogue::{Cause, Diagnosis as D};
use crate::side::Side;

pub(super) fn weigh(cause: Cause, s: &Scene<'_>, w: &mut Weight) {
    match cause {
        Cause::PortNothingListens => nothing_listens(s, w),
        Cause::ListenerAcceptQueueFull => accept_queue_full(s, w),
        Cause::ListenerAbortOnOverflow => abort_on_overflow(s, w),
        Cause::ListenerSynQueueFull => syn_queue_full(s, w),
        _ => defer_accept(s, w),
    }
}

fn about(l: &Line, kind: FactKind) -> Fact {
    Fact::new(kind, l.number, l.syn_ack.frame.max(l.first.frame))
}

/// The connections that the port took within a minute of this one.
pub(super) fn taken_around(s: &Scene<'_>) -> Option<Fact> {
    let taken = s.taken(s.me.first.time - limits::MINUTE, s.me.first.time + limits::MINUTE);
    taken.first().map(|l| about(l, FactKind::OthersTaken).count(taken.len()))
}

fn nothing_listens(s: &Scene<'_>, w: &mut Weight) {
    w.against(taken_around(s));
    let refused = s.at_listener().iter().filter(|l| l.opening == Opening::Refused).count();
    if rst_is_fresh(s) {
        w.speaks(s.fact(FactKind::LeftHost));
    } else {
        match rst_fits(s) {
            Some(Err((fact, _))) => {
                w.against(fact);
            }
            Some(Ok(fact)) => {
                w.speaks(fact);
            }
            None => {}
        }
    }
    w.speaks((refused > 0).then(|| s.fact(FactKind::AllRefused).count(refused + 1)));
}

/// Nothing that the server had sent by then shows that an application has it.
fn unserved(s: &Scene<'_>) -> bool {
    !s.me.syn_ack.is_set() || s.never_served()
}

fn accept_queue_full(s: &Scene<'_>, w: &mut Weight) {
    let syns = [D::HandshakeSynIgnored, D::HandshakeSynUnanswered, D::HandshakeSynRetransmitted];
    let syn = !s.me.syn_ack.is_set() || s.is(&syns);
    // It came again because the SYN did.
    let asked = s.is(&[D::HandshakeSynackRetransmitted]) && s.me.syn_repeats > 0;
    w.against(asked.then(|| s.fact(FactKind::ClientRepeats)));
    // The server had the connection.
    let served = s.me.served.frame;
    w.against((!unserved(s)).then(|| s.fact_at(FactKind::ServedBefore, served)).filter(|_| {
        !s.is(&[
            D::HandshakeAcceptQueueOverflow,
            D::HandshakeThirdAckLost,
            D::HandshakeSynIgnored,
            D::HandshakeSynRetransmitted,
            D::HandshakeSynackRetransmitted,
        ])
    }));
    // What was acknowledged was on a connection that the server had.
    w.against((s.is(&[D::AppNoResponse]) && served != 0).then(|| s.fact_at(FactKind::ServedBefore, served)));
    if s.is(&[D::ResetNoSuchConnection]) {
        let never = s.told_any(&[D::HandshakeAcceptQueueOverflow, D::HandshakeServerNeverEstablished]);
        let reading = s.term(Param::Reading) == Some(Term::NeverEstablished);
        w.speaks((never || reading).then(|| s.fact(FactKind::NeverServed)));
        w.against((!never && !reading).then(|| s.fact(FactKind::ServedBefore)));
    }
    let stuck = s.stuck_beside();
    let shared = stuck.first().map(|l| about(l, FactKind::StuckBeside).count(stuck.len() + 1));
    // Whether the host takes others by their timestamps, or one server of several is dead, is another story.
    let since = s.me.first.time - limits::MINUTE;
    let taken = s.taken(since, s.me.last.time);
    let took = taken.last().map(|l| about(l, FactKind::OthersTaken).count(taken.len()));
    if syn {
        w.against(by_timestamps(s));
        w.against(wrong_rst(s));
        // Seen from afar, only those that are stuck behind the handshake tell it from loss.
        let full = |l: &&Line| {
            l.has(D::HandshakeAcceptQueueOverflow) || l.has(D::HandshakeThirdAckLost) || l.syn_ack.is_set()
        };
        let tells = s.is(&[D::HandshakeSynIgnored]) || stuck.iter().any(|l| full(&l));
        w.speaks(shared.clone().filter(|_| took.is_some() && tells));
        w.against(s.told_fact(D::HandshakeAnsweredByAck));
        let silent = s.is(&[D::HandshakeSynUnanswered, D::HandshakeSynRetransmitted]);
        w.against((silent && s.told_any(&[D::HandshakeRejectedByIcmp])).then(|| s.itself()));
        return;
    }
    let overflow = s.told_fact(D::HandshakeAcceptQueueOverflow).or_else(|| {
        s.told_fact(D::HandshakeThirdAckLost).filter(|_| s.me.end(Side::Client).bytes > 0 && shared.is_some())
    });
    w.speaks(overflow);
    let known = took.is_some() || s.is_beside(Side::Server);
    w.speaks(shared.filter(|_| s.never_served() && known));
    let gives_up = s.told_any(&[D::LossStalled, D::HandshakeThirdAckLost, D::HandshakeAcceptQueueOverflow]);
    w.speaks(took.filter(|_| s.never_served() && gives_up && s.me.end(Side::Client).bytes > 0));
}

fn abort_on_overflow(s: &Scene<'_>, w: &mut Weight) {
    let rst = s.me.end(Side::Server).rst;
    w.against((!rst.is_set()).then(|| s.fact(FactKind::OfClient)));
    if s.is(&[D::HandshakeRejected, D::HandshakeRejectedRetried]) {
        let windows = s.ttls_of(Side::Server).iter().all(|(ttl, _)| (65..=128).contains(ttl));
        let taken = s.taken(s.at - limits::ONE_MOMENT, s.at + limits::ONE_MOMENT);
        w.only_with_facts();
        let line = taken.first().filter(|_| windows && taken.len() >= 2);
        w.speaks(line.map(|l| about(l, FactKind::OthersTaken).count(taken.len())));
        return;
    }
    let said = s.me.end(Side::Server).said;
    w.against((said.is_set() && said.time < rst.time).then(|| s.fact_at(FactKind::ServedBefore, said.frame)));
    let others = s.at_listener();
    let aborted = |l: &&Line| l.has(D::HandshakeResetAfterAccept) && l.end(Side::Server).rst.is_set();
    let aborted = others.iter().filter(aborted).count();
    let served = others.iter().find(|l| l.opening == Opening::Taken && l.end(Side::Server).bytes > 0);
    let at_once = rst.time - s.me.third_ack.time;
    let prompt = at_once <= limits::KERNEL_ANSWERS && s.is_beside(Side::Server);
    w.speaks((prompt).then(|| s.fact_at(FactKind::KernelAnswers, rst.frame).span(at_once)));
    w.speaks(served.filter(|_| aborted > 0).map(|l| about(l, FactKind::OthersTaken).count(aborted)));
}

fn syn_queue_full(s: &Scene<'_>, w: &mut Weight) {
    w.speaks(s.others_told(D::HandshakeSynFlood));
    let half_open = s.at_listener().iter().filter(|l| l.opening == Opening::Stuck).count();
    w.against((half_open < 4).then(|| s.fact(FactKind::FewHalfOpen).count(half_open)));
}

fn defer_accept(s: &Scene<'_>, w: &mut Weight) {
    w.proves(s.is(&[D::HandshakeDeferAccept]).then(|| s.itself()));
    w.speaks(s.told_fact(D::HandshakeDeferAccept).filter(|_| !s.is(&[D::HandshakeDeferAccept])));
    let spoke = s.term(Param::Spoke);
    let had_data = matches!(spoke, Some(Term::DataUnanswered | Term::DataRejected));
    w.against(had_data.then(|| s.fact(FactKind::DataBeforeRepeat)));
    if s.is(&[D::ResetNoSuchConnection]) {
        let never = s.term(Param::Reading) == Some(Term::NeverEstablished);
        let repeated = s.told_any(&[D::HandshakeAcceptQueueOverflow]);
        w.against((!never || repeated).then(|| s.fact(FactKind::DataBeforeRepeat)));
        w.only_with_facts();
    }
}

impl Scene<'_> {
    /// That diagnosis was told of another connection to the same listener.
    pub(super) fn others_told(&self, diagnosis: D) -> Option<Fact> {
        if let Some(fact) = self.told_fact(diagnosis) {
            return Some(fact);
        }
        self.at_listener().iter().find(|l| l.has(diagnosis)).map(|l| Fact {
            diagnosis: Some(diagnosis),
            ..Fact::new(FactKind::Told, l.number, l.first.frame)
        })
    }
}
