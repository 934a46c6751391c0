//! What is known of the ports that accept connections, across connections.

use crate::flow::Socket;
use hashbrown::HashMap;
use std::net::IpAddr;

/// When a listener last completed a handshake with a host, to tell a path that is dead from a listener
/// that ignores one connection among others.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    accepted: HashMap<(IpAddr, Socket), (u32, i64)>,
}

impl Listeners {
    /// A scan of every host and port must not exhaust memory.
    const MOST: usize = 1 << 16;

    /// `server` has shown that it got the third ACK of connection `stream` from `client`.
    pub(crate) fn accepted(&mut self, client: IpAddr, server: Socket, stream: u32, time: i64) {
        if self.accepted.len() < Self::MOST || self.accepted.contains_key(&(client, server)) {
            self.accepted.insert((client, server), (stream, time));
        }
    }

    /// Another connection between the same hosts that the listener accepted at `since` or later.
    #[must_use]
    pub(crate) fn accepted_since(&self, client: IpAddr, server: Socket, since: i64) -> Option<u32> {
        self.accepted.get(&(client, server)).filter(|(_, time)| *time >= since).map(|(stream, _)| *stream)
    }
}
