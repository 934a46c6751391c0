//! Balancers, and addresses behind which there are several machines.

use super::limits;
use super::questions::{by_timestamps, goes_beyond, had_ended, turns, worked};
use super::scene::Scene;
use super::weight::Weight;
use crate::book::lines::{Line, Opening};
use crate::catalogue::facts::{Fact, FactKind};
use crate::catalogue::findings::Value;
use crate::catalogue::terms::{Param, Term};
use crate::catalogue::{Cause, Diagnosis as D};
use crate::side::Side;
use std::net::IpAddr;

pub(super) fn weigh(cause: Cause, s: &Scene<'_>, w: &mut Weight) {
    match cause {
        Cause::BalancerHealthCheck => health_check(s, w),
        Cause::BalancerIdleTimeout => idle_timeout(s, w),
        Cause::BalancerNoBackend => no_backend(s, w),
        Cause::BalancerDeadBackend => dead_backend(s, w),
        Cause::BalancerStateLost => state_lost(s, w),
        Cause::BalancerScalesUnscaledWindow => {
            w.only_with_facts();
            w.proves(goes_beyond(s).filter(|_| s.is_beside(Side::Client)));
            w.speaks(goes_beyond(s).filter(|_| !s.is_beside(Side::Client)));
        }
        _ => {
            w.only_with_facts();
        }
    }
}

/// Neighbours: of one /24, or of one /64.
fn neighbours(a: IpAddr, b: IpAddr) -> bool {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => a.octets()[..3] == b.octets()[..3],
        (IpAddr::V6(a), IpAddr::V6(b)) => a.octets()[..8] == b.octets()[..8],
        _ => false,
    }
}

/// Checks of that kind: without data, and ended by the client within a moment.
fn is_check(l: &Line) -> bool {
    let [client, server] = &l.ends;
    let ended = [client.rst, client.fin].into_iter().filter(|m| m.is_set()).min_by_key(|m| m.frame);
    let first = |by: &crate::mark::Mark| !server.fin.is_set() || by.frame < server.fin.frame;
    l.syn.is_set()
        && client.bytes == 0
        && server.bytes == 0
        && ended.as_ref().is_some_and(first)
        && ended.is_some_and(|by| by.time - l.syn_ack.time.max(l.third_ack.time) <= limits::ONE_MOMENT)
        && l.syn_ack.is_set()
}

fn health_check(s: &Scene<'_>, w: &mut Weight) {
    w.only_with_facts();
    let said = s.me.ends.iter().any(|end| end.bytes > 0);
    w.against(said.then(|| s.fact(FactKind::DataExchanged)));
    let by_server = s.who() == Some(Side::Server) && !s.is(&[D::AppServerFirstSilence]);
    w.against(by_server.then(|| s.fact(FactKind::OfServer)));
    let mine = s.ip(Side::Client);
    let lines = s.at_listener();
    let mut checks: Vec<Line> = lines.into_iter().chain([s.me.clone()]).collect();
    checks.retain(|l| neighbours(l.tuple.src.ip, mine) && is_check(l));
    checks.sort_by_key(|l| (l.tuple.src.ip, l.syn.frame));
    let pairs = checks.windows(2).filter(|pair| pair[0].tuple.src.ip == pair[1].tuple.src.ip);
    let mut spans: Vec<i64> = pairs.map(|pair| pair[1].syn.time - pair[0].syn.time).collect();
    // Each alone, at one interval among them: the neighbours take turns.
    if spans.len() < 2 {
        checks.sort_by_key(|l| l.syn.frame);
        spans = checks.windows(2).map(|pair| pair[1].syn.time - pair[0].syn.time).collect();
    }
    spans.sort_unstable();
    let (Some(&least), Some(&most)) = (spans.first(), spans.last()) else { return };
    let middle = spans[spans.len() / 2];
    let equal =
        most - least <= middle / 10 && (limits::ONE_MOMENT * 9 / 10..=limits::MINUTE).contains(&middle);
    let first = checks.iter().find(|l| l.number != s.me.number);
    w.speaks(first.filter(|_| checks.len() >= 3 && spans.len() >= 2 && equal).map(|l| {
        Fact::new(FactKind::EqualIntervals, l.number, l.first.frame)
            .count(checks.len())
            .with(Param::Interval, Value::Duration(middle))
    }));
    w.against((spans.len() >= 2 && most - least > middle / 2).then(|| s.fact(FactKind::IntervalsVary)));
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
    let idle = s.idle();
    let side = s.who();
    if s.is(&[D::ResetAbort, D::ResetNoSuchConnection]) {
        w.against(side.filter(|side| s.is_beside(*side)).map(|_| s.fact(FactKind::LeftHost)));
    }
    if s.is(&[D::ResetAbort]) {
        w.only_with_facts();
        w.against(
            (idle < limits::NO_DEVICE_FORGETS)
                .then(|| s.fact(FactKind::NotIdle).with(Param::Idle, Value::Duration(idle))),
        );
        // Unasked, after a pause in which nothing was outstanding, by who is no end of the connection.
        let unasked = side.is_some_and(|side| {
            let other = s.me.end(side.other());
            s.at - other.last.time >= limits::IDLE_BY_TIMER && !other.outstanding
        });
        let balancer = side.is_some_and(|side| s.syn_ack_ttl_differs(side));
        w.speaks(
            (unasked && (balancer || limits::at_a_limit(idle) || idle >= limits::MINUTE))
                .then(|| s.fact(FactKind::UnaskedAfterIdle).with(Param::Idle, Value::Duration(idle))),
        );
    }
    w.speaks(s.was_idle());
}

impl Scene<'_> {
    /// The RST of that side has the TTL of its SYN-ACK, and its data has another: two devices speak in its name.
    fn syn_ack_ttl_differs(&self, side: Side) -> bool {
        let end = self.me.end(side);
        side == Side::Server && end.ttls[1] != 0 && end.ttls[0] != end.ttls[1]
    }
}

/// The server's side ended it before it had said anything.
fn no_backend(s: &Scene<'_>, w: &mut Weight) {
    let server = s.me.end(Side::Server);
    let ended = server.rst.is_set() || server.fin.is_set();
    w.against((!ended).then(|| s.fact(FactKind::OfClient)));
    let by_client = s.who() == Some(Side::Client) && !s.is(&[D::AppNoResponse]);
    w.against(by_client.then(|| s.fact(FactKind::OfClient)));
    let lines = s.at_listener();
    let near = |l: &&Line| (l.first.time - s.me.first.time).abs() <= limits::MINUTE;
    let served =
        lines.iter().filter(near).find(|l| l.opening == Opening::Taken && l.end(Side::Server).bytes > 0);
    w.against(served.map(|l| Fact::new(FactKind::OthersTaken, l.number, l.first.frame).count(1)));
    w.against(s.is_beside(Side::Server).then(|| s.fact(FactKind::LeftHost)));
    let same = |l: &&Line| l.has(D::HandshakeResetAfterAccept) && l.end(Side::Server).rst.is_set();
    let alike = lines.iter().filter(same).count();
    w.speaks((alike > 0 && served.is_none()).then(|| s.fact(FactKind::AllEndAlike).count(alike + 1)));
    if !s.is(&[D::HandshakeResetAfterAccept]) {
        w.only_with_facts();
    }
}

fn dead_backend(s: &Scene<'_>, w: &mut Weight) {
    w.only_with_facts();
    let lines: Vec<Line> = s.at_listener().into_iter().chain([s.me.clone()]).collect();
    let failed = lines.iter().filter(|l| worked(l) == Some(false)).count();
    let fine = lines.iter().filter(|l| worked(l) == Some(true)).count();
    let taken = s.me.syn_repeats > 0 && s.me.syn_ack.is_set();
    w.against(taken.then(|| s.fact_at(FactKind::RepeatPassed, s.me.syn_ack.frame)));
    w.against((s.is_beside(Side::Server)).then(|| s.fact(FactKind::LeftHost)));
    let syns = [D::HandshakeSynUnanswered, D::HandshakeSynRetransmitted];
    w.against(by_timestamps(s).filter(|_| s.is(&syns)));
    let ecn = lines.iter().filter(|l| worked(l).is_some()).all(|l| l.asks_ecn == (worked(l) == Some(false)));
    let asks = lines.iter().any(|l| l.asks_ecn);
    w.against(
        (ecn && asks && fine > 0 && failed > 0).then(|| s.fact(FactKind::EcnFails).count(failed).known(fine)),
    );
    let in_turn = failed >= 2 && fine >= 2 && turns(s) >= 3;
    w.speaks(in_turn.then(|| s.fact(FactKind::InTurn).count(failed).known(fine)));
}

fn state_lost(s: &Scene<'_>, w: &mut Weight) {
    w.against(had_ended(s));
    w.against(s.moved().map(|(fact, _)| fact));
    let since = match s.who() {
        Some(side) => s.me.news(side.other()).time.max(s.me.first.time),
        None => s.at,
    };
    let until = s.now;
    let mine = s.ip(Side::Client);
    let lines = s.at_listener();
    let newer = lines.iter().find(|l| {
        l.tuple.src.ip == mine && l.syn.is_set() && l.syn.time >= since && l.is_served_between(since, until)
    });
    w.against(s.was_idle());
    let stalls = [D::LossStalled, D::ResetRetransmissionTimeout, D::CloseFinUnanswered];
    if s.is(&stalls) {
        let tried = lines.iter().find(|l| l.syn.is_set() && l.syn.time >= since);
        w.against(
            tried
                .filter(|_| newer.is_none())
                .map(|l| Fact::new(FactKind::NoneServed, l.number, l.first.frame)),
        );
        w.against(s.never_served().then(|| s.fact(FactKind::NeverServed)));
        w.against(s.told_fact(D::LossCorrupted));
        w.against(s.told_fact(D::LossStaleTimestamp));
    }
    if s.is(&[D::ResetNoSuchConnection]) {
        w.against(
            (s.term(Param::Reading) == Some(Term::NeverEstablished)).then(|| s.fact(FactKind::NeverServed)),
        );
        let side = s.who();
        let left = side.filter(|side| s.is_beside(*side) && !s.is_beside(side.other()));
        w.against(left.map(|_| s.fact(FactKind::LeftHost)));
    }
    // What comes in the client's name does not come from a balancer, and an idle connection is forgotten by others.
    let of_server = s.who() != Some(Side::Client) || s.is(&stalls);
    let busy = s.idle() < limits::NO_DEVICE_FORGETS && s.c.started_late.is_none();
    let newer = newer.filter(|_| of_server && busy);
    w.speaks(newer.map(|l| Fact::new(FactKind::ServedBeside, l.number, l.news(Side::Server).frame)));
}
