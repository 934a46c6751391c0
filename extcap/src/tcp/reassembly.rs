//! Segments that have come out of order (RFC 9293, 3.10.7.4), and the SACK blocks that tell of them (RFC 2018).

use std::collections::VecDeque;

use bytes::Bytes;

use crate::net::Seq;

/// Data behind a gap.
#[derive(Debug, Default)]
pub(super) struct Reassembly {
    /// By sequence number; they do not overlap.
    segments: Vec<(Seq, Bytes, bool)>,
    /// First and behind the last number of each block, the latest changed first.
    blocks: VecDeque<(Seq, Seq)>,
    /// What came twice, to be told once (RFC 2883).
    duplicate: Option<(Seq, Seq)>,
}

impl Reassembly {
    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Keeps a segment's data and FIN.
    pub(super) fn insert(&mut self, seq: Seq, data: Bytes, fin: bool) {
        let end = seq + data.len() as u32 + u32::from(fin);
        if self.blocks.iter().any(|(first, past)| !seq.before(*first) && !end.after(*past)) {
            self.duplicate = Some((seq, end));
            return;
        }
        let place = self.segments.partition_point(|(other, ..)| other.before(seq));
        self.segments.insert(place, (seq, data, fin));
        let (mut first, mut past) = (seq, end);
        self.blocks.retain(|&(other_first, other_past)| {
            let touches = !first.after(other_past) && !other_first.after(past);
            if touches {
                (first, past) = (first.min(other_first), past.max(other_past));
            }
            !touches
        });
        self.blocks.push_front((first, past));
    }

    /// Notes that this came twice.
    pub(super) fn saw_again(&mut self, first: Seq, past: Seq) {
        self.duplicate = Some((first, past));
    }

    /// What now follows `next` without a gap: data that is new there, and whether a FIN ends it.
    pub(super) fn take(&mut self, mut next: Seq) -> (Vec<Bytes>, bool) {
        let (mut taken, mut closed) = (Vec::new(), false);
        while let Some((seq, ..)) = self.segments.first() {
            if seq.after(next) {
                break;
            }
            let (seq, data, fin) = self.segments.remove(0);
            let fresh = data.slice((next - seq).min(data.len() as u32) as usize..);
            next += fresh.len() as u32;
            closed |= fin;
            taken.push(fresh);
        }
        self.blocks.retain(|(_, past)| past.after(next));
        (taken, closed)
    }

    /// The blocks for the next segment's SACK option, at most so many; a duplicate is told once.
    pub(super) fn blocks(&self, most: usize) -> Vec<(Seq, Seq)> {
        self.duplicate.iter().chain(&self.blocks).take(most).copied().collect()
    }

    /// The duplicate has been told.
    pub(super) fn told(&mut self) {
        self.duplicate = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(len: usize) -> Bytes {
        Bytes::from(vec![0; len])
    }

    #[test]
    fn the_latest_block_comes_first_and_blocks_grow_together() {
        let mut gap = Reassembly::default();
        gap.insert(Seq(201), data(100), false);
        gap.insert(Seq(401), data(100), false);
        assert_eq!(gap.blocks(4), [(Seq(401), Seq(501)), (Seq(201), Seq(301))]);
        gap.insert(Seq(301), data(100), false);
        assert_eq!(gap.blocks(4), [(Seq(201), Seq(501))]);
        let (taken, closed) = gap.take(Seq(201));
        assert_eq!((taken.iter().map(Bytes::len).sum::<usize>(), closed), (300, false));
        assert!(gap.is_empty() && gap.blocks(4).is_empty());
    }

    #[test]
    fn a_segment_that_came_twice_is_told_first() {
        let mut gap = Reassembly::default();
        gap.insert(Seq(201), data(100), false);
        gap.insert(Seq(201), data(100), false);
        assert_eq!(gap.blocks(3), [(Seq(201), Seq(301)), (Seq(201), Seq(301))]);
        gap.told();
        assert_eq!(gap.blocks(3), [(Seq(201), Seq(301))]);
    }
}
