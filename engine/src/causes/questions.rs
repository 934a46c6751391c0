//! Questions that several causes ask of a scene.

use super::limits;
use super::scene::Scene;
use super::weight::Weight;
use crate::book::lines::{Line, Opening};
use crate::catalogue::Diagnosis as D;
use crate::catalogue::facts::{Fact, FactKind};
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Term};
use crate::connection::endpoint::Facts;
use crate::side::Side;

/// The side that does not answer, where the finding is about one that does not.
pub(super) fn silent_side(s: &Scene<'_>) -> Side {
    match s.finding.diagnosis {
        D::HandshakeSynUnanswered | D::HandshakeRejectedByIcmp | D::HandshakeSynRetransmitted => Side::Server,
        D::ResetKeepaliveTimeout | D::ResetRetransmissionTimeout | D::LossStalled | D::CloseFinUnanswered => {
            s.who().map_or(Side::Server, Side::other)
        }
        _ => s.who().map_or(Side::Server, Side::other),
    }
}

/// Since when that side is silent, nanoseconds.
pub(super) fn silent_since(s: &Scene<'_>, side: Side) -> i64 {
    let heard = s.me.end(side).last;
    // What it sent last may be the answer to what is told: then nothing else counts.
    if heard.is_set() { heard.time } else { s.me.first.time }
}

/// What the ICMP error says.
pub(super) fn by_icmp(s: &Scene<'_>) -> Fact {
    let mut fact = s.fact(FactKind::IcmpSays);
    for name in [Param::Kind, Param::Reporter, Param::Took] {
        fact.params.extend(s.finding.param(name).map(|value| (name, value)));
    }
    fact
}

/// Several connections with that host fell silent within a second, while data flowed on them.
pub(super) fn silent_together(s: &Scene<'_>, side: Side) -> Option<Fact> {
    let host = s.ip(side);
    let since = silent_since(s, side);
    let silent = |line: &Line| {
        line.side_of(host).is_some_and(|of_host| {
            let end = line.end(of_host);
            let lost = [D::LossStalled, D::ResetRetransmissionTimeout, D::PathBlackout];
            lost.into_iter().any(|d| line.has(d)) && (end.last.time - since).abs() <= limits::ONE_MOMENT
        })
    };
    let lines: Vec<Line> = s.with_host(host).into_iter().filter(silent).collect();
    let first = lines.first()?;
    Some(Fact::new(FactKind::SilentTogether, first.number, first.last.frame).count(lines.len() + 1))
}

/// The connection had been ended before by a FIN or RST in the capture.
pub(super) fn had_ended(s: &Scene<'_>) -> Option<Fact> {
    let ended = matches!(s.term(Param::Reading), Some(Term::ClosedBefore | Term::ResetBefore));
    ended.then(|| s.fact(FactKind::EndedBefore))
}

/// The SYN was answered by a RST that does not acknowledge it.
pub(super) fn wrong_rst(s: &Scene<'_>) -> Option<Fact> {
    // Who gets a right answer, too, was answered by somebody else as well.
    let answered = s.me.syn_ack.is_set();
    let wrong = s.own.iter().filter(|_| !answered).find(|f| {
        f.param(Param::How) == Some(Value::Term(Term::RstWrongAck))
            || f.param(Param::What) == Some(Value::Term(Term::WrongRst))
    });
    wrong.map(|f| s.fact_at(FactKind::WrongRst, f.subject))
}

/// The SYNs are told apart by their timestamps.
pub(super) fn by_timestamps(s: &Scene<'_>) -> Option<Fact> {
    let mut weight = Weight::default();
    recycled(s, &mut weight);
    weight.speaks_for.into_iter().next().filter(|_| weight.against.is_none())
}

/// Whether one value of the timestamp on its circle parts the SYNs that a host ignored from those that it took, and how many
/// there are of each; or whether they are of two clocks.
pub(super) fn recycled(s: &Scene<'_>, w: &mut Weight) {
    let (client, server) = (s.ip(Side::Client), s.ip(Side::Server));
    w.against((s.me.syn.is_set() && s.me.tsval == 0).then(|| s.fact(FactKind::NoTimestamp)));
    let lines = s.with_host(client).into_iter().chain([s.me.clone()]);
    let mut lines: Vec<Line> = lines
        .filter(|l| l.tuple.src.ip == client && l.tuple.dst.ip == server && l.syn.is_set())
        .filter(|l| (l.syn.time - s.me.syn.time).abs() <= limits::MINUTE)
        .collect();
    lines.sort_by_key(|l| l.syn.frame);
    let ignored_one = |l: &Line| matches!(l.opening, Opening::Unanswered) && !l.syn_ack.is_set();
    let took = |l: &Line| matches!(l.opening, Opening::Taken | Opening::Stuck);
    let (taken, ignored): (Vec<Line>, Vec<Line>) =
        lines.into_iter().filter(|l| took(l) || ignored_one(l)).partition(took);
    if ignored.iter().any(|l| l.tsval == 0) || taken.is_empty() {
        return;
    }
    let first = ignored.iter().map(|l| l.syn.frame).min().unwrap_or(0);
    let after = taken.iter().find(|l| l.syn.frame > first);
    w.against(after.is_none().then(|| s.fact(FactKind::NoneTakenAfter)));
    let taken: Vec<&Line> = taken.iter().filter(|l| l.tsval != 0).collect();
    let ahead = |of: &Line, from: u32| of.tsval.wrapping_sub(from) as i32;
    let parts = |reference: u32| {
        taken.iter().all(|l| ahead(l, reference) >= 0) && ignored.iter().all(|l| ahead(l, reference) < 0)
    };
    let parted = taken.iter().any(|l| parts(l.tsval));
    w.against((!parted && !taken.is_empty()).then(|| s.fact(FactKind::NoTimestampParts)));
    let Some(after) = after.filter(|_| parted) else { return };
    let fact =
        |kind| Fact::new(kind, after.number, after.first.frame).count(ignored.len()).known(taken.len());
    // The clock as it stood when the capture began, milliseconds: equal for connections that share one.
    let base = |l: &Line| l.tsval.wrapping_sub((l.syn.time / 1_000_000) as u32);
    let share = |a: u32, b: u32| a.wrapping_sub(b).wrapping_add(100) <= 200;
    let upper: Vec<u32> = taken.iter().map(|l| base(l)).collect();
    let one = upper.iter().map(|b| upper.iter().filter(|o| share(**o, *b)).count()).max().unwrap_or(0);
    let syns: usize = ignored.iter().map(|l| usize::from(l.syn_repeats) + 1).sum();
    let apart = ignored.iter().all(|l| !upper.iter().any(|b| share(base(l), *b)));
    if one >= 2 && one == upper.len() && apart && syns >= 3 {
        if ignored.len() >= 2 {
            w.proves(fact(FactKind::TwoClocks));
        } else {
            w.speaks(fact(FactKind::TwoClocks));
        }
    } else if taken.len() >= 2 && ignored.len() >= 2 && taken.len() + ignored.len() >= 8 {
        w.speaks(fact(FactKind::TimestampParts));
    }
}

/// A RST was forged in the client's name, after a SYN in its name in mid-connection.
pub(super) fn killed(s: &Scene<'_>) -> Option<Fact> {
    let before = s
        .of_client_port()
        .into_iter()
        .chain(s.before())
        .find(|l| l.tuple == s.me.tuple && (l.has(D::ResetInjected) || l.has(D::ResetIgnored)));
    let fact = before.map(|l| Fact {
        diagnosis: Some(D::ResetInjected),
        ..Fact::new(FactKind::Told, l.number, l.last.frame)
    });
    fact.or_else(|| s.told_fact(D::ResetInjected).filter(|_| !s.is(&[D::ResetInjected])))
}

/// A SYN-ACK from another address that acknowledges exactly this connection's SYN, or that this one is.
pub(super) fn stray(s: &Scene<'_>) -> Option<(Fact, Finding)> {
    s.moved().filter(|(_, finding)| finding.param(Param::How) == Some(Value::Term(Term::MovedFromFirst)))
}

/// How often the outcome of new connections to the listener changed.
pub(super) fn turns(s: &Scene<'_>) -> usize {
    let mut lines: Vec<Line> = s.at_listener().into_iter().chain([s.me.clone()]).collect();
    lines.sort_by_key(|l| l.syn.frame);
    let outcomes: Vec<bool> = lines.iter().filter_map(worked).collect();
    outcomes.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// The SYN offers a scale and the SYN-ACK has none, and yet the server goes beyond the client's window again and again.
pub(super) fn goes_beyond(s: &Scene<'_>) -> Option<Fact> {
    let scales = [Side::Client, Side::Server].map(|side| s.c.end(side).is(Facts::OFFERS_SCALE));
    let beyond = s.own.iter().filter(|f| {
        let of_server = f.param(Param::Who) == Some(Value::Party(Side::Server.party()));
        f.diagnosis == D::LossOutOfWindow && of_server || f.diagnosis == D::FlowWindowScaleMismatch
    });
    let (count, first) = (beyond.clone().count(), beyond.clone().next()?);
    (scales == [true, false] && count >= 2 && s.me.syn_ack.is_set())
        .then(|| s.fact_at(FactKind::BeyondUnscaled, first.subject).count(count))
}

/// How an attempt to connect to the listener turned out, if it failed or worked clearly.
pub(super) fn worked(l: &Line) -> Option<bool> {
    let no_answer = l.opening == Opening::Taken
        && l.end(Side::Client).bytes > 0
        && l.end(Side::Server).bytes == 0
        && (l.has(D::AppNoResponse) || l.has(D::ResetAbort) || l.has(D::HandshakeResetAfterAccept));
    match l.opening {
        _ if no_answer || l.has(D::HandshakeResetAfterAccept) => Some(false),
        Opening::Refused => Some(false),
        Opening::Unanswered if l.syn.is_set() => (l.syn_repeats >= 2).then_some(false),
        Opening::Taken if l.syn.is_set() => Some(true),
        _ => None,
    }
}

/// The RST's TTL and delay against those of the host's other packets: whether they fit, with what shows it. `None` where nothing
/// else of the host is known.
pub(super) fn rst_fits(s: &Scene<'_>) -> Option<Result<Fact, (Fact, bool)>> {
    let ttl = match s.finding.param(Param::Ttl) {
        Some(Value::Count(ttl)) => ttl as u8,
        _ => return None,
    };
    let ttls = s.ttls_of(Side::Server);
    let took = s.duration(Param::Took).unwrap_or(0);
    let fastest = s.fastest_answer();
    let number = |n: u8| Value::Count(n.into());
    if let Some((span, line)) = &fastest
        && took > 0
        && took * 2 < *span
        && *span > limits::LEAST_ROUND_TRIP
    {
        let fact = Fact::new(FactKind::SoonerThanHost, line.number, line.syn_ack.frame)
            .with(Param::Took, Value::Duration(took))
            .span(*span);
        return Some(Err((fact, true)));
    }
    let (usual, fact) = ttls.first()?;
    // A NAT engine makes all packets of a host that is far: none of them tells of another.
    let fresh = |ttl: u8| matches!(ttl, 64 | 128 | 255);
    if fresh(ttl) && ttls.iter().all(|(known, _)| fresh(*known)) && took > limits::KERNEL_ANSWERS {
        return None;
    }
    let fits = ttls.iter().any(|(known, _)| known.abs_diff(ttl) < 2);
    let fact = fact.clone().with(Param::Ttl, number(ttl)).with(Param::Usual, number(*usual));
    Some(if fits { Ok(Fact { kind: FactKind::TtlFits, ..fact }) } else { Err((fact, false)) })
}

/// Captured beside the server, as its RST shows: with a fresh TTL, at once, while the SYN came from afar.
pub(super) fn rst_is_fresh(s: &Scene<'_>) -> bool {
    let fresh = matches!(s.finding.param(Param::Ttl), Some(Value::Count(64 | 128 | 255)));
    let at_once = s.duration(Param::Took).is_some_and(|took| took <= limits::KERNEL_ANSWERS);
    let client = s.me.end(Side::Client).ttl;
    s.is_beside(Side::Server) || fresh && at_once && client != 0 && !matches!(client, 64 | 128 | 255)
}

/// The first data that the RST follows, where it does within a round trip, or what little a filter takes to read it.
pub(super) fn after_first_data(s: &Scene<'_>) -> Option<Fact> {
    let first = s.c.first_data.get()?;
    let span = s.at - first.time;
    // Who was cut off elsewhere answers the data itself: that takes a round trip.
    let rtt = s.c.rtt().unwrap_or(0);
    let near = rtt + rtt / 4 + limits::FILTER_READS;
    // Nothing else was said on it: that it is about the first data holds for its resends, too.
    let only = s.me.end(Side::Client).said.frame == first.frame && s.me.end(Side::Server).bytes == 0;
    (only && span >= 0 || (0..=near).contains(&span))
        .then(|| s.fact_at(FactKind::AfterFirstData, first.frame).span(span))
}
