//! When a packet belongs to another connection on the same addresses and ports.
//!
//! Ports are used again. A SYN says so; where the capture lacks it, the numbers do: a host that has a connection
//! answers no SYN of another with a SYN-ACK (RFC 9293, 3.10.7.4), and what both sides have closed takes no more
//! data (3.6).

use crate::bounds;
use crate::connection::Connection;
use crate::connection::endpoint::Endpoint;
use crate::side::Side;
use crate::wire::segment::Segment;
use crate::wire::seq::Seq;

impl Connection {
    /// `segment` is of another connection on the same addresses and ports.
    #[must_use]
    pub fn is_succeeded_by(&self, segment: &Segment<'_>, from: Side) -> bool {
        let sender = self.end(from);
        if segment.is_syn() {
            return match from {
                _ if sender.has_isn => segment.seq != sender.isn || self.begins_again(segment),
                // The SYN of a simultaneous open, unless this connection had more than a SYN.
                Side::Server => !self.syn().is_set() || self.over(),
                Side::Client => self.both_seen() || sender.seen,
            };
        }
        if !segment.flags.ack() || segment.flags.rst() {
            return false;
        }
        if is_older(segment, sender) {
            return false;
        }
        if segment.is_syn_ack() {
            return self.answers_another_syn(segment, from);
        }
        let silent = segment.time - self.last().time;
        let far = match () {
            () if self.closed() => 0,
            () if self.is_reset() => bounds::FAR,
            () if silent >= bounds::LONG_SILENCE => bounds::MOST_UNSEEN,
            () => return false,
        };
        self.lies_beyond(segment, from, far)
    }

    /// The SYN of a client that had its answer, once more, and no copy that comes late: of another connection with the same
    /// first number, or of the same one, in a capture that was played again or is in the file twice.
    fn begins_again(&self, syn: &Segment<'_>) -> bool {
        let late = syn.time - self.last_syn().time > bounds::COPY_LATE;
        self.handshake.third_ack.is_set() && (late || self.is_in_the_file_twice(syn))
    }

    /// Its SYN comes once more at the time at which it came first, and before what came since.
    #[must_use]
    pub fn is_in_the_file_twice(&self, syn: &Segment<'_>) -> bool {
        syn.is_syn() && syn.time == self.syn().time && syn.time < self.last().time
    }

    /// `segment` goes on with this connection, though a SYN in the name of either side seemed to begin another, `next`:
    /// nobody has accepted that, and the numbers are of this one. A SYN to an open connection is only answered by an ACK
    /// (RFC 9293, 3.10.7.4; RFC 5961, 4), whoever has sent it.
    #[must_use]
    pub fn goes_on_beside(&self, next: &Connection, segment: &Segment<'_>, from: Side) -> bool {
        let accepted = next.server().has_isn || next.handshake.third_ack.is_set() || !next.syn().is_set();
        // A RST may answer what answered the SYN, until this one is known to go on.
        let answers = segment.flags.rst() && !segment.flags.ack() && self.succeeded;
        let begins = segment.flags.syn() || answers;
        let from_opener = (self.tuple.src == next.tuple.src) == (from == Side::Client);
        let (sender, peer) = (self.end(from), self.end(from.other()));
        // The first ACK of the other side is what answers the SYN, each time that this comes, unless it acknowledges something;
        // and so is its copy.
        let last = next.server().last;
        let copied =
            next.stray_ack() == Some(segment.ack) && segment.time - last.time <= bounds::COPY_AT_ONCE;
        let answered = last.frame > next.last_syn().frame && !copied;
        let challenge =
            !from_opener && !answered && segment.is_pure_ack() && !segment.ack.after(sender.acked);
        if accepted || begins || challenge || self.closed() && !segment.flags.rst() {
            return false;
        }
        let near = |number: Seq, side: &Endpoint| {
            number.since(side.next).unsigned_abs() <= bounds::FAR.unsigned_abs()
        };
        // The first number of a SYN to an open connection may be anywhere, among its own, too.
        let opener = next.client();
        let of_next = self.is_reset() && near(if from_opener { segment.seq } else { segment.ack }, opener);
        let answers = !segment.flags.ack() || near(segment.ack, peer);
        sender.seen && peer.seen && near(segment.seq, sender) && answers && !of_next
    }

    /// A SYN-ACK that neither has the first number of its sender nor acknowledges that of the other side.
    fn answers_another_syn(&self, segment: &Segment<'_>, from: Side) -> bool {
        let (sender, peer) = (self.end(from), self.end(from.other()));
        // A client answers no SYN; and what acknowledges the newest of an open connection is none of another.
        let open = self.syn().is_set() && self.handshake.third_ack.is_set() && !self.over();
        let newest = (-bounds::FAR..bounds::REUSE_AHEAD).contains(&segment.ack.since(peer.next));
        if open && (from == Side::Client || newest) {
            return false;
        }
        // Where the first number is not known, it may be some way before what was captured first.
        let may_begin = |number: Seq, side: &Endpoint| (0..=bounds::FAR).contains(&side.isn.since(number));
        let same_answer = match (peer.seen, peer.has_isn) {
            (true, true) => segment.ack == peer.isn + 1,
            (true, false) => may_begin(segment.ack, peer),
            (false, _) => segment.ack == sender.acked,
        };
        let same_number =
            if sender.has_isn { segment.seq == sender.isn } else { may_begin(segment.seq, sender) };
        sender.seen && !same_number && !same_answer
    }

    /// Its numbers, both of them, are further than `far` from all that was captured.
    fn lies_beyond(&self, segment: &Segment<'_>, from: Side, far: i32) -> bool {
        let (sender, peer) = (self.end(from), self.end(from.other()));
        let acknowledges_other = match (peer.seen, sender.acked_any) {
            (true, _) => is_outside(segment.ack, peer, far),
            (false, true) => segment.ack.since(sender.acked).unsigned_abs() > far.unsigned_abs(),
            (false, false) => false,
        };
        sender.seen && acknowledges_other && is_outside(segment.seq, sender, far)
    }
}

/// The number is further than `far` before the first of that side, or behind its last.
fn is_outside(number: Seq, side: &Endpoint, far: i32) -> bool {
    /// As far as one can look back without meeting what is ahead, bytes.
    const BACK: u64 = 1 << 30;
    // With SYN and FIN.
    let sent = side.bytes().min(BACK) as i32 + 2;
    // Where the first number is not known, it may be some way before what was captured first.
    let before = if side.has_isn { far } else { far.max(bounds::FAR) };
    let ahead = number.since(side.next);
    ahead > far || ahead < -(sent + before)
}

/// Its timestamp is behind the newest of its sender: an old duplicate. One of another connection may be anywhere.
fn is_older(segment: &Segment<'_>, sender: &Endpoint) -> bool {
    let (Some((this, _)), Some(newest)) = (segment.options.timestamps, sender.tsval()) else { return false };
    (1..=bounds::LIFETIME).contains(&newest.wrapping_sub(this))
}

#[cfg(test)]
mod tests {
    use crate::bounds;
    use crate::connection::example::{ACK, Example, MS, RST, SYN, segment};
    use crate::side::Side;

    const CLIENT: Side = Side::Client;
    const SERVER: Side = Side::Server;

    #[test]
    fn a_syn_of_the_server_begins_another_unless_it_opens_at_the_same_time() {
        let begins =
            |example: &Example, from, seq| example.c.is_succeeded_by(&segment(90 * MS, SYN, seq, 0, 0), from);
        let attempt = Example::syn();
        assert!(!begins(&attempt, SERVER, 5000) && !begins(&attempt, CLIENT, 1000));
        assert!(begins(&attempt, CLIENT, 1001));
        let mut refused = Example::syn();
        refused.then(SERVER, segment(20 * MS, RST | ACK, 0, 1001, 0));
        assert!(begins(&refused, SERVER, 5000));
        let late = Example::at_port(80, segment(0, ACK, 1001, 5001, 10));
        assert!(begins(&late, SERVER, 5000) && begins(&late, CLIENT, 1000));
    }

    #[test]
    fn an_open_connection_goes_on_beside_an_attempt_with_numbers_of_its_own() {
        let mut open = Example::handshake(8 * MS, 8 * MS);
        open.then(CLIENT, segment(30 * MS, ACK, 1001, 5001, 100));
        open.c.succeeded = true;
        let attempt = Example::at_port(80, segment(50 * MS, SYN, 1050, 0, 0));
        let goes_on = |old: &Example, from, flags, seq, ack, len| {
            old.c.goes_on_beside(&attempt.c, &segment(60 * MS, flags, seq, ack, len), from)
        };
        assert!(goes_on(&open, CLIENT, ACK, 1101, 5001, 10) && goes_on(&open, SERVER, ACK, 5001, 1101, 10));
        // Its first empty ACK answers the attempt, unless it acknowledges something.
        assert!(goes_on(&open, SERVER, ACK, 5001, 1101, 0) && !goes_on(&open, SERVER, ACK, 5001, 1001, 0));
        let far = bounds::FAR as u32;
        assert!(goes_on(&open, CLIENT, ACK, 1101 + far, 5001, 10));
        assert!(!goes_on(&open, CLIENT, ACK, 1102 + far, 5001, 10));
        assert!(goes_on(&open, CLIENT, ACK, 1101, 5001 + far, 10));
        assert!(!goes_on(&open, CLIENT, ACK, 1101, 5002 + far, 10));
        // A RST may answer what answered the attempt.
        assert!(!goes_on(&open, CLIENT, RST, 1101, 0, 0) && goes_on(&open, CLIENT, RST | ACK, 1101, 5001, 0));
        open.c.succeeded = false;
        assert!(goes_on(&open, CLIENT, RST, 1101, 0, 0));
        // One that was reset goes on only with numbers that are not those of the attempt.
        open.then(SERVER, segment(40 * MS, RST | ACK, 5001, 1101, 0));
        assert!(!goes_on(&open, CLIENT, ACK, 1101, 5001, 10) && !goes_on(&open, SERVER, ACK, 5001, 1101, 10));
        assert!(goes_on(&open, CLIENT, ACK, 1052 + far, 5001, 10));
    }
}
