//! Connection setup (RFC 9293, 3.5).

mod opening;

use super::Context;
use super::loss::RTO_MIN;
use crate::catalogue::{Diagnosis, Severity};
use crate::connection::{Connection, Course, From, Seen};
use crate::endpoint::Mark;
use crate::findings::{Finding, Side, Told, Value};
use crate::icmp::IcmpError;
use crate::rst::Rst;
use crate::segment::Segment;

/// What this tracker keeps.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    unanswered: Option<Told>,
    third_ack_lost: Option<Told>,
    third_ack_missing: Option<Told>,
    synack_lost: Option<Told>,
    /// Time between the SYN-ACK and the repeated SYN that says it was lost, nanoseconds.
    synack_lost_after: i64,
    /// TSval of that SYN-ACK.
    synack_lost_tsval: Option<u32>,
    /// TSval of the first SYN-ACK, once there is a second.
    first_tsval: Option<u32>,
    /// An ICMP error answered the SYN.
    refused_by_icmp: bool,
    /// A RST answered it.
    refused: bool,
    /// The first SYN-ACK that was repeated.
    repeat: Option<Told>,
    /// That SYN-ACK, where it may have been repeated only because the client sent no data (`TCP_DEFER_ACCEPT`).
    deferred: Mark,
    opening: opening::Notes,
}

/// The client itself waits so long before it takes a SYN for lost, nanoseconds (RFC 6298, 2.1).
const SYN_RTO: i64 = 1_000_000_000;

/// No server's timer repeats a SYN-ACK sooner: it takes 1 s, less what the first one may have been late (RFC 6298, 2.1),
/// nanoseconds.
const FIRST_RTO: i64 = 800_000_000;

/// A first repeat of the SYN-ACK that comes no sooner is not that of a server that lacks the third ACK, which comes after
/// 1 s; where it waits for data, Linux leaves that one out, and repeats at 3 s, nanoseconds.
const DEFERRED: i64 = 2_500_000_000;

/// Without a third ACK for so long, it is missing, nanoseconds: a server repeats its SYN-ACK after 1 s, and
/// three times that has gone by.
const MISSING_AFTER: i64 = 3_000_000_000;

pub(crate) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    opening::odd(c, seen, context);
    if segment.has_odd_flags() {
        withdrawn(c, seen, context);
        return;
    }
    opening::segment(c, seen, context);
    if seen.stray {
        return;
    }
    match seen.from {
        From::Client if segment.flags.fin() && !c.server().last.is_set() => withdrawn(c, seen, context),
        From::Client if segment.is_syn() && c.syn().is_set() => syn_repeated(c, segment, context),
        From::Client if c.is_third_ack(segment) => third_ack(c, segment, context),
        From::Client if !c.handshake.established() => ignored(c, seen, context),
        From::Server if segment.is_syn_ack() => syn_ack(c, segment, context),
        From::Server if c.handshake.third_ack.is_set() && !c.handshake.established() => {
            recovered(c, segment, context);
        }
        _ => {}
    }
}

/// The SYN again: unanswered so far, or the answer did not arrive.
fn syn_repeated(c: &mut Connection, segment: &Segment<'_>, context: &mut Context<'_>) {
    let syn = c.syn();
    let count = u64::from(c.handshake.syn_repeats) + 1;
    let waited = segment.time - syn.time;
    let repeat = Finding::new(Diagnosis::HandshakeSynRetransmitted, c, segment)
        .side(Side::Path)
        .evidence("syn", syn.frame)
        .with("count", Value::Count(count))
        .with("waited", Value::Duration(segment.time - c.last_syn().time));
    context.store.tell(c, repeat);

    if c.server().last.is_set() {
        syn_ack_lost(c, segment, context);
        return;
    }
    if c.details().handshake.refused_by_icmp {
        return;
    }
    let Some(told) = c.details().handshake.unanswered else {
        let finding = Finding::new(Diagnosis::HandshakeSynUnanswered, c, segment)
            .about(syn.frame)
            .side(Side::Server)
            .evidence("syn_again", segment.frame)
            .with("count", Value::Count(count + 1))
            .with("waited", Value::Duration(waited));
        let told = context.store.tell(c, finding);
        c.details().handshake.unanswered = told;
        return;
    };
    context.store.amend(Some(told), |finding| {
        finding.set("count", Value::Count(count + 1));
        finding.set("waited", Value::Duration(waited));
        *finding = finding.clone().evidence("syn_again", segment.frame);
    });
}

/// The SYN again after a SYN-ACK was seen: the client did not get it.
fn syn_ack_lost(c: &mut Connection, segment: &Segment<'_>, context: &mut Context<'_>) {
    // A repeat of the server's timer may still be on its way: then it is the first that the client did not get.
    let newest = c.last_syn_ack();
    let crossing = segment.time - newest.time < RTO_MIN;
    let syn_ack = if crossing { c.handshake.syn_ack } else { newest };
    if !syn_ack.is_set() || c.handshake.third_ack.is_set() || c.details().handshake.synack_lost.is_some() {
        return;
    }
    let of_newest = c.server().tsval();
    let notes = &mut c.details().handshake;
    context.store.withdraw(&mut notes.third_ack_missing);
    let tsval = if syn_ack == newest { of_newest } else { notes.first_tsval };
    let finding = Finding::new(Diagnosis::HandshakeSynackLost, c, segment)
        .about(syn_ack.frame)
        .evidence("syn", c.syn().frame)
        .evidence("syn_again", segment.frame)
        .with("waited", Value::Duration(segment.time - syn_ack.time));
    let told = context.store.tell(c, finding);
    let notes = &mut c.details().handshake;
    notes.synack_lost = told;
    notes.synack_lost_after = segment.time - syn_ack.time;
    notes.synack_lost_tsval = tsval;
}

/// A SYN-ACK: the answer, or the answer again.
fn syn_ack(c: &mut Connection, segment: &Segment<'_>, context: &mut Context<'_>) {
    if let Some(details) = &mut c.details {
        context.store.withdraw(&mut details.handshake.unanswered);
    }
    // One with other numbers is not sent again.
    let is_another = segment.seq != c.server().isn;
    if !c.handshake.syn_ack.is_set() || c.handshake.simultaneous() || is_another {
        return;
    }
    let repeats = u64::from(c.handshake.syn_ack_repeats) + 1;
    if repeats == 1 {
        c.details().handshake.first_tsval = c.server().tsval();
    }
    // Sooner than any timer: it answers a SYN that came again, or the network has delivered one of them twice.
    let by_timer = segment.time - c.last_syn_ack().time >= FIRST_RTO;
    let syn_again = c.handshake.syn_repeats > 0;
    let answers_syn = syn_again && segment.time - c.last_syn().time <= c.half(From::Server).max(RTO_MIN);
    let mut finding = Finding::new(Diagnosis::HandshakeSynackRetransmitted, c, segment)
        .side(Side::Path)
        .evidence("syn_ack", c.handshake.syn_ack.frame)
        .evidence("third_ack", c.handshake.third_ack.frame)
        .with("count", Value::Count(repeats))
        .with("waited", Value::Duration(segment.time - c.last_syn_ack().time));
    if !by_timer && !syn_again {
        finding.severity = Severity::Note;
    }
    let told = context.store.tell(c, finding);
    c.details().handshake.repeat = c.details().handshake.repeat.or(told);
    if !by_timer || answers_syn {
        return;
    }
    if c.handshake.third_ack.is_set() {
        third_ack_lost(c, segment, repeats, context);
    } else if c.details().handshake.synack_lost.is_none() {
        third_ack_missing(c, segment, repeats, context);
    }
}

/// The SYN-ACK again although the third ACK was seen.
///
/// A listener repeats its SYN-ACK until the handshake is acknowledged (RFC 9293, 3.10.7.4), so the third
/// ACK was lost behind this capture point, or arrived and was ignored: at the server it is the latter.
fn third_ack_lost(c: &mut Connection, segment: &Segment<'_>, repeats: u64, context: &mut Context<'_>) {
    let ack = c.handshake.third_ack;
    // A repeat that left before the ACK can have arrived proves nothing.
    if c.handshake.established() || segment.time - ack.time <= c.half(From::Server) {
        return;
    }
    let client_spoke = c.client().bytes() > 0 || c.client().fin.is_set();
    let at_server = c.is_beside(From::Server);
    let late = segment.time - c.handshake.syn_ack.time >= DEFERRED;
    // TCP_DEFER_ACCEPT makes Linux repeat the SYN-ACK once when no data came in time.
    let deferred = !client_spoke && repeats < 2 && (at_server || late);
    c.details().handshake.deferred = if deferred { Mark::of(segment) } else { Mark::default() };
    let reading = match others_accepted(c, context) {
        _ if deferred => "path_or_defer",
        true => "queue_or_path",
        false => "path_or_queue",
    };
    if let told @ Some(_) = c.details().handshake.third_ack_lost {
        context.store.amend(told, |finding| {
            finding.set("repeats", Value::Count(repeats));
            if finding.diagnosis == Diagnosis::HandshakeThirdAckLost {
                finding.set("reading", Value::Term(reading));
            }
            *finding = finding.clone().evidence("syn_ack_again", segment.frame);
        });
        return;
    }
    let finding = if !at_server {
        Finding::new(Diagnosis::HandshakeThirdAckLost, c, segment).with("reading", Value::Term(reading))
    } else if deferred {
        return;
    } else {
        Finding::new(Diagnosis::HandshakeAcceptQueueOverflow, c, segment).side(Side::Server)
    };
    let finding = finding
        .about(ack.frame)
        .evidence("syn_ack", c.handshake.syn_ack.frame)
        .evidence("syn_ack_again", segment.frame)
        .with("repeats", Value::Count(repeats))
        .with("spoke", Value::Term(if client_spoke { "data_unanswered" } else { "client_silent" }))
        .with("vantage", Value::Term(c.vantage().name()));
    let told = context.store.tell(c, finding);
    c.details().handshake.third_ack_lost = told;
}

/// At the server: the client sends the same data again and again, and the server does not even acknowledge it.
///
/// A connection that is in the accept queue acknowledges, whether it is accepted yet or not. One that was answered with
/// a SYN cookie is in no queue, and its SYN-ACK is not repeated (RFC 4987, 3.6).
fn ignored(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let at_server = c.is_beside(From::Server);
    let again = seen.segment.len > 0 && seen.resends.is_some_and(|sent| sent.repeats > 0);
    let ack = c.handshake.third_ack;
    if !at_server || !again || !ack.is_set() || !c.handshake.syn_ack.is_set() {
        return;
    }
    let Some(details) = &mut c.details else { return };
    if details.handshake.third_ack_lost.is_some() {
        return;
    }
    let finding = Finding::new(Diagnosis::HandshakeAcceptQueueOverflow, c, seen.segment)
        .side(Side::Server)
        .about(ack.frame)
        .evidence("syn_ack", c.handshake.syn_ack.frame)
        .evidence("data", seen.segment.frame)
        .with("spoke", Value::Term("data_unanswered"))
        .with("vantage", Value::Term(c.vantage().name()));
    let told = context.store.tell(c, finding);
    c.details().handshake.third_ack_lost = told;
}

/// The SYN-ACK again, and no third ACK in the capture.
fn third_ack_missing(c: &mut Connection, segment: &Segment<'_>, repeats: u64, context: &mut Context<'_>) {
    if !c.client().last.is_set() {
        return;
    }
    if let told @ Some(_) = c.details().handshake.third_ack_missing {
        context.store.amend(told, |finding| {
            finding.set("repeats", Value::Count(repeats));
            *finding = finding.clone().evidence("syn_ack_again", segment.frame);
        });
        return;
    }
    let finding = Finding::new(Diagnosis::HandshakeThirdAckMissing, c, segment)
        .about(c.handshake.syn_ack.frame)
        .evidence("syn", c.syn().frame)
        .evidence("syn_ack_again", segment.frame)
        .with("repeats", Value::Count(repeats))
        .with("waited", Value::Duration(segment.time - c.handshake.syn_ack.time))
        .with("vantage", Value::Term(c.vantage().name()));
    let told = context.store.tell(c, finding);
    c.details().handshake.third_ack_missing = told;
}

/// The client acknowledges the SYN-ACK.
fn third_ack(c: &mut Connection, segment: &Segment<'_>, context: &mut Context<'_>) {
    if !c.handshake.syn_ack.is_set() {
        return;
    }
    let to_client = segment.time - c.last_syn_ack().time;
    if let Some(details) = &mut c.details {
        let notes = &mut details.handshake;
        // The repeated SYN was on its way before the SYN-ACK could arrive; or it is that SYN-ACK which is answered.
        let echoed = segment.options.timestamps.map(|t| t.1);
        let arrived = notes.synack_lost_tsval.is_some() && echoed == notes.synack_lost_tsval;
        if arrived || to_client > notes.synack_lost_after {
            context.store.withdraw(&mut notes.synack_lost);
        }
        context.store.amend(notes.third_ack_missing, |finding| finding.severity = Severity::Warn);
    }
}

/// The server shows that it got the third ACK after all.
fn recovered(c: &mut Connection, segment: &Segment<'_>, context: &mut Context<'_>) {
    let Some(details) = &c.details else { return };
    let notes = &details.handshake;
    let deferred = notes.deferred;
    if !deferred.is_set() || c.client().bytes() == 0 {
        context.store.amend(notes.third_ack_lost, |finding| finding.severity = Severity::Warn);
        return;
    }
    for told in [notes.repeat, notes.third_ack_lost] {
        context.store.amend(told, |finding| finding.severity = Severity::Note);
    }
    // Short of the server, a third ACK that was lost looks the same.
    if notes.third_ack_lost.is_some() {
        return;
    }
    let finding = Finding::new(Diagnosis::HandshakeDeferAccept, c, segment)
        .about(deferred.frame)
        .of(From::Server)
        .evidence("third_ack", c.handshake.third_ack.frame)
        .evidence("ack", segment.frame)
        .with("waited", Value::Duration(deferred.time - c.handshake.third_ack.time))
        .with("vantage", Value::Term(c.vantage().name()));
    context.store.tell(c, finding);
}

/// The client itself takes back a SYN that no one answered: by RST, or by FIN.
fn withdrawn(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let takes_back = seen.from == From::Client && (segment.flags.rst() || segment.flags.fin());
    let only_syn = c.client().next == c.client().isn + 1 && !c.client().acked_any;
    if !takes_back || !only_syn || !c.syn().is_set() || c.server().last.is_set() || segment.flags.syn() {
        return;
    }
    let finding = Finding::new(Diagnosis::HandshakeSynWithdrawn, c, segment)
        .of(From::Client)
        .evidence("syn", c.syn().frame)
        .with("waited", Value::Duration(segment.time - c.syn().time));
    context.store.tell(c, finding);
}

/// Another connection between these hosts was accepted by this listener while it ignored this one.
fn others_accepted(c: &Connection, context: &Context<'_>) -> bool {
    context
        .listeners
        .accepted_since(c.tuple.src.ip, c.tuple.dst, c.syn().time - 1_000_000_000)
        .is_some_and(|other| other != c.number)
}

/// A RST in the handshake.
pub(crate) fn reset(
    c: &mut Connection,
    seen: &Seen<'_>,
    rst: Rst,
    context: &mut Context<'_>,
) -> Option<Told> {
    let segment = seen.segment;
    opening::odd(c, seen, context);
    withdrawn(c, seen, context);
    let finding = match rst {
        Rst::RefusesSyn => {
            let took = segment.time - c.last_syn().time;
            let notes = &mut c.details().handshake;
            notes.refused = true;
            context.store.withdraw(&mut notes.unanswered);
            let mut finding = Finding::new(Diagnosis::HandshakeRejected, c, segment)
                .side(Side::Server)
                .evidence("syn", c.last_syn().frame)
                .with("took", Value::Duration(took));
            if let Some(ip) = segment.ip {
                finding.set("ttl", Value::Count(ip.ttl.into()));
            }
            finding
        }
        Rst::RefusesSynAck => {
            let notes = &mut c.details().handshake;
            notes.refused = true;
            context.store.withdraw(&mut notes.third_ack_missing);
            Finding::new(Diagnosis::HandshakeSynackRejected, c, segment)
                .side(Side::Client)
                .evidence("syn", c.syn().frame)
                .evidence("syn_ack", c.handshake.syn_ack.frame)
        }
        Rst::AfterAccept => Finding::new(Diagnosis::HandshakeResetAfterAccept, c, segment)
            .of(seen.from)
            .evidence("syn_ack", c.handshake.syn_ack.frame)
            .evidence("third_ack", c.handshake.third_ack.frame)
            .with("who", Value::Side(seen.from.side()))
            .with("took", Value::Duration(segment.time - c.handshake.third_ack.time)),
        Rst::NeverEstablished => {
            c.handshake.course |= Course::REFUSED_TO_ESTABLISH;
            // Others got in meanwhile: then the path works, and the queue is the cause, which is told already.
            // And at the server, where the third ACK never came, that is the cause, and told, too.
            let told_otherwise = c.is_beside(From::Server);
            if told_otherwise || others_accepted(c, context) {
                return None;
            }
            Finding::new(Diagnosis::HandshakeServerNeverEstablished, c, segment)
                .side(Side::Server)
                .evidence("syn_ack", c.handshake.syn_ack.frame)
                .evidence("third_ack", c.handshake.third_ack.frame)
                .evidence("syn_ack_again", c.last_syn_ack().frame)
                .evidence(if c.client().fin.is_set() { "fin" } else { "data" }, c.client().last.frame)
                .with("repeats", Value::Count(c.handshake.syn_ack_repeats.into()))
        }
        _ => return None,
    };
    context.store.tell(c, finding)
}

/// An ICMP error that quotes a segment of this connection.
pub(crate) fn icmp(c: &mut Connection, error: &IcmpError, context: &mut Context<'_>) {
    let about_syn = error.from == From::Client && error.seq.is_none_or(|seq| seq == c.client().isn);
    if !c.syn().is_set() || c.server().last.is_set() || !about_syn || !error.refuses() {
        return;
    }
    let took = error.at.time - c.syn().time;
    let notes = &mut c.details().handshake;
    notes.refused_by_icmp = true;
    context.store.withdraw(&mut notes.unanswered);
    let finding = error
        .finding(Diagnosis::HandshakeRejectedByIcmp, c)
        .side(Side::Path)
        .evidence("syn", c.last_syn().frame)
        .with("kind", Value::Term(error.kind()))
        .with("reporter", Value::Address(error.reporter))
        .with("took", Value::Duration(took));
    context.store.tell(c, finding);
}

/// What has not come so far.
pub(crate) fn pending(c: &Connection, now: i64, out: &mut Vec<Finding>) {
    let default = Notes::default();
    let notes = c.details.as_ref().map_or(&default, |d| &d.handshake);
    let handshake = &c.handshake;
    if notes.refused || notes.refused_by_icmp || c.is_reset() {
        return;
    }
    if c.syn().is_set() && !c.server().last.is_set() && notes.unanswered.is_none() && c.client().bytes() == 0
    {
        let only_syn = c.client().next == c.client().isn + 1 && !c.client().acked_any;
        if only_syn {
            let waited = now - c.syn().time;
            let mut finding = Finding::at(Diagnosis::HandshakeSynUnanswered, c, c.syn().frame)
                .proved_by(c.last().frame)
                .side(Side::Server)
                .with("count", Value::Count(1))
                .with("waited", Value::Duration(waited));
            if waited < SYN_RTO {
                finding.severity = Severity::Note;
            }
            out.push(finding);
        }
    }
    let waiting = handshake.syn_ack.is_set() && !handshake.third_ack.is_set() && c.client().last.is_set();
    let silent = handshake.syn_ack_repeats == 0 && now - handshake.syn_ack.time >= MISSING_AFTER;
    if waiting && silent && handshake.syn_repeats == 0 && !c.client().acked_any {
        let mut finding = Finding::at(Diagnosis::HandshakeThirdAckMissing, c, handshake.syn_ack.frame)
            .proved_by(c.last().frame)
            .evidence("syn", c.syn().frame)
            .with("repeats", Value::Count(0))
            .with("waited", Value::Duration(now - handshake.syn_ack.time))
            .with("vantage", Value::Term(c.vantage().name()));
        // It was not repeated: the server has the ACK, which the capture lacks, or it keeps no state to repeat it from.
        finding.severity = Severity::Note;
        out.push(finding);
        // A listener that keeps the half-open connection repeats its SYN-ACK; one that puts it into a cookie cannot.
        if c.is_beside(From::Server) {
            out.push(
                Finding::at(Diagnosis::HandshakeSynCookies, c, handshake.syn_ack.frame)
                    .proved_by(c.last().frame)
                    .of(From::Server)
                    .evidence("syn", c.syn().frame)
                    .with("waited", Value::Duration(now - handshake.syn_ack.time)),
            );
        }
    }
}
