//! What the capture itself does not show, or shows twice.

use super::Context;
use crate::catalogue::Diagnosis;
use crate::connection::{Connection, From, Seen};
use crate::endpoint::Endpoint;
use crate::findings::{Finding, Told, Value};
use crate::segment::Segment;

/// What this tracker keeps.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// That packets of each side are missing.
    dropped: [Option<Told>; 2],
    /// Bytes of each side that are missing.
    dropped_bytes: [u64; 2],
}

pub(crate) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let opens = segment.flags.syn() || segment.flags.rst();
    if c.segments == 0 && !opens {
        let finding = Finding::new(Diagnosis::CaptureStartedLate, c, segment).of(seen.from);
        context.store.tell(c, finding);
    }
    if !segment.flags.rst() && !seen.stray {
        dropped(c, seen, context);
    }
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
/// doubles them; a network that makes copies does so now and then.
pub(crate) fn copy(c: &mut Connection, segment: &Segment<'_>, from: From, context: &mut Context<'_>) {
    let sender = c.end(from);
    if (sender.copies + 1) * 3 >= sender.packets + 1 {
        let finding = Finding::new(Diagnosis::CaptureDuplicate, c, segment).of(from);
        context.store.tell(c, finding);
    }
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
    let answered = present.acked_any && (present.packets - present.copies) >= 2;
    let advanced = present.bytes > 0
        || present.fin.is_set()
        || c.handshake.third_ack.is_set()
        || !present.has_isn
        || present.packets > 3;
    if answered && advanced && present.rsts == 0 {
        out.push(
            Finding::at(Diagnosis::CaptureOneDirection, c, c.first.frame)
                .proved_by(c.last.frame)
                .of(absent)
                .with("peer", Value::Side(absent.side()))
                .with("who", Value::Side(absent.other().side())),
        );
    }
}
