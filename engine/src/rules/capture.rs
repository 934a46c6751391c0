//! What the capture itself does not show, or shows twice.

use crate::bounds;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Certainty, Diagnosis};
use crate::connection::rewritten::Newest;
use crate::connection::{Connection, Seen, fold};
use crate::proof::claims::Kind;
use crate::proof::trace::{Tracing, known, met, needs};
use crate::proof::{receiver, rst};
use crate::rules::context::Context;
use crate::rules::notes::Lacking;
use crate::side::Side;
use crate::wire::segment::{Checksum, Segment};

pub(crate) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    if met(context.trace, Diagnosis::CaptureMalformed, "its header contradicts itself", segment.malformed) {
        let finding = c.finding(Diagnosis::CaptureMalformed, segment).of(seen.from);
        context.store.tell(finding);
    }
    truncated(c, seen, context);
    offload(c, seen, context);
    if needs!(context.trace, Diagnosis::CaptureDroppedPackets;
        "it is no RST" => !segment.flags.rst(),
        "it is of this connection, not of an older one on these ports" => !seen.stray,
        "its receiver does not refuse it" => !seen.refused,
    ) {
        dropped(c, seen, context);
    }
}

/// The snap length cut the payload.
fn truncated(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let missing = segment.len as usize - segment.payload.len().min(segment.len as usize);
    if !needs!(context.trace, Diagnosis::CaptureTruncated;
        "some of its payload was not captured" => missing != 0,
        "it was not told before"
            => !std::mem::replace(&mut context.notes.details().capture.truncated_told, true),
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::CaptureTruncated, segment)
        .of(seen.from)
        .with(Param::Bytes, Value::Bytes(missing as u64));
    context.store.tell(finding);
}

/// More than a segment in one packet, or checksums that are not computed yet: the network card does it later.
fn offload(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let large = c.is_merged(seen.from, segment.len);
    let unfinished = match segment.checksum {
        _ if segment.len == 0 => false,
        Checksum::Unknown | Checksum::Right => false,
        Checksum::Unfinished => true,
        Checksum::Wrong => !c.is_corrupted(segment, seen.from),
    };
    if !needs!(context.trace, Diagnosis::CaptureOffload;
        "it is larger than the MSS, or its checksum is not finished" => large || unfinished,
        "it was not told before"
            => !std::mem::replace(&mut context.notes.details().capture.offload_told, true),
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::CaptureOffload, segment)
        .of(seen.from)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::How, Value::Term(if large { Term::OffloadLarge } else { Term::OffloadChecksum }))
        .with(Param::Bytes, Value::Bytes(segment.len.into()))
        .with(Param::Mss, Value::Bytes(c.end(seen.from.other()).mss.into()));
    context.store.tell(finding);
}

/// A frame with an earlier time than one before it.
pub(crate) fn time_backwards(
    c: &Connection,
    segment: &Segment<'_>,
    by: i64,
    context: &mut Context<'_, impl Tracing>,
) {
    let finding = c.finding(Diagnosis::CaptureTimeBackwards, segment).with(Param::By, Value::Duration(by));
    context.store.tell(finding);
}

/// An acknowledgment of what was not captured.
///
/// The receiver has it, so it was not lost on the way; and where it was lost and sent again, the second copy
/// would have been captured before the acknowledgment.
fn dropped(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let writer = c.end(seen.from.other());
    let acked = c.end(seen.from);
    if !needs!(context.trace, Diagnosis::CaptureDroppedPackets;
        "it has ACK" => segment.flags.ack(),
        "the other side was seen" => writer.seen,
    ) {
        // Without the SYN-ACK: the client acknowledges what was never seen.
        let without_syn_ack =
            seen.from == Side::Client && c.is_third_ack(segment) && !c.server().last.is_set();
        let lacks = "it is the third ACK, and no SYN-ACK was seen";
        if met(context.trace, Diagnosis::CaptureDroppedPackets, lacks, without_syn_ack) {
            missed(c, seen, 1, context);
        }
        return;
    }
    let news = !acked.acked_any || segment.ack.after(acked.acked);
    if !met(context.trace, Diagnosis::CaptureDroppedPackets, "it acknowledges something new", news) {
        return;
    }
    let beyond = segment.ack.since(writer.next);
    let may_lack = (0..=bounds::MOST_UNSEEN).contains(&beyond) && !writer.fin.is_set();
    let beyond = if may_lack { beyond as u64 } else { 0 };
    let holes = context.notes.missing_below(seen.from.other(), segment.ack);
    // One direction only: everything is missing, which is told once.
    if needs!(context.trace, Diagnosis::CaptureDroppedPackets;
        "it acknowledges what was not captured" => beyond + holes > 0,
        "both sides were seen" => c.both_seen(),
        "its sender can have said so much" => !receiver::is_wrong_third_ack(c, seen.from, segment),
    ) {
        let first = context.notes.details().capture.dropped[seen.from.other() as usize].is_none();
        let doubtful = first && holes == 0 && !writer.fin.is_set();
        let claim = doubtful.then(|| context.store.claim(Kind::CaptureLacks, segment.frame)).flatten();
        context.store.begin_under(claim);
        missed(c, seen, beyond + holes, context);
        context.store.begin_under(None);
        let lacking = Lacking {
            claim,
            ack: segment.mark(),
            layer: segment.layer,
            bytes: beyond,
            before: c.before_ack(seen.from),
        };
        context.notes.details().capture.lacking[seen.from.other() as usize] = doubtful.then_some(lacking);
    }
}

/// What was said to lack in the capture is only sent now: then it was acknowledged without having been sent.
///
/// It is not sent again, for no timer repeats so soon what was sent behind the newest packet; and it has not only been
/// overtaken by its acknowledgment. Returns whether it is so.
pub(crate) fn never_sent(
    c: &mut Connection,
    seen: &Seen<'_>,
    context: &mut Context<'_, impl Tracing>,
) -> bool {
    let segment = seen.segment;
    let Some(details) = &mut context.notes.details else { return false };
    let side = seen.from as usize;
    let lacking = details.capture.lacking[side];
    let acked = "what its sender had not sent was acknowledged";
    let Some(lacking) = known(context.trace, Diagnosis::LossImpossibleAck, acked, lacking) else {
        return false;
    };
    if !needs!(context.trace, Diagnosis::LossImpossibleAck;
        "it has data, SYN or FIN" => segment.seq_len() != 0,
        "it is of this connection, not of an older one on these ports" => !seen.stray,
        "its receiver does not refuse it" => !seen.refused,
    ) {
        return false;
    }
    details.capture.lacking[side] = None;
    // The timer of what the capture lacks began before its acknowledgment came, and is longer than the way.
    let since = segment.time - lacking.ack.time;
    let sender = c.end(seen.from);
    // Nothing lies between its last packet before the acknowledgment and this one.
    let follows = sender.last.frame < lacking.ack.frame && sender.is_next_id(segment);
    let newest = (0..bounds::RTO_MIN).contains(&since) || follows;
    if !needs!(context.trace, Diagnosis::LossImpossibleAck;
        "it goes on where its sender had stood" => segment.seq == lacking.before.next,
        "it was not captured out of order: it acknowledges all that the other side has said"
            => segment.ack.reaches(c.end(seen.from.other()).next),
        "it comes sooner than by a timer, or its IP ID is the next behind its sender's last packet" => newest,
        "it was not only overtaken by the acknowledgment" => since > bounds::OVERTAKEN,
        "it is not a late copy: its sender has sent nothing newer" => !sender.has_passed(segment),
    ) {
        return false;
    }
    take_back(c, seen.from.other(), &lacking, context);
    let finding = c
        .finding_at(Diagnosis::LossImpossibleAck, lacking.ack.frame)
        .layer(lacking.layer)
        .proved_by(segment.frame)
        // Or the capture lacks the first of two copies.
        .sure(Certainty::Likely)
        .of(seen.from.other())
        .evidence(Role::Newest, segment.frame)
        .with(Param::Who, Value::Party(seen.from.other().party()))
        .with(Param::Bytes, Value::Bytes(lacking.bytes));
    context.store.tell(finding);
    true
}

/// The server refuses a third ACK of what it has never sent: nothing of it lacks in the capture.
pub(crate) fn refused_third_ack(
    c: &mut Connection,
    seen: &Seen<'_>,
    context: &mut Context<'_, impl Tracing>,
) {
    let lacking =
        context.notes.details.as_ref().and_then(|details| details.capture.lacking[Side::Server as usize]);
    let refused = seen.from == Side::Server && rst::answers_wrong_ack(c, seen.segment);
    if let Some(lacking) = lacking.filter(|_| refused) {
        c.refuse_third_ack();
        take_back(c, Side::Client, &lacking, context);
    }
}

/// What `acker` acknowledged was never sent: it does not lack in the capture, and the acknowledgment had no effect.
fn take_back(c: &mut Connection, acker: Side, lacking: &Lacking, context: &mut Context<'_, impl Tracing>) {
    let (notes, side) = (&mut context.notes.details().capture, acker.other() as usize);
    notes.lacking[side] = None;
    notes.dropped[side] = None;
    notes.dropped_bytes[side] = 0;
    context.store.refute(lacking.claim);
    c.take_back_ack(acker, &lacking.before);
}

fn missed(c: &Connection, seen: &Seen<'_>, bytes: u64, context: &mut Context<'_, impl Tracing>) {
    let side = seen.from.other();
    let notes = &mut context.notes.details().capture;
    notes.dropped_bytes[side as usize] += bytes;
    let total = notes.dropped_bytes[side as usize];
    if let told @ Some(_) = notes.dropped[side as usize] {
        context.store.amend(told, |finding| finding.set(Param::Bytes, Value::Bytes(total)));
        return;
    }
    let finding = c
        .finding(Diagnosis::CaptureDroppedPackets, seen.segment)
        .of(side)
        .with(Param::Who, Value::Party(side.party()))
        .with(Param::Peer, Value::Party(seen.from.party()))
        .with(Param::Bytes, Value::Bytes(total));
    let told = context.store.tell(finding);
    context.notes.details().capture.dropped[side as usize] = told;
}

/// `twin` came once more, with other numbers: a device rewrites them, and the capture was taken before and behind it. `odd`:
/// its numbers were not those of the connection, so that what was told of it is not true.
pub(crate) fn rewritten(
    c: &Connection,
    twin: &Newest,
    from: Side,
    odd: bool,
    context: &mut Context<'_, impl Tracing>,
) {
    if odd {
        context.store.withdraw_about(twin.frame, twin.layer);
    }
    let finding = c.finding_at(Diagnosis::CaptureCopies, twin.frame).layer(twin.layer).of(from);
    in_several_places(finding, Term::CopiesByNumbers, Certainty::Likely, context);
}

/// That the packets of the connection were captured in several places, once.
fn in_several_places(
    finding: Finding,
    how: Term,
    certainty: Certainty,
    context: &mut Context<'_, impl Tracing>,
) {
    let told = std::mem::replace(&mut context.notes.details().capture.copies_told, true);
    if met(context.trace, Diagnosis::CaptureCopies, "it was not told before", !told) {
        context.store.tell(finding.with(Param::How, Value::Term(how)).sure(certainty));
    }
}

/// The same packet again. When one in three of a side's packets comes twice, it is the capture that
/// doubles them; a network that makes copies does so now and then. Returns which of them it was.
pub(crate) fn copy(
    c: &Connection,
    segment: &Segment<'_>,
    from: Side,
    ttl: u8,
    context: &mut Context<'_, impl Tracing>,
) -> bool {
    if met(
        context.trace,
        Diagnosis::CaptureCopies,
        "it came by another interface, with another TTL, or with other numbers",
        c.came_elsewhere(segment, ttl) || c.is_rewritten(),
    ) {
        // A packet that goes round in circles comes by again, too, with another TTL; but not by another interface.
        let (how, certainty) = if fold(segment.link) == c.link {
            (Term::CopiesByTtl, Certainty::Likely)
        } else {
            (Term::CopiesByLink, Certainty::Proved)
        };
        let finding = c.finding(Diagnosis::CaptureCopies, segment).of(from);
        in_several_places(finding, how, certainty, context);
        return true;
    }
    let doubles = c.end(from).doubles();
    if met(
        context.trace,
        Diagnosis::CaptureDuplicate,
        "one in three of its sender's packets comes twice",
        doubles,
    ) {
        let finding = c.finding(Diagnosis::CaptureDuplicate, segment).of(from);
        context.store.tell(finding);
    }
    doubles
}

/// Only one side is in the capture.
pub(crate) fn pending(c: &Connection, trace: impl Tracing, out: &mut Vec<Finding>) {
    let [client, server] = &c.ends;
    let (present, absent) = match (client.last.is_set(), server.last.is_set()) {
        (true, false) => (client, Side::Server),
        (false, true) => (server, Side::Client),
        _ => {
            met(trace, Diagnosis::CaptureOneDirection, "only one side was seen", false);
            return;
        }
    };
    // It speaks as to somebody who answers: it acknowledges, and goes on.
    let answered = present.acked_any && present.originals() >= bounds::SPEAKS;
    let advanced = present.bytes() > 0
        || present.fin.is_set()
        || c.handshake.third_ack.is_set()
        || !present.has_isn
        || present.originals() >= bounds::SPEAKS_ON;
    if needs!(trace, Diagnosis::CaptureOneDirection;
        "it acknowledges, as to somebody who answers" => answered,
        "it goes on" => advanced,
        "it was not reset" => !c.is_reset(),
    ) {
        out.push(
            c.finding_at(Diagnosis::CaptureOneDirection, c.first.frame)
                .proved_by(c.last().frame)
                .of(absent)
                .with(Param::Peer, Value::Party(absent.party()))
                .with(Param::Who, Value::Party(absent.other().party())),
        );
    }
}
