//! What one packet says of another: which was sent first, who could know of what, and what the capture would show.
//!
//! The questions have three answers. [`Known::Yes`] and [`Known::No`] are proved: by acknowledgments, by the clocks of
//! timestamps, by the order at the capture point beside a host, or by a way that is too long. Where a rule has to go on
//! without proof, it asks what is *usual* ([`Connection::had_time`], [`Connection::seems_sent_after`] …), and what it
//! tells is likely at best. All slack that such questions need has its name here, and no rule measures it in its own
//! words.

use crate::bounds;
use crate::connection::endpoint::Facts;
use crate::connection::flight::{Sent, SentPool};
use crate::connection::recent::Original;
use crate::connection::{Connection, Seen, fold};
use crate::mark::Mark;
use crate::side::Side;
use crate::state::Vantage;
use crate::wire::segment::Segment;
use crate::wire::seq::Seq;
use std::cmp::Ordering;

/// What is known of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// The capture does not tell.
    Unknown,
}

/// What is kept of a packet to tell what its sender sent before and after it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sending {
    /// Where and when it was captured.
    pub at: Mark,
    tsval: Option<u32>,
    ip_id: Option<u16>,
    /// The newest timestamp that its sender had sent before, and when that was captured.
    heard: Option<(u32, i64)>,
    /// The next number of its sender, as far as captured.
    next: Option<Seq>,
    /// The number at which its sender stood, where it is a RST of a socket: what has a place behind that was sent later.
    stands_at: Option<Seq>,
    /// What the other side had sent before, as far as captured: its next number, and its newest timestamp.
    peer_next: Option<Seq>,
    peer_tsval: Option<u32>,
}

impl Sending {
    /// Of a packet that the connection has not taken in yet.
    #[must_use]
    pub fn of(c: &Connection, seen: &Seen<'_>) -> Sending {
        let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
        Sending {
            at: seen.segment.mark(),
            tsval: seen.segment.options.timestamps.map(|t| t.0),
            // One that is off the line was another's.
            ip_id: seen.segment.ip_id().filter(|&id| sender.may_count(id)),
            heard: sender.tsval().map(|tsval| (tsval, sender.last.time)),
            next: sender.seen.then_some(sender.next),
            stands_at: (seen.segment.flags.rst() && seen.segment.flags.ack()).then_some(seen.segment.seq),
            peer_next: peer.seen.then_some(peer.next),
            peer_tsval: peer.tsval(),
        }
    }
}

/// What a capture might lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The packets that open the connection.
    Opening,
    /// A packet of that side.
    Of(Side),
}

/// `later` is ahead of `earlier`, as numbers that wrap are.
fn is_newer(later: u32, earlier: u32) -> bool {
    (later.wrapping_sub(earlier) as i32) > 0
}

impl Connection {
    /// Whether `segment`, of the side `from`, was sent after `that` of the same side.
    #[must_use]
    pub fn sent_after(&self, from: Side, that: &Sending, segment: &Segment<'_>) -> Known {
        let peer = self.end(from.other());
        // It acknowledges, or echoes, what came by only after that one.
        let answers = |next: Seq| self.acknowledges_captured(from, segment) && segment.ack.after(next);
        if that.peer_next.is_some_and(answers) {
            return Known::Yes;
        }
        // It has a place in the sequence that its sender had not reached yet.
        let behind = |at: Seq| segment.seq_len() > 0 && !segment.flags.syn() && !segment.seq.before(at);
        if that.stands_at.is_some_and(behind) && !self.end(from).next.after(segment.seq) {
            return Known::Yes;
        }
        let timestamps = segment.options.timestamps;
        if let (Some((_, echo)), Some(before), Some(newest)) = (timestamps, that.peer_tsval, peer.tsval())
            && is_newer(echo, before)
            && !is_newer(echo, newest)
        {
            return Known::Yes;
        }
        // Its sender's own clock.
        match timestamps.map(|(this, _)| this).zip(that.tsval.or(that.heard.map(|(before, _)| before))) {
            Some((this, before)) if is_newer(before, this) => return Known::No,
            Some((this, before)) if that.tsval.is_some() && is_newer(this, before) => return Known::Yes,
            _ => {}
        }
        // Beside a host packets are captured in the order in which they are sent.
        let beside = self.is_surely_beside(from) && segment.time - that.at.time > bounds::QUEUED;
        if beside { Known::Yes } else { Known::Unknown }
    }

    /// `segment`, of the side `from`, acknowledges no more than was captured of the other: what is beyond that a device may
    /// have forged.
    fn acknowledges_captured(&self, from: Side, segment: &Segment<'_>) -> bool {
        let peer = self.end(from.other());
        segment.flags.ack() && !peer.next.before(segment.ack) && !peer.is(Facts::UNSEEN)
    }

    /// `segment` looks as all others of its sender do: it has timestamps if they have (RFC 7323, 3.2), and a TTL of theirs.
    #[must_use]
    pub fn looks_like_its_sender(&self, from: Side, segment: &Segment<'_>) -> bool {
        let timestamps = segment.options.timestamps.is_some() || self.end(from).tsval().is_none();
        timestamps && !self.is_odd_ttl(from, segment)
    }

    /// `segment` seems to have been sent before `that`: by the ticks of their sender's clock, or by IP IDs that count.
    #[must_use]
    pub fn seems_sent_before(&self, from: Side, that: &Sending, segment: &Segment<'_>) -> bool {
        match self.sent_after(from, that, segment) {
            Known::Yes => return false,
            Known::No => return true,
            Known::Unknown => {}
        }
        // A RST without a timestamp was sent after what came before it: what was sent later has a newer one than that, and
        // one by which it left behind the RST, where the clock ticks every millisecond, as nearly all do.
        let this = segment.options.timestamps.map(|(this, _)| this);
        if let (None, Some((before, time)), Some(this)) = (that.tsval, that.heard, this) {
            let since = this.wrapping_sub(before) as i32;
            return since <= 0 || time + i64::from(since) * bounds::TICK < that.at.time;
        }
        let ids = that.ip_id.filter(|_| self.end(from).ids_count());
        segment.order(that.tsval, ids) == Some(Ordering::Less)
    }

    /// `segment` seems to have been sent after `that`: nothing speaks against it, and its timestamp for it, or a delay that
    /// no queue explains.
    #[must_use]
    pub fn seems_sent_after(&self, from: Side, that: &Sending, segment: &Segment<'_>) -> bool {
        if self.sent_after(from, that, segment) == Known::Yes {
            return true;
        }
        let later = match segment.options.timestamps.zip(that.tsval) {
            Some(((this, _), tsval)) => this != tsval,
            None => segment.time - that.at.time > bounds::RST_OVERTAKES,
        };
        later && !self.seems_sent_before(from, that, segment)
    }

    /// `segment`, of the other side, acknowledges what came behind `that`, a RST in the name of the side `from`: its receiver
    /// has taken that in, and so not the RST.
    #[must_use]
    pub fn acknowledges_later(&self, from: Side, that: &Sending, segment: &Segment<'_>) -> bool {
        let later = |next: Seq| self.acknowledges_captured(from.other(), segment) && segment.ack.after(next);
        that.next.is_some_and(later) && self.end(from).said.time - that.at.time > bounds::QUEUED
    }

    /// Whether `segment`, of the other side, was sent by one to whom the sender of `that`, of which nothing had been captured
    /// before, has opened a connection since: it acknowledges the SYN-ACK behind.
    #[must_use]
    pub fn was_opened_after(&self, from: Side, that: &Sending, segment: &Segment<'_>) -> Known {
        let sender = self.end(from);
        let acknowledges = segment.flags.ack() && !segment.flags.rst() && segment.ack.after(sender.isn);
        let opened =
            that.next.is_none() && sender.has_isn && acknowledges && !sender.next.before(segment.ack);
        if opened { Known::Yes } else { Known::Unknown }
    }

    /// Who sent something captured at `other` need not have known what came from the other side at `one`.
    #[must_use]
    pub fn may_cross(&self, one: i64, other: i64) -> bool {
        other - one <= self.rtt().unwrap_or(0)
    }

    /// The capture was taken beside that side for certain. The looks of one side alone may be those of a device that forges,
    /// and where both look near a route without routers may lie between.
    fn is_surely_beside(&self, side: Side) -> bool {
        let both = self.ends.iter().all(|end| end.ttl_count > 0) && self.vantage() != Vantage::Both;
        self.is_beside(side) && (both || self.vantage_given.is_some())
    }

    /// Whether the side `by` could know of what was captured at `cause`, of the other side, when it sent what was captured
    /// at `at`. It can where that is captured beside it, and cannot beside the other side where no way is so short.
    #[must_use]
    pub fn could_know(&self, by: Side, cause: Mark, at: i64) -> Known {
        let elapsed = at - cause.time;
        if self.is_surely_beside(by) && elapsed > bounds::QUEUED {
            Known::Yes
        } else if self.is_surely_beside(by.other())
            && !self.is_beside(by)
            && (0..bounds::SHORTEST.min(self.half(by))).contains(&elapsed)
        {
            Known::No
        } else {
            Known::Unknown
        }
    }

    /// The side `by` hardly knew of what was captured at `cause` when it sent what was captured at `at`.
    #[must_use]
    pub fn hardly_knew(&self, by: Side, cause: Mark, at: i64) -> bool {
        let elapsed = at - cause.time;
        match self.could_know(by, cause, at) {
            Known::Yes => false,
            Known::No => true,
            Known::Unknown => elapsed < 0 || elapsed * bounds::SHORTER < self.half(by),
        }
    }

    /// Whether the capture would show what it may lack.
    #[must_use]
    pub fn would_show(&self, what: Missing) -> Known {
        match what {
            Missing::Opening if self.syn().is_set() => Known::Yes,
            Missing::Opening => Known::No,
            Missing::Of(side) => {
                let end = self.end(side);
                if !end.last.is_set() || end.facts.intersects(Facts::GAP | Facts::UNSEEN) {
                    Known::No
                } else if self.is_surely_beside(side) && self.syn().is_set() {
                    Known::Yes
                } else {
                    Known::Unknown
                }
            }
        }
    }

    /// The way to that side and back has been measured.
    #[must_use]
    pub fn way_known(&self, to: Side) -> bool {
        self.half(to) > 0
    }

    /// The way to that side is known to take at least so long, nanoseconds.
    #[must_use]
    pub fn way_is_longer_than(&self, to: Side, time: i64) -> bool {
        self.half(to) >= time
    }

    /// What was captured at `at` belongs to what was captured `since`: it is within a round trip, and `spare`, of it.
    #[must_use]
    pub fn within_a_round_trip_of(&self, since: i64, at: i64, spare: i64) -> bool {
        at <= since.saturating_add(spare + self.rtt().unwrap_or(0))
    }

    /// Its TTL is none of its sender's other packets.
    #[must_use]
    pub fn is_odd_ttl(&self, from: Side, segment: &Segment<'_>) -> bool {
        let end = self.end(from);
        end.ttl_count > 0 && segment.ip.is_some_and(|ip| !end.has_sent_with(ip.ttl))
    }

    /// The usual way to the side `by` had the time: what it sent `at` may answer what was captured `since`.
    #[must_use]
    pub fn had_time(&self, by: Side, since: i64, at: i64) -> bool {
        at - since > self.half(by)
    }

    /// The usual way to the side `by`, quick as it may be, had not the time.
    #[must_use]
    pub fn too_soon(&self, by: Side, since: i64, at: i64) -> bool {
        let way = self.half(by);
        at - since < way - way / bounds::JITTER
    }

    /// The side `by` answers at once what was captured `since`: within the usual way, and `host` nanoseconds of its own.
    /// Where the way is not known it may be a long one.
    #[must_use]
    pub fn at_once(&self, by: Side, since: i64, at: i64, host: i64) -> bool {
        let way = if self.way_known(by) { self.half(by) } else { self.rtt().unwrap_or(bounds::LONG_WAY) };
        at - since <= way + host
    }

    /// What was captured at `at` came of the side `by` within the usual way of what was captured `since`, or within `least`.
    #[must_use]
    pub fn within_way(&self, by: Side, since: i64, at: i64, least: i64) -> bool {
        at - since <= self.half(by).max(least)
    }

    /// The side `by` acts at once, within the usual way, upon what was captured `since`; `host` nanoseconds are its own.
    #[must_use]
    pub fn acts_at_once(&self, by: Side, since: i64, at: i64, host: i64) -> bool {
        self.host_took(by, since, at) <= host
    }

    /// What was captured at `at` came of the side `by` because of what was captured `since`: neither sooner than the way
    /// takes, quick as it may be, nor later than its `host` takes to act.
    #[must_use]
    pub fn answers(&self, by: Side, since: i64, at: i64, host: i64) -> bool {
        let way = self.half(by);
        (way - way / bounds::EARLIER - bounds::MEASURABLE..=way + host).contains(&(at - since))
    }

    /// A whole round trip was measured.
    #[must_use]
    pub fn round_trip_known(&self) -> bool {
        self.rtt().is_some()
    }

    /// It went on for longer than what crossed it explains: two round trips, where they are known, and [`bounds::HALF`].
    #[must_use]
    pub fn outlasts_what_crossed(&self, span: i64) -> bool {
        span >= self.rtt().map_or(bounds::LONGEST_RTT, |rtt| (2 * rtt).max(bounds::HALF))
    }

    /// A whole round trip is known to take longer than that, nanoseconds.
    #[must_use]
    pub fn is_longer_than(&self, time: i64) -> bool {
        self.rtt().is_some_and(|rtt| rtt > time)
    }

    /// What that side itself took to answer at `at` what was captured `since`: without the way to it and back. Negative
    /// where it answers something else.
    #[must_use]
    pub fn host_took(&self, by: Side, since: i64, at: i64) -> i64 {
        at - since - self.half(by)
    }

    /// So long after something, what crossed it has arrived, and what it draws too: two round trips, and `spare`.
    #[must_use]
    pub fn settled(&self, elapsed: i64, spare: i64) -> bool {
        elapsed > 2 * self.rtt().unwrap_or(0) + spare
    }

    /// The other side can have complained of the loss of what was captured `since`, and the complaint be heard: a whole
    /// round trip, quick as it may be, where it is known.
    #[must_use]
    pub fn could_complain(&self, since: i64, at: i64) -> bool {
        self.rtt().is_none_or(|rtt| at - since >= rtt - rtt / bounds::JITTER)
    }

    /// The side `from` asks for a resend, with SACK or duplicate ACKs.
    #[must_use]
    pub fn asks(&self, from: Side) -> bool {
        let end = self.end(from);
        end.is(Facts::SACKING) || end.dup_acks >= bounds::ASKS
    }

    /// The side `by` has shown that it lacks just what begins at `seq`: without SACK it can only tell so of what it expects
    /// next.
    #[must_use]
    pub fn misses(&self, by: Side, seq: Seq) -> bool {
        let end = self.end(by);
        self.asks(by) && (end.is(Facts::SACKING) || !seq.after(end.acked))
    }

    /// `segment`, of the side `from`, is a copy of a packet with the same header: that was captured, or delivered, twice.
    ///
    /// An IP ID together with a timestamp is given once. Some kernels keep the ID of what they send again; and timestamps
    /// tell nothing within a tick, in which on a short path a receiver can ask for a resend, and get it.
    pub(crate) fn is_copy(
        &self,
        from: Side,
        segment: &Segment<'_>,
        Original { ttl, ago }: Original,
        pool: &SentPool,
    ) -> bool {
        let has_id = segment.ip_id().is_some();
        let has_timestamp = segment.options.timestamps.is_some() && segment.seq_len() > 0;
        if has_id && segment.options.timestamps.is_some() {
            return ago < bounds::COPY_LATE;
        }
        let sender = self.end(from);
        let doubled = sender.copies > 0 && sender.doubles() || self.came_elsewhere(segment, ttl);
        // A SYN is sent again by a timer alone, of a second.
        let in_another_tick = self.is_longer_than(bounds::SLOWEST_TICK) || segment.flags.syn();
        if has_timestamp && in_another_tick || doubled && (has_id || has_timestamp) {
            return ago < bounds::COPY_WITHIN;
        }
        let most = if has_id { bounds::COPY_OF_ID } else { bounds::COPY_AT_ONCE };
        let asked_since = |sent: &Sent| self.end(from.other()).last.frame > sent.frame;
        ago < most
            && !(self.misses(from.other(), segment.seq)
                && sender
                    .flight
                    .overlapping(pool, segment.seq, segment.end(), self.end(from.other()).last_ack())
                    .is_some_and(asked_since))
    }

    /// It was captured on another link than the first packet, or behind other routers than one with this TTL.
    #[must_use]
    pub fn came_elsewhere(&self, segment: &Segment<'_>, ttl: u8) -> bool {
        fold(segment.link) != self.link || segment.ip.is_some_and(|ip| ip.ttl != ttl)
    }

    /// A whole round trip, or where that is not known the longest that is usual, and `least` at any rate.
    #[must_use]
    pub fn within_round_trip(&self, elapsed: i64, least: i64) -> bool {
        elapsed <= self.rtt().unwrap_or(bounds::LONGEST_RTT).max(least)
    }
}
