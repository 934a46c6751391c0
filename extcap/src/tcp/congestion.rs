//! How much may be on the way (RFC 5681): slow start, CUBIC, idle restart, and the proportional reduction after a
//! loss (RFC 6937).

use std::time::Duration;

use super::cubic::Cubic;
use super::socket::{Socket, State};
use crate::net::Seq;
use crate::time::Time;

/// IW10 (RFC 6928).
pub(super) const INITIAL_WINDOW: u32 = 10;

/// What the sender thinks of the network (`tcp_ca_state`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Phase {
    /// Nothing is suspicious.
    #[default]
    Open,
    /// Something is out of order.
    Disorder,
    /// A router has marked a packet, or a tail-loss probe has repaired a loss.
    Reduced,
    /// A loss is being repaired.
    Recovery,
    /// A timeout has happened.
    Loss,
}

/// The congestion control of one connection. Windows are in segments.
#[derive(Debug)]
pub(super) struct Congestion {
    pub(super) phase: Phase,
    pub(super) window: u32,
    pub(super) threshold: u32,
    /// The phase may end when this number is acknowledged (RFC 6582's recover).
    pub(super) high: Seq,
    /// Segments that have arrived so far.
    pub(super) delivered: u32,
    /// Segments that were marked as lost so far.
    pub(super) lost: u32,
    /// Acknowledged segments that do not yet make a window larger by one.
    pub(super) credit: u32,
    pub(super) prior_window: u32,
    pub(super) prior_threshold: u32,
    reduction: Reduction,
    usage: Usage,
    pub(super) cubic: Cubic,
}

/// Proportional rate reduction.
#[derive(Debug, Default)]
struct Reduction {
    delivered: u32,
    sent: u32,
}

/// How much of the window is used.
#[derive(Debug, Default)]
struct Usage {
    limited: bool,
    most_out: u32,
    round_end: Seq,
    /// The most that was out while the window was not full.
    used: u32,
    since: Time,
}

impl Congestion {
    pub(super) fn new(first: Seq) -> Self {
        Congestion {
            phase: Phase::Open,
            window: INITIAL_WINDOW,
            threshold: u32::MAX,
            high: first,
            delivered: 0,
            lost: 0,
            credit: 0,
            prior_window: 0,
            prior_threshold: 0,
            reduction: Reduction::default(),
            usage: Usage { round_end: first, ..Usage::default() },
            cubic: Cubic::default(),
        }
    }

    pub(super) fn in_slow_start(&self) -> bool {
        self.window < self.threshold
    }

    pub(super) fn in_reduction(&self) -> bool {
        matches!(self.phase, Phase::Reduced | Phase::Recovery)
    }

    /// What a needless reduction goes back to (`tcp_current_ssthresh`).
    pub(super) fn current_threshold(&self) -> u32 {
        if self.in_reduction() {
            self.threshold
        } else {
            self.threshold.max((self.window >> 1) + (self.window >> 2))
        }
    }

    /// The reduction begins: CUBIC's new threshold, and all counts anew (`tcp_init_cwnd_reduction`).
    pub(super) fn begin_reduction(&mut self, next: Seq) {
        self.high = next;
        self.credit = 0;
        self.prior_window = self.window;
        self.reduction = Reduction::default();
        self.threshold = self.cubic.reduced(self.window);
    }

    /// Segments that go out count against what arrives.
    pub(super) fn sent_in_reduction(&mut self, segments: u32) {
        if self.in_reduction() {
            self.reduction.sent += segments;
        }
    }

    /// RFC 6937, 3.1, with the kernel's slow-start bound.
    pub(super) fn reduce(&mut self, in_network: u32, arrived: u32, lost: u32, advanced: bool) {
        if arrived == 0 || self.prior_window == 0 {
            return;
        }
        let reduction = &mut self.reduction;
        reduction.delivered += arrived;
        let (delivered, sent) = (i64::from(reduction.delivered), i64::from(reduction.sent));
        let room = i64::from(self.threshold) - i64::from(in_network);
        let allowed = if room < 0 {
            let prior = i64::from(self.prior_window);
            (i64::from(self.threshold) * delivered + prior - 1) / prior - sent
        } else {
            let bonus = i64::from(advanced && lost == 0);
            ((delivered - sent).max(arrived.into()) + bonus).min(room)
        };
        let least = i64::from(reduction.sent == 0);
        self.window = in_network + allowed.max(least) as u32;
    }

    /// The reduction is over (`tcp_end_cwnd_reduction`); `undone`: it was needless.
    pub(super) fn end_reduction(&mut self, now: Time, undone: bool) {
        if self.threshold < u32::MAX && (self.phase == Phase::Reduced || !undone) {
            self.window = self.threshold;
            self.usage.since = now;
        }
    }

    /// Segments were acknowledged and nothing is wrong: the window grows if it is used (`cubictcp_cong_avoid`).
    pub(super) fn grow(&mut self, now: Time, mut acked: u32) {
        let used = self.usage.limited || self.in_slow_start() && self.window < 2 * self.usage.most_out;
        if !used {
            return;
        }
        if self.in_slow_start() {
            let before = self.window;
            self.window = (self.window + acked).min(self.threshold);
            acked -= self.window - before;
            if acked == 0 {
                return;
            }
        }
        let per_step = self.cubic.segments_per_step(now, self.window, acked);
        if self.credit >= per_step {
            self.credit = 0;
            self.window += 1;
        }
        self.credit += acked;
        self.window += self.credit / per_step;
        self.credit %= per_step;
    }

    pub(super) fn restarted(&mut self, now: Time) {
        self.usage.since = now;
    }
}

impl Socket {
    /// Remembers how much of the window is used, after something was or could not be sent (`tcp_cwnd_validate`).
    pub(super) fn note_usage(&mut self, now: Time, limited: bool) {
        let (una, next, out) = (self.send.una, self.send.next, self.send.flight.len());
        let timeout = self.rto();
        let congestion = &mut self.congestion;
        let usage = &mut congestion.usage;
        if !una.before(usage.round_end) || limited || !usage.limited && out > usage.most_out {
            usage.limited = limited;
            usage.most_out = out;
            usage.round_end = next;
        }
        let full = usage.limited
            || congestion.window < congestion.threshold && congestion.window < 2 * usage.most_out;
        if full {
            usage.used = 0;
            usage.since = now;
            return;
        }
        usage.used = usage.used.max(out);
        if now - usage.since >= timeout && self.settings.slow_start_after_idle {
            if congestion.phase == Phase::Open {
                let used = congestion.usage.used.max(INITIAL_WINDOW);
                if used < congestion.window {
                    congestion.threshold = congestion.current_threshold();
                    congestion.window = (congestion.window + used) >> 1;
                }
                congestion.usage.used = 0;
            }
            congestion.usage.since = now;
        }
    }

    /// After idleness the old window says nothing of the path any more (RFC 9293, 3.8.6.2.1; RFC 5681, 4.1).
    pub(super) fn restart_after_idle(&mut self, now: Time) {
        let wanted = self.settings.slow_start_after_idle;
        if !wanted
            || !self.send.flight.is_empty()
            || !matches!(self.state, State::Established | State::CloseWait)
        {
            return;
        }
        let (timeout, mut idle) = (self.rto(), now - self.send.last_sent);
        if idle <= timeout || timeout.is_zero() {
            return;
        }
        let congestion = &mut self.congestion;
        congestion.threshold = congestion.current_threshold();
        let least = INITIAL_WINDOW.min(congestion.window);
        while let Some(rest) = idle.checked_sub(timeout).filter(|rest| *rest > Duration::ZERO) {
            if congestion.window <= least {
                break;
            }
            congestion.window >>= 1;
            idle = rest;
        }
        congestion.window = congestion.window.max(least);
        congestion.usage.since = now;
        congestion.usage.used = 0;
    }

    /// Segments that one burst may have: a millisecond's worth of the rate, at least two (`tcp_tso_segs`).
    pub(super) fn burst(&self) -> u32 {
        const LARGEST: u64 = 65_536;
        let Some(rtt) = self.rtt.smoothed() else { return 2 };
        let congestion = &self.congestion;
        let percent = if congestion.window < congestion.threshold / 2 { 200 } else { 120 };
        let out = congestion.window.max(self.send.flight.len());
        let rate =
            u64::from(self.send.mss) * u64::from(out) * percent * 10_000 / (rtt.as_micros() as u64).max(1);
        let shift = self.rtt.least().map_or(64, |rtt| rtt.as_micros() as u64 >> 9);
        let near = if shift < 32 { LARGEST >> shift } else { 0 };
        let octets = ((rate >> 10) + near).min(LARGEST - 1);
        ((octets / u64::from(self.send.mss)) as u32).clamp(2, 44)
    }
}
