//! A window that is closed is probed, so that its opening cannot be missed (RFC 9293, 3.8.6.1).

use std::time::Duration;

use bytes::Bytes;

use super::Env;
use super::retransmit::Timer;
use super::settings::RTO_MAX;
use super::socket::{Failure, Socket, State};
use crate::net::{Flags, Kind, Reason};

/// `TCP_RTO_MIN`
const LEAST: Duration = Duration::from_millis(200);

impl Socket {
    fn probe_interval(&self) -> Duration {
        let base = self.rtt.rto().max(LEAST);
        base.saturating_mul(1 << self.retransmit.window_probes.min(16)).min(RTO_MAX)
    }

    fn start_window_timer(&mut self, env: &Env<'_>) {
        self.retransmit.timer = Some((Timer::Window, self.clock.expiry(env.now, self.probe_interval())));
    }

    /// Nothing is on its way, and the window takes nothing (`tcp_check_probe_timer`).
    pub(super) fn watch_window(&mut self, env: &Env<'_>) {
        let open = matches!(
            self.state,
            State::Established | State::CloseWait | State::FinWait1 | State::Closing | State::LastAck
        );
        if open && self.send.flight.is_empty() && self.send.has_more() && self.retransmit.timer.is_none() {
            self.start_window_timer(env);
        }
    }

    /// An ACK came while nothing was on its way (`tcp_ack_probe`).
    pub(super) fn window_heard(&mut self, env: &Env<'_>) {
        if !self.send.has_more() {
            return;
        }
        if self.window_fits() {
            self.retransmit.window_probes = 0;
            if matches!(self.retransmit.timer, Some((Timer::Window, _))) {
                self.retransmit.timer = None;
            }
        } else {
            self.start_window_timer(env);
        }
    }

    /// Whether the next segment of the queue, whole, is within the window.
    fn window_fits(&self) -> bool {
        let end = self.send.next + self.send.queued().min(self.send.mss * 44);
        !end.after(self.send.una + self.send.window)
    }

    /// Asks about the window: with what fits into it, or with an old number (`tcp_write_wakeup`).
    pub(super) fn on_window_timer(&mut self, env: &mut Env<'_>) {
        if !self.send.flight.is_empty() || !self.send.has_more() {
            self.retransmit.window_probes = 0;
            return;
        }
        if self.retransmit.window_probes >= self.settings.retries {
            self.end(Some(Failure::TimedOut));
            return;
        }
        let room = (self.send.una + self.send.window) - self.send.next;
        if room > 0 && room <= i32::MAX as u32 && self.send.queued() > 0 {
            let len = room.min(self.send.mss).min(self.send.queued());
            self.retransmit.window_probes = 0;
            self.send_piece(env, len);
            return;
        }
        self.retransmit.window_probes += 1;
        let nth = self.retransmit.window_probes;
        let waited = env.now - self.heard;
        let options = self.plain_options(env);
        let reason = Reason { kind: Kind::WindowProbe, nth, waited };
        self.transmit(env, Flags::ACK, self.send.una - 1, Bytes::new(), options, reason);
        self.start_window_timer(env);
    }
}
