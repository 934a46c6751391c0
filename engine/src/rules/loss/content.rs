//! Segments that cannot be right, or must be dropped.

use crate::bounds;
use crate::catalogue::Diagnosis;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role};
use crate::connection::{Connection, Seen};
use crate::proof::claims::Kind;
use crate::proof::receiver::{self, Receipt, Refusal};
use crate::proof::trace::{Tracing, Untraced, known, met, needs};
use crate::rules::context::Context;
use crate::rules::loss::lines;
use crate::rules::loss::lines::{Resent, keep, resent};
use crate::wire::seq::Seq;

/// A wrong checksum, though not from offload: told when it is sent again, which `true` says.
pub(super) fn corrupted(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) -> bool {
    let segment = seen.segment;
    let wrong = c.is_corrupted(segment, seen.from);
    if met(
        context.trace,
        Diagnosis::LossCorrupted,
        "its checksum is wrong; told once it is sent again",
        wrong,
    ) {
        let bad = resent(segment);
        keep(&mut context.notes.details().loss.lines[seen.from as usize].corrupted, bad);
        return false;
    }
    if segment.len == 0 || seen.stray {
        return false;
    }
    let Some(details) = &mut context.notes.details else { return false };
    let list = &mut details.loss.lines[seen.from as usize].corrupted;
    let again = |bad: &Resent| bad.seq.before(segment.end()) && bad.end.after(segment.seq);
    let again = list.iter().position(again);
    let damaged = "a damaged copy of it was seen";
    let Some(at) = known(context.trace, Diagnosis::LossCorrupted, damaged, again) else { return false };
    let bad = list.remove(at);
    let mut finding = c
        .finding_at(Diagnosis::LossCorrupted, bad.frame)
        .proved_by(segment.frame)
        .evidence(Role::Resend, segment.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Bytes, Value::Bytes(u64::from(bad.end.since(bad.seq).unsigned_abs())));
    finding.layer = bad.layer;
    context.store.tell(finding);
    true
}

/// What its numbers and bytes say.
pub(super) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    conflicting(c, seen, context);
    impossible_ack(c, seen, context);
    karn(c, seen, context);
}

/// The same bytes again, and they differ.
fn conflicting(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let again = "it repeats what is in flight";
    let Some(sent) = known(context.trace, Diagnosis::LossConflictingData, again, seen.resends) else {
        return;
    };
    let same_range = sent.seq == segment.seq && sent.seq_len == segment.seq_len() && segment.len > 1;
    let both_known = sent.payload_sum != 0 && segment.payload_sum != 0;
    if !needs!(context.trace, Diagnosis::LossConflictingData;
        "it is the same range, of more than a byte" => same_range,
        "the bytes of both were captured" => both_known,
        "they differ" => sent.payload_sum != segment.payload_sum,
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::LossConflictingData, segment)
        .of(seen.from)
        .evidence(Role::Original, sent.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Bytes, Value::Bytes(segment.len.into()));
    context.store.tell(finding);
}

/// What its receiver refuses is told, and has no effect from here on.
pub(crate) fn refusal(c: &mut Connection, seen: &mut Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    if seen.stray {
        return;
    }
    let Receipt::Refused(why) = receiver::receipt(c, seen, Untraced) else { return };
    let details = context.notes.details.as_ref();
    let before = details.map(|details| details.loss.lines[seen.from as usize].refused).unwrap_or_default();
    let strict = "its receiver has not taken before what it was to refuse";
    if !met(context.trace, "loss.refusal", strict, !before.takes_all) {
        return;
    }
    let frame = seen.segment.frame;
    let claim = before.claim.or_else(|| context.store.claim(Kind::Refused, frame));
    if why == Refusal::Open {
        seen.refused = true;
        return;
    }
    let stale_one = why == Refusal::OldTimestamp;
    met(context.trace, Diagnosis::LossStaleTimestamp, "its receiver refuses it for its timestamp", stale_one);
    met(context.trace, Diagnosis::LossOutOfWindow, "its receiver refuses it for its number", !stale_one);
    let finding = if stale_one { stale(c, seen) } else { out_of_window(c, seen) };
    if let Some(finding) = finding {
        context.store.under(claim, |store| store.tell(finding));
    }
    let end = before.end.filter(|end| !seen.segment.end().after(*end)).unwrap_or(seen.segment.end());
    context.notes.details().loss.lines[seen.from as usize].refused =
        lines::Refused { claim, end: Some(end), takes_all: false };
    seen.refused = true;
}

/// The receiver acknowledges what it was to refuse: it is not as strict as the capture makes it seem. Returns whether it does.
pub(crate) fn taken_after_all(
    c: &mut Connection,
    seen: &Seen<'_>,
    context: &mut Context<'_, impl Tracing>,
) -> bool {
    let writer = seen.from.other();
    let Some(details) = context.notes.details.as_mut().filter(|_| !seen.stray) else { return false };
    let refused = &mut details.loss.lines[writer as usize].refused;
    let acknowledged = |end: Seq| {
        let next = c.end(writer).next;
        seen.segment.flags.ack()
            && end.after(next)
            && seen.segment.ack.after(next)
            && end.reaches(seen.segment.ack)
    };
    let end = refused.end.filter(|end| acknowledged(*end));
    let taken = "it acknowledges what it was to refuse";
    let Some(end) = known(context.trace, "loss.refusal", taken, end) else { return false };
    let claim = refused.claim.take();
    *refused = lines::Refused { takes_all: true, ..lines::Refused::default() };
    context.store.refute(claim);
    c.took_after_all(writer, end);
    true
}

/// A timestamp far behind the newest: PAWS must drop it (RFC 7323, 5).
fn stale(c: &Connection, seen: &Seen<'_>) -> Option<Finding> {
    let behind = receiver::staleness(c, seen.from, seen.segment)?;
    let finding = c
        .finding(Diagnosis::LossStaleTimestamp, seen.segment)
        .of(seen.from)
        .evidence(Role::Newest, c.end(seen.from).last.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Behind, Value::Count(behind.into()));
    Some(finding)
}

/// Beyond the window that the receiver has offered.
fn out_of_window(c: &Connection, seen: &Seen<'_>) -> Option<Finding> {
    let beyond = receiver::beyond_window(c, seen.from, seen.segment)?;
    let finding = c
        .finding(Diagnosis::LossOutOfWindow, seen.segment)
        .of(seen.from)
        .evidence(Role::Window, c.end(seen.from.other()).last.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Beyond, Value::Bytes(beyond.bytes.into()));
    Some(finding)
}

/// An acknowledgment further ahead than any loss of the capture explains.
fn impossible_ack(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let writer = c.end(seen.from.other());
    let ahead = segment.ack.since(writer.next);
    if !needs!(context.trace, Diagnosis::LossImpossibleAck;
        "it has ACK" => segment.flags.ack(),
        "the other side was seen" => writer.seen,
        "it is no SYN" => !segment.flags.syn(),
        "it acknowledges more than a capture can lack" => ahead > bounds::MOST_UNSEEN,
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::LossImpossibleAck, segment)
        .of(seen.from)
        .evidence(Role::Newest, writer.last.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Bytes, Value::Bytes(ahead as u64));
    context.store.tell(finding);
}

/// An acknowledgment that could be for either copy (RFC 6298, 3): without timestamps it gives no round-trip time.
fn karn(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let acker = c.end(seen.from);
    let advances = segment.flags.ack() && acker.acked_any && segment.ack.after(acker.acked);
    if !needs!(context.trace, Diagnosis::LossKarn;
        "it acknowledges something new" => advances,
        "it has no timestamp" => segment.options.timestamps.is_none(),
        "there was something to note of the connection" => context.notes.details.is_some(),
    ) {
        return;
    }
    let writer = c.end(seen.from.other());
    let resent = writer.flight.iter(context.pool).find(|s| s.repeats > 0 && segment.ack.reaches(s.end()));
    let again = "it acknowledges what was sent more than once";
    let Some(sent) = known(context.trace, Diagnosis::LossKarn, again, resent.copied()) else { return };
    let finding = c
        .finding(Diagnosis::LossKarn, segment)
        .of(seen.from)
        .evidence(Role::Original, sent.first_frame)
        .evidence(Role::Resend, sent.frame);
    context.store.tell(finding);
}
