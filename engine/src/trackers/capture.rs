//! What the capture itself does not show, or shows twice.

use super::Context;
use crate::catalogue::Diagnosis;
use crate::connection::{Connection, From, Seen, fold};
use crate::endpoint::{Endpoint, Facts};
use crate::findings::{Finding, Told, Value};
use crate::segment::Segment;

/// What this tracker keeps.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// That packets of each side are missing.
    dropped: [Option<Told>; 2],
    /// Bytes of each side that are missing.
    dropped_bytes: [u64; 2],
    copies_told: bool,
    truncated_told: bool,
    offload_told: bool,
}

pub(crate) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    if c.segments == 0 && !segment.flags.syn() && !segment.flags.rst() {
        c.started_late = Some(seen.from);
    }
    if segment.malformed {
        let finding = Finding::new(Diagnosis::CaptureMalformed, c, segment).of(seen.from);
        context.store.tell(c, finding);
    }
    truncated(c, seen, context);
    offload(c, seen, context);
    if !segment.flags.rst() && !seen.stray {
        dropped(c, seen, context);
    }
}

/// The snap length cut the payload.
fn truncated(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let missing = segment.len as usize - segment.payload.len().min(segment.len as usize);
    if missing == 0 || std::mem::replace(&mut c.details().capture.truncated_told, true) {
        return;
    }
    let finding = Finding::new(Diagnosis::CaptureTruncated, c, segment)
        .of(seen.from)
        .with("bytes", Value::Bytes(missing as u64));
    context.store.tell(c, finding);
}

/// More than a segment in one packet, or checksums that are not computed yet: the network card does it later.
fn offload(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let mss = u32::from(c.end(seen.from.other()).mss);
    let large = mss > 0 && segment.len > mss;
    let unfinished = segment.checksum == Some(false) && !c.end(seen.from).is(Facts::CHECKSUMS_RIGHT);
    if !(large || unfinished) || std::mem::replace(&mut c.details().capture.offload_told, true) {
        return;
    }
    let finding = Finding::new(Diagnosis::CaptureOffload, c, segment)
        .of(seen.from)
        .with("who", Value::Side(seen.from.side()))
        .with("how", Value::Term(if large { "offload_large" } else { "offload_checksum" }))
        .with("bytes", Value::Bytes(segment.len.into()))
        .with("mss", Value::Bytes(mss.into()));
    context.store.tell(c, finding);
}

/// A frame with an earlier time than one before it.
pub(crate) fn time_backwards(c: &mut Connection, segment: &Segment<'_>, by: i64, context: &mut Context<'_>) {
    let finding = Finding::new(Diagnosis::CaptureTimeBackwards, c, segment).with("by", Value::Duration(by));
    context.store.tell(c, finding);
}

/// An acknowledgment of what was not captured.
///
/// The receiver has it, so it was not lost on the way; and where it was lost and sent again, the second copy
/// would have been captured before the acknowledgment.
fn dropped(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let writer = c.end(seen.from.other());
    let acked = c.end(seen.from);
    if !segment.flags.ack() || !writer.seen {
        // Without the SYN-ACK: the client acknowledges what was never seen.
        let without_syn_ack =
            seen.from == From::Client && c.is_third_ack(segment) && !c.server().last.is_set();
        if without_syn_ack {
            missed(c, seen, 1, context);
        }
        return;
    }
    if acked.acked_any && !segment.ack.after(acked.acked) {
        return;
    }
    let beyond = segment.ack.since(writer.next);
    let beyond = if (0..=Endpoint::MOST_UNSEEN).contains(&beyond) { beyond as u64 } else { 0 };
    let holes = super::loss::missing_below(c, seen.from.other(), segment.ack);
    // One direction only: everything is missing, which is told once.
    if beyond + holes > 0 && c.both_seen() {
        missed(c, seen, beyond + holes, context);
    }
}

fn missed(c: &mut Connection, seen: &Seen<'_>, bytes: u64, context: &mut Context<'_>) {
    let side = seen.from.other();
    let notes = &mut c.details().capture;
    notes.dropped_bytes[side as usize] += bytes;
    let total = notes.dropped_bytes[side as usize];
    if let told @ Some(_) = notes.dropped[side as usize] {
        context.store.amend(told, |finding| finding.set("bytes", Value::Bytes(total)));
        return;
    }
    let finding = Finding::new(Diagnosis::CaptureDroppedPackets, c, seen.segment)
        .of(side)
        .with("who", Value::Side(side.side()))
        .with("peer", Value::Side(seen.from.side()))
        .with("bytes", Value::Bytes(total));
    let told = context.store.tell(c, finding);
    c.details().capture.dropped[side as usize] = told;
}

/// The same packet again. When one in three of a side's packets comes twice, it is the capture that
/// doubles them; a network that makes copies does so now and then. Returns which of them it was.
pub(crate) fn copy(
    c: &mut Connection,
    segment: &Segment<'_>,
    from: From,
    ttl: u8,
    context: &mut Context<'_>,
) -> bool {
    let sender = c.end(from);
    let hop = segment.ip.is_some_and(|ip| ip.ttl != ttl);
    if fold(segment.link) != c.link || hop {
        if !std::mem::replace(&mut c.details().capture.copies_told, true) {
            let how = if fold(segment.link) == c.link { "copies_by_ttl" } else { "copies_by_link" };
            let finding =
                Finding::new(Diagnosis::CaptureCopies, c, segment).of(from).with("how", Value::Term(how));
            context.store.tell(c, finding);
        }
        return true;
    }
    let doubles = (sender.copies + 1) * 3 > sender.packets;
    if doubles {
        let finding = Finding::new(Diagnosis::CaptureDuplicate, c, segment).of(from);
        context.store.tell(c, finding);
    }
    doubles
}

/// Only one side is in the capture.
pub(crate) fn pending(c: &Connection, _now: i64, out: &mut Vec<Finding>) {
    let [client, server] = &c.ends;
    let (present, absent) = match (client.last.is_set(), server.last.is_set()) {
        (true, false) => (client, From::Server),
        (false, true) => (server, From::Client),
        _ => return,
    };
    // It speaks as to somebody who answers: it acknowledges, and goes on.
    let answered = present.acked_any && present.originals() >= 2;
    let advanced = present.bytes() > 0
        || present.fin.is_set()
        || c.handshake.third_ack.is_set()
        || !present.has_isn
        || present.originals() > 3;
    if answered && advanced && !c.is_reset() {
        out.push(
            Finding::at(Diagnosis::CaptureOneDirection, c, c.first.frame)
                .proved_by(c.last().frame)
                .of(absent)
                .with("peer", Value::Side(absent.side()))
                .with("who", Value::Side(absent.other().side())),
        );
    }
}
