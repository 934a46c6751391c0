//! What SACK blocks tell the sender (RFC 2018, 5; RFC 2883).

use super::socket::Socket;
use crate::net::{Segment, Seq};
use crate::time::Time;

/// What one ACK has told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// SND.UNA moves on.
    pub(super) advanced: bool,
    /// Data was acknowledged.
    pub(super) data_acked: bool,
    /// The segment has data, or changes the window: it is no duplicate (RFC 5681, 2).
    pub(super) not_duplicate: bool,
    /// Something arrived behind a gap.
    pub(super) sacked: bool,
    /// Something arrived that was sent once, before the phase began.
    pub(super) original_arrived: bool,
    /// A repeat was acknowledged.
    pub(super) repeat_acked: bool,
    /// Something came twice, ...
    pub(super) duplicate: bool,
    /// ... the tail-loss probe.
    pub(super) probe_was_duplicate: bool,
    /// A router has marked a packet.
    pub(super) echo: bool,
    /// A repeat was lost.
    pub(super) repeat_lost: bool,
    /// The retransmission timer is to start anew.
    pub(super) restart_timer: bool,
    /// When the first and the last of what arrived behind a gap were sent.
    pub(super) sack_sent: Option<(Time, Time)>,
    /// The lowest number of what arrived out of order.
    pub(super) reordered: Option<Seq>,
}

impl Told {
    /// A number at which something arrived late.
    pub(super) fn late(&mut self, seq: Seq) {
        self.reordered = Some(self.reordered.map_or(seq, |lowest| lowest.min(seq)));
    }
}

impl Socket {
    /// First number of the last segment that arrived behind a gap; SND.UNA without any (`tcp_highest_sack_seq`).
    pub(super) fn highest_sacked(&self) -> Seq {
        if self.send.flight.sacked == 0 || !self.sack {
            return self.send.una;
        }
        self.recovery.highest_sacked.max(self.send.una)
    }

    /// Notes in the scoreboard what the blocks say (`tcp_sacktag_write_queue`).
    pub(super) fn take_sack(&mut self, now: Time, segment: &Segment, prior_una: Seq, told: &mut Told) {
        let blocks = &segment.options.sack;
        let again = |index: usize, (first, past): (Seq, Seq)| {
            index == 0
                && (first.before(segment.ack)
                    || blocks.get(1).is_some_and(|&(outer, end)| !past.after(end) && !first.before(outer)))
        };
        let mut told_of: Vec<_> = blocks
            .iter()
            .enumerate()
            .filter(|(_, (first, past))| first.before(*past) && !past.after(self.send.next))
            .map(|(index, &block)| (block, again(index, block)))
            .collect();
        // The newest comes first; in the order of their numbers none seems to have been overtaken by another of this ACK.
        told_of.sort_by_key(|((first, _), _)| *first - prior_una);
        for ((first, past), again) in told_of {
            if again {
                self.take_duplicate(first, past, prior_una, told);
            }
            self.tag(now, first, past, again, told);
        }
        if let Some(lowest) = told.reordered {
            self.saw_reordering(lowest);
        }
    }

    fn tag(&mut self, now: Time, first: Seq, past: Seq, again: bool, told: &mut Told) {
        let high = self.congestion.high;
        let highest_before = self.highest_sacked();
        let mut index = self.send.flight.position(first);
        while let Some(sent) = self.send.flight.get(index) {
            if !sent.seq.before(past) {
                break;
            }
            let inside = !sent.seq.before(first) && !sent.end().after(past);
            if inside && again && sent.resent {
                self.send.flight.forget_repeat(index);
            } else if inside && !sent.sacked {
                self.recovery.rack.advance(now, sent, self.rtt.least());
                if sent.repeats == 0 {
                    if sent.seq.before(highest_before) {
                        told.late(sent.seq);
                    }
                    told.original_arrived |= !sent.end().after(high);
                    let earliest = told.sack_sent.map_or(sent.at, |(earliest, _)| earliest);
                    told.sack_sent = Some((earliest, sent.at));
                }
                let seq = sent.seq;
                self.send.flight.mark_sacked(index);
                self.recovery.highest_sacked = self.recovery.highest_sacked.max(seq);
                self.congestion.delivered += 1;
                told.sacked = true;
            }
            index += 1;
        }
    }

    /// Something arrived twice (`tcp_dsack_seen`).
    fn take_duplicate(&mut self, first: Seq, past: Seq, prior_una: Seq, told: &mut Told) {
        let segments = (past - first).div_ceil(self.send.mss.max(1));
        let recovery = &mut self.recovery;
        if recovery.duplicates + segments > recovery.repeats {
            return; // The network's doing: this side has not sent that often.
        }
        recovery.duplicates += segments;
        told.duplicate = true;
        told.probe_was_duplicate |= self.retransmit.probe == Some(past);
        if recovery.reordering_seen && !told.probe_was_duplicate {
            recovery.rack.dsack_seen = true;
        }
        self.congestion.delivered += segments;
        let marked = recovery.undo.is_some_and(|marker| past.after(marker));
        if marked && recovery.undo_repeats > 0 && !past.after(prior_una) {
            recovery.undo_repeats = (recovery.undo_repeats - segments as i32).max(0);
        }
    }

    /// Something arrived out of order (`tcp_check_sack_reordering`).
    pub(super) fn saw_reordering(&mut self, lowest: Seq) {
        let highest = self.highest_sacked();
        if lowest.before(highest) {
            let segments = (highest - lowest).div_ceil(self.send.mss.max(1));
            let recovery = &mut self.recovery;
            recovery.reordering = recovery.reordering.max(segments.min(300));
            recovery.reordering_seen = true;
        }
    }
}
