//! What is kept of the troubles of each direction.

use crate::bounds;
use crate::catalogue::Diagnosis;
use crate::catalogue::findings::{Finding, Told, Value};
use crate::catalogue::terms::{Param, Role};
use crate::connection::Connection;
use crate::mark::Mark;
use crate::proof::claims::Claim;
use crate::proof::store::{Claimed, Telling};
use crate::side::Side;
use crate::wire::segment::Segment;
use crate::wire::seq::Seq;

/// What its rules keep, for the data of each side.
#[derive(Debug, Default)]
pub(crate) struct Loss {
    pub(crate) lines: [Line; 2],
}

/// The troubles of one direction.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) holes: Vec<Hole>,
    pub(crate) resent: Vec<Resent>,
    /// Copies of data that the receiver may complain about.
    pub(crate) copies: Vec<Copied>,
    /// Segments with a wrong checksum.
    pub(crate) corrupted: Vec<Resent>,
    /// Timeouts in a row on the same data.
    pub(crate) timeouts: Timeouts,
    pub(crate) refused: Refused,
    pub(crate) recovery: Option<Recovery>,
    /// That it came again with other bytes, and how often it did.
    pub(crate) conflicting: Counted,
    /// That more was acknowledged than was sent, and up to where.
    pub(crate) impossible_ack: Option<(Told, Seq)>,
    /// That SACK blocks about it are far off, and how often they were.
    pub(crate) sack_invalid: Counted,
}

/// What is told once, with how often it came.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) told: Option<Told>,
    pub(crate) count: u32,
}

impl Counted {
    /// Counts it, in what was told of it, too. Returns whether anything was.
    pub(crate) fn once_more(&mut self, store: &mut Telling<'_>) -> bool {
        self.count = self.count.saturating_add(1);
        let count = Value::Count(self.count.into());
        store.amend(self.told, |finding| finding.set(Param::Count, count));
        self.told.is_some()
    }
}

/// What a timeout sends again, and what comes behind it: one and the same timeout (RFC 5681, 3.1: all in flight is taken
/// for lost).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recovery {
    /// Where what timed out begins.
    pub(crate) seq: Seq,
    /// Where that ends which was in flight then.
    pub(crate) end: Seq,
    /// When the newest of it was sent again.
    pub(crate) last: i64,
    /// Bytes sent again.
    pub(crate) bytes: u64,
    pub(crate) told: Option<Told>,
}

/// What the receiver of this direction refuses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Refused {
    /// That it does.
    pub(crate) claim: Option<Claim>,
    /// Where the furthest of it ends.
    pub(crate) end: Option<Seq>,
    /// It has acknowledged what it was to refuse.
    pub(crate) takes_all: bool,
}

/// Something that was sent again.
#[derive(Clone, Debug)]
pub(crate) struct Resent {
    pub(crate) seq: Seq,
    pub(crate) end: Seq,
    pub(crate) frame: u32,
    pub(crate) time: i64,
    pub(crate) layer: u8,
    /// Frame of the copy before it, 0 when that was not captured, or was told to be lost.
    pub(crate) before: u32,
    /// What was told of it that does not hold when it turns out needless.
    pub(crate) told: Option<Claimed>,
    /// That its receiver asked for it was told.
    pub(crate) asked: Option<Told>,
    pub(crate) tsval: Option<u32>,
    pub(crate) needless: bool,
    /// It was sent sooner than any answer to the copy before it could come, though nobody asked for it.
    pub(crate) hasty: bool,
}

impl Resent {
    /// `segment`, of its receiver, acknowledges all of it; until now only what is before `acked` was acknowledged.
    pub(crate) fn is_covered(&self, segment: &Segment<'_>, acked: Seq) -> bool {
        self.end.after(acked) && segment.ack.reaches(self.end)
    }

    /// `segment` echoes an older timestamp than its: it answers an earlier copy (RFC 3522). `None` without timestamps.
    pub(crate) fn is_answered_too_early(&self, segment: &Segment<'_>) -> Option<bool> {
        let (sent, (_, echo)) = (self.tsval?, segment.options.timestamps?);
        Some((sent.wrapping_sub(echo) as i32) > 0)
    }
}

/// A copy of data, other than what was sent again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copied {
    pub(crate) seq: Seq,
    pub(crate) end: Seq,
    pub(crate) frame: u32,
    pub(crate) layer: u8,
    pub(crate) made_by: MadeBy,
    /// The D-SACK that says that the receiver got this data twice, though the capture seems to have made it.
    pub(crate) dsack: u32,
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
    pub(crate) wait: i64,
    pub(crate) stalled: Option<Told>,
}

impl Timeouts {
    /// The next copy is due at `now`, within what a timer may be off, and was sent again often enough to be given up.
    pub(crate) fn gives_up(&self, now: i64) -> bool {
        let next = (2 * self.wait).min(bounds::LONGEST_RTO);
        self.count >= bounds::GIVEN_UP && ((now - self.last.time) - next).abs() <= next / bounds::OVERDUE
    }

    /// The next copy should have come by now: the time between them doubles, up to 2 minutes (RFC 6298, 5.5; Linux).
    pub(crate) fn overdue(&self, now: i64) -> bool {
        let next = (2 * self.wait).min(bounds::LONGEST_RTO);
        now - self.last.time > next + next / bounds::OVERDUE
    }
}

/// Bytes that were not seen when something behind them was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hole {
    pub(crate) seq: Seq,
    pub(crate) end: Seq,
    /// The segment behind it.
    pub(crate) behind: Mark,
    pub(crate) tsval: Option<u32>,
    pub(crate) ip_id: Option<u16>,
}

/// The copy before `resent`, which was captured, was lost behind the capture point.
pub(super) fn downstream(c: &Connection, writer: Side, resent: &Resent) -> Finding {
    let mut finding = c
        .finding_at(Diagnosis::LossDownstream, resent.before)
        .proved_by(resent.frame)
        .evidence(Role::Resend, resent.frame)
        .with(Param::Who, Value::Party(writer.party()))
        .with(Param::Vantage, Value::Term(c.vantage().into()));
    finding.layer = resent.layer;
    finding
}

/// What is sent again in `segment`.
pub(super) fn resent(segment: &Segment<'_>) -> Resent {
    Resent {
        seq: segment.seq,
        end: segment.end(),
        frame: segment.frame,
        time: segment.time,
        layer: segment.layer,
        before: 0,
        told: None,
        asked: None,
        tsval: segment.options.timestamps.map(|t| t.0),
        needless: false,
        hasty: false,
    }
}

/// So many resends, gaps or copies are kept apart at once; a flood of them must not exhaust memory.
const MOST: usize = 64;

pub(super) fn keep<T>(list: &mut Vec<T>, item: T) {
    if list.len() >= MOST {
        list.remove(0);
    }
    list.push(item);
}
