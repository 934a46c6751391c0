//! What SYN and SYN-ACK say beside opening a connection: options, reuse of ports, unusual openings.

use super::super::Context;
use crate::catalogue::{Diagnosis, Severity};
use crate::connection::{Before, Connection, From, Seen};
use crate::endpoint::{Facts, Mark};
use crate::findings::{Finding, Told, Value};
use crate::segment::Segment;

/// What is kept about unusual openings.
#[derive(Debug, Default)]
pub(super) struct Notes {
    second_syn: Mark,
    client_syn_ack: Mark,
    crossed_told: bool,
    fast_open: Option<Told>,
    multipath: Option<Told>,
    reused: Option<Told>,
    answered_by_ack: bool,
    slow_told: bool,
}

/// A refused client that comes back so soon is the same attempt, nanoseconds (Windows: three tries, 0.5 s apart).
const SAME_ATTEMPT: i64 = 3_000_000_000;
/// A SYN-ACK below this is never called slow, nanoseconds.
const SLOW: i64 = 500_000_000;

pub(super) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    match (seen.from, segment.is_syn(), segment.is_syn_ack()) {
        (From::Client, true, _) if !c.syn().is_set() => first_syn(c, segment, context),
        (From::Client, true, _) => rejected_retried(c, segment, context),
        (From::Server, true, _) if c.syn().is_set() => {
            let notes = &mut c.details().handshake.opening;
            if !notes.second_syn.is_set() {
                notes.second_syn = Mark::of(segment);
            }
        }
        (From::Client, _, true) => c.details().handshake.opening.client_syn_ack = Mark::of(segment),
        (From::Server, _, true) => syn_ack(c, segment, context),
        (From::Server, false, false) if seen.stray => answered_by_ack(c, segment, context),
        (From::Server, false, false) => {
            slow(c, segment, context);
            crossed(c, segment, Diagnosis::HandshakeSplit, context);
        }
        (From::Client, false, false) if c.is_third_ack(segment) => wrong_third_ack(c, segment, context),
        _ => {}
    }
}

fn first_syn(c: &mut Connection, segment: &Segment<'_>, context: &mut Context<'_>) {
    let server = c.server();
    if server.has_isn && server.acked == segment.seq + 1 {
        let finding = Finding::new(Diagnosis::HandshakeReordered, c, segment)
            .about(c.handshake.syn_ack.frame)
            .evidence("syn", segment.frame);
        context.store.tell(c, finding);
    }
    options_of(c, segment, From::Client, context);
    if segment.options.fast_open.is_some() || segment.len > 0 {
        let use_ = match (segment.options.fast_open, segment.len > 0) {
            (Some(0), _) => "tfo_asks",
            (_, true) => "tfo_data",
            (Some(_), false) => "tfo_cookie",
            (None, false) => return,
        };
        let finding = Finding::new(Diagnosis::HandshakeFastOpen, c, segment)
            .of(From::Client)
            .with("use", Value::Term(use_))
            .with("answer", Value::Term("tfo_no_answer"))
            .with("bytes", Value::Bytes(segment.len.into()));
        let told = context.store.tell(c, finding);
        c.details().handshake.opening.fast_open = told;
    }
    if segment.options.multipath {
        let finding = Finding::new(Diagnosis::HandshakeMultipath, c, segment)
            .of(From::Client)
            .with("answer", Value::Term("mptcp_no_answer"));
        let told = context.store.tell(c, finding);
        c.details().handshake.opening.multipath = told;
    }
    reused(c, segment, context);
}

/// A SYN on addresses and ports that had a connection before.
fn reused(c: &mut Connection, segment: &Segment<'_>, context: &mut Context<'_>) {
    let Some(before) = c.before() else { return };
    let since = segment.time - before.last.time;
    let diagnosis = match before.state {
        Before::Refused if since < SAME_ATTEMPT => Diagnosis::HandshakeRejectedRetried,
        // Whether the server still has that connection, its answer tells.
        Before::Open => return,
        _ => Diagnosis::HandshakePortReused,
    };
    let state = match before.state {
        Before::Unanswered => "before_unanswered",
        Before::Refused => "before_refused",
        Before::Closed if since < TIME_WAIT => "before_time_wait",
        Before::Closed => "before_closed",
        Before::Reset | Before::Open => "before_reset",
    };
    let finding = Finding::new(diagnosis, c, segment)
        .of(From::Client)
        .evidence("before", before.last.frame)
        .with("since", Value::Duration(since))
        .with("before", Value::Term(state));
    let told = context.store.tell(c, finding);
    c.details().handshake.opening.reused = told;
}

/// Linux keeps TIME-WAIT for 60 s; RFC 9293, 3.6.1: two maximum segment lifetimes.
const TIME_WAIT: i64 = 60_000_000_000;

/// The same SYN again after a RST had refused it.
fn rejected_retried(c: &mut Connection, segment: &Segment<'_>, context: &mut Context<'_>) {
    if !c.details.as_ref().is_some_and(|d| d.handshake.refused) {
        return;
    }
    let rst = c.rst(From::Server);
    let finding = Finding::new(Diagnosis::HandshakeRejectedRetried, c, segment)
        .of(From::Client)
        .evidence("before", rst.frame)
        .with("since", Value::Duration(segment.time - rst.time))
        .with("before", Value::Term("before_refused"));
    context.store.tell(c, finding);
}

/// The answer: what it takes up of what was offered.
fn syn_ack(c: &mut Connection, segment: &Segment<'_>, context: &mut Context<'_>) {
    let (client, server) = (c.client(), c.server());
    if c.handshake.syn_ack.is_set() {
        let other_ack = segment.ack != server.acked && client.bytes() == 0;
        if segment.seq != server.isn || (other_ack && !c.handshake.simultaneous()) {
            let mut finding = Finding::new(Diagnosis::HandshakeSynackChanged, c, segment)
                .of(From::Server)
                .evidence("syn_ack", c.handshake.syn_ack.frame);
            // The listener has forgotten the connection, and takes a late copy of its SYN for that of another.
            if c.over() {
                finding.severity = Severity::Note;
                finding.set("late", Value::Side(From::Client.side()));
            }
            context.store.tell(c, finding);
        }
        return;
    }
    if c.handshake.simultaneous() {
        crossed(c, segment, Diagnosis::HandshakeSimultaneousOpen, context);
        return;
    }
    let data = c.client().bytes();
    let answers = segment.ack.since(client.isn + 1);
    if c.syn().is_set() && (answers < 0 || segment.ack.after(client.next)) {
        let finding = Finding::new(Diagnosis::HandshakeWrongAck, c, segment)
            .of(From::Server)
            .evidence("syn", c.syn().frame)
            .with("what", Value::Term("wrong_syn_ack"));
        context.store.tell(c, finding);
    }
    options_of(c, segment, From::Server, context);
    if let Before::Open = c.before().map_or(Before::Closed, |b| b.state) {
        let before = c.before().unwrap_or_default();
        let syn = c.syn();
        if syn.is_set() && !c.details().handshake.opening.answered_by_ack {
            let finding = Finding::new(Diagnosis::HandshakePortReused, c, segment)
                .about(syn.frame)
                .of(From::Client)
                .evidence("before", before.last.frame)
                .with("since", Value::Duration(syn.time - before.last.time))
                .with("before", Value::Term("before_open"));
            context.store.tell(c, finding);
        }
    }
    let Some(details) = &mut c.details else { return };
    let notes = &details.handshake.opening;
    let cookie = segment.options.fast_open.is_some_and(|length| length > 0);
    let answer = match (data > 0, answers > 0, cookie) {
        (true, true, _) => "tfo_accepted",
        (true, false, _) => "tfo_ignored",
        (false, _, true) => "tfo_cookie_given",
        (false, _, false) => "tfo_refused",
    };
    context.store.amend(notes.fast_open, |finding| {
        finding.set("answer", Value::Term(answer));
        *finding = finding.clone().evidence("syn_ack", segment.frame);
    });
    let multipath = if segment.options.multipath { "mptcp_given" } else { "mptcp_refused" };
    context.store.amend(notes.multipath, |finding| finding.set("answer", Value::Term(multipath)));
}

/// What options are missing, and what that costs.
fn options_of(c: &mut Connection, segment: &Segment<'_>, from: From, context: &mut Context<'_>) {
    let options = &segment.options;
    let client = c.client();
    let answers = from == From::Server && c.syn().is_set();
    let missing = if answers && client.is(Facts::OFFERS_SCALE) && options.window_scale.is_none() {
        "no_window_scale"
    } else if answers && client.is(Facts::OFFERS_SACK) && !options.sack_permitted {
        "no_sack"
    } else if options.mss.is_none() {
        "no_mss"
    } else {
        return;
    };
    let finding = Finding::new(Diagnosis::HandshakeOptionMissing, c, segment)
        .of(from)
        .evidence("syn", c.syn().frame)
        .with("who", Value::Side(from.side()))
        .with("missing", Value::Term(missing));
    context.store.tell(c, finding);
}

/// Both sent a SYN: in a simultaneous open both answer SYN-ACK, in a split handshake only the client does.
fn crossed(c: &mut Connection, segment: &Segment<'_>, diagnosis: Diagnosis, context: &mut Context<'_>) {
    let Some(details) = &mut c.details else { return };
    let notes = &mut details.handshake.opening;
    if !notes.second_syn.is_set() || !notes.client_syn_ack.is_set() || notes.crossed_told {
        return;
    }
    notes.crossed_told = true;
    let (second, answer) = (notes.second_syn, notes.client_syn_ack);
    let finding = Finding::new(diagnosis, c, segment)
        .about(second.frame)
        .evidence("syn", c.syn().frame)
        .evidence("syn_ack", answer.frame)
        .evidence(if segment.flags.syn() { "syn_ack" } else { "third_ack" }, segment.frame);
    context.store.tell(c, finding);
}

/// A plain ACK answers the SYN: the server still holds an older connection (RFC 9293, 3.5.1; RFC 5961, 4).
fn answered_by_ack(c: &mut Connection, segment: &Segment<'_>, context: &mut Context<'_>) {
    if !segment.is_pure_ack() || std::mem::replace(&mut c.details().handshake.opening.answered_by_ack, true) {
        return;
    }
    let live = c.before().is_some_and(|b| b.state == Before::Open);
    let syn = c.last_syn();
    let finding = if live {
        Finding::new(Diagnosis::HandshakeSynOnLiveConnection, c, segment)
            .about(syn.frame)
            .of(From::Client)
            .evidence("challenge", segment.frame)
            .evidence("before", c.before().map_or(0, |b| b.last.frame))
    } else {
        Finding::new(Diagnosis::HandshakeAnsweredByAck, c, segment)
            .of(From::Server)
            .evidence("syn", syn.frame)
    };
    context.store.tell(c, finding);
}

/// The third ACK acknowledges what the server never sent.
fn wrong_third_ack(c: &mut Connection, segment: &Segment<'_>, context: &mut Context<'_>) {
    let server = c.server();
    if server.has_isn
        && segment.ack.after(server.next)
        && c.handshake.syn_ack.is_set()
        && server.bytes() == 0
        && segment.ack.since(server.next) > 1 << 20
    {
        let finding = Finding::new(Diagnosis::HandshakeWrongAck, c, segment)
            .of(From::Client)
            .evidence("syn_ack", c.handshake.syn_ack.frame)
            .with("what", Value::Term("wrong_third_ack"));
        context.store.tell(c, finding);
    }
}

/// The first data is acknowledged in a fraction of the time that the SYN-ACK took.
fn slow(c: &mut Connection, segment: &Segment<'_>, context: &mut Context<'_>) {
    let took = c.half(From::Server);
    if took < SLOW || c.handshake.syn_repeats > 0 || !segment.flags.ack() {
        return;
    }
    let first = c.client().flight.iter(context.pool).next();
    let Some(sent) = first.filter(|s| s.repeats == 0 && segment.ack.reaches(s.end())) else { return };
    let usual = segment.time - sent.time;
    if usual * 4 >= took || std::mem::replace(&mut c.details().handshake.opening.slow_told, true) {
        return;
    }
    let finding = Finding::new(Diagnosis::HandshakeSlow, c, segment)
        .about(c.handshake.syn_ack.frame)
        .of(From::Server)
        .evidence("ack", segment.frame)
        .with("took", Value::Duration(took))
        .with("usual", Value::Duration(usual));
    context.store.tell(c, finding);
}

/// What no stack sends, and what no RFC allows.
pub(super) fn odd(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    if segment.has_odd_flags() {
        let finding = Finding::new(Diagnosis::HandshakeOddFlags, c, segment)
            .of(seen.from)
            .with("who", Value::Side(seen.from.side()))
            .with("flags", Value::Flags(segment.flags));
        context.store.tell(c, finding);
    }
    if let Some(kind) = segment.options.bad {
        let finding = Finding::new(Diagnosis::HandshakeBadOption, c, segment)
            .of(seen.from)
            .with("who", Value::Side(seen.from.side()))
            .with("kind", Value::Count(kind.into()));
        context.store.tell(c, finding);
    }
}
