//! Resets for segments that belong to no connection (RFC 9293, 3.5.2; `tcp_v4_send_reset`).

use super::Env;
use crate::net::{Flags, Kind, Packet};

/// Answers a segment that no socket takes. No options, window 0, identification 0: nobody's socket sends it.
pub(super) fn reply(env: &mut Env<'_>, offender: &Packet, ttl: u8, kind: Kind) {
    if !offender.segment.has(Flags::RST) {
        env.out.push_back(Box::new(offender.refusal(ttl, offender.flow_label, kind)));
    }
}
