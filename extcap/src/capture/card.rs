//! A network card that splits and joins segments (TSO, GRO): what is captured at its host was not on the wire so.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::BytesMut;

use super::{Captured, Seen};
use crate::net::{Flags, Packet};

/// What comes within so long may be one.
const WINDOW: Duration = Duration::from_micros(20);
/// The most segments that one large one stands for: what fits in an IP packet.
const MOST: usize = 44;
/// Linux hands about a millisecond's worth of data to the card, and no less than two segments
/// (`tcp_tso_autosize`); in the beginning, ten go in half a round trip.
const PER_ROUND_TRIP: u128 = 20;

/// Joins segments that belong together.
#[derive(Debug)]
pub(super) struct Card {
    most: usize,
    /// What may still grow, in order, with the segments that it is made of.
    held: VecDeque<(Captured, usize)>,
}

impl Card {
    pub(super) fn new(rtt: Duration) -> Self {
        let per_millisecond = PER_ROUND_TRIP * 1_000 / rtt.as_micros().max(1);
        Card { most: usize::try_from(per_millisecond).unwrap_or(MOST).clamp(2, MOST), held: VecDeque::new() }
    }

    /// Takes the next packet.
    pub(super) fn take(&mut self, captured: Captured) {
        let most = self.most;
        let last = self.held.iter_mut().rev().find(|(held, _)| same_flow(held, &captured));
        if let Some((held, count)) = last.filter(|(_, count)| *count < most)
            && join(held, &captured)
        {
            *count += 1;
        } else {
            self.held.push_back((captured, 1));
        }
    }

    /// Gives what can grow no more, now or, at the end, at all.
    pub(super) fn give(&mut self, end: bool) -> Option<Captured> {
        let (newest, _) = self.held.back()?;
        let done = end || self.held.front().is_some_and(|(first, _)| first.time + WINDOW < newest.time);
        if done { self.held.pop_front().map(|(captured, _)| captured) } else { None }
    }
}

fn same_flow(a: &Captured, b: &Captured) -> bool {
    let flow = |c: &Captured| (c.at, c.packet().source(), c.packet().destination());
    flow(a) == flow(b)
}

/// Appends `next` to `large` if the card would; false if not.
fn join(large: &mut Captured, next: &Captured) -> bool {
    if next.time - large.time > WINDOW || large.lost != next.lost {
        return false;
    }
    let (Seen::Segment(first), Seen::Segment(second)) = (&mut large.seen, &next.seen) else { return false };
    if !joinable(first, second) {
        return false;
    }
    let mut payload = BytesMut::with_capacity(first.segment.payload.len() + second.segment.payload.len());
    payload.extend_from_slice(&first.segment.payload);
    payload.extend_from_slice(&second.segment.payload);
    first.segment.payload = payload.freeze();
    first.segment.flags = first.segment.flags | second.segment.flags;
    large.joined = true;
    true
}

/// Data that follows data, with the same header but for the numbers.
fn joinable(first: &Packet, second: &Packet) -> bool {
    let (a, b) = (&first.segment, &second.segment);
    let plain = |flags: Flags| flags == Flags::ACK || flags == Flags::ACK | Flags::PSH;
    a.len() > 0
        && b.len() > 0
        && a.flags == Flags::ACK
        && plain(b.flags)
        && a.end() == b.seq
        && (a.ack, a.window, &a.options) == (b.ack, b.window, &b.options)
        && (first.ttl, first.fault, first.reason.kind) == (second.ttl, second.fault, second.reason.kind)
}
