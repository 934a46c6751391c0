//! Sending again (RFC 6298, and the tail-loss probe of RFC 8985, 7).

use std::time::Duration;

use bytes::Bytes;

use super::Env;
use super::settings::{RTO_MAX, SYN_TIMEOUT};
use super::socket::{Failure, Socket, State};
use crate::net::{Flags, Kind, Reason, Seq};
use crate::time::Time;

/// How long data is repeated before the connection is given up (`tcp_retries2` = 15).
const GIVE_UP: Duration = Duration::from_millis(924_600);
/// The same for the FIN and the data of a connection that the application has closed (`tcp_orphan_retries` = 8).
const GIVE_UP_ORPHAN: Duration = Duration::from_millis(102_200);
/// A tail-loss probe of a lone segment leaves the receiver time for a delayed ACK.
const LONE_SEGMENT: Duration = Duration::from_millis(200);
/// `TCP_TIMEOUT_MIN`: two ticks.
const LEAST: Duration = Duration::from_millis(8);

/// A segment on its way.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) seq: Seq,
    pub(super) payload: Bytes,
    pub(super) fin: bool,
    pub(super) at: Time,
    /// When it was sent first.
    pub(super) first: Time,
    pub(super) repeats: u32,
    /// Thought to be lost, and not sent again since.
    pub(super) lost: bool,
    /// Arrived behind a gap, as a SACK says.
    pub(super) sacked: bool,
}

impl Sent {
    pub(super) fn new(seq: Seq, payload: Bytes, fin: bool, now: Time) -> Self {
        Sent { seq, payload, fin, at: now, first: now, repeats: 0, lost: false, sacked: false }
    }

    /// The number behind its last.
    pub(super) fn end(&self) -> Seq {
        self.seq + self.payload.len() as u32 + u32::from(self.fin)
    }
}

/// What ends when the retransmission timer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    Timeout,
    Probe,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Retransmit {
    pub(super) timer: Option<(Timer, Time)>,
    /// Timeouts in a row; each doubles the next, but for a SYN's first ones.
    pub(super) timeouts: u32,
    pub(super) backoff: u32,
    /// When the first of them was.
    since: Option<Time>,
    /// A probe is out that was sent when this was SND.NXT.
    pub(super) probe: Option<Seq>,
    /// When the last SYN was sent.
    pub(super) last_syn: Time,
    /// After a timeout, until this number is acknowledged.
    pub(super) recovery: Option<Seq>,
}

impl Socket {
    /// The timeout of now, with back-off.
    pub(super) fn rto(&self) -> Duration {
        self.rtt.rto().saturating_mul(1 << self.retransmit.backoff.min(16)).min(RTO_MAX)
    }

    /// Segments in the network, as far as the sender knows.
    pub(super) fn packets_out(&self) -> u32 {
        self.send.flight.iter().filter(|sent| !sent.lost && !sent.sacked).count() as u32
    }

    /// Starts the timeout from now (`tcp_rearm_rto`).
    pub(super) fn arm_timeout(&mut self, env: &Env<'_>) {
        let timeout = (!self.send.flight.is_empty()).then(|| self.clock.expiry(env.now, self.rto()));
        self.retransmit.timer = timeout.map(|time| (Timer::Timeout, time));
    }

    /// After new data was sent: the timer runs, for a probe if possible.
    pub(super) fn arm_after_sending(&mut self, env: &Env<'_>) {
        let since = self.send.flight.front().map_or(Duration::ZERO, |first| env.now - first.at);
        if self.arm_probe(env, self.rto().saturating_sub(since)) {
            return;
        }
        if self.retransmit.timer.is_none() {
            self.arm_timeout(env);
        }
    }

    /// After new data was acknowledged.
    pub(super) fn arm_after_ack(&mut self, env: &Env<'_>) {
        self.retransmit.timeouts = 0;
        self.retransmit.backoff = 0;
        self.retransmit.since = None;
        if !self.arm_probe(env, self.rto()) {
            self.arm_timeout(env);
        }
    }

    /// Sets the timer for a tail-loss probe, unless a timeout would be sooner known (`tcp_schedule_loss_probe`).
    fn arm_probe(&mut self, env: &Env<'_>, timeout: Duration) -> bool {
        let idle = self.send.flight.is_empty();
        if idle || !self.sack || self.retransmit.recovery.is_some() || self.retransmit.probe.is_some() {
            return false;
        }
        let wait = match self.rtt.smoothed() {
            Some(rtt) if self.send.flight.len() == 1 => rtt * 2 + LONE_SEGMENT,
            Some(rtt) => rtt * 2 + LEAST,
            None => SYN_TIMEOUT,
        };
        self.retransmit.timer = Some((Timer::Probe, self.clock.expiry(env.now, wait.min(timeout))));
        true
    }

    pub(super) fn on_retransmit_timer(&mut self, env: &mut Env<'_>, timer: Timer) {
        match (self.state, timer) {
            (State::SynSent, _) => self.on_syn_timeout(env),
            (_, Timer::Probe) => self.probe_tail(env),
            (_, Timer::Timeout) => self.on_timeout(env),
        }
    }

    /// Sends the last segment again, to provoke an ACK that tells what is missing.
    fn probe_tail(&mut self, env: &mut Env<'_>) {
        self.retransmit.probe = Some(self.send.next);
        if let Some(last) = self.send.flight.len().checked_sub(1) {
            self.send_again(env, last, Kind::TailProbe);
        }
        self.arm_timeout(env);
    }

    /// No ACK came in time: everything on its way counts as lost (RFC 6298, 5.4 to 5.6).
    fn on_timeout(&mut self, env: &mut Env<'_>) {
        let since =
            *self.retransmit.since.get_or_insert(self.send.flight.front().map_or(env.now, |s| s.first));
        let limit = if self.orphan { GIVE_UP_ORPHAN } else { GIVE_UP };
        if env.now - since >= limit {
            self.end(Some(Failure::TimedOut));
            return;
        }
        if self.retransmit.recovery.is_none() {
            self.send.ssthresh = (self.packets_out() / 2).max(2);
        }
        self.retransmit.recovery = Some(self.send.next);
        self.retransmit.probe = None;
        self.send.cwnd = 1;
        for sent in self.send.flight.iter_mut().filter(|sent| !sent.sacked) {
            sent.lost = true;
        }
        self.retransmit.timeouts += 1;
        if !self.send.flight.is_empty() {
            self.send_again(env, 0, Kind::DataAgain);
        }
        self.retransmit.backoff += 1;
        self.arm_timeout(env);
    }

    /// Sends what counts as lost again, as far as the congestion window allows.
    pub(super) fn resend_lost(&mut self, env: &mut Env<'_>) {
        while self.packets_out() < self.send.cwnd {
            let Some(index) = self.send.flight.iter().position(|sent| sent.lost) else { return };
            self.send_again(env, index, Kind::DataAgain);
        }
    }

    /// Sends one segment of the flight again: the same numbers, with the acknowledgment and options of now.
    fn send_again(&mut self, env: &mut Env<'_>, index: usize, kind: Kind) {
        let Some(sent) = self.send.flight.get_mut(index) else { return };
        let waited = env.now - sent.at;
        sent.at = env.now;
        sent.repeats += 1;
        sent.lost = false;
        let (seq, payload, fin, nth) = (sent.seq, sent.payload.clone(), sent.fin, sent.repeats);
        let (flags, kind) =
            if fin { (Flags::FIN | Flags::ACK, Kind::FinAgain) } else { (Flags::ACK | Flags::PSH, kind) };
        let options = self.plain_options(env);
        self.transmit(env, flags, seq, payload, options, Reason { kind, nth, waited });
    }

    /// A probe's question is answered when everything up to it is.
    pub(super) fn probe_answered(&mut self) {
        if self.retransmit.probe.is_some_and(|up_to| !self.send.una.before(up_to)) {
            self.retransmit.probe = None;
        }
        if self.retransmit.recovery.is_some_and(|up_to| !self.send.una.before(up_to)) {
            self.retransmit.recovery = None;
        }
    }
}
