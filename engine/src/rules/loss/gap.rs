//! Gaps in the sequence numbers: lost before the capture point, overtaken, or not captured.

use crate::bounds;
use crate::catalogue::findings::Value;
use crate::catalogue::terms::{Param, Role};
use crate::catalogue::{Certainty, Diagnosis};
use crate::connection::{Connection, Seen};
use crate::mark::Mark;
use crate::proof::trace::{Tracing, met, needs};
use crate::rules::context::Context;
use crate::rules::loss::lines::{Hole, keep};
use crate::wire::seq::Seq;

/// A segment beyond the next expected: what lies between has not been seen.
pub(super) fn opens(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let hole = Hole {
        seq: c.end(seen.from).next,
        end: segment.seq,
        behind: segment.mark(),
        tsval: segment.options.timestamps.map(|t| t.0),
        ip_id: segment.ip_id(),
    };
    keep(&mut context.notes.details().loss.lines[seen.from as usize].holes, hole);
}

/// The hole that `segment` fills, wholly or in part, cut down to what stays of it.
pub(super) fn fill(seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) -> Option<Hole> {
    let details = context.notes.details.as_mut()?;
    fill_with(&mut details.loss.lines[seen.from as usize].holes, seen.segment.seq, seen.segment.end())
}

/// The first hole that the numbers from `seq` to `end` fill, cut down to what stays of it.
pub(super) fn fill_with(holes: &mut Vec<Hole>, seq: Seq, end: Seq) -> Option<Hole> {
    let at = holes.iter().position(|h| h.seq.before(end) && h.end.after(seq))?;
    let hole = holes.remove(at);
    if end.before(hole.end) {
        holes.insert(at, Hole { seq: end, ..hole });
    }
    if hole.seq.before(seq) {
        holes.insert(at, Hole { end: seq, ..hole });
    }
    Some(hole)
}

/// How sure it is that `segment` was sent before the one behind the hole, and only overtaken; `None`: it was sent again.
pub(super) fn overtaken(c: &Connection, seen: &Seen<'_>, hole: &Hole) -> Option<Certainty> {
    let segment = seen.segment;
    let ip_id = hole.ip_id.filter(|_| c.end(seen.from).ids_count());
    match segment.order(hole.tsval, ip_id) {
        Some(order) => order.is_lt().then_some(Certainty::Proved),
        None => overtaken_by_time(c, seen, hole).then_some(Certainty::Likely),
    }
}

/// The same, where neither timestamps nor IP IDs tell.
fn overtaken_by_time(c: &Connection, seen: &Seen<'_>, hole: &Hole) -> bool {
    let segment = seen.segment;
    // Its receiver can complain only of what it got behind the hole: the resend is sent a round trip later.
    let tsval = segment.options.timestamps.map(|t| t.0);
    let same_tick = tsval.is_some() && tsval == hole.tsval;
    if same_tick && c.is_longer_than(bounds::SLOWEST_TICK) {
        return true;
    }
    c.within_round_trip(segment.time - hole.behind.time, bounds::OVERTAKEN)
}

/// A segment that was overtaken.
pub(super) fn reordering(
    c: &Connection,
    seen: &Seen<'_>,
    behind: Mark,
    certainty: Certainty,
    context: &mut Context<'_, impl Tracing>,
) {
    let finding = c
        .finding(Diagnosis::LossReordering, seen.segment)
        .evidence(Role::Overtook, behind.frame)
        .with(Param::Late, Value::Duration(seen.segment.time - behind.time))
        .sure(certainty);
    context.store.tell(finding);
}

/// A pure ACK with numbers that its sender has already passed: overtaken, when it was sent before.
pub(super) fn overtaken_ack(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let sender = c.end(seen.from);
    let passed = segment.seq.before(sender.next) || (sender.acked_any && segment.ack.before(sender.acked));
    if !needs!(context.trace, Diagnosis::LossReordering;
        "it is a pure ACK" => segment.is_pure_ack(),
        "its sender has passed its numbers" => passed,
        "its number is not that of the SYN" => segment.seq + 1 != sender.isn + 1,
        "its sender has timestamps" => sender.tsval().is_some(),
        "it has one, too" => segment.options.timestamps.is_some(),
    ) {
        return;
    }
    let newest_id = (sender.ip_id != 0).then_some(sender.ip_id);
    // A probe or a resend would carry a newer timestamp by now.
    let (older, certainty) = match segment.order(sender.tsval(), newest_id) {
        Some(order) => (order.is_lt(), Certainty::Proved),
        None => (segment.seq.before(sender.next), Certainty::Likely),
    };
    if met(context.trace, Diagnosis::LossReordering, "it was sent before the newest of its sender", older) {
        reordering(c, seen, sender.last, certainty, context);
    }
}
