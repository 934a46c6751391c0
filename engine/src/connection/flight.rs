//! The segments in flight: what each side has sent and the other has not acknowledged yet.

use crate::mark::Mark;
use crate::wire::segment::{Checksum, Segment};
use crate::wire::seq::Seq;

/// A segment that occupies sequence space and is not yet acknowledged, or a place in the pool of them.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Its first sequence number.
    pub seq: Seq,
    /// Its length in sequence space.
    pub seq_len: u32,
    /// Frame of the latest copy that was sent.
    pub frame: u32,
    /// Frame of the first copy.
    pub first_frame: u32,
    /// Time of the latest copy.
    pub time: i64,
    /// See [`Segment::payload_sum`].
    pub payload_sum: u32,
    /// How often it was sent again.
    pub repeats: u16,
    /// The checksum of its first copy is [`Checksum::Unfinished`].
    pub unfinished: bool,
    next: u32,
}

impl Sent {
    /// What must have been sent before the segment `behind`, which was seen, and was not.
    #[must_use]
    pub fn unseen(segment: &Segment<'_>, behind: Mark) -> Sent {
        Sent {
            seq: segment.seq,
            seq_len: segment.seq_len(),
            frame: behind.frame,
            first_frame: behind.frame,
            time: behind.time,
            payload_sum: 0,
            repeats: 0,
            unfinished: false,
            next: NONE,
        }
    }

    /// The sequence number that follows it.
    #[must_use]
    pub fn end(&self) -> Seq {
        self.seq + self.seq_len
    }
}

const NONE: u32 = u32::MAX;

/// The segments in flight of all connections, as linked lists in one allocation, so that a
/// connection at rest holds none and a busy one allocates nothing per packet.
#[derive(Debug, Default)]
pub struct SentPool {
    slots: Vec<Sent>,
    free: Vec<u32>,
}

impl SentPool {
    /// At most so many segments in flight are remembered for one direction.
    const MOST_PER_SIDE: u16 = 4096;
    /// And so many in all: 4 million at 40 bytes.
    const MOST: usize = 4 << 20;

    fn take(&mut self, sent: Sent) -> u32 {
        if let Some(at) = self.free.pop() {
            self.slots[at as usize] = sent;
            at
        } else if self.slots.len() < Self::MOST {
            self.slots.push(sent);
            (self.slots.len() - 1) as u32
        } else {
            NONE
        }
    }
}

/// The list of one side's segments in flight: a ring in the pool, of which only the newest is held.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(2))]
pub struct Flight {
    newest: u32,
    count: u16,
}

impl Default for Flight {
    fn default() -> Flight {
        Flight { newest: NONE, count: 0 }
    }
}

impl Flight {
    /// How many segments are in flight.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Nothing is in flight.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Where the oldest is; meaningful unless empty.
    fn oldest(&self, pool: &SentPool) -> u32 {
        pool.slots.get(self.newest as usize).map_or(NONE, |newest| newest.next)
    }

    /// In the order in which they were first sent.
    pub fn iter<'p>(&self, pool: &'p SentPool) -> impl Iterator<Item = &'p Sent> + use<'p> {
        let mut at = self.oldest(pool);
        (0..self.count).map_while(move |_| {
            let sent = pool.slots.get(at as usize)?;
            at = sent.next;
            Some(sent)
        })
    }

    /// The oldest segment in flight that shares bytes with `seq..end`. What filled a gap is behind what was sent later,
    /// and may be `acked` before that is.
    #[must_use]
    pub fn overlapping<'p>(
        &self,
        pool: &'p SentPool,
        seq: Seq,
        end: Seq,
        acked: Option<Seq>,
    ) -> Option<&'p Sent> {
        let is_acked = |s: &Sent| acked.is_some_and(|acked| acked.reaches(s.end()));
        self.iter(pool).find(|s| s.seq.before(end) && s.end().after(seq) && !is_acked(s))
    }

    /// Remembers a segment that was sent for the first time.
    pub(super) fn push(&mut self, pool: &mut SentPool, segment: &Segment<'_>) {
        if self.count >= SentPool::MOST_PER_SIDE {
            self.pop(pool);
        }
        let at = pool.take(Sent {
            seq: segment.seq,
            seq_len: segment.seq_len(),
            frame: segment.frame,
            first_frame: segment.frame,
            time: segment.time,
            payload_sum: segment.payload_sum,
            repeats: 0,
            unfinished: segment.checksum == Checksum::Unfinished,
            next: NONE,
        });
        if at == NONE {
            return;
        }
        let oldest = match pool.slots.get_mut(self.newest as usize) {
            Some(newest) => std::mem::replace(&mut newest.next, at),
            None => at,
        };
        pool.slots[at as usize].next = oldest;
        self.newest = at;
        self.count += 1;
    }

    /// Forgets the oldest.
    fn pop(&mut self, pool: &mut SentPool) {
        let at = self.oldest(pool);
        let Some(slot) = pool.slots.get(at as usize) else {
            *self = Flight::default();
            return;
        };
        let next = slot.next;
        pool.free.push(at);
        self.count -= 1;
        if self.count == 0 {
            self.newest = NONE;
        } else {
            pool.slots[self.newest as usize].next = next;
        }
    }

    /// Notes that everything in flight that `segment` covers was sent again; `false` when nothing was.
    pub(super) fn resent(&mut self, pool: &mut SentPool, segment: &Segment<'_>) -> bool {
        let (seq, end) = (segment.seq, segment.end());
        let mut any = false;
        let mut at = self.oldest(pool);
        for _ in 0..self.count {
            let Some(sent) = pool.slots.get_mut(at as usize) else { break };
            at = sent.next;
            if sent.seq.before(end) && sent.end().after(seq) {
                sent.frame = segment.frame;
                sent.time = segment.time;
                sent.repeats = sent.repeats.saturating_add(1);
                any = true;
            }
        }
        any
    }

    /// Forgets what is acknowledged; returns the length of the longest segment of it.
    pub(super) fn acknowledged(&mut self, pool: &mut SentPool, ack: Seq) -> u32 {
        let mut largest = 0;
        while let Some(sent) = pool.slots.get(self.oldest(pool) as usize) {
            if !ack.reaches(sent.end()) {
                break;
            }
            largest = largest.max(sent.seq_len);
            self.pop(pool);
        }
        largest
    }

    /// Forgets everything.
    pub fn clear(&mut self, pool: &mut SentPool) {
        while !self.is_empty() {
            self.pop(pool);
        }
    }
}
