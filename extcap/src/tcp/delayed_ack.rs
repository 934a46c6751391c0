//! When an ACK goes at once and when it waits for company (RFC 9293, 3.8.6.3; RFC 5681, 4.2).
//!
//! Linux acknowledges at once in the beginning ("quick ACKs") and while it has the feeling of being sent to; once
//! it answers what it gets ("ping-pong"), it waits about 40 ms for the answer to carry the ACK. Behind a gap, the
//! first duplicate ACKs go at once, and further ones together.

use std::time::Duration;

use super::Env;
use super::socket::Socket;
use crate::net::{Flags, Kind, Reason, Seq};
use crate::time::Time;

/// `TCP_ATO_MIN`, `TCP_DELACK_MIN`
const LEAST: Duration = Duration::from_millis(40);
/// `TCP_DELACK_MAX`
const MOST: Duration = Duration::from_millis(200);
/// `TCP_MAX_QUICKACKS`
const QUICK_ACKS: u32 = 16;
/// Duplicate ACKs that are never held back.
const PROMPT_DUPLICATES: u32 = 3;
/// `tcp_comp_sack_nr`, `tcp_comp_sack_delay_ns`
const HELD_BACK: u32 = 44;
const HOLD_BACK: Duration = Duration::from_millis(1);

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DelayedAck {
    /// ACKs that still go at once.
    quick: u32,
    /// The side answers what it gets.
    ping_pong: bool,
    /// How long to wait (`ato`); zero before the first data.
    wait: Duration,
    /// Something is to be acknowledged, ...
    scheduled: bool,
    /// ... now.
    at_once: bool,
    /// The end of something that was written seems to have come, ...
    pushed: bool,
    /// ... and again.
    pushed_again: bool,
    /// When data last came.
    received: Time,
    /// When what is to be acknowledged came.
    since: Time,
    /// When the ACK goes by itself.
    pub(super) deadline: Option<Time>,
    duplicates: Duplicates,
}

/// ACKs of segments behind a gap.
#[derive(Debug, Clone, Copy, Default)]
struct Duplicates {
    /// What they ask for.
    next: Option<Seq>,
    sent: u32,
    held_back: u32,
}

impl DelayedAck {
    /// For a new connection; `quick`: ACKs go at once in the beginning.
    pub(super) fn new(quick: bool) -> Self {
        DelayedAck { ping_pong: !quick, ..DelayedAck::default() }
    }

    /// A full segment with PSH.
    pub(super) fn saw_push(&mut self) {
        self.pushed = true;
    }

    /// A segment that is not full.
    pub(super) fn saw_small(&mut self) {
        self.pushed_again |= self.pushed;
        self.pushed = true;
    }

    pub(super) fn no_quick_acks(&mut self) {
        self.quick = 0;
    }

    pub(super) fn one_quick_ack(&mut self) {
        self.quick |= 1;
    }
}

impl Socket {
    /// Data has come in order (`tcp_event_data_recv`).
    pub(super) fn data_received(&mut self, now: Time) {
        if self.delayed_ack.wait.is_zero() {
            self.more_quick_acks(QUICK_ACKS);
        }
        let timeout = self.rto();
        let delayed = &mut self.delayed_ack;
        delayed.scheduled = true;
        delayed.since = now;
        let since = now - delayed.received;
        let mut long_silence = false;
        if delayed.wait.is_zero() {
            delayed.wait = LEAST;
        } else if since <= LEAST / 2 {
            delayed.wait = delayed.wait / 2 + LEAST / 2;
        } else if since < delayed.wait {
            delayed.wait = (delayed.wait / 2 + since).min(timeout);
        } else if since > timeout {
            long_silence = true;
        }
        delayed.received = now;
        if long_silence {
            self.more_quick_acks(QUICK_ACKS);
        }
    }

    /// As many as half the window has segments, at most so many (`tcp_incr_quickack`).
    fn more_quick_acks(&mut self, most: u32) {
        let half = self.receive.window / (2 * self.receive.mss.max(1));
        self.delayed_ack.quick = self.delayed_ack.quick.max(half.max(2).min(most));
    }

    /// The sender needs ACKs quickly (`tcp_enter_quickack_mode`).
    pub(super) fn quick_acks(&mut self, most: u32) {
        self.more_quick_acks(most);
        self.delayed_ack.ping_pong = false;
        self.delayed_ack.wait = LEAST;
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
        self.schedule_ack(now);
        self.delayed_ack.ping_pong = true;
    }

    /// The SYN-ACK came while data waits already: its ACK goes with the data, and so do the next ones.
    pub(super) fn ack_with_data(&mut self, now: Time) {
        self.ack_now();
        self.delayed_ack.received = now;
    }

    /// Something is to be acknowledged.
    pub(super) fn schedule_ack(&mut self, now: Time) {
        if !self.delayed_ack.scheduled {
            self.delayed_ack.since = now;
        }
        self.delayed_ack.scheduled = true;
    }

    /// What is to be acknowledged must not wait.
    pub(super) fn ack_at_once(&mut self) {
        self.delayed_ack.at_once = true;
    }

    /// Something came twice: its sender misses ACKs.
    pub(super) fn ack_now(&mut self) {
        self.delayed_ack.scheduled = true;
        self.quick_acks(QUICK_ACKS);
    }

    /// A segment with an acknowledgment goes out: nothing is left to acknowledge.
    pub(super) fn ack_sent(&mut self) {
        let delayed = &mut self.delayed_ack;
        if delayed.scheduled && delayed.quick > 0 {
            delayed.quick -= 1;
            if delayed.quick == 0 {
                delayed.wait = LEAST;
            }
        }
        delayed.scheduled = false;
        delayed.at_once = false;
        (delayed.pushed, delayed.pushed_again) = (false, false);
        delayed.duplicates.held_back = 0;
        delayed.deadline = None;
    }

    /// After a segment has been taken: the ACK goes, or its timer starts (`__tcp_ack_snd_check`).
    pub(super) fn check_ack(&mut self, env: &mut Env<'_>) {
        if !self.delayed_ack.scheduled {
            return;
        }
        let waiting = self.receive.next - self.receive.told;
        let full = waiting > self.receive.mss && self.window_wanted() >= self.receive.window;
        let delayed = &self.delayed_ack;
        if full || delayed.quick > 0 && !delayed.ping_pong || delayed.at_once {
            self.send_ack(env, false);
        } else if self.receive.out_of_order.is_empty() {
            self.delay_ack(env);
        } else {
            self.hold_back_duplicate(env);
        }
    }

    /// Behind a gap, ACKs that say little more than the last one go together (`tcp_comp_sack_delay_ns`).
    fn hold_back_duplicate(&mut self, env: &mut Env<'_>) {
        let next = self.receive.next;
        let duplicates = &mut self.delayed_ack.duplicates;
        if duplicates.next != Some(next) {
            *duplicates = Duplicates { next: Some(next), sent: 0, held_back: duplicates.held_back };
        }
        if !self.sack || duplicates.held_back >= HELD_BACK || duplicates.sent < PROMPT_DUPLICATES {
            duplicates.sent += 1;
            self.send_ack(env, false);
            return;
        }
        duplicates.held_back += 1;
        if duplicates.held_back == 1 {
            let rtt = self.rtt.smoothed().unwrap_or(HOLD_BACK);
            self.delayed_ack.deadline = Some(env.now + (rtt / 20).min(HOLD_BACK));
        }
    }

    fn delay_ack(&mut self, env: &mut Env<'_>) {
        let mut wait = self.delayed_ack.wait;
        if wait > LEAST {
            let short = self.delayed_ack.ping_pong || self.delayed_ack.pushed;
            let most = if short { MOST } else { MOST * 5 / 2 };
            wait = wait.min(self.rtt.smoothed().map_or(most, |rtt| rtt.max(LEAST).min(most)));
        }
        let wait = wait.min(MOST);
        if self.delayed_ack.deadline.is_some_and(|deadline| deadline <= env.now + wait / 4) {
            self.send_ack(env, false);
            return;
        }
        let deadline = self.clock.expiry(env.now, wait);
        self.delayed_ack.deadline = Some(self.delayed_ack.deadline.map_or(deadline, |old| old.min(deadline)));
    }

    /// Whether reading is a reason to acknowledge (`tcp_cleanup_rbuf`).
    pub(super) fn ack_after_read(&self) -> bool {
        let delayed = &self.delayed_ack;
        let waiting = self.receive.next - self.receive.told;
        let end_read = (delayed.pushed_again || delayed.pushed && !delayed.ping_pong)
            && self.receive.buffer.nothing_unread()
            && self.receive.out_of_order.is_empty();
        delayed.scheduled && (waiting > self.receive.mss || end_read)
    }

    pub(super) fn on_delayed_ack_timer(&mut self, env: &mut Env<'_>) {
        if !self.delayed_ack.scheduled {
            return;
        }
        if self.delayed_ack.duplicates.held_back == 0 {
            if self.delayed_ack.ping_pong {
                self.delayed_ack.ping_pong = false;
                self.delayed_ack.wait = LEAST;
            } else {
                self.delayed_ack.wait = (self.delayed_ack.wait * 2).min(self.rtt.rto());
            }
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
