//! Address translation and connection tracking.

use super::limits;
use super::questions::{had_ended, stray};
use super::scene::{Scene, moved_from};
use super::weight::Weight;
use crate::book::lines::{Line, Opening};
use crate::catalogue::facts::{Fact, FactKind};
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Term};
use crate::catalogue::{Cause, Diagnosis as D};
use crate::side::Side;

pub(super) fn weigh(cause: Cause, s: &Scene<'_>, w: &mut Weight) {
    match cause {
        Cause::NatIdleTimeout => idle_timeout(s, w),
        Cause::NatRebound => rebound(s, w),
        Cause::NatPortRace => port_race(s, w),
        Cause::IpvsReusedPort => reused_port(s, w),
        Cause::DnatReplyNotTranslated => not_translated(s, w),
        Cause::ConntrackInvalid => invalid(s, w),
        _ => {
            w.only_with_facts();
        }
    }
}

fn idle_timeout(s: &Scene<'_>, w: &mut Weight) {
    w.against(s.not_idle());
    w.against(had_ended(s));
    w.against(s.moved().map(|(fact, _)| fact));
    let never = matches!(
        s.term(Param::Reading),
        Some(Term::NeverEstablished | Term::EarlyOrNever | Term::KilledEarly)
    );
    w.against(never.then(|| s.fact(FactKind::ToldByItsState)));
    if let Some(side) = s.who().filter(|_| s.is(&[D::ResetNoSuchConnection])) {
        let left = s.is_beside(side) && !s.is_beside(side.other());
        w.against(left.then(|| s.fact(FactKind::LeftHost)));
    }
    if s.is(&[D::ResetKeepaliveTimeout, D::KeepaliveUnanswered]) {
        // Probes had been answered shortly before.
        let alive = s.told(D::KeepaliveAnswer).is_some();
        w.against(alive.then(|| s.told_fact(D::KeepaliveAnswer)).flatten());
    }
    if s.is(&[D::ResetRetransmissionTimeout, D::LossStalled]) && s.idle() < limits::NO_DEVICE_FORGETS {
        w.against(s.fact(FactKind::NotIdle).with(Param::Idle, Value::Duration(s.idle())));
    }
    w.speaks(s.idle_parts());
    w.speaks(s.was_idle());
    if s.is(&[D::PathIdleStateLost]) {
        w.speaks(s.itself());
    }
}

fn rebound(s: &Scene<'_>, w: &mut Weight) {
    let moved = s.moved();
    if s.is(&[D::PathAddressChanged]) {
        let first = s.term(Param::How) == Some(Term::MovedFromFirst);
        w.against(first.then(|| s.itself()));
        match kind_of_move(s, s.finding) {
            Move::Invalid => w.against(s.fact(FactKind::BusyBefore)),
            Move::Rebound if s.who() == Some(Side::Client) => w.proves(s.itself()),
            Move::Rebound => w.speaks(s.itself()),
        };
        return;
    }
    if let Some((fact, finding)) = &moved {
        let first = finding.param(Param::How) == Some(Value::Term(Term::MovedFromFirst));
        let rebound = matches!(kind_of_move(s, finding), Move::Rebound);
        if first || !rebound {
            w.against(fact.clone());
        } else {
            w.proves(fact.clone());
        }
        return;
    }
    w.against(s.was_idle());
    w.against(had_ended(s));
    if !s.is(&[D::ResetNoSuchConnection]) {
        w.only_with_facts();
        return;
    }
    let never = matches!(s.term(Param::Reading), Some(Term::NeverEstablished));
    w.against(never.then(|| s.fact(FactKind::NeverServed)));
}

enum Move {
    /// The whole connection goes on elsewhere.
    Rebound,
    /// One packet out of many went astray.
    Invalid,
}

/// Whether an entry was lost, or one packet was called invalid: then the connection was busy, and something of it came out of
/// order, again, or beyond the window just before.
fn kind_of_move(s: &Scene<'_>, finding: &Finding) -> Move {
    let (mine, other) = (s.me, s.old_of(finding));
    let old = if finding.stream == mine.number { other.as_ref() } else { Some(mine) };
    let Some(old) = old else { return Move::Rebound };
    let odd = [
        D::LossFastRetransmit,
        D::LossReordering,
        D::LossOutOfWindow,
        D::LossSpurious,
        D::LossUpstream,
        D::LossTimeout,
        D::LossTailProbe,
    ];
    let stray = s.others.line(finding.stream);
    let before = stray.first.time - old.last.time;
    let busy =
        before < limits::ONE_MOMENT && old.end(Side::Server).bytes.max(old.end(Side::Client).bytes) > 10_000;
    let mut together = s.at_listener().into_iter().chain(s.of_client_port());
    let together = together.any(|l| l.number != stray.number && s.has_moved(&l));
    if busy && odd.into_iter().any(|d| old.has(d)) && !together { Move::Invalid } else { Move::Rebound }
}

impl Scene<'_> {
    /// The connection that the one of this finding goes on from.
    fn old_of(&self, finding: &Finding) -> Option<Line> {
        self.old(&self.others.line(finding.stream))
    }

    /// That connection goes on from another.
    fn has_moved(&self, stray: &Line) -> bool {
        !stray.syn.is_set() && self.old(stray).is_some()
    }

    fn old(&self, stray: &Line) -> Option<Line> {
        let beside = self.others.of_client(stray.tuple.src).into_iter();
        let beside = beside.chain(self.others.at_listener(stray.tuple.dst));
        beside.map(|n| self.others.line(n)).find(|old| moved_from(stray, old).is_some())
    }
}

fn not_translated(s: &Scene<'_>, w: &mut Weight) {
    if s.is(&[D::PathAddressChanged]) {
        let first = s.term(Param::How) == Some(Term::MovedFromFirst);
        w.proves(first.then(|| s.itself()));
        w.against((!first).then(|| s.fact(FactKind::OnlyLater)));
        return;
    }
    w.only_with_facts();
    w.proves(stray(s).map(|(fact, _)| fact));
    w.against(s.moved().filter(|_| stray(s).is_none()).map(|(fact, _)| fact));
}

fn invalid(s: &Scene<'_>, w: &mut Weight) {
    if s.is(&[D::PathAddressChanged]) {
        let first = s.term(Param::How) == Some(Term::MovedFromFirst);
        w.against(first.then(|| s.itself()));
        match kind_of_move(s, s.finding) {
            Move::Invalid => w.speaks(s.fact(FactKind::BusyBefore)),
            Move::Rebound => w.against(s.fact(FactKind::NothingOdd)),
        };
        return;
    }
    w.only_with_facts();
    w.against(
        (s.idle() >= limits::NO_DEVICE_FORGETS)
            .then(|| s.fact(FactKind::WasIdle).with(Param::Idle, Value::Duration(s.idle()))),
    );
    if let Some((fact, finding)) = s.moved() {
        match kind_of_move(s, &finding) {
            Move::Invalid => w.speaks(fact),
            Move::Rebound => w.against(fact),
        };
    }
}

fn port_race(s: &Scene<'_>, w: &mut Weight) {
    w.only_with_facts();
    let single = s.me.syn_repeats == 1 && s.me.syn_ack.is_set();
    let lost = [D::LossTimeout, D::LossFastRetransmit, D::LossStalled, D::LossUpstream, D::LossDownstream];
    w.against(lost.into_iter().find_map(|d| s.told_fact(d)));
    w.against(s.arrived(Side::Server));
    let private = match s.ip(Side::Client) {
        std::net::IpAddr::V4(ip) => ip.is_private(),
        std::net::IpAddr::V6(_) => false,
    };
    let others = s.with_host(s.ip(Side::Client));
    let same = others
        .iter()
        .find(|l| l.tuple.src.ip == s.ip(Side::Client) && l.syn_repeats == 1 && l.opening == Opening::Taken);
    w.speaks(
        same.filter(|_| single && private && s.before().is_none())
            .map(|l| Fact::new(FactKind::SingleSynsLost, l.number, l.first.frame)),
    );
}

fn reused_port(s: &Scene<'_>, w: &mut Weight) {
    w.only_with_facts();
    let Some(before) = s.before() else {
        w.against(s.fact(FactKind::FreshPort));
        return;
    };
    let since = s.me.first.time - before.last.time;
    let about = |kind| Fact::new(kind, before.number, before.last.frame).span(since);
    let ended = before.ends.iter().any(|end| end.fin.is_set());
    w.against((since > limits::IPVS_TIME_WAIT).then(|| about(FactKind::LongAgo)));
    w.against((!ended).then(|| about(FactKind::NotClosedBefore)));
    // SYNs of fresh ports are lost, too.
    let fresh = s.at_listener().into_iter().find(|l| l.syn_repeats > 0 && l.number != before.number);
    w.against(fresh.map(|l| Fact::new(FactKind::FreshPortsToo, l.number, l.first.frame).count(1)));
    let single = s.me.syn_repeats == 1 && s.me.syn_ack.is_set() && s.is(&[D::HandshakeSynRetransmitted]);
    let waited = s.duration(Param::Waited).unwrap_or(0);
    let linux = (limits::ONE_MOMENT * 9 / 10..limits::ONE_MOMENT * 3 / 2).contains(&waited);
    let fresh = s
        .at_listener()
        .into_iter()
        .find(|l| l.syn_repeats == 0 && l.opening == Opening::Taken && l.idle.span == 0);
    let lossless = ![D::LossTimeout, D::LossFastRetransmit].into_iter().any(|d| s.told(d).is_some());
    w.speaks(
        fresh
            .filter(|_| single && linux && lossless)
            .map(|l| Fact::new(FactKind::OnlySynLost, l.number, l.first.frame)),
    );
    w.speaks((single && (linux || s.is(&[D::HandshakePortReused]))).then(|| about(FactKind::PortUsedBefore)));
    w.against(
        (single && !linux && s.is(&[D::HandshakeSynRetransmitted]))
            .then(|| s.fact(FactKind::OtherTimer).span(waited)),
    );
}
