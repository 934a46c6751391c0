//! Acknowledgments that come in (RFC 9293, 3.10.7.4, fifth; `tcp_ack`).

use super::Env;
use super::socket::Socket;
use crate::net::{Flags, Kind, Segment};
use crate::time::Time;

impl Socket {
    /// Takes a segment's acknowledgment and window. False if it acknowledges what was never sent.
    pub(super) fn process_ack(&mut self, env: &mut Env<'_>, segment: &Segment) -> bool {
        if segment.ack.after(self.send.next) {
            self.send_bare(env, Flags::ACK, Kind::ChallengeAck);
            return false;
        }
        if segment.ack.before(self.send.una) {
            return true;
        }
        self.remember_timestamp(segment);
        self.send.window = u32::from(segment.window) << self.send.scale;
        self.mark_sacked(segment);
        if segment.ack.after(self.send.una) {
            self.advance(env, segment);
        }
        true
    }

    /// SND.UNA moves on.
    fn advance(&mut self, env: &mut Env<'_>, segment: &Segment) {
        let before = self.send.flight.len() as u32;
        let mut sample: Option<Time> = None;
        self.send.una = segment.ack;
        while let Some(first) = self.send.flight.front() {
            if first.end().after(segment.ack) {
                break;
            }
            // Karn's rule (RFC 6298, 3): a repeated segment's ACK tells no round-trip time.
            sample = (first.repeats == 0).then_some(first.at);
            self.send.flight.pop_front();
        }
        if let Some(sent) = sample {
            self.rtt.measured(env.now - sent, self.send.una, self.send.next);
        }
        self.grow_cwnd(before, before - self.send.flight.len() as u32);
        self.probe_answered();
        self.arm_after_ack(env);
        self.resend_lost(env);
    }

    /// Slow start and congestion avoidance (RFC 5681, 3.1); only a window that is used grows.
    fn grow_cwnd(&mut self, out: u32, acked: u32) {
        let send = &mut self.send;
        if send.cwnd < send.ssthresh {
            if out * 2 > send.cwnd {
                send.cwnd = (send.cwnd + acked).min(send.ssthresh.max(send.cwnd));
            }
        } else if acked > 0 && out >= send.cwnd {
            send.cwnd += 1;
        }
    }

    fn mark_sacked(&mut self, segment: &Segment) {
        for &(first, past) in &segment.options.sack {
            for sent in &mut self.send.flight {
                if !sent.seq.before(first) && !sent.end().after(past) {
                    sent.sacked = true;
                    sent.lost = false;
                }
            }
        }
    }

    /// TS.Recent follows segments that are next in line (RFC 7323, 4.3).
    pub(super) fn remember_timestamp(&mut self, segment: &Segment) {
        if let Some(timestamps) = segment.options.timestamps
            && !segment.seq.after(self.receive.told)
            && timestamps.value.wrapping_sub(self.timestamps.recent) as i32 >= 0
        {
            self.timestamps.recent = timestamps.value;
        }
    }
}
