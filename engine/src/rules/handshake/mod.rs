//! Connection setup (RFC 9293, 3.5).

mod opening;

use crate::bounds;
use crate::catalogue::findings::{Finding, Told, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Diagnosis, Severity};
use crate::connection::endpoint::Facts;
use crate::connection::{Connection, Course, Seen};
use crate::mark::Mark;
use crate::proof::claims::Kind;
use crate::proof::receiver::Receipt;
use crate::proof::rst::Rst;
use crate::proof::trace::{Tracing, met, needs};
use crate::rules::context::{Context, of_icmp};
use crate::rules::notes::{Handshake, Notes};
use crate::side::{Party, Side};
use crate::wire::icmp::IcmpError;
use crate::wire::segment::Segment;

pub(crate) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    opening::odd(c, seen, context);
    if met(context.trace, "handshake", "no stack sends such flags", segment.has_odd_flags()) {
        withdrawn(c, seen, context);
        return;
    }
    opening::segment(c, seen, context);
    if !needs!(context.trace, "handshake";
        "it is of this connection, not of an older one on these ports" => !seen.stray,
        "its receiver does not refuse it" => !seen.refused,
    ) {
        return;
    }
    match seen.from {
        Side::Client if segment.flags.fin() && !c.server().last.is_set() => withdrawn(c, seen, context),
        Side::Client if segment.is_syn() && c.syn().is_set() => syn_repeated(c, segment, context),
        Side::Client if c.is_third_ack(segment) => third_ack(c, segment, context),
        Side::Client if !c.handshake.established() => {
            speaks_late(c, segment, context);
            ignored(c, seen, context);
        }
        Side::Server if segment.is_syn_ack() => syn_ack(c, segment, context),
        Side::Server if c.handshake.third_ack.is_set() && !c.handshake.established() => {
            recovered(c, segment, context);
        }
        _ => {}
    }
}

/// The SYN again: unanswered so far, or the answer did not arrive.
fn syn_repeated(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    met(context.trace, Diagnosis::HandshakeSynRetransmitted, "it is the SYN again", true);
    let syn = c.syn();
    // A new try after a refusal, which is told as such.
    let refused = c.rst(Side::Server).is_set() && !c.server().has_isn;
    // Linux sends it again at once when an ACK of an older connection has answered it (tcp_rcv_synsent_state_process).
    let in_time = segment.time - c.last_syn().time >= bounds::RTO_MIN || c.stray_ack().is_some();
    if !needs!(context.trace, Diagnosis::HandshakeSynRetransmitted;
        "no RST has refused the SYN" => !refused,
        "it comes as late as by a timer, or an ACK of an older connection has answered the SYN" => in_time,
    ) {
        return;
    }
    let count = u64::from(c.handshake.syn_repeats) + 1;
    let waited = segment.time - syn.time;
    let repeat = c
        .finding(Diagnosis::HandshakeSynRetransmitted, segment)
        .side(Party::Path)
        .evidence(Role::Syn, syn.frame)
        .with(Param::Count, Value::Count(count))
        .with(Param::Waited, Value::Duration(segment.time - c.last_syn().time));
    let told = context.store.tell(repeat);
    let without_ecn = c.client().is(Facts::ASKS_ECN) && !segment.flags.ece();
    let notes = &mut context.notes.details().handshake;
    (notes.syn_again, notes.without_ecn) = (told, without_ecn);

    let answered = c.server().last.is_set();
    if !met(context.trace, Diagnosis::HandshakeSynUnanswered, "the server was not seen", !answered) {
        syn_ack_lost(c, segment, context);
        return;
    }
    let notes = &context.notes.details().handshake;
    let (refused, ignored) = (notes.refused_by_icmp, notes.syn_ignored.is_some());
    if !needs!(context.trace, Diagnosis::HandshakeSynUnanswered;
        "no ICMP error answered the SYN" => !refused,
        "it was not told that the SYN had arrived, and was ignored" => !ignored,
        "the client has acknowledged nothing" => !c.client().acked_any,
        "its own timer, too, takes the SYN for lost by now" => waited >= bounds::RTO_MIN,
        "it has not come more often than by a timer" => may_be_by_timer(count, waited),
    ) {
        return;
    }
    let Some(claimed) = context.notes.details().handshake.unanswered else {
        let mut finding = c
            .finding(Diagnosis::HandshakeSynUnanswered, segment)
            .about(syn.frame)
            .side(Party::Server)
            .evidence(Role::SynAgain, segment.frame)
            .with(Param::Count, Value::Count(count + 1))
            .with(Param::Waited, Value::Duration(waited));
        signed(c, &mut finding);
        let claimed = context.store.claim_and_tell(Kind::SynUnanswered, finding);
        context.notes.details().handshake.unanswered = claimed;
        return;
    };
    context.store.amend(claimed.told, |finding| {
        finding.set(Param::Count, Value::Count(count + 1));
        finding.set(Param::Waited, Value::Duration(waited));
        finding.show(Role::SynAgain, segment.frame);
    });
}

/// A timer may have sent the SYN again so many times in that time; the network may have delivered one of them twice.
fn may_be_by_timer(repeats: u64, span: i64) -> bool {
    span >= repeats.saturating_sub(1) as i64 * bounds::RTO_MIN
}

/// What is signed is taken only by who has the same key, and drops what is not signed, or with another key, without a word
/// (RFC 5925, 7.5; RFC 2385, 2).
fn signed(c: &Connection, finding: &mut Finding) {
    if c.client().is(Facts::SIGNS) {
        finding.set(Param::Reading, Value::Term(Term::Signed));
    }
}

/// The SYN again after a SYN-ACK was seen: the client did not get it, or beside the client: ignores it.
fn syn_ack_lost(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    // A repeat of the server's timer may still be on its way: then it is the first that the client did not get.
    let newest = c.last_syn_ack();
    let crossing = segment.time - newest.time < bounds::RTO_MIN;
    // One that was ignored stays the one in question.
    let ignored = context.notes.details().handshake.synack_ignored.is_some();
    let syn_ack = if crossing || ignored { c.handshake.syn_ack } else { newest };
    if !needs!(context.trace, Diagnosis::HandshakeSynackLost;
        "a SYN-ACK was seen" => syn_ack.is_set(),
        "the third ACK was not" => !c.handshake.third_ack.is_set(),
        "no RST of the client has answered it" => c.rst(Side::Client).frame <= syn_ack.frame,
        "it was not told before" => context.notes.details().handshake.synack_lost.is_none(),
    ) {
        return;
    }
    let waited = segment.time - syn_ack.time;
    let of_newest = c.server().tsval();
    let notes = &mut context.notes.details().handshake;
    context.store.refute(notes.third_ack_missing.take().map(|it| it.claim));
    notes.synack_lost_tsval = if syn_ack == newest { of_newest } else { notes.first_tsval };
    if c.is_beside(Side::Client) || is_unsigned(c) {
        syn_ack_ignored(c, syn_ack, segment, context);
        return;
    }
    let finding = c
        .finding(Diagnosis::HandshakeSynackLost, segment)
        .about(syn_ack.frame)
        .evidence(Role::Syn, c.syn().frame)
        .evidence(Role::SynAgain, segment.frame)
        .with(Param::Waited, Value::Duration(waited));
    let claimed = context.store.claim_and_tell(Kind::SynAckLost, finding);
    let notes = &mut context.notes.details().handshake;
    notes.synack_lost = claimed;
    notes.synack_lost_after = waited;
}

/// A client that signs takes no answer that is not signed.
fn is_unsigned(c: &Connection) -> bool {
    c.client().is(Facts::SIGNS) && !c.server().is(Facts::SIGNS)
}

/// Beside the client, which sends its SYN again, or to which the server does its SYN-ACK: that had reached the client's
/// host, and was ignored there (reverse path filter, packet filter).
fn syn_ack_ignored(
    c: &Connection,
    syn_ack: Mark,
    again: &Segment<'_>,
    context: &mut Context<'_, impl Tracing>,
) {
    let fits = c.server().acked.after(c.client().isn) && !c.server().acked.after(c.client().next);
    let told = context.notes.details().handshake.synack_ignored;
    if !needs!(context.trace, Diagnosis::HandshakeSynackIgnored;
        "the SYN-ACK acknowledges what the client has sent" => fits,
        "the SYN was seen" => c.syn().is_set(),
        "its host, slow as it may be, has had the time to answer" => again.time - syn_ack.time >= bounds::RTO_MIN,
    ) {
        return;
    }
    let role = if again.is_syn() { Role::SynAgain } else { Role::SynAckAgain };
    let waited = Value::Duration(again.time - syn_ack.time);
    if told.is_some() {
        context.store.amend(told, |finding| {
            finding.set(Param::Waited, waited);
            finding.show(role, again.frame);
        });
        return;
    }
    let mut finding = c
        .finding(Diagnosis::HandshakeSynackIgnored, again)
        .about(syn_ack.frame)
        .of(Side::Client)
        .evidence(Role::Syn, c.syn().frame)
        .evidence(role, again.frame)
        .with(Param::Waited, waited);
    if !c.server().is(Facts::SIGNS) {
        signed(c, &mut finding);
    }
    let told = context.store.tell(finding);
    context.notes.details().handshake.synack_ignored = told;
}

/// A SYN-ACK: the answer, or the answer again.
fn syn_ack(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    if let Some(details) = &mut context.notes.details {
        context.store.refute(details.handshake.unanswered.take().map(|it| it.claim));
        let (ignored, again) = (details.handshake.syn_ignored, details.handshake.syn_again);
        context.store.amend(ignored, |finding| finding.recovered(Severity::Warn, Term::AnsweredAfterAll));
        let without_ecn = details.handshake.without_ecn;
        context.store.amend(again, |finding| {
            finding.set(Param::Answer, Value::Term(Term::Answered));
            if without_ecn {
                finding.set(Param::Reading, Value::Term(Term::WithoutEcn));
            }
        });
    }
    // One with other numbers is not sent again.
    let is_another = segment.seq != c.server().isn;
    if !needs!(context.trace, Diagnosis::HandshakeSynackRetransmitted;
        "a SYN-ACK was seen before" => c.handshake.syn_ack.is_set(),
        "it is no simultaneous open" => !c.handshake.simultaneous(),
        "it has the same first number" => !is_another,
    ) {
        return;
    }
    let repeats = u64::from(c.handshake.syn_ack_repeats) + 1;
    if repeats == 1 {
        context.notes.details().handshake.first_tsval = c.server().tsval();
    }
    // Sooner than any timer: it answers a SYN that came again, or the network has delivered one of them twice.
    let by_timer = segment.time - c.last_syn_ack().time >= bounds::FIRST_RTO;
    let syn_again = c.handshake.syn_repeats > 0;
    let answers_syn =
        syn_again && c.within_way(Side::Server, c.last_syn().time, segment.time, bounds::RTO_MIN);
    let mut finding = c
        .finding(Diagnosis::HandshakeSynackRetransmitted, segment)
        .side(Party::Path)
        .evidence(Role::SynAck, c.handshake.syn_ack.frame)
        .evidence(Role::ThirdAck, c.handshake.third_ack.frame)
        .with(Param::Count, Value::Count(repeats))
        .with(Param::Waited, Value::Duration(segment.time - c.last_syn_ack().time));
    if !by_timer && !syn_again {
        finding.rate(Severity::Note, Term::NotByTimer);
    }
    let told = context.store.tell(finding);
    context.notes.details().handshake.repeat = context.notes.details().handshake.repeat.or(told);
    if !needs!(context.trace, "handshake.synack_again";
        "it comes as late as by a timer" => by_timer,
        "it does not answer a SYN that came again" => !answers_syn,
    ) {
        return;
    }
    if c.handshake.third_ack.is_set() {
        let before = context.notes.details().handshake.repeats_before;
        third_ack_lost(c, segment, repeats - before, context);
    } else if context.notes.details().handshake.synack_lost.is_none() {
        third_ack_missing(c, segment, repeats, context);
    }
}

/// The SYN-ACK again although the third ACK was seen.
///
/// A listener repeats its SYN-ACK until the handshake is acknowledged (RFC 9293, 3.10.7.4), so the third
/// ACK was lost behind this capture point, or arrived and was ignored: at the server it is the latter.
fn third_ack_lost(
    c: &Connection,
    segment: &Segment<'_>,
    repeats: u64,
    context: &mut Context<'_, impl Tracing>,
) {
    let ack = c.handshake.third_ack;
    // A repeat that left before the ACK can have arrived proves nothing.
    let had_time = c.had_time(Side::Server, ack.time, segment.time);
    if !needs!(context.trace, Diagnosis::HandshakeThirdAckLost;
        "the server has not shown that it got the third ACK" => !c.handshake.established(),
        "the third ACK had time to arrive before" => had_time,
    ) {
        return;
    }
    // What crosses the repeat the server did not have yet.
    let first = c.client().flight.iter(context.pool).next().filter(|sent| sent.repeats == 0);
    let crosses = first.is_some_and(|sent| !c.had_time(Side::Server, sent.time, segment.time));
    let client_spoke = (c.client().bytes() > 0 || c.client().fin.is_set()) && !crosses;
    let at_server = c.is_beside(Side::Server);
    // It echoes the ACK, which has arrived, and was left out of account.
    let echoes = c.handshake.course.contains(Course::THIRD_ACK_TICKS)
        && segment.options.timestamps.map(|(_, echo)| echo)
            == context.notes.details().handshake.third_ack_tsval.or(c.client().tsval());
    context.notes.details().handshake.third_ack_echoed |= echoes;
    let arrived = at_server || context.notes.details().handshake.third_ack_echoed;
    let late = segment.time - c.handshake.syn_ack.time >= bounds::DEFERRED;
    let others = others_accepted(c, context);
    // TCP_DEFER_ACCEPT makes Linux repeat the SYN-ACK when no data came in time: once, and before 2.6.32 more often.
    let deferred = !client_spoke && (arrived || late) && (repeats < 2 || arrived && others);
    context.notes.details().handshake.deferred = if deferred { segment.mark() } else { Mark::default() };
    let reading = match others {
        _ if deferred || !client_spoke && repeats < 2 => Term::PathOrDefer,
        true => Term::QueueOrPath,
        false => Term::PathOrQueue,
    };
    if let Some(claimed) = context.notes.details().handshake.third_ack_lost {
        context.store.amend(claimed.told, |finding| {
            finding.set(Param::Repeats, Value::Count(repeats));
            finding.rate_as_usual();
            if finding.diagnosis == Diagnosis::HandshakeThirdAckLost {
                finding.set(Param::Reading, Value::Term(reading));
            }
            finding.show(Role::SynAckAgain, segment.frame);
        });
        return;
    }
    let short = "the third ACK is not known to have arrived: by a capture beside the server, or its echo";
    let finding = if met(context.trace, Diagnosis::HandshakeThirdAckLost, short, !arrived) {
        c.finding(Diagnosis::HandshakeThirdAckLost, segment).with(Param::Reading, Value::Term(reading))
    } else if !needs!(context.trace, Diagnosis::HandshakeAcceptQueueOverflow;
        "the third ACK has arrived" => arrived,
        "it is no mere wait for the client's data (TCP_DEFER_ACCEPT)" => !deferred,
    ) {
        return;
    } else {
        c.finding(Diagnosis::HandshakeAcceptQueueOverflow, segment).side(Party::Server)
    };
    let spoke = match () {
        () if client_spoke => Term::DataUnanswered,
        () if c.rst(Side::Client).is_set() => Term::ClientReset,
        () => Term::ClientSilent,
    };
    let mut finding = finding
        .about(ack.frame)
        .evidence(Role::SynAck, c.handshake.syn_ack.frame)
        .evidence(Role::SynAckAgain, segment.frame)
        .with(Param::Repeats, Value::Count(repeats))
        .with(Param::Spoke, Value::Term(spoke))
        .with(Param::Vantage, Value::Term(c.vantage().into()));
    // Most likely the client's answer to this one arrives, or it was to be so.
    if !client_spoke && repeats < 2 {
        finding.rate(Severity::Warn, Term::OnceSoFar);
    }
    let claimed = context.store.claim_and_tell(Kind::ThirdAckLost, finding);
    context.notes.details().handshake.third_ack_lost = claimed;
}

/// The client speaks when the server may be about to repeat its SYN-ACK, which then tells by its echo what had come before.
fn speaks_late(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    let late = segment.time - c.handshake.syn_ack.time > bounds::PAUSE;
    if late && c.handshake.third_ack.is_set() && c.client().bytes() == 0 {
        let notes = &mut context.notes.details().handshake;
        notes.third_ack_tsval = notes.third_ack_tsval.or(c.client().tsval());
    }
}

/// At the server: the client sends the same data again and again, and the server does not even acknowledge it.
///
/// A connection that is in the accept queue acknowledges, whether it is accepted yet or not. One that was answered with
/// a SYN cookie is in no queue, and its SYN-ACK is not repeated (RFC 4987, 3.6).
fn ignored(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let at_server = c.is_beside(Side::Server);
    let again = seen.segment.len > 0 && seen.resends.is_some_and(|sent| sent.repeats > 0);
    let ack = c.handshake.third_ack;
    if !needs!(context.trace, Diagnosis::HandshakeAcceptQueueOverflow;
        "the capture was taken beside the server" => at_server,
        "it is data that was sent again before" => again,
        "the third ACK was seen" => ack.is_set(),
        "the SYN-ACK was seen" => c.handshake.syn_ack.is_set(),
    ) {
        return;
    }
    let Some(details) = &mut context.notes.details else { return };
    let told = details.handshake.third_ack_lost.is_some();
    if !met(context.trace, Diagnosis::HandshakeAcceptQueueOverflow, "it was not told before", !told) {
        return;
    }
    let finding = c
        .finding(Diagnosis::HandshakeAcceptQueueOverflow, seen.segment)
        .side(Party::Server)
        .about(ack.frame)
        .evidence(Role::SynAck, c.handshake.syn_ack.frame)
        .evidence(Role::Data, seen.segment.frame)
        .with(Param::Spoke, Value::Term(Term::DataUnanswered))
        .with(Param::Vantage, Value::Term(c.vantage().into()));
    let claimed = context.store.claim_and_tell(Kind::ThirdAckLost, finding);
    context.notes.details().handshake.third_ack_lost = claimed;
}

/// The SYN-ACK again, and no third ACK in the capture.
fn third_ack_missing(
    c: &Connection,
    segment: &Segment<'_>,
    repeats: u64,
    context: &mut Context<'_, impl Tracing>,
) {
    let client = c.client().last.is_set();
    if !met(context.trace, Diagnosis::HandshakeThirdAckMissing, "the client was seen", client) {
        return;
    }
    // Where its ACK was to begin its way, it was never sent.
    let ignored = c.is_beside(Side::Client) || is_unsigned(c);
    let why = "captured beside the client, or the client signs, and the server does not";
    if met(context.trace, Diagnosis::HandshakeSynackIgnored, why, ignored) {
        let notes = &mut context.notes.details().handshake;
        notes.synack_lost_tsval = notes.first_tsval;
        syn_ack_ignored(c, c.handshake.syn_ack, segment, context);
        return;
    }
    if let Some(claimed) = context.notes.details().handshake.third_ack_missing {
        context.store.amend(claimed.told, |finding| {
            finding.set(Param::Repeats, Value::Count(repeats));
            finding.set(Param::Waited, Value::Duration(segment.time - c.handshake.syn_ack.time));
            finding.show(Role::SynAckAgain, segment.frame);
        });
        return;
    }
    let finding = c
        .finding(Diagnosis::HandshakeThirdAckMissing, segment)
        .about(c.handshake.syn_ack.frame)
        .evidence(Role::Syn, c.syn().frame)
        .evidence(Role::SynAckAgain, segment.frame)
        .with(Param::Repeats, Value::Count(repeats))
        .with(Param::Waited, Value::Duration(segment.time - c.handshake.syn_ack.time))
        .with(Param::Vantage, Value::Term(c.sure_vantage().into()));
    let claimed = context.store.claim_and_tell(Kind::ThirdAckMissing, finding);
    context.notes.details().handshake.third_ack_missing = claimed;
}

/// The client acknowledges the SYN-ACK.
fn third_ack(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    if !c.handshake.syn_ack.is_set() {
        // The capture lacks the SYN-ACK, not the client.
        if let Some(details) = &mut context.notes.details {
            context.store.refute(details.handshake.unanswered.take().map(|it| it.claim));
        }
        return;
    }
    let to_client = segment.time - c.last_syn_ack().time;
    if let Some(details) = &mut context.notes.details {
        let notes = &mut details.handshake;
        notes.repeats_before = c.handshake.syn_ack_repeats.into();
        // The repeated SYN was on its way before the SYN-ACK could arrive; or it is that SYN-ACK which is answered.
        let echoed = segment.options.timestamps.map(|t| t.1);
        let arrived = notes.synack_lost_tsval.is_some() && echoed == notes.synack_lost_tsval;
        let long_way = to_client > notes.synack_lost_after && to_client <= bounds::LONGEST_FIRST_RTO;
        if arrived || long_way {
            context.store.refute(notes.synack_lost.take().map(|it| it.claim));
        }
        let missing = notes.third_ack_missing.and_then(|it| it.told);
        context.store.amend(missing, |finding| finding.rate(Severity::Warn, Term::AnsweredAfterAll));
        let ignored = notes.synack_ignored;
        if arrived {
            context.store.withdraw(ignored);
        } else {
            context.store.amend(ignored, |told| told.recovered(Severity::Warn, Term::AnsweredAfterAll));
        }
    }
}

/// The server shows that it got the third ACK after all.
fn recovered(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    let Some(details) = &context.notes.details else { return };
    let notes = &details.handshake;
    let deferred = notes.deferred;
    let lost = notes.third_ack_lost.and_then(|it| it.told);
    let missing = notes.third_ack_missing.and_then(|it| it.told);
    context.store.amend(missing, |finding| finding.recovered(Severity::Warn, Term::AnsweredAfterAll));
    if !needs!(context.trace, Diagnosis::HandshakeDeferAccept;
        "the SYN-ACK was repeated without data of the client" => deferred.is_set(),
        "the client has sent data since, or closed" => c.client().bytes() != 0 || c.client().fin.is_set(),
    ) {
        context.store.amend(lost, |finding| finding.recovered(Severity::Warn, Term::AnsweredAfterAll));
        return;
    }
    for told in [notes.repeat, lost] {
        context.store.amend(told, |finding| finding.recovered(Severity::Note, Term::DeferAccept));
    }
    // Short of the server, a third ACK that was lost looks the same.
    let not_lost = notes.third_ack_lost.is_none();
    if !met(context.trace, Diagnosis::HandshakeDeferAccept, "the third ACK was not told to be lost", not_lost)
    {
        return;
    }
    let finding = c
        .finding(Diagnosis::HandshakeDeferAccept, segment)
        .about(deferred.frame)
        .of(Side::Server)
        .evidence(Role::ThirdAck, c.handshake.third_ack.frame)
        .evidence(Role::Ack, segment.frame)
        .with(Param::Waited, Value::Duration(deferred.time - c.handshake.third_ack.time))
        .with(Param::Vantage, Value::Term(c.vantage().into()));
    context.store.tell(finding);
}

/// The client itself takes back a SYN that no one answered: by RST, or by FIN.
fn withdrawn(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let takes_back = seen.from == Side::Client && (segment.flags.rst() || segment.flags.fin());
    let only_syn = c.client().next == c.client().isn + 1 && !c.client().acked_any;
    if !needs!(context.trace, Diagnosis::HandshakeSynWithdrawn;
        "it is a RST or FIN of the client" => takes_back,
        "the client has sent its SYN only" => only_syn,
        "the SYN was seen" => c.syn().is_set(),
        "the server was not seen" => !c.server().last.is_set(),
        "it is no SYN itself" => !segment.flags.syn(),
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::HandshakeSynWithdrawn, segment)
        .of(Side::Client)
        .evidence(Role::Syn, c.syn().frame)
        .with(Param::Waited, Value::Duration(segment.time - c.syn().time));
    context.store.tell(finding);
}

/// Another connection between these hosts was accepted by this listener while it ignored this one.
fn others_accepted(c: &Connection, context: &Context<'_, impl Tracing>) -> bool {
    context
        .book
        .listeners
        .accepted_since(c.tuple.src.ip, c.tuple.dst, c.syn().time - bounds::SYN_RTO)
        .is_some_and(|other| other != c.number)
}

/// What is odd about a RST, whatever becomes of it.
pub(crate) fn odd_reset(
    c: &Connection,
    seen: &Seen<'_>,
    receipt: Receipt,
    context: &mut Context<'_, impl Tracing>,
) {
    opening::odd(c, seen, context);
    opening::wrong_rst(c, seen, receipt, context);
    opening::refused_third_ack(c, seen, context);
    opening::rejects_stray_ack(c, seen, context);
    withdrawn(c, seen, context);
}

/// A RST in the handshake.
pub(crate) fn reset(
    c: &Connection,
    seen: &Seen<'_>,
    rst: Rst,
    context: &mut Context<'_, impl Tracing>,
) -> Option<Told> {
    let segment = seen.segment;
    let is = |diagnosis, kind| met(context.trace, diagnosis, "that is what the RST is (rst)", rst == kind);
    is(Diagnosis::HandshakeRejected, Rst::RefusesSyn);
    is(Diagnosis::HandshakeSynackRejected, Rst::RefusesSynAck);
    is(Diagnosis::HandshakeResetAfterAccept, Rst::AfterAccept);
    is(Diagnosis::HandshakeServerNeverEstablished, Rst::NeverEstablished);
    let finding = match rst {
        Rst::RefusesSyn => {
            let took = segment.time - c.last_syn().time;
            let unanswered = context.notes.details().handshake.unanswered;
            context.store.withdraw(unanswered.and_then(|it| it.told));
            let mut finding = c
                .finding(Diagnosis::HandshakeRejected, segment)
                .side(Party::Server)
                .evidence(Role::Syn, c.last_syn().frame)
                .with(Param::Took, Value::Duration(took));
            if let Some(ip) = segment.ip {
                finding.set(Param::Ttl, Value::Count(ip.ttl.into()));
            }
            finding
        }
        Rst::RefusesSynAck => {
            let missing = context.notes.details().handshake.third_ack_missing;
            context.store.withdraw(missing.and_then(|it| it.told));
            let ignored = context.notes.details().handshake.synack_ignored;
            context.store.withdraw(ignored);
            c.finding(Diagnosis::HandshakeSynackRejected, segment)
                .side(Party::Client)
                .evidence(Role::Syn, c.syn().frame)
                .evidence(Role::SynAck, c.handshake.syn_ack.frame)
        }
        Rst::AfterAccept => {
            let mut finding = c
                .finding(Diagnosis::HandshakeResetAfterAccept, segment)
                .of(seen.from)
                .evidence(Role::SynAck, c.handshake.syn_ack.frame)
                .evidence(Role::ThirdAck, c.handshake.third_ack.frame)
                .with(Param::Who, Value::Party(seen.from.party()))
                .with(Param::Took, Value::Duration(segment.time - c.handshake.third_ack.time));
            if seen.from == Side::Client {
                finding.set(Param::Source, Value::Address(c.tuple.src.ip));
                finding.rate(Severity::Note, Term::OnlyTried);
            } else {
                finding.set(Param::Listener, Value::Socket(c.tuple.dst.into()));
            }
            finding
        }
        Rst::NeverEstablished => {
            // Others got in meanwhile: then the path works, and the queue is the cause, which is told already.
            // And at the server, where the third ACK never came, that is the cause, and told, too.
            let told_otherwise = c.is_beside(Side::Server) && c.handshake.syn_ack_repeats > 0;
            if told_otherwise {
                forgotten(c, segment, context);
            }
            if !needs!(context.trace, Diagnosis::HandshakeServerNeverEstablished;
                "beside the server, it repeated no SYN-ACK" => !told_otherwise,
                "no others got in meanwhile: the queue would be the cause" => !others_accepted(c, context),
            ) {
                return None;
            }
            c.finding(Diagnosis::HandshakeServerNeverEstablished, segment)
                .side(Party::Server)
                .evidence(Role::SynAck, c.handshake.syn_ack.frame)
                .evidence(Role::ThirdAck, c.handshake.third_ack.frame)
                .evidence(Role::SynAckAgain, c.last_syn_ack().frame)
                .evidence(if c.client().fin.is_set() { Role::Fin } else { Role::Data }, c.client().last.frame)
                .with(Param::Repeats, Value::Count(c.handshake.syn_ack_repeats.into()))
        }
        _ => return None,
    };
    context.store.tell(finding)
}

/// The server knows nothing of a client whose third ACK had reached it: it was not the client's data that it waited for.
fn forgotten(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    let notes = &context.notes.details().handshake;
    let (deferred, told) = (notes.deferred, notes.third_ack_lost.is_some());
    if !needs!(context.trace, Diagnosis::HandshakeAcceptQueueOverflow;
        "it seemed to wait for the client's data" => deferred.is_set(),
        "it was not told before" => !told,
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::HandshakeAcceptQueueOverflow, segment)
        .side(Party::Server)
        .about(c.handshake.third_ack.frame)
        .evidence(Role::SynAck, c.handshake.syn_ack.frame)
        .evidence(Role::SynAckAgain, deferred.frame)
        .evidence(Role::Rst, segment.frame)
        .with(Param::Repeats, Value::Count(c.handshake.syn_ack_repeats.into()))
        .with(Param::Spoke, Value::Term(Term::DataRejected))
        .with(Param::Vantage, Value::Term(c.vantage().into()));
    context.store.tell(finding);
}

/// An ICMP error that quotes a segment of this connection.
pub(crate) fn icmp(c: &Connection, error: &IcmpError, context: &mut Context<'_, impl Tracing>) {
    let about_syn = error.from == Side::Client && error.seq.is_none_or(|seq| seq == c.client().isn);
    if !needs!(context.trace, Diagnosis::HandshakeRejectedByIcmp;
        "the SYN was seen" => c.syn().is_set(),
        "the server was not seen" => !c.server().last.is_set(),
        "the error is about the SYN" => about_syn,
        "it is of a kind that refuses" => error.refuses(),
    ) {
        return;
    }
    let took = error.at.time - c.syn().time;
    let notes = &mut context.notes.details().handshake;
    notes.refused_by_icmp = true;
    context.store.refute(notes.unanswered.take().map(|it| it.claim));
    let mut finding = of_icmp(error, Diagnosis::HandshakeRejectedByIcmp, c)
        .side(Party::Path)
        .evidence(Role::Syn, c.last_syn().frame)
        .with(Param::Kind, Value::Term(error.kind()))
        .with(Param::Reporter, Value::Address(error.reporter))
        .with(Param::Took, Value::Duration(took));
    if error.kind() == Term::IcmpTimeExceeded && (1..bounds::TRACEROUTE_TTL).contains(&c.client().ttl) {
        finding.rate(Severity::Note, Term::Traceroute);
    }
    context.store.tell(finding);
}

/// What has not come so far.
pub(crate) fn pending(c: &Connection, notes: &Notes, now: i64, trace: impl Tracing, out: &mut Vec<Finding>) {
    let default = Handshake::default();
    let notes = notes.details.as_ref().map_or(&default, |d| &d.handshake);
    let handshake = &c.handshake;
    if !needs!(trace, "handshake";
        "no ICMP error answered the SYN" => !notes.refused_by_icmp,
        "it was not reset" => !c.is_reset(),
    ) {
        return;
    }
    if needs!(trace, Diagnosis::HandshakeSynUnanswered;
        "the SYN was seen" => c.syn().is_set(),
        "the server was not seen" => !c.server().last.is_set(),
        "it was not told before" => notes.unanswered.is_none() && notes.syn_ignored.is_none(),
        "the client has sent no data" => c.client().bytes() == 0,
    ) {
        let only_syn = c.client().next == c.client().isn + 1 && !c.client().acked_any;
        if met(trace, Diagnosis::HandshakeSynUnanswered, "the client has sent its SYN only", only_syn) {
            let waited = now - c.syn().time;
            let mut finding = c
                .finding_at(Diagnosis::HandshakeSynUnanswered, c.syn().frame)
                .proved_by(c.last().frame)
                .side(Party::Server)
                .with(Param::Count, Value::Count(u64::from(handshake.syn_repeats) + 1))
                .with(Param::Waited, Value::Duration(waited));
            signed(c, &mut finding);
            if !may_be_by_timer(handshake.syn_repeats.into(), c.last_syn().time - c.syn().time) {
                finding.rate(Severity::Note, Term::NotByTimer);
            } else if waited < bounds::SYN_RTO {
                finding.rate(Severity::Note, Term::StillWaiting);
            }
            out.push(finding);
        }
    }
    let waiting = handshake.syn_ack.is_set() && !handshake.third_ack.is_set() && c.client().last.is_set();
    let silent = handshake.syn_ack_repeats == 0 && now - handshake.syn_ack.time >= bounds::MISSING_AFTER;
    if needs!(trace, Diagnosis::HandshakeThirdAckMissing;
        "SYN-ACK and client were seen, and no third ACK" => waiting,
        "the SYN-ACK was not repeated, for long" => silent,
        "the SYN was not repeated" => handshake.syn_repeats == 0,
        "the client has acknowledged nothing" => !c.client().acked_any,
    ) {
        let mut finding = c
            .finding_at(Diagnosis::HandshakeThirdAckMissing, handshake.syn_ack.frame)
            .proved_by(c.last().frame)
            .evidence(Role::Syn, c.syn().frame)
            .with(Param::Repeats, Value::Count(0))
            .with(Param::Waited, Value::Duration(now - handshake.syn_ack.time))
            .with(Param::Vantage, Value::Term(c.sure_vantage().into()));
        // It was not repeated: the server has the ACK, which the capture lacks, or it keeps no state to repeat it from.
        finding.rate(Severity::Note, Term::NotRepeated);
        out.push(finding);
        // A listener that keeps the half-open connection repeats its SYN-ACK; one that puts it into a cookie cannot.
        let beside = c.is_beside(Side::Server);
        if met(trace, Diagnosis::HandshakeSynCookies, "the capture was taken beside the server", beside) {
            out.push(
                c.finding_at(Diagnosis::HandshakeSynCookies, handshake.syn_ack.frame)
                    .proved_by(c.last().frame)
                    .of(Side::Server)
                    .evidence(Role::Syn, c.syn().frame)
                    .with(Param::Waited, Value::Duration(now - handshake.syn_ack.time)),
            );
        }
    }
}
