//! Segments that have come out of order (RFC 9293, 3.10.7.4), and the SACK blocks that tell of them (RFC 2018).

use crate::net::{SackBlocks, Seq};

/// Blocks that the receiver remembers (`TCP_NUM_SACKS`).
const BLOCKS: usize = 4;

/// Data behind a gap, without one inside.
#[derive(Debug, Clone, Copy)]
struct Range {
    first: Seq,
    past: Seq,
    fin: bool,
    /// What its buffers cost.
    cost: u32,
}

/// What follows without a gap, once the gap before it is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Follow {
    /// Octets that are new, and what their buffers cost.
    pub(super) len: u32,
    pub(super) cost: u32,
    pub(super) fin: bool,
}

/// Data behind gaps.
#[derive(Debug, Default)]
pub(super) struct Reassembly {
    /// By sequence number; they do not touch.
    ranges: Vec<Range>,
    /// First and behind the last number of each block, the latest changed first.
    blocks: Vec<(Seq, Seq)>,
    /// What came twice, to be told once (RFC 2883).
    duplicate: Option<(Seq, Seq)>,
}

impl Reassembly {
    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The number behind the last octet that has come.
    pub(super) fn past(&self) -> Option<Seq> {
        self.ranges.last().map(|range| range.past)
    }

    /// Keeps a segment's data and FIN. False if all of it was there.
    pub(super) fn insert(&mut self, first: Seq, past: Seq, fin: bool, cost: u32) -> bool {
        if self.ranges.iter().any(|range| !first.before(range.first) && !past.after(range.past)) {
            self.duplicate = Some((first, past));
            return false;
        }
        let begin = self.ranges.partition_point(|range| range.past.before(first));
        let mut new = Range { first, past, fin, cost };
        let mut end = begin;
        while let Some(range) = self.ranges.get(end).filter(|range| !range.first.after(new.past)) {
            new.first = new.first.min(range.first);
            new.past = new.past.max(range.past);
            new.fin |= range.fin;
            new.cost += range.cost;
            end += 1;
        }
        self.ranges.splice(begin..end, [new]);
        self.blocks.retain(|&(first, past)| first.before(new.first) || past.after(new.past));
        self.blocks.insert(0, (new.first, new.past));
        self.blocks.truncate(BLOCKS);
        true
    }

    /// Notes that this came twice.
    pub(super) fn saw_again(&mut self, first: Seq, past: Seq) {
        self.duplicate = Some((first, past));
    }

    /// What now follows `next` without a gap.
    pub(super) fn take(&mut self, next: Seq) -> Option<Follow> {
        let mut follow = None;
        while self.ranges.first().is_some_and(|range| !range.first.after(next)) {
            let range = self.ranges.remove(0);
            let reach = range.past - u32::from(range.fin);
            let len = if next.before(reach) { reach - next } else { 0 };
            follow = Some(Follow { len, cost: range.cost, fin: range.fin });
            if len > 0 {
                break;
            }
        }
        let reached = follow.map_or(next, |follow| next + follow.len);
        self.blocks.retain(|(first, _)| first.after(reached));
        follow
    }

    /// The blocks for the next segment's SACK option, at most so many; a duplicate is told once.
    pub(super) fn tell(&mut self, most: usize) -> SackBlocks {
        self.duplicate.take().iter().chain(&self.blocks).take(most).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_block_comes_first_and_blocks_grow_together() {
        let mut gap = Reassembly::default();
        assert!(gap.insert(Seq(201), Seq(301), false, 1));
        assert!(gap.insert(Seq(401), Seq(501), false, 1));
        assert_eq!(*gap.tell(4), [(Seq(401), Seq(501)), (Seq(201), Seq(301))]);
        assert!(gap.insert(Seq(301), Seq(401), false, 1));
        assert_eq!(*gap.tell(4), [(Seq(201), Seq(501))]);
        assert_eq!(gap.take(Seq(101)), None);
        assert_eq!(gap.take(Seq(201)), Some(Follow { len: 300, cost: 3, fin: false }));
        assert!(gap.is_empty() && gap.tell(4).is_empty());
    }

    #[test]
    fn a_segment_that_came_twice_is_told_first() {
        let mut gap = Reassembly::default();
        assert!(gap.insert(Seq(201), Seq(301), false, 1));
        assert!(!gap.insert(Seq(201), Seq(301), false, 1));
        assert_eq!(*gap.tell(3), [(Seq(201), Seq(301)), (Seq(201), Seq(301))]);
        assert_eq!(*gap.tell(3), [(Seq(201), Seq(301))]);
    }

    #[test]
    fn a_fin_behind_the_data_is_told_and_is_no_octet() {
        let mut gap = Reassembly::default();
        gap.insert(Seq(201), Seq(302), true, 1);
        assert_eq!(*gap.tell(3), [(Seq(201), Seq(302))]);
        assert_eq!(gap.take(Seq(251)), Some(Follow { len: 50, cost: 1, fin: true }));
    }
}
