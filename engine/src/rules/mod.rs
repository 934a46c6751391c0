//! The rules, one file per phase of a connection.
//!
//! The rules of a phase read the connection as it stands before a segment, and report what the segment proves;
//! they keep notes of their own, and do not reach into those of another phase. What follows from absence ("no
//! answer came") is in the `pending` functions, worked out from the state so far whenever it is asked for.
//!
//! The conditions of a diagnosis have names (`needs!`, `met`, `known` of `proof::trace`), so that it can be told which of
//! them has decided. They are asked in order until one is not met; the name says what is true where it is met.

pub mod app;
pub mod capture;
pub mod close;
pub(crate) mod context;
pub mod crowd;
pub mod flow;
pub mod handshake;
pub mod http;
pub mod keepalive;
pub mod loss;
pub(crate) mod milestones;
pub(crate) mod notes;
pub mod path;
pub mod reset;

use crate::catalogue::findings::Finding;
use crate::connection::{Connection, Seen};
use crate::proof::receiver::{self, Receipt};
use crate::proof::rst::{self, Rst};
use crate::proof::trace::{Tracing, Untraced, concluded, met};
use crate::rules::context::Context;
use crate::rules::loss::lines::MadeBy;
use crate::rules::notes::Notes;
use crate::side::Side;
use crate::wire::icmp::IcmpError;
use crate::wire::segment::Segment;

/// Shows a segment to every rule. The connection is read as it stood before the segment.
///
/// First its receiver is asked whether it takes it: what it refuses is told, and counts for nothing. Then what it refutes
/// is taken back, so that the rules behind read what still holds. The capture's own faults come next, for they explain
/// what seems odd; and losses last, for they depend on what keep-alive and window probes and HTTP have been taken for.
pub(crate) fn segment(c: &mut Connection, seen: &mut Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    crowd::syn(c, seen, context);
    loss::content::taken_all_the_same(c, seen, context);
    if loss::content::taken_after_all(c, seen, context) || loss::content::got_that_far(c, seen, context) {
        *seen = c.see(seen.segment, seen.from, context.pool);
    }
    capture::segment(c, seen, context);
    if seen.segment.flags.rst() {
        reset_by(c, seen, context);
        return;
    }
    if capture::never_sent(c, seen, context) {
        *seen = c.see(seen.segment, seen.from, context.pool);
    }
    loss::content::refusal(c, seen, context);
    reset::refute(c, seen, context);
    handshake::segment(c, seen, context);
    keepalive::segment(c, seen, context);
    close::segment(c, seen, context);
    flow::segment(c, seen, context);
    app::segment(c, seen, context);
    http::segment(c, seen, context);
    loss::segment(c, seen, context);
}

/// Shows a packet that was captured, or delivered, twice; `ttl` is that of its original.
pub(crate) fn copy(
    c: &Connection,
    segment: &Segment<'_>,
    from: Side,
    ttl: u8,
    context: &mut Context<'_, impl Tracing>,
) {
    let of_capture = capture::copy(c, segment, from, ttl, context);
    let made_by = if of_capture { MadeBy::Capture } else { MadeBy::Network };
    loss::receipt::copy(c, segment, from, made_by, context);
}

/// After the connection has taken a segment in: has the handshake come to an end? `completed`: by this segment.
pub(crate) fn after(
    c: &Connection,
    seen: &Seen<'_>,
    completed: bool,
    context: &mut Context<'_, impl Tracing>,
) {
    crowd::after(c, seen, completed, context);
    if completed {
        context.book.listeners.accepted(c.tuple.src.ip, c.tuple.dst, c.number, seen.segment.time);
    }
}

/// Shows a RST to every rule, with what it is. What they tell hangs on the claim that it is so.
fn reset_by(c: &mut Connection, seen: &mut Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    // True whatever becomes of it.
    reset::with_text(c, seen, context);
    let receipt = receiver::receipt(c, seen, Untraced);
    capture::refused_third_ack(c, seen, context);
    handshake::odd_reset(c, seen, receipt, context);
    if reset::never_reached(c, seen, context) {
        seen.impact.forged = true;
        return;
    }
    let refused = matches!(receipt, Receipt::Refused(_));
    let was_overtaken = !refused && reset::overtaken(c, seen, context);
    let before = [seen.from, seen.from.other()].map(|from| reset::reset_before(context.notes, from));
    let repeats = reset::repeats(seen, context) && !was_overtaken;
    let rst = if met(context.trace, "rst", "the same RST came right before", repeats) {
        Rst::Again
    } else {
        rst::classify(
            c,
            seen,
            context.pool,
            before,
            keepalive::failed(context.notes, seen.from, seen.segment.time),
            context.notes.timeouts(seen.from).gives_up(seen.segment.time),
            context.trace,
        )
    };
    concluded(context.trace, "rst", rst.words());
    reset::note_receipt(seen, receipt, context);
    // Beside its sender it shows that this has ended, whatever becomes of it.
    if refused && !c.is_beside(seen.from) {
        seen.refused = true;
        close::storm_of_resets(c, seen, context);
        if let Rst::Forged(_) = rst {
            reset::in_vain(c, seen, rst, context);
        }
        return;
    }
    seen.impact = reset::impact(rst);
    let claim = reset::claim(seen, rst, context);
    context.store.begin_under(claim);
    let ended = handshake::reset(c, seen, rst, context);
    keepalive::reset(c, seen, rst, context);
    loss::reset(c, seen, rst, context);
    reset::reset(c, seen, rst, context);
    if !seen.impact.forged {
        http::segment(c, seen, context);
    }
    close::reset(c, seen, rst, context);
    context.store.begin_under(None);
    reset::note(c, seen, rst, claim, ended, context);
}

/// The milestones, and what follows from absence, at `now` (the time of the newest packet of the capture).
pub(crate) fn pending(c: &Connection, notes: &Notes, now: i64, trace: impl Tracing, out: &mut Vec<Finding>) {
    milestones::passed(c, trace, out);
    out.extend(milestones::incomplete(c, now, trace));
    lacking(c, notes, now, trace, out);
}

/// What follows from absence, at `now`.
pub(crate) fn lacking(c: &Connection, notes: &Notes, now: i64, trace: impl Tracing, out: &mut Vec<Finding>) {
    handshake::pending(c, notes, now, trace, out);
    keepalive::pending(c, notes, now, trace, out);
    close::pending(c, notes, now, trace, out);
    capture::pending(c, trace, out);
    loss::pending(c, notes, now, trace, out);
    flow::pending(c, notes, trace, out);
    reset::pending(c, notes, trace, out);
    app::pending(c, notes, now, trace, out);
}

/// Shows an ICMP error about the connection to the rules.
pub(crate) fn icmp(c: &Connection, error: &IcmpError, context: &mut Context<'_, impl Tracing>) {
    handshake::icmp(c, error, context);
    path::icmp(c, error, context);
}
