//! The client and its habits.

use super::limits;
use super::questions::{killed, stray};
use super::scene::Scene;
use super::weight::Weight;
use crate::book::lines::{Line, Opening};
use crate::catalogue::facts::{Fact, FactKind};
use crate::catalogue::findings::Value;
use crate::catalogue::terms::Param;
use crate::catalogue::{Cause, Diagnosis as D};
use crate::side::Side;
use hashbrown::HashSet;

pub(super) fn weigh(cause: Cause, s: &Scene<'_>, w: &mut Weight) {
    match cause {
        Cause::ClientGaveUp => gave_up(s, w),
        Cause::ClientPortScan => port_scan(s, w),
        Cause::ClientPortReused => port_reused(s, w),
        Cause::ClientConnectsAhead => connects_ahead(s, w),
        Cause::ClientRacesAddresses => races(s, w),
        _ => {
            let missing = s.told_any(&[D::CaptureDroppedPackets]);
            w.against(s.told_fact(D::CaptureDroppedPackets).filter(|_| missing));
            w.speaks(s.is(&[D::HttpRequestIncomplete]).then(|| s.itself()));
            w.speaks(s.told_fact(D::HttpRequestIncomplete).filter(|_| !s.is(&[D::HttpRequestIncomplete])));
            if s.is(&[D::AppNoResponse]) {
                let whole = !s.told_any(&[D::HttpRequestIncomplete]);
                w.against(whole.then(|| s.fact(FactKind::RequestComplete)));
            }
        }
    }
}

fn gave_up(s: &Scene<'_>, w: &mut Weight) {
    let client = s.me.end(Side::Client);
    let rsts = [
        D::ResetAbort,
        D::HandshakeResetAfterAccept,
        D::HandshakeSynackRejected,
        D::HandshakeThirdAckMissing,
    ];
    if s.is(&rsts) {
        let by_server = s.who() == Some(Side::Server) && !s.is(&[D::HandshakeThirdAckMissing]);
        w.against(by_server.then(|| s.fact(FactKind::OfServer)));
    }
    if s.is(&[D::HandshakeThirdAckMissing]) {
        // Who waits for an answer goes on asking.
        let asks = s.me.syn_repeats > 0 || client.bytes > 0 || s.me.third_ack.is_set();
        w.against(asks.then(|| s.fact(FactKind::ClientGoesOn)));
        w.against(
            (!client.rst.is_set() && !client.fin.is_set() && asks).then(|| s.fact(FactKind::ClientGoesOn)),
        );
    }
    let leaves = [client.rst, client.fin].into_iter().filter(|m| m.is_set()).min_by_key(|m| m.frame);
    // It answers the server's timer, not its own.
    let answers = s.is(&[D::HandshakeSynackRejected]) && s.c.handshake.syn_ack_repeats > 0;
    let Some(leaves) = leaves.filter(|_| !answers) else { return };
    let asked = if client.said.is_set() && client.said.time <= leaves.time { client.said } else { s.me.syn };
    let span = leaves.time - asked.time;
    let waits = s.is(&[D::AppNoResponse]) || s.me.end(Side::Server).said.time < asked.time;
    w.speaks(
        (waits && asked.is_set() && limits::is_round(span))
            .then(|| s.fact_at(FactKind::RoundWait, leaves.frame).span(span)),
    );
}

/// So many different ports or hosts that this client tried without sending anything.
fn targets(s: &Scene<'_>) -> (usize, Option<Line>) {
    let client = s.ip(Side::Client);
    let lines = s.with_host(client);
    let near = |l: &&Line| (l.first.time - s.me.first.time).abs() <= limits::MINUTE;
    let idle =
        lines.iter().filter(near).filter(|l| l.tuple.src.ip == client && l.end(Side::Client).bytes == 0);
    let targets: HashSet<_> = idle.clone().map(|l| l.tuple.dst).collect();
    (targets.len(), idle.clone().find(|l| l.tuple.dst != s.listener()).cloned())
}

fn port_scan(s: &Scene<'_>, w: &mut Weight) {
    if s.is(&[D::HandshakeScan]) {
        w.speaks(s.itself());
        return;
    }
    let (count, line) = targets(s);
    let scan = s.told_any(&[D::HandshakeScan]) || count + 1 >= limits::SCAN;
    w.speaks(
        line.filter(|_| scan)
            .map(|l| Fact::new(FactKind::ManyTargets, l.number, l.first.frame).count(count + 1)),
    );
    let alone = s.with_host(s.ip(Side::Client)).iter().any(|l| l.end(Side::Client).bytes > 0);
    w.against((!scan && alone).then(|| s.fact(FactKind::ClientAsks)));
    w.against(stray(s).map(|(fact, _)| fact));
}

fn port_reused(s: &Scene<'_>, w: &mut Weight) {
    if s.is(&[D::HandshakeSynOnLiveConnection]) {
        w.against(killed(s));
        return;
    }
    let Some(before) = s.before() else { return };
    let since = s.me.first.time - before.last.time;
    let about = |kind| Fact::new(kind, before.number, before.last.frame).span(since);
    w.against((since > limits::LONGEST_TIME_WAIT).then(|| about(FactKind::LongAgo)));
    w.speaks((since <= limits::LONGEST_TIME_WAIT).then(|| about(FactKind::PortUsedBefore)));
}

fn connects_ahead(s: &Scene<'_>, w: &mut Weight) {
    let mine = s.ip(Side::Client);
    let lines = s.at_listener();
    let beside = lines.iter().filter(|l| {
        l.tuple.src.ip == mine
            && (l.first.time - s.me.first.time).abs() <= limits::ONE_MOMENT
            && l.third_ack.is_set()
    });
    let used = beside.clone().find(|l| l.end(Side::Client).bytes > 0);
    let ready = s.me.third_ack.is_set() && !s.is(&[D::HandshakeSynFlood]);
    w.against(s.is(&[D::HandshakeSynFlood]).then(|| s.fact(FactKind::NoThirdAcks)));
    w.speaks(used.filter(|_| ready).map(|l| Fact::new(FactKind::UsedBeside, l.number, l.first.frame)));
}

fn races(s: &Scene<'_>, w: &mut Weight) {
    w.only_with_facts();
    if s.me.end(Side::Client).bytes > 0 {
        return;
    }
    let mine = s.me.tuple.src.ip;
    let server = s.ip(Side::Server);
    // The other version of IP has another address of the client.
    let numbers = s.with_host(mine);
    let second = numbers.iter().find(|l| {
        l.tuple.src.ip == mine
            && l.tuple.dst.ip != server
            && l.tuple.dst.port == s.listener().port
            && (0..=2 * limits::ONE_MOMENT).contains(&(l.first.time - s.me.first.time))
            && l.opening == Opening::Taken
            && l.end(Side::Client).bytes > 0
    });
    w.speaks(second.map(|l| {
        let since = l.first.time - s.me.first.time;
        Fact::new(FactKind::OtherAddressUsed, l.number, l.first.frame)
            .with(Param::Listener, Value::Socket(l.tuple.dst.into()))
            .span(since)
    }));
}
