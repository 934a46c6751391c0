//! Loss and what repairs it (RFC 6298, RFC 8985).

use super::Context;
use crate::catalogue::Diagnosis;
use crate::connection::{Connection, Seen};
use crate::findings::{Finding, Side, Value};

/// No retransmission timeout in use is shorter, nanoseconds: 200 ms on Linux, less its timers' slack.
const RTO_MIN: i64 = 190_000_000;

pub(crate) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let Some(sent) = seen.resends else { return };
    if segment.len == 0 || segment.flags.syn() {
        return;
    }
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    // Duplicate ACKs ask for a resend at once; only silence after them makes it a timeout.
    let asked = peer.dup_acks > 0;
    let since = if asked { sent.time.max(peer.last.time) } else { sent.time };
    let waited = segment.time - since;
    // The last of several in flight, sent again for the first time: a tail-loss probe.
    let probe = sender.flight.len() >= 2 && sent.end() == sender.next && sent.repeats == 0;
    if waited < RTO_MIN || probe {
        return;
    }
    let finding = Finding::new(Diagnosis::LossTimeout, c, segment)
        .side(Side::Path)
        .evidence("original", sent.first_frame)
        .evidence("resent_before", if sent.frame == sent.first_frame { 0 } else { sent.frame })
        .with("who", Value::Side(seen.from.side()))
        .with("waited", Value::Duration(waited))
        .with("count", Value::Count(u64::from(sent.repeats) + 1))
        .with("bytes", Value::Bytes(segment.len.into()));
    context.store.tell(c, finding);
}
