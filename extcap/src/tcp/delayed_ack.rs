//! When an ACK goes at once and when it waits for company (RFC 9293, 3.8.6.3; RFC 5681, 4.2).
//!
//! Linux acknowledges at once in the beginning ("quick ACKs") and while it has the feeling of being sent to; once
//! it answers what it gets ("ping-pong"), it waits about 40 ms for the answer to carry the ACK.

use std::time::Duration;

use super::Env;
use super::socket::Socket;
use crate::net::{Flags, Kind, Reason};
use crate::time::Time;

/// `TCP_ATO_MIN`, `TCP_DELACK_MIN`
const LEAST: Duration = Duration::from_millis(40);
/// `TCP_DELACK_MAX`
const MOST: Duration = Duration::from_millis(200);
/// `TCP_MAX_QUICKACKS`
const QUICK_ACKS: u32 = 16;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DelayedAck {
    /// ACKs that still go at once.
    quick: u32,
    /// The side answers what it gets.
    ping_pong: bool,
    /// How long to wait (`ato`); zero before the first data.
    wait: Duration,
    /// Something is to be acknowledged.
    scheduled: bool,
    /// It came with PSH in a segment that was not full.
    pushed: bool,
    /// When data last came.
    received: Time,
    /// When what is to be acknowledged came.
    since: Time,
    /// When the ACK goes by itself.
    pub(super) deadline: Option<Time>,
}

impl Socket {
    /// Data has come (`tcp_event_data_recv`).
    pub(super) fn data_received(&mut self, now: Time, len: u32, pushed: bool) {
        let full = len >= self.receive.mss;
        self.grow_window(len);
        let delayed = &mut self.delayed_ack;
        delayed.scheduled = true;
        delayed.since = now;
        delayed.pushed = pushed && !full;
        let since = now - delayed.received;
        if delayed.wait.is_zero() {
            delayed.quick = QUICK_ACKS;
            delayed.wait = LEAST;
        } else if since <= LEAST / 2 {
            delayed.wait = delayed.wait / 2 + LEAST / 2;
        } else if since < delayed.wait {
            delayed.wait = (delayed.wait / 2 + since).min(self.rtt.rto());
        } else if since > self.rtt.rto() {
            delayed.quick = delayed.quick.max(QUICK_ACKS);
        }
        delayed.received = now;
    }

    /// Data goes out (`tcp_event_data_sent`): an answer, if something came just before.
    pub(super) fn data_sent(&mut self, now: Time) {
        let delayed = &mut self.delayed_ack;
        if !delayed.wait.is_zero() && now - delayed.received < delayed.wait {
            delayed.ping_pong = true;
        }
    }

    /// The peer's FIN has come: its ACK can wait for the own FIN (`tcp_fin`).
    pub(super) fn ack_fin_later(&mut self, now: Time) {
        self.delayed_ack.scheduled = true;
        self.delayed_ack.since = now;
        self.delayed_ack.ping_pong = true;
        self.delayed_ack.wait = self.delayed_ack.wait.max(LEAST);
    }

    /// Something is to be acknowledged, and at once: it came twice or out of order.
    pub(super) fn ack_now(&mut self) {
        self.delayed_ack.scheduled = true;
        self.delayed_ack.ping_pong = false;
        self.delayed_ack.quick = self.delayed_ack.quick.max(QUICK_ACKS);
        self.delayed_ack.wait = LEAST;
    }

    /// A segment with an acknowledgment goes out: nothing is left to acknowledge.
    pub(super) fn ack_sent(&mut self) {
        let delayed = &mut self.delayed_ack;
        if delayed.scheduled && delayed.quick > 0 {
            delayed.quick -= 1;
        }
        delayed.scheduled = false;
        delayed.deadline = None;
    }

    /// After a segment has been taken: the ACK goes, or its timer starts (`__tcp_ack_snd_check`).
    pub(super) fn check_ack(&mut self, env: &mut Env<'_>) {
        if !self.delayed_ack.scheduled {
            return;
        }
        let waiting = self.receive.next - self.receive.told;
        let quick = self.delayed_ack.quick > 0 && !self.delayed_ack.ping_pong;
        if waiting > self.receive.mss || quick || !self.receive.out_of_order.is_empty() {
            self.send_ack(env, false);
        } else {
            self.delay_ack(env);
        }
    }

    fn delay_ack(&mut self, env: &mut Env<'_>) {
        let mut wait = self.delayed_ack.wait;
        if wait > LEAST {
            let most =
                if self.delayed_ack.ping_pong || self.delayed_ack.pushed { MOST } else { MOST * 5 / 2 };
            wait = wait.min(self.rtt.smoothed().map_or(most, |rtt| rtt.max(LEAST).min(most)));
        }
        let deadline = self.clock.expiry(env.now, wait.min(MOST));
        self.delayed_ack.deadline = Some(self.delayed_ack.deadline.map_or(deadline, |old| old.min(deadline)));
    }

    /// Whether reading is a reason to acknowledge (`tcp_cleanup_rbuf`).
    pub(super) fn ack_after_read(&self) -> bool {
        let delayed = &self.delayed_ack;
        let waiting = self.receive.next - self.receive.told;
        delayed.scheduled && (waiting > self.receive.mss || delayed.pushed && !delayed.ping_pong)
    }

    pub(super) fn on_delayed_ack_timer(&mut self, env: &mut Env<'_>) {
        if !self.delayed_ack.scheduled {
            return;
        }
        if self.delayed_ack.ping_pong {
            self.delayed_ack.ping_pong = false;
            self.delayed_ack.wait = LEAST;
        } else {
            self.delayed_ack.wait = (self.delayed_ack.wait * 2).min(self.rtt.rto());
        }
        self.send_ack(env, true);
    }

    /// Sends an ACK for what has come.
    pub(super) fn send_ack(&mut self, env: &mut Env<'_>, delayed: bool) {
        let fin = self.receive.closed && self.receive.told != self.receive.next;
        let kind = match (fin, self.own_fin_sent()) {
            (true, true) => Kind::LastAck,
            (true, false) => Kind::AckOfFin,
            (false, _) if !self.receive.out_of_order.is_empty() => Kind::DuplicateAck,
            (false, _) if delayed => Kind::DelayedAck,
            (false, _) => Kind::Ack,
        };
        let waited = if delayed { env.now - self.delayed_ack.since } else { Duration::ZERO };
        self.send_bare(env, Flags::ACK, Reason { kind, nth: 1, waited });
    }
}
