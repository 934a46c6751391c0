//! What has been sent and not acknowledged: the scoreboard (RFC 6675, 4; RFC 8985, 5.1).

use std::collections::VecDeque;

use bytes::Bytes;

use crate::net::{Flags, Seq};
use crate::time::Time;

/// A segment on its way.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) seq: Seq,
    pub(super) payload: Bytes,
    pub(super) fin: bool,
    pub(super) push: bool,
    /// When it was sent last.
    pub(super) at: Time,
    /// When it was sent first.
    pub(super) first: Time,
    /// The TSval that it was sent with last.
    pub(super) stamp: u32,
    pub(super) repeats: u32,
    /// Thought to be lost; stays so until its repeat is acknowledged.
    pub(super) lost: bool,
    /// A repeat of it is on its way.
    pub(super) resent: bool,
    /// Arrived behind a gap, as a SACK says.
    pub(super) sacked: bool,
}

impl Sent {
    /// A segment with these flags.
    pub(super) fn new(seq: Seq, payload: Bytes, flags: Flags, now: Time, stamp: u32) -> Self {
        Sent {
            seq,
            payload,
            fin: flags.has(Flags::FIN),
            push: flags.has(Flags::PSH),
            at: now,
            first: now,
            stamp,
            repeats: 0,
            lost: false,
            resent: false,
            sacked: false,
        }
    }

    /// The number behind its last.
    pub(super) fn end(&self) -> Seq {
        self.seq + self.payload.len() as u32 + u32::from(self.fin)
    }

    /// Whether it was sent after another moment's segment, which ended at `end` (RFC 8985, 6.2, step 2).
    pub(super) fn sent_before(&self, time: Time, end: Seq) -> bool {
        time > self.at || time == self.at && end.after(self.end())
    }
}

/// Segments by sequence number, and how many of them are what.
#[derive(Debug, Default)]
pub(super) struct Flight {
    queue: VecDeque<Sent>,
    /// Without SACK: duplicate ACKs, each of which tells that some segment has arrived.
    pub(super) sacked: u32,
    lost: u32,
    resent: u32,
}

impl Flight {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Segments not acknowledged (`packets_out`).
    pub(super) fn len(&self) -> u32 {
        self.queue.len() as u32
    }

    /// Segments that are lost and those of their repeats that are on the way.
    pub(super) fn lost(&self) -> u32 {
        self.lost
    }

    pub(super) fn resent(&self) -> u32 {
        self.resent
    }

    /// Segments that have left the network, one way or the other (`tcp_left_out`).
    pub(super) fn left(&self) -> u32 {
        self.sacked + self.lost
    }

    /// Segments in the network, as far as the sender knows (RFC 6675's pipe).
    pub(super) fn in_network(&self) -> u32 {
        (self.len() + self.resent).saturating_sub(self.left())
    }

    pub(super) fn front(&self) -> Option<&Sent> {
        self.queue.front()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Sent> {
        self.queue.get(index)
    }

    pub(super) fn push(&mut self, sent: Sent) {
        self.lost += u32::from(sent.lost);
        self.resent += u32::from(sent.resent);
        self.sacked += u32::from(sent.sacked);
        self.queue.push_back(sent);
    }

    /// Takes everything out.
    pub(super) fn take_all(&mut self) -> VecDeque<Sent> {
        std::mem::take(self).queue
    }

    pub(super) fn back_mut(&mut self) -> Option<&mut Sent> {
        self.queue.back_mut()
    }

    /// The place of the first segment that ends behind this number.
    pub(super) fn position(&self, seq: Seq) -> usize {
        self.queue.partition_point(|sent| !sent.end().after(seq))
    }

    /// Takes the first segment if it ends before or at this number.
    pub(super) fn take_acknowledged(&mut self, ack: Seq, sack: bool) -> Option<Sent> {
        let sent = self.queue.pop_front_if(|sent| !sent.end().after(ack))?;
        self.lost -= u32::from(sent.lost);
        self.resent -= u32::from(sent.resent);
        self.sacked -= u32::from(sack && sent.sacked);
        Some(sent)
    }

    /// Notes that a segment has been sent again; a tail-loss probe repairs nothing yet.
    pub(super) fn mark_resent(&mut self, index: usize, now: Time, stamp: u32, probe: bool) -> Option<&Sent> {
        let sent = self.queue.get_mut(index)?;
        self.resent += u32::from(!sent.resent && !probe);
        sent.resent |= !probe;
        sent.repeats += 1;
        (sent.at, sent.stamp) = (now, stamp);
        Some(sent)
    }

    /// Marks a segment as lost, or its repeat. True if it was not marked so before.
    pub(super) fn mark_lost(&mut self, index: usize) -> bool {
        let Some(sent) = self.queue.get_mut(index).filter(|sent| !sent.sacked) else { return false };
        let news = !sent.lost || sent.resent;
        self.lost += u32::from(!sent.lost);
        if sent.lost {
            self.resent -= u32::from(sent.resent);
            sent.resent = false;
        }
        sent.lost = true;
        news
    }

    /// Marks a segment as arrived.
    pub(super) fn mark_sacked(&mut self, index: usize) {
        let Some(sent) = self.queue.get_mut(index).filter(|sent| !sent.sacked) else { return };
        sent.sacked = true;
        self.sacked += 1;
        if sent.lost {
            self.lost -= 1;
            self.resent -= u32::from(sent.resent);
            (sent.lost, sent.resent) = (false, false);
        }
    }

    /// A segment's repeat is known to have been needless.
    pub(super) fn forget_repeat(&mut self, index: usize) {
        if let Some(sent) = self.queue.get_mut(index) {
            self.resent -= u32::from(sent.resent);
            sent.resent = false;
        }
    }

    /// What was thought to be lost is not.
    pub(super) fn unmark_lost(&mut self) {
        for sent in &mut self.queue {
            sent.lost = false;
        }
        self.lost = 0;
    }

    pub(super) fn clear(&mut self) {
        *self = Flight::default();
    }
}
