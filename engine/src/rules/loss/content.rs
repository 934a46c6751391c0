//! Segments that cannot be right, or must be dropped.

use crate::bounds;
use crate::catalogue::Diagnosis;
use crate::catalogue::findings::Value;
use crate::catalogue::terms::{Param, Role};
use crate::connection::endpoint::Facts;
use crate::connection::{Connection, Seen};
use crate::rules::context::Context;
use crate::rules::loss::lines::{Resent, keep, resent};

/// A wrong checksum, though not from offload: told when it is sent again, which `true` says.
pub(super) fn corrupted(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) -> bool {
    let segment = seen.segment;
    if c.is_corrupted(segment, seen.from) {
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
    let Some(at) = list.iter().position(again) else { return false };
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

/// Whether its receiver can take it.
pub(super) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    conflicting(c, seen, context);
    stale(c, seen, context);
    out_of_window(c, seen, context);
    impossible_ack(c, seen, context);
    karn(c, seen, context);
}

/// The same bytes again, and they differ.
fn conflicting(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let Some(sent) = seen.resends else { return };
    let same_range = sent.seq == segment.seq && sent.seq_len == segment.seq_len() && segment.len > 1;
    let known = sent.payload_sum != 0 && segment.payload_sum != 0;
    if !same_range || !known || sent.payload_sum == segment.payload_sum {
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

/// How many ticks its timestamp is behind the newest of its sender, when that is so many that it is an old duplicate.
pub(super) fn staleness(c: &Connection, seen: &Seen<'_>) -> Option<u32> {
    let newest = c.end(seen.from).tsval()?;
    let behind = newest.wrapping_sub(seen.segment.options.timestamps?.0);
    (!seen.segment.flags.syn() && behind as i32 > bounds::STALE_TICKS).then_some(behind)
}

/// A timestamp far behind the newest: PAWS must drop it (RFC 7323, 5).
fn stale(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let Some(behind) = staleness(c, seen) else { return };
    let finding = c
        .finding(Diagnosis::LossStaleTimestamp, segment)
        .of(seen.from)
        .evidence(Role::Newest, c.end(seen.from).last.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Behind, Value::Count(behind.into()));
    context.store.tell(finding);
}

/// Beyond the window that the receiver has offered.
fn out_of_window(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let peer = c.end(seen.from.other());
    let Some(window) = c.scaled(seen.from.other(), peer.window) else { return };
    // In the handshake the window is not scaled yet, and has not been used.
    let beyond = segment.seq.since(peer.acked + window);
    if segment.len == 0
        || !peer.acked_any
        || peer.originals() < 2
        || beyond < 0
        || (beyond == 0 && segment.len <= 1)
    {
        return;
    }
    // What was captured of the receiver's updates may be late by a round trip.
    if c.half(seen.from.other()) == 0 || peer.is(Facts::GAP) || beyond as u32 <= window {
        return;
    }
    let finding = c
        .finding(Diagnosis::LossOutOfWindow, segment)
        .of(seen.from)
        .evidence(Role::Window, peer.last.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Beyond, Value::Bytes(beyond as u64));
    context.store.tell(finding);
}

/// An acknowledgment further ahead than any loss of the capture explains.
fn impossible_ack(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let writer = c.end(seen.from.other());
    let ahead = segment.ack.since(writer.next);
    if !segment.flags.ack() || !writer.seen || segment.flags.syn() || ahead <= bounds::MOST_UNSEEN {
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
fn karn(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let acker = c.end(seen.from);
    let advances = segment.flags.ack() && acker.acked_any && segment.ack.after(acker.acked);
    if !advances || segment.options.timestamps.is_some() || context.notes.details.is_none() {
        return;
    }
    let writer = c.end(seen.from.other());
    let resent = writer.flight.iter(context.pool).find(|s| s.repeats > 0 && segment.ack.reaches(s.end()));
    let Some(sent) = resent.copied() else { return };
    let finding = c
        .finding(Diagnosis::LossKarn, segment)
        .of(seen.from)
        .evidence(Role::Original, sent.first_frame)
        .evidence(Role::Resend, sent.frame);
    context.store.tell(finding);
}
