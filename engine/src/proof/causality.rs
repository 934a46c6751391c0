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
            Known::Unknown => elapsed * bounds::SHORTER < self.half(by),
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
                if !end.last.is_set() || !end.is_whole() {
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

    /// A timer of who sent what was captured `since` could run by then: the probe for a lost tail, which waits for two round
    /// trips (RFC 8985, 7.2), quick as they may be, or the timeout.
    #[must_use]
    pub fn timer_could_run(&self, since: i64, at: i64) -> bool {
        let trip = self.rtt().map_or(0, |rtt| rtt - rtt / bounds::JITTER);
        at - since >= trip + (trip / 2).clamp(bounds::PROBE_MIN, bounds::RTO_MIN)
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

#[cfg(test)]
mod tests {
    use super::{Known, Missing, Sending, is_newer};
    use crate::bounds;
    use crate::connection::Connection;
    use crate::connection::example::{ACK, Example, MS, RST, SYN, segment, ticking, with_ttl};
    use crate::connection::recent::Original;
    use crate::mark::Mark;
    use crate::side::Side;
    use crate::state::Vantage;
    use crate::wire::segment::{IpInfo, Options, Segment};
    use crate::wire::seq::Seq;

    const CLIENT: Side = Side::Client;
    const SERVER: Side = Side::Server;

    /// The longest time, in nanoseconds, for which it is so, or the longest for which it is not; to a minute, of what changes
    /// once on the way.
    fn until(is: impl Fn(i64) -> bool) -> i64 {
        let (mut low, mut high) = (0, 60_000 * MS);
        let at_first = is(low);
        assert_ne!(at_first, is(high));
        while high - low > 1 {
            let middle = i64::midpoint(low, high);
            if is(middle) == at_first { low = middle } else { high = middle }
        }
        low
    }

    /// 8 ms to the server and back, 16 ms to the client, captured between them.
    fn between() -> Connection {
        Example::handshake(8 * MS, 16 * MS).c
    }

    /// Nothing of the ways is known.
    fn begun_late() -> Connection {
        Example::at_port(80, segment(0, ACK, 1001, 5001, 10)).c
    }

    /// As somebody said where the capture was taken.
    fn given(vantage: Vantage, mut c: Connection) -> Connection {
        c.vantage_given = Some(vantage);
        c
    }

    fn beside(side: Side) -> Connection {
        given(Vantage::beside(side), between())
    }

    #[test]
    fn each_question_of_time_has_its_slack_and_no_more() {
        let (c, unknown) = (between(), begun_late());
        assert_eq!(until(|t| c.may_cross(1, 1 + t)), 24 * MS);
        assert_eq!(until(|t| c.way_is_longer_than(SERVER, t)), 8 * MS);
        assert_eq!(until(|t| c.within_a_round_trip_of(7, 7 + t, 5 * MS)), 29 * MS);
        assert_eq!(until(|t| c.had_time(SERVER, 7, 7 + t)), 8 * MS);
        assert_eq!(until(|t| c.too_soon(SERVER, 7, 7 + t)), 7 * MS - 1);
        assert_eq!(until(|t| c.at_once(SERVER, 7, 7 + t, MS)), 9 * MS);
        assert_eq!(until(|t| unknown.at_once(SERVER, 7, 7 + t, MS)), bounds::LONG_WAY + MS);
        assert_eq!(until(|t| c.within_way(SERVER, 7, 7 + t, MS)), 8 * MS);
        assert_eq!(until(|t| c.within_way(SERVER, 7, 7 + t, 9 * MS)), 9 * MS);
        assert_eq!(until(|t| c.acts_at_once(SERVER, 7, 7 + t, MS)), 9 * MS);
        assert_eq!(c.host_took(SERVER, 7, 7 + 9 * MS), MS);
        // A quarter of the way and a millisecond sooner, at most.
        assert_eq!(until(|t| c.answers(SERVER, 7, 7 + t.min(8 * MS), MS)), 5 * MS - 1);
        assert_eq!(until(|t| c.answers(SERVER, 7, 7 + t.max(8 * MS), MS)), 9 * MS);
        assert_eq!(until(|t| c.outlasts_what_crossed(t)), bounds::HALF - 1);
        let long = Example::handshake(80 * MS, 160 * MS).c;
        assert_eq!(until(|t| long.outlasts_what_crossed(t)), 480 * MS - 1);
        assert_eq!(until(|t| unknown.outlasts_what_crossed(t)), bounds::LONGEST_RTT - 1);
        assert_eq!(until(|t| c.is_longer_than(t)), 24 * MS - 1);
        assert_eq!(until(|t| c.settled(t, 5 * MS)), 53 * MS);
        assert_eq!(until(|t| c.could_complain(7, 7 + t)), 21 * MS - 1);
        assert!(unknown.could_complain(7, 7));
        assert_eq!(until(|t| c.within_round_trip(t, MS)), 24 * MS);
        assert_eq!(until(|t| c.within_round_trip(t, 25 * MS)), 25 * MS);
        assert_eq!(until(|t| unknown.within_round_trip(t, MS)), bounds::LONGEST_RTT);
        assert!(c.way_known(SERVER) && !unknown.way_known(SERVER));
        assert!(c.round_trip_known() && !unknown.round_trip_known());
    }

    #[test]
    fn a_side_knows_what_was_captured_beside_it_and_not_what_no_way_is_short_enough_for() {
        let cause = Mark { frame: 1, time: 7 };
        let knows = |c: &Connection, by, elapsed| c.could_know(by, cause, 7 + elapsed);
        let at_server = beside(SERVER);
        assert_eq!(knows(&at_server, SERVER, bounds::QUEUED), Known::Unknown);
        assert_eq!(knows(&at_server, SERVER, bounds::QUEUED + 1), Known::Yes);
        assert_eq!(knows(&at_server, CLIENT, -1), Known::Unknown);
        assert_eq!(knows(&at_server, CLIENT, 0), Known::No);
        assert_eq!(knows(&at_server, CLIENT, bounds::SHORTEST - 1), Known::No);
        assert_eq!(knows(&at_server, CLIENT, bounds::SHORTEST), Known::Unknown);
        let both = given(Vantage::Both, between());
        assert_eq!(knows(&both, CLIENT, 0), Known::Unknown);
        assert_eq!(knows(&between(), CLIENT, 0), Known::Unknown);
        // Half of the way, and where it is proved.
        let hardly = |c: &Connection, by, elapsed| c.hardly_knew(by, cause, 7 + elapsed);
        assert_eq!(until(|t| hardly(&between(), CLIENT, t)), 8 * MS - 1);
        assert!(hardly(&begun_late(), CLIENT, -1) && !hardly(&begun_late(), CLIENT, 0));
        assert!(!hardly(&at_server, SERVER, bounds::QUEUED + 1));
    }

    #[test]
    fn what_a_packet_shows_of_one_before_it_tells_their_order() {
        let mut example = Example::handshake(8 * MS, 16 * MS);
        example.then(SERVER, ticking(segment(30 * MS, ACK, 5001, 1001, 100), 90, 7));
        let c = &example.c;
        let that = Sending { at: Mark { frame: 3, time: 24 * MS }, ..Sending::default() };
        let order = |that: &Sending, this: Segment<'_>| c.sent_after(CLIENT, that, &this);
        let pure = |ack| segment(31 * MS, ACK, 1001, ack, 0);
        assert_eq!(order(&that, pure(5101)), Known::Unknown);
        // It acknowledges what had not come by then; what was never captured may be forged.
        let acked = Sending { peer_next: Some(Seq(5001)), ..that };
        assert_eq!(order(&acked, pure(5001)), Known::Unknown);
        assert_eq!(order(&acked, pure(5002)), Known::Yes);
        assert_eq!(order(&acked, pure(5101)), Known::Yes);
        assert_eq!(order(&acked, pure(5102)), Known::Unknown);
        assert_eq!(order(&acked, segment(31 * MS, RST, 1001, 5101, 0)), Known::Unknown);
        // It has a place behind that at which its sender stood.
        let stood = Sending { stands_at: Some(Seq(1001)), ..that };
        assert_eq!(order(&stood, segment(31 * MS, ACK, 1001, 5001, 10)), Known::Yes);
        assert_eq!(order(&stood, segment(31 * MS, ACK, 1000, 5001, 10)), Known::Unknown);
        assert_eq!(order(&stood, pure(5001)), Known::Unknown);
        assert_eq!(order(&stood, segment(31 * MS, SYN, 1001, 0, 0)), Known::Unknown);
        // It echoes what had not come by then, and what the other side has sent.
        let heard = Sending { peer_tsval: Some(80), ..that };
        for (echo, known) in [(80, Known::Unknown), (81, Known::Yes), (90, Known::Yes), (91, Known::Unknown)]
        {
            assert_eq!(order(&heard, ticking(pure(5001), 1, echo)), known, "{echo}");
        }
        // Its sender's clock.
        let ticks = Sending { tsval: Some(50), heard: Some((60, 0)), ..that };
        let heard = Sending { heard: Some((50, 0)), ..that };
        for (tsval, known) in [(49, Known::No), (50, Known::Unknown), (51, Known::Yes)] {
            assert_eq!(order(&ticks, ticking(pure(5001), tsval, 0)), known, "{tsval}");
            let known = if known == Known::Yes { Known::Unknown } else { known };
            assert_eq!(order(&heard, ticking(pure(5001), tsval, 0)), known, "{tsval}");
        }
        // Beside a host, the order in which they are captured.
        let at_client = beside(CLIENT);
        for (since, known) in [(bounds::QUEUED, Known::Unknown), (bounds::QUEUED + 1, Known::Yes)] {
            let this = segment(24 * MS + since, ACK, 1001, 5001, 0);
            assert_eq!(at_client.sent_after(CLIENT, &that, &this), known);
            assert_eq!(at_client.sent_after(SERVER, &that, &this), Known::Unknown);
        }
    }

    #[test]
    fn numbers_that_wrap_are_newer_when_ahead() {
        assert!(is_newer(6, 5) && !is_newer(5, 5) && !is_newer(4, 5));
        assert!(is_newer(1, u32::MAX) && !is_newer(u32::MAX, 1));
    }

    #[test]
    fn a_capture_shows_all_of_whom_it_was_taken_beside_from_the_first_packet_on() {
        assert_eq!(between().would_show(Missing::Opening), Known::Yes);
        assert_eq!(begun_late().would_show(Missing::Opening), Known::No);
        assert_eq!(between().would_show(Missing::Of(CLIENT)), Known::Unknown);
        assert_eq!(beside(CLIENT).would_show(Missing::Of(CLIENT)), Known::Yes);
        assert_eq!(beside(CLIENT).would_show(Missing::Of(SERVER)), Known::Unknown);
        let late = given(Vantage::Client, begun_late());
        assert_eq!(late.would_show(Missing::Of(CLIENT)), Known::Unknown);
        assert_eq!(late.would_show(Missing::Of(SERVER)), Known::No);
        let mut gap = Example::handshake(8 * MS, 16 * MS);
        gap.then(CLIENT, segment(30 * MS, ACK, 1101, 5001, 10));
        assert_eq!(gap.c.would_show(Missing::Of(CLIENT)), Known::No);
        let mut unseen = Example::handshake(8 * MS, 16 * MS);
        unseen.then(CLIENT, segment(30 * MS, ACK, 1001, 5101, 0));
        assert_eq!(unseen.c.would_show(Missing::Of(SERVER)), Known::No);
    }

    #[test]
    fn a_side_asks_by_three_duplicate_acks_or_sack_and_misses_what_it_asks_for() {
        let mut example = Example::handshake(8 * MS, 16 * MS);
        for n in 0..3 {
            example.then(SERVER, segment(30 * MS + n, ACK, 5001 + 100 * n as u32, 1001, 100));
        }
        for asks in [false, false, false, true] {
            assert_eq!(example.c.asks(CLIENT), asks);
            example.then(CLIENT, segment(40 * MS, ACK, 1001, 5001, 0));
        }
        assert!(example.c.misses(CLIENT, Seq(5001)) && !example.c.misses(CLIENT, Seq(5002)));
        let sack = [Some((Seq(5201), Seq(5301))), None, None, None];
        let sacks = segment(41 * MS, ACK, 1001, 5001, 0);
        let mut example = Example::handshake(8 * MS, 16 * MS);
        example.then(SERVER, segment(30 * MS, ACK, 5201, 1001, 100));
        example.then(CLIENT, Segment { options: Options { sack, ..sacks.options }, ..sacks });
        assert!(example.c.misses(CLIENT, Seq(5101)));
    }

    #[test]
    fn what_came_behind_a_rst_is_acknowledged_by_who_has_not_taken_that() {
        let rst =
            Sending { at: Mark { frame: 4, time: 30 * MS }, next: Some(Seq(5001)), ..Sending::default() };
        let later = |since, ack| {
            let mut example = Example::handshake(8 * MS, 16 * MS);
            example.then(SERVER, segment(30 * MS + since, ACK, 5001, 1001, 100));
            example.c.acknowledges_later(SERVER, &rst, &segment(90 * MS, ACK, 1001, ack, 0))
        };
        assert!(later(bounds::QUEUED + 1, 5002) && !later(bounds::QUEUED, 5002));
        assert!(!later(MS * 5, 5001) && !later(MS * 5, 5102));
    }

    #[test]
    fn a_syn_ack_that_is_acknowledged_has_opened_a_connection() {
        let mut example = Example::syn();
        let before = Sending { at: Mark { frame: 2, time: MS }, ..Sending::default() };
        let opened = |example: &Example, that: &Sending, flags, ack| {
            example.c.was_opened_after(SERVER, that, &segment(90 * MS, flags, 1001, ack, 0))
        };
        assert_eq!(opened(&example, &before, ACK, 5001), Known::Unknown);
        example.then(SERVER, segment(50 * MS, SYN | ACK, 5000, 1001, 0));
        assert_eq!(opened(&example, &before, ACK, 5001), Known::Yes);
        assert_eq!(opened(&example, &before, ACK, 5000), Known::Unknown);
        assert_eq!(opened(&example, &before, ACK, 5002), Known::Unknown);
        assert_eq!(opened(&example, &before, RST | ACK, 5001), Known::Unknown);
        assert_eq!(opened(&example, &before, 0, 5001), Known::Unknown);
        let known = Sending { next: Some(Seq(5001)), ..before };
        assert_eq!(opened(&example, &known, ACK, 5001), Known::Unknown);
    }

    #[test]
    fn the_looks_of_one_side_alone_prove_no_place() {
        let cause = Mark { frame: 2, time: 8 * MS };
        let knows = |ttl: [Option<u8>; 2]| {
            let look = |segment, ttl: Option<u8>| ttl.map_or(segment, |ttl| with_ttl(segment, ttl));
            let mut example = Example::at_port(80, look(segment(0, SYN, 1000, 0, 0), ttl[0]));
            example.then(SERVER, look(segment(8 * MS, SYN | ACK, 5000, 1001, 0), ttl[1]));
            example.c.could_know(CLIENT, cause, 20 * MS)
        };
        assert_eq!(knows([Some(64), Some(58)]), Known::Yes);
        assert_eq!(knows([Some(64), None]), Known::Unknown);
        assert_eq!(knows([Some(64), Some(64)]), Known::Unknown);
        assert_eq!(knows([Some(60), Some(64)]), Known::Unknown);
    }

    #[test]
    fn a_copy_comes_as_late_as_what_it_has_in_common_allows() {
        let with_id = |segment: Segment<'static>| {
            let ip = Some(IpInfo { ttl: 64, id: Some(9), ecn: 0 });
            Segment { ip, ..segment }
        };
        let copies = |example: &Example, this: Segment<'_>| {
            until(|ago| {
                example.c.is_copy(
                    CLIENT,
                    &this,
                    Original { ttl: this.ip.map_or(0, |ip| ip.ttl), ago },
                    &example.pool,
                )
            })
        };
        let slow = Example::handshake(8 * MS, 16 * MS);
        let quick = Example::handshake(MS, MS);
        let data = segment(50 * MS, ACK, 1001, 5001, 100);
        assert_eq!(copies(&slow, with_id(ticking(data, 7, 7))), bounds::COPY_LATE - 1);
        assert_eq!(copies(&slow, ticking(data, 7, 7)), bounds::COPY_WITHIN - 1);
        assert_eq!(copies(&quick, ticking(data, 7, 7)), bounds::COPY_AT_ONCE - 1);
        let syn = ticking(segment(50 * MS, SYN, 1000, 0, 0), 7, 0);
        assert_eq!(copies(&quick, syn), bounds::COPY_WITHIN - 1);
        assert_eq!(copies(&slow, with_id(data)), bounds::COPY_OF_ID - 1);
        assert_eq!(copies(&slow, data), bounds::COPY_AT_ONCE - 1);
        assert_eq!(
            copies(&slow, ticking(segment(50 * MS, ACK, 1001, 5001, 0), 7, 7)),
            bounds::COPY_AT_ONCE - 1
        );
        // A capture that doubles its packets, or another link.
        let mut doubles = Example::handshake(8 * MS, 16 * MS);
        doubles.c.count(CLIENT, true);
        assert_eq!(copies(&doubles, with_id(data)), bounds::COPY_WITHIN - 1);
        assert_eq!(copies(&doubles, data), bounds::COPY_AT_ONCE - 1);
        assert_eq!(copies(&slow, Segment { link: 7, ..with_id(data) }), bounds::COPY_WITHIN - 1);
        // What the other side has asked for is sent again.
        let mut asked = Example::handshake(8 * MS, 16 * MS);
        asked.then(CLIENT, data);
        let is = |example: &Example, this: &Segment<'_>| {
            example.c.is_copy(CLIENT, this, Original { ttl: 0, ago: 1 }, &example.pool)
        };
        for n in 0..4 {
            assert_eq!(is(&asked, &data), n < 3, "{n}");
            asked.then(SERVER, segment(60 * MS, ACK, 5001, 1001, 0));
        }
    }

    #[test]
    fn a_packet_was_sent_before_where_clock_or_ip_id_are_behind() {
        let mut example = Example::handshake(8 * MS, 16 * MS);
        let numbered = |segment: Segment<'static>, id| {
            let ip = Some(IpInfo { ttl: 64, id: Some(id), ecn: 0 });
            Segment { ip, ..segment }
        };
        example.then(CLIENT, ticking(numbered(segment(30 * MS, ACK, 1001, 5001, 0), 100), 50, 0));
        let c = &example.c;
        let that = Sending { at: Mark { frame: 5, time: 40 * MS }, ip_id: Some(101), ..Sending::default() };
        let this = |id| numbered(segment(41 * MS, ACK, 1001, 5001, 0), id);
        assert!(c.seems_sent_before(CLIENT, &that, &this(100)));
        assert!(
            !c.seems_sent_before(CLIENT, &that, &this(101))
                && !c.seems_sent_before(CLIENT, &that, &this(102))
        );
        // One without a timestamp was sent after the newest before it: 10 ms later, as the capture tells.
        let rst = Sending { heard: Some((50, 30 * MS)), ip_id: None, ..that };
        let ticks = |tsval| ticking(segment(41 * MS, ACK, 1001, 5001, 0), tsval, 0);
        for (tsval, before) in [(49, true), (50, true), (59, true), (60, false), (61, false)] {
            assert_eq!(c.seems_sent_before(CLIENT, &rst, &ticks(tsval)), before, "{tsval}");
        }
        // After it, where nothing speaks against that.
        let after = |that: &Sending, this: &Segment<'_>| c.seems_sent_after(CLIENT, that, this);
        let plain = Sending { ip_id: None, ..that };
        let since = |time| segment(40 * MS + time, ACK, 1001, 5001, 0);
        assert!(
            after(&plain, &since(bounds::RST_OVERTAKES + 1)) && !after(&plain, &since(bounds::RST_OVERTAKES))
        );
        let late = Segment { time: 90 * MS, ..this(100) };
        assert!(!after(&that, &late) && after(&that, &Segment { time: 90 * MS, ..this(102) }));
        let ticked = Sending { tsval: Some(60), ..plain };
        assert!(after(&ticked, &ticks(61)) && !after(&ticked, &ticks(60)) && !after(&ticked, &ticks(59)));
    }
}
