//! Acknowledgments that come in (RFC 9293, 3.10.7.4, fifth; `tcp_ack`).

use super::Env;
use super::congestion::Phase;
use super::recovery::Resend;
use super::sack::Told;
use super::socket::{Socket, State};
use crate::net::{Flags, Segment, Seq};
use crate::time::Time;

impl Socket {
    /// Takes a segment's acknowledgment and window. False if it acknowledges what was never sent.
    pub(super) fn process_ack(&mut self, env: &mut Env<'_>, segment: &Segment) -> bool {
        if segment.ack.after(self.send.next) {
            // Linux asks only in a state in which it closes: `tcp_rcv_established` just drops it.
            if self.state != State::Established {
                self.challenge(env);
            }
            return false;
        }
        let prior_una = self.send.una;
        let mut told = Told { not_duplicate: segment.seq_len() > 0, ..Told::default() };
        if segment.ack.before(prior_una) {
            self.take_old(env, segment, &mut told);
            return true;
        }
        self.remember_timestamp(segment);
        let (delivered, lost) = (self.congestion.delivered, self.congestion.lost);
        let highest_sacked = self.highest_sacked();
        let had_flight = !self.send.flight.is_empty();
        told.advanced = segment.ack.after(prior_una);
        if told.advanced {
            self.retransmit.progress();
        }
        self.update_window(env.now, segment, &mut told);
        self.send.una = segment.ack;
        if self.sack && !segment.options.sack.is_empty() {
            self.take_sack(env.now, segment, prior_una, &mut told);
        }
        told.echo = self.ecn.on && segment.has(Flags::ECE) && !segment.has(Flags::SYN);
        if !had_flight {
            if told.duplicate {
                self.alert(env, segment, prior_una, false, &mut told);
            }
            self.window_heard(env);
            self.probe_answered(env, segment.ack, &told);
            return true;
        }
        self.clean(env, segment, highest_sacked, &mut told);
        self.recovery.rack.adapt(delivered, self.congestion.delivered);
        self.probe_answered(env, segment.ack, &told);
        let resend = self.react(env, segment, prior_una, &mut told);
        if told.restart_timer {
            self.arm_after_ack(env);
        }
        let (arrived, lost) = (self.congestion.delivered - delivered, self.congestion.lost - lost);
        self.control(env.now, arrived, lost, &told);
        self.resend_after_ack(env, resend);
        true
    }

    /// An ACK that another one has overtaken still tells of gaps.
    fn take_old(&mut self, env: &mut Env<'_>, segment: &Segment, told: &mut Told) {
        if !self.sack || segment.options.sack.is_empty() {
            return;
        }
        let prior_una = self.send.una;
        self.take_sack(env.now, segment, prior_una, told);
        if !self.send.flight.is_empty() {
            let resend = self.alert(env, segment, prior_una, false, told);
            self.resend_after_ack(env, resend);
        }
    }

    fn react(&mut self, env: &Env<'_>, segment: &Segment, prior_una: Seq, told: &mut Told) -> Resend {
        let news = told.advanced || told.not_duplicate || told.data_acked;
        let dubious =
            !news || told.sacked || told.echo || told.duplicate || self.congestion.phase != Phase::Open;
        if !dubious {
            return Resend::Nothing;
        }
        let duplicate = !news && !told.duplicate;
        self.alert(env, segment, prior_una, duplicate, told)
    }

    /// SND.WND (RFC 9293, 3.10.7.4: an old segment must not change it).
    fn update_window(&mut self, now: Time, segment: &Segment, told: &mut Told) {
        let window = u32::from(segment.window) << self.send.scale;
        let newer = segment.seq.after(self.send.window_seq)
            || segment.seq == self.send.window_seq && (window > self.send.window || window == 0);
        if told.advanced || newer {
            told.not_duplicate = true;
            self.send.window_seq = segment.seq;
            if self.send.window != window {
                self.send.window = window;
                if self.send.queued() > 0 {
                    self.restart_after_idle(now);
                }
            }
        }
    }

    /// Takes what is acknowledged out of the flight (`tcp_clean_rtx_queue`).
    fn clean(&mut self, env: &Env<'_>, segment: &Segment, highest_sacked: Seq, told: &mut Told) {
        let high = self.congestion.high;
        let (mut first, mut last): (Option<Time>, Option<Time>) = (None, None);
        let (mut taken, mut late) = (0, None);
        while let Some(sent) = self.send.flight.take_acknowledged(segment.ack, self.sack) {
            if sent.repeats > 0 {
                told.repeat_acked = true;
            } else if !sent.sacked {
                // Karn's rule (RFC 6298, 3): a repeated segment's ACK tells no round-trip time.
                last = Some(sent.at);
                first = first.or(last);
                late = late.or(Some(sent.seq));
                told.original_arrived |= !sent.end().after(high);
            }
            if self.sack && !sent.sacked {
                self.congestion.delivered += 1;
                let needless = sent.repeats > 0
                    && self.timestamps.on
                    && segment
                        .options
                        .timestamps
                        .is_some_and(|t| (t.echo.wrapping_sub(sent.stamp) as i32) < 0);
                if !needless {
                    self.recovery.rack.advance(env.now, &sent, self.rtt.least());
                }
            }
            taken += 1;
        }
        told.data_acked = taken > 0;
        told.restart_timer = taken > 0;
        if !self.sack {
            self.arrived_without_sack(taken);
            told.original_arrived &= !told.repeat_acked;
        } else if let Some(late) = late.filter(|late| late.before(highest_sacked)) {
            let mark = self.recovery.highest_sacked;
            self.recovery.highest_sacked = mark.max(highest_sacked);
            self.filled_late(late, highest_sacked);
        }
        self.measure(env.now, segment, first, last, told);
        if let (Some((earliest, _)), Some(head)) = (told.sack_sent, self.send.flight.front())
            && taken == 0
            && earliest < head.at
        {
            told.restart_timer = true;
        }
    }

    /// A hole was filled without a repeat: that is reordering.
    fn filled_late(&mut self, late: Seq, highest: Seq) {
        let segments = (highest - late).div_ceil(self.send.mss.max(1));
        self.recovery.reordering = self.recovery.reordering.max(segments.min(300));
        self.recovery.reordering_seen = true;
    }

    /// Duplicate ACKs have stood for segments that are acknowledged now (`tcp_remove_reno_sacks`).
    fn arrived_without_sack(&mut self, acked: u32) {
        if acked == 0 {
            return;
        }
        let flight = &mut self.send.flight;
        self.congestion.delivered += acked.saturating_sub(flight.sacked).max(1);
        flight.sacked = flight.sacked.saturating_sub(acked - 1);
        flight.sacked = flight.sacked.min(flight.len().saturating_sub(flight.lost()));
    }

    /// Round-trip times (`tcp_ack_update_rtt`).
    fn measure(
        &mut self,
        now: Time,
        segment: &Segment,
        first: Option<Time>,
        last: Option<Time>,
        told: &Told,
    ) {
        let clean = first.filter(|_| !told.repeat_acked).or(told.sack_sent.map(|(earliest, _)| earliest));
        let newest = told.sack_sent.map(|(_, latest)| latest).or(last);
        let (una, next) = (self.send.una, self.send.next);
        let echoed = segment.options.timestamps.filter(|t| self.timestamps.on && t.echo != 0);
        if let Some(sent) = clean {
            let newest = newest.map_or(now - sent, |sent| now - sent);
            self.rtt.saw(newest);
            self.rtt.measured(now - sent, una, next);
            self.retransmit.backoff = 0;
            let (window, slow_start) = (self.congestion.window, self.congestion.in_slow_start());
            if self.congestion.cubic.measured(now, newest, una, next, window, slow_start) {
                self.congestion.threshold = self.congestion.window;
            }
        } else if let (Some(timestamps), true) = (echoed, told.data_acked) {
            let elapsed = self.timestamps.value(self.clock, now).wrapping_sub(timestamps.echo);
            self.rtt.measured(std::time::Duration::from_millis(elapsed.max(1).into()), una, next);
            self.retransmit.backoff = 0;
        }
    }

    /// The congestion window after an ACK (`tcp_cong_control`).
    fn control(&mut self, now: Time, arrived: u32, lost: u32, told: &Told) {
        if self.congestion.in_reduction() {
            let in_network = self.send.flight.in_network();
            self.congestion.reduce(in_network, arrived, lost, told.advanced);
        } else {
            let forward = told.data_acked || self.recovery.reordering > 3 && told.sacked;
            if forward {
                self.congestion.grow(now, arrived);
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
