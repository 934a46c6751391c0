//! What the rules remember of a connection, phase by phase. A rule writes only its own part.

use super::loss::lines::{Hole, Loss, Timeouts};
use crate::catalogue::findings::Told;
use crate::connection::BeforeAck;
use crate::mark::Mark;
use crate::proof::causality::Sending;
use crate::proof::claims::Claim;
use crate::proof::receiver::Refusal;
use crate::proof::store::Claimed;
use crate::side::Side;
use crate::wire::http::Direction;
use crate::wire::seq::Seq;

/// What the rules keep about every connection.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) http: Reading,
    /// What they keep about one that gave them reason to.
    pub(crate) details: Option<Box<Details>>,
}

impl Notes {
    /// What they keep, made when first needed.
    pub(crate) fn details(&mut self) -> &mut Details {
        self.details.get_or_insert_default()
    }

    /// Bytes of that side below `ack` that were never seen.
    pub(crate) fn missing_below(&self, from: Side, ack: Seq) -> u64 {
        self.missing(from, ack).map(|hole| hole.end.since(hole.seq).min(ack.since(hole.seq)) as u64).sum()
    }

    /// How many gaps they are.
    pub(crate) fn holes_below(&self, from: Side, ack: Seq) -> usize {
        self.missing(from, ack).count()
    }

    /// Bytes of that side that were never captured, acknowledged or not.
    pub(crate) fn uncaptured(&self, from: Side) -> u64 {
        let Some(details) = &self.details else { return 0 };
        let holes = &details.loss.lines[from as usize].holes;
        let holes: u64 = holes.iter().map(|hole| u64::from(hole.end.since(hole.seq).unsigned_abs())).sum();
        details.capture.dropped_bytes[from as usize] + holes
    }

    fn missing(&self, from: Side, ack: Seq) -> impl Iterator<Item = &Hole> {
        let holes = self.details.iter().flat_map(move |details| &details.loss.lines[from as usize].holes);
        holes.filter(move |hole| ack.after(hole.seq))
    }

    /// The timeouts in a row of that side, newest data only.
    pub(crate) fn timeouts(&self, from: Side) -> Timeouts {
        self.details.as_ref().map(|details| details.loss.lines[from as usize].timeouts).unwrap_or_default()
    }
}

/// What each phase keeps about a connection that gave it reason to.
#[derive(Debug, Default)]
pub(crate) struct Details {
    pub(crate) handshake: Handshake,
    pub(crate) reset: Reset,
    pub(crate) close: Close,
    pub(crate) keepalive: Keepalive,
    pub(crate) loss: Loss,
    pub(crate) capture: Capture,
    pub(crate) path: Path,
    pub(crate) flow: Flow,
    pub(crate) app: App,
    pub(crate) http: Http,
}

/// What its rules keep.
#[derive(Debug, Default)]
pub(crate) struct Handshake {
    pub(crate) unanswered: Option<Claimed>,
    pub(crate) third_ack_lost: Option<Claimed>,
    pub(crate) third_ack_missing: Option<Claimed>,
    /// That the SYN was sent again, the newest; and whether that one did not ask for ECN, as the first had.
    pub(crate) syn_again: Option<Told>,
    pub(crate) without_ecn: bool,
    /// That the SYN reached the server, which ignored it.
    pub(crate) syn_ignored: Option<Told>,
    /// That the SYN-ACK reached the client's host, which ignored it.
    pub(crate) synack_ignored: Option<Told>,
    pub(crate) synack_lost: Option<Claimed>,
    /// Time between the SYN-ACK and the repeated SYN that says it was lost, nanoseconds.
    pub(crate) synack_lost_after: i64,
    /// TSval of the SYN-ACK that was lost, or ignored.
    pub(crate) synack_lost_tsval: Option<u32>,
    /// TSval of the first SYN-ACK, once there is a second.
    pub(crate) first_tsval: Option<u32>,
    /// An ICMP error answered the SYN.
    pub(crate) refused_by_icmp: bool,
    /// The client's newest timestamp before it spoke, where it did late.
    pub(crate) third_ack_tsval: Option<u32>,
    /// How often the SYN-ACK had been sent again before the third ACK.
    pub(crate) repeats_before: u64,
    /// A SYN-ACK that was repeated echoes the third ACK: it had arrived.
    pub(crate) third_ack_echoed: bool,
    /// The first SYN-ACK that was repeated.
    pub(crate) repeat: Option<Told>,
    /// That SYN-ACK, where it may have been repeated only because the client sent no data (`TCP_DEFER_ACCEPT`).
    pub(crate) deferred: Mark,
    pub(crate) opening: Opening,
}

/// What is kept about unusual openings.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    pub(crate) second_syn: Mark,
    pub(crate) client_syn_ack: Mark,
    pub(crate) crossed_told: bool,
    pub(crate) fast_open: Option<Told>,
    pub(crate) multipath: Option<Told>,
    pub(crate) reused: Option<Told>,
    pub(crate) answered_by_ack: Option<Told>,
    pub(crate) slow_told: bool,
    pub(crate) wrong_ack: Option<Told>,
}

/// What its rules keep: one line of probes for each side.
#[derive(Debug, Default)]
pub(crate) struct Keepalive {
    pub(crate) lines: [Probes; 2],
}

/// The probes of one side.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    /// The newest probe.
    pub(crate) probe: Mark,
    /// TSecr of the newest probe: the last answer that its sender has got.
    pub(crate) echo: Option<u32>,
    /// What the peer sent since that probe.
    pub(crate) answer: Mark,
    /// Probes in a row without an answer that their sender got.
    pub(crate) failed: u32,
    /// From the probe before to the newest, or from the last packet before it, nanoseconds.
    pub(crate) interval: i64,
    /// Probes in all, saturating.
    pub(crate) count: u32,
    /// That they come often was told.
    pub(crate) frequent_told: bool,
    /// What was told of the one before, where it is the only one without an answer.
    pub(crate) alone: Option<Told>,
}

/// What its rules keep.
#[derive(Debug, Default)]
pub(crate) struct Close {
    /// For each side, what it sent after it had acknowledged the other's FIN.
    pub(crate) after_fin: [AfterFin; 2],
    /// That that side sent its FIN again, the newest.
    pub(crate) fin_again: [Option<Told>; 2],
    /// That data of that side was lost at the end.
    pub(crate) lost: [Option<Told>; 2],
    /// That the ACK of that side's FIN was lost.
    pub(crate) ack_lost: [Option<Told>; 2],
    /// A RST in the name of that side has answered that ACK.
    pub(crate) ack_rejected: [bool; 2],
    /// That the client's FIN completed the handshake.
    pub(crate) fin_completes: Option<Told>,
    /// The newest RST of each side well after its first, and how often it came in a row: as in a storm.
    pub(crate) storm: [(Seq, u16); 2],
}

#[derive(Debug, Default)]
pub(crate) struct AfterFin {
    pub(crate) segments: u32,
    pub(crate) last: Mark,
    pub(crate) told: Option<Told>,
}

/// What its rules keep, for the window of each side.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pub(crate) windows: [Window; 2],
    pub(crate) writes: [Writes; 2],
    pub(crate) ecn: Option<Told>,
}

#[derive(Debug, Default)]
pub(crate) struct Window {
    /// When it closed; unset while it is open.
    pub(crate) shut: Mark,
    pub(crate) told: Option<Told>,
    pub(crate) probes: u32,
    /// How often the other side has filled it, and the newest time.
    pub(crate) filled: u32,
    pub(crate) filled_at: Seq,
    pub(crate) mismatch_told: bool,
    /// How often the other side went beyond it, and where this side's acknowledgments stood the newest time.
    pub(crate) overstepped: u32,
    pub(crate) overstepped_at: Option<Seq>,
}

/// A segment alone in flight, the ACK that it waited for, and the next one: again and again.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    /// The segment in flight.
    pub(crate) sent: Mark,
    /// It has room for no more; where there were several, none had.
    pub(crate) full: bool,
    /// The pure ACK of it, when it was delayed.
    pub(crate) ack: Mark,
    /// The first of those.
    pub(crate) first: Mark,
    pub(crate) delay: i64,
    /// All of them together, nanoseconds.
    pub(crate) waited: i64,
    pub(crate) rounds: u32,
    pub(crate) told: Option<Told>,
}

/// What its rules keep.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct App {
    pub(crate) urgent_told: [bool; 2],
    /// The newest request that asks to be answered only when there is something to tell.
    pub(crate) asks_to_wait: Mark,
    /// The newest slow response, and how long it took, nanoseconds.
    pub(crate) slow: Option<Told>,
    pub(crate) wait: i64,
}

/// What its rules keep.
#[derive(Debug, Default)]
pub(crate) struct Path {
    /// When a router last said that a packet was too big, nanoseconds; 0 never.
    pub(crate) too_big_at: i64,
    pub(crate) reduced: Option<Told>,
    pub(crate) state_lost: Option<Claimed>,
    pub(crate) black_hole: Option<Claimed>,
    /// The length of the segments that do not pass.
    pub(crate) black_hole_len: u32,
    pub(crate) blackout: Option<Blackout>,
}

/// An interruption that was told, and what speaks against it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blackout {
    pub(crate) told: Option<Told>,
    /// What it seemed to have lost begins there.
    pub(crate) seq: Seq,
    /// How often what it seemed to have lost was sent again, and how many copies its receiver reports that it had before.
    pub(crate) resends: u32,
    pub(crate) twice: u32,
}

/// What its rules keep.
#[derive(Debug, Default)]
pub(crate) struct Capture {
    /// That packets of each side are missing.
    pub(crate) dropped: [Option<Told>; 2],
    /// The newest acknowledgment of what was not captured of each side, which goes on from what was.
    pub(crate) lacking: [Option<Lacking>; 2],
    /// Bytes of each side that are missing.
    pub(crate) dropped_bytes: [u64; 2],
    pub(crate) copies_told: bool,
    pub(crate) truncated_told: bool,
    pub(crate) offload_told: bool,
}

/// An acknowledgment of what was not captured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lacking {
    pub(crate) claim: Option<Claim>,
    pub(crate) ack: Mark,
    pub(crate) layer: u8,
    pub(crate) bytes: u64,
    pub(crate) before: BeforeAck,
}

/// Of resets: the first RST of each side that seemed its own, and what its receiver makes of it.
#[derive(Debug, Default)]
pub(crate) struct Reset {
    pub(crate) own: [Option<Own>; 2],
    /// Sequence number and time of the newest RST of each side, whoever sent it.
    pub(crate) newest: [Option<(Seq, i64)>; 2],
    /// Acknowledgment number of the newest segment of each side, other than RSTs.
    pub(crate) acks: [Option<Seq>; 2],
    /// What was told of a RST that was forged in the name of each side.
    pub(crate) injected: [Option<Told>; 2],
    /// The newest RST forged in the name of each side.
    pub(crate) forged: [Mark; 2],
    /// A RST of each side that its receiver refuses, or seems to.
    pub(crate) refused: [Option<Refused>; 2],
    pub(crate) followed_told: bool,
    /// The client's RST for an ACK of an older connection, which it seems to have lost.
    pub(crate) of_older: Option<(Claim, Mark)>,
    /// Such a RST, beside this connection, with which the client goes on.
    pub(crate) cut_off: Option<(Side, Mark)>,
}

/// A RST that its receiver refuses, or seems to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    pub(crate) at: Mark,
    pub(crate) layer: u8,
    pub(crate) why: Refusal,
    /// Nothing that the capture lacks explains it.
    pub(crate) certain: bool,
    /// Without ACK: it answers a segment.
    pub(crate) bare: bool,
}

/// A RST that seems its sender's own.
#[derive(Debug)]
pub(crate) struct Own {
    /// All that was told because of it hangs on this.
    pub(crate) claim: Option<Claim>,
    /// That it refused the SYN, where it did.
    pub(crate) ended: Option<Told>,
    pub(crate) sending: Sending,
    pub(crate) seq: Seq,
    /// Without ACK: the answer to a packet, not the abort of a socket.
    pub(crate) bare: bool,
    /// It has a timestamp, or the next IP ID of its sender.
    pub(crate) has_marks: bool,
    /// TTL, window and IP ID are those of its sender: what made its other packets has made it.
    pub(crate) is_alike: bool,
    /// It refuses the SYN-ACK.
    pub(crate) refuses_syn_ack: bool,
    pub(crate) layer: u8,
    pub(crate) ttl: Option<u8>,
    /// SYNs of the client before it, to know a later attempt.
    pub(crate) attempt: u8,
    /// When the other side was seen to have refused it; 0 when it was not, or when another one was not refused.
    pub(crate) refused: i64,
}

/// What it keeps where there was something to tell.
#[derive(Debug, Default)]
pub(crate) struct Http {
    /// A fault of the request.
    pub(crate) fault: Option<Told>,
    /// The server has reacted to it.
    pub(crate) reacted: bool,
    /// The head of a request that wants to hear from the server before it sends its body, and has heard nothing.
    pub(crate) expects: Mark,
    pub(crate) stream: Option<Stream>,
}

/// A compressed stream of events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream {
    pub(crate) told: Option<Told>,
    pub(crate) began: i64,
    pub(crate) parts: u32,
}

/// What its rules keep about every connection, in 22 bytes.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, packed(2))]
pub(crate) struct Reading {
    pub(crate) directions: [Direction; 2],
    pub(crate) heads: Heads,
}

/// Whether each unanswered request is a HEAD: 31 of them are told apart (pipelining).
///
/// A bit each, the oldest the lowest, and a 1 above the newest; no bit at all where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heads(u32);

impl Heads {
    pub(crate) fn push(&mut self, is_head: bool) {
        let mark = self.0.max(1).ilog2();
        if mark < u32::BITS - 1 {
            self.0 = (self.0 & !(1 << mark)) | u32::from(is_head) << mark | 2 << mark;
        }
    }

    /// A request has no answer yet.
    pub(crate) fn any(self) -> bool {
        self.0 > 1
    }

    pub(crate) fn pop(&mut self) -> bool {
        let is_head = self.0 > 1 && self.0 & 1 == 1;
        self.0 >>= 1;
        is_head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_answered_in_their_order() {
        let mut heads = Heads::default();
        assert!(!heads.any() && !heads.pop());
        heads.push(true);
        heads.push(false);
        heads.push(true);
        assert!(heads.any());
        assert_eq!([heads.pop(), heads.pop(), heads.pop()], [true, false, true]);
        assert!(!heads.any() && !heads.pop());
        heads.push(false);
        assert!(heads.any() && !heads.pop() && !heads.any());
    }

    #[test]
    fn so_many_requests_are_told_apart() {
        let mut heads = Heads::default();
        (0..40).for_each(|n| heads.push(n % 3 == 0));
        for n in 0..31 {
            assert!(heads.any());
            assert_eq!(heads.pop(), n % 3 == 0, "{n}");
        }
        assert!(!heads.any());
    }
}
