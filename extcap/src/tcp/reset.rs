//! Resets for segments that belong to no connection (RFC 9293, 3.5.2; `tcp_v4_send_reset`).

use bytes::Bytes;

use super::Env;
use crate::net::{Ecn, Flags, Kind, Options, Packet, Segment, Seq};

/// Answers a segment that no socket takes. No options, window 0, identification 0: nobody's socket sends it.
pub(super) fn reply(env: &mut Env<'_>, offender: &Packet, ttl: u8, kind: Kind) {
    let segment = &offender.segment;
    if segment.has(Flags::RST) {
        return;
    }
    let (seq, ack, flags) = if segment.has(Flags::ACK) {
        (segment.ack, Seq(0), Flags::RST)
    } else {
        (Seq(0), segment.end(), Flags::RST | Flags::ACK)
    };
    env.out.push(Packet {
        from: offender.to,
        to: offender.from,
        ttl,
        id: 0,
        dont_fragment: true,
        flow_label: offender.flow_label,
        ecn: Ecn::Not,
        corrupt: false,
        segment: Segment {
            from_port: segment.to_port,
            to_port: segment.from_port,
            seq,
            ack,
            flags,
            window: 0,
            options: Options::default(),
            urgent: 0,
            payload: Bytes::new(),
        },
        reason: kind.into(),
        fault: None,
    });
}
