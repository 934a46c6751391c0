//! The RSTs of a connection, and whom they end.
//!
//! A RST is believed until a later packet refutes it. So it changes nothing of the two endpoints: that a side is closed
//! by it is read off here, and is gone with it.

use crate::mark::Mark;
use crate::side::Side;
use crate::wire::segment::Segment;

/// The RSTs that came in the name of one side.
#[derive(Clone, Copy, Debug, Default)]
struct Reset {
    /// The first; unset without any, or when it proved to be of no effect.
    first: Mark,
    count: u8,
    /// The first has the number that the other side expects next, so that it is taken (RFC 9293, 3.10.7.4).
    expected: bool,
    /// It answers a segment of a client whose third ACK never came.
    never_established: bool,
}

/// The RSTs of both sides.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Resets {
    of: [Reset; 2],
    /// For each side, by the RSTs of which sides it is closed, a bit each.
    closed_by: [u8; 2],
}

/// What a RST does, as far as can be told when it comes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Impact {
    /// Not sent by the side in whose name it came.
    pub(crate) forged: bool,
    /// It answers a segment of a client whose third ACK never came.
    pub(crate) never_established: bool,
}

fn bit(side: Side) -> u8 {
    1 << side as u8
}

impl Resets {
    /// The first RST of that side that stands.
    pub(crate) fn first(&self, from: Side) -> Mark {
        self.of[from as usize].first
    }

    /// RSTs of that side since the last that was forgotten, saturating.
    pub(crate) fn count(&self, from: Side) -> u8 {
        self.of[from as usize].count
    }

    /// A RST closes that side.
    pub(crate) fn closes(&self, side: Side) -> bool {
        self.closed_by[side as usize] != 0
    }

    /// The server has shown by a RST that the third ACK never came.
    pub(crate) fn never_established(&self) -> bool {
        self.of.iter().any(|reset| reset.first.is_set() && reset.never_established)
    }

    /// Takes in a RST. `expected`: it has the number that the other side expects next; `taken`: it is certain to have
    /// reached the other side, which takes it.
    pub(crate) fn take(
        &mut self,
        segment: &Segment<'_>,
        from: Side,
        impact: Impact,
        expected: bool,
        taken: bool,
    ) {
        let reset = &mut self.of[from as usize];
        if !reset.first.is_set() {
            *reset = Reset { first: segment.mark(), count: 0, expected, never_established: false };
        }
        reset.never_established |= impact.never_established;
        reset.count = reset.count.saturating_add(1);
        if !impact.forged {
            self.closed_by[from as usize] |= bit(from);
        }
        if taken {
            self.closed_by[from.other() as usize] |= bit(from);
        }
    }

    /// A side sends something other than a RST. One that opens a connection was not closed, or is no longer; and one that
    /// goes on `within` so many nanoseconds after the other's RST may have sent this before, unless that has not the number
    /// that it expects: then it is challenged at once (RFC 5961, 3.2).
    pub(crate) fn goes_on(&mut self, segment: &Segment<'_>, from: Side, within: i64) {
        if segment.flags.syn() {
            self.closed_by[from as usize] = 0;
        } else if !self.was_just_reset(segment, from, within) {
            self.closed_by[from as usize] &= !bit(from.other());
        }
    }

    /// The other side has reset it just now: what was on its way already says nothing of that.
    pub(crate) fn was_just_reset(&self, segment: &Segment<'_>, from: Side, within: i64) -> bool {
        let other = self.of[from.other() as usize];
        other.expected && segment.time - other.first.time < within
    }

    /// The RSTs in the name of that side were not its own. The other side may have taken them all the same.
    pub(crate) fn disown(&mut self, from: Side) {
        self.of[from as usize] = Reset::default();
        self.closed_by[from as usize] &= !bit(from);
    }

    /// The RSTs of that side had no effect: the connection goes on as if there had been none.
    pub(crate) fn forget(&mut self, from: Side) {
        self.disown(from);
        self.closed_by[from.other() as usize] &= !bit(from);
    }
}
