//! Losses by time (RACK, RFC 8985): what was sent before something that has arrived since, and a reordering window
//! earlier, is lost.

use std::time::Duration;

use super::Env;
use super::congestion::Phase;
use super::flight::Sent;
use super::retransmit::Timer;
use super::socket::Socket;
use crate::net::Seq;
use crate::time::Time;

/// Two ticks: the kernel's least timeout.
const LEAST: Duration = Duration::from_millis(8);
/// So many recoveries go by until a wider reordering window is given up.
const PERSIST: u32 = 16;

/// What has arrived of what was sent last.
#[derive(Debug, Default)]
pub(super) struct Rack {
    at: Time,
    end: Seq,
    rtt: Duration,
    advanced: bool,
    /// The reordering window, in quarters of the least round-trip time, less one.
    wider: u32,
    pub(super) persist: u32,
    pub(super) dsack_seen: bool,
    last_delivered: u32,
}

impl Rack {
    /// A segment has arrived (RFC 8985, 6.2, step 2).
    pub(super) fn advance(&mut self, now: Time, sent: &Sent, least_rtt: Option<Duration>) {
        let rtt = now - sent.at;
        if sent.repeats > 0 && least_rtt.is_some_and(|least| rtt < least) {
            return; // It may be the original that has arrived.
        }
        self.advanced = true;
        self.rtt = rtt;
        if sent.at > self.at || sent.at == self.at && sent.end().after(self.end) {
            (self.at, self.end) = (sent.at, sent.end());
        }
    }

    /// Losses are to be looked for anew.
    pub(super) fn look_again(&mut self) {
        self.advanced = true;
    }

    /// A DSACK says that a repeat was needless: reordering takes longer than thought (RFC 8985, 6.2, step 4).
    pub(super) fn adapt(&mut self, prior_delivered: u32, delivered: u32) {
        if prior_delivered < self.last_delivered {
            self.dsack_seen = false;
        }
        if self.dsack_seen {
            self.wider = (self.wider + 1).min(254);
            self.dsack_seen = false;
            self.last_delivered = delivered;
            self.persist = PERSIST;
        } else if self.persist == 0 {
            self.wider = 0;
        }
    }

    /// A needless recovery was undone.
    pub(super) fn undone(&mut self) {
        self.persist = (self.persist + 1).min(PERSIST);
    }
}

impl Socket {
    fn reordering_window(&self) -> Duration {
        let recovery = &self.recovery;
        if !recovery.reordering_seen
            && (self.congestion.phase >= Phase::Recovery || self.send.flight.sacked >= recovery.reordering)
        {
            return Duration::ZERO;
        }
        let quarter = self.rtt.least().unwrap_or(Duration::ZERO) / 4;
        let most = self.rtt.smoothed().unwrap_or(Duration::ZERO);
        (quarter * (recovery.rack.wider + 1)).min(most)
    }

    /// How much longer a segment may take.
    pub(super) fn rack_time_left(&self, now: Time, sent: &Sent, window: Duration) -> Duration {
        (self.recovery.rack.rtt + window).saturating_sub(now - sent.at)
    }

    /// Marks what is lost; the time after which more will be (`tcp_rack_detect_loss`).
    fn detect_losses(&mut self, now: Time) -> Option<Duration> {
        let window = self.reordering_window();
        let (at, end) = (self.recovery.rack.at, self.recovery.rack.end);
        let mut wait = None;
        let mut index = 0;
        while let Some(sent) = self.send.flight.get(index) {
            if sent.first > at {
                break; // Everything behind it was sent later still.
            }
            let looked_for = !sent.sacked && (!sent.lost || sent.resent) && sent.sent_before(at, end);
            if looked_for {
                match self.rack_time_left(now, sent, window) {
                    Duration::ZERO => self.mark_lost(index),
                    left => wait = wait.max(Some(left)),
                }
            }
            index += 1;
        }
        wait
    }

    /// After an ACK. True if the timer runs for the rest of the reordering window.
    pub(super) fn look_for_losses(&mut self, env: &Env<'_>) -> bool {
        if !std::mem::take(&mut self.recovery.rack.advanced) {
            return false;
        }
        let Some(wait) = self.detect_losses(env.now) else { return false };
        let deadline = self.clock.expiry(env.now, (wait + LEAST).min(self.rto()));
        self.retransmit.timer = Some((Timer::Reordering, deadline));
        true
    }

    /// The reordering window is over (`tcp_rack_reo_timeout`).
    pub(super) fn on_reordering_timer(&mut self, env: &mut Env<'_>) {
        let before = self.send.flight.in_network();
        let lost = self.congestion.lost;
        self.detect_losses(env.now);
        if self.send.flight.in_network() != before {
            if self.congestion.phase != Phase::Recovery {
                self.enter_recovery(false);
                let in_network = self.send.flight.in_network();
                self.congestion.reduce(in_network, 1, self.congestion.lost - lost, false);
            }
            self.resend_lost(env);
        }
        if !matches!(self.retransmit.timer, Some((Timer::Timeout, _))) {
            self.rearm_timeout(env, true);
        }
    }
}
