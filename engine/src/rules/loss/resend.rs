//! What is sent again, and why.

use super::{content, gap, receipt};
use crate::bounds;
use crate::catalogue::Diagnosis;
use crate::catalogue::findings::{Finding, Told, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::connection::endpoint::Facts;
use crate::connection::flight::Sent;
use crate::connection::{Connection, Seen};
use crate::mark::Mark;
use crate::proof::claims::Kind;
use crate::proof::trace::{Tracing, concluded, known, met, needs};
use crate::rules::context::Context;
use crate::rules::loss::lines::{MadeBy, Recovery, Resent, Timeouts, downstream, keep, resent};
use crate::rules::notes::Notes;
use crate::rules::path;
use crate::wire::seq::Seq;

/// Why something was sent again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Timeout,
    Asked,
    TailProbe,
    /// It follows what a timeout has sent again.
    Recovery,
    /// Neither silence nor complaints: not said.
    Unknown,
}

/// A segment below the next expected. `was_damaged`: a copy of it with a wrong checksum was seen.
pub(super) fn again(
    c: &Connection,
    seen: &Seen<'_>,
    was_damaged: bool,
    context: &mut Context<'_, impl Tracing>,
) {
    let segment = seen.segment;
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    // A keep-alive or window probe is no resend; nor is a byte of what was longer, or what comes later than a first
    // timeout may: their ACK was not captured.
    // A timer: it starts from what its sender has measured of the round trip.
    let longest = bounds::LONGEST_FIRST_RTO + 4 * c.rtt().unwrap_or(0);
    let probes = |sent: Sent| sent.seq_len > 1 || (sent.repeats == 0 && segment.time - sent.time > longest);
    if needs!(context.trace, "loss.resend";
        "it looks like a probe: a byte at most" => segment.len <= 1,
        "and just below the next number" => segment.seq + 1 == sender.next,
        "and nothing else that it would repeat"
            => sender.all_acknowledged(peer) && !segment.flags.psh() || seen.resends.is_some_and(probes),
        "and it has no FIN" => !segment.flags.fin(),
    ) {
        return;
    }
    // What is in front of a closed window is a probe, however often it comes; and then what comes behind it goes on from the
    // byte that was not taken.
    let goes_on = |sent: Sent| {
        let newest = sent.seq_len == 1 && sent.end() == sender.next;
        let answered = peer.last.time > sent.time && segment.time - peer.last.time < bounds::RTO_MIN;
        newest && segment.len > 1 && answered && !peer.is(Facts::SACKING)
    };
    let at_the_edge = peer.last_ack() == Some(segment.seq) && !segment.flags.fin();
    if needs!(context.trace, "loss.resend";
        "it begins at what its receiver expects" => at_the_edge,
        "it is a byte for a closed window, or goes on from one that was answered and not taken"
            => segment.len <= 1 && peer.window == 0 || seen.resends.is_some_and(goes_on),
    ) {
        return;
    }
    let acked = peer.acked_any && peer.acked.reaches(segment.end());
    // What was cut anew may begin in a gap and end in what was seen.
    let hole = gap::fill(seen, context);
    let hole = hole.filter(|_| seen.resends.is_none_or(|sent| segment.seq.before(sent.seq)));
    if let Some(hole) = known(context.trace, "loss.resend", "it fills a gap", hole) {
        let overtaken = gap::overtaken(c, seen, &hole);
        let before = "it was sent before what came behind the gap";
        if let Some(certainty) = known(context.trace, Diagnosis::LossReordering, before, overtaken) {
            gap::reordering(c, seen, hole.behind, certainty, context);
        } else {
            after_gap(c, seen, hole.behind, was_damaged, context);
        }
    } else if let Some(sent) =
        known(context.trace, "loss.resend", "its first copy is in flight", seen.resends)
    {
        after_original(c, seen, &sent, context);
    } else if needs!(context.trace, Diagnosis::LossFastRetransmit;
        "it was sent before the capture began: neither seen nor acknowledged" => !acked,
        "its receiver lacks it, and says so" => c.misses(seen.from.other(), segment.seq),
        "it is newer than what its sender has sent behind it" => sender.is_newer(segment),
    ) {
        let first = Sent::unseen(segment, peer.acked_at);
        let finding = c.finding(Diagnosis::LossFastRetransmit, segment);
        tell(c, seen, Why::Asked, finding, first.time, &first, context);
    } else if needs!(context.trace, Diagnosis::LossSpurious;
        "it was acknowledged before" => acked,
        "it has data" => segment.len > 0,
    ) {
        let late = c.end(seen.from).has_passed(seen.segment);
        if !met(context.trace, Diagnosis::LossSpurious, "its sender has sent nothing newer", !late) {
            receipt::copy(c, segment, seen.from, MadeBy::Sender, context);
        } else {
            receipt::needless(c, seen, context);
        }
    }
}

/// It has data, and no ICMP error explains it.
fn is_resend(seen: &Seen<'_>, context: &Context<'_, impl Tracing>) -> bool {
    needs!(context.trace, "loss.resend";
        "it has data" => seen.segment.len > 0,
        "no ICMP error (too big) explains it" => !path::explains_resend(context.notes, seen.segment.time),
        "its bytes, as those of all that its sender has sent again, are those that were sent before"
            => !content::has_conflicted(seen.from, context.notes),
    )
}

/// The first copy was seen: lost behind the capture point, or its acknowledgment was.
fn after_original(c: &Connection, seen: &Seen<'_>, sent: &Sent, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let merged = c.is_merged(seen.from, sent.seq_len) && !c.is_merged(seen.from, segment.len);
    let at_once = merged && segment.time - sent.time < bounds::COPY_AT_ONCE;
    let piece = at_once && !c.misses(seen.from.other(), segment.seq);
    let whole = "it is no piece of a larger one, captured before and behind the network card that splits it";
    if !met(context.trace, "loss.resend", whole, !piece) || !is_resend(seen, context) {
        return;
    }
    let why = why(c, context.notes, seen, Some(sent), sent.time, context.trace);
    let finding = c.finding(diagnosis(why), segment);
    let told =
        tell(c, seen, why, finding.evidence(Role::Original, sent.first_frame), sent.time, sent, context);
    content::never_finished(c, seen, sent, context);
    if why == Why::Timeout {
        count_timeout(c, seen, sent, context);
    }
    // Where nobody asked for it, its acknowledgment will tell whether the copy before it had arrived. Data of a SYN may
    // have arrived, and be refused (RFC 7413, 4.2.2).
    let of_syn = c.end(seen.from).has_isn && sent.seq == c.end(seen.from).isn;
    // On a shorter path the hosts' own work hides it.
    let known = c.is_longer_than(bounds::MEASURABLE);
    let hasty = why == Why::Unknown && known && !c.could_complain(sent.time, segment.time);
    let mut resent = Resent { before: if of_syn { 0 } else { sent.frame }, hasty, ..resent(segment) };
    if why == Why::Asked {
        resent.asked = told;
        // Nobody misses it sooner than a round trip after it was sent; and an ACK of what was in front of it may only
        // have been sooner than it.
        let missed = c.misses(seen.from.other(), segment.seq) && c.could_complain(sent.time, segment.time);
        if needs!(context.trace, Diagnosis::LossDownstream;
            "it is no data of the SYN" => !of_syn,
            "its receiver misses just this, and has had time to say so" => missed,
        ) {
            let lost = downstream(c, seen.from, &resent);
            resent.told = context.store.claim_and_tell(Kind::LostDownstream, lost);
            resent.before = 0;
        }
    }
    keep(&mut context.notes.details().loss.lines[seen.from as usize].resent, resent);
}

/// The first copy was not seen: lost before the capture point, unless it was seen damaged.
fn after_gap(
    c: &Connection,
    seen: &Seen<'_>,
    behind: Mark,
    was_damaged: bool,
    context: &mut Context<'_, impl Tracing>,
) {
    let segment = seen.segment;
    if !is_resend(seen, context) {
        return;
    }
    let why = why(c, context.notes, seen, None, behind.time, context.trace);
    let finding = c.finding(diagnosis(why), segment).evidence(Role::BehindGap, behind.frame);
    let told = tell(c, seen, why, finding, behind.time, &Sent::unseen(segment, behind), context);
    if met(context.trace, Diagnosis::LossUpstream, "no damaged copy of it was seen", !was_damaged) {
        let finding = c
            .finding(Diagnosis::LossUpstream, segment)
            .evidence(Role::BehindGap, behind.frame)
            .with(Param::Who, Value::Party(seen.from.party()))
            .with(Param::Late, Value::Duration(segment.time - behind.time))
            .with(Param::Vantage, Value::Term(c.vantage().into()));
        context.store.tell(finding);
    }
    let resent = Resent { asked: told.filter(|_| why == Why::Asked), ..resent(segment) };
    keep(&mut context.notes.details().loss.lines[seen.from as usize].resent, resent);
}

/// Duplicate ACKs and SACK ask for a resend; without them it is a timer: the retransmission timeout,
/// or for the last of several in flight the tail-loss probe (RFC 8985, 7).
fn why(
    c: &Connection,
    notes: &Notes,
    seen: &Seen<'_>,
    sent: Option<&Sent>,
    since: i64,
    trace: impl Tracing,
) -> Why {
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    let now = seen.segment.time;
    let asked = c.asks(seen.from.other());
    // Duplicate ACKs that came a timeout ago did not cause this.
    let quiet = now - if peer.dup_acks > 0 || asked { since.max(peer.last.time) } else { since };
    // One packet may be several segments, where the network card splits it (TSO).
    let several = |sent: &Sent| sender.flight.len() >= 2 || seen.segment.seq.after(sent.seq);
    let in_time = |sent: &Sent| now - sent.time >= bounds::PROBE_MIN;
    // What a SYN carried was not taken, as its SYN-ACK says: that is no loss (RFC 7413, 4.2.2).
    let of_syn = |sent: &Sent| sender.has_isn && sent.seq == sender.isn;
    let last = |sent: &Sent| sent.end() == sender.next && sent.repeats == 0 && !of_syn(sent);
    let last_of_several = sent.is_some_and(|sent| last(sent) && several(sent) && in_time(sent));
    if needs!(trace, Diagnosis::LossTimeout;
        "it follows what a timeout has sent again" => recovers(c, notes, seen),
        "its receiver does not ask for it" => !asked,
    ) {
        Why::Recovery
    } else if needs!(trace, Diagnosis::LossTailProbe;
        "it is the last of several in flight, sent once, and long enough ago" => last_of_several,
        "its receiver does not ask for it" => !asked,
    ) {
        Why::TailProbe
    } else if met(
        trace,
        Diagnosis::LossTimeout,
        "it was quiet for as long as a timeout",
        quiet >= bounds::RTO_MIN,
    ) {
        Why::Timeout
    } else if met(
        trace,
        Diagnosis::LossFastRetransmit,
        "its receiver asks for it, with SACK, duplicate ACKs, or an ACK up to it",
        asked || partly_acknowledged(c, notes, seen, since),
    ) {
        Why::Asked
    } else {
        concluded(trace, "loss.resend", "neither silence nor complaints: why is not said");
        Why::Unknown
    }
}

/// The acknowledgment of what was asked for shows the next hole, of what was sent before that (RFC 6582).
fn partly_acknowledged(c: &Connection, notes: &Notes, seen: &Seen<'_>, since: i64) -> bool {
    let (segment, peer) = (seen.segment, c.end(seen.from.other()));
    let Some(details) = &notes.details else { return false };
    let repaired = |r: &Resent| r.asked.is_some() && since < r.time && peer.acked.reaches(r.end);
    peer.acked_any
        && segment.seq == peer.acked
        && c.acts_at_once(seen.from, peer.acked_at.time, segment.time, bounds::PROMPT)
        && details.loss.lines[seen.from as usize].resent.iter().any(repaired)
}

/// After a timeout all that was in flight is sent again, as acknowledgments allow: no other timeout can have passed.
fn recovers(c: &Connection, notes: &Notes, seen: &Seen<'_>) -> bool {
    let line = notes.details.as_ref().map(|details| &details.loss.lines[seen.from as usize]);
    let heard = c.end(seen.from.other()).last.time;
    line.and_then(|line| line.recovery).is_some_and(|recovery| {
        let behind = seen.segment.seq.after(recovery.seq) && seen.segment.seq.before(recovery.end);
        behind && seen.segment.time - recovery.last.max(heard) < bounds::RTO_MIN
    })
}

fn diagnosis(why: Why) -> Diagnosis {
    match why {
        Why::Timeout | Why::Recovery => Diagnosis::LossTimeout,
        Why::Asked | Why::Unknown => Diagnosis::LossFastRetransmit,
        Why::TailProbe => Diagnosis::LossTailProbe,
    }
}

fn tell(
    c: &Connection,
    seen: &Seen<'_>,
    why: Why,
    finding: Finding,
    since: i64,
    sent: &Sent,
    context: &mut Context<'_, impl Tracing>,
) -> Option<Told> {
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    // Beyond that it is new.
    let bytes = sent_before(seen, sender.next);
    let time = seen.segment.time;
    match why {
        Why::Unknown => return None,
        Why::Recovery => {
            let line = &mut context.notes.details().loss.lines[seen.from as usize];
            if let Some(recovery) = &mut line.recovery {
                recovery.last = time;
                recovery.bytes += bytes;
                let total = Value::Bytes(recovery.bytes);
                context.store.amend(recovery.told, |finding| finding.set(Param::Bytes, total));
            }
            return None;
        }
        Why::Timeout | Why::Asked | Why::TailProbe => {}
    }
    let mut finding = finding
        .evidence(Role::ResentBefore, if sent.repeats > 0 { sent.frame } else { 0 })
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Peer, Value::Party(seen.from.other().party()))
        .with(Param::Waited, Value::Duration(seen.segment.time - since))
        .with(Param::Count, Value::Count(u64::from(sent.repeats) + 1))
        .with(Param::Bytes, Value::Bytes(bytes));
    if why == Why::Asked {
        let how = if peer.is(Facts::SACKING) {
            Term::AskedBySack
        } else if peer.dup_acks > 0 {
            Term::AskedByDupAcks
        } else {
            Term::AskedByPartialAck
        };
        finding.set(Param::How, Value::Term(how));
        finding = finding.evidence(Role::Asks, peer.last.frame);
    }
    let told = context.store.tell(finding);
    if why == Why::Timeout {
        let (seq, end) = (seen.segment.seq, sender.next);
        let recovery = Recovery { seq, end, last: time, bytes, told };
        context.notes.details().loss.lines[seen.from as usize].recovery = Some(recovery);
    }
    told
}

/// So many bytes of it, up to the `next` of its sender, were sent before.
fn sent_before(seen: &Seen<'_>, next: Seq) -> u64 {
    let segment = seen.segment;
    let old = next.since(segment.seq).max(0).unsigned_abs();
    segment.len.min(old).into()
}

/// A probe of which the first copy was lost before the capture point: after a pause it comes alone, and leaves a gap.
///
/// The IP IDs show that more was sent than the gap holds; without them the pause of two round trips must do.
pub(super) fn tail_probe_unseen(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let sender = c.end(seen.from);
    // A timer: twice the round trip (RFC 8985, 7.2).
    let rtt = c.rtt().filter(|_| segment.len > 0);
    let data = "the round trip is known, and it has data";
    let Some(rtt) = known(context.trace, Diagnosis::LossTailProbe, data, rtt) else { return };
    let pause = segment.time - sender.last.time;
    let gap = segment.seq.since(sender.next).max(0) as u32;
    let largest = u32::from(sender.largest.max(1));
    let missing = gap.div_ceil(largest);
    let id = segment.ip_id().filter(|_| sender.ip_id != 0);
    let sent_more = id.map(|id| u32::from(id.wrapping_sub(sender.ip_id)) > missing + 1);
    let in_time = pause >= (rtt + rtt / 2).max(bounds::PROBE_MIN) && pause < bounds::RTO_MIN + 2 * rtt;
    if !needs!(context.trace, Diagnosis::LossTailProbe;
        "it comes after a pause of two round trips" => in_time,
        "its IP ID shows that more was sent than the gap holds" => sent_more != Some(false),
        "little is missing" => missing <= bounds::LONGEST_TAIL,
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::LossTailProbe, segment)
        .evidence(Role::BeforeGap, sender.last.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Peer, Value::Party(seen.from.other().party()))
        .with(Param::Waited, Value::Duration(pause))
        .with(Param::Bytes, Value::Bytes(segment.len.into()));
    context.store.tell(finding);
}

/// Timeout after timeout on the same data: stalled from the third on.
fn count_timeout(c: &Connection, seen: &Seen<'_>, sent: &Sent, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let line = &mut context.notes.details().loss.lines[seen.from as usize];
    let row = &mut line.timeouts;
    if row.count == 0 || row.seq != segment.seq {
        let frame = sent.first_frame;
        let time = if sent.repeats == 0 { sent.time } else { segment.time };
        *row = Timeouts { seq: segment.seq, first: Mark { frame, time }, ..Default::default() };
    }
    row.count += 1;
    row.wait = segment.time - if row.last.is_set() { row.last.time } else { row.first.time };
    row.last = segment.mark();
    let row = *row;
    let waited = Value::Duration(segment.time - row.first.time);
    let stalls = needs!(context.trace, Diagnosis::LossStalled;
        "it is the third timeout in a row" => row.count == bounds::STALLED,
        "no RST of the other side answers" => !c.rst(seen.from.other()).is_set(),
    );
    if stalls {
        let finding = c
            .finding(Diagnosis::LossStalled, segment)
            .evidence(Role::Original, row.first.frame)
            .with(Param::Who, Value::Party(seen.from.party()))
            .with(Param::Peer, Value::Party(seen.from.other().party()))
            .with(Param::Count, Value::Count(row.count.into()))
            .with(Param::Waited, waited);
        let told = context.store.tell(finding);
        context.notes.details().loss.lines[seen.from as usize].timeouts.stalled = told;
    } else {
        context.store.amend(row.stalled, |finding| {
            finding.set(Param::Count, Value::Count(row.count.into()));
            finding.set(Param::Waited, waited);
        });
    }
    // A network card has split what is larger than a segment.
    let first = if c.is_merged(seen.from, sent.seq_len) { 0 } else { sent.seq_len };
    path::timeout(c, seen, row, segment.len.max(first), context);
}
