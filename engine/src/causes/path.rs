//! The path: sizes, losses, interruptions, delays.

use super::limits;
use super::questions::{by_icmp, goes_beyond, silent_side, silent_since, silent_together, stray, wrong_rst};
use super::scene::Scene;
use super::weight::Weight;
use crate::catalogue::facts::{Fact, FactKind};
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Term};
use crate::catalogue::{Cause, Diagnosis as D};
use crate::side::Side;

pub(super) fn weigh(cause: Cause, s: &Scene<'_>, w: &mut Weight) {
    match cause {
        Cause::MtuIcmpFiltered => icmp_filtered(s, w),
        Cause::MtuIcmpIgnored => icmp_ignored(s, w),
        Cause::LroMergedSegmentsDropped => lro(s, w),
        Cause::TunnelBadOuterChecksum => {
            w.only_with_facts();
        }
        Cause::PathRandomLoss => random_loss(s, w),
        Cause::PathFullQueue => full_queue(s, w),
        Cause::PathDamagesPackets => damages(s, w),
        Cause::PathInterrupted => interrupted(s, w),
        Cause::PathOneDirectionDead => one_direction(s, w),
        Cause::PathSeveralWays => several_ways(s, w),
        Cause::PathDelayJump => delay_jump(s, w),
        Cause::RouteMissing => {
            let kind = s.term(Param::Kind);
            let says =
                matches!(kind, Some(Term::IcmpNetUnreachable | Term::IcmpNoRoute | Term::IcmpTimeExceeded));
            if s.is(&[D::HandshakeRejectedByIcmp]) {
                w.proves(says.then(|| by_icmp(s)));
                w.against((!says).then(|| by_icmp(s)));
            }
        }
        _ => {
            let slow = s.c.rtt().is_some_and(|rtt| rtt >= limits::ONE_MOMENT);
            w.only_with_facts();
            w.speaks(slow.then(|| s.fact(FactKind::LongRoundTrip).span(s.c.rtt().unwrap_or(0))));
        }
    }
}

fn icmp_filtered(s: &Scene<'_>, w: &mut Weight) {
    if !s.is(&[D::PathPmtuBlackHole]) {
        w.only_with_facts();
        w.speaks(s.told_fact(D::PathPmtuBlackHole));
        return;
    }
    w.against(s.told_fact(D::PathPmtuReduced));
    w.speaks(s.itself());
}

fn icmp_ignored(s: &Scene<'_>, w: &mut Weight) {
    let hole = s.told(D::PathPmtuBlackHole);
    let too_big = s.told_fact(D::PathPmtuReduced);
    if too_big.is_none() {
        w.against(s.fact(FactKind::NoIcmp));
    }
    w.proves(too_big.filter(|_| hole.is_some() || s.told_any(&[D::LossStalled])));
    w.against((hole.is_none() && s.is(&[D::PathPmtuReduced])).then(|| s.fact(FactKind::Follows)));
}

/// The losses of data of one side that were told, in order: what was lost, how many in a row, and how many times in all.
struct Losses {
    events: usize,
    bytes: u64,
    /// Most that were lost with little time between.
    run: usize,
    whole_flights: usize,
    segment: u64,
}

fn losses(s: &Scene<'_>) -> Losses {
    let told = [
        D::LossTimeout,
        D::LossFastRetransmit,
        D::LossUpstream,
        D::LossDownstream,
        D::LossTailProbe,
        D::LossStalled,
    ];
    let who = s.finding.param(Param::Who);
    let mine = |f: &&Finding| told.contains(&f.diagnosis) && f.param(Param::Who) == who;
    let segment = s.who().map_or(1, |side| u64::from(s.c.end(side).largest_segment()));
    let mut losses = Losses { events: 0, bytes: 0, run: 0, whole_flights: 0, segment };
    let mut last = None;
    let mut run = 0;
    for finding in s.own.iter().filter(mine) {
        let bytes = match finding.param(Param::Bytes) {
            Some(Value::Bytes(bytes)) => bytes,
            _ => segment,
        };
        // What is sent again and again is one loss.
        let again = matches!(finding.param(Param::Count), Some(Value::Count(n)) if n > 1);
        if again && matches!(finding.diagnosis, D::LossTimeout | D::LossStalled) && bytes <= segment {
            continue;
        }
        let segments = bytes.div_ceil(segment.max(1)).max(1) as usize;
        losses.events += 1;
        losses.bytes += bytes;
        losses.whole_flights += usize::from(segments >= 2 && finding.diagnosis == D::LossTimeout);
        let near =
            last.is_some_and(|frame: u32| finding.subject.saturating_sub(frame) <= limits::NEAR_FRAMES);
        run = if near { run + segments } else { segments };
        last = Some(finding.subject);
        losses.run = losses.run.max(run);
    }
    losses
}

/// That resend was answered, or the handshake went on.
fn repeat_passed(s: &Scene<'_>) -> Option<Fact> {
    match s.finding.diagnosis {
        D::HandshakeSynRetransmitted | D::HandshakeSynackLost => {
            let after = s.me.syn_ack.is_set() && s.me.third_ack.is_set()
                || s.term(Param::Answer) == Some(Term::Answered);
            after.then(|| s.fact_at(FactKind::RepeatPassed, s.me.third_ack.frame.max(s.me.syn_ack.frame)))
        }
        D::HandshakeSynackRetransmitted | D::HandshakeThirdAckLost | D::HandshakeThirdAckMissing => {
            let served = s.me.served;
            let client = s.me.end(Side::Client);
            // What came only once the server had given it up came too late.
            let given_up = s.me.end(Side::Server).rst.is_set();
            let came = s.is(&[D::HandshakeThirdAckMissing]) && !given_up;
            let passed = served.is_set() || came && (client.bytes > 0 || s.me.third_ack.is_set());
            let done = passed || client.bytes == 0 && s.c.handshake.syn_ack_repeats <= 1;
            done.then(|| s.fact_at(FactKind::RepeatPassed, served.frame.max(s.me.third_ack.frame)))
        }
        D::CloseFinRetransmitted | D::CloseLastAckLost => {
            let side = s.who()?;
            let acked = s.me.end(side).fin_acked;
            acked.is_set().then(|| s.fact_at(FactKind::RepeatPassed, acked.frame))
        }
        D::KeepaliveUnanswered => s.told_fact(D::KeepaliveAnswer),
        _ => {
            let stalled = s
                .told(D::LossStalled)
                .is_some_and(|f| f.subject <= s.finding.subject || s.is(&[D::LossTimeout]));
            (!stalled).then(|| s.fact(FactKind::RepeatPassed))
        }
    }
}

fn random_loss(s: &Scene<'_>, w: &mut Weight) {
    let of_data = s.finding.diagnosis.family() == "loss";
    w.against(s.told_fact(D::HandshakeAnsweredByAck).filter(|_| s.is(&[D::HandshakeSynRetransmitted])));
    w.against(stray(s).map(|(fact, _)| fact));
    w.against(wrong_rst(s));
    // Seen beside its receiver, it did arrive.
    let receiver = match s.finding.diagnosis {
        D::HandshakeSynRetransmitted | D::HandshakeThirdAckMissing => Some(Side::Server),
        D::HandshakeSynackLost => Some(Side::Client),
        D::LossTimeout | D::CloseFinRetransmitted => s.who().map(Side::other),
        _ => None,
    };
    let seen = !s.is(&[D::HandshakeThirdAckMissing, D::HandshakeSynackLost]);
    let lost_ack = s.is(&[D::CloseFinRetransmitted]) && s.told_any(&[D::CloseLastAckLost]);
    w.against(receiver.filter(|_| seen && !lost_ack).and_then(|side| s.arrived(side)));
    if of_data {
        w.against(s.never_served().then(|| s.fact(FactKind::NeverServed)));
        w.against(s.told_fact(D::LossCorrupted).filter(|_| s.is(&[D::LossTimeout])));
        w.against(s.told_fact(D::LossStaleTimestamp));
        w.against(goes_beyond(s));
        w.against(s.told_fact(D::PathPmtuBlackHole));
        let losses = losses(s);
        w.against(
            (losses.run >= 3 && !s.is(&[D::LossAckLost])).then(|| s.fact(FactKind::InARow).count(losses.run)),
        );
        w.against(s.told_fact(D::LossStalled).filter(|_| s.is(&[D::LossTimeout])));
        w.speaks(repeat_passed(s));
        return;
    }
    let mut count = s.number(Param::Count).or(s.number(Param::Repeats)).unwrap_or(1);
    let never = repeat_passed(s).is_none();
    if s.is(&[D::HandshakeSynRetransmitted]) && !s.me.syn_ack.is_set() {
        count = u64::from(s.me.syn_repeats) + 1;
    }
    w.against((count >= 3 && never).then(|| s.fact(FactKind::InARow).count(count as usize)));
    if s.is(&[D::HandshakeThirdAckLost, D::HandshakeThirdAckMissing]) {
        let repeats = s.c.handshake.syn_ack_repeats;
        w.against((repeats >= 2 && never).then(|| s.fact(FactKind::InARow).count(repeats.into())));
    }
    w.speaks(repeat_passed(s));
}

fn full_queue(s: &Scene<'_>, w: &mut Weight) {
    if s.is(&[D::FlowEcnCongestion]) {
        w.proves(s.itself());
        return;
    }
    if s.finding.diagnosis.family() != "loss" {
        // Losses of data only.
        w.only_with_facts();
        return;
    }
    w.against(s.never_served().then(|| s.fact(FactKind::NeverServed)));
    w.against(s.told_fact(D::LossCorrupted).filter(|_| s.is(&[D::LossTimeout])));
    w.against(goes_beyond(s));
    w.against(s.told_fact(D::LossStaleTimestamp));
    let losses = losses(s);
    let few = losses.events <= 2 && losses.run <= 2;
    w.against(few.then(|| s.fact(FactKind::FewLost).count(losses.events)));
    w.against(
        (losses.whole_flights >= limits::WHOLE_FLIGHTS)
            .then(|| s.fact(FactKind::WholeFlights).count(losses.whole_flights)),
    );
    let runs = losses.run >= 3 && losses.bytes >= 3 * losses.segment;
    w.speaks(runs.then(|| s.fact(FactKind::InARow).count(losses.run)));
    w.speaks(s.told_fact(D::FlowEcnCongestion));
}

fn lro(s: &Scene<'_>, w: &mut Weight) {
    w.only_with_facts();
    let losses = losses(s);
    let pattern = losses.whole_flights >= limits::WHOLE_FLIGHTS;
    // What the capture lacks of one side cannot be judged by.
    let both = s.me.ends.iter().all(|end| end.last.is_set()) && s.c.started_late.is_none();
    let tail = s.times(D::LossFastRetransmit) + s.times(D::LossTailProbe) == 0 && both;
    w.speaks((pattern && tail).then(|| s.fact(FactKind::WholeFlights).count(losses.whole_flights)));
    w.against((!tail).then(|| s.fact(FactKind::PartsArrive)));
}

fn damages(s: &Scene<'_>, w: &mut Weight) {
    if s.is(&[D::LossConflictingData]) {
        w.speaks(s.told_fact(D::LossCorrupted));
        return;
    }
    let unfinished = s.finding.param(Param::What) == Some(Value::Term(Term::ChecksumUnfinished));
    w.against(unfinished.then(|| s.fact(FactKind::ChecksumUnfinished)));
    w.speaks(s.is(&[D::LossCorrupted]).then(|| s.itself()));
}

fn interrupted(s: &Scene<'_>, w: &mut Weight) {
    let side = silent_side(s);
    let since = silent_since(s, side);
    let host = s.ip(side);
    let until = s.duration(Param::Silent).map_or(s.now, |_| s.at);
    let heard = s.with_host(host).into_iter().find(|l| {
        // Of the pair: others may have another way.
        l.side_of(s.ip(side.other())).is_some() && {
            let of_host = if l.tuple.src.ip == host { Side::Client } else { Side::Server };
            let news = l.end(of_host).last;
            news.is_set()
                && news.time > since + limits::ONE_MOMENT
                && l.first.time < until
                && news.time < until + 1
        }
    });
    w.against(heard.map(|l| Fact::new(FactKind::HostAnswers, l.number, l.last.frame)));
    w.against(s.never_served().then(|| s.fact(FactKind::NeverServed)));
    w.against(s.moved().map(|(fact, _)| fact));
    w.against(s.told_fact(D::PathPmtuBlackHole));
    w.against(s.told_fact(D::LossStaleTimestamp));
    w.against(s.told_fact(D::LossCorrupted).filter(|_| !s.is(&[D::PathBlackout])));
    let losses = losses(s);
    w.against(
        (losses.whole_flights >= limits::WHOLE_FLIGHTS)
            .then(|| s.fact(FactKind::WholeFlights).count(losses.whole_flights)),
    );
    if s.is(&[D::PathBlackout]) {
        w.speaks(s.itself());
    }
    w.speaks(silent_together(s, side));
    if s.is(&[D::LossTimeout]) {
        w.only_with_facts();
    }
}

fn one_direction(s: &Scene<'_>, w: &mut Weight) {
    let synack = [D::HandshakeSynackLost, D::HandshakeSynackRetransmitted];
    let third = [D::HandshakeThirdAckLost, D::HandshakeThirdAckMissing];
    let beside = s.served_beside(s.me.first.time, s.me.last.time + 1);
    w.against(beside.map(|l| Fact::new(FactKind::ServedBeside, l.number, l.last.frame)));
    if s.is(&synack) || s.is(&third) {
        let done = if s.is(&synack) { s.me.third_ack.is_set() } else { s.me.served.is_set() };
        w.against(
            done.then(|| s.fact_at(FactKind::LaterPassed, s.me.third_ack.frame.max(s.me.syn_ack.frame))),
        );
        let count = usize::from(s.c.handshake.syn_ack_repeats.max(s.c.handshake.syn_repeats));
        w.speaks(
            (!done && count >= 3 && s.is(&synack)).then(|| s.fact(FactKind::AgainAndAgain).count(count)),
        );
        w.speaks(
            (!done && count >= 2 && s.is(&third) && !s.me.third_ack.is_set() && s.is_beside(Side::Server))
                .then(|| s.fact(FactKind::AgainAndAgain).count(count)),
        );
        return;
    }
    if s.is(&[D::HandshakeSynUnanswered]) {
        w.against(stray(s).map(|(fact, _)| fact));
        w.against(wrong_rst(s));
        return;
    }
    w.against(s.moved().map(|(fact, _)| fact));
    let answers = s.term(Param::Reading) == Some(Term::AnswersLost);
    w.speaks(answers.then(|| s.itself()));
    w.speaks(
        (s.is(&[D::LossSpurious, D::LossStalled, D::LossTimeout])
            && s.times(D::LossSpurious) >= 3
            && s.who().is_some_and(|sender| s.is_beside(sender.other())))
        .then(|| s.fact(FactKind::AgainAndAgain).count(s.times(D::LossSpurious))),
    );
}

fn several_ways(s: &Scene<'_>, w: &mut Weight) {
    w.speaks(s.is(&[D::LossReordering, D::HandshakeReordered]).then(|| s.itself()));
    if s.is(&[D::LossFastRetransmit, D::LossSpurious]) {
        let early = s.times(D::LossSpurious) >= 1 && s.term(Param::How) == Some(Term::AnswersFirstCopy);
        w.against(early.then(|| s.fact(FactKind::NothingOvertaken)));
        w.speaks(s.told_fact(D::LossReordering));
        let clean = s.is(&[D::LossFastRetransmit]) && !s.told_any(&[D::LossReordering, D::LossSpurious]);
        w.against(clean.then(|| s.fact(FactKind::NothingOvertaken)));
    }
}

fn delay_jump(s: &Scene<'_>, w: &mut Weight) {
    match s.finding.diagnosis {
        D::LossSpurious => {
            let early = s.term(Param::How) == Some(Term::AnswersFirstCopy);
            w.against(early.then(|| s.fact(FactKind::SoonerThanAnswer)));
            let after_timeout = s.told_any(&[D::LossTimeout]);
            w.speaks((!early && after_timeout).then(|| s.told_fact(D::LossTimeout)).flatten());
        }
        D::HandshakeSynRetransmitted | D::HandshakeSynackRetransmitted => {
            w.only_with_facts();
        }
        _ => {}
    }
}
