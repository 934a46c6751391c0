//! The machine at one end.

use super::limits;
use super::questions::{
    by_icmp, by_timestamps, had_ended, killed, silent_side, silent_since, silent_together,
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
        Cause::HostDown => down(s, w),
        Cause::HostRestarted => restarted(s, w),
        Cause::HostStalled => stalled(s, w),
        Cause::HostDropsReceived => drops_received(s, w),
        Cause::HostFirewallDrops => firewall_drops(s, w),
        Cause::HostFirewallRejects => firewall_rejects(s, w),
        Cause::HostChecksumNotComputed => checksum_not_computed(s, w),
        Cause::HostRpFilter => rp_filter(s, w),
        Cause::HostSignatureRequired => signature_required(s, w),
        Cause::HostTimeWait => time_wait(s, w),
        Cause::HostOldConnection => old_connection(s, w),
        Cause::HostFinWaitExpired => fin_wait_expired(s, w),
        _ => retransmission_limit(s, w),
    }
}

fn down(s: &Scene<'_>, w: &mut Weight) {
    if s.is(&[D::HandshakeRejectedByIcmp]) {
        let kind = s.term(Param::Kind);
        let took = s.duration(Param::Took).unwrap_or(0);
        let unreachable = matches!(kind, Some(Term::IcmpHostUnreachable));
        let timed = took >= limits::ARP_FAILS;
        w.proves((unreachable && timed).then(|| by_icmp(s)));
        w.against((!unreachable || !timed).then(|| by_icmp(s)));
        return;
    }
    let side = silent_side(s);
    let since = silent_since(s, side);
    w.against(s.is_beside(side).then(|| s.fact(FactKind::CapturedThere)));
    // Who answered others a moment before is up.
    let before = if s.me.end(side).last.is_set() { 1 } else { -limits::SAME_TROUBLE };
    w.against(s.host_heard(s.ip(side), since + before, s.now));
    w.speaks(silent_together(s, side));
}

fn restarted(s: &Scene<'_>, w: &mut Weight) {
    if s.is(&[D::HandshakeSynOnLiveConnection]) {
        // A SYN in the client's name from another line of TTL, IP ID and clock is somebody else's.
        w.against(killed(s));
        return;
    }
    let Some(side) = s.who() else { return };
    let host = s.ip(side);
    w.against(had_ended(s));
    if s.is(&[D::ResetNoSuchConnection]) {
        let never = matches!(
            s.term(Param::Reading),
            Some(Term::NeverEstablished | Term::EarlyOrNever | Term::KilledEarly | Term::KilledByForged)
        );
        w.against(never.then(|| s.fact(FactKind::ToldByItsState)));
        let before = s.me.news(side).time;
        let since = s.at - before;
        let quick = s.me.news(side).is_set() && since < limits::ONE_MOMENT;
        w.against(quick.then(|| s.fact(FactKind::QuickRst).span(since)));
        let silent = s.me.news(side).is_set() && since >= limits::RESTART;
        let together = forgotten_together(s, side);
        w.speaks((silent && together.is_some()).then(|| s.fact(FactKind::SilentBefore).span(since)));
        w.speaks(together);
    }
    // Another connection of the host, open before, goes on afterwards.
    let older = s.with_host(host).into_iter().find(|line| {
        line.side_of(host).is_some_and(|of_host| {
            let news = line.news(of_host);
            line.first.time < s.me.news(side).time && news.time > s.at && line.opening != Opening::Unanswered
        })
    });
    w.against(older.map(|l| Fact::new(FactKind::OlderGoesOn, l.number, l.last.frame)));
    w.against(s.moved().map(|(fact, _)| fact));
}

/// Others of that host's connections were answered by a RST that knows none, at the same time.
fn forgotten_together(s: &Scene<'_>, side: Side) -> Option<Fact> {
    let host = s.ip(side);
    let forgotten = |line: &Line| {
        let rst = line.side_of(host).map(|of_host| line.end(of_host).rst);
        line.has(D::ResetNoSuchConnection) && rst.is_some_and(|rst| (rst.time - s.at).abs() <= limits::MINUTE)
    };
    let lines: Vec<Line> = s.with_host(host).into_iter().filter(forgotten).collect();
    let first = lines.first()?;
    Some(Fact::new(FactKind::ForgottenTogether, first.number, first.last.frame).count(lines.len() + 1))
}

fn stalled(s: &Scene<'_>, w: &mut Weight) {
    let side = silent_side(s);
    let host = s.ip(side);
    let until = s.at + s.duration(Param::Waited).or(s.duration(Param::Took)).unwrap_or(0);
    let since = s.at - s.duration(Param::Silent).unwrap_or(0);
    w.against(s.host_heard(host, since + 1, until.max(since + 1)).filter(|_| !s.is(&[D::HandshakeSlow])));
    let resent = s.told(D::LossTimeout).is_some() && s.told(D::LossSpurious).is_none();
    w.against((resent && !s.is_beside(side)).then(|| s.told_fact(D::LossTimeout)).flatten());
}

fn drops_received(s: &Scene<'_>, w: &mut Weight) {
    let Some(sender) = s.who() else { return };
    let receiver = sender.other();
    let damaged = [D::LossCorrupted, D::LossStaleTimestamp, D::FlowZeroWindow, D::CaptureOffload];
    damaged.into_iter().for_each(|d| {
        w.against(s.told_fact(d));
    });
    w.against(s.never_served().then(|| s.fact(FactKind::NeverServed)));
    let resend = s.is(&[D::LossTimeout, D::LossStalled]);
    w.speaks(s.arrived(receiver).filter(|_| resend));
}

fn firewall_drops(s: &Scene<'_>, w: &mut Weight) {
    if s.is(&[D::HandshakeSynUnanswered, D::PathIdleStateLost, D::LossStalled]) {
        // It cannot be told from a firewall on the way, unless it was captured there.
        w.only_with_facts();
    }
    let side = if s.is(&[D::HandshakeSynackIgnored]) { Side::Client } else { Side::Server };
    if side == Side::Client {
        return;
    }
    let other = s.at_listener().into_iter().find(|l| l.opening == Opening::Taken);
    w.against(
        other
            .map(|l| Fact::new(FactKind::OthersTaken, l.number, l.syn_ack.frame.max(l.first.frame)).count(1)),
    );
    let host = s.ip(side);
    let beside = s.is_beside(side) && !s.told_any(&[D::HandshakeAcceptQueueOverflow]);
    w.speaks(beside.then(|| s.host_heard(host, s.me.first.time - limits::MINUTE, s.now)).flatten());
}

fn firewall_rejects(s: &Scene<'_>, w: &mut Weight) {
    match s.finding.diagnosis {
        D::HandshakeRejectedByIcmp => {
            let own = s.finding.param(Param::Reporter) == Some(Value::Address(s.ip(Side::Server)));
            let kind = matches!(s.term(Param::Kind), Some(Term::IcmpPortUnreachable | Term::IcmpProhibited));
            w.proves((own && kind).then(|| by_icmp(s)));
            w.against((!own || !kind).then(|| by_icmp(s)));
        }
        D::HandshakeRejected => {
            let mine = s.ip(Side::Client);
            let others = s.at_listener();
            let taken = others.iter().find(|l| l.tuple.src.ip != mine && l.opening == Opening::Taken);
            // A port that opened since takes others later, and only later.
            let mut others_taken = others.iter().filter(|l| l.opening == Opening::Taken);
            let before = others_taken.any(|l| l.syn.time < s.me.syn.time);
            let same =
                !before || others.iter().any(|l| l.tuple.src.ip == mine && l.opening == Opening::Taken);
            w.speaks(taken.filter(|_| !same).map(|l| {
                Fact::new(FactKind::OthersTaken, l.number, l.syn_ack.frame.max(l.first.frame)).count(1)
            }));
        }
        _ => {
            let beside = s.term(Param::Sign) == Some(Term::SignGoesOnBesideIt);
            w.speaks(beside.then(|| s.itself()));
            w.against((!beside).then(|| s.fact(FactKind::NotOfThatHost)));
        }
    }
}

fn checksum_not_computed(s: &Scene<'_>, w: &mut Weight) {
    let unfinished =
        s.own.iter().find(|f| f.param(Param::What) == Some(Value::Term(Term::ChecksumUnfinished)));
    let fact = unfinished.map(|f| Fact {
        diagnosis: Some(f.diagnosis),
        ..Fact::new(FactKind::ChecksumUnfinished, f.stream, f.subject)
    });
    if s.is(&[D::LossCorrupted]) && fact.is_none() {
        w.against(s.fact(FactKind::ChecksumWrongOtherwise));
    }
    w.proves(fact);
}

fn rp_filter(s: &Scene<'_>, w: &mut Weight) {
    let side = if s.is(&[D::HandshakeSynackIgnored]) { Side::Client } else { Side::Server };
    let accepted = s.at_listener().into_iter().find(|l| l.opening == Opening::Taken);
    w.against(
        accepted
            .filter(|_| side == Side::Server)
            .map(|l| Fact::new(FactKind::OthersTaken, l.number, l.syn_ack.frame.max(l.first.frame)).count(1)),
    );
    let taken = s.me.third_ack.is_set() && side == Side::Client;
    w.against(taken.then(|| s.fact_at(FactKind::LaterPassed, s.me.third_ack.frame)));
    w.speaks(s.other_way());
    w.against(s.same_way());
}

fn signature_required(s: &Scene<'_>, w: &mut Weight) {
    let others = s.at_listener();
    let signed = others.iter().find(|l| l.signs && l.opening == Opening::Taken);
    let plain = others.iter().find(|l| !l.signs && l.opening == Opening::Taken);
    let about = |l: &Line, kind| Fact::new(kind, l.number, l.first.frame);
    w.against(plain.filter(|_| !s.me.signs).map(|l| about(l, FactKind::UnsignedTaken)));
    w.against((s.me.signs && signed.is_some()).then(|| s.fact(FactKind::SignedItself)));
    w.speaks(signed.filter(|_| !s.me.signs).map(|l| about(l, FactKind::SignedTaken)));
    let port = matches!(s.listener().port, 179 | 639 | 646);
    w.speaks((s.me.signs && port && signed.is_none()).then(|| s.fact(FactKind::SignedItself)));
}

/// How the connection before on these ports had closed: whether that side did first, and how long ago.
fn closed_before(s: &Scene<'_>) -> Option<(Line, Option<Side>, i64)> {
    let before = s.before()?;
    let since = s.me.first.time - before.last.time;
    let [client, server] = &before.ends;
    let both = client.fin.is_set() && server.fin.is_set();
    let first = if client.fin.frame < server.fin.frame { Side::Client } else { Side::Server };
    let reset = before.ends.iter().any(|end| end.rst.is_set());
    let first = (both && !reset).then_some(first);
    Some((before, first, since))
}

fn time_wait(s: &Scene<'_>, w: &mut Weight) {
    let taken = s.me.syn_ack.is_set() && s.is(&[D::HandshakeSynIgnored, D::HandshakeSynRetransmitted]);
    w.against(taken.then(|| s.fact_at(FactKind::RepeatPassed, s.me.syn_ack.frame)));
    w.against(by_timestamps(s));
    let Some((before, first, since)) = closed_before(s) else {
        let fresh = s.stuck_beside();
        let alike = fresh.iter().filter(|l| l.tuple.src.port != s.me.tuple.src.port).count();
        let ignored =
            s.is(&[D::HandshakeSynIgnored, D::HandshakeSynUnanswered, D::HandshakeSynRetransmitted]);
        w.against((ignored && alike >= 1).then(|| s.fact(FactKind::FreshPortsToo).count(alike)));
        return;
    };
    let closed = first == Some(Side::Server) && since <= limits::LONGEST_TIME_WAIT;
    let about = |kind| Fact::new(kind, before.number, before.last.frame).span(since);
    let proof = closed && s.is(&[D::HandshakeAnsweredByAck]);
    if proof {
        w.proves(about(FactKind::ClosedFirst));
    } else {
        w.speaks(closed.then(|| about(FactKind::ClosedFirst)));
    }
    w.against((!closed && first == Some(Side::Client)).then(|| about(FactKind::OtherClosedFirst)));
    w.against((first.is_none()).then(|| about(FactKind::NotClosedBefore)));
    w.against((since > limits::LONGEST_TIME_WAIT).then(|| about(FactKind::LongAgo)));
}

fn old_connection(s: &Scene<'_>, w: &mut Weight) {
    let Some((before, first, since)) = closed_before(s) else { return };
    let about = |kind| Fact::new(kind, before.number, before.last.frame).span(since);
    let open = before.ends.iter().all(|end| !end.rst.is_set() && !end.fin.is_set());
    w.speaks(open.then(|| about(FactKind::StillOpen)));
    w.against(first.map(|_| about(FactKind::ClosedBefore)));
}

fn fin_wait_expired(s: &Scene<'_>, w: &mut Weight) {
    let Some(side) = s.who() else { return };
    let end = s.me.end(side);
    let since = s.at - end.fin_acked.time;
    let waited = end.fin.is_set() && end.fin_acked.is_set();
    w.against((!end.fin.is_set()).then(|| s.fact(FactKind::NoFin)));
    w.against(
        (waited && since < limits::ONE_MOMENT)
            .then(|| s.fact_at(FactKind::QuickRst, end.fin_acked.frame).span(since)),
    );
    w.speaks(waited.then(|| s.fact_at(FactKind::FinWaited, end.fin_acked.frame).span(since)));
}

fn retransmission_limit(s: &Scene<'_>, w: &mut Weight) {
    let count = s.number(Param::Count).unwrap_or(0) as usize;
    match s.finding.diagnosis {
        D::ResetAbort | D::AppNoResponse | D::ResetKeepaliveTimeout => {
            let tried = s.told_any(&[D::LossTimeout, D::LossStalled]);
            w.against((!tried).then(|| s.fact(FactKind::NothingUnacknowledged)));
        }
        _ => {
            let by_rst = s.is(&[D::ResetRetransmissionTimeout]);
            let limit = count == 15 || count == 5 && by_rst;
            w.speaks(limit.then(|| s.fact(FactKind::KnownCount).count(count)));
        }
    }
}

impl Scene<'_> {
    pub(super) fn told_any(&self, diagnoses: &[D]) -> bool {
        diagnoses.iter().any(|d| self.told(*d).is_some())
    }

    /// The packets that this side does not take come by another way than its own packets go.
    fn other_way(&self) -> Option<Fact> {
        (self.c.way.comes_elsewhere() == Some(true)).then(|| self.fact(FactKind::OtherWay))
    }

    /// They come the same way.
    fn same_way(&self) -> Option<Fact> {
        (self.c.way.comes_elsewhere() == Some(false)).then(|| self.fact(FactKind::SameWay))
    }
}
