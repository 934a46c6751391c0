//! What the receiver of a segment makes of it: whether it takes it at all (RFC 9293, 3.10.7.3 and 3.10.7.4; RFC 5961;
//! RFC 7323, 5).
//!
//! What a receiver refuses has no effect: it moves no number, state or story. The receiver's own side of a capture knows
//! its window exactly; elsewhere its newest acknowledgments may still be on their way, and what is in doubt is taken.

use crate::bounds;
use crate::connection::endpoint::{Endpoint, Facts};
use crate::connection::{Connection, Seen};
use crate::proof::trace::{Tracing, known, met, needs};
use crate::side::Side;
use crate::wire::segment::Segment;

/// Why a receiver refuses a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A RST in SYN-SENT that does not acknowledge the SYN (RFC 9293, 3.10.7.3), or a third ACK of what the server never sent
    /// (RFC 9293, 3.10.7.4, fifth).
    WrongAck,
    /// A RST in the window, but not at the next number: it is challenged (RFC 5961, 3.2).
    NotNext,
    /// Beyond the window, or before it (RFC 9293, 3.10.7.4).
    OutsideWindow,
    /// A SYN to a connection that is open (RFC 9293, 3.10.7.4, fourth; RFC 5961, 4.2): it is challenged.
    Open,
    /// An old timestamp (RFC 7323, 5.3: PAWS).
    OldTimestamp,
    /// Signed, to a connection that is not: some systems drop it (Linux: TCPMD5Unexpected).
    Signed,
}

/// What becomes of a segment at its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It is taken.
    Taken,
    /// It is dropped, or only answered.
    Refused(Refusal),
    /// It would be refused, unless the capture lacks something that explains it.
    Doubtful(Refusal),
    /// The capture does not tell.
    Unknown,
}

impl Receipt {
    /// `taken`, `refused`, `doubtful` or `unknown`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Receipt::Taken => "taken",
            Receipt::Refused(_) => "refused",
            Receipt::Doubtful(_) => "doubtful",
            Receipt::Unknown => "unknown",
        }
    }

    /// Why it is refused, or would be.
    #[must_use]
    pub fn why(self) -> Option<&'static str> {
        let (Receipt::Refused(why) | Receipt::Doubtful(why)) = self else { return None };
        Some(match why {
            Refusal::WrongAck => "it does not acknowledge the SYN",
            Refusal::NotNext => "it is not at the next number",
            Refusal::OutsideWindow => "it is outside the window",
            Refusal::Open => "the connection is open",
            Refusal::OldTimestamp => "its timestamp is old",
            Refusal::Signed => "it is signed, and the connection is not",
        })
    }
}

/// Under this name it is traced.
const RECEIVER: &str = "receiver";

/// What becomes of a segment at its receiver, as far as the capture tells. `trace` takes down what was asked.
#[must_use]
pub(crate) fn receipt(c: &Connection, seen: &Seen<'_>, trace: impl Tracing) -> Receipt {
    if seen.segment.flags.rst() {
        return of_rst(c, seen, trace);
    }
    let opens = opens_another(c, seen.from, seen.segment);
    if met(trace, RECEIVER, "it is a SYN to a connection that is open", opens) {
        return Receipt::Refused(Refusal::Open);
    }
    let wrong = is_wrong_third_ack(c, seen.from, seen.segment);
    if met(trace, RECEIVER, "it is a third ACK of what the server never sent", wrong) {
        return Receipt::Refused(Refusal::WrongAck);
    }
    let stale = staleness(c, seen.from, seen.segment);
    if known(trace, RECEIVER, "its timestamp is old", stale).is_some() {
        return Receipt::Refused(Refusal::OldTimestamp);
    }
    let beyond = beyond_window(c, seen.from, seen.segment);
    let Some(beyond) = known(trace, RECEIVER, "it begins beyond the window", beyond) else {
        return Receipt::Taken;
    };
    let certain = "no update of the window that the capture may lack explains it";
    if met(trace, RECEIVER, certain, beyond.certain) {
        Receipt::Refused(Refusal::OutsideWindow)
    } else {
        Receipt::Doubtful(Refusal::OutsideWindow)
    }
}

/// A SYN or SYN-ACK with another first number than that of its sender, of whom the other side has one already.
fn opens_another(c: &Connection, from: Side, segment: &Segment<'_>) -> bool {
    if !segment.flags.syn() {
        return false;
    }
    let sender = c.end(from);
    let taken = c.handshake.third_ack.is_set() || from == Side::Client && segment.is_syn_ack();
    taken && sender.has_isn && segment.seq != sender.isn
}

/// The third ACK acknowledges what the server never sent, which refuses it.
///
/// More than its SYN-ACK the server can say only when it has the third ACK, or where the SYN had data. What the capture may
/// have missed of that is acknowledged later than this comes, or is less.
#[must_use]
pub fn is_wrong_third_ack(c: &Connection, from: Side, segment: &Segment<'_>) -> bool {
    let server = c.server();
    let opens = from == Side::Client && c.handshake.syn_ack.is_set() && c.is_third_ack(segment);
    if !opens || !server.has_isn || server.said.is_set() {
        return false;
    }
    let sooner = c.way_is_longer_than(Side::Server, bounds::MEASURABLE)
        && c.too_soon(Side::Server, c.handshake.syn_ack.time, segment.time);
    let most = if sooner && c.client().bytes() == 0 { 0 } else { bounds::FAR };
    segment.ack.since(server.isn + 1) > most
}

fn of_rst(c: &Connection, seen: &Seen<'_>, trace: impl Tracing) -> Receipt {
    let segment = seen.segment;
    let in_syn_sent = in_syn_sent(c, seen.from, segment);
    if let Some(acknowledges) = known(trace, RECEIVER, "the client waits in SYN-SENT", in_syn_sent) {
        return if met(trace, RECEIVER, "it acknowledges the SYN", acknowledges) {
            Receipt::Taken
        } else {
            Receipt::Refused(Refusal::WrongAck)
        };
    }
    let (sender, receiver) = (c.end(seen.from), c.end(seen.from.other()));
    if !needs!(trace, RECEIVER;
        "it is of this connection, not of an older one on these ports" => !seen.stray,
        "the connection is not closed" => !c.closed(),
        "its receiver has acknowledged before" => receiver.acked_any,
        "its sender was seen before" => sender.seen,
    ) {
        return Receipt::Unknown;
    }
    let next = segment.seq == receiver.acked || segment.seq == sender.next;
    if met(trace, RECEIVER, "it has the number that its receiver expects", next) {
        let signed = needs!(trace, RECEIVER;
            "it is signed" => segment.options.signature,
            "the connection is not" => c.ends.iter().all(|end| end.has_isn && !end.is(Facts::SIGNS)),
        );
        return if signed { Receipt::Doubtful(Refusal::Signed) } else { Receipt::Taken };
    }
    // What it has acknowledged, it has taken: before that nothing is in its window, wherever the capture is taken.
    if met(trace, RECEIVER, "its number was acknowledged before", segment.seq.before(receiver.acked)) {
        return Receipt::Refused(Refusal::OutsideWindow);
    }
    let scaled = c.scaled(seen.from.other(), receiver.window);
    let window = scaled.unwrap_or(u32::from(receiver.window));
    let ahead = segment.seq.since(receiver.acked);
    let within = (1..i64::from(window)).contains(&i64::from(ahead));
    if met(trace, RECEIVER, "it is in the window, ahead of that number", within) {
        // Beside its receiver all that came was captured; elsewhere it may be behind data that the capture lacks.
        let exact = c.is_beside(seen.from.other()) && sender.is_whole();
        let ahead_of_all = segment.seq.after(sender.next);
        return if needs!(trace, RECEIVER;
            "the capture was taken beside its receiver, and lacks nothing" => exact,
            "it is ahead of all that its sender has sent" => ahead_of_all,
        ) {
            Receipt::Refused(Refusal::NotNext)
        } else {
            Receipt::Doubtful(Refusal::NotNext)
        };
    }
    // What the capture lacks may have moved the window on, but not by more than as much again.
    let newest = sender.next.since(receiver.acked).max(0) as u32;
    let slack = if c.is_beside(seen.from.other()) { 0 } else { window };
    let furthest = window.saturating_add(newest).saturating_add(slack).max(bounds::LARGEST_UNSCALED);
    if needs!(trace, RECEIVER;
        "the scale of the window is known" => scaled.is_some(),
        "it is further ahead than the window can have moved" => ahead.unsigned_abs() > furthest,
    ) {
        Receipt::Refused(Refusal::OutsideWindow)
    } else {
        Receipt::Doubtful(Refusal::OutsideWindow)
    }
}

/// The client has sent its SYN and heard nothing, and this RST comes: whether it acknowledges the SYN.
fn in_syn_sent(c: &Connection, from: Side, segment: &Segment<'_>) -> Option<bool> {
    let (client, server) = (c.client(), c.server());
    let waits = from == Side::Server
        && c.syn().is_set()
        && !server.seen
        && !server.has_isn
        && !client.acked_any
        && !c.handshake.third_ack.is_set();
    let acknowledges =
        segment.flags.ack() && segment.ack.after(client.isn) && client.next.reaches(segment.ack);
    (waits && !segment.has_odd_flags()).then_some(acknowledges)
}

/// How many ticks its timestamp is behind the newest of its sender, when that is so many that it is an old duplicate.
#[must_use]
pub fn staleness(c: &Connection, from: Side, segment: &Segment<'_>) -> Option<u32> {
    let newest = c.end(from).tsval()?;
    let behind = newest.wrapping_sub(segment.options.timestamps?.0);
    (!segment.flags.syn() && behind as i32 > bounds::STALE_TICKS).then_some(behind)
}

/// How far a segment begins beyond the window that its receiver has offered.
#[derive(Clone, Copy, Debug)]
pub struct Beyond {
    /// Bytes.
    pub bytes: u32,
    /// No update of the window that the capture may lack explains it.
    pub certain: bool,
}

/// How far `segment`, sent by the side `from`, begins beyond the window that its receiver has offered; `None` where it
/// does not, or where that window is not known.
#[must_use]
pub fn beyond_window(c: &Connection, from: Side, segment: &Segment<'_>) -> Option<Beyond> {
    let receiver: &Endpoint = c.end(from.other());
    // In the handshake the window is not scaled yet, and has not been used.
    if segment.seq_len() == 0 || segment.flags.syn() || !receiver.acked_any || receiver.originals() < 2 {
        return None;
    }
    let window = c.scaled(from.other(), receiver.window)?;
    let bytes = u32::try_from(segment.seq.since(receiver.acked + window)).ok()?;
    if bytes == 0 && segment.seq_len() <= 1 {
        return None;
    }
    // Beside the receiver the newest window is the one in force, and what begins behind one that is open is beyond it. What
    // was captured elsewhere of its updates may be late by a round trip, and lack some.
    let here = c.is_beside(from.other()) && (bytes > 0 || window > 0);
    let certain = !receiver.is(Facts::GAP) && (here || c.way_known(from.other()) && bytes > window);
    Some(Beyond { bytes, certain })
}

#[cfg(test)]
mod tests {
    use super::{Receipt, Refusal, in_syn_sent, opens_another, receipt, staleness};
    use crate::bounds;
    use crate::connection::Seen;
    use crate::connection::example::{ACK, Example, FIN, MS, RST, SYN, segment, ticking};
    use crate::connection::resets::Impact;
    use crate::proof::trace::Untraced;
    use crate::side::Side;
    use crate::state::Vantage;
    use crate::wire::segment::Segment;
    use std::collections::HashSet;

    const CLIENT: Side = Side::Client;
    const SERVER: Side = Side::Server;

    fn becomes(example: &Example, from: Side, segment: &Segment<'_>) -> Receipt {
        let impact = Impact::default();
        let seen = Seen { segment, from, resends: None, old: false, stray: false, refused: false, impact };
        receipt(&example.c, &seen, Untraced)
    }

    #[test]
    fn a_client_in_syn_sent_takes_a_rst_that_acknowledges_its_syn() {
        let mut example = Example::syn();
        let waits = |example: &Example, from, flags, ack| {
            in_syn_sent(&example.c, from, &segment(MS, flags, 0, ack, 0))
        };
        assert_eq!(waits(&example, SERVER, RST | ACK, 1001), Some(true));
        assert_eq!(waits(&example, SERVER, RST | ACK, 1000), Some(false));
        assert_eq!(waits(&example, SERVER, RST | ACK, 1002), Some(false));
        assert_eq!(waits(&example, SERVER, RST, 1001), Some(false));
        assert_eq!(waits(&example, SERVER, RST | SYN, 1001), None);
        assert_eq!(waits(&example, CLIENT, RST | ACK, 1001), None);
        assert_eq!(
            becomes(&example, SERVER, &segment(MS, RST, 0, 0, 0)),
            Receipt::Refused(Refusal::WrongAck)
        );
        assert_eq!(becomes(&example, SERVER, &segment(MS, RST | ACK, 0, 1001, 0)), Receipt::Taken);
        // The capture lacks what has answered it.
        example.then(CLIENT, segment(MS, ACK, 1001, 5001, 0));
        assert_eq!(waits(&example, SERVER, RST | ACK, 1001), None);
        let mut answered = Example::syn();
        answered.then(SERVER, segment(MS, SYN | ACK, 5000, 1001, 0));
        assert_eq!(waits(&answered, SERVER, RST | ACK, 1001), None);
        let late = Example::at_port(80, segment(0, ACK, 1001, 5001, 0));
        assert_eq!(waits(&late, SERVER, RST | ACK, 1001), None);
    }

    #[test]
    fn a_syn_with_another_number_is_refused_by_who_has_one() {
        let mut example = Example::syn();
        example.then(SERVER, segment(MS, SYN | ACK, 5000, 1001, 0));
        let opens = |example: &Example, from, flags, seq| {
            opens_another(&example.c, from, &segment(2 * MS, flags, seq, 1001, 0))
        };
        assert!(!opens(&example, SERVER, SYN | ACK, 6000));
        assert!(opens(&example, CLIENT, SYN | ACK, 2000) && !opens(&example, CLIENT, SYN | ACK, 1000));
        assert!(!opens(&example, CLIENT, SYN, 2000));
        example.then(CLIENT, segment(2 * MS, ACK, 1001, 5001, 0));
        assert!(opens(&example, SERVER, SYN | ACK, 6000) && !opens(&example, SERVER, SYN | ACK, 5000));
        assert!(opens(&example, CLIENT, SYN, 2000) && !opens(&example, SERVER, ACK, 6000));
        let syn_ack = segment(3 * MS, SYN | ACK, 6000, 1001, 0);
        assert_eq!(becomes(&example, SERVER, &syn_ack), Receipt::Refused(Refusal::Open));
    }

    #[test]
    fn a_timestamp_is_old_when_many_ticks_behind() {
        let example = Example::at_port(80, ticking(segment(0, SYN, 1000, 0, 0), 10_000, 0));
        let old = |flags, tsval| {
            staleness(&example.c, CLIENT, &ticking(segment(MS, flags, 1001, 5001, 0), tsval, 0))
        };
        let stale = bounds::STALE_TICKS as u32;
        assert_eq!([old(ACK, 10_000 - stale), old(ACK, 9_999 - stale)], [None, Some(stale + 1)]);
        assert_eq!([old(SYN, 1), old(ACK, 10_001)], [None, None]);
    }

    #[test]
    fn a_rst_is_taken_at_the_next_number_only() {
        // Windows of 1000 bytes, of sides that do not scale.
        let open = |vantage| {
            let mut example = Example::handshake(20 * MS, 10 * MS);
            example.c.vantage_given = Some(vantage);
            example.then(SERVER, segment(40 * MS, ACK, 5001, 1001, 100));
            example.then(CLIENT, segment(50 * MS, ACK, 1001, 5101, 0));
            example.then(SERVER, segment(60 * MS, ACK, 5101, 1001, 100));
            example
        };
        let beside = open(Vantage::Client);
        let rst = |example: &Example, seq| becomes(example, SERVER, &segment(61 * MS, RST, seq, 0, 0));
        assert_eq!(rst(&beside, 5101), Receipt::Taken);
        assert_eq!(rst(&beside, 5201), Receipt::Taken);
        assert_eq!(rst(&beside, 5100), Receipt::Refused(Refusal::OutsideWindow));
        assert_eq!(rst(&beside, 5102), Receipt::Doubtful(Refusal::NotNext));
        assert_eq!(rst(&beside, 5202), Receipt::Refused(Refusal::NotNext));
        assert_eq!(rst(&beside, 6100), Receipt::Refused(Refusal::NotNext));
        assert_eq!(rst(&beside, 6101), Receipt::Doubtful(Refusal::OutsideWindow));
        let far = bounds::LARGEST_UNSCALED;
        assert_eq!(rst(&beside, 5101 + far), Receipt::Doubtful(Refusal::OutsideWindow));
        assert_eq!(rst(&beside, 5102 + far), Receipt::Refused(Refusal::OutsideWindow));
        // Elsewhere the capture may lack what moves it on.
        let elsewhere = open(Vantage::Server);
        assert_eq!(rst(&elsewhere, 5202), Receipt::Doubtful(Refusal::NotNext));
        let mut gap = open(Vantage::Client);
        gap.then(SERVER, segment(60 * MS, ACK, 5401, 1001, 100));
        assert_eq!(rst(&gap, 5601), Receipt::Doubtful(Refusal::NotNext));
        // What is not of this connection, or comes when it is closed.
        let (this, impact) = (segment(61 * MS, RST, 5202, 0, 0), Impact::default());
        let stray = Seen {
            segment: &this,
            from: SERVER,
            resends: None,
            old: false,
            stray: true,
            refused: false,
            impact,
        };
        assert_eq!(receipt(&beside.c, &stray, Untraced), Receipt::Unknown);
        let mut closed = open(Vantage::Client);
        closed.then(SERVER, segment(62 * MS, FIN | ACK, 5201, 1001, 0));
        closed.then(CLIENT, segment(63 * MS, FIN | ACK, 1001, 5202, 0));
        assert_eq!(rst(&closed, 5300), Receipt::Refused(Refusal::NotNext));
        closed.then(SERVER, segment(64 * MS, ACK, 5202, 1002, 0));
        assert_eq!(rst(&closed, 5300), Receipt::Unknown);
        assert_eq!(rst(&Example::at_port(80, segment(0, ACK, 1001, 5001, 0)), 5001), Receipt::Unknown);
    }

    #[test]
    fn data_is_refused_that_begins_beyond_the_window() {
        let open = |vantage| {
            let mut example = Example::handshake(20 * MS, 10 * MS);
            example.c.vantage_given = Some(vantage);
            example.then(SERVER, segment(40 * MS, ACK, 5001, 1001, 0));
            example
        };
        let data =
            |example: &Example, seq, len| becomes(example, CLIENT, &segment(50 * MS, ACK, seq, 5001, len));
        let beside = open(Vantage::Server);
        assert_eq!(data(&beside, 2000, 10), Receipt::Taken);
        assert_eq!(data(&beside, 2001, 1), Receipt::Taken);
        assert_eq!(data(&beside, 2001, 2), Receipt::Refused(Refusal::OutsideWindow));
        assert_eq!(data(&beside, 2002, 1), Receipt::Refused(Refusal::OutsideWindow));
        assert_eq!(data(&beside, 2002, 0), Receipt::Taken);
        // The capture may lack a window's worth of updates elsewhere, and of a side that left a gap nothing is certain.
        let elsewhere = open(Vantage::Client);
        assert_eq!(data(&elsewhere, 3001, 10), Receipt::Doubtful(Refusal::OutsideWindow));
        assert_eq!(data(&elsewhere, 3002, 10), Receipt::Refused(Refusal::OutsideWindow));
        let mut gap = open(Vantage::Server);
        gap.then(SERVER, segment(41 * MS, ACK, 5101, 1001, 100));
        assert_eq!(data(&gap, 2002, 10), Receipt::Doubtful(Refusal::OutsideWindow));
    }

    #[test]
    fn each_receipt_and_each_refusal_has_words_of_its_own() {
        let refusals = [
            Refusal::WrongAck,
            Refusal::NotNext,
            Refusal::OutsideWindow,
            Refusal::Open,
            Refusal::OldTimestamp,
        ];
        let why: HashSet<_> = refusals.iter().filter_map(|why| Receipt::Refused(*why).why()).collect();
        assert_eq!(why.len(), refusals.len());
        assert_eq!(Receipt::Doubtful(Refusal::Open).why(), Some("the connection is open"));
        let receipts = [
            Receipt::Taken,
            Receipt::Unknown,
            Receipt::Refused(Refusal::Open),
            Receipt::Doubtful(Refusal::Open),
        ];
        assert_eq!(receipts.map(Receipt::name), ["taken", "unknown", "refused", "doubtful"]);
        assert_eq!((Receipt::Taken.why(), Receipt::Unknown.why()), (None, None));
    }
}
