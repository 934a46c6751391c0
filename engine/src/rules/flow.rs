//! Flow control: windows that close, fill and shrink (RFC 9293, 3.8.6), and congestion marks (RFC 3168).

use crate::bounds;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Diagnosis, Severity};
use crate::connection::endpoint::{Endpoint, Facts};
use crate::connection::{Connection, Seen};
use crate::mark::Mark;
use crate::proof::trace::{Tracing, known, met, needs};
use crate::rules::context::Context;
use crate::rules::notes::Notes;
use crate::side::Side;
use crate::wire::seq::Seq;

pub(crate) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    if !needs!(context.trace, "flow";
        "it is of this connection, not of an older one on these ports" => !seen.stray,
        "its receiver does not refuse it" => !seen.refused,
        "it is no SYN" => !segment.flags.syn(),
    ) {
        return;
    }
    congestion(c, seen, context);
    window_of_sender(c, seen, context);
    probe(c, seen, context);
    if segment.len > 0 {
        filled(c, seen, context);
    }
    writes(c, seen, context);
}

fn window_of_sender(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let sender = c.end(seen.from);
    if !needs!(context.trace, "flow.window";
        "it has ACK" => segment.flags.ack(),
        "it acknowledges no less than before" => !(sender.acked_any && segment.ack.before(sender.acked)),
    ) {
        return;
    }
    let shut =
        context.notes.details.as_ref().map(|d| d.flow.windows[seen.from as usize].shut).unwrap_or_default();
    if needs!(context.trace, Diagnosis::FlowZeroWindow;
        "its window is 0" => segment.window == 0,
        "it has no FIN" => !segment.flags.fin(),
    ) {
        if met(context.trace, Diagnosis::FlowZeroWindow, "the window was open before", !shut.is_set()) {
            closes(c, seen, context);
        }
        return;
    }
    if met(context.trace, Diagnosis::FlowWindowReopened, "the window was shut before", shut.is_set()) {
        reopens(c, seen, shut, context);
    }
    shrunk(c, seen, context);
}

/// The receiver's application does not read, or not yet: until its window has been shut for long, no more than a note.
fn closes(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let mut finding = c
        .finding(Diagnosis::FlowZeroWindow, seen.segment)
        .of(seen.from)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Peer, Value::Party(seen.from.other().party()));
    finding.rate(Severity::Note, Term::HeldNobodyUp);
    let told = context.store.tell(finding);
    let window = &mut context.notes.details().flow.windows[seen.from as usize];
    window.shut = seen.segment.mark();
    window.told = told;
    window.probes = 0;
}

fn reopens(c: &Connection, seen: &Seen<'_>, shut: Mark, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let shut_for = segment.time - shut.time;
    let span = Value::Duration(shut_for);
    let window = &mut context.notes.details().flow.windows[seen.from as usize];
    window.shut = Mark::default();
    let (told, probes) = (window.told, window.probes);
    context.store.amend(told, |finding| {
        finding.set(Param::Span, span);
        finding.show(Role::Reopened, segment.frame);
        if shut_for >= bounds::HELD_UP {
            finding.rate_as_usual();
        }
    });
    let mut finding = c
        .finding(Diagnosis::FlowWindowReopened, segment)
        .of(seen.from)
        .evidence(Role::ZeroWindow, shut.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Span, span)
        .with(Param::Probes, Value::Count(probes.into()));
    if let Some(bytes) = c.scaled(seen.from, segment.window) {
        finding.set(Param::Window, Value::Bytes(bytes.into()));
    }
    context.store.tell(finding);
}

/// The right edge of the window moved left, by more than rounding to the scale explains.
fn shrunk(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let sender = c.end(seen.from);
    let old = sender.has_passed(segment);
    if !needs!(context.trace, Diagnosis::FlowWindowShrunk;
        "its sender has acknowledged before" => sender.acked_any,
        "it has no FIN" => !segment.flags.fin(),
        "it is not the first behind the third ACK" => c.handshake.third_ack.frame != sender.last.frame,
        "its sender has sent nothing newer" => !old,
    ) {
        return;
    }
    let windows = c.scaled(seen.from, sender.window).zip(c.scaled(seen.from, segment.window));
    let scale = "the scale of its window is known";
    let Some((before, now)) = known(context.trace, Diagnosis::FlowWindowShrunk, scale, windows) else {
        return;
    };
    // The window of a SYN is never scaled, and what follows it may well be less.
    let scaled = sender.originals() >= 2;
    if !met(context.trace, Diagnosis::FlowWindowShrunk, "its sender has sent more than a SYN", scaled) {
        return;
    }
    let moved = (segment.ack + now).since(sender.acked + before);
    let shift = if c.end(seen.from.other()).is(Facts::OFFERS_SCALE) { sender.window_scale } else { 0 };
    // Bytes that the sender had been promised: more than a full segment, and than two steps of the scale.
    let full = i32::from(c.end(seen.from.other()).largest.max(bounds::ETHERNET_MSS));
    let slack = (2i32 << shift).max(full * bounds::SHRUNK);
    if needs!(context.trace, Diagnosis::FlowWindowShrunk;
        "the edge of the window moved back, by more than rounding explains" => moved < -slack,
        "the other side has used what is taken away"
            => c.end(seen.from.other()).next.after(segment.ack + now),
    ) {
        let finding = c
            .finding(Diagnosis::FlowWindowShrunk, segment)
            .of(seen.from)
            .evidence(Role::WindowBefore, sender.last.frame)
            .with(Param::Who, Value::Party(seen.from.party()))
            .with(Param::Bytes, Value::Bytes(u64::from(moved.unsigned_abs())));
        context.store.tell(finding);
    }
}

/// An empty or small segment to a closed window.
fn probe(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let sender = c.end(seen.from);
    let below = segment.seq + 1 == sender.next || segment.seq == sender.next;
    let shape = segment.len <= 1 && below && !segment.flags.fin();
    let trouble = "there was something to note of the connection";
    let details = context.notes.details.as_mut();
    let Some(details) = known(context.trace, Diagnosis::FlowWindowProbe, trouble, details) else { return };
    let window = &mut details.flow.windows[seen.from.other() as usize];
    let empty_below = segment.len == 0 && segment.seq + 1 == sender_next(&c.ends, seen.from);
    if !needs!(context.trace, Diagnosis::FlowWindowProbe;
        "the other side's window is shut" => window.shut.is_set(),
        "it is at the next number or just below, with a byte at most" => shape,
        "it has a byte, or is just below" => segment.len == 1 || empty_below,
    ) {
        return;
    }
    window.probes += 1;
    let (shut, count, told) = (window.shut, window.probes, window.told);
    context.store.amend(told, Finding::rate_as_usual);
    let finding = c
        .finding(Diagnosis::FlowWindowProbe, segment)
        .of(seen.from)
        .evidence(Role::ZeroWindow, shut.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Peer, Value::Party(seen.from.other().party()))
        .with(Param::Count, Value::Count(count.into()))
        .with(Param::Shut, Value::Duration(segment.time - shut.time));
    context.store.tell(finding);
}

fn sender_next(ends: &[Endpoint; 2], from: Side) -> Seq {
    ends[from as usize].next
}

/// The sender has filled the receiver's window to its last byte.
fn filled(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let peer = c.end(seen.from.other());
    let scaled = c.scaled(seen.from.other(), peer.window);
    let scale = "the scale of its receiver's window is known";
    let Some(window) = known(context.trace, Diagnosis::FlowWindowFull, scale, scaled) else { return };
    let edge = peer.acked + window;
    // The window in a SYN-ACK is not scaled.
    let opened = peer.originals() >= 2 && peer.acked_any;
    if !needs!(context.trace, Diagnosis::FlowWindowFull;
        "its receiver has sent more than a SYN-ACK" => opened,
        "it ends where the window does" => segment.end() == edge,
        "its end is new" => segment.end().after(c.end(seen.from).next),
        "the window is open" => window != 0,
    ) {
        return;
    }
    let evidence = peer.acked_at.frame;
    let scale_in_doubt = c.client().is(Facts::OFFERS_SCALE) != c.server().is(Facts::OFFERS_SCALE);
    let notes = &mut context.notes.details().flow.windows[seen.from.other() as usize];
    notes.filled += 1;
    notes.filled_at = segment.end();
    let mismatch = needs!(context.trace, Diagnosis::FlowWindowScaleMismatch;
        "one side alone offered to scale its window" => scale_in_doubt,
        "the window is tiny" => window < bounds::TINY,
        "it was filled again and again" => notes.filled >= bounds::AGAIN,
        "it was not told before" => !notes.mismatch_told,
    );
    notes.mismatch_told |= mismatch;
    let finding = c
        .finding(Diagnosis::FlowWindowFull, segment)
        .of(seen.from.other())
        .evidence(Role::Window, evidence)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Peer, Value::Party(seen.from.other().party()))
        .with(Param::Window, Value::Bytes(window.into()));
    context.store.tell(finding);
    if mismatch {
        let finding = c
            .finding(Diagnosis::FlowWindowScaleMismatch, segment)
            .evidence(Role::Syn, c.syn().frame)
            .evidence(Role::SynAck, c.handshake.syn_ack.frame)
            .with(Param::Who, Value::Party(seen.from.party()))
            .with(Param::Peer, Value::Party(seen.from.other().party()))
            .with(Param::Window, Value::Bytes(window.into()));
        context.store.tell(finding);
    }
}

/// Write, write, read: the second write waits (Nagle, RFC 896) for an ACK that the reader delays.
fn writes(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    // The reader's side: a late pure ACK of all there is.
    let delay = c.host_took(seen.from, peer.said.time, segment.time);
    let late = needs!(context.trace, Diagnosis::FlowNagleDelayedAck;
        "it is a pure ACK" => segment.is_pure_ack(),
        "the other side has sent data" => peer.bytes() > 0,
        "it acknowledges all of it" => segment.ack == peer.next,
        "the round trip is known" => c.round_trip_known(),
        "it took as long as a delayed ACK does" => (bounds::DELAYED..bounds::DELAYED_MOST).contains(&delay),
        "its sender has acknowledged before" => sender.acked_any,
        "it acknowledges something new" => segment.ack.after(sender.acked),
        "its sender has said nothing since" => sender.said.time <= peer.said.time,
        "the other side writes no full segments" => !writes_full_segments(c, seen.from.other()),
        "one segment of it is in flight" => peer.flight.len() == 1,
        "that was not sent again" => peer.flight.iter(context.pool).all(|sent| sent.repeats == 0),
        "the other side has not closed" => !peer.fin.is_set(),
    );
    if late {
        let small = Mark { frame: peer.last.frame, time: peer.said.time };
        let writes = &mut context.notes.details().flow.writes[seen.from.other() as usize];
        writes.small = small;
        writes.ack = segment.mark();
        writes.delay = delay;
        return;
    }
    if segment.len == 0 || seen.old {
        return;
    }
    // The writer's side: the next write right behind that ACK.
    let Some(details) = &mut context.notes.details else { return };
    let writes = &mut details.flow.writes[seen.from as usize];
    let delayed = "the ACK before it was delayed";
    if !met(context.trace, Diagnosis::FlowNagleDelayedAck, delayed, writes.ack.is_set()) {
        return;
    }
    let answers = c.answers(seen.from, writes.ack.time, segment.time, bounds::NEXT_WRITE);
    if !met(context.trace, Diagnosis::FlowNagleDelayedAck, "it comes right behind that ACK", answers) {
        // It was not that ACK that the writer waited for: no pattern.
        writes.ack = Mark::default();
        writes.rounds = 0;
        return;
    }
    writes.rounds += 1;
    let (small, ack, delay, rounds, told) =
        (writes.small, writes.ack, writes.delay, writes.rounds, writes.told);
    writes.ack = Mark::default();
    if met(
        context.trace,
        Diagnosis::FlowNagleDelayedAck,
        "it happened again and again",
        rounds == bounds::AGAIN,
    ) {
        let finding = c
            .finding(Diagnosis::FlowNagleDelayedAck, segment)
            .about(ack.frame)
            .of(seen.from)
            .evidence(Role::SmallWrite, small.frame)
            .evidence(Role::NextWrite, segment.frame)
            .with(Param::Who, Value::Party(seen.from.party()))
            .with(Param::Peer, Value::Party(seen.from.other().party()))
            .with(Param::Delay, Value::Duration(delay))
            .with(Param::Count, Value::Count(rounds.into()));
        let told = context.store.tell(finding);
        context.notes.details().flow.writes[seen.from as usize].told = told;
    } else {
        context.store.amend(told, |finding| finding.set(Param::Count, Value::Count(rounds.into())));
    }
}

fn writes_full_segments(c: &Connection, from: Side) -> bool {
    let mss = c
        .ends
        .iter()
        .map(|e| e.mss)
        .filter(|&mss| mss > 0)
        .min()
        .unwrap_or(bounds::FULL + bounds::MOST_OPTIONS);
    c.end(from).largest >= bounds::FULL.min(mss.saturating_sub(bounds::MOST_OPTIONS))
}

/// A router marked a packet instead of dropping it; the receiver echoes the mark until the sender answers.
fn congestion(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let told = context.notes.details.as_ref().and_then(|d| d.flow.ecn);
    if needs!(context.trace, Diagnosis::FlowEcnCongestion;
        "it has ECE" => segment.flags.ece(),
        "it was not told before" => told.is_none(),
        "the third ACK was seen" => c.handshake.third_ack.is_set(),
    ) {
        let finding = c
            .finding(Diagnosis::FlowEcnCongestion, segment)
            .with(Param::Who, Value::Party(seen.from.other().party()))
            .with(Param::Answer, Value::Term(Term::CwrNotYet));
        let told = context.store.tell(finding);
        context.notes.details().flow.ecn = told;
    } else if segment.flags.cwr() && told.is_some() {
        context.store.amend(told, |finding| {
            if !finding.evidence.iter().any(|e| e.role == Role::Cwr) {
                finding.set(Param::Answer, Value::Term(Term::CwrAnswers));
                finding.show(Role::Cwr, segment.frame);
            }
        });
    }
}

/// A window that was shut when the connection ended.
pub(crate) fn pending(c: &Connection, notes: &Notes, trace: impl Tracing, out: &mut Vec<Finding>) {
    let trouble = "there was something to note of the connection";
    let details = notes.details.as_ref();
    let Some(details) = known(trace, Diagnosis::FlowNeverReopened, trouble, details) else { return };
    let ended = c.is_reset() || c.ends.iter().any(|e| e.fin.is_set());
    if !met(trace, Diagnosis::FlowNeverReopened, "it has ended", ended) {
        return;
    }
    for from in Side::BOTH {
        let window = &details.flow.windows[from as usize];
        let writer = c.end(from.other());
        let ended = Side::BOTH.iter().any(|f| c.rst(*f).time > window.shut.time)
            || writer.fin.time > window.shut.time;
        if needs!(trace, (Diagnosis::FlowNeverReopened, from);
            "its window is shut" => window.shut.is_set(),
            "it ended while it was" => ended,
            "the other side has probed it" => window.probes > 0,
        ) {
            out.push(
                c.finding_at(Diagnosis::FlowNeverReopened, window.shut.frame)
                    .proved_by(c.last().frame)
                    .of(from)
                    .with(Param::Who, Value::Party(from.party()))
                    .with(Param::Peer, Value::Party(from.other().party()))
                    .with(Param::Span, Value::Duration(c.last().time - window.shut.time)),
            );
        }
    }
}
