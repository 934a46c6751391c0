//! Faults of one TCP stack, and clocks that do not fit: mostly proved, as no network does such.

use super::limits;
use super::questions::{recycled, wrong_rst};
use super::scene::Scene;
use super::weight::Weight;
use crate::book::lines::{Line, Opening};
use crate::catalogue::facts::{Fact, FactKind};
use crate::catalogue::findings::Value;
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Cause, Diagnosis as D};
use crate::side::Side;

pub(super) fn weigh(cause: Cause, s: &Scene<'_>, w: &mut Weight) {
    match cause {
        Cause::StackRstWrongAck => {
            w.proves(wrong_rst(s));
        }
        Cause::StackResetsRepeatedSyn => resets_repeated_syn(s, w),
        Cause::StackRefusesEcnSyn => refuses_ecn(s, w),
        Cause::StackNoWindowUpdate => no_window_update(s, w),
        Cause::StackEarlyResend => {
            let early =
                s.own.iter().filter(|f| f.param(Param::How) == Some(Value::Term(Term::AnswersFirstCopy)));
            let count = early.clone().count();
            let this = s.term(Param::How) == Some(Term::AnswersFirstCopy) || s.is(&[D::LossKarn]);
            w.speaks((count >= 2 && this).then(|| s.fact(FactKind::EarlyAgain).count(count)));
            w.against((s.term(Param::How) == Some(Term::ReportedByDsack)).then(|| s.itself()));
        }
        Cause::StackOneSegmentInFlight => {
            w.proves(s.is(&[D::FlowStopAndWait]).then(|| s.itself()));
            w.against(s.is(&[D::FlowNagleDelayedAck]).then(|| s.fact(FactKind::SmallPieces)));
        }
        Cause::StackChallengeLoop => {
            let storm = s.is(&[D::CloseStorm]) && s.term(Param::What) == Some(Term::StormRst)
                || s.term(Param::How) == Some(Term::StormRst);
            let both = s.me.ends.iter().all(|end| end.last.is_set());
            w.against((!both).then(|| s.fact(FactKind::NothingSent)));
            w.speaks(storm.then(|| s.itself()));
            w.speaks(s.told_fact(D::CloseStorm).filter(|_| !s.is(&[D::CloseStorm])));
        }
        Cause::StackFinOutOfOrder => fin_out_of_order(s, w),
        Cause::PawsRecycledTimestamps => recycled(s, w),
        Cause::PawsClocksMixed => {
            w.proves(s.is(&[D::LossStaleTimestamp]).then(|| s.itself()));
            let stale = s.own.iter().filter(|f| f.diagnosis == D::LossStaleTimestamp);
            let same = stale.clone().any(|f| f.param(Param::Who) == s.finding.param(Param::Who));
            w.proves(
                s.told_fact(D::LossStaleTimestamp).filter(|_| same && s.times(D::LossStaleTimestamp) >= 2),
            );
        }
        _ => {}
    }
}

fn resets_repeated_syn(s: &Scene<'_>, w: &mut Weight) {
    let rst = s.me.end(Side::Server).rst;
    let pattern = s.me.syn_ack.is_set() && s.me.syn_repeats > 0 && rst.is_set() && !s.me.third_ack.is_set();
    w.proves(pattern.then(|| s.fact_at(FactKind::RepeatedSynReset, rst.frame)));
    w.against((s.me.third_ack.is_set()).then(|| s.fact_at(FactKind::ThirdAckBefore, s.me.third_ack.frame)));
    w.against((!rst.is_set()).then(|| s.fact(FactKind::NoRst)));
}

fn refuses_ecn(s: &Scene<'_>, w: &mut Weight) {
    w.against((!s.me.asks_ecn).then(|| s.fact(FactKind::AsksNoEcn)));
    let mine = s.ip(Side::Client);
    let others = s.at_listener();
    let taken = others.iter().find(|l| l.opening == Opening::Taken && l.asks_ecn && l.syn_repeats == 0);
    w.against(taken.map(|l| Fact::new(FactKind::EcnTaken, l.number, l.first.frame)));
    let near = |l: &&Line| (l.first.time - s.me.first.time).abs() <= limits::MINUTE;
    let plain = others.iter().filter(near).filter(|l| l.opening == Opening::Taken && !l.asks_ecn);
    let plain: Vec<&Line> = plain.filter(|l| l.tuple.src.ip == mine).collect();
    let failed = others.iter().filter(|l| l.asks_ecn && l.opening != Opening::Taken).count() + 1;
    let fact = plain
        .first()
        .map(|l| Fact::new(FactKind::EcnFails, l.number, l.first.frame).count(failed).known(plain.len()));
    let within = s.finding.because == Some(Term::WithoutEcn)
        || s.own.iter().any(|f| f.param(Param::Answer) == Some(Value::Term(Term::WithoutEcn)));
    w.speaks(within.then(|| s.fact(FactKind::TakenWithoutEcn)));
    if failed >= 2 {
        w.proves(fact);
    } else {
        w.speaks(fact);
    }
}

fn no_window_update(s: &Scene<'_>, w: &mut Weight) {
    let Some(Value::Party(party)) = s.finding.param(Param::Peer) else { return };
    // The side whose window is shut; texts name who has to wait as the peer or as the other, by diagnosis.
    let shut = if s.is(&[D::FlowNeverReopened, D::FlowZeroWindow]) { s.finding.side.other() } else { party };
    let side = if shut == Side::Client.party() { Side::Client } else { Side::Server };
    w.against(s.told_fact(D::FlowWindowReopened));
    let reopened = s.is(&[D::FlowZeroWindow]) && s.duration(Param::Span).is_some();
    w.against(reopened.then(|| s.itself()));
    let said = s.me.end(side).said;
    w.speaks((said.is_set() && said.time > s.at).then(|| s.fact_at(FactKind::StillSends, said.frame)));
}

fn fin_out_of_order(s: &Scene<'_>, w: &mut Weight) {
    let Some(from) = s.who() else { return };
    let waited = s.duration(Param::Waited).unwrap_or(0);
    let crossed = s.me.ends.iter().all(|end| end.fin.is_set());
    let arrived = s.arrived(from.other()).filter(|_| waited >= limits::LEAST_TIMEOUT && crossed);
    w.speaks(arrived);
    let first = s.evidence(Role::Fin);
    w.against((!s.is_beside(from.other()) && first.is_none()).then(|| s.fact(FactKind::NotCapturedThere)));
}
