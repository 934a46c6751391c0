//! What the receiver says: needless resends, duplicates, lost acknowledgments.

use crate::bounds;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Certainty, Diagnosis, Severity};
use crate::connection::endpoint::Facts;
use crate::connection::{Connection, Seen};
use crate::proof::claims::Kind;
use crate::proof::trace::{Tracing, known, met, needs};
use crate::rules::context::Context;
use crate::rules::loss::lines::{Copied, Line, MadeBy, Resent, Timeouts, downstream, keep, resent};
use crate::rules::path;
use crate::side::Side;
use crate::wire::segment::Segment;
use crate::wire::seq::Seq;

/// An acknowledgment of the other side's data.
pub(super) fn acknowledgment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    if !needs!(context.trace, "loss.receipt";
        "it has ACK" => segment.flags.ack(),
        "it is no RST" => !segment.flags.rst(),
        "there was something to note of the connection" => context.notes.details.is_some(),
    ) {
        return;
    }
    let writer = seen.from.other();
    let twice = segment.duplicate_sack();
    if let Some((left, right)) =
        known(context.trace, "loss.receipt", "it reports data that came twice (D-SACK)", twice)
    {
        reported_twice(c, seen, writer, left, right, context);
    }
    echoes_first_copy(c, seen, writer, context);
    answers_first_copy(c, seen, writer, context);
    arrived_once(c, seen, writer, context);
    echoes_resend(c, seen, writer, context);
    let heard = c.end(seen.from).acked_any && segment.ack.after(c.end(seen.from).acked);
    let Some(details) = &mut context.notes.details else { return };
    let line = &mut details.loss.lines[writer as usize];
    line.holes.retain(|hole| hole.end.after(segment.ack));
    let row = line.timeouts;
    if row.count > 0 {
        line.timeouts = Timeouts::default();
        path::heard_again(c, seen, row, heard, context);
    }
    if let Some((left, _)) = twice {
        path::came_twice(left, context);
    }
}

/// The acknowledgment of something sent again echoes an older timestamp: it is the first copy that arrived (RFC 3522).
///
/// Of several that it acknowledges the first counts: its is the timestamp that is echoed (RFC 7323, 4.3). Of the others
/// it tells only where their resends cannot have arrived yet.
fn echoes_first_copy(c: &Connection, seen: &Seen<'_>, writer: Side, context: &mut Context<'_, impl Tracing>) {
    let (segment, acker) = (seen.segment, c.end(seen.from));
    if !acker.acked_any {
        return;
    }
    let acked = acker.acked;
    let Some(details) = &context.notes.details else { return };
    let resent = &details.loss.lines[writer as usize].resent;
    let decides = |r: &Resent| !r.seq.after(acked) || c.too_soon(seen.from, r.time, segment.time);
    let covered = |r: &&Resent| r.is_covered(segment, acked) && !r.needless && decides(r);
    let older = |r: &Resent| r.is_answered_too_early(segment) == Some(true);
    if !needs!(context.trace, Diagnosis::LossSpurious;
        "it acknowledges what was sent again" => resent.iter().any(|r| covered(&r)),
        "it echoes a timestamp older than all of that" => resent.iter().filter(covered).all(older),
    ) {
        return;
    }
    let needless: Vec<Resent> = resent.iter().filter(covered).cloned().collect();
    let all = &mut context.notes.details().loss.lines[writer as usize].resent;
    all.iter_mut().filter(|r| needless.iter().any(|n| n.frame == r.frame)).for_each(|r| r.needless = true);
    for resent in needless {
        let finding = c.finding_at(Diagnosis::LossSpurious, resent.frame);
        spurious(finding, seen, &resent, writer, Term::EchoesFirstCopy, context);
        overtaken(resent, context);
    }
}

/// What was sent again sooner than any answer could come is acknowledged sooner than the resend can have been answered.
fn answers_first_copy(
    c: &Connection,
    seen: &Seen<'_>,
    writer: Side,
    context: &mut Context<'_, impl Tracing>,
) {
    let (segment, acker) = (seen.segment, c.end(seen.from));
    let Some(details) = &mut context.notes.details else { return };
    if !acker.acked_any || segment.options.timestamps.is_some() {
        return;
    }
    let hasty = |r: &&mut Resent| r.hasty && !r.needless && r.is_covered(segment, acker.acked);
    let answered = details.loss.lines[writer as usize].resent.iter_mut().filter(hasty);
    let answered = answered.filter(|r| !c.had_time(seen.from, r.time, segment.time));
    let answered: Vec<Resent> = answered
        .map(|r| {
            r.needless = true;
            r.clone()
        })
        .collect();
    let sooner = "it acknowledges what was sent again too soon, sooner than that can have been answered";
    if met(context.trace, Diagnosis::LossSpurious, sooner, !answered.is_empty()) {
        for resent in answered {
            let finding = c.finding_at(Diagnosis::LossSpurious, resent.frame).sure(Certainty::Likely);
            spurious(finding, seen, &resent, writer, Term::AnswersFirstCopy, context);
        }
    }
}

/// What was sent again after a timeout is acknowledged, and its receiver, which reports what it gets twice (RFC 2883),
/// reports nothing: the copies before it were lost.
fn arrived_once(c: &Connection, seen: &Seen<'_>, writer: Side, context: &mut Context<'_, impl Tracing>) {
    let (segment, acker) = (seen.segment, c.end(seen.from));
    // Beside its receiver, what was seen did arrive, and was ignored there.
    let report = [acker, c.end(writer)].iter().all(|e| e.is(Facts::OFFERS_SACK));
    if !needs!(context.trace, Diagnosis::LossDownstream;
        "the capture was not taken beside its sender" => !c.is_beside(seen.from),
        "its sender has acknowledged before" => acker.acked_any,
        "its sender reports what it gets twice: both offered SACK" => report,
    ) {
        return;
    }
    let acked = acker.acked;
    let duplicate = segment.duplicate_sack().is_some();
    let Some(details) = &mut context.notes.details else { return };
    let list = &mut details.loss.lines[writer as usize].resent;
    let covered = |r: &Resent| r.is_covered(segment, acked);
    // Without timestamps, an acknowledgment that was on its way already tells nothing.
    let in_flight = |r: &Resent| c.too_soon(seen.from, r.time, segment.time);
    let too_early = |r: &Resent| r.is_answered_too_early(segment).unwrap_or_else(|| in_flight(r));
    let newest = list.iter().rev().find(|r| covered(r));
    if !needs!(context.trace, Diagnosis::LossDownstream;
        "it reports nothing that came twice" => !duplicate,
        "it acknowledges what was sent again, and not too early" => !newest.is_none_or(too_early),
    ) {
        return;
    }
    let lost: Vec<Resent> =
        list.iter().filter(|r| covered(r) && !r.needless && r.before != 0).cloned().collect();
    for resent in lost {
        let finding = downstream(c, writer, &resent).evidence(Role::Ack, segment.frame);
        let told = context.store.claim_and_tell(Kind::LostDownstream, finding.proved_by(segment.frame));
        let list = &mut context.notes.details().loss.lines[writer as usize].resent;
        list.iter_mut().filter(|r| r.frame == resent.frame).for_each(|r| (r.before, r.told) = (0, told));
    }
}

/// The receiver had asked for it, and echoes the timestamp of the copy that it was sent then: the copy before it, of an
/// earlier tick, had not arrived by then (RFC 7323, 4.3), and was lost.
fn echoes_resend(c: &Connection, seen: &Seen<'_>, writer: Side, context: &mut Context<'_, impl Tracing>) {
    let (segment, acker) = (seen.segment, c.end(seen.from));
    let Some(details) = &context.notes.details else { return };
    let ticks_apart = c.is_longer_than(bounds::SLOWEST_TICK);
    if !acker.acked_any || !ticks_apart || segment.duplicate_sack().is_some() {
        return;
    }
    let lost = |r: &&Resent| {
        let asked_for = r.asked.is_some() && !r.needless && r.seq == acker.acked;
        asked_for && r.is_covered(segment, acker.acked) && r.is_answered_too_early(segment) == Some(false)
    };
    for resent in details.loss.lines[writer as usize].resent.iter().filter(lost) {
        context
            .store
            .amend(resent.told.and_then(|it| it.told), |finding| finding.certainty = Certainty::Proved);
    }
}

/// Nothing was lost: the first copy was overtaken so far that its receiver complained.
fn overtaken(mut resent: Resent, context: &mut Context<'_, impl Tracing>) {
    context.store.refute(resent.told.take().map(|it| it.claim));
    context.store.amend(resent.asked, |finding| finding.rate(Severity::Note, Term::FirstCopyArrived));
}

/// The receiver reports that it got something twice: a resend was needless, or the network made a copy.
fn reported_twice(
    c: &Connection,
    seen: &Seen<'_>,
    writer: Side,
    left: Seq,
    right: Seq,
    context: &mut Context<'_, impl Tracing>,
) {
    let covers = |r: &Resent| r.seq.before(right) && r.end.after(left);
    let copied = |c: &Copied| c.seq.before(right) && c.end.after(left);
    let line = &mut context.notes.details().loss.lines[writer as usize];
    let resent = line.resent.iter_mut().rev().find(|r| covers(r));
    // What came last is what came twice.
    let since = resent.as_ref().map_or(0, |r| r.frame);
    let last = |c: &Copied| since == 0 || (c.made_by == MadeBy::Network && c.frame > since);
    let by_network = |c: &Copied| c.made_by != MadeBy::Capture && copied(c) && last(c);
    let at = line.copies.iter().position(by_network);
    let last_copy = "a copy of it was captured, and was the last to come";
    if let Some(at) = known(context.trace, Diagnosis::LossDuplicateDelivery, last_copy, at) {
        let dsack = seen.segment.frame;
        let copy = Copied { dsack, ..line.copies.remove(at) };
        delivered_twice(c, writer, copy, dsack, context);
    } else if let Some(resent) = known(context.trace, Diagnosis::LossSpurious, "it was sent again", resent) {
        let first = !std::mem::replace(&mut resent.needless, true);
        let resent = resent.clone();
        if first {
            let finding = c.finding_at(Diagnosis::LossSpurious, resent.frame);
            spurious(finding, seen, &resent, writer, Term::ReportedByDsack, context);
        }
        overtaken(resent, context);
    } else if let Some(copy) = line.copies.iter_mut().find(|c| copied(c)) {
        copy.dsack = seen.segment.frame;
    }
}

/// The network made that copy: its receiver says so.
pub(super) fn delivered_twice(
    c: &Connection,
    writer: Side,
    copy: Copied,
    proof: u32,
    context: &mut Context<'_, impl Tracing>,
) {
    let mut finding = c
        .finding_at(Diagnosis::LossDuplicateDelivery, copy.frame)
        .proved_by(proof)
        .evidence(Role::Dsack, copy.dsack)
        .with(Param::Who, Value::Party(writer.party()))
        .with(Param::Peer, Value::Party(writer.other().party()));
    finding.layer = copy.layer;
    context.store.tell(finding);
}

/// Data again that the other side has acknowledged already.
pub(super) fn needless(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let peer = c.end(seen.from.other());
    let (ack_frame, ack_time) = (peer.acked_at.frame, peer.acked_at.time);
    let resent = Resent { needless: true, ..resent(segment) };
    let finding = c.finding_at(Diagnosis::LossSpurious, segment.frame).evidence(Role::Ack, ack_frame);
    spurious(finding, seen, &resent, seen.from, Term::AckedBefore, context);
    keep(&mut context.notes.details().loss.lines[seen.from as usize].resent, resent);
    // The ACK had time to arrive before this was sent: it did not.
    let had_time = c.had_time(seen.from, ack_time, segment.time - bounds::ACK_HEARD);
    if met(context.trace, Diagnosis::LossAckLost, "the ACK had time to arrive before", had_time) {
        let finding = c
            .finding(Diagnosis::LossAckLost, segment)
            .about(ack_frame)
            .evidence(Role::Resend, segment.frame)
            .with(Param::Who, Value::Party(seen.from.other().party()))
            .with(Param::Peer, Value::Party(seen.from.party()))
            .with(Param::Waited, Value::Duration(segment.time - ack_time));
        context.store.tell(finding);
    }
}

fn spurious(
    finding: Finding,
    seen: &Seen<'_>,
    resent: &Resent,
    writer: Side,
    how: Term,
    context: &mut Context<'_, impl Tracing>,
) {
    let proof = if how == Term::ReportedByDsack { seen.segment.frame } else { 0 };
    let mut finding = finding
        .proved_by(seen.segment.frame)
        .evidence(Role::Dsack, proof)
        .with(Param::Who, Value::Party(writer.party()))
        .with(Param::Peer, Value::Party(writer.other().party()))
        .with(Param::How, Value::Term(how));
    finding.layer = resent.layer;
    context.store.tell(finding);
}

/// A copy of what was captured. In a capture that doubles packets a second copy is the network's, or the first was when
/// the receiver has got that.
pub(crate) fn copy(
    c: &Connection,
    segment: &Segment<'_>,
    from: Side,
    made_by: MadeBy,
    context: &mut Context<'_, impl Tracing>,
) {
    if segment.len == 0 {
        return;
    }
    let Line { copies, resent, .. } = &mut context.notes.details().loss.lines[from as usize];
    let (seq, end) = (segment.seq, segment.end());
    // What was sent again has copies of its own.
    let sent = resent.iter().rev().find(|resent| resent.seq == seq).map_or(0, |resent| resent.frame);
    let earlier = copies.iter_mut().find(|copy| copy.seq == seq && copy.frame > sent);
    let made_by = if made_by == MadeBy::Capture && earlier.is_some() { MadeBy::Network } else { made_by };
    let reported = earlier.filter(|copy| copy.dsack != 0).map(|copy| *copy);
    keep(copies, Copied { seq, end, frame: segment.frame, layer: segment.layer, made_by, dsack: 0 });
    let twice = "its receiver has reported that it came twice";
    if let Some(copy) = known(context.trace, Diagnosis::LossDuplicateDelivery, twice, reported) {
        copies.retain(|copy| copy.seq != seq);
        delivered_twice(c, from, copy, segment.frame, context);
    }
}
