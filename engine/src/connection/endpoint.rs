//! One side of a connection: what it sent, what it acknowledged, and the RFC 9293 state that proves.

use crate::bounds;
use crate::connection::flight::{Flight, SentPool};
use crate::mark::Mark;
use crate::state::State;
use crate::wire::segment::{Checksum, Segment};
use crate::wire::seq::Seq;
use crate::wire::{goodbye, http};
use std::cmp::Ordering;

bitflags::bitflags! {
    /// What is known of one side, a bit each: every connection has two of them.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Facts: u16 {
        /// The other side acknowledged what was never captured of it.
        const UNSEEN = 1;
        /// A gap in its sequence numbers was captured.
        const GAP = 1 << 1;
        /// It has sent the timestamps option.
        const TIMESTAMPS = 1 << 2;
        /// A segment of it had a right checksum.
        const CHECKSUMS_RIGHT = 1 << 3;
        /// Its newest acknowledgment reports data beyond a hole (RFC 2018).
        const SACKING = 1 << 4;
        /// Its SYN or SYN-ACK offered window scaling.
        const OFFERS_SCALE = 1 << 5;
        /// It permits SACK.
        const OFFERS_SACK = 1 << 6;
        /// Its FIN came behind the other's without acknowledging it: they crossed.
        const FIN_CROSSES = 1 << 7;
        /// The last of it that was acknowledged is one number that was not captured: its FIN, most likely.
        const FIN_UNSEEN = 1 << 8;
        /// Its timestamps have counted milliseconds, as far as the capture's clock tells.
        const TICKS_EACH_MS = 1 << 10;
        /// Its SYN or SYN-ACK was signed (TCP-MD5, TCP-AO).
        const SIGNS = 1 << 11;
        /// Its SYN asked for ECN (RFC 3168, 6.1.1).
        const ASKS_ECN = 1 << 12;
        /// The other side has acknowledged what came with a wrong checksum: theirs tell nothing, whatever merges or
        /// finishes them.
        const CHECKSUMS_TELL_NOTHING = 1 << 13;
        /// The newest that it said asks for nothing: a response, or a TLS record as short as those that only manage a
        /// connection.
        const SAYS_NO_REQUEST = 1 << 9;
        /// The newest that it said ends with a goodbye of its protocol: it says no more.
        const SAYS_GOODBYE = 1 << 14;
        /// That is longer than goodbyes are.
        const SAYS_LONG_GOODBYE = 1 << 15;
    }
}

/// One side of a connection.
#[derive(Clone, Debug, Default)]
pub struct Endpoint {
    /// Initial sequence number; where that is not known (`has_isn`), the first number seen.
    pub isn: Seq,
    /// The sequence number after the last one that it sent; meaningful when `seen`.
    pub next: Seq,
    /// The highest acknowledgment number that it sent; meaningful when `acked_any`.
    pub acked: Seq,
    /// Its last packet, copies aside.
    pub last: Mark,
    /// Its first FIN.
    pub fin: Mark,
    /// The first segment of the other side that acknowledges its FIN.
    pub fin_acked: Mark,
    tsval: u32,
    /// Its segments in flight.
    pub flight: Flight,
    /// The window that it last advertised, unscaled.
    pub window: u16,
    /// The largest that it ever advertised, unscaled, but for its SYN.
    pub widest: u16,
    /// IP ID of its last segment that had one other than 0; of the last in a packet of several (TSO, GRO).
    pub ip_id: u16,
    /// Shift to apply to its window, from its SYN.
    pub window_scale: u8,
    /// TTL of its packets, other than RSTs; 0 when not known.
    pub ttl: u8,
    /// The newest two TTLs of its packets, other than RSTs, the newest first; 0 in place of what is not known.
    ttls: [u8; 2],
    /// How many packets, other than RSTs, had that TTL; saturates.
    pub ttl_count: u8,
    /// The state that the capture proves.
    pub state: State,
    /// `isn` is known.
    pub has_isn: bool,
    /// Anything of it was captured.
    pub seen: bool,
    /// It has acknowledged anything.
    pub acked_any: bool,
    /// The segment that moved its acknowledgment number last.
    pub acked_at: Mark,
    /// Its newest segment with payload that it had not sent before: where it is a client, a request.
    pub said: Mark,
    /// Packets that it sent, copies included; both are halved before they overflow.
    pub packets: u16,
    /// Copies among them.
    pub copies: u16,
    /// The largest payload of one of its segments.
    pub largest: u16,
    /// The largest of them that was acknowledged.
    pub largest_acked: u16,
    /// The MSS that it offered, 0 without.
    pub mss: u16,
    /// What else is known of it.
    pub facts: Facts,
    /// Duplicate ACKs that it has sent since its acknowledgment number last moved; saturates.
    pub dup_acks: u8,
    /// How often its FIN was sent again.
    pub fin_repeats: u8,
    /// How often its sequence numbers have come round to `isn` again.
    rounds: u8,
    /// How often its IP ID jumped, less the times that it went on by a few; saturates.
    id_jumps: i8,
    /// Messages in a row that it began after a pause though the other side had said nothing since; saturates.
    pub unanswered: u8,
}

impl Endpoint {
    /// All of `facts` are known of it.
    #[must_use]
    pub fn is(&self, facts: Facts) -> bool {
        self.facts.contains(facts)
    }

    /// The capture lacks nothing of it, as far as its numbers and their acknowledgments show.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.facts.intersects(Facts::GAP | Facts::UNSEEN)
    }

    /// Bytes sent and not acknowledged by `peer`, FIN and SYN included.
    #[must_use]
    pub fn unacknowledged(&self, peer: &Endpoint) -> u32 {
        if !self.seen || !peer.acked_any { 0 } else { self.next.since(peer.acked).max(0) as u32 }
    }

    /// Everything that it sent is acknowledged by `peer`.
    #[must_use]
    pub fn all_acknowledged(&self, peer: &Endpoint) -> bool {
        peer.acked_any && peer.acked.reaches(self.next)
    }

    /// Payload bytes sent and never acknowledged by `peer`.
    #[must_use]
    pub fn data_unacknowledged(&self, peer: &Endpoint) -> u32 {
        let fin = u32::from(self.fin.is_set() && !self.fin_acked.is_set());
        let all = self.unacknowledged(peer);
        // Before the third ACK the SYN itself is in flight.
        if self.bytes() == 0 { 0 } else { all.saturating_sub(fin) }
    }

    /// Of its payload nothing is unacknowledged by `peer`, but for what says goodbye, or only manages a connection to which
    /// `peer` has said goodbye.
    #[must_use]
    pub fn said_all_but_goodbye(&self, peer: &Endpoint) -> bool {
        let manages = self.is(Facts::SAYS_NO_REQUEST) && peer.is(Facts::SAYS_GOODBYE) && peer.fin.is_set();
        let most = match () {
            () if self.is(Facts::SAYS_LONG_GOODBYE) => goodbye::MOST_PADDED,
            () if self.is(Facts::SAYS_GOODBYE) => goodbye::MOST,
            () if manages => goodbye::MOST_TO_MANAGE,
            () => 0,
        };
        self.data_unacknowledged(peer) as usize <= most
    }

    /// The newest acknowledgment number that it sent.
    #[must_use]
    pub fn last_ack(&self) -> Option<Seq> {
        self.acked_any.then_some(self.acked)
    }

    /// The number that it expects next of `peer`, when all that was captured has come to it (RCV.NXT in RFC 9293, 3.3.1).
    #[must_use]
    pub fn expects(&self, peer: &Endpoint) -> Option<Seq> {
        let came = |acked| !peer.is(Facts::GAP) && peer.next.after(acked);
        self.last_ack().map(|acked| if came(acked) { peer.next } else { acked })
    }

    /// Its newer segments have overtaken this one, as its timestamp tells. One that is far behind is of another clock.
    #[must_use]
    pub fn has_overtaken(&self, segment: &Segment<'_>) -> bool {
        let (Some(newest), Some((this, _))) = (self.tsval(), segment.options.timestamps) else {
            return false;
        };
        (1..bounds::OTHER_CLOCK).contains(&newest.wrapping_sub(this))
    }

    /// A packet with that IP ID may be one of its own, where they count.
    #[must_use]
    pub fn may_count(&self, id: u16) -> bool {
        self.ip_id == 0 || id.wrapping_sub(self.ip_id).wrapping_add(bounds::STEPS) <= 2 * bounds::STEPS
    }

    /// An IP ID that counts is a little behind the newest: it was overtaken.
    fn is_behind(&self, id: u16) -> bool {
        self.counting_id().is_some_and(|newest| (1..bounds::STEPS).contains(&newest.wrapping_sub(id)))
    }

    /// The segment is no newer than its newest, as its timestamp or its IP ID tells: it comes late, or as a copy that
    /// the network made.
    #[must_use]
    pub fn has_passed(&self, segment: &Segment<'_>) -> bool {
        segment.order(self.tsval(), self.counting_id()).is_some_and(Ordering::is_le)
    }

    /// Its newest IP ID, where they count.
    fn counting_id(&self) -> Option<u16> {
        (self.ip_id != 0 && self.ids_count()).then_some(self.ip_id)
    }

    /// TSval of its newest segment that had the option.
    #[must_use]
    pub fn tsval(&self) -> Option<u32> {
        self.is(Facts::TIMESTAMPS).then_some(self.tsval)
    }

    /// Bytes of payload that it sent, each counted once, what the capture missed included.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let numbers = u64::from(self.rounds) << 32 | u64::from(self.next.since(self.isn) as u32);
        numbers.saturating_sub(u64::from(self.has_isn) + u64::from(self.fin.is_set()))
    }

    /// It has sent all up to there.
    pub(crate) fn reach(&mut self, end: Seq) {
        if self.seen && end.after(self.next) {
            self.advance(end);
        }
    }

    /// Moves the next sequence number on.
    fn advance(&mut self, to: Seq) {
        let before = self.next.since(self.isn) as u32;
        let after = to.since(self.isn) as u32;
        self.rounds = self.rounds.saturating_add(u8::from(after < before));
        self.next = to;
    }

    /// Sequence number of its FIN, behind which nothing can follow; meaningful when `fin` is set.
    #[must_use]
    pub fn fin_seq(&self) -> Seq {
        self.next - 1
    }

    /// The number behind the last byte that it sent: that of its FIN, where it has closed.
    #[must_use]
    pub fn data_end(&self) -> Seq {
        if self.fin.is_set() { self.fin_seq() } else { self.next }
    }

    /// Packets that it sent, without copies.
    #[must_use]
    pub fn originals(&self) -> u16 {
        self.packets - self.copies
    }

    /// Nothing with a place in the sequence was captured of it: it may have closed before the capture began.
    #[must_use]
    pub fn may_have_closed_before(&self) -> bool {
        !self.has_isn && self.bytes() == 0 && !self.fin.is_set()
    }

    /// Counts a packet, copies included.
    pub(crate) fn count(&mut self, copy: bool) {
        if self.packets == u16::MAX {
            self.packets /= 2;
            self.copies /= 2;
        }
        self.packets += 1;
        self.copies += u16::from(copy);
    }

    /// So many of its packets come twice, one more included, that it is the capture that doubles them.
    #[must_use]
    pub fn doubles(&self) -> bool {
        (self.copies + 1) * bounds::DOUBLED > self.packets
    }

    /// `segment` acknowledges this side's FIN.
    #[must_use]
    pub fn fin_covered_by(&self, segment: &Segment<'_>) -> bool {
        self.fin.is_set() && segment.flags.ack() && segment.ack == self.next
    }

    /// It has closed, and its FIN was not captured.
    #[must_use]
    pub fn closed_unseen(&self) -> bool {
        !self.fin.is_set() && self.is(Facts::FIN_UNSEEN)
    }

    /// What a segment that this side sent says about it. Copies must not come here.
    /// `acked`: what the other side has acknowledged; `peer_mss`: the MSS that it offered, 0 without.
    pub(crate) fn sends(
        &mut self,
        segment: &Segment<'_>,
        acked: Option<Seq>,
        peer_mss: u16,
        pool: &mut SentPool,
    ) {
        let since = segment.time - self.last.time;
        self.last = segment.mark();
        if segment.flags.rst() {
            // A RST says nothing sure about sequence numbers: it may be forged.
            return;
        }
        if segment.flags.syn() && !self.has_isn {
            self.isn = segment.seq;
            self.has_isn = true;
            self.window_scale = segment.options.window_scale.unwrap_or(0);
            self.facts.set(Facts::OFFERS_SCALE, segment.options.window_scale.is_some());
            self.facts.set(Facts::OFFERS_SACK, segment.options.sack_permitted);
            self.facts.set(Facts::SIGNS, segment.options.signature);
            self.facts.set(Facts::ASKS_ECN, segment.flags.ece() && segment.flags.cwr());
            self.mss = segment.options.mss.unwrap_or(0);
            if !self.seen {
                self.next = segment.seq;
                self.seen = true;
            }
        }
        if !self.seen {
            self.isn = segment.seq;
            self.next = segment.seq;
            self.seen = true;
        }
        // An older acknowledgment brings an older window (RFC 9293, 3.10.7.4), and one that was overtaken, too. Of what ends
        // before the last number that its receiver has acknowledged, that takes nothing.
        let old = acked.is_some_and(|acked| acked.after(segment.end()));
        let newest = !self.acked_any || segment.ack.reaches(self.acked) && !old && !self.has_passed(segment);
        if !segment.flags.ack() || newest {
            self.window = segment.window;
        }
        if !segment.flags.syn() {
            self.widest = self.widest.max(segment.window);
        }
        let overtaken = self.has_overtaken(segment);
        if let Some(ip) = segment.ip {
            self.line_of(ip.ttl);
            if let Some(id) = segment.ip_id().filter(|&id| !overtaken && !self.is_behind(id)) {
                let jumps = !self.may_count(id);
                self.id_jumps = self.id_jumps.saturating_add(if jumps { 4 } else { -1 });
                self.ip_id = id.wrapping_add(further_segments(segment, peer_mss));
            }
        }
        if let Some(timestamps) = segment.options.timestamps.filter(|_| !overtaken) {
            if self.is(Facts::TIMESTAMPS) && !self.is(Facts::TICKS_EACH_MS) {
                let ticks = timestamps.0.wrapping_sub(self.tsval) as i32;
                let off = i64::from(ticks) - since / bounds::TICK;
                let tells = ticks >= bounds::TICKS_THAT_TELL && off.abs() <= i64::from(ticks / 4);
                self.facts.set(Facts::TICKS_EACH_MS, tells);
            }
            self.tsval = timestamps.0;
            self.facts |= Facts::TIMESTAMPS;
        }
        if segment.seq_len() == 0 {
            let ahead = segment.seq.since(self.next);
            if (1..=bounds::MOST_UNSEEN).contains(&ahead) {
                // It has sent what was not captured, or not yet.
                self.facts |= Facts::GAP;
            }
            return;
        }
        if segment.len > 0 {
            if segment.end().after(self.next) {
                let goodbye = goodbye::length(segment);
                self.facts.set(Facts::SAYS_GOODBYE, goodbye > 0);
                self.facts.set(Facts::SAYS_LONG_GOODBYE, goodbye > goodbye::MOST);
                let no_request = goodbye::only_manages(segment) || http::begins_response(segment.payload);
                self.facts.set(Facts::SAYS_NO_REQUEST, no_request);
            }
            if segment.checksum == Checksum::Right {
                self.facts |= Facts::CHECKSUMS_RIGHT;
            }
            self.largest = self.largest.max(segment.len.min(u32::from(u16::MAX)) as u16);
        }
        let end = segment.end();
        // Behind a FIN there is nothing (RFC 9293, 3.6).
        if end.after(self.next) && !self.fin.is_set() {
            if segment.seq.after(self.next) {
                self.facts |= Facts::GAP;
            }
            self.facts.remove(Facts::FIN_UNSEEN);
            // What it repeats along with something new stays one entry: the old part.
            self.flight.push(pool, segment);
            self.advance(end);
        } else if !self.flight.resent(pool, segment) && acked.is_none_or(|acked| end.after(acked)) {
            // It fills a gap.
            self.flight.push(pool, segment);
        }
        if segment.flags.fin() {
            if self.fin.is_set() {
                self.fin_repeats = self.fin_repeats.saturating_add(1);
            } else {
                // Its sender knows where it ends: what was captured, or acknowledged, behind that is none of it.
                self.next = end;
                self.fin = segment.mark();
            }
        }
    }

    /// What a segment of the other side says about this one: its acknowledgment.
    pub(crate) fn is_acknowledged(&mut self, segment: &Segment<'_>, pool: &mut SentPool) {
        if !segment.flags.ack() || segment.flags.rst() || !self.seen {
            return;
        }
        let ahead = segment.ack.since(self.next);
        // Behind its SYN it sends little before that is answered.
        let most =
            if segment.flags.syn() && self.has_isn { bounds::FIRST_FLIGHT } else { bounds::MOST_UNSEEN };
        if ahead > 0 && ahead <= most && !self.fin.is_set() {
            // The capture lacks something that did arrive.
            self.facts |= Facts::UNSEEN;
            self.facts.set(Facts::FIN_UNSEEN, ahead == 1);
            self.advance(segment.ack);
        }
        if ahead <= bounds::MOST_UNSEEN {
            let largest = self.flight.acknowledged(pool, segment.ack);
            self.largest_acked = self.largest_acked.max(largest.min(u32::from(u16::MAX)) as u16);
        }
        if self.fin_covered_by(segment) && !self.fin_acked.is_set() {
            self.fin_acked = segment.mark();
        }
    }

    /// It was sent after its newest, as its timestamp or its IP ID tells.
    #[must_use]
    pub fn is_newer(&self, segment: &Segment<'_>) -> bool {
        segment.order(self.tsval(), self.counting_id()) == Some(Ordering::Greater)
    }

    /// How far these numbers are from all that it has sent; `None` where they are among them.
    #[must_use]
    pub fn outside(&self, (left, right): (Seq, Seq)) -> Option<u32> {
        let ahead = right.since(self.next);
        // What is so far behind may have been sent long ago.
        let behind = if self.bytes() < bounds::MOST_UNSEEN as u64 { self.isn.since(left) } else { 0 };
        let off = if ahead > 0 { ahead } else { behind };
        u32::try_from(off).ok().filter(|off| *off > 0)
    }

    /// Its IP IDs count packets, rather than being random.
    #[must_use]
    pub fn ids_count(&self) -> bool {
        self.id_jumps <= 0
    }

    /// A packet of it has come with that TTL: routes of different lengths, or a balancer before it, make several.
    #[must_use]
    pub fn has_sent_with(&self, ttl: u8) -> bool {
        self.ttl == ttl || self.ttls.contains(&ttl)
    }

    /// Its IP ID goes on from its newest, where they count.
    #[must_use]
    pub fn counts_on(&self, segment: &Segment<'_>) -> bool {
        let ids = self.counting_id().zip(segment.ip_id());
        ids.is_some_and(|(newest, this)| (1..=bounds::ID_STEP).contains(&this.wrapping_sub(newest)))
    }

    /// Its IP ID is the one behind that of its newest packet, where they count: nothing was sent in between.
    #[must_use]
    pub fn is_next_id(&self, segment: &Segment<'_>) -> bool {
        self.counting_id().zip(segment.ip_id()).is_some_and(|(newest, this)| this == newest.wrapping_add(1))
    }

    /// TTL, window and IP ID of `segment` are those of its newest, or go on from there.
    #[must_use]
    pub fn makes_alike(&self, segment: &Segment<'_>) -> bool {
        let same_id = segment.ip_id().is_some_and(|id| id == self.ip_id);
        let same_ttl = segment.ip.is_some_and(|ip| self.has_sent_with(ip.ttl));
        same_ttl && segment.window == self.window && (same_id || self.counts_on(segment))
    }

    /// The largest payload of one of its segments, as its receiver gets them, at least 1.
    #[must_use]
    pub fn largest_segment(&self) -> u16 {
        self.largest.max(1)
    }

    /// The newest two TTLs of its packets, other than RSTs; 0 in place of what is not known.
    pub(crate) fn newest_ttls(&self) -> [u8; 2] {
        self.ttls
    }

    /// One of its packets has come with that TTL.
    pub(crate) fn came_with(&mut self, ttl: u8) {
        if self.ttls[0] != ttl {
            self.ttls = [ttl, self.ttls[0]];
        }
    }

    fn line_of(&mut self, ttl: u8) {
        self.came_with(ttl);
        if self.ttl == ttl {
            self.ttl_count = self.ttl_count.saturating_add(1);
        } else if self.ttl_count <= 1 {
            // The SYN-ACK of a proxy may have another TTL than what follows: the later one is the line.
            self.ttl = ttl;
            self.ttl_count = 1;
        } else {
            self.ttl_count -= 1;
        }
    }
}

/// How many segments a packet holds beyond the first: more than none where the network card splits or merges
/// them, which gives each an IP ID of its own.
fn further_segments(segment: &Segment<'_>, mss: u16) -> u16 {
    // Options take their part of the MSS (RFC 6691).
    let options = if segment.options.timestamps.is_some() { 12 } else { 0 };
    match u32::from(mss).saturating_sub(options) {
        0 => 0,
        size => (segment.len.saturating_sub(1) / size).min(u32::from(u16::MAX)) as u16,
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Facts};
    use crate::bounds;
    use crate::connection::example::{ACK, Example, FIN, MS, RST, SYN, segment, ticking, with_ttl};
    use crate::side::Side;
    use crate::wire::segment::{IpInfo, Segment};
    use crate::wire::seq::Seq;
    use bitflags::Flags as _;

    const CLIENT: Side = Side::Client;
    const SERVER: Side = Side::Server;

    fn with_id(segment: Segment<'static>, id: u16) -> Segment<'static> {
        Segment { ip: Some(IpInfo { ttl: 64, id: Some(id), ecn: 0 }), ..segment }
    }

    #[test]
    fn each_fact_has_a_bit_of_its_own() {
        let bits: u32 = Facts::FLAGS.iter().map(|flag| flag.value().bits().count_ones()).sum();
        assert_eq!((bits, Facts::FLAGS.len() as u32), (Facts::all().bits().count_ones(), bits));
    }

    #[test]
    fn packets_are_halved_before_they_overflow_and_copies_with_them() {
        let mut end = Endpoint::default();
        for n in 0..100_000 {
            end.count(n % 4 == 0);
        }
        assert!(end.packets >= 32_768 && end.copies.abs_diff(end.packets / 4) <= 1);
        assert!(end.originals() == end.packets - end.copies);
        let doubles = |copies, packets| Endpoint { packets, copies, ..Endpoint::default() }.doubles();
        assert!(doubles(3, 3 * bounds::DOUBLED) && !doubles(3, 4 * bounds::DOUBLED));
    }

    #[test]
    fn an_acknowledgment_of_what_was_not_captured_moves_its_writer_on() {
        let most = bounds::MOST_UNSEEN as u32;
        for (flags, ahead, moves) in [
            (ACK, 0, false),
            (ACK, 1, true),
            (ACK, most, true),
            (ACK, most + 1, false),
            (RST | ACK, 100, false),
            (RST, 100, false),
        ] {
            let mut example = Example::handshake(MS, MS);
            example.then(SERVER, segment(5 * MS, flags, 5001, 1001 + ahead, 0));
            let client = example.c.client();
            assert_eq!(client.next == Seq(1001 + ahead) && ahead > 0, moves, "{flags} {ahead}");
            assert_eq!(
                (client.is(Facts::UNSEEN), client.is(Facts::FIN_UNSEEN)),
                (moves, moves && ahead == 1)
            );
            assert_eq!(client.closed_unseen(), moves && ahead == 1);
        }
        // Of whom nothing was captured, nothing is known.
        let mut example = Example::syn();
        example.then(CLIENT, segment(5 * MS, ACK, 1001, 7001, 0));
        assert!(!example.c.server().seen && example.c.server().next == Seq(0));
        // Behind a FIN there is nothing.
        let mut example = Example::handshake(MS, MS);
        example.then(CLIENT, segment(5 * MS, FIN | ACK, 1001, 5001, 0));
        example.then(SERVER, segment(5 * MS, ACK, 5001, 1010, 0));
        assert_eq!(example.c.client().next, Seq(1002));
    }

    #[test]
    fn the_first_number_is_that_of_the_syn_however_late() {
        let mut late = Example::at_port(80, segment(0, ACK, 1001, 5001, 10));
        assert_eq!((late.c.client().isn, late.c.client().has_isn), (Seq(1001), false));
        late.then(CLIENT, segment(MS, ACK, 1011, 5001, 10));
        late.then(CLIENT, segment(2 * MS, SYN, 1000, 0, 0));
        let client = late.c.client();
        assert_eq!((client.isn, client.has_isn, client.next), (Seq(1000), true, Seq(1021)));
        assert_eq!(client.bytes(), 20);
        assert!(!client.may_have_closed_before());
        // A second SYN says nothing more.
        late.then(CLIENT, segment(3 * MS, SYN, 900, 0, 0));
        assert_eq!(late.c.client().isn, Seq(1000));
    }

    #[test]
    fn an_older_acknowledgment_brings_an_older_window() {
        let mut example = Example::handshake(MS, MS);
        example.then(CLIENT, segment(5 * MS, ACK, 1001, 5001, 200));
        let mut window = |ack, window| {
            example.then(SERVER, Segment { window, ..segment(6 * MS, ACK, 5001, ack, 0) });
            example.c.server().window
        };
        assert_eq!(
            [window(1101, 10), window(1001, 20), window(1101, 30), window(1201, 40)],
            [10, 10, 30, 40]
        );
        // Nor does what was overtaken, as its timestamp tells.
        let mut example = Example::handshake(MS, MS);
        example.then(SERVER, ticking(segment(5 * MS, ACK, 5001, 1001, 0), 7, 0));
        example.then(SERVER, Segment { window: 9, ..ticking(segment(5 * MS, ACK, 5001, 1001, 0), 6, 0) });
        assert_eq!(example.c.server().window, 1000);
        assert_eq!(example.c.server().tsval(), Some(7));
    }

    #[test]
    fn a_side_has_the_ttl_of_most_of_its_packets_and_keeps_the_newest_two() {
        let mut example = Example::at_port(80, with_ttl(segment(0, SYN, 1000, 0, 0), 60));
        let mut next = |ttl| {
            example.then(CLIENT, with_ttl(segment(MS, ACK, 1001, 5001, 0), ttl));
            (example.c.client().ttl, example.c.client().ttl_count)
        };
        // The first may be a proxy's.
        assert_eq!(
            [next(61), next(61), next(61), next(50), next(61)],
            [(61, 1), (61, 2), (61, 3), (61, 2), (61, 3)]
        );
        assert_eq!([next(50), next(50), next(50)], [(61, 2), (61, 1), (50, 1)]);
        let client = example.c.client();
        assert!(client.has_sent_with(50) && client.has_sent_with(61) && !client.has_sent_with(60));
    }

    #[test]
    fn ip_ids_count_until_they_jump() {
        let mut example = Example::at_port(80, with_id(segment(0, SYN, 1000, 0, 0), 1000));
        let this = |id| with_id(segment(MS, ACK, 1001, 5001, 0), id);
        let client = example.c.client();
        assert!(client.ids_count());
        for (id, counts_on) in [
            (1000, false),
            (1001, true),
            (1000 + bounds::ID_STEP, true),
            (1001 + bounds::ID_STEP, false),
            (999, false),
        ] {
            assert_eq!(client.counts_on(&this(id)), counts_on, "{id}");
        }
        let away = |id: u16| client.may_count(id);
        assert!(away(1000 + bounds::STEPS) && !away(1001 + bounds::STEPS));
        assert!(away(1000u16.wrapping_sub(bounds::STEPS)) && !away(999u16.wrapping_sub(bounds::STEPS)));
        assert!(Endpoint::default().may_count(40_000));
        // One that was overtaken is not the newest.
        example.then(CLIENT, this(999));
        assert_eq!(example.c.client().ip_id, 1000);
        example.then(CLIENT, this(1000 - (bounds::STEPS - 1) % 1000));
        assert_eq!(example.c.client().ip_id, 1000);
        example.then(CLIENT, this(1001));
        assert_eq!(example.c.client().ip_id, 1001);
        example.then(CLIENT, this(30_000));
        assert!(!example.c.client().ids_count() && !example.c.client().counts_on(&this(30_001)));
        for id in 30_001..30_005 {
            example.then(CLIENT, this(id));
        }
        assert!(example.c.client().ids_count());
    }

    #[test]
    fn several_segments_in_a_packet_have_an_ip_id_each() {
        let mut example = Example::at_port(80, with_id(segment(0, SYN, 1000, 0, 0), 10));
        let mut offer = segment(MS, SYN | ACK, 5000, 1001, 0);
        offer.options.mss = Some(1460);
        example.then(SERVER, offer);
        for (len, id, newest) in [(1460, 11, 11), (1461, 12, 13), (2920, 14, 15), (2921, 16, 18)] {
            let seq = example.c.client().next.0;
            example.then(CLIENT, with_id(segment(MS, ACK, seq, 5001, len), id));
            assert_eq!(example.c.client().ip_id, newest, "{len}");
        }
        let seq = example.c.client().next.0;
        // Options take their part.
        example.then(CLIENT, ticking(with_id(segment(MS, ACK, seq, 5001, 1449), 19), 1, 1));
        assert_eq!(example.c.client().ip_id, 20);
    }

    #[test]
    fn a_timestamp_that_is_behind_was_overtaken_unless_it_is_of_another_clock() {
        let example = Example::at_port(80, ticking(segment(0, SYN, 1000, 0, 0), 10_000, 0));
        let overtaken = |behind: u32| {
            example.c.client().has_overtaken(&ticking(segment(MS, ACK, 1001, 5001, 0), 10_000 - behind, 0))
        };
        assert_eq!(
            [0, 1, bounds::OTHER_CLOCK - 1, bounds::OTHER_CLOCK].map(overtaken),
            [false, true, true, false]
        );
    }

    #[test]
    fn a_clock_ticks_each_millisecond_where_many_ticks_took_as_long() {
        for (ticks, ms, tells) in
            [(9, 9, false), (10, 10, true), (40, 50, true), (40, 51, false), (40, 30, true), (40, 29, false)]
        {
            let mut example = Example::at_port(80, ticking(segment(0, SYN, 1000, 0, 0), 7, 0));
            example.then(CLIENT, ticking(segment(ms * MS, ACK, 1001, 5001, 0), 7 + ticks, 0));
            assert_eq!(example.c.client().is(Facts::TICKS_EACH_MS), tells, "{ticks} {ms}");
        }
    }

    #[test]
    fn what_lies_ahead_leaves_a_gap_and_what_fills_it_is_in_flight() {
        for (seq, len, gap) in
            [(1001, 0, false), (1002, 0, true), (1000, 0, false), (1001, 5, false), (1002, 5, true)]
        {
            let mut example = Example::handshake(MS, MS);
            example.then(CLIENT, segment(5 * MS, ACK, seq, 5001, len));
            assert_eq!(example.c.client().is(Facts::GAP), gap, "{seq} {len}");
        }
        let mut example = Example::handshake(MS, MS);
        example.then(CLIENT, segment(5 * MS, ACK, 1101, 5001, 100));
        example.then(CLIENT, segment(6 * MS, ACK, 1001, 5001, 100));
        let client = example.c.client();
        assert_eq!((client.next, client.flight.len()), (Seq(1201), 2));
        assert_eq!(client.unacknowledged(example.c.server()), 200);
        example.then(SERVER, segment(7 * MS, ACK, 5001, 1201, 0));
        // What comes so late was acknowledged.
        example.then(CLIENT, segment(8 * MS, ACK, 1001, 5001, 100));
        assert!(example.c.client().flight.is_empty());
        assert_eq!((example.c.client().largest, example.c.client().largest_acked), (100, 100));
    }

    #[test]
    fn numbers_that_were_never_sent_are_outside() {
        let mut example = Example::handshake(MS, MS);
        example.then(CLIENT, segment(5 * MS, ACK, 1001, 5001, 100));
        let outside = |left, right| example.c.client().outside((Seq(left), Seq(right)));
        assert_eq!(outside(1000, 1101), None);
        assert_eq!(outside(1050, 1102), Some(1));
        assert_eq!(outside(998, 1050), Some(2));
    }

    #[test]
    fn what_says_goodbye_is_not_missed() {
        let mut example = Example::handshake(MS, MS);
        let (client, server) = (example.c.client().clone(), example.c.server().clone());
        assert_eq!((client.data_unacknowledged(&server), client.data_end()), (0, Seq(1001)));
        example.then(CLIENT, segment(5 * MS, FIN | ACK, 1001, 5001, 100));
        let (client, server) = (example.c.client(), example.c.server());
        assert_eq!((client.unacknowledged(server), client.data_unacknowledged(server)), (101, 100));
        assert_eq!((client.data_end(), client.fin_seq()), (Seq(1101), Seq(1101)));
        assert!(!client.said_all_but_goodbye(server) && !client.all_acknowledged(server));
        example.then(CLIENT, segment(6 * MS, FIN | ACK, 1001, 5001, 100));
        example.then(SERVER, segment(7 * MS, ACK, 5001, 1101, 0));
        let (client, server) = (example.c.client(), example.c.server());
        assert_eq!((client.unacknowledged(server), client.data_unacknowledged(server)), (1, 0));
        assert_eq!(client.fin_repeats, 1);
        assert!(client.said_all_but_goodbye(server) && !client.all_acknowledged(server));
        example.then(SERVER, segment(7 * MS, ACK, 5001, 1102, 0));
        assert!(example.c.client().all_acknowledged(example.c.server()));
    }

    #[test]
    fn a_receiver_expects_what_follows_all_that_came() {
        let mut example = Example::handshake(MS, MS);
        let expects = |example: &Example| example.c.server().expects(example.c.client());
        assert_eq!(expects(&example), Some(Seq(1001)));
        example.then(CLIENT, segment(5 * MS, ACK, 1001, 5001, 100));
        assert_eq!(expects(&example), Some(Seq(1101)));
        example.then(CLIENT, segment(5 * MS, ACK, 1201, 5001, 100));
        assert_eq!(expects(&example), Some(Seq(1001)));
        assert_eq!(Endpoint::default().expects(example.c.client()), None);
    }
}
