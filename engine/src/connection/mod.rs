//! One connection: two endpoints, the handshake, and where the capture was taken.

pub mod endpoint;
pub mod flight;
pub mod flow;
pub mod idle;
pub mod recent;
pub(crate) mod resets;
pub(crate) mod rewritten;
pub mod successor;
pub(crate) mod way;

use crate::bounds;
use crate::catalogue::Diagnosis;
use crate::catalogue::findings::Finding;
use crate::connection::endpoint::{Endpoint, Facts};
use crate::connection::flight::{Sent, SentPool};
use crate::connection::idle::Idle;
use crate::mark::Mark;
use crate::side::Side;
use crate::state::{State, Vantage};
use crate::wire::segment::{Checksum, Segment};
use crate::wire::seq::Seq;
use crate::wire::tuple::Tuple;
use resets::{Impact, Resets};
use way::Way;

/// The segments of the handshake, where and when.
#[derive(Clone, Debug, Default)]
pub struct Handshake {
    /// The server's first SYN-ACK.
    pub syn_ack: Mark,
    /// The first segment of the client that acknowledges the SYN-ACK.
    pub third_ack: Mark,
    /// How often the SYN was sent again.
    pub syn_repeats: u8,
    /// How often the SYN-ACK was sent again.
    pub syn_ack_repeats: u8,
    /// How it went.
    pub course: Course,
}

bitflags::bitflags! {
    /// How a handshake went, a bit for each fact.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Course: u8 {
        /// The first packet of the connection is the client's first SYN.
        const BEGINS_WITH_SYN = 1;
        /// The server has shown that it got the third ACK.
        const ESTABLISHED = 1 << 1;
        /// Both sides sent a SYN without ACK.
        const SIMULTANEOUS = 1 << 2;
        /// The third ACK came with data.
        const THIRD_ACK_HAS_DATA = 1 << 3;
        /// The third ACK has a newer timestamp than the SYN.
        const THIRD_ACK_TICKS = 1 << 4;
    }
}

impl Handshake {
    /// The server has shown that it got the third ACK.
    #[must_use]
    pub fn established(&self) -> bool {
        self.course.contains(Course::ESTABLISHED)
    }

    /// Both sides sent a SYN without ACK.
    #[must_use]
    pub fn simultaneous(&self) -> bool {
        self.course.contains(Course::SIMULTANEOUS)
    }
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    /// Its number, from 0.
    pub number: u32,
    /// Side client to server, as far as known.
    pub tuple: Tuple,
    /// The two sides; see [`Connection::client`] and [`Connection::server`].
    pub ends: [Endpoint; 2],
    /// The handshake.
    pub handshake: Handshake,
    /// Its first packet.
    pub first: Mark,
    /// What its first packet acknowledges, and its timestamp; 0 without.
    pub(crate) first_ack: Seq,
    pub(crate) first_tsval: u32,
    /// When it was idle.
    pub(crate) idle: Idle,
    /// The client's first data.
    pub(crate) first_data: Mark,
    /// The first segment with which the server shows that it has the connection, and more of it than the SYN.
    pub(crate) served: Mark,
    /// The way that its packets take.
    pub(crate) way: Way,
    /// Packets of it, copies included.
    pub segments: u32,
    /// The TCP layer of its first packet.
    pub layer: u8,
    /// Who sent its first packet, where that is not one that opens a connection.
    pub started_late: Option<Side>,
    rare: Option<Box<Rare>>,
    /// Another connection has taken its addresses and ports over.
    pub succeeded: bool,
    /// The link on which its first packet was captured, see [`fold`].
    pub link: u16,
    /// Where the capture was taken, when the user said so.
    pub vantage_given: Option<Vantage>,
}

/// In place of the time of a round trip that nothing measured.
const NOT_MEASURED: i64 = -1;

/// SYNs and SYN-ACKs that were sent again, and the round trips of those that were answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Repeats {
    /// The first SYN, where other packets of the connection were captured before it.
    late_syn: Mark,
    /// The latest SYN.
    syn: Mark,
    /// The latest SYN-ACK.
    syn_ack: Mark,
    /// Side the latest SYN before the first SYN-ACK to that SYN-ACK, nanoseconds.
    to_server: i64,
    /// Side the latest SYN-ACK before the third ACK to that ACK, nanoseconds, or [`NOT_MEASURED`].
    to_client: i64,
}

/// What only some connections have.
#[derive(Clone, Debug, Default)]
struct Rare {
    resets: Resets,
    /// The newest packet that its receiver refuses.
    refused: Mark,
    /// What it acknowledges.
    refused_ack: Option<Seq>,
    /// How much the capture's clock has been set back since the connection began, nanoseconds.
    set_back: i64,
    /// The acknowledgment number with which the server, which holds an older connection, answered the SYN.
    stray_ack: Option<Seq>,
    /// The first number of the newest SYN-ACK that has another than the first one.
    other_isn: Option<Seq>,
    repeats: Repeats,
    before: Option<Predecessor>,
    /// How far a device that rewrites sequence numbers moves those of client and server; see `rewritten`.
    rewritten: Option<[u32; 2]>,
}

/// How the connection before on the same addresses and ports stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Before {
    /// Its SYN had no answer.
    Unanswered,
    /// Its SYN was refused.
    Refused,
    /// Closed by both sides, or at least one.
    #[default]
    Closed,
    /// Ended by a RST.
    Reset,
    /// Established, and not seen to end.
    Open,
}

/// The connection before on the same addresses and ports.
#[derive(Clone, Copy, Debug, Default)]
pub struct Predecessor {
    /// Its last packet.
    pub last: Mark,
    /// How it stood.
    pub state: Before,
    /// Its number.
    pub number: u32,
}

/// What an acknowledgment changes, as it stood before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BeforeAck {
    /// The next number of the other side.
    pub(crate) next: Seq,
    unseen: bool,
    acked: Seq,
    acked_any: bool,
    acked_at: Mark,
}

/// A segment with what it is to its connection, before the connection takes it in.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The segment.
    pub segment: &'a Segment<'a>,
    /// Who sent it.
    pub from: Side,
    /// What it sends again: the oldest segment in flight that shares bytes with it.
    pub resends: Option<Sent>,
    /// Nothing of it is beyond what its sender has sent before.
    pub old: bool,
    /// It does not count: it answers a SYN with numbers of another connection, has control bits that no stack
    /// sends, or a wrong checksum.
    pub stray: bool,
    /// Its receiver refuses it: it has no effect.
    pub refused: bool,
    /// What it does, where it is a RST.
    pub(crate) impact: Impact,
}

impl Connection {
    /// A new connection that begins with `segment`, sent by `tuple.src`.
    #[must_use]
    pub fn new(number: u32, tuple: Tuple, segment: &Segment<'_>) -> Connection {
        let from_client = segment.is_syn() || (!segment.is_syn_ack() && !serves(tuple));
        let mut ends = [Endpoint::default(), Endpoint::default()];
        if segment.is_syn() {
            ends[0].state = State::Closed;
            ends[1].state = State::Listen;
        }
        Connection {
            number,
            tuple: if from_client { tuple } else { tuple.reversed() },
            ends,
            handshake: Handshake::default(),
            first: segment.mark(),
            first_ack: if segment.flags.ack() { segment.ack } else { Seq::default() },
            first_tsval: segment.options.timestamps.map_or(0, |(tsval, _)| tsval),
            idle: Idle::default(),
            first_data: Mark::default(),
            served: Mark::default(),
            way: Way::default(),
            segments: 0,
            layer: segment.layer,
            started_late: None,
            rare: None,
            succeeded: false,
            link: fold(segment.link),
            vantage_given: None,
        }
    }

    /// The side that opened it.
    #[must_use]
    pub fn client(&self) -> &Endpoint {
        &self.ends[0]
    }

    /// The side that was connected to.
    #[must_use]
    pub fn server(&self) -> &Endpoint {
        &self.ends[1]
    }

    /// The side that sent.
    #[must_use]
    pub fn end(&self, from: Side) -> &Endpoint {
        &self.ends[from as usize]
    }

    /// The first RST of that side that stands; unset without.
    #[must_use]
    pub fn rst(&self, from: Side) -> Mark {
        self.resets().first(from)
    }

    /// RSTs of that side, saturating.
    #[must_use]
    pub fn rsts(&self, from: Side) -> u8 {
        self.resets().count(from)
    }

    /// A side has sent a RST.
    #[must_use]
    pub fn is_reset(&self) -> bool {
        Side::BOTH.into_iter().any(|from| self.rst(from).is_set())
    }

    /// The server has shown by a RST that the third ACK never came.
    #[must_use]
    pub fn never_established(&self) -> bool {
        self.resets().never_established()
    }

    /// How that side stands (RFC 9293, 3.3.2), as far as the capture proves it.
    #[must_use]
    pub fn state(&self, side: Side) -> State {
        if self.resets().closes(side) { State::Closed } else { self.end(side).state }
    }

    fn resets(&self) -> Resets {
        self.rare.as_ref().map(|rare| rare.resets).unwrap_or_default()
    }

    /// The receiver has taken what it was to refuse, up to `end`: nobody has read that.
    pub(crate) fn took_after_all(&mut self, writer: Side, end: Seq) {
        let writer = &mut self.ends[writer as usize];
        writer.reach(end);
        writer.facts |= Facts::UNSEEN;
    }

    /// The third ACK may be of a SYN-ACK with another first number than the one before: then that opens the connection, as the
    /// client takes the one that reaches it first (RFC 9293, 3.10.7.3).
    pub(crate) fn take_other_syn_ack(&mut self, from: Side, segment: &Segment<'_>, pool: &mut SentPool) {
        if self.handshake.third_ack.is_set() || from == Side::Server || segment.flags.rst() {
            return;
        }
        let other = self.rare.as_ref().and_then(|rare| rare.other_isn);
        let Some(isn) = other.filter(|&isn| segment.flags.ack() && segment.ack == isn + 1) else { return };
        let server = &mut self.ends[Side::Server as usize];
        (server.isn, server.next) = (isn, isn + 1);
        server.flight.clear(pool);
        self.rare().other_isn = None;
    }

    /// The side `acker` has acknowledged all up to `acked`, which was not believed.
    pub(crate) fn acknowledged_after_all(&mut self, acker: Side, acked: Seq) {
        let acker = &mut self.ends[acker as usize];
        (acker.acked, acker.acked_any) = (acked, true);
    }

    /// The RST of that side was not its own.
    pub(crate) fn disown_rst(&mut self, from: Side) {
        self.rare().resets.disown(from);
    }

    /// The RST of that side had no effect: the connection goes on as if there had been none.
    pub(crate) fn forget_rst(&mut self, from: Side) {
        self.rare().resets.forget(from);
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Nothing of it is out of the ordinary: no RST, no SYN that came again, none before on its addresses and ports.
    #[must_use]
    pub fn is_ordinary(&self) -> bool {
        self.rare.is_none()
    }

    /// A finding about `segment`, which also proves it.
    pub(crate) fn finding(&self, diagnosis: Diagnosis, segment: &Segment<'_>) -> Finding {
        self.finding_at(diagnosis, segment.frame).layer(segment.layer)
    }

    /// A finding about `frame`, known from what the whole connection lacks.
    pub(crate) fn finding_at(&self, diagnosis: Diagnosis, frame: u32) -> Finding {
        Finding::at(diagnosis, self.number, frame)
    }

    /// Which side is the client is certain: its opening was captured, or only one port is of a well-known service.
    #[must_use]
    pub fn sides_known(&self) -> bool {
        let opening = self.syn().is_set() || self.handshake.syn_ack.is_set();
        opening || (self.tuple.dst.port < 1024 && self.tuple.src.port >= 1024)
    }

    /// Who sends from `tuple.src`.
    #[must_use]
    pub fn sender(&self, tuple: Tuple) -> Side {
        if tuple.src == self.tuple.src { Side::Client } else { Side::Server }
    }

    /// The newest packet that its receiver refuses, and what it acknowledges.
    #[must_use]
    pub fn refused_ack(&self) -> Option<(Mark, Seq)> {
        let rare = self.rare.as_ref()?;
        rare.refused.get().zip(rare.refused_ack)
    }

    /// The acknowledgment number with which the server, which holds an older connection, answered the SYN.
    #[must_use]
    pub fn stray_ack(&self) -> Option<Seq> {
        self.rare.as_ref().and_then(|rare| rare.stray_ack)
    }

    /// How much the capture's clock has been set back since it began, nanoseconds; less than nothing where it was set ahead.
    #[must_use]
    pub fn set_back(&self) -> i64 {
        self.rare.as_ref().map_or(0, |rare| rare.set_back)
    }

    /// Notices when the capture's clock was set before `segment`, whose time has been set right by
    /// [`Connection::set_back`] so far: by the clock of its sender, or by a leap. Returns by how much more, nanoseconds.
    pub(crate) fn notice_clock(&mut self, segment: &Segment<'_>, from: Side) -> i64 {
        let since = segment.time - self.last().time;
        let leaps = since.abs() > bounds::LEAP;
        let by = match self.behind_its_sender(segment, from) {
            Some(by) if by >= bounds::SET_BACK || leaps => by,
            None if leaps => -since,
            _ => return 0,
        };
        self.rare().set_back += by;
        by
    }

    /// How much the time of `segment` is behind the clock of its sender since its packet before, nanoseconds; `None` where
    /// that clock does not tell.
    fn behind_its_sender(&self, segment: &Segment<'_>, from: Side) -> Option<i64> {
        let sender = self.end(from);
        let ticks = i64::from(segment.options.timestamps?.0.wrapping_sub(sender.tsval()?) as i32);
        let elapsed = segment.time - sender.last.time;
        // No packet is overtaken by so much.
        let goes_back = elapsed < -bounds::SET_BACK;
        let known = (sender.is(Facts::TICKS_EACH_MS) || goes_back)
            && sender.last.is_set()
            && ticks < i64::from(bounds::LIFETIME);
        known.then(|| ticks.saturating_mul(bounds::TICK) - elapsed)
    }

    /// `time`, or the nearest at which a connection may still be, however absurd the times of a file: so that no sum
    /// overflows.
    pub(crate) fn within_reason(&self, time: i64) -> i64 {
        const MOST: i64 = 1 << 56;
        time.clamp(self.first.time - MOST, self.first.time + MOST)
    }

    /// Reads `segment` against what is known so far.
    #[must_use]
    pub fn see<'a>(&self, segment: &'a Segment<'a>, from: Side, pool: &SentPool) -> Seen<'a> {
        let (sender, receiver) = (self.end(from), self.end(from.other()));
        let stray = self.is_stray(segment, from);
        let goes_on = sender.seen && !segment.flags.rst() && !stray;
        let old = goes_on && !segment.end().after(sender.next);
        let resends = (goes_on && segment.seq.before(sender.next))
            .then(|| {
                sender.flight.overlapping(pool, segment.seq, segment.end(), receiver.last_ack()).copied()
            })
            .flatten();
        Seen { segment, from, resends, old, stray, refused: false, impact: Impact::default() }
    }

    /// A SYN was sent, no SYN-ACK came, and this segment of the server does not answer it. Or it is a SYN-ACK of another
    /// handshake, which a late copy of the SYN began.
    fn is_stray(&self, segment: &Segment<'_>, from: Side) -> bool {
        let (client, server) = (self.client(), self.server());
        if segment.has_odd_flags() || self.is_corrupted(segment, from) {
            return true;
        }
        let of_another = segment.is_syn_ack() && server.has_isn && segment.seq != server.isn;
        if from == Side::Server && of_another && self.handshake.third_ack.is_set() {
            return true;
        }
        if !self.syn().is_set() || server.has_isn || server.seen || segment.flags.syn() {
            return false;
        }
        match from {
            // Where the capture lacks the SYN-ACK, what comes after it acknowledges more, and that may lack, too.
            Side::Server => {
                !segment.flags.ack()
                    || segment.ack.before(client.isn + 1)
                    || segment.ack.since(client.next) > bounds::FIRST_FLIGHT
            }
            // Its own RST for such a segment carries those numbers, too.
            Side::Client => segment.flags.rst() || segment.seq.before(client.isn),
        }
    }

    /// A wrong checksum of a sender whose checksums are otherwise right: its receiver drops it. Where all are
    /// wrong, or the capture was taken beside its sender, the network card was to fill them in; and what is merged has none
    /// of its own. Nothing merges a RST; and one with as much payload as the largest segment was damaged to look like one.
    #[must_use]
    pub fn is_corrupted(&self, segment: &Segment<'_>, from: Side) -> bool {
        let sender = self.end(from);
        let tells = if segment.flags.rst() {
            let full = sender.largest > 0 && segment.len >= sender.largest.into();
            full || sender.is(Facts::CHECKSUMS_RIGHT)
        } else {
            let facts = sender.facts & (Facts::CHECKSUMS_RIGHT | Facts::CHECKSUMS_TELL_NOTHING);
            facts == Facts::CHECKSUMS_RIGHT && !self.is_merged(from, segment.len)
        };
        segment.checksum == Checksum::Wrong && tells && self.vantage() != Vantage::beside(from)
    }

    /// So many bytes of the side `from` are more than one segment of it: a network card or its driver merges them, or is to
    /// split them (GRO, LRO, TSO).
    #[must_use]
    pub fn is_merged(&self, from: Side, len: u32) -> bool {
        let mss = self.end(from.other()).mss;
        mss > 0 && len > u32::from(mss)
    }

    /// What came with a wrong checksum, up to `end`, was taken all the same.
    pub(crate) fn took_wrong_checksum(&mut self, writer: Side, end: Seq) {
        let writer = &mut self.ends[writer as usize];
        writer.facts |= Facts::CHECKSUMS_TELL_NOTHING;
        writer.reach(end);
    }

    /// Takes down whether the connection was idle before this segment, and which way it came.
    pub(crate) fn note_way(&mut self, segment: &Segment<'_>, from: Side) {
        let span = segment.time - self.last().time;
        let quiet = span >= Idle::LEAST && self.ends.iter().all(|end| end.flight.is_empty());
        self.idle.packet(from, segment.mark(), span, quiet, segment.flags.rst());
        self.way.packet(from, segment.stations);
    }

    /// Takes a segment in. A copy only counts as a packet.
    pub(crate) fn apply(&mut self, seen: &Seen<'_>, pool: &mut SentPool) {
        let segment = seen.segment;
        // What else a segment does to its receiver, the receiver's own segments tell.
        let ends = segment.flags.rst() || segment.flags.fin() || self.ends.iter().any(|e| e.fin.is_set());
        let near = ends && self.is_beside(seen.from.other());
        let just_reset = self.resets().was_just_reset(segment, seen.from, bounds::QUEUED);
        let pause = bounds::PAUSE + self.rtt().unwrap_or(0);
        let (sender, receiver) = {
            let [client, server] = &mut self.ends;
            if seen.from == Side::Client { (client, server) } else { (server, client) }
        };
        if seen.refused {
            let rare = self.rare();
            (rare.refused, rare.refused_ack) = (segment.mark(), segment.flags.ack().then_some(segment.ack));
            if let Some(ip) = segment.ip.filter(|_| !segment.flags.rst() && !segment.flags.syn()) {
                self.ends[seen.from as usize].came_with(ip.ttl);
            }
            // Its sender has taken the SYN-ACK all the same.
            if seen.from == Side::Client && self.handshake.syn_ack.is_set() && self.is_third_ack(segment) {
                self.ends[seen.from as usize].state = State::Established;
            }
            return;
        }
        if seen.stray {
            sender.last = segment.mark();
            if let Some(ip) = segment.ip.filter(|_| segment.is_syn_ack()) {
                sender.came_with(ip.ttl);
            }
            if seen.from == Side::Server && segment.flags.ack() {
                self.rare().stray_ack = Some(segment.ack);
            }
            return;
        }
        let fresh = segment.len > 0 && (!sender.seen || segment.end().after(sender.next));
        if fresh && !segment.flags.rst() {
            if sender.said.is_set() && segment.time - sender.said.time > pause {
                let answered = receiver.said.time >= sender.said.time;
                sender.unanswered = if answered { 0 } else { sender.unanswered.saturating_add(1) };
            }
            sender.said = segment.mark();
            if seen.from == Side::Client && !self.first_data.is_set() {
                self.first_data = segment.mark();
            }
        }
        if segment.flags.fin() && !sender.fin.is_set() && receiver.fin.is_set() {
            sender.facts.set(Facts::FIN_CROSSES, !segment.ack.after(receiver.fin_seq()));
        }
        // What newer segments have overtaken need not be taken: PAWS drops it (RFC 7323, 5.3), unless it is a RST. Nor is what
        // ends before the last number that its receiver has acknowledged, or a FIN before all that has come (RFC 9293,
        // 3.10.7.4, first).
        let came = if segment.flags.fin() { receiver.expects(sender) } else { receiver.last_ack() };
        let old = came.is_some_and(|came| came.after(segment.end()));
        let near = near && (segment.flags.rst() || !old && !sender.has_overtaken(segment));
        let tsval = sender.tsval();
        let expected = segment.flags.rst() && receiver.expects(sender) == Some(segment.seq);
        sender.sends(segment, receiver.last_ack(), receiver.mss, pool);
        if sender.fin.is_set() && !sender.fin_acked.is_set() && receiver.last_ack() == Some(sender.next) {
            // The capture shows the ACK of its FIN ahead of the FIN.
            sender.fin_acked = receiver.acked_at;
        }
        receiver.is_acknowledged(segment, pool);
        if segment.flags.ack() && !segment.flags.rst() {
            let ahead = segment.ack.since(sender.acked);
            if !sender.acked_any || (ahead > 0 && !receiver.next.before(segment.ack)) {
                sender.acked = segment.ack;
                sender.acked_any = true;
                sender.acked_at = segment.mark();
                sender.dup_acks = 0;
            } else if ahead == 0 && segment.is_pure_ack() && !receiver.flight.is_empty() {
                sender.dup_acks = sender.dup_acks.saturating_add(1);
            }
        }
        if segment.flags.ack() {
            // What was never sent reports nothing.
            let sent = |end: Seq| !receiver.seen || end.since(receiver.next) <= bounds::MOST_UNSEEN;
            let beyond = |block: &(Seq, Seq)| block.0.after(segment.ack) && sent(block.1);
            sender.facts.set(Facts::SACKING, segment.options.sack.iter().flatten().any(beyond));
        }
        if segment.flags.rst() {
            // It is taken at the next number only (RFC 5961, 3.2), and where that is not certain no system takes one from
            // outside its window (RFC 9293, 3.10.7.4, second).
            let window = i64::from(receiver.window) << receiver.window_scale.min(14);
            let closed = sender.fin_acked.is_set() && receiver.fin_acked.is_set();
            let certain = closed || sender.is_whole();
            let inside = 0..=if certain { 0 } else { window.max(65_535) };
            let outside = |next| !inside.contains(&i64::from(segment.seq.since(next)));
            let taken = near && !receiver.expects(sender).is_some_and(outside);
            self.rare().resets.take(segment, seen.from, seen.impact, expected, taken);
        } else {
            states(sender, receiver, segment, near, just_reset);
            if let Some(rare) = &mut self.rare {
                rare.resets.goes_on(segment, seen.from, bounds::QUEUED);
            }
        }
        self.note_handshake(seen, tsval);
    }

    /// How it stands, for a connection that takes its addresses and ports over.
    #[must_use]
    pub fn as_predecessor(&self) -> Predecessor {
        // An attempt that only the connection before has answered: that one may still be there.
        if let Some(before) = self.before().filter(|_| self.stray_ack().is_some() && !self.server().has_isn) {
            return before;
        }
        let state = if self.syn().is_set() && !self.server().last.is_set() {
            Before::Unanswered
        } else if self.rst(Side::Server).is_set() && !self.server().has_isn && self.syn().is_set() {
            Before::Refused
        } else if self.is_reset() {
            Before::Reset
        } else if self.ends.iter().any(|e| e.fin.is_set()) {
            Before::Closed
        } else {
            Before::Open
        };
        Predecessor { last: self.last(), state, number: self.number }
    }

    /// Gives back what it holds in the pool: another connection took its addresses and ports over.
    pub(crate) fn succeed(&mut self, pool: &mut SentPool) {
        self.succeeded = true;
        for end in &mut self.ends {
            end.flight.clear(pool);
        }
    }

    /// It goes on all the same.
    pub(crate) fn resume(&mut self) {
        self.succeeded = false;
    }

    /// An acknowledgment of the side `acker` was of what was never sent: all stands as it did before.
    pub(crate) fn take_back_ack(&mut self, acker: Side, before: &BeforeAck) {
        let writer = &mut self.ends[acker.other() as usize];
        writer.next = before.next;
        writer.facts.set(Facts::UNSEEN, before.unseen);
        writer.facts.remove(Facts::FIN_UNSEEN);
        let acker = &mut self.ends[acker as usize];
        (acker.acked, acker.acked_any, acker.acked_at) = (before.acked, before.acked_any, before.acked_at);
    }

    /// The server has refused the third ACK: the handshake was not finished by it.
    pub(crate) fn refuse_third_ack(&mut self) {
        let third_ack = std::mem::take(&mut self.handshake.third_ack);
        self.handshake.course.remove(Course::THIRD_ACK_HAS_DATA | Course::THIRD_ACK_TICKS);
        let acked = self.client().acked;
        let rare = self.rare();
        (rare.refused, rare.refused_ack) = (third_ack, Some(acked));
    }

    /// How things stand before an acknowledgment of the side `acker` is taken in.
    pub(crate) fn before_ack(&self, acker: Side) -> BeforeAck {
        let (acker, writer) = (self.end(acker), self.end(acker.other()));
        BeforeAck {
            next: writer.next,
            unseen: writer.is(Facts::UNSEEN),
            acked: acker.acked,
            acked_any: acker.acked_any,
            acked_at: acker.acked_at,
        }
    }

    /// Counts a packet, copies included.
    pub(crate) fn count(&mut self, from: Side, copy: bool) {
        self.ends[from as usize].count(copy);
        self.segments = self.segments.saturating_add(1);
    }

    /// `tsval`: the newest timestamp of its sender before.
    fn note_handshake(&mut self, seen: &Seen<'_>, tsval: Option<u32>) {
        let segment = seen.segment;
        if seen.from == Side::Server && !self.served.is_set() && !segment.flags.syn() && !segment.flags.rst()
        {
            let beyond =
                segment.flags.ack() && self.client().has_isn && segment.ack.after(self.client().isn + 1);
            if beyond || segment.len > 0 || segment.flags.fin() {
                self.served = segment.mark();
            }
        }
        let is_first = self.first.frame == segment.frame;
        let (syn, last_syn, last_syn_ack) = (self.syn(), self.last_syn(), self.last_syn_ack());
        let is_third_ack = self.is_third_ack(segment);
        if seen.from == Side::Server && segment.is_syn_ack() && self.acknowledges_another(segment) {
            self.refuse_third_ack();
        }
        let is_other = segment.seq != self.server().isn;
        let handshake = &mut self.handshake;
        match seen.from {
            Side::Client if segment.is_syn() => {
                if is_first {
                    handshake.course |= Course::BEGINS_WITH_SYN;
                } else if syn.is_set() {
                    handshake.syn_repeats = handshake.syn_repeats.saturating_add(1);
                    self.rare().repeats.syn = segment.mark();
                } else {
                    self.rare().repeats.late_syn = segment.mark();
                }
            }
            Side::Server if segment.is_syn() => handshake.course |= Course::SIMULTANEOUS,
            Side::Server if segment.is_syn_ack() => {
                if handshake.syn_ack.is_set() {
                    handshake.syn_ack_repeats = handshake.syn_ack_repeats.saturating_add(1);
                    self.rare().repeats.syn_ack = segment.mark();
                    if is_other {
                        self.rare().other_isn = Some(segment.seq);
                    }
                } else {
                    handshake.syn_ack = segment.mark();
                    if handshake.syn_repeats > 0 {
                        self.rare().repeats.to_server = segment.time - last_syn.time;
                    }
                }
            }
            Side::Client if is_third_ack => {
                handshake.third_ack = segment.mark();
                handshake.course.set(Course::THIRD_ACK_HAS_DATA, segment.len > 0);
                let ticks = segment.options.timestamps.map(|(this, _)| this) != tsval;
                handshake.course.set(Course::THIRD_ACK_TICKS, ticks && tsval.is_some());
                if handshake.syn_ack_repeats > 0 {
                    // Data or a FIN comes when the application wants, not in answer to the SYN-ACK.
                    let answers = segment.is_pure_ack();
                    self.rare().repeats.to_client =
                        if answers { segment.time - last_syn_ack.time } else { NOT_MEASURED };
                }
            }
            Side::Server if handshake.third_ack.is_set() && segment.flags.ack() && !segment.flags.rst() => {
                handshake.course |= Course::ESTABLISHED;
            }
            _ => {}
        }
    }

    /// What was taken for the third ACK, captured before `syn_ack`, does not acknowledge that.
    #[must_use]
    pub fn acknowledges_another(&self, syn_ack: &Segment<'_>) -> bool {
        let ahead = self.client().acked.since(syn_ack.seq + 1);
        self.handshake.third_ack.is_set()
            && !self.handshake.syn_ack.is_set()
            && !(0..=bounds::FAR).contains(&ahead)
    }

    /// The client's first acknowledgment of the SYN-ACK: a pure ACK, or data or FIN that carries it, though the capture may
    /// lack some before.
    #[must_use]
    pub fn is_third_ack(&self, segment: &Segment<'_>) -> bool {
        !self.handshake.third_ack.is_set()
            && self.syn().is_set()
            && segment.flags.ack()
            && !segment.flags.rst()
            && (!segment.flags.syn() || self.handshake.simultaneous())
            && (!self.server().has_isn || segment.ack.reaches(self.server().isn + 1))
            && segment.seq.reaches(self.client().isn)
            && segment.seq.since(self.client().next) <= bounds::FAR
    }

    /// Where the capture was taken, as far as can be told.
    ///
    /// The near side's packets have a TTL that no router has decremented, and its answers come at
    /// once: SYN-ACK after SYN at the server, third ACK after SYN-ACK at the client.
    #[must_use]
    pub fn vantage(&self) -> Vantage {
        if let Some(given) = self.vantage_given {
            return given;
        }
        if self.tuple.is_on_one_host() {
            return Vantage::Both;
        }
        let fresh = |e: &Endpoint| matches!(e.ttl, 64 | 128 | 255);
        let known = |e: &Endpoint| e.ttl_count > 0;
        let (client, server) = (self.client(), self.server());
        let by_time = |unknown| match self.vantage_by_time() {
            Vantage::Unknown => unknown,
            vantage => vantage,
        };
        match (fresh(client), fresh(server)) {
            (true, false) => Vantage::Client,
            (false, true) => Vantage::Server,
            // No router between them, but there may be a long way all the same.
            (true, true) => by_time(Vantage::Both),
            (false, false) if known(client) && known(server) => by_time(Vantage::Middle),
            (false, false) => by_time(Vantage::Unknown),
        }
    }

    /// The same, as far as rules go by it: beside both only where [`Connection::is_beside`] says so, too.
    #[must_use]
    pub fn sure_vantage(&self) -> Vantage {
        match self.vantage() {
            Vantage::Both if !self.is_beside(Side::Client) => Vantage::Unknown,
            vantage => vantage,
        }
    }

    /// The capture was taken beside that side: what came there by its packets did arrive, and what it sent is fresh.
    ///
    /// Where no router is between the two, the handshake must have shown that they are near.
    #[must_use]
    pub fn is_beside(&self, side: Side) -> bool {
        match self.vantage() {
            Vantage::Client => side == Side::Client,
            Vantage::Server => side == Side::Server,
            Vantage::Both => {
                let known = self.vantage_given.is_some() || self.tuple.is_on_one_host();
                known || self.handshake.third_ack.is_set()
            }
            Vantage::Middle | Vantage::Unknown => false,
        }
    }

    fn vantage_by_time(&self) -> Vantage {
        let (to_server, to_client) = (self.half(Side::Server), self.half(Side::Client));
        let total = to_server + to_client;
        // Below a millisecond, the host's own work hides the path.
        if to_server <= 0 || to_client <= 0 || total < bounds::MEASURABLE {
            Vantage::Unknown
        } else if to_client * 5 < total {
            Vantage::Client
        } else if to_server * 5 < total {
            Vantage::Server
        } else {
            Vantage::Middle
        }
    }

    /// A whole round trip, from the handshake; `None` when it was not captured.
    #[must_use]
    pub fn rtt(&self) -> Option<i64> {
        let (to_server, to_client) = (self.half(Side::Server), self.half(Side::Client));
        let measured = self.handshake.third_ack.is_set() && self.repeats().to_client != NOT_MEASURED;
        (measured && to_server > 0).then_some(to_server + to_client)
    }

    /// Side the capture point to that side and back, nanoseconds; 0 when not known.
    #[must_use]
    pub fn half(&self, to: Side) -> i64 {
        let Handshake { syn_ack, third_ack, .. } = self.handshake;
        // With repeats it counts from the one that was answered, which `repeats` holds.
        let repeats = self.repeats();
        let (noted, from, until) = match to {
            Side::Client => (repeats.to_client, syn_ack, third_ack),
            Side::Server => (repeats.to_server, self.syn(), syn_ack),
        };
        match noted {
            // A SYN that the capture shows behind its answer gives no time.
            0 if from.is_set() && until.is_set() => (until.time - from.time).max(0),
            noted => noted.max(0),
        }
    }

    fn repeats(&self) -> Repeats {
        self.rare.as_ref().map(|d| d.repeats).unwrap_or_default()
    }

    /// The client's first SYN; unset until it is taken in.
    #[must_use]
    pub fn syn(&self) -> Mark {
        if self.handshake.course.contains(Course::BEGINS_WITH_SYN) {
            self.first
        } else {
            self.rare.as_ref().map(|d| d.repeats.late_syn).unwrap_or_default()
        }
    }

    /// The client's latest SYN.
    #[must_use]
    pub fn last_syn(&self) -> Mark {
        self.rare.as_ref().and_then(|d| d.repeats.syn.get()).unwrap_or(self.syn())
    }

    /// The server's latest SYN-ACK.
    #[must_use]
    pub fn last_syn_ack(&self) -> Mark {
        self.rare.as_ref().and_then(|d| d.repeats.syn_ack.get()).unwrap_or(self.handshake.syn_ack)
    }

    /// It takes over addresses and ports of another.
    pub(crate) fn follows(&mut self, before: Predecessor) {
        self.rare().before = Some(before);
    }

    /// The connection before it on the same addresses and ports.
    #[must_use]
    pub fn before(&self) -> Option<Predecessor> {
        self.rare.as_ref().and_then(|d| d.before)
    }

    /// How many bytes a window field of that side means (RFC 7323, 2.2); `None` when the scale is not known.
    #[must_use]
    pub fn scaled(&self, from: Side, window: u16) -> Option<u32> {
        let (sender, peer) = (self.end(from), self.end(from.other()));
        if !sender.has_isn || !peer.has_isn {
            return None;
        }
        let both = sender.is(Facts::OFFERS_SCALE) && peer.is(Facts::OFFERS_SCALE);
        let shift = if both { sender.window_scale } else { 0 };
        Some(u32::from(window) << shift)
    }

    /// Its last packet, copies aside.
    #[must_use]
    pub fn last(&self) -> Mark {
        let [client, server] = &self.ends;
        let refused = self.rare.as_ref().map(|rare| rare.refused).unwrap_or_default();
        let newest = [client.last, server.last, refused].into_iter().max_by_key(|mark| mark.frame);
        newest.and_then(Mark::get).unwrap_or(self.first)
    }

    /// Both sides were captured.
    #[must_use]
    pub fn both_seen(&self) -> bool {
        self.ends.iter().all(|e| e.last.is_set())
    }

    /// Both sides sent FIN and both FINs are acknowledged.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.ends.iter().all(|e| e.fin_acked.is_set())
    }

    /// Nothing more is expected: closed, or a side reset it.
    #[must_use]
    pub fn over(&self) -> bool {
        self.closed() || self.is_reset()
    }
}

/// A link's number in 16 bits: enough to tell the links of one connection apart.
#[must_use]
pub fn fold(link: u32) -> u16 {
    (link ^ (link >> 16)) as u16
}

/// The sender's port looks like that of a service: used when a capture starts in mid-connection.
fn serves(tuple: Tuple) -> bool {
    tuple.src.port < tuple.dst.port
}

/// Moves both states on (RFC 9293, 3.3.2): the sender's by what it sends, the receiver's only by what
/// is certain to have reached it (`near`). `just_reset`: the other side has reset it just now.
fn states(
    sender: &mut Endpoint,
    receiver: &mut Endpoint,
    segment: &Segment<'_>,
    near: bool,
    just_reset: bool,
) {
    use State::{
        CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynReceived, SynSent,
        TimeWait, Unknown,
    };
    let flags = segment.flags;
    if flags.syn() {
        if matches!(sender.state, Unknown | Closed | Listen | SynSent | TimeWait) {
            sender.state = if flags.ack() { SynReceived } else { SynSent };
        }
        return;
    }
    // Fast Open's server answers the data of a SYN before its own SYN is acknowledged (RFC 7413, 4.2.2).
    let early = sender.state == SynReceived
        && receiver.has_isn
        && !receiver.acked_any
        && sender.acked.after(receiver.isn + 1);
    let opening = matches!(sender.state, Unknown | Closed | Listen | SynSent | SynReceived) && !early;
    if opening && flags.ack() && !just_reset {
        sender.state = Established;
    }
    let covers_peer_fin = receiver.fin_covered_by(segment);
    if covers_peer_fin {
        sender.state = match sender.state {
            Established => CloseWait,
            FinWait1 if sender.fin_acked.is_set() => TimeWait,
            FinWait1 => Closing,
            FinWait2 => TimeWait,
            other => other,
        };
    }
    if flags.fin() {
        sender.state = match sender.state {
            Established => FinWait1,
            CloseWait if covers_peer_fin => LastAck,
            // It left before the other's FIN was taken in, though that was captured first.
            CloseWait => Closing,
            other => other,
        };
    }
    // The receiver, when it is certain that this reached it.
    if near && receiver.fin_covered_by(segment) {
        receiver.state = match receiver.state {
            FinWait1 => FinWait2,
            Closing => TimeWait,
            LastAck => Closed,
            other => other,
        };
    }
    // A FIN behind a gap waits for what is missing (RFC 9293, 3.10.7.4, eighth).
    let in_order = !sender.is(Facts::GAP) || !segment.seq.after(receiver.acked);
    if near && flags.fin() && in_order {
        receiver.state = match receiver.state {
            Established => CloseWait,
            FinWait1 => Closing,
            FinWait2 => TimeWait,
            other => other,
        };
    }
}

#[cfg(test)]
pub(crate) mod example;

#[cfg(test)]
mod tests {
    use super::example::{ACK, Example, FIN, MS, RST, SYN, segment, ticking, with_ttl};
    use super::{Before, Course};
    use crate::bounds;
    use crate::connection::endpoint::Facts;
    use crate::side::Side;
    use crate::state::{State, Vantage};
    use crate::wire::segment::{Checksum, Segment};
    use crate::wire::seq::Seq;

    #[test]
    fn the_third_ack_is_the_first_that_may_answer_the_syn_ack() {
        let mut example = Example::syn();
        let is = |example: &Example, segment: Segment<'_>| example.c.is_third_ack(&segment);
        // The capture may lack the SYN-ACK.
        assert!(is(&example, segment(MS, ACK, 1001, 5001, 0)));
        example.then(Side::Server, segment(MS, SYN | ACK, 5000, 1001, 0));
        for third in [
            segment(MS, ACK, 1001, 5001, 0),
            segment(MS, ACK, 1001, 5001, 100),
            segment(MS, ACK | FIN, 1001, 5001, 0),
            segment(MS, ACK, 1000, 5001, 0),
            segment(MS, ACK, 1001 + bounds::FAR as u32, 5001, 0),
        ] {
            assert!(is(&example, third));
        }
        for other in [
            segment(MS, 0, 1001, 0, 0),
            segment(MS, RST | ACK, 1001, 5001, 0),
            segment(MS, SYN | ACK, 1001, 5001, 0),
            segment(MS, ACK, 1001, 5000, 0),
            segment(MS, ACK, 999, 5001, 0),
            segment(MS, ACK, 1002 + bounds::FAR as u32, 5001, 0),
        ] {
            assert!(!is(&example, other), "{other:?}");
        }
        example.then(Side::Client, segment(2 * MS, ACK, 1001, 5001, 0));
        assert!(!is(&example, segment(3 * MS, ACK, 1001, 5001, 0)));
        let late = Example::at_port(80, segment(0, ACK, 1001, 5001, 0));
        assert!(!is(&late, segment(MS, ACK, 1001, 5001, 0)));
    }

    #[test]
    fn the_near_side_has_a_fifth_of_the_round_trip_at_most() {
        for (to_server, to_client, vantage) in [
            (40, 10, Vantage::Middle),
            (41, 10, Vantage::Client),
            (10, 40, Vantage::Middle),
            (10, 41, Vantage::Server),
            (0, 41, Vantage::Unknown),
            (41, 0, Vantage::Unknown),
        ] {
            let c = Example::handshake(to_server * MS, to_client * MS).c;
            assert_eq!(c.vantage(), vantage, "{to_server} {to_client}");
            assert_eq!((c.half(Side::Server), c.half(Side::Client)), (to_server * MS, to_client * MS));
            assert_eq!(c.rtt().is_some(), to_server > 0);
        }
        let shortest = |more| Example::handshake(bounds::MEASURABLE / 2, bounds::MEASURABLE / 2 + more).c;
        assert_eq!(
            [-1, 0].map(|more| shortest(more).vantage()),
            [Vantage::Unknown, Vantage::Middle],
            "{}",
            bounds::MEASURABLE
        );
    }

    #[test]
    fn a_capture_is_beside_both_where_no_router_is_between_and_the_handshake_was_quick() {
        let mut example = Example::at_port(80, with_ttl(segment(0, SYN, 1000, 0, 0), 64));
        example.then(Side::Server, with_ttl(segment(10, SYN | ACK, 5000, 1001, 0), 64));
        assert_eq!(example.c.vantage(), Vantage::Both);
        assert!(!example.c.is_beside(Side::Client));
        example.then(Side::Client, with_ttl(segment(20, ACK, 1001, 5001, 0), 64));
        assert!(example.c.is_beside(Side::Client) && example.c.is_beside(Side::Server));
        let mut given = Example::syn().c;
        given.vantage_given = Some(Vantage::Both);
        assert!(given.is_beside(Side::Client));
        let mut loopback = Example::syn().c;
        loopback.tuple.dst.ip = loopback.tuple.src.ip;
        assert!(loopback.is_beside(Side::Client));
    }

    #[test]
    fn sides_are_known_by_the_opening_or_by_a_port_below_1024() {
        let begun_late = |port| Example::at_port(port, segment(0, ACK, 1001, 5001, 10)).c;
        assert!(begun_late(1023).sides_known() && !begun_late(1024).sides_known());
        let mut low = begun_late(80);
        low.tuple.src.port = 1024;
        assert!(low.sides_known());
        low.tuple.src.port = 1023;
        assert!(!low.sides_known());
        assert!(Example::at_port(8080, segment(0, SYN, 1000, 0, 0)).c.sides_known());
        let mut missed = Example::at_port(8080, segment(0, ACK, 1001, 5001, 10));
        missed.then(Side::Server, segment(MS, SYN | ACK, 5000, 1001, 0));
        assert!(missed.c.sides_known());
    }

    #[test]
    fn a_clock_that_leaps_is_set_back_by_all_of_it() {
        let mut example = Example::handshake(10 * MS, MS);
        let last = 11 * MS;
        for (since, by) in [(0, 0), (bounds::LEAP, 0), (bounds::LEAP + 1, -bounds::LEAP - 1)] {
            let mut c = Example::handshake(10 * MS, MS).c;
            let next = segment(last + since, ACK, 1001, 5001, 10);
            assert_eq!(c.notice_clock(&next, Side::Client), by);
            assert_eq!(c.set_back(), by);
        }
        // Twice adds up.
        for _ in 0..2 {
            example.c.notice_clock(&segment(last + bounds::LEAP + 1, ACK, 1001, 5001, 10), Side::Client);
        }
        assert_eq!(example.c.set_back(), 2 * (-bounds::LEAP - 1));
    }

    #[test]
    fn what_goes_back_further_than_any_packet_is_overtaken_shows_a_clock_that_was_set() {
        let seconds = 1000 * MS;
        for (back, by) in [(bounds::SET_BACK, 0), (bounds::SET_BACK + 1, bounds::SET_BACK + 1)] {
            let mut c = Example::at_port(80, ticking(segment(5 * seconds, SYN, 1000, 0, 0), 7, 0)).c;
            let next = ticking(segment(5 * seconds - back, ACK, 1001, 5001, 0), 7, 0);
            assert_eq!(c.notice_clock(&next, Side::Client), by);
        }
        // A timestamp that is ahead of what any packet lives is of another clock.
        for (ticks, by) in
            [(bounds::LIFETIME, 0), (bounds::LIFETIME - 1, 2 + i64::from(bounds::LIFETIME - 1))]
        {
            let mut c = Example::at_port(80, ticking(segment(5 * seconds, SYN, 1000, 0, 0), 7, 0)).c;
            let next = ticking(segment(3 * seconds, ACK, 1001, 5001, 0), 7 + ticks, 0);
            let set = c.notice_clock(&next, Side::Client);
            assert_eq!(set > 0, by > 0, "{set}");
        }
    }

    #[test]
    fn a_predecessor_is_known_by_how_it_stood() {
        let state = |example: &Example| example.c.as_predecessor().state;
        let mut example = Example::syn();
        assert_eq!(state(&example), Before::Unanswered);
        example.then(Side::Server, segment(MS, RST | ACK, 0, 1001, 0));
        assert_eq!(state(&example), Before::Refused);
        let mut example = Example::handshake(MS, MS);
        assert_eq!(state(&example), Before::Open);
        example.then(Side::Server, segment(3 * MS, FIN | ACK, 5001, 1001, 0));
        assert_eq!(state(&example), Before::Closed);
        example.then(Side::Server, segment(3 * MS, RST, 5002, 0, 0));
        assert_eq!(state(&example), Before::Reset);
    }

    #[test]
    fn a_fin_is_acknowledged_at_its_own_number_whatever_was_forged_behind() {
        let mut example = Example::handshake(20 * MS, MS / 10);
        let server = |example: &Example| example.c.server().clone();
        // Data in the server's name lies ahead of all that it sends.
        example.then(Side::Server, segment(30 * MS, ACK, 20_000, 1001, 15));
        assert_eq!(server(&example).next.0, 20_015);
        example.then(Side::Server, segment(40 * MS, FIN | ACK, 5001, 1001, 100));
        assert_eq!((server(&example).next.0, server(&example).bytes()), (5102, 100));
        example.then(Side::Client, segment(41 * MS, ACK, 1001, 20_015, 0));
        assert!(!server(&example).fin_acked.is_set());
        example.then(Side::Client, segment(41 * MS, ACK, 1001, 5101, 0));
        assert!(!server(&example).fin_acked.is_set());
        example.then(Side::Client, segment(42 * MS, ACK, 1001, 5102, 0));
        assert!(server(&example).fin_acked.is_set());
        assert_eq!(example.c.state(Side::Client), State::CloseWait);
    }

    #[test]
    fn the_third_ack_ticks_where_its_timestamp_is_newer_than_that_of_the_syn() {
        for (tsval, ticks) in [(7, false), (8, true)] {
            let mut example = Example::at_port(80, ticking(segment(0, SYN, 1000, 0, 0), 7, 0));
            example.then(Side::Server, ticking(segment(MS, SYN | ACK, 5000, 1001, 0), 90, 7));
            example.then(Side::Client, ticking(segment(2 * MS, ACK, 1001, 5001, 0), tsval, 90));
            assert_eq!(example.c.handshake.course.contains(Course::THIRD_ACK_TICKS), ticks);
        }
        let mut without = Example::syn();
        without.then(Side::Server, segment(MS, SYN | ACK, 5000, 1001, 0));
        without.then(Side::Client, ticking(segment(2 * MS, ACK, 1001, 5001, 0), 8, 90));
        assert!(!without.c.handshake.course.contains(Course::THIRD_ACK_TICKS));
    }

    #[test]
    fn a_ttl_is_that_of_its_sender_where_that_must_have_sent_it() {
        let syn = with_ttl(segment(0, SYN, 1000, 0, 0), 64);
        let known = |flags, refused| {
            let mut example = Example::at_port(80, syn);
            let odd = with_ttl(segment(MS, flags, 1001, 5001, 0), 50);
            if refused {
                example.refused(Side::Client, odd)
            } else {
                example.then(Side::Client, odd)
            };
            example.c.client().has_sent_with(50)
        };
        assert!(known(ACK, true) && !known(RST, true) && !known(SYN, true) && !known(RST | ACK, true));
        assert!(known(ACK, false) && !known(RST, false));
        // What is of another connection tells of its sender only where it is a SYN-ACK.
        let mut example = Example::at_port(80, syn);
        example.then(Side::Server, with_ttl(segment(MS, ACK, 7000, 900_000, 0), 50));
        assert_eq!(example.c.stray_ack(), Some(Seq(900_000)));
        assert!(!example.c.server().has_sent_with(50));
        let mut example = Example::handshake(MS, MS);
        example.then(Side::Server, with_ttl(segment(9 * MS, SYN | ACK, 7000, 1001, 0), 50));
        assert!(example.c.server().has_sent_with(50) && example.c.server().isn == Seq(5000));
        let mut refused = Example::at_port(80, syn);
        refused.refused(Side::Client, segment(MS, ACK, 1001, 5001, 10));
        assert_eq!((refused.c.client().next.0, refused.c.last().time), (1001, MS));
    }

    #[test]
    fn a_wrong_checksum_counts_where_those_of_its_sender_are_right() {
        let mut example = Example::handshake(8 * MS, 8 * MS);
        let damaged = Segment { checksum: Checksum::Wrong, ..segment(30 * MS, ACK, 1001, 5001, 100) };
        assert!(!example.c.is_corrupted(&damaged, Side::Client));
        example.c.ends[0].facts |= Facts::CHECKSUMS_RIGHT;
        assert!(example.c.is_corrupted(&damaged, Side::Client));
        assert!(!example.c.is_corrupted(&segment(30 * MS, ACK, 1001, 5001, 100), Side::Client));
        // A card splits what is more than a segment, and fills in what leaves beside the capture.
        example.c.ends[1].mss = 100;
        assert!(example.c.is_corrupted(&damaged, Side::Client));
        example.c.ends[1].mss = 99;
        assert!(!example.c.is_corrupted(&damaged, Side::Client));
        example.c.ends[1].mss = 0;
        example.c.vantage_given = Some(Vantage::Client);
        assert!(!example.c.is_corrupted(&damaged, Side::Client));
        example.c.vantage_given = Some(Vantage::Server);
        assert!(example.c.is_corrupted(&damaged, Side::Client));
        example.c.took_wrong_checksum(Side::Client, Seq(1101));
        assert!(!example.c.is_corrupted(&damaged, Side::Client));
        assert_eq!(example.c.client().next, Seq(1101));
    }

    #[test]
    fn fins_cross_where_the_second_acknowledges_the_first_not() {
        for (ack, crosses) in [(1001, true), (1002, false)] {
            let mut example = Example::handshake(8 * MS, 8 * MS);
            example.then(Side::Client, segment(30 * MS, FIN | ACK, 1001, 5001, 0));
            example.then(Side::Server, segment(31 * MS, FIN | ACK, 5001, ack, 0));
            assert_eq!(example.c.server().is(Facts::FIN_CROSSES), crosses);
            // What comes again acknowledges what has come since.
            example.then(Side::Server, segment(300 * MS, FIN | ACK, 5001, 1002, 0));
            assert_eq!(example.c.server().is(Facts::FIN_CROSSES), crosses);
            assert!(!example.c.client().is(Facts::FIN_CROSSES));
        }
    }

    #[test]
    fn an_ack_is_a_duplicate_while_something_is_in_flight() {
        let mut example = Example::handshake(8 * MS, 8 * MS);
        let ack = |example: &mut Example, ack, len| {
            let seq = example.c.client().next.0;
            example.then(Side::Client, segment(50 * MS, ACK, seq, ack, len));
            example.c.client().dup_acks
        };
        assert_eq!(ack(&mut example, 5001, 0), 0);
        example.then(Side::Server, segment(40 * MS, ACK, 5001, 1001, 100));
        assert_eq!(
            [ack(&mut example, 5001, 0), ack(&mut example, 5001, 10), ack(&mut example, 5001, 0)],
            [1, 1, 2]
        );
        assert_eq!([ack(&mut example, 5050, 0), ack(&mut example, 5049, 0)], [0, 0]);
        // One ahead of all that was sent moves nothing.
        assert_eq!(example.c.client().acked, Seq(5050));
        ack(&mut example, 5101 + bounds::MOST_UNSEEN as u32 + 1, 0);
        assert_eq!(example.c.client().acked, Seq(5050));
    }

    #[test]
    fn sack_reports_what_was_sent_and_is_beyond_the_acknowledgment() {
        let most = 5001 + bounds::MOST_UNSEEN as u32;
        for (left, right, sacking) in
            [(5002, 5003, true), (5001, 5003, false), (5002, most, true), (5002, most + 1, false)]
        {
            let mut example = Example::handshake(8 * MS, 8 * MS);
            let mut sack = segment(50 * MS, ACK, 1001, 5001, 0);
            sack.options.sack[0] = Some((Seq(left), Seq(right)));
            example.then(Side::Client, sack);
            assert_eq!(example.c.client().is(Facts::SACKING), sacking, "{left} {right}");
        }
    }

    #[test]
    fn messages_in_a_row_after_pauses_go_unanswered() {
        let mut example = Example::handshake(8 * MS, 8 * MS);
        let pause = bounds::PAUSE + 16 * MS;
        let mut says = |from, time| {
            let seq = example.c.end(from).next.0;
            let ack = example.c.end(from.other()).next.0;
            example.then(from, segment(time, ACK, seq, ack, 10));
            example.c.end(from).unanswered
        };
        let first = 100 * MS;
        assert_eq!(says(Side::Client, first), 0);
        assert_eq!(says(Side::Client, first + pause), 0);
        assert_eq!(says(Side::Client, first + 2 * pause + 1), 1);
        assert_eq!(says(Side::Client, first + 4 * pause), 2);
        says(Side::Server, first + 4 * pause + 1);
        assert_eq!(says(Side::Client, first + 6 * pause), 0);
    }

    #[test]
    fn what_goes_no_further_than_its_sender_went_is_old_and_resends_what_is_in_flight() {
        let mut example = Example::handshake(8 * MS, 8 * MS);
        example.then(Side::Client, segment(30 * MS, ACK, 1001, 5001, 100));
        let seen = |flags, seq, len| {
            let this = segment(40 * MS, flags, seq, 5001, len);
            let seen = example.c.see(&this, Side::Client, &example.pool);
            (seen.old, seen.resends.map(|sent| sent.seq))
        };
        let resent = Some(Seq(1001));
        assert_eq!(seen(ACK, 1001, 100), (true, resent));
        assert_eq!(seen(ACK, 1100, 1), (true, resent));
        assert_eq!(seen(ACK, 1100, 2), (false, resent));
        assert_eq!(seen(ACK, 1101, 1), (false, None));
        assert_eq!(seen(RST | ACK, 1001, 100), (false, None));
        // Neither odd flags nor a side that was not seen tell anything.
        assert_eq!(seen(0, 1001, 100), (false, None));
        let fresh = Example::syn();
        let first = segment(MS, ACK, 0, 1001, 0);
        assert!(!fresh.c.see(&first, Side::Server, &fresh.pool).old);
    }

    #[test]
    fn a_time_is_within_two_years_of_the_first_packet() {
        let late = Example::at_port(80, segment(500 * MS, SYN, 1000, 0, 0)).c;
        let most = 1i64 << 56;
        for (time, kept) in [
            (0, 0),
            (-most, 500 * MS - most),
            (i64::MIN, 500 * MS - most),
            (i64::MAX, 500 * MS + most),
            (most, most),
        ] {
            assert_eq!(late.within_reason(time), kept);
        }
    }
}
