//! Loss and what repairs it (RFC 6298, RFC 6675, RFC 8985), reordering, and duplicates.
//!
//! A capture shows a loss in one of two ways. A segment was seen and is sent again: it was lost behind
//! the capture point (or its acknowledgment was). Or there is a gap in the sequence numbers that is
//! filled later: it was lost before the capture point, or only overtaken, which timestamps and IP IDs tell.

pub(super) mod content;
mod gap;
pub(crate) mod lines;
pub(super) mod receipt;
mod resend;

use crate::bounds;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Certainty, Diagnosis};
use crate::connection::{Connection, Seen};
use crate::proof::rst::Rst;
use crate::proof::trace::{Tracing, met, needs};
use crate::rules::context::Context;
use crate::rules::loss::lines::Timeouts;
use crate::rules::notes::Notes;
use crate::side::Side;

pub(crate) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let was_damaged = content::corrupted(c, seen, context);
    if !needs!(context.trace, "loss";
        "it is of this connection, not of an older one on these ports" => !seen.stray,
        "its receiver does not refuse it" => !seen.refused,
    ) {
        return;
    }
    content::segment(c, seen, context);
    receipt::acknowledgment(c, seen, context);
    // What turns up so late was not sent again: the network had kept it.
    if !needs!(context.trace, "loss.resend";
        "it is no SYN" => !segment.flags.syn(),
        "its sender was seen before" => c.end(seen.from).seen,
        "the network has not kept it" => !seen.refused,
    ) {
        return;
    }
    if segment.seq_len() == 0 {
        gap::overtaken_ack(c, seen, context);
    } else if segment.seq.after(c.end(seen.from).next) {
        resend::tail_probe_unseen(c, seen, context);
        gap::opens(c, seen, context);
    } else if seen.old || seen.resends.is_some() {
        resend::again(c, seen, was_damaged, context);
    }
}

/// What is known of a connection whose data goes unanswered: given up for good?
pub(crate) fn pending(c: &Connection, notes: &Notes, now: i64, trace: impl Tracing, out: &mut Vec<Finding>) {
    if !needs!(trace, Diagnosis::ResetRetransmissionTimeout;
        "it was not reset" => !c.is_reset(),
        "both sides were seen" => c.both_seen(),
    ) {
        return;
    }
    for from in Side::BOTH {
        let timeouts = notes.timeouts(from);
        let by = (Diagnosis::ResetRetransmissionTimeout, from);
        if !needs!(trace, by; "its timeouts in a row are many" => timeouts.count >= bounds::GIVEN_UP) {
            continue;
        }
        let mut finding = given_up(c, from, &timeouts, timeouts.last.frame);
        if !timeouts.overdue(now) {
            finding = finding.sure(Certainty::Possible);
            finding.set(Param::Limit, Value::Term(Term::MaybeStillTrying));
        }
        out.push(finding);
    }
}

/// A RST that comes when the next resend is due: Windows says so that it has given up.
pub(crate) fn reset(c: &Connection, seen: &Seen<'_>, rst: Rst, context: &mut Context<'_, impl Tracing>) {
    let is = rst == Rst::RetransmissionTimeout;
    if met(context.trace, Diagnosis::ResetRetransmissionTimeout, "that is what the RST is (rst)", is) {
        let (segment, timeouts) = (seen.segment, context.notes.timeouts(seen.from));
        let finding = given_up(c, seen.from, &timeouts, segment.frame).layer(segment.layer);
        context.store.tell(finding.evidence(Role::Resend, timeouts.last.frame));
    }
}

/// That side has given its data up, which shows in `frame`.
fn given_up(c: &Connection, from: Side, timeouts: &Timeouts, frame: u32) -> Finding {
    c.finding_at(Diagnosis::ResetRetransmissionTimeout, frame)
        .of(from.other())
        .evidence(Role::Original, timeouts.first.frame)
        .evidence(Role::LastHeard, c.end(from.other()).last.frame)
        .with(Param::Who, Value::Party(from.party()))
        .with(Param::Peer, Value::Party(from.other().party()))
        .with(Param::Count, Value::Count(timeouts.count.into()))
        .with(Param::Waited, Value::Duration(timeouts.last.time - timeouts.first.time))
}
