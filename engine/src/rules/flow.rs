//! Flow control: windows that close, fill and shrink (RFC 9293, 3.8.6), and congestion marks (RFC 3168).

use crate::bounds;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Diagnosis, Severity};
use crate::connection::endpoint::Facts;
use crate::connection::{Connection, Seen};
use crate::mark::Mark;
use crate::proof::receiver;
use crate::proof::trace::{Tracing, known, met, needs};
use crate::rules::context::Context;
use crate::rules::notes::{Notes, Writes};
use crate::side::Side;

pub(crate) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    if seen.refused {
        oversteps(c, seen, context);
    }
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
    if met(context.trace, Diagnosis::FlowZeroWindow, "its window is 0", segment.window == 0) {
        if needs!(context.trace, Diagnosis::FlowZeroWindow;
            "it has no FIN" => !segment.flags.fin(),
            "it does not acknowledge the other side's FIN, behind which there is nothing to send"
                => !c.end(seen.from.other()).fin_covered_by(segment),
            "the window was open before" => !shut.is_set(),
        ) {
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
    let below = segment.seq + 1 == sender.next;
    let shape = match segment.len {
        0 => below,
        1 => below || segment.seq == sender.next,
        _ => false,
    };
    let trouble = "there was something to note of the connection";
    let details = context.notes.details.as_mut();
    let Some(details) = known(context.trace, Diagnosis::FlowWindowProbe, trouble, details) else { return };
    let window = &mut details.flow.windows[seen.from.other() as usize];
    if !needs!(context.trace, Diagnosis::FlowWindowProbe;
        "the other side's window is shut" => window.shut.is_set(),
        "it is a byte at the next number, or just below, or empty just below" => shape,
        "it has no FIN" => !segment.flags.fin(),
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

/// The sender goes beyond a window that the handshake did not agree to scale, as if it were scaled.
fn oversteps(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let receiver = c.end(seen.from.other());
    let Some(beyond) = receiver::beyond_window(c, seen.from, seen.segment).filter(|beyond| beyond.certain)
    else {
        return;
    };
    let notes = &mut context.notes.details().flow.windows[seen.from.other() as usize];
    if notes.overstepped_at.replace(receiver.acked) != Some(receiver.acked) {
        notes.overstepped += 1;
    }
    if !needs!(context.trace, Diagnosis::FlowWindowScaleMismatch;
        "its receiver alone offered to scale its window" => scale_in_doubt(c) && receiver.is(Facts::OFFERS_SCALE),
        "the sender went beyond it again and again" => notes.overstepped >= bounds::AGAIN,
        "it was not told before" => !notes.mismatch_told,
    ) {
        return;
    }
    notes.mismatch_told = true;
    let finding = misread(c, seen, (Term::ReadsScaled, Term::ScaleApplied), receiver.window.into())
        .evidence(Role::Window, receiver.last.frame)
        .with(Param::Beyond, Value::Bytes(u64::from(beyond.bytes + seen.segment.len)));
    context.store.tell(finding);
}

/// One side alone has offered to scale its window: neither may (RFC 7323, 2.2).
fn scale_in_doubt(c: &Connection) -> bool {
    c.client().is(Facts::OFFERS_SCALE) != c.server().is(Facts::OFFERS_SCALE)
}

/// That the sender of this segment reads the other side's window of so many bytes in another way.
fn misread(c: &Connection, seen: &Seen<'_>, (reading, what): (Term, Term), window: u32) -> Finding {
    c.finding(Diagnosis::FlowWindowScaleMismatch, seen.segment)
        .evidence(Role::Syn, c.syn().frame)
        .evidence(Role::SynAck, c.handshake.syn_ack.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Peer, Value::Party(seen.from.other().party()))
        .with(Param::Window, Value::Bytes(window.into()))
        .with(Param::Reading, Value::Term(reading))
        .with(Param::What, Value::Term(what))
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
    let notes = &mut context.notes.details().flow.windows[seen.from.other() as usize];
    notes.filled += 1;
    notes.filled_at = segment.end();
    let mismatch = needs!(context.trace, Diagnosis::FlowWindowScaleMismatch;
        "one side alone offered to scale its window" => scale_in_doubt(c),
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
        let finding = misread(c, seen, (Term::ReadsUnscaled, Term::ScaleLost), window);
        context.store.tell(finding);
    }
}

/// One segment at a time: the next one waits for an ACK that the receiver delays. Small writes wait for it by Nagle's rule
/// (RFC 896: write, write, read); a sender of full ones has no room for another.
fn writes(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    // The reader's side: a late pure ACK of all there is.
    let delay = c.host_took(seen.from, peer.said.time, segment.time);
    let late = needs!(context.trace, "flow.writes";
        "it is a pure ACK" => segment.is_pure_ack(),
        "the other side has sent data" => peer.bytes() > 0,
        "it acknowledges all of it" => segment.ack == peer.next,
        "the round trip is known" => c.round_trip_known(),
        "it took as long as a delayed ACK does" => (bounds::DELAYED..bounds::DELAYED_MOST).contains(&delay),
        "its sender has acknowledged before" => sender.acked_any,
        "it acknowledges something new" => segment.ack.after(sender.acked),
        "its sender has said nothing since" => sender.said.time <= peer.said.time,
        "one segment of it is in flight" => peer.flight.len() == 1,
        "that was not sent again" => peer.flight.iter(context.pool).all(|sent| sent.repeats == 0),
        "the other side has not closed" => !peer.fin.is_set(),
    );
    if late {
        let sent = Mark { frame: peer.last.frame, time: peer.said.time };
        let room = room_in_a_segment(c, seen.from.other());
        // What the network card cuts into several is more than one segment in flight.
        let one = room..=room + u32::from(bounds::MOST_OPTIONS);
        let full = peer.flight.iter(context.pool).all(|sent| one.contains(&sent.seq_len));
        let writes = &mut context.notes.details().flow.writes[seen.from.other() as usize];
        writes.full = full && (writes.full || writes.rounds == 0);
        writes.sent = sent;
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
    if !met(context.trace, "flow.writes", "the ACK before it was delayed", writes.ack.is_set()) {
        return;
    }
    let ack = std::mem::take(&mut writes.ack);
    let answers = c.answers(seen.from, ack.time, segment.time, bounds::NEXT_WRITE);
    if !met(context.trace, "flow.writes", "it comes right behind that ACK", answers) {
        // It was not that ACK that the writer waited for: no pattern.
        if writes.told.is_none() {
            *writes = Writes::default();
        }
        return;
    }
    let asked = peer.said.frame > ack.frame;
    if !met(
        context.trace,
        "flow.writes",
        "the other side has said nothing since, which it may answer",
        !asked,
    ) {
        return;
    }
    if writes.rounds == 0 {
        writes.first = ack;
    }
    writes.rounds += 1;
    writes.waited += writes.delay;
    let (rounds, waited) = (writes.rounds, writes.waited);
    if writes.told.is_some() {
        context.store.amend(writes.told, |finding| {
            finding.set(Param::Count, Value::Count(rounds.into()));
            finding.set(Param::Waited, Value::Duration(waited));
        });
    } else if writes_full_segments(c, seen.from) {
        stop_and_wait(c, seen, context);
        // The rest of a message waits by Nagle's rule.
        let full = segment.len >= room_in_a_segment(c, seen.from);
        context.notes.details().flow.writes[seen.from as usize].full &= full;
    } else if met(
        context.trace,
        Diagnosis::FlowNagleDelayedAck,
        "it happened again and again",
        rounds == bounds::AGAIN,
    ) {
        let finding = waits(c, seen, Diagnosis::FlowNagleDelayedAck, ack, writes)
            .evidence(Role::SmallWrite, writes.sent.frame)
            .evidence(Role::NextWrite, segment.frame);
        writes.told = context.store.tell(finding);
    }
}

/// Segments as large as they get, and never a second one in flight: not because of the window, nor of Nagle's rule.
fn stop_and_wait(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    let writes = &context.notes.details().flow.writes[seen.from as usize];
    let window = c.scaled(seen.from.other(), peer.window).unwrap_or(u32::from(peer.window));
    let slowly = writes.waited >= bounds::LONG_WAIT * i64::from(writes.rounds);
    let often = if slowly { bounds::ONE_BY_ONE_SLOWLY } else { bounds::ONE_BY_ONE };
    if !needs!(context.trace, Diagnosis::FlowStopAndWait;
        "it happened again and again" => writes.rounds >= often,
        "each segment was full" => writes.full,
        "none of it is missing: no loss has made it careful" => !sender.is(Facts::GAP),
        "the window has room for two" => window >= 2 * u32::from(sender.largest),
    ) {
        return;
    }
    let finding = waits(c, seen, Diagnosis::FlowStopAndWait, writes.first, writes)
        .evidence(Role::Data, writes.sent.frame);
    let told = context.store.tell(finding);
    context.notes.details().flow.writes[seen.from as usize].told = told;
}

/// That a sender waits for an ACK each time.
fn waits(c: &Connection, seen: &Seen<'_>, diagnosis: Diagnosis, ack: Mark, writes: &Writes) -> Finding {
    c.finding(diagnosis, seen.segment)
        .about(ack.frame)
        .of(seen.from)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Peer, Value::Party(seen.from.other().party()))
        .with(Param::Delay, Value::Duration(writes.waited / i64::from(writes.rounds)))
        .with(Param::Count, Value::Count(writes.rounds.into()))
        .with(Param::Waited, Value::Duration(writes.waited))
}

/// Bytes of payload that a segment of that side has room for: options take their part of the MSS (RFC 6691).
fn room_in_a_segment(c: &Connection, from: Side) -> u32 {
    let options = if c.end(from).tsval().is_some() { 12 } else { 0 };
    u32::from(least_mss(c).unwrap_or(bounds::ETHERNET_MSS)).saturating_sub(options)
}

fn writes_full_segments(c: &Connection, from: Side) -> bool {
    let room = least_mss(c).map(|mss| mss.saturating_sub(bounds::MOST_OPTIONS));
    c.end(from).largest >= room.map_or(bounds::FULL, |room| bounds::FULL.min(room))
}

/// The smaller MSS of those that were offered.
fn least_mss(c: &Connection) -> Option<u16> {
    c.ends.iter().map(|end| end.mss).filter(|&mss| mss > 0).min()
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
    } else if segment.flags.cwr() {
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
