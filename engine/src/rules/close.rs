//! The end of a connection by FIN (RFC 9293, 3.6), and what a RST cuts off.

use crate::bounds;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Certainty, Diagnosis, Severity};
use crate::connection::endpoint::Endpoint;
use crate::connection::{Connection, Seen};
use crate::mark::Mark;
use crate::proof::causality::{Known, Missing};
use crate::proof::rst::Rst;
use crate::proof::trace::{Tracing, known, met, needs};
use crate::rules::context::Context;
use crate::rules::notes::Notes;
use crate::side::Side;
use crate::wire::segment::Segment;

pub(crate) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    if !needs!(context.trace, "close";
        "it is no RST" => !segment.flags.rst(),
        "it is of this connection, not of an older one on these ports" => !seen.stray,
        "its receiver does not refuse it" => !seen.refused,
    ) {
        return;
    }
    if met(context.trace, "close", "it has FIN", segment.flags.fin()) {
        if c.end(seen.from).fin.is_set() {
            fin_again(c, seen, context);
        } else {
            first_fin(c, seen, context);
        }
    }
    fin_twice(c, seen, context);
    ack_came(c, seen, context);
    half(c, seen, context);
    acknowledged_after_all(c, seen, context);
}

/// The acknowledgment of this side's FIN had come after all: with the FIN that this side acknowledges now.
fn ack_came(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let Some(details) = &mut context.notes.details else { return };
    let told = &mut details.close.ack_lost[seen.from as usize];
    let came = came_with_fin(c.end(seen.from.other()), c.end(seen.from).fin_acked, seen.segment);
    if told.is_some()
        && met(context.trace, "close.ack_came", "it acknowledges the FIN that came with that ACK", came)
    {
        context.store.withdraw(told.take());
    }
}

/// The acknowledgment of this side's FIN had come after all: this RST answers it (RFC 9293, 3.5.2).
fn ack_rejected(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let answers = !seen.segment.flags.ack() && seen.segment.seq == c.end(seen.from.other()).acked;
    if answers && c.end(seen.from).fin_acked.is_set() {
        let close = &mut context.notes.details().close;
        close.ack_rejected[seen.from as usize] = true;
        context.store.withdraw(close.ack_lost[seen.from as usize].take());
    }
}

/// The other side has got this side's FIN twice: neither it nor the path had lost it, its ACK only took its time.
fn fin_twice(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let writer = seen.from.other();
    let told = context.notes.details.as_ref().and_then(|d| d.close.fin_again[writer as usize]);
    let (Some((_, right)), Some(_)) = (seen.segment.duplicate_sack(), told) else { return };
    if right == c.end(writer).next {
        context.store.amend(told, |finding| finding.rate(Severity::Note, Term::FirstCopyArrived));
    }
}

fn first_fin(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let at_server = c.is_beside(Side::Server);
    if needs!(context.trace, Diagnosis::CloseFinBeforeThirdAck;
        "the client sent it" => seen.from == Side::Client,
        "the capture was taken beside the server" => at_server,
        "the SYN-ACK was seen" => c.handshake.syn_ack.is_set(),
        "it is the third ACK" => c.is_third_ack(segment),
    ) {
        let finding = c
            .finding(Diagnosis::CloseFinBeforeThirdAck, segment)
            .of(seen.from)
            .evidence(Role::SynAck, c.handshake.syn_ack.frame)
            .with(Param::Vantage, Value::Term(c.vantage().into()));
        let told = context.store.tell(finding);
        context.notes.details().close.fin_completes = told;
    }
}

/// The same FIN again: it, or its acknowledgment, was lost.
fn fin_again(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let sender = c.end(seen.from);
    let same = segment.seq + segment.len == sender.fin_seq();
    if !met(context.trace, Diagnosis::CloseFinRetransmitted, "it is the same FIN again", same) {
        return;
    }
    let (fin, acked, repeats) = (sender.fin, sender.fin_acked, sender.fin_repeats);
    if needs!(context.trace, Diagnosis::CloseStorm;
        "the same FIN came so often" => u16::from(repeats) + 2 == bounds::STORM,
        "sooner than by a timer that doubles" => segment.time - fin.time < bounds::STORM_WITHIN,
        "the other side has answered, in its own way" => c.end(seen.from.other()).last.time > fin.time,
    ) {
        storm(c, seen, Term::StormFin, context);
    }
    // The BSDs and macOS send their FIN along with every ACK until it is acknowledged, and when the ACK of what was before
    // it comes (tcp_output, TF_SENTFIN).
    let acknowledges = sender.acked_any && segment.ack.after(sender.acked);
    if !needs!(context.trace, Diagnosis::CloseFinRetransmitted;
        "it is no ACK of something new along with which the FIN comes" => !acknowledges,
        "a timer had the time to run" => c.timer_could_run(fin.time, segment.time),
    ) {
        return;
    }
    // It was overtaken by one that was sent again, or the network made a copy of it.
    let newest = !c.end(seen.from).has_passed(segment);
    if !met(context.trace, Diagnosis::CloseFinRetransmitted, "its sender has sent nothing newer", newest) {
        return;
    }
    let finding = c
        .finding(Diagnosis::CloseFinRetransmitted, segment)
        .of(seen.from)
        .evidence(Role::Fin, fin.frame)
        .evidence(Role::FinAck, acked.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Count, Value::Count(u64::from(repeats) + 1))
        .with(Param::Waited, Value::Duration(segment.time - fin.time));
    context.notes.details().close.fin_again[seen.from as usize] = context.store.tell(finding);
    // What was on its way before the ACK can have arrived says nothing about the ACK. A probe, after two round trips, takes
    // it for late; the timeout reckons with a path that varies (RFC 6298, 2.3).
    let peer = c.end(seen.from.other());
    let by_timeout = segment.time - fin.time >= bounds::RTO_MIN;
    let rejected = context.notes.details().close.ack_rejected[seen.from as usize];
    if needs!(context.trace, Diagnosis::CloseLastAckLost;
        "the FIN was acknowledged" => acked.is_set(),
        "it does not acknowledge a FIN that came with that acknowledgment" => !came_with_fin(peer, acked, segment),
        "the acknowledgment had time to arrive before" => c.had_time(seen.from, acked.time, segment.time),
        "it comes as late as by a timeout" => by_timeout,
        "no RST has answered the acknowledgment" => !rejected,
    ) {
        ack_lost(c, seen, acked, context);
    }
}

/// That acknowledgment was the FIN of `peer`, and `segment` shows that it came.
fn came_with_fin(peer: &Endpoint, acked: Mark, segment: &Segment<'_>) -> bool {
    peer.fin.frame == acked.frame && peer.fin_covered_by(segment)
}

fn ack_lost(c: &Connection, seen: &Seen<'_>, acked: Mark, context: &mut Context<'_, impl Tracing>) {
    let frame = seen.segment.frame;
    if let told @ Some(_) = context.notes.details().close.ack_lost[seen.from as usize] {
        context.store.amend(told, |finding| finding.show(Role::FinAgain, frame));
        return;
    }
    let finding = c
        .finding(Diagnosis::CloseLastAckLost, seen.segment)
        .about(acked.frame)
        .evidence(Role::Fin, c.end(seen.from).fin.frame)
        .evidence(Role::FinAgain, frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Peer, Value::Party(seen.from.other().party()))
        .with(Param::Waited, Value::Duration(seen.segment.time - acked.time));
    let told = context.store.tell(finding);
    context.notes.details().close.ack_lost[seen.from as usize] = told;
}

/// One side closed and the other goes on sending, and is still read.
fn half(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    if segment.len > 0 && !seen.old && peer.fin_acked.is_set() && !sender.fin.is_set() {
        let notes = &mut context.notes.details().close.after_fin[seen.from as usize];
        notes.segments = notes.segments.saturating_add(1);
        notes.last = segment.mark();
    }
    // The side that closed acknowledges what came after.
    let details = context.notes.details.as_ref();
    let trouble = "there was something to note of the connection";
    let Some(details) = known(context.trace, Diagnosis::CloseHalf, trouble, details) else { return };
    let notes = &details.close.after_fin[seen.from.other() as usize];
    let closer = c.end(seen.from);
    let span = notes.last.time - closer.fin_acked.time;
    let (last, told) = (notes.last, notes.told);
    let still_read = segment.flags.ack() && segment.ack.after(closer.acked);
    if !needs!(context.trace, Diagnosis::CloseHalf;
        "the other side has sent two segments of data after this side's FIN" => notes.segments >= bounds::HALF_SEGMENTS,
        "it has acknowledged that FIN" => closer.fin_acked.is_set(),
        "it went on for longer than what crosses the FIN" => c.outlasts_what_crossed(span),
        "this side acknowledges it" => still_read,
    ) {
        return;
    }
    if told.is_some() {
        context.store.amend(told, |finding| finding.set(Param::Span, Value::Duration(span)));
        return;
    }
    let finding = c
        .finding(Diagnosis::CloseHalf, segment)
        .about(closer.fin.frame)
        .of(seen.from)
        .evidence(Role::FinAck, closer.fin_acked.frame)
        .evidence(Role::Data, last.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Peer, Value::Party(seen.from.other().party()))
        .with(Param::Span, Value::Duration(span));
    let told = context.store.tell(finding);
    context.notes.details().close.after_fin[seen.from.other() as usize].told = told;
}

/// The RST has overtaken the acknowledgment of what seemed lost.
fn acknowledged_after_all(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let Some(details) = &mut context.notes.details else { return };
    let writer = seen.from.other();
    let lost = &mut details.close.lost[writer as usize];
    let came = seen.segment.flags.ack() && seen.segment.ack.reaches(c.end(writer).data_end());
    if lost.is_some()
        && met(context.trace, Diagnosis::CloseDataLost, "it acknowledges what seemed lost", came)
    {
        context.store.withdraw(lost.take());
    }
}

fn storm(c: &Connection, seen: &Seen<'_>, what: Term, context: &mut Context<'_, impl Tracing>) {
    let finding = c
        .finding(Diagnosis::CloseStorm, seen.segment)
        .of(seen.from)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::What, Value::Term(what));
    context.store.tell(finding);
}

/// The same RST again and again, long after the first.
pub(crate) fn storm_of_resets(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let first = c.rst(seen.from);
    if !needs!(context.trace, Diagnosis::CloseStorm;
        "the same side has sent a RST before" => first.is_set(),
        "that was well before" => c.settled(seen.segment.time - first.time, bounds::STORM_AFTER),
    ) {
        return;
    }
    let (seq, count) = &mut context.notes.details().close.storm[seen.from as usize];
    let before = if *seq == seen.segment.seq { *count } else { 0 };
    (*seq, *count) = (seen.segment.seq, before.saturating_add(1));
    if met(context.trace, Diagnosis::CloseStorm, "the same RST came so often", *count == bounds::STORM) {
        storm(c, seen, Term::StormRst, context);
    }
}

/// A RST ends it: what was in flight is lost.
pub(crate) fn reset(c: &Connection, seen: &Seen<'_>, rst: Rst, context: &mut Context<'_, impl Tracing>) {
    if rst == Rst::NeverEstablished {
        let told = context.notes.details().close.fin_completes;
        context.store.withdraw(told);
    }
    ack_rejected(c, seen, context);
    storm_of_resets(c, seen, context);
    if rst == Rst::AfterClose {
        leaked(c, seen, context);
    }
    let cuts = matches!(rst, Rst::Abort | Rst::NoSuchConnection | Rst::AfterClose | Rst::NeverEstablished);
    if !needs!(context.trace, Diagnosis::CloseDataLost;
        "it is a RST that cuts the connection off (rst)" => cuts,
        "it is of this connection, not of an older one on these ports" => !seen.stray,
        "its receiver does not refuse it" => !seen.refused,
    ) {
        return;
    }
    for from in Side::BOTH {
        let bytes = lost(c.end(from), c.end(from.other()), (from != seen.from).then_some(seen.segment));
        let by = (Diagnosis::CloseDataLost, from);
        if met(context.trace, by, "data of it was never acknowledged", bytes > 0) {
            let finding = c
                .finding(Diagnosis::CloseDataLost, seen.segment)
                .of(from)
                .with(Param::Who, Value::Party(from.party()))
                .with(Param::Peer, Value::Party(from.other().party()))
                .with(Param::By, Value::Party(seen.from.party()))
                .with(Param::Bytes, Value::Bytes(bytes.into()));
            // Its ACK says how far its sender had got; what came behind that met nobody (RFC 9293, 3.10.7.1).
            let says_so = from != seen.from && seen.segment.flags.ack();
            let finding = if says_so { finding.sure(Certainty::Proved) } else { finding };
            let told = context.store.tell(finding);
            context.notes.details().close.lost[from as usize] = told;
        }
    }
}

/// The side that did not close for so long has written at last, and met nobody.
fn leaked(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let (closer, peer) = (c.end(seen.from), c.end(seen.from.other()));
    let waited = seen.segment.time - closer.fin_acked.time;
    if !needs!(context.trace, Diagnosis::ClosePeerNeverClosed;
        "the RST's sender had closed, and was acknowledged" => closer.fin_acked.is_set(),
        "the other side had not closed" => !peer.fin.is_set(),
        "it had not for long" => waited >= bounds::LEAKED_AFTER,
    ) {
        return;
    }
    let finding = never_closed(c, seen.from, waited).proved_by(seen.segment.frame);
    context.store.tell(finding);
}

/// That the other side of `from`, which closed, did not.
fn never_closed(c: &Connection, from: Side, waited: i64) -> Finding {
    let closer = c.end(from);
    c.finding_at(Diagnosis::ClosePeerNeverClosed, closer.fin.frame)
        .of(from.other())
        .evidence(Role::FinAck, closer.fin_acked.frame)
        .with(Param::Who, Value::Party(from.party()))
        .with(Param::Peer, Value::Party(from.other().party()))
        .with(Param::Waited, Value::Duration(waited))
}

/// Payload of `sender` that `peer` never acknowledged, not with its RST either. A goodbye is no loss.
fn lost(sender: &Endpoint, peer: &Endpoint, rst: Option<&Segment<'_>>) -> u32 {
    if sender.said_all_but_goodbye(peer) {
        return 0;
    }
    let mut bytes = sender.data_unacknowledged(peer);
    if let Some(rst) = rst.filter(|rst| rst.flags.ack()) {
        bytes = bytes.min(sender.data_end().since(rst.ack).max(0) as u32);
    }
    bytes
}

/// What has not come so far.
pub(crate) fn pending(c: &Connection, notes: &Notes, now: i64, trace: impl Tracing, out: &mut Vec<Finding>) {
    if !met(trace, "close", "no other connection came on the same ports", !c.succeeded) {
        return;
    }
    for from in Side::BOTH {
        let (closer, peer) = (c.end(from), c.end(from.other()));
        if !needs!(trace, (Diagnosis::CloseFinUnanswered, from);
            "it has closed" => closer.fin.is_set(),
            "the other side has not reset it" => !c.rst(from.other()).is_set(),
        ) {
            continue;
        }
        let who = Value::Party(from.party());
        let other = Value::Party(from.other().party());
        let by = (Diagnosis::CloseFinUnanswered, from);
        // A FIN behind data cannot be acknowledged before them.
        let data = notes.timeouts(from);
        let given_up = c.both_seen() && data.count >= bounds::GIVEN_UP && data.seq.before(closer.fin_seq());
        if met(trace, by, "what was given up is data before its FIN", given_up) {
            continue;
        }
        if met(trace, by, "its FIN was not acknowledged", !closer.fin_acked.is_set()) {
            // Who gives up says so by a RST, sooner or later; one that is sent for another reason comes sooner.
            let gave_up = !c.is_reset() || u32::from(closer.fin_repeats) >= bounds::GIVEN_UP;
            // What it acknowledges since is from the other side, captured or not.
            let heard = peer.last.time.max(closer.acked_at.time);
            let silent = !c.had_time(from.other(), closer.fin.time, heard);
            // Without an answer it is sent again; where it is not, the capture lacks the answer, or more will come. So it
            // does where the capture lacks the whole other side, but no answer keeps a timer from going off so often.
            let repeats = if c.both_seen() { 1 } else { bounds::GIVEN_UP };
            let fins = u32::from(closer.fin_repeats);
            let had_time = fins >= bounds::GIVEN_UP || c.had_time(from.other(), closer.last.time, now);
            if needs!(trace, by;
                "the other side has been silent since" => silent,
                "it has sent the FIN again" => fins >= repeats,
                "the capture goes on for as long as an answer takes" => had_time,
                "it has not reset it, or only after it had sent the FIN as often as one gives up" => gave_up,
            ) {
                out.push(
                    c.finding_at(Diagnosis::CloseFinUnanswered, closer.fin.frame)
                        .proved_by(c.last().frame)
                        .of(from.other())
                        .evidence(Role::LastHeard, peer.last.frame)
                        .with(Param::Who, who)
                        .with(Param::Peer, other)
                        .with(Param::Count, Value::Count(u64::from(closer.fin_repeats) + 1))
                        .with(Param::Waited, Value::Duration(closer.last.time - closer.fin.time)),
                );
            }
        } else if needs!(trace, (Diagnosis::ClosePeerNeverClosed, from);
            "it was not reset" => !c.is_reset(),
            "both sides were seen" => c.both_seen(),
            "the other side has not closed" => !peer.fin.is_set(),
            "the capture may show all of the other side" => c.would_show(Missing::Of(from.other())) != Known::No,
            "the other side had not closed before the capture" => !peer.may_have_closed_before(),
        ) {
            let waited = now - closer.fin_acked.time.max(peer.last.time);
            let by = (Diagnosis::ClosePeerNeverClosed, from);
            if met(trace, by, "it has not for long", waited >= bounds::LEAKED_AFTER) {
                out.push(never_closed(c, from, waited).proved_by(c.last().frame));
            }
        }
    }
}
