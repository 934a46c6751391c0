//! The program at one end.

use super::limits;
use super::questions::turns;
use super::scene::Scene;
use super::weight::Weight;
use crate::book::lines::{Line, Opening};
use crate::catalogue::facts::{Fact, FactKind};
use crate::catalogue::findings::Value;
use crate::catalogue::terms::{Param, Term};
use crate::catalogue::{Cause, Diagnosis as D};
use crate::connection::endpoint::Facts;
use crate::side::Side;

pub(super) fn weigh(cause: Cause, s: &Scene<'_>, w: &mut Weight) {
    match cause {
        Cause::AppSlow => slow(s, w),
        Cause::AppWaitsForBackend => waits_for_backend(s, w),
        Cause::AppHeldOnPurpose => held_on_purpose(s, w),
        Cause::AppHangs => hangs(s, w),
        Cause::AppWorkerHangs => worker_hangs(s, w),
        Cause::AppClosedIdleConnection => closed_idle(s, w),
        Cause::PoolStaleConnection => stale(s, w),
        Cause::AppUnreadDataAtClose => unread(s, w),
        Cause::AppLingerZero => linger_zero(s, w),
        Cause::AppKilled => killed(s, w),
        Cause::AppRestarted => restarted(s, w),
        Cause::AppRefusesClient => refuses_client(s, w),
        Cause::AppNeverCloses => never_closes(s, w),
        Cause::AppNotReading | Cause::AppSmallBuffer => window(cause, s, w),
        Cause::AppSmallWrites => {
            w.speaks(s.is(&[D::FlowNagleDelayedAck]).then(|| s.itself()));
        }
        Cause::AppMalformedMessage => {
            let cut = s.me.ends.iter().any(|end| end.rst.is_set());
            let of_ended = s.is(&[D::HttpLengthMismatch, D::HttpBadChunk]);
            w.against((of_ended && cut).then(|| s.fact(FactKind::CutByRst)));
            w.speaks(s.is(&[D::HttpHeaderNewline, D::HttpMalformed, D::HttpBadChunk]).then(|| s.itself()));
        }
        _ => {
            w.only_with_facts();
            w.speaks(s.told_fact(D::HttpMalformed));
        }
    }
}

/// When the request was sent that waits for its answer, nanoseconds, and when it ended.
fn wait(s: &Scene<'_>) -> (i64, i64) {
    let span = s.duration(Param::Took).or(s.duration(Param::Waited)).unwrap_or(0);
    // A slow response stands at the answer, a missing one at the request.
    if s.is(&[D::AppSlowResponse]) { (s.at - span, s.at) } else { (s.at, s.at + span) }
}

/// The waits of this listener as long as this one, within one in twenty.
fn alike(s: &Scene<'_>) -> usize {
    let Some(took) = s.duration(Param::Took) else { return 0 };
    let lines = s.at_listener();
    let waits = lines.iter().chain([s.me]).flat_map(|l| l.waits).filter(|wait| *wait > 0);
    waits.filter(|wait| (wait - took).abs() <= took / 20).count()
}

fn held_on_purpose(s: &Scene<'_>, w: &mut Weight) {
    let said = s.finding.because == Some(Term::HeldOnPurpose);
    w.proves(said.then(|| s.itself()));
    let count = alike(s);
    let long =
        s.duration(Param::Took).is_some_and(|took| took >= limits::ONE_MOMENT && limits::is_round(took));
    w.speaks((!said && count >= 3 && long).then(|| s.fact(FactKind::WaitsAlike).count(count)));
    w.against((!said && (count < 3 || !long)).then(|| s.fact(FactKind::WaitsDiffer)));
}

fn slow(s: &Scene<'_>, w: &mut Weight) {
    w.against(s.moved().map(|(fact, _)| fact));
    let acked = s
        .duration(Param::Acked)
        .map(|acked| s.fact(FactKind::AckedAtOnce).with(Param::Acked, Value::Duration(acked)));
    w.speaks(acked.filter(|_| s.is(&[D::AppSlowResponse])));
    let held = s.finding.because == Some(Term::HeldOnPurpose);
    w.against(held.then(|| s.fact(FactKind::WaitsAlike).count(alike(s))));
}

fn waits_for_backend(s: &Scene<'_>, w: &mut Weight) {
    w.against(s.moved().map(|(fact, _)| fact));
    let server = s.ip(Side::Server);
    let (since, until) = wait(s);
    let lines = s.with_host(server);
    let asks = lines.iter().filter(|l| l.tuple.src.ip == server && l.tuple.dst.ip != server);
    let mut asks = asks.filter(|l| {
        let (asked, answered) = (l.end(Side::Client).said, l.end(Side::Server).said);
        let (asked, answered) = (asked.time, answered.time);
        (since..=until).contains(&asked) && (asked..=until).contains(&answered)
    });
    let near = |l: &&Line| until - l.end(Side::Server).said.time <= (until - since) / 4;
    let line = asks.find(near);
    w.speaks(line.map(|l| Fact::new(FactKind::AsksBackend, l.number, l.end(Side::Server).said.frame)));
    let all = s.is_beside(Side::Server) && !s.me.tuple.is_on_one_host();
    w.against((all && line.is_none()).then(|| s.fact(FactKind::AsksNobody)));
}

/// Other connections of the listener that were served while this one waited, and so long before and after.
fn served_meanwhile(s: &Scene<'_>, around: i64) -> Vec<Line> {
    let (since, until) = wait(s);
    let (since, until) = (since - around, until + around);
    s.at_listener()
        .into_iter()
        .filter(|l| {
            let said = l.end(Side::Server).said.time;
            l.opening == Opening::Taken
                && said > since
                && l.first.time < until
                && l.end(Side::Client).bytes > 0
        })
        .collect()
}

fn about(l: &Line, kind: FactKind) -> Fact {
    Fact::new(kind, l.number, l.end(Side::Server).said.frame.max(l.first.frame))
}

fn hangs(s: &Scene<'_>, w: &mut Weight) {
    w.against(s.moved().map(|(fact, _)| fact));
    let served = served_meanwhile(s, 0);
    w.against(served.first().map(|l| about(l, FactKind::ServedMeanwhile).count(served.len())));
    let (since, _) = wait(s);
    let others = s.at_listener();
    let waiting = others.iter().filter(|l| l.has(D::AppNoResponse) && l.end(Side::Server).said.time < since);
    let waiting: Vec<&Line> = waiting.collect();
    let request = s.is(&[D::AppNoResponse, D::ClosePeerNeverClosed]);
    w.speaks(waiting.first().filter(|_| request).map(|l| {
        Fact::new(FactKind::OthersWait, l.number, l.end(Side::Client).said.frame).count(waiting.len() + 1)
    }));
}

fn worker_hangs(s: &Scene<'_>, w: &mut Weight) {
    let served = served_meanwhile(s, limits::SAME_TROUBLE);
    let (since, _) = wait(s);
    let after = served.iter().any(|l| l.end(Side::Server).said.time > since);
    let waits = s.duration(Param::Took).or(s.duration(Param::Waited)).unwrap_or(0) >= limits::ONE_MOMENT;
    let of_request = s.is(&[D::AppNoResponse, D::AppSlowResponse]);
    let slow_too = served.iter().filter(|l| l.waits[0] > 0).count();
    let fine = served.len() - slow_too;
    w.only_with_facts();
    w.speaks(
        served
            .first()
            .filter(|_| fine >= 2 && after && waits && of_request)
            .map(|l| about(l, FactKind::ServedMeanwhile).count(fine)),
    );
}

/// The side that closed first by its FIN, and what the other side sent then: the request, and how long after that FIN had been
/// acknowledged.
fn closed_idle(s: &Scene<'_>, w: &mut Weight) {
    if s.is(&[D::AppNoResponse, D::ResetNoSuchConnection]) {
        let crossed = s.told_any(&[D::ResetAfterClose]);
        w.against((!crossed).then(|| s.fact(FactKind::NoFin)));
        return;
    }
    let Some(closer) = s.who() else { return };
    let (end, peer) = (s.me.end(closer), s.me.end(closer.other()));
    if s.is(&[D::ResetAbort]) {
        let idle = s.idle();
        w.against(
            (idle < limits::ONE_MOMENT)
                .then(|| s.fact(FactKind::NotIdle).with(Param::Idle, Value::Duration(idle))),
        );
        w.against(s.is_beside(closer).then(|| s.fact(FactKind::NoFin)).filter(|_| !peer.outstanding));
        w.only_with_facts();
        return;
    }
    let acked = end.fin_acked;
    let since = peer.said.time - acked.time;
    let late = acked.is_set() && since > s.c.rtt().unwrap_or(0) + limits::CROSSES;
    w.against((!end.fin.is_set()).then(|| s.fact(FactKind::NoFin)));
    w.against(late.then(|| s.fact_at(FactKind::FinAckedBefore, acked.frame).span(since)));
    // Who is in the midst of an exchange has not waited for his timeout.
    let idle = s.me.idle;
    let near = (end.fin.time - idle.ended.time).abs() <= s.c.rtt().unwrap_or(0) + limits::CROSSES;
    let was_idle = idle.span > 0 && near && (!end.said.is_set() || end.said.time < idle.ended.time);
    w.against((end.fin.is_set() && !late && !was_idle).then(|| {
        s.fact_at(FactKind::NotIdle, end.fin.frame)
            .with(Param::Idle, Value::Duration(if near { idle.span } else { 0 }))
    }));
    let crossed = end.fin.is_set() && !late && peer.said.is_set() && was_idle;
    w.proves(crossed.then(|| s.fact_at(FactKind::Crossed, end.fin.frame)));
}

fn stale(s: &Scene<'_>, w: &mut Weight) {
    let Some(closer) = s.who() else { return };
    let (end, peer) = (s.me.end(closer), s.me.end(closer.other()));
    let since = peer.said.time - end.fin_acked.time;
    let late = end.fin_acked.is_set() && since > s.c.rtt().unwrap_or(0) + limits::CROSSES;
    w.against((!end.fin.is_set()).then(|| s.fact(FactKind::NoFin)));
    w.against((end.fin.is_set() && !late).then(|| s.fact_at(FactKind::Crossed, end.fin.frame)));
    let request = s.is(&[D::ResetAfterClose, D::CloseDataLost, D::ResetInFinWait]);
    w.speaks((late && request).then(|| s.fact_at(FactKind::FinAckedBefore, end.fin_acked.frame).span(since)));
}

/// Whether the side that reset has left something of the other side unanswered, and its newest.
fn unanswered(s: &Scene<'_>, closer: Side) -> Option<Fact> {
    let (end, peer) = (s.me.end(closer), s.me.end(closer.other()));
    let newer = peer.said.is_set() && peer.said.time >= end.said.time && peer.bytes > 0;
    // A response asks for no answer: only what had hardly come may be unread.
    let just_came = s.at - peer.said.time <= s.c.rtt().unwrap_or(0) / 2 + limits::JUST_CAME;
    let newer = newer && (closer == Side::Server || just_came);
    let goodbye = s.c.end(closer.other()).is(Facts::SAYS_GOODBYE);
    (newer && !goodbye).then(|| s.fact_at(FactKind::Unanswered, peer.said.frame))
}

/// The server's short response stands right before its RST, after an upload by far longer: whatever of that it had not read
/// is unread.
fn answers_upload(s: &Scene<'_>, closer: Side) -> Option<Fact> {
    let (end, peer) = (s.me.end(closer), s.me.end(closer.other()));
    let right_before = end.said.is_set() && s.at - end.said.time <= limits::FILTER_READS;
    let short = end.bytes > 0 && end.bytes <= 1_000 && peer.bytes >= 4 * end.bytes && peer.bytes > 1_000;
    (closer == Side::Server && right_before && short).then(|| {
        s.fact_at(FactKind::AnswersUpload, end.said.frame).with(Param::Bytes, Value::Bytes(peer.bytes))
    })
}

/// Who aborted, where the finding is about an abort.
fn aborter(s: &Scene<'_>) -> Option<Side> {
    s.who()
}

fn unread(s: &Scene<'_>, w: &mut Weight) {
    let Some(closer) = aborter(s) else { return };
    let peer = s.me.end(closer.other());
    w.against((peer.bytes == 0).then(|| s.fact(FactKind::NothingSent)));
    if s.is(&[D::ResetAfterClose]) {
        // What came after its own close is unread by nature.
        let closed = s.me.end(closer).fin;
        let acked = s.me.end(closer).fin_acked;
        let late = acked.is_set() && peer.said.time > acked.time;
        w.against(late.then(|| s.fact_at(FactKind::ClosedBefore, closed.frame)));
        w.speaks((!late).then(|| s.fact_at(FactKind::Unanswered, peer.said.frame)));
        return;
    }
    let answered = unanswered(s, closer);
    let end = s.me.end(closer);
    let all = answered.is_none() && !peer.outstanding;
    let recent = s.at - peer.said.time <= s.c.rtt().unwrap_or(0).max(limits::ONE_MOMENT / 20);
    let upload = answers_upload(s, closer);
    w.against((all && !recent && upload.is_none()).then(|| s.fact_at(FactKind::AllAnswered, end.said.frame)));
    w.speaks(answered);
    w.speaks(upload);
    w.speaks(peer.outstanding.then(|| s.fact_at(FactKind::NeverAcked, peer.said.frame)));
}

fn linger_zero(s: &Scene<'_>, w: &mut Weight) {
    let Some(closer) = aborter(s) else { return };
    let (end, peer) = (s.me.end(closer), s.me.end(closer.other()));
    let rsts = [D::ResetAbort, D::ResetLate, D::HandshakeResetAfterAccept, D::HandshakeSynackRejected];
    if !s.is(&rsts) {
        return;
    }
    w.against(s.told_fact(D::LossStalled).filter(|_| s.told_any(&[D::ResetRetransmissionTimeout])));
    let calm = unanswered(s, closer).is_none() && !peer.outstanding && peer.bytes > 0;
    let prompt = s.idle() < limits::MINUTE;
    w.speaks(
        (calm && prompt && s.is(&[D::ResetAbort])).then(|| s.fact_at(FactKind::AllAnswered, end.said.frame)),
    );
    let closed = peer.fin.is_set() && peer.fin.time < s.at && !end.fin.is_set();
    w.speaks(closed.then(|| s.fact_at(FactKind::InPlaceOfFin, peer.fin.frame)));
    // It ends its other connections alike.
    let alike = s.at_listener().into_iter().find(|l| {
        l.socket(closer).ip == s.ip(closer) && l.has(s.finding.diagnosis) && l.end(closer).rst.is_set()
    });
    w.speaks(
        alike.filter(|_| calm).map(|l| Fact::new(FactKind::EndsAlike, l.number, l.end(closer).rst.frame)),
    );
}

fn killed(s: &Scene<'_>, w: &mut Weight) {
    if s.is(&[D::AppNoResponse]) {
        w.only_with_facts();
        w.against(s.moved().map(|(fact, _)| fact));
        return;
    }
    let Some(closer) = aborter(s) else { return };
    let host = s.ip(closer);
    let ended = |l: &Line| {
        l.side_of(host).is_some_and(|side| {
            let end = l.end(side);
            let at = [end.fin, end.rst].into_iter().filter(|m| m.is_set()).map(|m| m.time).min();
            at.is_some_and(|at| (at - s.at).abs() <= limits::SAME_DEATH)
        })
    };
    let together: Vec<Line> = s.with_host(host).into_iter().filter(ended).collect();
    w.speaks(
        together
            .first()
            .filter(|_| together.len() >= 2)
            .map(|l| Fact::new(FactKind::EndTogether, l.number, l.last.frame).count(together.len() + 1)),
    );
    let cut = s.told_fact(D::HttpLengthMismatch).or(s.told_fact(D::HttpBadChunk));
    w.speaks(cut.filter(|_| s.is(&[D::ResetAbort])));
    w.speaks(s.is(&[D::HttpLengthMismatch]).then(|| s.itself()));
}

fn restarted(s: &Scene<'_>, w: &mut Weight) {
    w.only_with_facts();
    let refused = |l: &&Line| l.opening == Opening::Refused;
    let others = s.at_listener();
    if s.is(&[D::HandshakeRejected]) {
        let at = s.me.first.time;
        let before = others.iter().filter(|l| l.opening == Opening::Taken && l.first.time < at).count();
        let after = others.iter().find(|l| l.opening == Opening::Taken && l.first.time > at);
        let block = others.iter().filter(refused).count() + 1;
        let turns = turns(s);
        w.speaks(
            after.filter(|_| before > 0 && turns <= 2).map(|l| about(l, FactKind::BackAgain).count(block)),
        );
        return;
    }
    let server = s.me.end(Side::Server);
    let closes = server.fin.is_set() || server.rst.is_set();
    let end = if server.fin.is_set() { server.fin } else { server.rst };
    let after = others.iter().find(|l| refused(l) && l.first.time > end.time - limits::ONE_MOMENT);
    let of_server = s.who().is_none_or(|side| side == Side::Server) || s.is(&[D::AppNoResponse]);
    w.speaks(
        after
            .filter(|_| closes && of_server)
            .map(|l| Fact::new(FactKind::RefusesAfter, l.number, l.first.frame)),
    );
}

fn refuses_client(s: &Scene<'_>, w: &mut Weight) {
    let Some(closer) = aborter(s) else { return };
    w.against((closer == Side::Client).then(|| s.fact(FactKind::OfClient)));
    let end = s.me.end(closer);
    let ended = [end.fin, end.rst].into_iter().filter(|m| m.is_set()).map(|m| m.time).min();
    let at_once = ended.is_some_and(|at| at - s.me.third_ack.time <= limits::ONE_MOMENT);
    w.against((!at_once).then(|| s.fact(FactKind::NoFin)));
    let mine = s.ip(Side::Client);
    let others = s.at_listener();
    let served = |l: &&Line| l.opening == Opening::Taken && l.end(Side::Server).bytes > 0;
    let same = others.iter().find(|l| served(l) && l.tuple.src.ip == mine);
    w.against(same.map(|l| about(l, FactKind::ServedMeanwhile).count(1)));
    let other = others.iter().find(|l| served(l) && l.tuple.src.ip != mine);
    w.speaks(other.map(|l| about(l, FactKind::OthersTaken).count(1)));
    if !s.is(&[D::HandshakeResetAfterAccept]) {
        w.only_with_facts();
    }
}

fn never_closes(s: &Scene<'_>, w: &mut Weight) {
    let side = match s.finding.diagnosis {
        D::ResetInFinWait => s.who().map(Side::other),
        _ => s.who(),
    };
    let Some(side) = side else { return };
    let host = s.ip(side);
    let leaks = |l: &Line| l.has(D::ClosePeerNeverClosed) && l.side_of(host).is_some();
    let others: Vec<Line> = s.with_host(host).into_iter().filter(leaks).collect();
    w.speaks(
        others.first().map(|l| Fact::new(FactKind::LeaksToo, l.number, l.last.frame).count(others.len() + 1)),
    );
    let waited = s.duration(Param::Waited).or(s.duration(Param::Span)).unwrap_or(0);
    w.speaks((waited >= limits::MINUTE).then(|| s.fact(FactKind::WaitedLong).span(waited)));
}

/// The largest window of the side that the finding says is shut or full, against its segments.
fn window(cause: Cause, s: &Scene<'_>, w: &mut Weight) {
    let windows = [D::FlowZeroWindow, D::FlowNeverReopened, D::FlowWindowFull];
    if !s.is(&windows) {
        w.only_with_facts();
        let shut = s.told_fact(D::FlowZeroWindow).or(s.told_fact(D::FlowNeverReopened));
        w.speaks(shut.filter(|_| cause == Cause::AppNotReading && s.is(&[D::LossStalled, D::ResetAbort])));
        return;
    }
    let reader = match s.finding.param(Param::Peer) {
        Some(Value::Party(party)) if s.is(&[D::FlowWindowFull]) => party,
        _ => match s.finding.param(Param::Who) {
            Some(Value::Party(party)) => party,
            _ => return,
        },
    };
    let side = if reader == Side::Client.party() { Side::Client } else { Side::Server };
    let end = s.c.end(side);
    let widest = s.c.scaled(side, end.widest).unwrap_or(u32::from(end.widest));
    let segment = u32::from(s.c.end(side.other()).largest.max(1)).max(u32::from(end.mss).min(1460)).max(1);
    let few = widest <= segment * limits::FEW_SEGMENTS;
    let fact = |kind| s.fact(kind).with(Param::Bytes, Value::Bytes(widest.into()));
    let now = s.c.scaled(side, end.window).unwrap_or(u32::from(end.window));
    match cause {
        Cause::AppSmallBuffer => {
            w.speaks(few.then(|| fact(FactKind::SmallWindow)));
            let large = s.is(&[D::FlowZeroWindow, D::FlowNeverReopened]) && !few;
            w.against(large.then(|| fact(FactKind::LargeWindow)));
            let steady = s.is(&[D::FlowWindowFull]) && now >= widest / 2 && !few;
            w.speaks(steady.then(|| fact(FactKind::SteadyWindow)));
        }
        _ => {
            let shrinks = s.is(&[D::FlowZeroWindow, D::FlowNeverReopened]) && !few;
            w.speaks(shrinks.then(|| fact(FactKind::LargeWindow)));
            w.speaks(s.told_fact(D::FlowZeroWindow).filter(|_| s.is(&[D::FlowWindowFull])));
        }
    }
}
