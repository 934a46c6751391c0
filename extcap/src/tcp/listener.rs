//! Listening ports: who is let in (RFC 9293, 3.10.7.2; `tcp_conn_request`).

use std::collections::VecDeque;
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::host::Key;
use super::request::Request;
use super::settings::{SYN_TIMEOUT, Settings};
use crate::net::Segment;

/// How a port is listened on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listening {
    /// As given to `listen()`.
    pub(crate) backlog: u32,
    /// `TCP_DEFER_ACCEPT`
    pub(crate) defer_accept: Option<Duration>,
}

/// A port on which an application listens.
#[derive(Debug)]
pub(super) struct Listener {
    how: Listening,
    /// Completed, not accepted by the application.
    queue: VecDeque<Key>,
    /// SYN-ACKs that wait for their ACK.
    pub(super) requests: u32,
    /// SYN-ACKs whose sequence number is a cookie. A real host keeps nothing of these but finds it all in the
    /// cookie that comes back; what is kept here stands for that.
    cookies: FxHashMap<Key, Box<Request>>,
}

/// What is done with a SYN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is answered, and remembered until the ACK comes.
    Remember,
    /// It is answered with a SYN cookie (RFC 4987, 3.6).
    Cookie,
    /// It is ignored.
    Drop,
}

impl Listener {
    pub(super) fn new(how: Listening) -> Self {
        Listener { how, queue: VecDeque::new(), requests: 0, cookies: FxHashMap::default() }
    }

    /// Linux lets one more in than was asked for (`sk_acceptq_is_full`).
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() as u32 > self.how.backlog
    }

    /// What to do with a SYN.
    pub(super) fn decide(&self, settings: &Settings) -> Decision {
        let crowded = self.requests > self.how.backlog;
        let most = settings.max_syn_backlog;
        if self.is_full() || crowded && !settings.syncookies {
            Decision::Drop
        } else if crowded {
            Decision::Cookie
        } else if !settings.syncookies && most.saturating_sub(self.requests) < most / 4 {
            // The last quarter is for hosts that have been here before.
            Decision::Drop
        } else {
            Decision::Remember
        }
    }

    /// For how many timeouts of the SYN-ACK the third ACK alone is not enough (`secs_to_retrans`).
    pub(super) fn deferred_timeouts(&self) -> u32 {
        let Some(wanted) = self.how.defer_accept else { return 0 };
        let (mut timeouts, mut period) = (1, SYN_TIMEOUT);
        while wanted > period && timeouts < 16 {
            period += SYN_TIMEOUT * (1 << timeouts);
            timeouts += 1;
        }
        timeouts
    }

    pub(super) fn remember_cookie(&mut self, key: Key, request: Request) {
        self.cookies.insert(key, Box::new(request));
    }

    /// Whether a cookie that was given to that client is still out.
    pub(super) fn waits_for_cookie(&self, key: Key) -> bool {
        self.cookies.contains_key(&key)
    }

    /// Whether a segment brings back a cookie that was given.
    pub(super) fn has_given(&self, key: Key, segment: &Segment) -> bool {
        self.cookies.get(&key).is_some_and(|request| request.is_acknowledged_by(segment))
    }

    /// The request whose cookie comes back, if there is room for it.
    pub(super) fn redeem(&mut self, key: Key) -> Option<Box<Request>> {
        if self.is_full() { None } else { self.cookies.remove(&key) }
    }

    pub(super) fn push(&mut self, key: Key) {
        self.queue.push_back(key);
    }

    pub(super) fn accept(&mut self) -> Option<Key> {
        self.queue.pop_front()
    }

    pub(super) fn has_connection(&self) -> bool {
        !self.queue.is_empty()
    }
}
