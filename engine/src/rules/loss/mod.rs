//! Loss and what repairs it (RFC 6298, RFC 6675, RFC 8985), reordering, and duplicates.
//!
//! A capture shows a loss in one of two ways. A segment was seen and is sent again: it was lost behind
//! the capture point (or its acknowledgment was). Or there is a gap in the sequence numbers that is
//! filled later: it was lost before the capture point, or only overtaken, which timestamps and IP IDs tell.

mod content;
mod gap;
mod receipt;
mod resend;

use super::Context;
use crate::bounds;
use crate::catalogue::Diagnosis;
use crate::catalogue::findings::{Finding, Told};
use crate::catalogue::terms::{Param, Role, Term};
use crate::connection::{Connection, Seen};
use crate::mark::Mark;
use crate::rules;
use crate::side::Side;
use crate::wire::segment::Segment;
use crate::wire::seq::Seq;

/// What this tracker keeps, for the data of each side.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    lines: [Line; 2],
}

/// The troubles of one direction.
#[derive(Debug, Default)]
struct Line {
    holes: Vec<gap::Hole>,
    resent: Vec<Resent>,
    /// Copies of data that the receiver may complain about.
    copies: Vec<Copied>,
    /// Segments with a wrong checksum.
    corrupted: Vec<Resent>,
    /// Timeouts in a row on the same data.
    timeouts: Timeouts,
}

/// Something that was sent again.
#[derive(Clone, Debug)]
struct Resent {
    seq: Seq,
    end: Seq,
    frame: u32,
    time: i64,
    layer: u8,
    /// Frame of the copy before it, 0 when that was not captured, or was told to be lost.
    before: u32,
    /// What was told of it that does not hold when it turns out needless.
    told: Option<Told>,
    /// That its receiver asked for it was told.
    asked: Option<Told>,
    tsval: Option<u32>,
    needless: bool,
}

impl Resent {
    /// `segment`, of its receiver, acknowledges all of it; until now only what is before `acked` was acknowledged.
    fn is_covered(&self, segment: &Segment<'_>, acked: Seq) -> bool {
        self.end.after(acked) && segment.ack.reaches(self.end)
    }

    /// `segment` echoes an older timestamp than its: it answers an earlier copy (RFC 3522). `None` without timestamps.
    fn is_answered_too_early(&self, segment: &Segment<'_>) -> Option<bool> {
        let (sent, (_, echo)) = (self.tsval?, segment.options.timestamps?);
        Some((sent.wrapping_sub(echo) as i32) > 0)
    }
}

/// A copy of data, other than what was sent again.
#[derive(Clone, Copy, Debug)]
struct Copied {
    seq: Seq,
    end: Seq,
    frame: u32,
    layer: u8,
    made_by: MadeBy,
    /// The D-SACK that says that the receiver got this data twice, though the capture seems to have made it.
    dsack: u32,
}

/// Where a copy comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MadeBy {
    /// The network delivered a packet twice.
    Network,
    /// The packet was captured twice.
    Capture,
    /// It is a packet of its own, which its sender's later ones have overtaken.
    Sender,
}

/// Resends of the same data after timeouts, without a word from the other side.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timeouts {
    /// Where the data begins.
    pub(crate) seq: Seq,
    /// How many in a row.
    pub(crate) count: u32,
    /// Frame and time of the first copy.
    pub(crate) first: Mark,
    /// Frame and time of the newest.
    pub(crate) last: Mark,
    /// Side the one before it to the newest, nanoseconds.
    wait: i64,
    stalled: Option<Told>,
}

impl Timeouts {
    /// The next copy should have come by now: the time between them doubles, up to 2 minutes (RFC 6298, 5.5; Linux).
    fn overdue(&self, now: i64) -> bool {
        let next = (2 * self.wait).min(bounds::LONGEST_RTO);
        now - self.last.time > next + next / 4
    }
}

/// So many resends, gaps or copies are kept apart at once; a flood of them must not exhaust memory.
const MOST: usize = 64;

pub(crate) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let was_damaged = content::corrupted(c, seen, context);
    if seen.stray {
        return;
    }
    content::segment(c, seen, context);
    receipt::acknowledgment(c, seen, context);
    // What turns up so late was not sent again: the network had kept it.
    if segment.flags.syn() || !c.end(seen.from).seen || content::staleness(c, seen).is_some() {
        return;
    }
    if segment.seq_len() == 0 {
        gap::overtaken_ack(c, seen, context);
    } else if segment.seq.after(c.end(seen.from).next) {
        resend::tail_probe_unseen(c, seen, context);
        gap::opens(c, seen, context);
    } else if seen.old || seen.resends.is_some() {
        resend::again(c, seen, was_damaged, context);
    }
}

/// A copy of what was captured. In a capture that doubles packets a second copy is the network's, or the first was when
/// the receiver has got that.
pub(crate) fn copy(
    c: &Connection,
    segment: &Segment<'_>,
    from: Side,
    made_by: MadeBy,
    context: &mut Context<'_>,
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
    if let Some(copy) = reported {
        copies.retain(|copy| copy.seq != seq);
        receipt::delivered_twice(c, from, copy, segment.frame, context);
    }
}

/// Bytes of that side below `ack` that were never seen.
pub(crate) fn missing_below(notes: &rules::Notes, from: Side, ack: Seq) -> u64 {
    missing(notes, from, ack).map(|h| h.end.since(h.seq).min(ack.since(h.seq)) as u64).sum()
}

/// How many gaps they are.
pub(crate) fn holes_below(notes: &rules::Notes, from: Side, ack: Seq) -> usize {
    missing(notes, from, ack).count()
}

fn missing(notes: &rules::Notes, from: Side, ack: Seq) -> impl Iterator<Item = &gap::Hole> {
    let holes = notes.details.iter().flat_map(move |details| &details.loss.lines[from as usize].holes);
    holes.filter(move |hole| ack.after(hole.seq))
}

/// The timeouts in a row of that side, newest data only.
pub(crate) fn timeouts(notes: &rules::Notes, from: Side) -> Timeouts {
    notes.details.as_ref().map(|d| d.loss.lines[from as usize].timeouts).unwrap_or_default()
}

fn keep<T>(list: &mut Vec<T>, item: T) {
    if list.len() >= MOST {
        list.remove(0);
    }
    list.push(item);
}

/// What is known of a connection whose data goes unanswered: given up for good?
pub(crate) fn pending(c: &Connection, notes: &rules::Notes, now: i64, out: &mut Vec<Finding>) {
    use crate::catalogue::findings::Value;
    if c.is_reset() || !c.both_seen() {
        return;
    }
    for from in Side::BOTH {
        let timeouts = timeouts(notes, from);
        if timeouts.count < bounds::GIVEN_UP {
            continue;
        }
        let mut finding = c
            .finding_at(Diagnosis::ResetRetransmissionTimeout, timeouts.last.frame)
            .of(from.other())
            .evidence(Role::Original, timeouts.first.frame)
            .evidence(Role::LastHeard, c.end(from.other()).last.frame)
            .with(Param::Who, Value::Party(from.party()))
            .with(Param::Peer, Value::Party(from.other().party()))
            .with(Param::Count, Value::Count(timeouts.count.into()))
            .with(Param::Waited, Value::Duration(now - timeouts.first.time));
        if !timeouts.overdue(now) {
            finding.set(Param::Limit, Value::Term(Term::MaybeStillTrying));
        }
        out.push(finding);
    }
}
