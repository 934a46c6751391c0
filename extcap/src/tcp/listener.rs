//! Listening ports: who is let in (RFC 9293, 3.10.7.2; `tcp_conn_request`).

use std::collections::VecDeque;

use super::host::Key;

/// A port on which an application listens.
#[derive(Debug)]
pub(super) struct Listener {
    /// As given to `listen()`.
    backlog: u32,
    /// Completed, not accepted by the application.
    queue: VecDeque<Key>,
    /// SYN-ACKs that wait for their ACK.
    pub(super) requests: u32,
}

impl Listener {
    pub(super) fn new(backlog: u32) -> Self {
        Listener { backlog, queue: VecDeque::new(), requests: 0 }
    }

    /// Linux lets one more in than was asked for (`sk_acceptq_is_full`).
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() as u32 > self.backlog
    }

    /// Whether a SYN is answered at all.
    pub(super) fn takes_syn(&self) -> bool {
        !self.is_full() && self.requests < self.backlog.max(1)
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
