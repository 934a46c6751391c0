//! What the capture itself does not show, or shows twice.

use crate::bounds;
use crate::catalogue::Diagnosis;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Term};
use crate::connection::endpoint::Facts;
use crate::connection::{Connection, Seen, fold};
use crate::rules::context::Context;
use crate::side::Side;
use crate::wire::segment::Segment;

pub(crate) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    if c.segments == 0 && !segment.flags.syn() && !segment.flags.rst() {
        c.started_late = Some(seen.from);
    }
    if segment.malformed {
        let finding = c.finding(Diagnosis::CaptureMalformed, segment).of(seen.from);
        context.store.tell(finding);
    }
    truncated(c, seen, context);
    offload(c, seen, context);
    if !segment.flags.rst() && !seen.stray {
        dropped(c, seen, context);
    }
}

/// The snap length cut the payload.
fn truncated(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let missing = segment.len as usize - segment.payload.len().min(segment.len as usize);
    if missing == 0 || std::mem::replace(&mut context.notes.details().capture.truncated_told, true) {
        return;
    }
    let finding = c
        .finding(Diagnosis::CaptureTruncated, segment)
        .of(seen.from)
        .with(Param::Bytes, Value::Bytes(missing as u64));
    context.store.tell(finding);
}

/// More than a segment in one packet, or checksums that are not computed yet: the network card does it later.
fn offload(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let mss = u32::from(c.end(seen.from.other()).mss);
    let large = mss > 0 && segment.len > mss;
    let unfinished = segment.checksum == Some(false) && !c.end(seen.from).is(Facts::CHECKSUMS_RIGHT);
    if !(large || unfinished) || std::mem::replace(&mut context.notes.details().capture.offload_told, true) {
        return;
    }
    let finding = c
        .finding(Diagnosis::CaptureOffload, segment)
        .of(seen.from)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::How, Value::Term(if large { Term::OffloadLarge } else { Term::OffloadChecksum }))
        .with(Param::Bytes, Value::Bytes(segment.len.into()))
        .with(Param::Mss, Value::Bytes(mss.into()));
    context.store.tell(finding);
}

/// A frame with an earlier time than one before it.
pub(crate) fn time_backwards(c: &Connection, segment: &Segment<'_>, by: i64, context: &mut Context<'_>) {
    let finding = c.finding(Diagnosis::CaptureTimeBackwards, segment).with(Param::By, Value::Duration(by));
    context.store.tell(finding);
}

/// An acknowledgment of what was not captured.
///
/// The receiver has it, so it was not lost on the way; and where it was lost and sent again, the second copy
/// would have been captured before the acknowledgment.
fn dropped(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let writer = c.end(seen.from.other());
    let acked = c.end(seen.from);
    if !segment.flags.ack() || !writer.seen {
        // Without the SYN-ACK: the client acknowledges what was never seen.
        let without_syn_ack =
            seen.from == Side::Client && c.is_third_ack(segment) && !c.server().last.is_set();
        if without_syn_ack {
            missed(c, seen, 1, context);
        }
        return;
    }
    if acked.acked_any && !segment.ack.after(acked.acked) {
        return;
    }
    let beyond = segment.ack.since(writer.next);
    let beyond = if (0..=bounds::MOST_UNSEEN).contains(&beyond) { beyond as u64 } else { 0 };
    let holes = context.notes.missing_below(seen.from.other(), segment.ack);
    // One direction only: everything is missing, which is told once.
    if beyond + holes > 0 && c.both_seen() {
        missed(c, seen, beyond + holes, context);
    }
}

fn missed(c: &Connection, seen: &Seen<'_>, bytes: u64, context: &mut Context<'_>) {
    let side = seen.from.other();
    let notes = &mut context.notes.details().capture;
    notes.dropped_bytes[side as usize] += bytes;
    let total = notes.dropped_bytes[side as usize];
    if let told @ Some(_) = notes.dropped[side as usize] {
        context.store.amend(told, |finding| finding.set(Param::Bytes, Value::Bytes(total)));
        return;
    }
    let finding = c
        .finding(Diagnosis::CaptureDroppedPackets, seen.segment)
        .of(side)
        .with(Param::Who, Value::Party(side.party()))
        .with(Param::Peer, Value::Party(seen.from.party()))
        .with(Param::Bytes, Value::Bytes(total));
    let told = context.store.tell(finding);
    context.notes.details().capture.dropped[side as usize] = told;
}

/// The same packet again. When one in three of a side's packets comes twice, it is the capture that
/// doubles them; a network that makes copies does so now and then. Returns which of them it was.
pub(crate) fn copy(
    c: &Connection,
    segment: &Segment<'_>,
    from: Side,
    ttl: u8,
    context: &mut Context<'_>,
) -> bool {
    let sender = c.end(from);
    let hop = segment.ip.is_some_and(|ip| ip.ttl != ttl);
    if fold(segment.link) != c.link || hop {
        if !std::mem::replace(&mut context.notes.details().capture.copies_told, true) {
            let how = if fold(segment.link) == c.link { Term::CopiesByTtl } else { Term::CopiesByLink };
            let finding =
                c.finding(Diagnosis::CaptureCopies, segment).of(from).with(Param::How, Value::Term(how));
            context.store.tell(finding);
        }
        return true;
    }
    let doubles = (sender.copies + 1) * bounds::DOUBLED > sender.packets;
    if doubles {
        let finding = c.finding(Diagnosis::CaptureDuplicate, segment).of(from);
        context.store.tell(finding);
    }
    doubles
}

/// Only one side is in the capture.
pub(crate) fn pending(c: &Connection, out: &mut Vec<Finding>) {
    let [client, server] = &c.ends;
    let (present, absent) = match (client.last.is_set(), server.last.is_set()) {
        (true, false) => (client, Side::Server),
        (false, true) => (server, Side::Client),
        _ => return,
    };
    // It speaks as to somebody who answers: it acknowledges, and goes on.
    let answered = present.acked_any && present.originals() >= bounds::SPEAKS;
    let advanced = present.bytes() > 0
        || present.fin.is_set()
        || c.handshake.third_ack.is_set()
        || !present.has_isn
        || present.originals() >= bounds::SPEAKS_ON;
    if answered && advanced && !c.is_reset() {
        out.push(
            c.finding_at(Diagnosis::CaptureOneDirection, c.first.frame)
                .proved_by(c.last().frame)
                .of(absent)
                .with(Param::Peer, Value::Party(absent.party()))
                .with(Param::Who, Value::Party(absent.other().party())),
        );
    }
}
