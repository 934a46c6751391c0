//! Segments that cannot be right, or must be dropped.

use crate::bounds;
use crate::catalogue::Diagnosis;
use crate::catalogue::findings::{Finding, Told, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::connection::flight::Sent;
use crate::connection::{Connection, Seen};
use crate::proof::claims::Kind;
use crate::proof::receiver::{self, Receipt, Refusal};
use crate::proof::trace::{Tracing, Untraced, known, met, needs};
use crate::rules::context::Context;
use crate::rules::loss::lines::{Resent, keep, resent};
use crate::rules::loss::{gap, lines};
use crate::rules::notes::Notes;
use crate::side::Side;
use crate::state::Vantage;
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
    let again = |bad: &mut Resent| bad.seq.before(segment.end()) && bad.end.after(segment.seq);
    let damaged: Vec<Resent> = list.extract_if(.., again).collect();
    let any =
        met(context.trace, Diagnosis::LossCorrupted, "a damaged copy of it was seen", !damaged.is_empty());
    for bad in damaged {
        let bytes = bad.end.since(bad.seq).unsigned_abs();
        damaged_then_again(c, seen, (bad.frame, bad.layer), bytes, None, context);
    }
    any
}

/// That frame held so many bytes of a damaged segment, and this one sends them again. `what`: how it was damaged.
fn damaged_then_again(
    c: &Connection,
    seen: &Seen<'_>,
    (frame, layer): (u32, u8),
    bytes: u32,
    what: Option<Term>,
    context: &mut Context<'_, impl Tracing>,
) {
    let mut finding = c
        .finding_at(Diagnosis::LossCorrupted, frame)
        .layer(layer)
        .proved_by(seen.segment.frame)
        .evidence(Role::Resend, seen.segment.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Bytes, Value::Bytes(bytes.into()));
    if let Some(what) = what {
        finding.set(Param::What, Value::Term(what));
    }
    context.store.tell(finding);
}

/// What is sent again came by beside its receiver with an unfinished checksum, and was not merged there: nobody finishes
/// it, and the receiver drops it. Between the hosts of one machine nobody has to, and the receiver takes it.
pub(super) fn never_finished(
    c: &Connection,
    seen: &Seen<'_>,
    sent: &Sent,
    context: &mut Context<'_, impl Tracing>,
) {
    if needs!(context.trace, Diagnosis::LossCorrupted;
        "the checksum of the copy before it was unfinished" => sent.unfinished,
        "that was a single segment" => !c.is_merged(seen.from, sent.seq_len),
        "it was captured beside its receiver" => c.vantage() == Vantage::beside(seen.from.other()),
        "which has not acknowledged it for longer than ACKs are delayed"
            => seen.segment.time - sent.time >= bounds::DELAYED_MOST,
    ) {
        let copy = (sent.frame, seen.segment.layer);
        damaged_then_again(c, seen, copy, sent.seq_len, Some(Term::ChecksumUnfinished), context);
    }
}

/// What came with a wrong checksum is acknowledged, and was not sent again: it was not damaged. Where the capture lacks
/// something, that may be the resend.
pub(crate) fn taken_all_the_same(
    c: &mut Connection,
    seen: &Seen<'_>,
    context: &mut Context<'_, impl Tracing>,
) {
    let writer = seen.from.other();
    let Some(details) = &mut context.notes.details else { return };
    let line = &mut details.loss.lines[writer as usize];
    if !seen.segment.flags.ack() || seen.segment.flags.rst() || seen.stray {
        return;
    }
    let before = c.end(seen.from).last_ack();
    let covered = |bad: &mut Resent| {
        seen.segment.ack.reaches(bad.end) && !before.is_some_and(|acked| acked.reaches(bad.end))
    };
    let taken: Vec<Resent> = line.corrupted.extract_if(.., covered).collect();
    let acknowledged = "what came with a wrong checksum is acknowledged, and was not sent again";
    if !met(context.trace, "loss.refusal", acknowledged, !taken.is_empty()) {
        return;
    }
    let mut holes = line.holes.clone();
    for bad in &taken {
        while gap::fill_with(&mut holes, bad.seq, bad.end).is_some() {}
    }
    let ack = seen.segment.ack;
    let captured = taken.iter().map(|bad| bad.end).chain([c.end(writer).next]).any(|end| !ack.after(end));
    let lacking = holes.iter().any(|hole| hole.seq.before(ack));
    if met(
        context.trace,
        "loss.refusal",
        "the capture lacks nothing that it acknowledges",
        captured && !lacking,
    ) {
        line.holes = holes;
        for bad in taken {
            c.took_wrong_checksum(writer, bad.end);
        }
    }
}

/// What its numbers and bytes say.
pub(super) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    conflicting(c, seen, context);
    impossible_ack(c, seen, context);
    if let [Some(block), ..] = seen.segment.options.sack {
        sack_invalid(c, seen, block, context);
    }
    karn(c, seen, context);
}

/// The same bytes again, and they differ.
fn conflicting(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let same_range = |sent: &&Sent| (sent.seq, sent.seq_len) == (segment.seq, segment.seq_len());
    let flight = &c.end(seen.from).flight;
    let again = "it repeats what is in flight, in the same range";
    let sent = seen.resends.and_then(|_| flight.iter(context.pool).find(same_range).copied());
    let Some(sent) = known(context.trace, Diagnosis::LossConflictingData, again, sent) else { return };
    if !needs!(context.trace, Diagnosis::LossConflictingData;
        "that is more than a byte" => segment.len > 1,
        "the bytes of both were captured" => sent.payload_sum != 0 && segment.payload_sum != 0,
        "they differ" => sent.payload_sum != segment.payload_sum,
    ) {
        return;
    }
    // Who alters or forges a packet does it once; a program that sends one and the same packet with other bytes, again and
    // again, has no TCP.
    let same_packet = segment.ip_id().is_some_and(|id| id == c.end(seen.from).ip_id)
        && segment.time - sent.time >= bounds::COPY_WITHIN;
    let conflicting = &mut context.notes.details().loss.lines[seen.from as usize].conflicting;
    if conflicting.once_more(&mut context.store)
        || !met(
            context.trace,
            Diagnosis::LossConflictingData,
            "its IP ID is not that of the packet before",
            !same_packet,
        )
    {
        return;
    }
    let finding = c
        .finding(Diagnosis::LossConflictingData, segment)
        .of(seen.from)
        .evidence(Role::Original, sent.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Bytes, Value::Bytes(segment.len.into()));
    let told = context.store.tell(finding);
    context.notes.details().loss.lines[seen.from as usize].conflicting.told = told;
}

/// That side has sent other bytes again than before: a program writes its packets by itself, or two hosts do, and no timer
/// of a host tells when.
pub(super) fn has_conflicted(from: Side, notes: &Notes) -> bool {
    notes.details.as_ref().is_some_and(|details| details.loss.lines[from as usize].conflicting.count > 0)
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
    if matches!(why, Refusal::Open | Refusal::WrongAck) {
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

/// The receiver acknowledges what it was to refuse: it is not as strict as the capture makes it seem. Returns whether it
/// does.
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
        seen.segment.flags.ack() && seen.segment.ack.after(next) && end.reaches(seen.segment.ack)
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
    // Behind a FIN there is nothing that the capture could lack, unless somebody else sent that.
    let ends = writer.fin.is_set() && writer.said.frame < writer.fin.frame;
    let most = if ends { 0 } else { bounds::MOST_UNSEEN };
    let line = seen.from.other() as usize;
    if !needs!(context.trace, Diagnosis::LossImpossibleAck;
        "it has ACK" => segment.flags.ack(),
        "the other side was seen" => writer.seen,
        "it is no SYN" => !segment.flags.syn(),
        "it acknowledges more than a capture can lack" => ahead > most,
        "that number was not told before" => context.notes.details.as_ref().is_none_or(|details| {
            details.loss.lines[line].impossible_ack.is_none_or(|(_, ack)| ack != segment.ack)
        }),
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::LossImpossibleAck, segment)
        .of(seen.from)
        .evidence(Role::Newest, writer.last.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Bytes, Value::Bytes(ahead as u64));
    let told = context.store.tell(finding);
    context.notes.details().loss.lines[line].impossible_ack = told.map(|told| (told, segment.ack));
}

/// Its sender goes on from where too much seemed to be acknowledged: both sides agree, and the capture lacks the rest.
/// Returns whether it does.
pub(crate) fn got_that_far(
    c: &mut Connection,
    seen: &Seen<'_>,
    context: &mut Context<'_, impl Tracing>,
) -> bool {
    let Some(details) = context.notes.details.as_mut().filter(|_| !seen.stray) else { return false };
    let told = &mut details.loss.lines[seen.from as usize].impossible_ack;
    let near = |(_, acked): &mut (Told, Seq)| (0..=bounds::FAR).contains(&seen.segment.seq.since(*acked));
    let goes_on = "it goes on from where more seemed to be acknowledged than was sent";
    let Some((told, acked)) = known(context.trace, Diagnosis::LossImpossibleAck, goes_on, told.take_if(near))
    else {
        return false;
    };
    context.store.withdraw(Some(told));
    c.took_after_all(seen.from, acked);
    c.acknowledged_after_all(seen.from.other(), acked);
    true
}

/// A SACK block outside of all that the other side has sent, which can use none of it.
fn sack_invalid(c: &Connection, seen: &Seen<'_>, block: (Seq, Seq), context: &mut Context<'_, impl Tracing>) {
    let writer = c.end(seen.from.other());
    // Its receiver reports nothing that its window does not allow.
    let window = c.scaled(seen.from, seen.segment.window).unwrap_or(0);
    let furthest = (bounds::FAR.unsigned_abs()).max(window);
    let off = writer.outside(block).filter(|off| *off > furthest);
    let outside = "its first SACK block is far outside of all that the other side has sent";
    let Some(off) = known(context.trace, Diagnosis::LossSackInvalid, outside, off) else { return };
    if !needs!(context.trace, Diagnosis::LossSackInvalid;
        "the opening was captured" => c.syn().is_set() && writer.has_isn,
        "the capture lacks nothing of the other side" => writer.is_whole(),
    ) {
        return;
    }
    let sack_invalid = &mut context.notes.details().loss.lines[seen.from.other() as usize].sack_invalid;
    if sack_invalid.once_more(&mut context.store) {
        return;
    }
    let finding = c
        .finding(Diagnosis::LossSackInvalid, seen.segment)
        .of(seen.from)
        .evidence(Role::Newest, writer.last.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Peer, Value::Party(seen.from.other().party()))
        .with(Param::Bytes, Value::Bytes(off.into()))
        .with(Param::Count, Value::Count(1));
    let told = context.store.tell(finding);
    context.notes.details().loss.lines[seen.from.other() as usize].sack_invalid.told = told;
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
