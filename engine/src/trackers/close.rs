//! The end of a connection by FIN (RFC 9293, 3.6), and what a RST cuts off.

use super::Context;
use crate::catalogue::{Diagnosis, Severity};
use crate::connection::{Connection, From, Seen};
use crate::endpoint::{Endpoint, Facts, Mark};
use crate::findings::{Finding, Told, Value};
use crate::rst::Rst;
use crate::segment::Segment;
use crate::seq::Seq;

/// What this tracker keeps.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// For each side, what it sent after it had acknowledged the other's FIN.
    after_fin: [AfterFin; 2],
    /// That that side sent its FIN again, the newest.
    fin_again: [Option<Told>; 2],
    /// That the ACK of that side's FIN was lost.
    ack_lost: [Option<Told>; 2],
    /// That the client's FIN completed the handshake.
    fin_completes: Option<Told>,
    /// The newest RST of each side well after its first, and how often it came in a row: as in a storm.
    storm: [(Seq, u16); 2],
}

#[derive(Debug, Default)]
struct AfterFin {
    segments: u32,
    last: Mark,
    told: bool,
}

/// The tenth of the same makes a storm.
const STORM: u16 = 10;
/// Resets for what was still in flight are no storm: for so long, nanoseconds.
const IN_FLIGHT: i64 = 500_000_000;
/// A side that has not closed for so long after the other did leaks the connection, nanoseconds: Linux
/// keeps FIN-WAIT-2 of a closed socket for 60 s (tcp_fin_timeout).
const LEAKED_AFTER: i64 = 60_000_000_000;

pub(crate) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    if segment.flags.rst() || seen.stray {
        return;
    }
    if segment.flags.fin() {
        if c.end(seen.from).fin.is_set() {
            fin_again(c, seen, context);
        } else {
            first_fin(c, seen, context);
        }
    }
    fin_twice(c, seen, context);
    half(c, seen, context);
}

/// The other side has got this side's FIN twice: neither it nor the path had lost it, its ACK only took its time.
fn fin_twice(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let writer = seen.from.other();
    let told = c.details.as_ref().and_then(|d| d.close.fin_again[writer as usize]);
    let (Some((_, right)), Some(_)) = (seen.segment.duplicate_sack(), told) else { return };
    if right == c.end(writer).next {
        context.store.amend(told, |finding| finding.severity = Severity::Note);
    }
}

fn first_fin(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let at_server = c.is_beside(From::Server);
    if seen.from == From::Client && at_server && c.handshake.syn_ack.is_set() && c.is_third_ack(segment) {
        let finding = Finding::new(Diagnosis::CloseFinBeforeThirdAck, c, segment)
            .of(seen.from)
            .evidence("syn_ack", c.handshake.syn_ack.frame)
            .with("vantage", Value::Term(c.vantage().name()));
        let told = context.store.tell(c, finding);
        c.details().close.fin_completes = told;
    }
}

/// The same FIN again: it, or its acknowledgment, was lost.
fn fin_again(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let sender = c.end(seen.from);
    if segment.seq + segment.len != sender.fin_seq() {
        return;
    }
    let (fin, acked, repeats) = (sender.fin, sender.fin_acked, sender.fin_repeats);
    if u16::from(repeats) + 2 == STORM {
        storm(c, seen, "storm_fin", context);
    }
    // It was overtaken by one that was sent again, or the network made a copy of it.
    if c.end(seen.from).has_passed(segment) {
        return;
    }
    let finding = Finding::new(Diagnosis::CloseFinRetransmitted, c, segment)
        .of(seen.from)
        .evidence("fin", fin.frame)
        .evidence("fin_ack", acked.frame)
        .with("who", Value::Side(seen.from.side()))
        .with("count", Value::Count(u64::from(repeats) + 1))
        .with("waited", Value::Duration(segment.time - fin.time));
    c.details().close.fin_again[seen.from as usize] = context.store.tell(c, finding);
    // What was on its way before the ACK can have arrived says nothing about the ACK.
    if acked.is_set() && segment.time - acked.time > c.half(seen.from) {
        ack_lost(c, seen, acked, context);
    }
}

fn ack_lost(c: &mut Connection, seen: &Seen<'_>, acked: Mark, context: &mut Context<'_>) {
    let frame = seen.segment.frame;
    if let told @ Some(_) = c.details().close.ack_lost[seen.from as usize] {
        context.store.amend(told, |finding| *finding = finding.clone().evidence("fin_again", frame));
        return;
    }
    let finding = Finding::new(Diagnosis::CloseLastAckLost, c, seen.segment)
        .about(acked.frame)
        .evidence("fin", c.end(seen.from).fin.frame)
        .evidence("fin_again", frame)
        .with("who", Value::Side(seen.from.side()))
        .with("peer", Value::Side(seen.from.other().side()))
        .with("waited", Value::Duration(seen.segment.time - acked.time));
    let told = context.store.tell(c, finding);
    c.details().close.ack_lost[seen.from as usize] = told;
}

/// One side closed and the other goes on sending, and is still read.
fn half(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    if segment.len > 0 && !seen.old && peer.fin_acked.is_set() && !sender.fin.is_set() {
        let notes = &mut c.details().close.after_fin[seen.from as usize];
        notes.segments = notes.segments.saturating_add(1);
        notes.last = Mark::of(segment);
    }
    // The side that closed acknowledges what came after.
    let Some(details) = &c.details else { return };
    let notes = &details.close.after_fin[seen.from.other() as usize];
    let closer = c.end(seen.from);
    let span = notes.last.time - closer.fin_acked.time;
    let long = c.rtt().map_or(1_000_000_000, |rtt| (2 * rtt).max(100_000_000));
    let still_read = segment.flags.ack() && segment.ack.after(closer.acked);
    if notes.told || notes.segments < 2 || !closer.fin_acked.is_set() || span < long || !still_read {
        return;
    }
    let finding = Finding::new(Diagnosis::CloseHalf, c, segment)
        .about(closer.fin.frame)
        .of(seen.from)
        .evidence("fin_ack", closer.fin_acked.frame)
        .evidence("data", notes.last.frame)
        .with("who", Value::Side(seen.from.side()))
        .with("peer", Value::Side(seen.from.other().side()))
        .with("span", Value::Duration(span));
    context.store.tell(c, finding);
    c.details().close.after_fin[seen.from.other() as usize].told = true;
}

fn storm(c: &mut Connection, seen: &Seen<'_>, what: &'static str, context: &mut Context<'_>) {
    let finding = Finding::new(Diagnosis::CloseStorm, c, seen.segment)
        .of(seen.from)
        .with("who", Value::Side(seen.from.side()))
        .with("what", Value::Term(what));
    context.store.tell(c, finding);
}

/// A RST ends it: what was in flight is lost.
/// Returns what holds only as long as the RST counts.
pub(crate) fn reset(c: &mut Connection, seen: &Seen<'_>, rst: Rst, context: &mut Context<'_>) -> Vec<Told> {
    if rst == Rst::NeverEstablished {
        context.store.withdraw(&mut c.details().close.fin_completes);
    }
    let first = c.rst(seen.from);
    let late = IN_FLIGHT + 2 * c.rtt().unwrap_or(0);
    if first.is_set() && seen.segment.time - first.time > late {
        let (seq, count) = &mut c.details().close.storm[seen.from as usize];
        let before = if *seq == seen.segment.seq { *count } else { 0 };
        (*seq, *count) = (seen.segment.seq, before.saturating_add(1));
        if *count == STORM {
            storm(c, seen, "storm_rst", context);
        }
    }
    if rst == Rst::AfterClose {
        leaked(c, seen, context);
    }
    let cuts = matches!(rst, Rst::Abort | Rst::NoSuchConnection | Rst::AfterClose | Rst::NeverEstablished);
    let mut told = Vec::new();
    if !cuts || seen.stray {
        return told;
    }
    for from in [From::Client, From::Server] {
        let bytes = lost(c.end(from), c.end(from.other()), (from != seen.from).then_some(seen.segment));
        if bytes > 0 {
            let finding = Finding::new(Diagnosis::CloseDataLost, c, seen.segment)
                .of(from)
                .with("who", Value::Side(from.side()))
                .with("peer", Value::Side(from.other().side()))
                .with("bytes", Value::Bytes(bytes.into()));
            told.extend(context.store.tell(c, finding));
        }
    }
    told
}

/// The side that did not close for so long has written at last, and met nobody.
fn leaked(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let (closer, peer) = (c.end(seen.from), c.end(seen.from.other()));
    let waited = seen.segment.time - closer.fin_acked.time;
    if !closer.fin_acked.is_set() || peer.fin.is_set() || waited < LEAKED_AFTER {
        return;
    }
    let finding = never_closed(c, seen.from, waited).proved_by(seen.segment.frame);
    context.store.tell(c, finding);
}

/// That the other side of `from`, which closed, did not.
fn never_closed(c: &Connection, from: From, waited: i64) -> Finding {
    let closer = c.end(from);
    Finding::at(Diagnosis::ClosePeerNeverClosed, c, closer.fin.frame)
        .of(from.other())
        .evidence("fin_ack", closer.fin_acked.frame)
        .with("who", Value::Side(from.side()))
        .with("peer", Value::Side(from.other().side()))
        .with("waited", Value::Duration(waited))
}

/// Payload of `sender` that `peer` never acknowledged, not with its RST either. TLS's goodbye is no loss.
fn lost(sender: &Endpoint, peer: &Endpoint, rst: Option<&Segment<'_>>) -> u32 {
    if sender.said_all_but_goodbye(peer) {
        return 0;
    }
    let mut bytes = sender.data_unacknowledged(peer);
    if let Some(rst) = rst.filter(|rst| rst.flags.ack()) {
        bytes = bytes.min(sender.next.since(rst.ack).max(0) as u32);
    }
    bytes
}

/// What has not come so far.
pub(crate) fn pending(c: &Connection, now: i64, out: &mut Vec<Finding>) {
    if c.succeeded || c.is_reset() || !c.both_seen() {
        return;
    }
    for from in [From::Client, From::Server] {
        let (closer, peer) = (c.end(from), c.end(from.other()));
        if !closer.fin.is_set() {
            continue;
        }
        let who = Value::Side(from.side());
        let other = Value::Side(from.other().side());
        if !closer.fin_acked.is_set() {
            let waited = now - closer.fin.time;
            // What it acknowledges since is from the other side, captured or not.
            let heard = peer.last.time.max(closer.acked_at.time);
            let silent = heard <= closer.fin.time + c.half(from.other());
            // Without an answer it is sent again; where it is not, the capture lacks the answer, or more will come.
            if silent && closer.fin_repeats > 0 {
                out.push(
                    Finding::at(Diagnosis::CloseFinUnanswered, c, closer.fin.frame)
                        .proved_by(c.last().frame)
                        .of(from.other())
                        .evidence("last_heard", peer.last.frame)
                        .with("who", who)
                        .with("peer", other)
                        .with("count", Value::Count(u64::from(closer.fin_repeats) + 1))
                        .with("waited", Value::Duration(waited)),
                );
            }
        } else if !peer.fin.is_set()
            && !peer.is(Facts::UNSEEN)
            && !peer.is(Facts::GAP)
            && !peer.may_have_closed_before()
        {
            let waited = now - closer.fin_acked.time.max(peer.last.time);
            if waited >= LEAKED_AFTER {
                out.push(never_closed(c, from, waited).proved_by(c.last().frame));
            }
        }
    }
}
