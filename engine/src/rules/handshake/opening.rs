//! What SYN and SYN-ACK say beside opening a connection: options, reuse of ports, unusual openings.

use crate::bounds;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Diagnosis, Severity};
use crate::connection::endpoint::Facts;
use crate::connection::{Before, Connection, Seen};
use crate::proof::receiver::{self, Receipt, Refusal};
use crate::proof::rst;
use crate::proof::trace::{Tracing, known, met, needs};
use crate::rules::context::Context;
use crate::side::Side;
use crate::wire::segment::Segment;

pub(super) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    match (seen.from, segment.is_syn(), segment.is_syn_ack()) {
        (Side::Client, true, _) if !c.syn().is_set() => first_syn(c, segment, context),
        (Side::Client, true, _) => rejected_retried(c, segment, context),
        (Side::Server, true, _) if c.syn().is_set() => {
            let notes = &mut context.notes.details().handshake.opening;
            if !notes.second_syn.is_set() {
                notes.second_syn = segment.mark();
            }
        }
        (Side::Client, _, true) => context.notes.details().handshake.opening.client_syn_ack = segment.mark(),
        (Side::Server, _, true) => {
            acknowledges_another(c, segment, context);
            syn_ack(c, segment, context);
        }
        (Side::Server, false, false) if seen.stray => answered_by_ack(c, segment, context),
        (Side::Server, false, false) => {
            slow(c, segment, context);
            crossed(c, segment, Diagnosis::HandshakeSplit, context);
        }
        (Side::Client, false, false) if c.is_third_ack(segment) => wrong_third_ack(c, seen, context),
        _ => {}
    }
}

fn first_syn(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    let server = c.server();
    if needs!(context.trace, Diagnosis::HandshakeReordered;
        "a SYN-ACK was seen before" => server.has_isn,
        "it answers this SYN" => server.acked == segment.seq + 1,
    ) {
        let finding = c
            .finding(Diagnosis::HandshakeReordered, segment)
            .about(c.handshake.syn_ack.frame)
            .evidence(Role::Syn, segment.frame);
        context.store.tell(finding);
    }
    options_of(c, segment, Side::Client, context);
    // Data without the option is none: any stack may send it, and has to wait for the third ACK (RFC 9293, 3.4).
    let option = known(
        context.trace,
        Diagnosis::HandshakeFastOpen,
        "the SYN has that option",
        segment.options.fast_open,
    );
    if let Some(cookie) = option {
        let use_ = match (cookie, segment.len > 0) {
            (0, _) => Term::TfoAsks,
            (_, true) => Term::TfoData,
            (_, false) => Term::TfoCookie,
        };
        let finding = c
            .finding(Diagnosis::HandshakeFastOpen, segment)
            .of(Side::Client)
            .with(Param::Use, Value::Term(use_))
            .with(Param::Answer, Value::Term(Term::TfoNoAnswer))
            .with(Param::Bytes, Value::Bytes(segment.len.into()));
        let told = context.store.tell(finding);
        context.notes.details().handshake.opening.fast_open = told;
    }
    if met(context.trace, Diagnosis::HandshakeMultipath, "the SYN has that option", segment.options.multipath)
    {
        let finding = c
            .finding(Diagnosis::HandshakeMultipath, segment)
            .of(Side::Client)
            .with(Param::Answer, Value::Term(Term::MptcpNoAnswer));
        let told = context.store.tell(finding);
        context.notes.details().handshake.opening.multipath = told;
    }
    reused(c, segment, context);
}

/// A SYN on addresses and ports that had a connection before.
fn reused(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    let before = "there was a connection before on these addresses and ports";
    let before = known(context.trace, Diagnosis::HandshakePortReused, before, c.before());
    let Some(before) = before else { return };
    let since = segment.time - before.last.time;
    let soon = before.state == Before::Refused && since < bounds::SAME_ATTEMPT;
    // Whether the server still has a connection that was open, its answer tells.
    let over = before.state != Before::Open;
    let diagnosis =
        if met(context.trace, Diagnosis::HandshakeRejectedRetried, "that was refused just now", soon) {
            Diagnosis::HandshakeRejectedRetried
        } else if met(context.trace, Diagnosis::HandshakePortReused, "that is over", over) {
            Diagnosis::HandshakePortReused
        } else {
            return;
        };
    let state = match before.state {
        Before::Unanswered => Term::BeforeUnanswered,
        Before::Refused => Term::BeforeRefused,
        Before::Closed if since < bounds::TIME_WAIT => Term::BeforeTimeWait,
        Before::Closed => Term::BeforeClosed,
        Before::Reset | Before::Open => Term::BeforeReset,
    };
    let finding = c
        .finding(diagnosis, segment)
        .of(Side::Client)
        .evidence(Role::Before, before.last.frame)
        .with(Param::Since, Value::Duration(since))
        .with(Param::Before, Value::Term(state));
    let told = context.store.tell(finding);
    context.notes.details().handshake.opening.reused = told;
}

/// The same SYN again after a RST had refused it.
fn rejected_retried(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    let rst = c.rst(Side::Server);
    if !needs!(context.trace, Diagnosis::HandshakeRejectedRetried;
        "the server has sent a RST" => rst.is_set(),
        "it has sent no SYN-ACK" => !c.server().has_isn,
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::HandshakeRejectedRetried, segment)
        .of(Side::Client)
        .evidence(Role::Before, rst.frame)
        .with(Param::Since, Value::Duration(segment.time - rst.time))
        .with(Param::Before, Value::Term(Term::BeforeRefused));
    context.store.tell(finding);
}

/// The answer: what it takes up of what was offered.
fn syn_ack(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    let (client, server) = (c.client(), c.server());
    if c.handshake.syn_ack.is_set() {
        let other_ack = segment.ack != server.acked && client.bytes() == 0;
        let changed = segment.seq != server.isn || (other_ack && !c.handshake.simultaneous());
        if met(
            context.trace,
            Diagnosis::HandshakeSynackChanged,
            "it has other numbers than the one before",
            changed,
        ) {
            let mut finding = c
                .finding(Diagnosis::HandshakeSynackChanged, segment)
                .of(Side::Server)
                .evidence(Role::SynAck, c.handshake.syn_ack.frame);
            // The listener has forgotten the connection, and takes a late copy of its SYN for that of another.
            if c.over() {
                finding.rate(Severity::Note, Term::AfterTheEnd);
                finding.set(Param::Late, Value::Party(Side::Client.party()));
            }
            context.store.tell(finding);
        }
        return;
    }
    if c.handshake.simultaneous() {
        crossed(c, segment, Diagnosis::HandshakeSimultaneousOpen, context);
        return;
    }
    let data = c.client().bytes();
    let answers = segment.ack.since(client.isn + 1);
    if needs!(context.trace, Diagnosis::HandshakeWrongAck;
        "the SYN was seen" => c.syn().is_set(),
        "it acknowledges what the client has not sent" => answers < 0 || segment.ack.after(client.next),
    ) {
        let finding = c
            .finding(Diagnosis::HandshakeWrongAck, segment)
            .of(Side::Server)
            .evidence(Role::Syn, c.syn().frame)
            .with(Param::What, Value::Term(Term::WrongSynAck));
        context.store.tell(finding);
    }
    options_of(c, segment, Side::Server, context);
    if let Before::Open = c.before().map_or(Before::Closed, |b| b.state) {
        let before = c.before().unwrap_or_default();
        let syn = c.syn();
        if needs!(context.trace, Diagnosis::HandshakePortReused;
            "the SYN was seen" => syn.is_set(),
            "no ACK of the older connection answered it"
                => context.notes.details().handshake.opening.answered_by_ack.is_none(),
        ) {
            let finding = c
                .finding(Diagnosis::HandshakePortReused, segment)
                .about(syn.frame)
                .of(Side::Client)
                .evidence(Role::Before, before.last.frame)
                .with(Param::Since, Value::Duration(syn.time - before.last.time))
                .with(Param::Before, Value::Term(Term::BeforeOpen));
            context.store.tell(finding);
        }
    }
    let Some(details) = &mut context.notes.details else { return };
    let notes = &details.handshake.opening;
    let cookie = segment.options.fast_open.is_some_and(|length| length > 0);
    let answer = match (data > 0, answers > 0, cookie) {
        (true, true, _) => Term::TfoAccepted,
        (true, false, _) => Term::TfoIgnored,
        (false, _, true) => Term::TfoCookieGiven,
        (false, _, false) => Term::TfoRefused,
    };
    context.store.amend(notes.fast_open, |finding| {
        finding.set(Param::Answer, Value::Term(answer));
        finding.show(Role::SynAck, segment.frame);
    });
    let multipath = if segment.options.multipath { Term::MptcpGiven } else { Term::MptcpRefused };
    context.store.amend(notes.multipath, |finding| finding.set(Param::Answer, Value::Term(multipath)));
}

/// What options are missing, and what that costs.
fn options_of(c: &Connection, segment: &Segment<'_>, from: Side, context: &mut Context<'_, impl Tracing>) {
    let options = &segment.options;
    let client = c.client();
    // Before its SYN the client has offered nothing.
    let missing = if client.is(Facts::OFFERS_SCALE) && options.window_scale.is_none() {
        Term::NoWindowScale
    } else if client.is(Facts::OFFERS_SACK) && !options.sack_permitted {
        Term::NoSack
    } else if options.mss.is_none() {
        Term::NoMss
    } else {
        met(context.trace, (Diagnosis::HandshakeOptionMissing, from), "it lacks an option", false);
        return;
    };
    met(context.trace, (Diagnosis::HandshakeOptionMissing, from), "it lacks an option", true);
    let finding = c
        .finding(Diagnosis::HandshakeOptionMissing, segment)
        .of(from)
        .evidence(Role::Syn, c.syn().frame)
        .with(Param::Who, Value::Party(from.party()))
        .with(Param::Missing, Value::Term(missing));
    context.store.tell(finding);
}

/// Both sent a SYN: in a simultaneous open both answer SYN-ACK, in a split handshake only the client does.
fn crossed(
    c: &Connection,
    segment: &Segment<'_>,
    diagnosis: Diagnosis,
    context: &mut Context<'_, impl Tracing>,
) {
    let Some(details) = &mut context.notes.details else { return };
    let notes = &mut details.handshake.opening;
    if !needs!(context.trace, diagnosis;
        "the server has sent a SYN, too" => notes.second_syn.is_set(),
        "the client has sent a SYN-ACK" => notes.client_syn_ack.is_set(),
        "it was not told before" => !notes.crossed_told,
    ) {
        return;
    }
    notes.crossed_told = true;
    let (second, answer) = (notes.second_syn, notes.client_syn_ack);
    let finding = c
        .finding(diagnosis, segment)
        .about(second.frame)
        .evidence(Role::Syn, c.syn().frame)
        .evidence(Role::SynAck, answer.frame)
        .evidence(if segment.flags.syn() { Role::SynAck } else { Role::ThirdAck }, segment.frame);
    context.store.tell(finding);
}

/// A plain ACK answers the SYN: the server still holds an older connection (RFC 9293, 3.5.1; RFC 5961, 4).
fn answered_by_ack(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    if !needs!(context.trace, Diagnosis::HandshakeAnsweredByAck;
        "it is a pure ACK" => segment.is_pure_ack(),
        "it was not told before" => context.notes.details().handshake.opening.answered_by_ack.is_none(),
    ) {
        return;
    }
    let live = c.before().is_some_and(|b| b.state == Before::Open);
    let syn = c.last_syn();
    let open = "the connection before on these ports was open";
    let finding = if met(context.trace, Diagnosis::HandshakeSynOnLiveConnection, open, live) {
        c.finding(Diagnosis::HandshakeSynOnLiveConnection, segment)
            .about(syn.frame)
            .of(Side::Client)
            .evidence(Role::Challenge, segment.frame)
            .evidence(Role::Before, c.before().map_or(0, |b| b.last.frame))
    } else {
        c.finding(Diagnosis::HandshakeAnsweredByAck, segment).of(Side::Server).evidence(Role::Syn, syn.frame)
    };
    let told = context.store.tell(finding);
    context.notes.details().handshake.opening.answered_by_ack = told;
}

/// The third ACK acknowledges what the server never sent.
fn wrong_third_ack(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let wrong = receiver::is_wrong_third_ack(c, seen.from, seen.segment);
    if !needs!(context.trace, Diagnosis::HandshakeWrongAck;
        "it acknowledges more than the server can have sent" => wrong,
        "it was not told before" => context.notes.details().handshake.opening.wrong_ack.is_none(),
    ) {
        return;
    }
    let finding = wrong_ack(c, seen.segment.frame, seen.segment);
    context.notes.details().handshake.opening.wrong_ack = context.store.tell(finding);
}

/// The SYN-ACK that turns up behind the third ACK shows that this acknowledged another.
fn acknowledges_another(c: &Connection, syn_ack: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    let another = c.acknowledges_another(syn_ack);
    let by = Diagnosis::HandshakeWrongAck;
    if !met(context.trace, by, "what was taken for the third ACK acknowledges another SYN-ACK", another) {
        return;
    }
    let finding = wrong_ack(c, c.handshake.third_ack.frame, syn_ack).evidence(Role::SynAck, syn_ack.frame);
    context.notes.details().handshake.opening.wrong_ack = context.store.tell(finding);
}

/// A RST of a server that has not taken the third ACK shows that this acknowledged what it has never sent.
pub(super) fn refused_third_ack(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    if !needs!(context.trace, Diagnosis::HandshakeWrongAck;
        "the server sent the RST" => seen.from == Side::Server,
        "it answers an ACK of what the server has never sent" => rst::answers_wrong_ack(c, seen.segment),
    ) {
        return;
    }
    let told = context.notes.details().handshake.opening.wrong_ack;
    if told.is_some() {
        context.store.amend(told, |finding| finding.show(Role::Rst, seen.segment.frame));
        return;
    }
    let third_ack = c.refused_ack().map_or(c.handshake.third_ack, |(third_ack, _)| third_ack);
    let finding = wrong_ack(c, third_ack.frame, seen.segment).evidence(Role::Rst, seen.segment.frame);
    context.notes.details().handshake.opening.wrong_ack = context.store.tell(finding);
}

/// That the third ACK, in `frame`, is wrong, which `shown_by` shows.
fn wrong_ack(c: &Connection, frame: u32, shown_by: &Segment<'_>) -> Finding {
    c.finding(Diagnosis::HandshakeWrongAck, shown_by)
        .about(frame)
        .of(Side::Client)
        .evidence(Role::SynAck, c.handshake.syn_ack.frame)
        .with(Param::What, Value::Term(Term::WrongThirdAck))
}

/// The client's RST for the ACK that answered its SYN: the server is to forget the older connection (RFC 9293, 3.5.1).
pub(super) fn rejects_stray_ack(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let Some(details) = &context.notes.details else { return };
    let segment = seen.segment;
    if needs!(context.trace, Diagnosis::HandshakeAnsweredByAck;
        "it is the client's RST, without ACK" => seen.from == Side::Client && !segment.flags.ack(),
        "it has the number of the ACK that answered the SYN" => c.stray_ack() == Some(segment.seq),
    ) {
        context
            .store
            .amend(details.handshake.opening.answered_by_ack, |told| told.show(Role::Rst, segment.frame));
    }
}

/// A RST in SYN-SENT acknowledges what the client never sent: it must drop it (RFC 9293, 3.10.7.3).
pub(super) fn wrong_rst(
    c: &Connection,
    seen: &Seen<'_>,
    receipt: Receipt,
    context: &mut Context<'_, impl Tracing>,
) {
    let refused = receipt == Receipt::Refused(Refusal::WrongAck);
    if !needs!(context.trace, Diagnosis::HandshakeWrongAck;
        "the client waits in SYN-SENT, and the RST does not acknowledge its SYN" => refused,
        "it has ACK" => seen.segment.flags.ack(),
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::HandshakeWrongAck, seen.segment)
        .of(Side::Server)
        .evidence(Role::Syn, c.last_syn().frame)
        .with(Param::What, Value::Term(Term::WrongRst));
    context.store.tell(finding);
}

/// The first data is acknowledged in a fraction of the time that the SYN-ACK took.
fn slow(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    // Measured: told as it is.
    let took = c.half(Side::Server);
    if !needs!(context.trace, Diagnosis::HandshakeSlow;
        "the SYN-ACK was slow" => took >= bounds::SLOW_SYN_ACK,
        "the SYN was not repeated" => c.handshake.syn_repeats == 0,
        "it has ACK" => segment.flags.ack(),
    ) {
        return;
    }
    let first = c.client().flight.iter(context.pool).next();
    let sent = first.filter(|s| s.repeats == 0 && segment.ack.reaches(s.end()));
    let acks = "it acknowledges data of the client that was sent once";
    let Some(sent) = known(context.trace, Diagnosis::HandshakeSlow, acks, sent) else { return };
    let usual = segment.time - sent.time;
    if !needs!(context.trace, Diagnosis::HandshakeSlow;
        "that came in a quarter of the time" => usual * bounds::SLOWER < took,
        "it was not told before"
            => !std::mem::replace(&mut context.notes.details().handshake.opening.slow_told, true),
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::HandshakeSlow, segment)
        .about(c.handshake.syn_ack.frame)
        .of(Side::Server)
        .evidence(Role::Ack, segment.frame)
        .with(Param::Took, Value::Duration(took))
        .with(Param::Usual, Value::Duration(usual));
    context.store.tell(finding);
}

/// What no stack sends, and what no RFC allows.
pub(super) fn odd(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    if met(context.trace, Diagnosis::HandshakeOddFlags, "no stack sends such flags", segment.has_odd_flags())
    {
        let finding = c
            .finding(Diagnosis::HandshakeOddFlags, segment)
            .of(seen.from)
            .with(Param::Who, Value::Party(seen.from.party()))
            .with(Param::Flags, Value::Flags(segment.flags));
        context.store.tell(finding);
    }
    let bad = segment.options.bad;
    if let Some(kind) = known(context.trace, Diagnosis::HandshakeBadOption, "an option is malformed", bad) {
        let finding = c
            .finding(Diagnosis::HandshakeBadOption, segment)
            .of(seen.from)
            .with(Param::Who, Value::Party(seen.from.party()))
            .with(Param::Kind, Value::Count(kind.into()));
        context.store.tell(finding);
    }
}
