//! What is known of the ports that accept connections, across connections.

use crate::wire::tuple::Socket;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

/// When a listener last completed a handshake with a host, to tell a path that is dead from a listener
/// that ignores one connection among others.
///
/// A table of fixed size, in which the newest takes the place of another: a scan of every host and port
/// cannot exhaust memory.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    accepted: Vec<Accepted>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Accepted {
    pair: u64,
    time: i64,
    stream: u32,
}

impl Listeners {
    /// Places in the table, 24 bytes each.
    const PLACES: usize = 1 << 12;

    /// `server` has shown that it got the third ACK of connection `stream` from `client`.
    pub(crate) fn accepted(&mut self, client: IpAddr, server: Socket, stream: u32, time: i64) {
        if self.accepted.is_empty() {
            self.accepted.resize(Self::PLACES, Accepted::default());
        }
        let pair = pair(client, server);
        self.accepted[pair as usize % Self::PLACES] = Accepted { pair, time, stream };
    }

    /// Another connection between the same hosts that the listener accepted at `since` or later.
    #[must_use]
    pub(crate) fn accepted_since(&self, client: IpAddr, server: Socket, since: i64) -> Option<u32> {
        let pair = pair(client, server);
        let accepted = self.accepted.get(pair as usize % Self::PLACES)?;
        (accepted.pair == pair && accepted.time >= since).then_some(accepted.stream)
    }
}

/// A number for a client and a listener, never 0.
fn pair(client: IpAddr, server: Socket) -> u64 {
    let mut hasher = DefaultHasher::new();
    (client, server).hash(&mut hasher);
    hasher.finish() | 1 << 63
}
