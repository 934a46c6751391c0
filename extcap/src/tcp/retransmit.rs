//! Sending again: after a timeout (RFC 6298), what is known to be lost (RFC 6675), and the tail-loss probe
//! (RFC 8985, 7).

use std::time::Duration;

use super::Env;
use super::congestion::Phase;
use super::output::Nagle;
use super::sack::Told;
use super::settings::{RTO_MAX, SYN_TIMEOUT};
use super::socket::{Failure, Socket, State};
use crate::net::{Flags, Kind, Reason, Seq};
use crate::time::Time;

/// A tail-loss probe of a lone segment leaves the receiver time for a delayed ACK.
const LONE_SEGMENT: Duration = Duration::from_millis(200);
/// `TCP_TIMEOUT_MIN`: two ticks.
const LEAST: Duration = Duration::from_millis(8);
/// `TCP_RTO_MIN`
const RTO_MIN: Duration = Duration::from_millis(200);

/// What ends when the retransmission timer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    Timeout,
    /// The tail-loss probe.
    Probe,
    /// The reordering window.
    Reordering,
    /// The probe of a closed window.
    Window,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Retransmit {
    pub(super) timer: Option<(Timer, Time)>,
    /// Timeouts in a row; each doubles the next, but for a SYN's first ones.
    pub(super) timeouts: u32,
    pub(super) backoff: u32,
    /// When something was first sent again.
    since: Option<Time>,
    /// A tail-loss probe is out that was sent when this was SND.NXT.
    pub(super) probe: Option<Seq>,
    /// It was a repeat, and no new data.
    pub(super) probe_repeats: bool,
    /// When the last SYN was sent.
    pub(super) last_syn: Time,
    pub(super) syn_repeats: u32,
    /// Probes of a closed window without an answer that opens it.
    pub(super) window_probes: u32,
}

impl Retransmit {
    /// SND.UNA moves on.
    pub(super) fn progress(&mut self) {
        self.timeouts = 0;
        self.since = None;
    }
}

impl Socket {
    /// The timeout of now, with back-off.
    pub(super) fn rto(&self) -> Duration {
        self.rtt.rto().saturating_mul(1 << self.retransmit.backoff.min(16)).min(RTO_MAX)
    }

    fn start(&mut self, env: &Env<'_>, timer: Timer, wait: Duration) {
        self.retransmit.timer = Some((timer, self.clock.expiry(env.now, wait)));
    }

    /// What is left of the timeout since the first segment was sent last.
    fn rto_left(&self, now: Time) -> Duration {
        let since = self.send.flight.front().map_or(Duration::ZERO, |first| now - first.at);
        self.rto().saturating_sub(since)
    }

    /// Starts the timeout (`tcp_rearm_rto`); `running`: from when the first segment was sent.
    pub(super) fn rearm_timeout(&mut self, env: &Env<'_>, running: bool) {
        if self.send.flight.is_empty() {
            self.retransmit.timer = None;
        } else {
            let wait =
                if running { self.rto_left(env.now).max(Duration::from_micros(1)) } else { self.rto() };
            self.start(env, Timer::Timeout, wait);
        }
    }

    /// Whether the timer that runs stands in for the timeout.
    fn other_timer_runs(&self) -> bool {
        matches!(self.retransmit.timer, Some((Timer::Probe | Timer::Reordering, _)))
    }

    /// After new data was sent behind so many segments (`tcp_event_new_data_sent`).
    pub(super) fn arm_after_sending(&mut self, env: &Env<'_>, prior: u32, probe: bool) {
        if !probe && self.arm_probe(env, self.rto_left(env.now)) {
            return;
        }
        if prior == 0 || matches!(self.retransmit.timer, Some((Timer::Probe, _))) {
            let running = prior > 0 && self.other_timer_runs();
            self.rearm_timeout(env, running);
        }
    }

    /// After new data was acknowledged.
    pub(super) fn arm_after_ack(&mut self, env: &Env<'_>) {
        if !self.arm_probe(env, self.rto()) {
            let running = self.other_timer_runs();
            self.rearm_timeout(env, running);
        }
    }

    /// Sets the timer for a tail-loss probe, unless a timeout would be sooner (`tcp_schedule_loss_probe`).
    fn arm_probe(&mut self, env: &Env<'_>, timeout: Duration) -> bool {
        let calm = matches!(self.congestion.phase, Phase::Open | Phase::Reduced);
        if self.send.flight.is_empty() || !self.sack || !calm {
            return false;
        }
        let wait = match self.rtt.smoothed() {
            Some(rtt) if self.send.flight.len() == 1 => rtt * 2 + LONE_SEGMENT,
            Some(rtt) => rtt * 2 + LEAST,
            None => SYN_TIMEOUT,
        };
        let wait = if timeout.is_zero() { wait } else { wait.min(timeout) };
        self.start(env, Timer::Probe, wait);
        true
    }

    pub(super) fn on_retransmit_timer(&mut self, env: &mut Env<'_>, timer: Timer) {
        match (self.state, timer) {
            (State::SynSent | State::SynReceived, _) => self.on_syn_timeout(env),
            (_, Timer::Probe) => self.probe_tail(env),
            (_, Timer::Timeout) => self.on_timeout(env),
            (_, Timer::Reordering) => self.on_reordering_timer(env),
            (_, Timer::Window) => self.on_window_timer(env),
        }
    }

    /// Sends new data, or the last segment again, to provoke an ACK that tells what is missing.
    fn probe_tail(&mut self, env: &mut Env<'_>) {
        if self.retransmit.probe.is_none() {
            let out = self.send.flight.len();
            let new = self.send.has_more();
            if new {
                self.write_out(env, Nagle::Off, true);
                self.retransmit.probe_repeats = false;
            } else if let Some(last) = self.send.flight.len().checked_sub(1) {
                self.send_again(env, last as usize, Kind::TailProbe);
                self.retransmit.probe_repeats = true;
            }
            if !new || self.send.flight.len() > out {
                self.retransmit.probe = Some(self.send.next);
            }
        }
        self.rearm_timeout(env, false);
    }

    /// An ACK answers the tail-loss probe (`tcp_process_tlp_ack`).
    pub(super) fn probe_answered(&mut self, env: &Env<'_>, ack: Seq, told: &Told) {
        let Some(up_to) = self.retransmit.probe else { return };
        if ack.before(up_to) {
            return;
        }
        let bare = !(told.advanced || told.not_duplicate || told.sacked);
        if !self.retransmit.probe_repeats || told.probe_was_duplicate {
            self.retransmit.probe = None;
        } else if ack.after(up_to) {
            // The probe has repaired a loss.
            self.begin_reduction();
            self.congestion.phase = Phase::Reduced;
            self.end_reduction(env);
            self.keep_open();
        } else if bare {
            self.retransmit.probe = None;
        }
    }

    /// No ACK came in time (RFC 6298, 5.4 to 5.6).
    fn on_timeout(&mut self, env: &mut Env<'_>) {
        if self.send.flight.is_empty() {
            return;
        }
        let waited = self.retransmit.since.map_or(Duration::ZERO, |since| env.now - since);
        if self.retransmit.timeouts > 0 && waited >= self.patience() {
            self.end(Some(Failure::TimedOut));
            return;
        }
        self.enter_loss(env);
        self.retransmit.timeouts += 1;
        self.suspect_mtu(waited);
        self.send_again(env, 0, Kind::DataAgain);
        self.retransmit.backoff += 1;
        self.rearm_timeout(env, false);
    }

    /// How long data is repeated until the connection is given up: what so many timeouts would take that began
    /// with the least one (`retransmits_timed_out`).
    fn patience(&self) -> Duration {
        if let Some(timeout) = self.user_timeout.filter(|_| !self.orphan) {
            return timeout;
        }
        let settings = &self.settings;
        let retries = if self.orphan { settings.orphan_retries } else { settings.retries };
        let doublings = (RTO_MAX.as_millis() / RTO_MIN.as_millis()).ilog2();
        if retries <= doublings {
            RTO_MIN * ((2 << retries) - 1)
        } else {
            RTO_MIN * ((2 << doublings) - 1) + RTO_MAX * (retries - doublings)
        }
    }

    /// Sends what counts as lost again, as far as the congestion window allows (`tcp_xmit_retransmit_queue`).
    pub(super) fn resend_lost(&mut self, env: &mut Env<'_>) {
        let mut rearm = false;
        let mut index = 0;
        let kind = if self.congestion.phase == Phase::Loss {
            Kind::RepairAfterTimeout
        } else {
            Kind::FastRetransmit
        };
        while self.send.flight.resent() < self.send.flight.lost() {
            let Some(sent) = self.send.flight.get(index) else { break };
            if self.send.flight.in_network() >= self.congestion.window {
                break;
            }
            if sent.lost && !sent.resent && !sent.sacked {
                self.send_again(env, index, kind);
                self.congestion.sent_in_reduction(1);
                rearm |= index == 0 && !matches!(self.retransmit.timer, Some((Timer::Reordering, _)));
            }
            index += 1;
        }
        if rearm {
            self.rearm_timeout(env, false);
        }
    }

    /// Sends one segment of the flight again: the same numbers, with the acknowledgment and options of now.
    pub(super) fn send_again(&mut self, env: &mut Env<'_>, index: usize, kind: Kind) {
        let stamp = self.timestamps.value(self.clock, env.now);
        let Some(waited) = self.send.flight.get(index).map(|sent| env.now - sent.at) else { return };
        let probe = kind == Kind::TailProbe;
        let Some(sent) = self.send.flight.mark_resent(index, env.now, stamp, probe) else { return };
        let (seq, payload, nth) = (sent.seq, sent.payload.clone(), sent.repeats);
        let mut flags = Flags::ACK;
        if sent.push {
            flags = flags | Flags::PSH;
        }
        if sent.fin {
            flags = flags | Flags::FIN;
        }
        let kind = if payload.is_empty() { Kind::FinAgain } else { kind };
        self.recovery.repeats += 1;
        if !probe {
            self.recovery.first_repeat.get_or_insert(stamp);
            self.recovery.undo_repeats = self.recovery.undo_repeats.max(0) + 1;
            self.retransmit.since.get_or_insert(env.now);
        }
        let options = self.plain_options(env);
        self.transmit(env, flags, seq, payload, options, Reason { kind, nth, waited });
    }
}
