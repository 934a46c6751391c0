//! Keep-alive (RFC 9293, 3.8.4; `tcp_keepalive_timer`).

use std::time::Duration;

use bytes::Bytes;

use super::Env;
use super::socket::{Failure, Socket, State};
use crate::net::{Flags, Kind, Reason};
use crate::scenario::file;
use crate::time::Time;

/// Keep-alive as an application has turned it on.
#[derive(Debug, Clone)]
pub(super) struct KeepAlive {
    idle: Duration,
    interval: Duration,
    count: u32,
    /// Probes without an answer.
    unanswered: u32,
    pub(super) deadline: Option<Time>,
}

impl Socket {
    /// The application turns keep-alive on; the first probe comes after `idle` without a segment from the peer.
    pub(crate) fn set_keepalive(&mut self, env: &Env<'_>, wanted: file::KeepAlive) {
        let usual = self.settings.keepalive;
        let idle = wanted.idle.map_or(usual.idle, |idle| idle.0);
        self.keepalive = Some(KeepAlive {
            idle,
            interval: wanted.interval.map_or(usual.interval, |interval| interval.0),
            count: wanted.count.unwrap_or(usual.count),
            unanswered: 0,
            deadline: Some(self.clock.expiry(env.now, idle)),
        });
    }

    /// Anything from the peer is an answer.
    pub(super) fn keepalive_answered(&mut self) {
        if let Some(keepalive) = &mut self.keepalive {
            keepalive.unanswered = 0;
        }
    }

    pub(super) fn on_keepalive_timer(&mut self, env: &mut Env<'_>) {
        let busy = !self.send.flight.is_empty() || self.send.has_more();
        let open = matches!(self.state, State::Established | State::CloseWait | State::FinWait2);
        let silent = env.now - self.heard;
        let Some(keepalive) = self.keepalive.as_mut().filter(|_| open) else {
            self.keepalive = None;
            return;
        };
        // TCP_USER_TIMEOUT takes the place of the count.
        let hopeful = match self.user_timeout {
            Some(limit) => silent < limit || keepalive.unanswered == 0,
            None => keepalive.unanswered < keepalive.count,
        };
        if busy || silent < keepalive.idle {
            let wait = if busy { keepalive.idle } else { keepalive.idle - silent };
            keepalive.deadline = Some(self.clock.expiry(env.now, wait));
        } else if hopeful {
            keepalive.unanswered += 1;
            keepalive.deadline = Some(self.clock.expiry(env.now, keepalive.interval));
            let reason = Reason { kind: Kind::KeepAlive, nth: keepalive.unanswered, waited: silent };
            // One below SND.UNA: the peer must answer that it has that already.
            let options = self.plain_options(env);
            let octet = if self.settings.keepalive.octet { Bytes::from_static(&[0]) } else { Bytes::new() };
            self.transmit(env, Flags::ACK, self.send.una - 1, octet, options, reason);
        } else {
            let reason = Reason { kind: Kind::KeepAliveTimeout, nth: keepalive.unanswered, waited: silent };
            self.abort_as(env, reason);
            self.failure = Some(Failure::TimedOut);
        }
    }
}
