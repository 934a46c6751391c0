//! Somebody between the two who cuts in on purpose.

use super::limits;
use super::questions::{after_first_data, had_ended, killed, stray, wrong_rst};
use super::scene::Scene;
use super::weight::Weight;
use crate::book::lines::Opening;
use crate::catalogue::facts::{Fact, FactKind};
use crate::catalogue::terms::{Param, Term};
use crate::catalogue::{Cause, Diagnosis as D};
use crate::side::Side;

pub(super) fn weigh(cause: Cause, s: &Scene<'_>, w: &mut Weight) {
    match cause {
        Cause::ForgerContentFilter => content_filter(s, w),
        Cause::ForgerKillsConnection => kills(s, w),
        _ => spoofed_source(s, w),
    }
}

fn content_filter(s: &Scene<'_>, w: &mut Weight) {
    let forged = [D::ResetInjected, D::ResetByMiddlebox];
    w.against(had_ended(s));
    w.against(s.was_idle().filter(|_| !s.is(&[D::LossConflictingData])));
    w.against(nothing_reached(s));
    w.against(s.moved().map(|(fact, _)| fact));
    if s.is(&[D::ResetNoSuchConnection]) {
        let early = matches!(
            s.term(Param::Reading),
            Some(Term::EarlyOrNever | Term::KilledEarly | Term::KilledByForged)
        );
        w.speaks(early.then(|| after_first_data(s)).flatten());
        w.against((!early).then(|| s.fact(FactKind::NotTiedToContent)));
        return;
    }
    if !s.is(&forged) {
        w.only_with_facts();
    }
    let never = s.term(Param::Sign) == Some(Term::SignNeverReached);
    w.proves((never && s.is(&forged)).then(|| s.itself()));
    w.speaks(after_first_data(s).filter(|_| s.is(&forged)));
}

/// Captured beside the side that knows the connection no more, and no RST has reached it.
fn nothing_reached(s: &Scene<'_>) -> Option<Fact> {
    let side = s.who().filter(|_| s.is(&[D::ResetNoSuchConnection]))?;
    let forged = s.term(Param::Reading) == Some(Term::KilledByForged) || s.told_any(&[D::ResetInjected]);
    let alone = s.is_beside(side) && !s.is_beside(side.other());
    let reached = s.me.end(side.other()).rst.is_set();
    (alone && !forged && !reached).then(|| s.fact(FactKind::LeftHost))
}

fn kills(s: &Scene<'_>, w: &mut Weight) {
    w.against(had_ended(s));
    w.against(s.was_idle());
    w.against(nothing_reached(s));
    w.against(s.moved().map(|(fact, _)| fact));
    match s.finding.diagnosis {
        D::HandshakeSynOnLiveConnection => {
            w.speaks(killed(s));
        }
        D::ResetInjected => {
            let syn = s
                .of_client_port()
                .into_iter()
                .find(|l| l.tuple == s.me.tuple && l.has(D::HandshakeSynOnLiveConnection));
            w.speaks(syn.map(|l| Fact {
                diagnosis: Some(D::HandshakeSynOnLiveConnection),
                ..Fact::new(FactKind::Told, l.number, l.first.frame)
            }));
            w.speaks(s.told_fact(D::HandshakeSynOnLiveConnection));
            let tied = after_first_data(s).is_some();
            let goes_on = s.term(Param::Sign) == Some(Term::SignGoesOn);
            w.speaks((goes_on && !tied).then(|| s.itself()));
        }
        D::ResetNoSuchConnection => {
            let silent = s.who().map_or(0, |side| s.at - s.me.news(side).time);
            let restart = silent >= limits::RESTART;
            w.against(restart.then(|| s.fact(FactKind::SilentBefore).span(silent)));
            w.speaks((s.term(Param::Reading) == Some(Term::KilledByForged)).then(|| s.itself()));
            let never = s.term(Param::Reading) == Some(Term::NeverEstablished);
            w.against(never.then(|| s.fact(FactKind::NeverServed)));
        }
        _ => {
            w.speaks(s.told_fact(D::ResetInjected));
            let normal = s.told_any(&[D::ResetAbort, D::ResetNoSuchConnection]);
            w.against((normal && s.is(&[D::ResetIgnored])).then(|| s.itself()));
            w.against(wrong_rst(s));
        }
    }
}

fn spoofed_source(s: &Scene<'_>, w: &mut Weight) {
    let client = s.ip(Side::Client);
    let works = s
        .with_host(client)
        .into_iter()
        .find(|l| l.tuple.src.ip == client && l.opening == Opening::Taken && l.end(Side::Client).bytes > 0);
    w.against(works.map(|l| Fact::new(FactKind::ClientAsks, l.number, l.first.frame)));
    let goes_on =
        s.me.third_ack.is_set() || s.me.end(Side::Client).bytes > 0 || s.me.end(Side::Client).fin.is_set();
    let half_open =
        [D::HandshakeThirdAckMissing, D::HandshakeSynackRetransmitted, D::HandshakeSynackRejected];
    w.against((goes_on && s.is(&half_open)).then(|| s.fact(FactKind::ClientGoesOn)));
    // Who repeats the SYN waits for the answer to it.
    w.against((s.me.syn_repeats > 0 && s.is(&half_open)).then(|| s.fact(FactKind::ClientRepeats)));
    w.against(stray(s).map(|(fact, _)| fact));
    w.speaks(s.is(&[D::HandshakeSynFlood]).then(|| s.itself()));
    w.speaks(s.others_told(D::HandshakeSynFlood).filter(|_| !s.is(&[D::HandshakeSynFlood])));
}
