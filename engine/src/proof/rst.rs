//! What a RST is: which of the reasons to send one fits its header and the course of things.
//!
//! Linux and others send two kinds. A socket that is aborted sends RST,ACK with its own next sequence
//! number, its window and options. A host that has no socket for a segment replies with a bare RST whose
//! sequence number is that segment's acknowledgment number (RFC 9293, 3.5.2). Firewalls imitate the second
//! kind; then only the TTL, or what the supposed sender does next, tells.

use crate::bounds;
use crate::connection::endpoint::Facts;
use crate::connection::flight::SentPool;
use crate::connection::{Before, Connection, Seen};
use crate::proof::causality::{Known, Missing};
use crate::proof::trace::{Tracing, known, met, needs};
use crate::side::Side;
use crate::state::State;
use crate::wire::segment::Segment;
use crate::wire::seq::Seq;

/// Why a RST was sent, as far as it can be told when it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rst {
    /// The answer to a SYN: connection refused.
    RefusesSyn,
    /// The answer to a SYN-ACK that the client did not, or no longer, want.
    RefusesSynAck,
    /// The first thing after the third ACK.
    AfterAccept,
    /// The answer to data or FIN of a client whose third ACK never arrived.
    NeverEstablished,
    /// Not sent by whom it claims.
    Forged(Sign),
    /// Sent by something on the path that rejects what one side sent, in the name of the other.
    Middlebox(Sign),
    /// The same side has reset this connection before.
    Again,
    /// After both sides closed, or instead of a FIN when everything had been said: harmless.
    Late,
    /// The answer to a FIN that came after its sender's FIN-WAIT-2 had run out.
    InFinWait,
    /// The answer to data that came after its sender had closed.
    AfterClose,
    /// Given up after unanswered keep-alive probes.
    KeepaliveTimeout,
    /// Given up after the same data was sent again to the limit.
    RetransmissionTimeout,
    /// The answer of a host that knows no such connection.
    NoSuchConnection,
    /// The same, to what came late: both sides had closed the connection, or the other one had reset it.
    AfterEnd,
    /// A socket was aborted.
    Abort,
    /// Nothing else of the connection was captured, or it answers what was not.
    Unknown,
}

/// Under this name it is traced.
const RST: &str = "rst";

impl Rst {
    /// A few words, as `--trace` prints them.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Rst::RefusesSyn => "it refuses the SYN",
            Rst::RefusesSynAck => "it refuses the SYN-ACK",
            Rst::AfterAccept => "the first thing after the third ACK",
            Rst::NeverEstablished => "the answer to a client whose third ACK never arrived",
            Rst::Forged(_) => "not sent by whom it claims",
            Rst::Middlebox(_) => "sent by something on the path that rejects a packet",
            Rst::Again => "the same again, or another one of the same side",
            Rst::Late => "harmless: after both sides closed, or instead of a FIN",
            Rst::InFinWait => "the answer to a FIN that came after FIN-WAIT-2 had run out",
            Rst::AfterClose => "the answer to data that came after its sender had closed",
            Rst::KeepaliveTimeout => "given up after unanswered keep-alive probes",
            Rst::RetransmissionTimeout => "given up after data was sent again to the limit",
            Rst::NoSuchConnection => "the answer of a host that knows no such connection",
            Rst::AfterEnd => "the same, to what came after the connection had ended",
            Rst::Abort => "a socket was aborted",
            Rst::Unknown => "not to be told",
        }
    }
}

/// What gives a forged RST away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Its TTL is not that of its sender's other packets.
    Ttl {
        /// That of the RST.
        this: u8,
        /// That of its sender's other packets.
        usual: u8,
    },
    /// Its sender went on as if nothing had happened.
    GoesOn,
    /// A second RST came right behind it, with a number that its sender has never reached: blind shots.
    NeverReached,
    /// Its sender went on, and the RST came from that host all the same: its TTL was as fresh, in a capture taken beside it.
    GoesOnBesideIt,
}

/// Tells what the RST `seen` is. `reset_before`: whether its sender has sent a RST of its own before, and whether the
/// other side has; `probes_failed`: so many of its keep-alive probes in a row brought no answer that it uses;
/// `resends_failed`: so have its resends of the same data, and the next is due; `trace` takes down what was asked.
#[must_use]
pub(crate) fn classify(
    c: &Connection,
    seen: &Seen<'_>,
    pool: &SentPool,
    reset_before: [bool; 2],
    probes_failed: u32,
    resends_failed: bool,
    trace: impl Tracing,
) -> Rst {
    let segment = seen.segment;
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    let [by_sender, by_peer] = reset_before;
    // The client's to an acknowledgment that does not answer its SYN (RFC 9293, 3.5.1): it knows its attempt well. Where the
    // older connection was open, it has lost that.
    if met(trace, RST, "it belongs to an older connection on these ports", seen.stray) {
        let lost = needs!(trace, RST;
            "it is the client's, bare, at the number of what answered its SYN"
                => seen.from == Side::Client && !segment.flags.ack() && c.stray_ack() == Some(segment.seq),
            "no stack sends other flags than it has" => !segment.has_odd_flags(),
            "the older connection was not seen to end" => c.before().is_some_and(|b| b.state == Before::Open),
        );
        return if lost { Rst::NoSuchConnection } else { Rst::Unknown };
    }
    let opening = c.syn().is_set() || c.handshake.syn_ack.is_set();
    // The third ACK is known as such only where the SYN was captured, too.
    let acknowledged = c.client().acked_any && c.server().has_isn && c.client().acked.after(c.server().isn);
    let half_open = met(
        trace,
        RST,
        "the connection is not open yet",
        opening && !c.handshake.third_ack.is_set() && !c.handshake.established() && !acknowledged,
    );
    // A scanner's SYN is made by hand, and has another TTL than what its kernel answers.
    // And one to a SYN-ACK that acknowledges what was never sent has that number (RFC 9293, 3.10.7.3).
    let answers =
        segment.seq == c.client().isn + 1 || (!segment.flags.ack() && segment.seq == c.server().acked);
    let refuses = half_open && seen.from == Side::Client && answers;
    if met(trace, RST, "its sender has reset the connection before", by_sender) {
        return Rst::Again;
    }
    // What comes after the other side's own RST, or one of its sender's, answers something late.
    let forged = forged(c, segment, seen.from, trace);
    let first = !by_peer && !c.rst(seen.from).is_set();
    let sign = "its TTL gives it away, and it neither refuses a handshake nor comes after another RST";
    if let Some(sign) = known(trace, RST, sign, forged.filter(|_| !refuses && first)) {
        let rejects = met(trace, RST, "it answers a packet, as a firewall rejects", rejects(c, seen));
        let expires =
            met(trace, RST, "nothing was said for long: a device forgets the idle", expires(c, seen));
        return if rejects || expires { Rst::Middlebox(sign) } else { Rst::Forged(sign) };
    }
    // A device shoots more than once, and goes on to reject what comes after the end.
    let echo = forged.is_some() && !refuses && c.rst(seen.from).is_set();
    if met(trace, RST, "its TTL gives it away, and comes after another RST in that name", echo) {
        return Rst::Again;
    }
    // Nothing came from the other side, or only what no stack sends: such as a scanner's SYN with FIN.
    if !met(trace, RST, "the other side was seen", peer.seen) {
        return Rst::Unknown;
    }
    // A listener answers an ACK of what it has not sent, and waits on (RFC 9293, 3.10.7.4, fifth).
    let of_listener = seen.from == Side::Server && answers_wrong_ack(c, segment);
    if met(trace, RST, "a listener answers an ACK of what it has not sent", of_listener) {
        return Rst::Unknown;
    }
    if half_open {
        // In SYN-RECEIVED no application has the connection yet; some stacks refuse a SYN that comes again.
        let again = c.handshake.syn_repeats > 0
            && c.within_way(Side::Server, c.last_syn().time, segment.time, bounds::RTO_MIN);
        return match seen.from {
            Side::Server if !c.server().has_isn || again => Rst::RefusesSyn,
            Side::Client if refuses && c.server().has_isn => Rst::RefusesSynAck,
            Side::Client if segment.flags.ack() => Rst::Abort,
            _ => Rst::Unknown,
        };
    }
    if met(trace, RST, "both sides have sent their FIN", c.ends.iter().all(|e| e.fin.is_set())) {
        return after_both_fins(c, seen, trace);
    }
    // One number that was not captured is a FIN, most likely.
    let of_fin = !segment.flags.ack() && !sender.fin.is_set() && segment.seq == sender.next + 1;
    let acks_fin = segment.flags.ack() && !peer.fin.is_set() && segment.ack == peer.next + 1;
    let closed_unseen = sender.closed_unseen() || peer.closed_unseen() || of_fin || acks_fin;
    if met(trace, RST, "a FIN was not captured", closed_unseen) {
        return Rst::Unknown;
    }
    let may_be_closed = sender.may_have_closed_before() && peer.fin.is_set();
    if met(trace, RST, "its sender may have closed before the capture, and the other side has", may_be_closed)
    {
        let takes_it = segment.flags.ack() && segment.ack.reaches(peer.fin_seq() + 1);
        return match () {
            () if peer.fin_acked.is_set() || takes_it => Rst::Late,
            () if !sender.seen && peer.bytes() == 0 && is_reply(c, seen) => Rst::NoSuchConnection,
            () => Rst::Unknown,
        };
    }
    let gives_up = probes_failed >= 2 && segment.flags.ack();
    if met(trace, RST, "a socket gives up after two keep-alive probes without an answer", gives_up) {
        return Rst::KeepaliveTimeout;
    }
    if met(trace, RST, "it comes when the next resend is due, after the last of several", resends_failed) {
        return Rst::RetransmissionTimeout;
    }
    // Two aborts may cross each other.
    let crosses = segment.flags.ack() && c.may_cross(c.rst(seen.from.other()).time, segment.time);
    let answers_late = by_peer && !crosses;
    if met(
        trace,
        RST,
        "it answers what came late after the other side's own RST",
        answers_late && !sender.fin.is_set(),
    ) {
        return Rst::AfterEnd;
    }
    if needs!(trace, RST;
        "the capture shows the opening" => opening,
        "no RST in the other side's name has ended it"
            => !c.rst(seen.from.other()).is_set() && c.state(seen.from) != State::Closed,
        "the server has not shown that it got the third ACK" => !c.handshake.established(),
        "the third ACK was seen" => c.handshake.third_ack.is_set(),
    ) && let Some(rst) = before_established(c, seen, pool, trace)
    {
        return rst;
    }
    let reply = is_reply(c, seen) && !answers_nothing(c, seen, trace);
    met(trace, RST, "its sender has closed", sender.fin.is_set());
    met(trace, RST, "the other side has closed", peer.fin.is_set());
    met(trace, RST, "the other side has reset the connection", by_peer);
    met(trace, RST, "in form it answers a packet: bare, at the number that was acknowledged", reply);
    match (sender.fin.is_set(), reply) {
        (true, _) if peer.fin.is_set() || peer_spoke_after_close(c, seen.from, trace) => Rst::AfterClose,
        (true, _) => Rst::Late,
        (false, true) if said_goodbye(c, seen, trace) => Rst::Late,
        (false, true) => Rst::NoSuchConnection,
        (false, false) if peer.fin.is_set() && promptly_after_fin(c, seen, trace) => Rst::Late,
        (false, false) if instead_of_fin(c, seen, trace) => Rst::Late,
        (false, false) => Rst::Abort,
    }
}

/// The RST of a server that has sent nothing but its SYN-ACK answers a third ACK of what it has never sent. What later ACKs
/// are of, the capture may have missed.
#[must_use]
pub fn answers_wrong_ack(c: &Connection, segment: &Segment<'_>) -> bool {
    let (client, server) = (c.client(), c.server());
    let bare = segment.flags.rst() && !segment.flags.ack();
    // The third ACK, or a SYN-ACK of the client's.
    let of_first_ack = client.acked_any
        && client.acked == segment.seq
        && c.handshake.third_ack.get().is_none_or(|third_ack| client.acked_at.frame == third_ack.frame);
    bare && c.syn().is_set()
        && server.has_isn
        && !server.said.is_set()
        && segment.seq.after(server.isn + 1)
        && (of_first_ack || c.refused_ack().is_some_and(|(_, ack)| ack == segment.seq))
}

/// In form it answers a packet (RFC 9293, 3.5.2): bare, at the number that the other side has acknowledged.
fn is_reply(c: &Connection, seen: &Seen<'_>) -> bool {
    let (segment, peer) = (seen.segment, c.end(seen.from.other()));
    !segment.flags.ack() && peer.acked_any && segment.seq == peer.acked
}

/// A bare RST is an abort, too (RFC 9293, 3.10.5: old Windows, embedded stacks, macOS), where nothing has come that it could
/// answer: its sender has acknowledged all, and what the other side sent last it had before it sent that, or long before this.
fn answers_nothing(c: &Connection, seen: &Seen<'_>, trace: impl Tracing) -> bool {
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    let has_number =
        [peer.said, peer.fin, c.handshake.syn_ack].iter().any(|mark| mark.frame == peer.last.frame);
    let last_is_acknowledged = has_number && sender.acked_at.frame > peer.last.frame;
    let had = last_is_acknowledged
        || sender.last.frame > peer.last.frame && !c.may_cross(peer.last.time, sender.last.time);
    let at_once = c.at_once(seen.from, peer.last.time, seen.segment.time, bounds::LONG_AFTER);
    // A host without a socket has no window to tell of, nor a number that it waits for, and Linux no IP ID for it. Without
    // ACK the field for that number means nothing.
    let lacks_id = sender.ip_id != 0 && seen.segment.ip_id().is_none();
    // It answers each segment, and at once; also what would be refused where the connection is known.
    let newest = Some(c.last()).filter(|last| last.frame != sender.last.frame).unwrap_or(peer.last);
    let long_since = !lacks_id
        && !c.at_once(seen.from, newest.time, seen.segment.time, bounds::LONGEST_RTT)
        && c.would_show(Missing::Of(seen.from.other())) != Known::No;
    let names_next = seen.segment.ack != Seq(0) && seen.segment.ack == peer.next;
    let of_socket = seen.segment.window != 0 || names_next || sender.counts_on(seen.segment);
    needs!(trace, RST;
        "a socket made it: it has a window, the number that it waits for, or the next IP ID; or all is long since"
            => of_socket || long_since,
        "its sender has acknowledged all that the other side has sent, or names its end"
            => names_next || peer.all_acknowledged(sender),
        "it had what came last when it sent its own last packet, or that is long since" => had || !at_once,
    )
}

/// It answers a packet in the form in which firewalls reject, and not sooner than its supposed sender could.
fn rejects(c: &Connection, seen: &Seen<'_>) -> bool {
    let peer = c.end(seen.from.other());
    let too_early = c.hardly_knew(seen.from, peer.last, seen.segment.time);
    is_reply(c, seen) && peer.said.time == peer.last.time && c.way_known(seen.from) && !too_early
}

/// Nobody has said anything for so long that devices on the path forget a connection, or it holds a balancer's code.
fn expires(c: &Connection, seen: &Seen<'_>) -> bool {
    let newest = c.ends.iter().map(|end| end.last.time).max().unwrap_or(seen.segment.time);
    seen.segment.has_vendor_code() || seen.segment.time - newest >= bounds::FORGETS
}

/// The TTL of a RST gives it away when its supposed sender has sent no packet with that TTL, as it does where there are
/// several routes, or a balancer before it; unless its other numbers are those that only its sender knows. A SYN-ACK alone
/// is a weak standard: a proxy may have sent it, one hop nearer.
fn forged(c: &Connection, segment: &Segment<'_>, from: Side, trace: impl Tracing) -> Option<Sign> {
    let sender = c.end(from);
    let this = segment.ip?.ttl;
    let distance = this.abs_diff(sender.ttl);
    // Without the SYN the one packet may be of any connection.
    let opened = c.syn().is_set() && !c.handshake.simultaneous();
    let odd = sender.ttl_count >= 2 && distance >= 1 || sender.ttl_count == 1 && distance >= 2 && opened;
    // No route lies between a host and a capture beside it.
    // And what both have closed a RST does not harm; it is the answer to something late.
    let closed = c.ends.iter().all(|end| end.fin.is_set());
    let late = closed || sender.fin.is_set() && !segment.flags.ack();
    let another_route = !c.is_beside(from) && goes_on_from(c, segment, from);
    needs!(trace, RST;
        "its TTL differs from that of its sender's other packets" => odd,
        "no packet of its sender has come with that TTL" => !sender.has_sent_with(this),
        "neither another route, nor that it is late, explains the TTL" => !late && !another_route,
        "its IP ID does not go on from its sender's" => !sender.counts_on(segment),
    )
    .then_some(Sign::Ttl { this, usual: sender.ttl })
}

/// Its timestamps go on from its sender's newest and echo the other side's newest.
fn goes_on_from(c: &Connection, segment: &Segment<'_>, from: Side) -> bool {
    let (sender, peer) = (c.end(from), c.end(from.other()));
    match (segment.options.timestamps, sender.tsval(), peer.tsval()) {
        (Some((this, echo)), Some(newest), Some(other)) => {
            let since = this.wrapping_sub(newest);
            let elapsed = (segment.time - sender.last.time).max(0) / bounds::TICK + 1;
            i64::from(since) <= elapsed + elapsed / 8 && other.wrapping_sub(echo) <= bounds::OTHER_CLOCK
        }
        _ => false,
    }
}

fn before_established(c: &Connection, seen: &Seen<'_>, pool: &SentPool, trace: impl Tracing) -> Option<Rst> {
    let client = c.client();
    let client_spoke = client.bytes() > 0 || client.fin.is_set();
    let server_silent = c.server().bytes() == 0 && !c.server().fin.is_set();
    // At the server, what it answers so is the first that could have finished the handshake.
    let answers_first = c.is_beside(Side::Server)
        && !seen.segment.flags.ack()
        && c.handshake.third_ack.frame == client.last.frame;
    let never = c.handshake.syn_ack_repeats > 0 || answers_first;
    if needs!(trace, RST;
        "the server sent it" => seen.from == Side::Server,
        "the client has sent data or closed" => client_spoke,
        "the server repeated its SYN-ACK, or answers the first packet after it" => never,
    ) {
        return Some(Rst::NeverEstablished);
    }
    // Too early to be the answer to anything but the third ACK; next to the server that cannot be told.
    let first = client.flight.iter(pool).find(|s| s.repeats == 0).map(|s| s.time);
    let too_early = seen.from == Side::Server
        && c.way_is_longer_than(Side::Server, bounds::MEASURABLE)
        && first.is_some_and(|sent| c.too_soon(Side::Server, sent, seen.segment.time));
    needs!(trace, RST;
        "the server has said nothing" => server_silent,
        "the client has said nothing, or too late for this to be an answer" => !client_spoke || too_early,
    )
    .then_some(Rst::AfterAccept)
}

/// Both sides have closed: mostly harmless.
fn after_both_fins(c: &Connection, seen: &Seen<'_>, trace: impl Tracing) -> Rst {
    let segment = seen.segment;
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    let bare = !segment.flags.ack();
    // FIN-WAIT-2 of a socket without owner lasts a minute on Linux, less where it is set so; the FIN that
    // comes after it meets nobody.
    let waited = sender
        .fin_acked
        .get()
        .is_some_and(|acked| !c.within_a_round_trip_of(acked.time, peer.fin.time, bounds::LONG_AFTER));
    if needs!(trace, RST;
        "it is bare, without ACK" => bare,
        "the other side's FIN came long after its sender's was acknowledged" => waited,
        "that FIN was not acknowledged" => !peer.fin_acked.is_set(),
        "nothing came behind that FIN" => peer.last.frame == peer.fin.frame,
    ) {
        return Rst::InFinWait;
    }
    let ended = c.ends.iter().filter_map(|e| e.fin_acked.get()).map(|m| m.time).max().unwrap_or(i64::MAX);
    if needs!(trace, RST;
        "it is bare, without ACK" => bare,
        "both FINs were acknowledged" => c.closed(),
        "it answers what came long after that"
            => !c.within_a_round_trip_of(ended, peer.last.time, bounds::LONG_AFTER),
    ) {
        return Rst::AfterEnd;
    }
    let spoke = bare && !c.closed() && peer_spoke_after_close(c, seen.from, trace);
    if spoke { Rst::AfterClose } else { Rst::Late }
}

/// The other side has sent data that crossed this side's FIN or came after it: more than the alert with which TLS says
/// goodbye, of which nobody feels the loss.
fn peer_spoke_after_close(c: &Connection, from: Side, trace: impl Tracing) -> bool {
    let (sender, peer) = (c.end(from), c.end(from.other()));
    let spoke = !peer.said_all_but_goodbye(sender);
    met(trace, RST, "the other side has sent data that its sender has not acknowledged", spoke)
}

/// A TLS side has said goodbye, and each has all that the other sent before.
///
/// A socket that is closed before the other side's goodbye was read from it sends a RST instead of a FIN.
fn instead_of_fin(c: &Connection, seen: &Seen<'_>, trace: impl Tracing) -> bool {
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    let goodbye = c.ends.iter().any(|e| e.is(Facts::SAYS_GOODBYE));
    let has_all = seen.segment.ack.reaches(peer.next) || peer.said_all_but_goodbye(sender);
    needs!(trace, RST;
        "a side has said goodbye in TLS" => goodbye,
        "it has ACK" => seen.segment.flags.ack(),
        "its sender has all that the other side has said" => has_all,
        "the other side has all that its sender has said" => sender.said_all_but_goodbye(peer),
    )
}

/// Its sender has said goodbye in its protocol, and each has all that the other sent but that: its socket is gone because it was
/// closed, though its FIN was lost, or never sent.
fn said_goodbye(c: &Connection, seen: &Seen<'_>, trace: impl Tracing) -> bool {
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    needs!(trace, RST;
        "its sender has said goodbye" => sender.is(Facts::SAYS_GOODBYE),
        "it lacks nothing of the other side but a goodbye" => peer.said_all_but_goodbye(sender),
        "the other side has all that it has said" => sender.said_all_but_goodbye(peer),
    )
}

/// Right behind the other side's FIN, with nothing unacknowledged: an application that closes with
/// SO_LINGER 0 to avoid TIME-WAIT.
fn promptly_after_fin(c: &Connection, seen: &Seen<'_>, trace: impl Tracing) -> bool {
    let peer = c.end(seen.from.other());
    let covers = seen.segment.flags.ack() && seen.segment.ack.reaches(peer.fin_seq() + 1);
    let acknowledged = peer.fin_acked.is_set() || covers;
    let at_once = c.at_once(seen.from, peer.fin.time, seen.segment.time, bounds::PROMPTLY);
    needs!(trace, RST;
        "it, or a segment before it, acknowledges the other side's FIN" => acknowledged,
        "it comes right behind that FIN" => at_once,
    )
}

#[cfg(test)]
mod tests {
    use super::{Rst, Sign, answers_wrong_ack, classify, goes_on_from};
    use crate::bounds;
    use crate::connection::example::{ACK, Example, FIN, MS, RST, SYN, segment, ticking, with_ttl};
    use crate::proof::trace::Untraced;
    use crate::side::Side;
    use crate::state::Vantage;
    use crate::wire::segment::Segment;
    use std::collections::HashSet;

    const CLIENT: Side = Side::Client;
    const SERVER: Side = Side::Server;

    /// What a RST at that time is, of the side `from`, with these numbers.
    fn reason(example: &Example, from: Side, time: i64, flags: u8, seq: u32, ack: u32) -> Rst {
        // A host without a socket has no window.
        let window = if flags == 0 { 0 } else { 1000 };
        let rst = Segment { window, ..segment(time, RST | flags, seq, ack, 0) };
        let seen = example.c.see(&rst, from, &example.pool);
        classify(&example.c, &seen, &example.pool, [false; 2], 0, false, Untraced)
    }

    #[test]
    fn before_the_third_ack_a_rst_refuses_what_it_answers() {
        let half_open = |acknowledges| {
            let mut example = Example::syn();
            example.then(SERVER, segment(20 * MS, SYN | ACK, 5000, acknowledges, 0));
            example
        };
        let by_client =
            |acknowledges, flags, seq| reason(&half_open(acknowledges), CLIENT, 21 * MS, flags, seq, 5001);
        assert_eq!(by_client(1001, 0, 1001), Rst::RefusesSynAck);
        assert_eq!(by_client(1001, ACK, 1001), Rst::RefusesSynAck);
        assert_eq!(by_client(1001, ACK, 1002), Rst::Abort);
        assert_eq!(by_client(1001, 0, 1002), Rst::Unknown);
        assert_eq!(by_client(401_001, 0, 401_001), Rst::RefusesSynAck);
        assert_eq!(by_client(401_001, ACK, 401_001), Rst::Abort);
        assert_eq!(reason(&half_open(1001), SERVER, 30 * MS, ACK, 5001, 1001), Rst::Unknown);
        assert_eq!(reason(&Example::syn(), CLIENT, MS, ACK, 1001, 0), Rst::Unknown);
        // Some stacks refuse a SYN that comes again.
        let mut again = half_open(1001);
        again.then(CLIENT, segment(1000 * MS, SYN, 1000, 0, 0));
        let refuses = |after: i64| reason(&again, SERVER, 1000 * MS + after, ACK, 5001, 1001);
        assert_eq!(refuses(bounds::RTO_MIN), Rst::RefusesSyn);
        assert_eq!(refuses(bounds::RTO_MIN + 1), Rst::Unknown);
    }

    /// Request and answer of 100 bytes each; the client's last packet is at 51 ms.
    fn talked() -> Example {
        let mut example = Example::handshake(20 * MS, MS);
        example.then(CLIENT, segment(30 * MS, ACK, 1001, 5001, 100));
        example.then(SERVER, segment(50 * MS, ACK, 5001, 1101, 100));
        example.then(CLIENT, segment(51 * MS, ACK, 1101, 5101, 0));
        example
    }

    #[test]
    fn a_rst_one_number_further_may_come_after_a_fin_that_was_missed() {
        let example = talked();
        let by_server = |flags, seq, ack| reason(&example, SERVER, 400 * MS, flags, seq, ack);
        assert_eq!(by_server(0, 5102, 0), Rst::Unknown);
        assert_eq!(by_server(ACK, 5102, 1101), Rst::Abort);
        assert_eq!(by_server(ACK, 5101, 1102), Rst::Unknown);
        assert_eq!(by_server(0, 5101, 1102), Rst::NoSuchConnection);
        assert_eq!(by_server(ACK, 5101, 1101), Rst::Abort);
        // Its FIN is known.
        let mut closed = talked();
        closed.then(SERVER, segment(60 * MS, FIN | ACK, 5101, 1101, 0));
        assert_eq!(reason(&closed, SERVER, 400 * MS, 0, 5103, 0), Rst::Late);
        closed.then(CLIENT, segment(80 * MS, ACK, 1101, 5102, 100));
        assert_eq!(reason(&closed, SERVER, 400 * MS, 0, 5102, 0), Rst::AfterClose);
        assert_eq!(reason(&closed, CLIENT, 400 * MS, ACK, 1201, 5102), Rst::Abort);
    }

    #[test]
    fn who_may_have_closed_before_the_capture_answers_late() {
        let mut example = Example::at_port(80, segment(0, ACK, 1001, 5001, 100));
        example.then(SERVER, segment(20 * MS, ACK, 5001, 1101, 0));
        example.then(CLIENT, segment(30 * MS, FIN | ACK, 1101, 5001, 0));
        let by_server = |flags, seq, ack| reason(&example, SERVER, 50 * MS, flags, seq, ack);
        assert_eq!(by_server(ACK, 5001, 1102), Rst::Late);
        assert_eq!(by_server(ACK, 5001, 1101), Rst::Unknown);
        assert_eq!(by_server(0, 5001, 1102), Rst::Unknown);
    }

    #[test]
    fn right_behind_the_other_sides_fin_a_rst_only_avoids_time_wait() {
        let mut example = talked();
        example.then(CLIENT, segment(60 * MS, FIN | ACK, 1101, 5101, 0));
        let by_server = |time, ack| reason(&example, SERVER, time, ACK, 5101, ack);
        let latest = 60 * MS + 20 * MS + bounds::PROMPTLY;
        assert_eq!(by_server(latest, 1102), Rst::Late);
        assert_eq!(by_server(latest + 1, 1102), Rst::Abort);
        assert_eq!(by_server(latest, 1101), Rst::Abort);
    }

    #[test]
    fn each_reason_has_words_of_its_own() {
        let all = [
            Rst::RefusesSyn,
            Rst::RefusesSynAck,
            Rst::AfterAccept,
            Rst::NeverEstablished,
            Rst::Forged(Sign::GoesOn),
            Rst::Middlebox(Sign::GoesOn),
            Rst::Again,
            Rst::Late,
            Rst::InFinWait,
            Rst::AfterClose,
            Rst::KeepaliveTimeout,
            Rst::RetransmissionTimeout,
            Rst::NoSuchConnection,
            Rst::AfterEnd,
            Rst::Abort,
            Rst::Unknown,
        ];
        assert_eq!(all.map(Rst::words).into_iter().collect::<HashSet<_>>().len(), all.len());
        assert!(all.iter().all(|rst| rst.words().len() > 10));
    }

    #[test]
    fn a_listener_answers_a_third_ack_of_what_it_never_sent_with_that_number() {
        let far = 5001 + bounds::MOST_UNSEEN as u32 + 1;
        let mut example = Example::syn();
        example.then(SERVER, segment(20 * MS, SYN | ACK, 5000, 1001, 0));
        example.then(Side::Client, segment(21 * MS, ACK, 1001, far, 0));
        let answers = |flags, seq| answers_wrong_ack(&example.c, &segment(22 * MS, flags, seq, 0, 0));
        assert!(answers(RST, far));
        assert!(
            !answers(RST | ACK, far) && !answers(ACK, far) && !answers(RST, far + 1) && !answers(RST, 5001)
        );
        let mut spoke = example;
        spoke.then(Side::Server, segment(23 * MS, ACK, 5001, 1001, 10));
        assert!(!answers_wrong_ack(&spoke.c, &segment(24 * MS, RST, far, 0, 0)));
    }

    #[test]
    fn timestamps_go_on_by_no_more_than_the_time_and_echo_what_came_of_late() {
        let mut example = Example::at_port(80, ticking(segment(0, SYN, 1000, 0, 0), 100, 0));
        example.then(Side::Server, ticking(segment(MS, SYN | ACK, 5000, 1001, 0), 9_000, 100));
        let goes_on = |after: i64, tsval, echo| {
            goes_on_from(
                &example.c,
                &ticking(segment(after * MS, RST | ACK, 1001, 5001, 0), tsval, echo),
                Side::Client,
            )
        };
        // An eighth, and a tick, more than has gone by.
        assert!(goes_on(79, 100, 9_000) && goes_on(79, 190, 9_000) && !goes_on(79, 191, 9_000));
        assert!(!goes_on(79, 99, 9_000));
        assert!(
            goes_on(79, 100, 9_000 - bounds::OTHER_CLOCK) && !goes_on(79, 100, 8_999 - bounds::OTHER_CLOCK)
        );
        assert!(!goes_on(79, 100, 9_001));
        assert!(!goes_on_from(&example.c, &segment(79 * MS, RST, 1001, 0, 0), Side::Client));
    }

    #[test]
    fn a_ttl_gives_a_rst_away_where_its_sender_has_shown_another_and_nothing_explains_it() {
        let talk = |ttls: &[u8]| {
            let mut example = Example::at_port(80, with_ttl(segment(0, SYN, 1000, 0, 0), 64));
            example.then(SERVER, with_ttl(segment(20 * MS, SYN | ACK, 5000, 1001, 0), ttls[0]));
            example.then(CLIENT, with_ttl(segment(21 * MS, ACK, 1001, 5001, 0), 64));
            for ttl in &ttls[1..] {
                example.then(SERVER, with_ttl(segment(40 * MS, ACK, 5001, 1001, 0), *ttl));
            }
            example
        };
        let rst = |flags, ttl| with_ttl(segment(60 * MS, RST | flags, 5001, 1001, 0), ttl);
        let is =
            |example: &Example, rst: &Segment<'_>| super::forged(&example.c, rst, SERVER, Untraced).is_some();
        for (ttls, ttl, odd) in [
            (&[58][..], 59, false),
            (&[58], 60, true),
            (&[58], 56, true),
            (&[58, 58], 59, true),
            (&[58, 58], 58, false),
            (&[58, 58, 57], 57, false),
        ] {
            assert_eq!(is(&talk(ttls), &rst(ACK, ttl)), odd, "{ttls:?} {ttl}");
        }
        // Its one packet may be of any connection where the opening is not known.
        let mut late = Example::at_port(80, with_ttl(segment(0, ACK, 1001, 5001, 0), 64));
        late.then(SERVER, with_ttl(segment(20 * MS, ACK, 5001, 1001, 0), 58));
        assert!(!is(&late, &rst(ACK, 60)));
        // What comes late may come of another host.
        let mut closed = talk(&[58, 58]);
        closed.then(SERVER, with_ttl(segment(50 * MS, FIN | ACK, 5001, 1001, 0), 58));
        assert!(is(&closed, &rst(ACK, 60)) && !is(&closed, &rst(0, 60)));
        closed.then(CLIENT, with_ttl(segment(51 * MS, FIN | ACK, 1001, 5002, 0), 64));
        assert!(!is(&closed, &rst(ACK, 60)));
        // Timestamps that go on are those of its sender, by another route; but not beside it.
        let mut ticks = talk(&[58, 58]);
        ticks.then(CLIENT, ticking(with_ttl(segment(45 * MS, ACK, 1001, 5001, 0), 64), 7, 90));
        ticks.then(SERVER, ticking(with_ttl(segment(46 * MS, ACK, 5001, 1001, 0), 58), 91, 7));
        assert!(!is(&ticks, &ticking(rst(ACK, 60), 92, 7)) && is(&ticks, &rst(ACK, 60)));
        ticks.c.vantage_given = Some(Vantage::Server);
        assert!(is(&ticks, &ticking(rst(ACK, 60), 92, 7)));
    }

    #[test]
    fn a_server_resets_what_it_has_just_accepted_or_never_knew_as_open() {
        let handshake = || Example::handshake(20 * MS, MS);
        let by_server = |example: &Example, time, flags| reason(example, SERVER, time, flags, 5001, 1101);
        assert_eq!(by_server(&handshake(), 60 * MS, ACK), Rst::AfterAccept);
        let mut spoke = handshake();
        spoke.then(CLIENT, segment(30 * MS, ACK, 1001, 5001, 100));
        // Sooner than the way to it takes, quick as it may be, it answers only the third ACK.
        let soonest = 30 * MS + 20 * MS - 20 * MS / bounds::JITTER;
        assert_eq!(by_server(&spoke, soonest - 1, ACK), Rst::AfterAccept);
        assert_eq!(by_server(&spoke, soonest, ACK), Rst::Abort);
        assert_eq!(reason(&spoke, CLIENT, 31 * MS, ACK, 1101, 5001), Rst::Abort);
        // Its SYN-ACK came again: it knows of no third ACK.
        let mut again = handshake();
        again.then(SERVER, segment(1020 * MS, SYN | ACK, 5000, 1001, 0));
        assert_eq!(by_server(&again, 1100 * MS, ACK), Rst::AfterAccept);
        again.then(CLIENT, segment(1030 * MS, ACK, 1001, 5001, 100));
        assert_eq!(by_server(&again, 1100 * MS, 0), Rst::NeverEstablished);
        assert_eq!(reason(&again, CLIENT, 1100 * MS, ACK, 1101, 5001), Rst::Abort);
        // Beside it, the first that comes may carry the third ACK.
        let mut carries = Example::syn();
        carries.c.vantage_given = Some(Vantage::Server);
        carries.then(SERVER, segment(1, SYN | ACK, 5000, 1001, 0));
        carries.then(CLIENT, segment(20 * MS, ACK, 1001, 5001, 100));
        assert_eq!(by_server(&carries, 21 * MS, 0), Rst::NeverEstablished);
        assert_ne!(by_server(&carries, 21 * MS, ACK), Rst::NeverEstablished);
        carries.then(CLIENT, segment(22 * MS, ACK, 1101, 5001, 100));
        assert_ne!(by_server(&carries, 23 * MS, 0), Rst::NeverEstablished);
    }
}
