//! Firewalls and filters on the path.

use super::limits;
use super::questions::{
    after_first_data, by_icmp, goes_beyond, had_ended, rst_fits, rst_is_fresh, stray, turns, wrong_rst,
};
use super::scene::Scene;
use super::weight::Weight;
use crate::book::lines::{Line, Opening};
use crate::catalogue::facts::{Fact, FactKind};
use crate::catalogue::findings::Value;
use crate::catalogue::terms::{Param, Term};
use crate::catalogue::{Cause, Diagnosis as D};
use crate::side::Side;

pub(super) fn weigh(cause: Cause, s: &Scene<'_>, w: &mut Weight) {
    match cause {
        Cause::FirewallDropsSilently => drops_silently(s, w),
        Cause::FirewallRejectsInNameOfHost => rejects_in_name(s, w),
        Cause::FirewallRejectsByIcmp => {
            let own = s.finding.param(Param::Reporter) == Some(Value::Address(s.ip(Side::Server)));
            let kind = s.term(Param::Kind);
            let took = s.duration(Param::Took).unwrap_or(0);
            let prohibited = matches!(
                kind,
                Some(Term::IcmpProhibited | Term::IcmpPortUnreachable | Term::IcmpProtocolUnreachable)
            );
            let at_once = matches!(kind, Some(Term::IcmpHostUnreachable)) && took < limits::ARP_FAILS;
            let speaks = !own && (prohibited || at_once);
            w.proves((speaks && prohibited).then(|| by_icmp(s)));
            w.speaks((speaks && at_once).then(|| by_icmp(s)));
            w.against((!speaks).then(|| by_icmp(s)));
        }
        Cause::FirewallAsymmetricPath => asymmetric(s, w),
        Cause::FirewallRuleChanged => rule_changed(s, w),
        Cause::ConntrackTableFull => {}
        Cause::FirewallSequenceRandomised => {
            let offset = s.number(Param::Bytes).filter(|_| s.is(&[D::LossSackInvalid]));
            w.proves(
                offset.map(|bytes| s.fact(FactKind::SameOffset).with(Param::Bytes, Value::Bytes(bytes))),
            );
            w.against(wrong_rst(s).filter(|_| s.is(&[D::HandshakeWrongAck])));
        }
        Cause::FirewallStripsOption => strips_option(s, w),
        _ => {
            let how = s.term(Param::How);
            w.only_with_facts();
            w.speaks((how == Some(Term::ScaleLost)).then(|| s.itself()));
        }
    }
}

fn drops_silently(s: &Scene<'_>, w: &mut Weight) {
    let syns = [D::HandshakeSynUnanswered, D::HandshakeSynRetransmitted];
    if s.is(&syns) {
        w.against(s.arrived(Side::Server));
        let answered = s.term(Param::Answer) == Some(Term::Answered) || s.me.syn_ack.is_set();
        w.against(answered.then(|| s.fact(FactKind::RepeatPassed)));
        let mine = s.ip(Side::Client);
        let beside =
            s.at_listener().into_iter().find(|l| l.tuple.src.ip == mine && l.opening == Opening::Taken);
        w.against(beside.map(|l| Fact::new(FactKind::OthersTaken, l.number, l.first.frame).count(1)));
        w.against(stray(s).map(|(fact, _)| fact));
        w.against(wrong_rst(s));
        let host = s.ip(Side::Server);
        let others = s.at_listener();
        let all = others.iter().all(|l| l.opening == Opening::Unanswered);
        let open = s.with_host(host).into_iter().find(|l| {
            l.tuple.dst.ip == host
                && l.tuple.dst.port != s.listener().port
                && l.opening != Opening::Unanswered
        });
        w.speaks(
            open.filter(|_| all).map(|l| Fact::new(FactKind::OtherPortAnswers, l.number, l.first.frame)),
        );
        return;
    }
    let (since, until) = (s.at, s.now);
    let beside = s.served_beside(since, until);
    w.against(beside.map(|l| Fact::new(FactKind::ServedBeside, l.number, l.last.frame)));
}

fn rejects_in_name(s: &Scene<'_>, w: &mut Weight) {
    match s.finding.diagnosis {
        D::HandshakeRejected => {
            w.against(rst_is_fresh(s).then(|| s.fact(FactKind::LeftHost)));
            match rst_fits(s) {
                Some(Ok(fact)) => {
                    w.against(fact);
                }
                Some(Err((fact, true))) => {
                    w.proves(fact);
                }
                Some(Err((fact, false))) => {
                    let dead = turns(s) >= 3;
                    w.speaks(Some(fact).filter(|_| !dead));
                }
                None => {}
            }
        }
        _ => {
            let by_ttl = s.term(Param::Sign) == Some(Term::SignTtl);
            let busy = s.not_idle().is_some();
            w.speaks((by_ttl && busy && s.is(&[D::ResetByMiddlebox])).then(|| s.itself()));
        }
    }
}

fn asymmetric(s: &Scene<'_>, w: &mut Weight) {
    // One later packet of the client got through.
    let passed = s.me.served.is_set();
    w.against(passed.then(|| s.fact_at(FactKind::LaterPassed, s.me.news(Side::Server).frame)));
    w.against(
        s.arrived(Side::Server).filter(|_| s.me.third_ack.is_set() && !s.is(&[D::HandshakeThirdAckMissing])),
    );
    let beside = s.served_beside(s.me.first.time, s.me.last.time);
    w.against(beside.map(|l| Fact::new(FactKind::ServedBeside, l.number, l.last.frame)));
    if s.is(&[D::LossStalled]) && !s.never_served() {
        w.only_with_facts();
        return;
    }
    w.speaks((s.c.way.differs() == Some(true)).then(|| s.fact(FactKind::OtherWay)));
    let data = s.me.end(Side::Client).bytes > 0 && s.me.end(Side::Client).outstanding;
    let repeats = s.number(Param::Repeats).unwrap_or(0) >= 2 || s.c.handshake.syn_ack_repeats >= 2;
    // Beside the client, or where nothing tells, it may never have left.
    let unknown = s.is(&[D::HandshakeThirdAckMissing]) && !s.is_beside(Side::Server);
    let lost =
        !unknown && s.is(&[D::HandshakeThirdAckLost, D::HandshakeThirdAckMissing, D::HandshakeSynackLost]);
    w.speaks((lost && !passed && repeats).then(|| {
        let kind = if data { FactKind::AllLost } else { FactKind::AgainAndAgain };
        s.fact(kind).count(usize::from(s.c.handshake.syn_ack_repeats))
    }));
}

fn rule_changed(s: &Scene<'_>, w: &mut Weight) {
    let idle = s.idle();
    w.against((idle >= limits::NO_DEVICE_FORGETS).then(|| s.was_idle()).flatten());
    // What cuts each connection at its first data is no change.
    w.against(after_first_data(s).filter(|_| s.me.end(Side::Server).bytes == 0));
    let beside = s.served_beside(s.at + 1, s.now);
    w.against(beside.map(|l| Fact::new(FactKind::ServedBeside, l.number, l.last.frame)));
    w.against(had_ended(s));
    let not_idle = s.not_idle();
    w.speaks(not_idle.filter(|_| s.is(&[D::ResetByMiddlebox])));
}

fn strips_option(s: &Scene<'_>, w: &mut Weight) {
    if s.is(&[D::HandshakeSynRetransmitted]) {
        w.only_with_facts();
        return;
    }
    let host = s.ip(Side::Server);
    let same = |l: &&Line| l.tuple.dst.ip == host && l.syn_ack.is_set();
    let others = s.with_host(host);
    let alike = others.iter().filter(same).find(|l| l.has(D::HandshakeOptionMissing));
    w.against(
        alike
            .filter(|_| s.is(&[D::HandshakeOptionMissing]))
            .map(|l| Fact::new(FactKind::AnswersAlike, l.number, l.first.frame)),
    );
    let gives = others.iter().filter(same).find(|l| !l.has(D::HandshakeOptionMissing));
    w.speaks(
        gives
            .filter(|_| s.is(&[D::HandshakeOptionMissing]) && alike.is_none())
            .map(|l| Fact::new(FactKind::GivesToOthers, l.number, l.syn_ack.frame)),
    );
    w.against(goes_beyond(s));
}
