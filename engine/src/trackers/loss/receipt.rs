//! What the receiver says: needless resends, duplicates, lost acknowledgments.

use super::{Context, Copied, Resent};
use crate::catalogue::{Diagnosis, Severity};
use crate::connection::{Connection, From, Seen};
use crate::findings::{Finding, Value};
use crate::seq::Seq;
use crate::trackers::path;

/// An acknowledgment of the other side's data.
pub(super) fn acknowledgment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    if !segment.flags.ack() || segment.flags.rst() || c.details.is_none() {
        return;
    }
    let writer = seen.from.other();
    if let Some((left, right)) = segment.duplicate_sack() {
        reported_twice(c, seen, writer, left, right, context);
    }
    let heard = c.end(seen.from).acked_any && segment.ack.after(c.end(seen.from).acked);
    let Some(details) = &mut c.details else { return };
    let line = &mut details.loss.lines[writer as usize];
    line.holes.retain(|hole| hole.end.after(segment.ack));
    let row = line.timeouts;
    if row.count > 0 {
        line.timeouts = super::Timeouts::default();
        path::heard_again(c, seen, row, heard, context);
    }
}

/// The receiver reports that it got something twice: a resend was needless, or the network made a copy.
fn reported_twice(
    c: &mut Connection,
    seen: &Seen<'_>,
    writer: From,
    left: Seq,
    right: Seq,
    context: &mut Context<'_>,
) {
    let covers = |r: &Resent| r.seq.before(right) && r.end.after(left);
    let copied = |c: &Copied| c.seq.before(right) && c.end.after(left);
    let line = &mut c.details().loss.lines[writer as usize];
    if let Some(resent) = line.resent.iter_mut().rev().find(|r| covers(r)) {
        let first = !std::mem::replace(&mut resent.needless, true);
        let mut resent = resent.clone();
        context.store.withdraw(&mut resent.told);
        // Nothing was lost: it was overtaken so far that its receiver complained.
        context.store.amend(resent.asked, |finding| finding.severity = Severity::Note);
        if first {
            let finding = Finding::at(Diagnosis::LossSpurious, c, resent.frame);
            spurious(c, finding, seen, &resent, writer, "reported_by_dsack", context);
        }
    } else if let Some(at) = line.copies.iter().position(|c| !c.of_capture && copied(c)) {
        let dsack = seen.segment.frame;
        let copy = Copied { dsack, ..line.copies.remove(at) };
        delivered_twice(c, writer, copy, dsack, context);
    } else if let Some(copy) = line.copies.iter_mut().find(|c| copied(c)) {
        copy.dsack = seen.segment.frame;
    }
}

/// The network made that copy: its receiver says so.
pub(super) fn delivered_twice(
    c: &mut Connection,
    writer: From,
    copy: Copied,
    proof: u32,
    context: &mut Context<'_>,
) {
    let mut finding = Finding::at(Diagnosis::LossDuplicateDelivery, c, copy.frame)
        .proved_by(proof)
        .evidence("dsack", copy.dsack)
        .with("who", Value::Side(writer.side()))
        .with("peer", Value::Side(writer.other().side()));
    finding.layer = copy.layer;
    context.store.tell(c, finding);
}

/// Data again that the other side has acknowledged already.
pub(super) fn needless(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let peer = c.end(seen.from.other());
    let (ack_frame, ack_time) = (peer.acked_at.frame, peer.acked_at.time);
    let resent = Resent {
        seq: segment.seq,
        end: segment.end(),
        frame: segment.frame,
        layer: segment.layer,
        told: None,
        asked: None,
        needless: true,
    };
    let finding = Finding::at(Diagnosis::LossSpurious, c, segment.frame).evidence("ack", ack_frame);
    spurious(c, finding, seen, &resent, seen.from, "acked_before", context);
    super::keep(&mut c.details().loss.lines[seen.from as usize].resent, resent);
    // The ACK had time to arrive before this was sent: it did not.
    if segment.time - ack_time > c.half(seen.from) + 1_000_000 {
        let finding = Finding::new(Diagnosis::LossAckLost, c, segment)
            .about(ack_frame)
            .evidence("resend", segment.frame)
            .with("who", Value::Side(seen.from.other().side()))
            .with("peer", Value::Side(seen.from.side()))
            .with("waited", Value::Duration(segment.time - ack_time));
        context.store.tell(c, finding);
    }
}

fn spurious(
    c: &mut Connection,
    finding: Finding,
    seen: &Seen<'_>,
    resent: &Resent,
    writer: From,
    how: &'static str,
    context: &mut Context<'_>,
) {
    let proof = if how == "reported_by_dsack" { seen.segment.frame } else { 0 };
    let mut finding = finding
        .proved_by(seen.segment.frame)
        .evidence("dsack", proof)
        .with("who", Value::Side(writer.side()))
        .with("peer", Value::Side(writer.other().side()))
        .with("how", Value::Term(how));
    finding.layer = resent.layer;
    context.store.tell(c, finding);
}
