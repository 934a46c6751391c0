//! Sequence numbers that a device on the path rewrites, in a capture that shows packets before and behind it.
//!
//! Firewalls choose other first numbers than a host that they take for guessable, and carry the difference through the
//! connection. Where both sides of one are captured, its packets come twice, with numbers that are far apart. They are
//! read as if none had been rewritten: in those numbers of each side that were taken in first.

use super::Connection;
use crate::bounds;
use crate::flags::Flags;
use crate::side::Side;
use crate::wire::segment::Segment;
use crate::wire::seq::Seq;
use crate::wire::tuple::Tuple;

/// What is kept of the newest packet of the capture, to know it again with other numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newest {
    pub(crate) frame: u32,
    pub(crate) layer: u8,
    time: i64,
    tuple: Tuple,
    /// What no device changes.
    id: u16,
    len: u32,
    flags: Flags,
    window: u16,
    seq: Seq,
    ack: Seq,
}

impl Newest {
    /// `None` for a packet without an IP ID, of which nothing tells that it is the same.
    pub(crate) fn of(segment: &Segment<'_>, tuple: Tuple) -> Option<Newest> {
        Some(Newest {
            frame: segment.frame,
            layer: segment.layer,
            time: segment.time,
            tuple,
            id: segment.ip_id()?,
            len: segment.len,
            flags: segment.flags,
            window: segment.window,
            seq: segment.seq,
            ack: segment.ack,
        })
    }

    /// `segment` is the same packet with numbers that are further off than any of the same connection: captured at the same
    /// time, with the same IP ID.
    pub(crate) fn is_rewritten_as(&self, segment: &Segment<'_>, tuple: Tuple) -> bool {
        self.id == segment.ip_id().unwrap_or_default()
            && self.tuple == tuple
            && (self.len, self.flags, self.window) == (segment.len, segment.flags, segment.window)
            && (segment.time - self.time).abs() <= bounds::REWRITTEN_WITHIN
            && (is_far(self.seq, segment.seq) || segment.flags.ack() && is_far(self.ack, segment.ack))
    }
}

fn is_far(one: Seq, other: Seq) -> bool {
    other.since(one).unsigned_abs() > bounds::FAR.unsigned_abs()
}

/// What had become of a packet that came once more with other numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TakenBefore {
    /// Its numbers were not all those of the connection: what was told of it is not true.
    pub(crate) odd: bool,
    /// It was taken in all the same: this is only its copy.
    pub(crate) taken: bool,
}

impl Connection {
    /// `before` came once more as `segment`, of the side `from`, with other numbers: learns how they are moved.
    pub(crate) fn notice_rewriting(
        &mut self,
        before: &Newest,
        segment: &Segment<'_>,
        from: Side,
    ) -> TakenBefore {
        // A SYN and a FIN have a number each.
        let taken = self.end(from).next.since(before.seq).unsigned_abs() <= before.len + 2;
        let seq = (from, before.seq, segment.seq);
        let ack = segment.flags.ack().then_some((from.other(), before.ack, segment.ack));
        let mut odd = false;
        for (side, one, other) in [Some(seq), ack].into_iter().flatten() {
            let first = self.is_nearer(side, one, other);
            odd |= !first && is_far(one, other);
            let (own, moved) = if first { (one, other) } else { (other, one) };
            self.rare().rewritten.get_or_insert_default()[side as usize] = moved.since(own) as u32;
        }
        // What was acknowledged in the other numbers.
        let sender = &self.ends[from as usize];
        if sender.acked_any
            && sender.acked == before.ack
            && self.is_nearer(from.other(), segment.ack, before.ack)
        {
            self.ends[from as usize].acked = segment.ack;
        }
        TakenBefore { odd, taken }
    }

    /// The number `one` is no further than `other` from the newest of that side; of which nothing was taken in, that gives no
    /// measure.
    fn is_nearer(&self, side: Side, one: Seq, other: Seq) -> bool {
        let end = self.end(side);
        let apart = |number: Seq| number.since(end.next).unsigned_abs();
        end.seen && apart(one) <= apart(other)
    }

    /// A device has rewritten its numbers, before and behind which it was captured.
    #[must_use]
    pub fn is_rewritten(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.rewritten.is_some())
    }

    /// Gives `segment`, of the side `from`, the numbers that it would have if none were rewritten.
    pub(crate) fn read_as_written(&self, segment: &mut Segment<'_>, from: Side) {
        let Some(moved) = self.rare.as_ref().and_then(|rare| rare.rewritten) else { return };
        let written = |side: Side, number: Seq| {
            let back = number - moved[side as usize];
            if self.is_nearer(side, back, number) { back } else { number }
        };
        segment.seq = written(from, segment.seq);
        if segment.flags.ack() {
            segment.ack = written(from.other(), segment.ack);
        }
        for (begin, end) in segment.options.sack.iter_mut().flatten() {
            (*begin, *end) = (written(from.other(), *begin), written(from.other(), *end));
        }
    }
}
