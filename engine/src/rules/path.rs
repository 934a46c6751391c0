//! What the path does: packets too big for it, interruptions, forgotten state.

use crate::bounds;
use crate::catalogue::findings::Value;
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Certainty, Diagnosis};
use crate::connection::endpoint::Facts;
use crate::connection::{Connection, Seen};
use crate::proof::claims::Kind;
use crate::proof::trace::{Tracing, met, needs};
use crate::rules::context::{Context, of_icmp};
use crate::rules::loss::lines::Timeouts;
use crate::rules::notes::{Blackout, Notes};
use crate::wire::icmp::IcmpError;
use crate::wire::seq::Seq;

/// A resend now is explained by an ICMP error.
pub(crate) fn explains_resend(notes: &Notes, time: i64) -> bool {
    notes
        .details
        .as_ref()
        .is_some_and(|d| d.path.too_big_at > 0 && time - d.path.too_big_at < bounds::RESEGMENTED)
}

/// An ICMP error that quotes a segment of this connection.
pub(crate) fn icmp(c: &Connection, error: &IcmpError, context: &mut Context<'_, impl Tracing>) {
    let too_big = error.kind() == Term::IcmpTooBig;
    if !met(context.trace, Diagnosis::PathPmtuReduced, "it says that a packet is too big", too_big) {
        return;
    }
    let notes = &mut context.notes.details().path;
    notes.too_big_at = error.at.time;
    if !met(context.trace, Diagnosis::PathPmtuReduced, "it was not told before", notes.reduced.is_none()) {
        return;
    }
    let mut finding = of_icmp(error, Diagnosis::PathPmtuReduced, c)
        .with(Param::Reporter, Value::Address(error.reporter))
        .with(Param::Who, Value::Party(error.from.party()));
    if let Some(mtu) = error.mtu {
        finding.set(Param::Mtu, Value::Bytes(mtu.into()));
    }
    let told = context.store.tell(finding);
    context.notes.details().path.reduced = told;
}

/// One more timeout on the same data.
///
/// `len`: of what timed out; it may be sent again in smaller segments, to see whether those pass (RFC 2923, 2.1).
pub(crate) fn timeout(
    c: &Connection,
    seen: &Seen<'_>,
    row: Timeouts,
    len: u32,
    context: &mut Context<'_, impl Tracing>,
) {
    if !met(context.trace, "path", "it is the third timeout in a row", row.count == bounds::INTERRUPTED) {
        return;
    }
    let segment = seen.segment;
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    let (who, other) = (Value::Party(seen.from.party()), Value::Party(seen.from.other().party()));
    // What is larger than a segment is split by the network card (TSO); options take some of the MSS (RFC 6691).
    let room = peer.mss.saturating_sub(bounds::MOST_OPTIONS);
    let largest = if room > 0 { sender.largest.min(room) } else { sender.largest };
    let full_size = len > bounds::SMALL && len >= largest.into();
    let none_passed = u32::from(sender.largest_acked) < len;
    if needs!(context.trace, Diagnosis::PathPmtuBlackHole;
        "the segment is of full size" => full_size,
        "none of that size was acknowledged" => none_passed,
        "its receiver has what is behind it (SACK), or only those of full size are lost"
            => peer.is(Facts::SACKING) || only_full_size_lost(c, seen, row, len, context),
    ) {
        let finding = c
            .finding(Diagnosis::PathPmtuBlackHole, segment)
            .about(row.first.frame)
            .evidence(Role::Resend, segment.frame)
            .evidence(Role::SmallPasses, peer.acked_at.frame.max(c.handshake.third_ack.frame))
            .with(Param::Who, who)
            .with(Param::Bytes, Value::Bytes(len.into()))
            .with(Param::Count, Value::Count(row.count.into()));
        let claimed = context.store.claim_and_tell(Kind::BlackHole, finding);
        let notes = &mut context.notes.details().path;
        (notes.black_hole, notes.black_hole_len) = (claimed, len);
        return;
    }
    let idle = row.first.time - peer.last.time;
    if needs!(context.trace, Diagnosis::PathIdleStateLost;
        "it was idle before for as long as --idle-time says" => idle >= context.thresholds.idle,
        // A timer: what is idle for so many round trips is idle for the path, too.
        "and for 20 round trips" => idle >= bounds::IDLE_ROUNDS * c.rtt().unwrap_or(0),
        "the other side was seen" => peer.last.is_set(),
        "it has not closed: it may be gone" => !peer.fin.is_set(),
        "data of the sender passed before" => sender.bytes() > u64::from(segment.len),
    ) {
        let finding = c
            .finding(Diagnosis::PathIdleStateLost, segment)
            .about(row.first.frame)
            .evidence(Role::LastHeard, peer.last.frame)
            .evidence(Role::Resend, segment.frame)
            .with(Param::Who, who)
            .with(Param::Peer, other)
            .with(Param::Idle, Value::Duration(idle))
            .with(Param::Count, Value::Count(row.count.into()));
        let claimed = context.store.claim_and_tell(Kind::IdleStateLost, finding);
        context.notes.details().path.state_lost = claimed;
    }
}

/// All that passed was small, up to the moment at which the first segments of full size were sent; nothing else is lost.
///
/// A path that breaks, or a host that dies, does not choose that moment.
fn only_full_size_lost(
    c: &Connection,
    seen: &Seen<'_>,
    row: Timeouts,
    len: u32,
    context: &Context<'_, impl Tracing>,
) -> bool {
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    // A server that lacks the third ACK repeats its SYN-ACK by now.
    // A timer: that of the SYN-ACK, and the way of what it sends.
    let waited = seen.segment.time - c.handshake.syn_ack.time - c.rtt().unwrap_or(0);
    let third_ack_passed =
        c.handshake.third_ack.is_set() && c.handshake.syn_ack_repeats == 0 && waited > bounds::SYN_ACK_AGAIN;
    let passed = c.handshake.established()
        || if c.syn().is_set() { third_ack_passed } else { sender.largest_acked > 0 };
    let at_once = row.first.time - peer.last.time < context.thresholds.idle;
    let several = sender.unacknowledged(peer) >= 2 * len;
    let full_size = sender.flight.iter(context.pool).all(|sent| sent.seq_len >= len);
    needs!(context.trace, Diagnosis::PathPmtuBlackHole;
        "something of the sender has passed" => passed,
        "the first of full size was sent at once, not after a rest" => at_once,
        "several are in flight" => several,
        "all in flight are of full size" => full_size,
    )
}

/// The other side is heard again after timeouts.
pub(crate) fn heard_again(
    c: &Connection,
    seen: &Seen<'_>,
    row: Timeouts,
    advanced: bool,
    context: &mut Context<'_, impl Tracing>,
) {
    let open = c.handshake.established() || !c.syn().is_set();
    let Some(details) = &mut context.notes.details else { return };
    let notes = &mut details.path;
    context.store.refute(notes.state_lost.take().map(|it| it.claim));
    // Less than the segment got through: it was sent in smaller ones at last, which proves the rest.
    let in_pieces = i64::from(seen.segment.ack.since(row.seq)) < i64::from(notes.black_hole_len);
    if advanced && !in_pieces {
        context.store.refute(notes.black_hole.take().map(|it| it.claim));
    } else if advanced {
        let told = notes.black_hole.and_then(|it| it.told);
        context.store.amend(told, |finding| finding.certainty = Certainty::Proved);
    }
    let silent = seen.segment.time - row.first.time;
    if !needs!(context.trace, Diagnosis::PathBlackout;
        "three timeouts in a row or more came before" => row.count >= bounds::INTERRUPTED,
        "the silence was long" => silent >= bounds::BLACKOUT,
        "it is no matter of size" => notes.black_hole.is_none(),
        "the connection was open" => open,
        "it acknowledges something new" => advanced,
        "its receiver has got nothing of what was sent behind it (SACK)"
            => !c.end(seen.from).is(Facts::SACKING),
    ) {
        return;
    }
    let writer = seen.from.other();
    let finding = c
        .finding(Diagnosis::PathBlackout, seen.segment)
        .about(row.first.frame)
        .evidence(Role::Resend, row.last.frame)
        .evidence(Role::HeardAgain, seen.segment.frame)
        .with(Param::Who, Value::Party(writer.party()))
        .with(Param::Peer, Value::Party(seen.from.party()))
        .with(Param::Count, Value::Count(row.count.into()))
        .with(Param::Silent, Value::Duration(silent));
    let told = context.store.tell(finding);
    context.notes.details().path.blackout =
        Some(Blackout { told, seq: row.seq, resends: row.count, twice: 0 });
}

/// The receiver reports that what begins at `left` has come once more (RFC 2883). Where that is one for each resend, all of
/// them had arrived, late: held up by a queue, or a radio that slept, and nothing was interrupted.
pub(crate) fn came_twice(left: Seq, context: &mut Context<'_, impl Tracing>) {
    let Some(details) = &mut context.notes.details else { return };
    let Some(blackout) = details.path.blackout.as_mut().filter(|it| it.seq == left) else { return };
    blackout.twice += 1;
    let all = blackout.twice >= blackout.resends;
    if met(context.trace, Diagnosis::PathBlackout, "its receiver reports every resend as one too many", all) {
        context.store.withdraw(blackout.told);
        details.path.blackout = None;
    }
}
