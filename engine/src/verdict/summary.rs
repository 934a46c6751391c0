//! What can be said of a whole connection.

use crate::catalogue::Severity;
use crate::connection::Course;
use crate::side::Party;
use crate::state::{Outcome, State, Vantage};
use crate::verdict::story::Story;
use crate::verdict::zeek::Zeek;
use std::net::SocketAddr;

/// What an ordinary open connection is told from: see [`Engine::calm`](crate::Engine::calm).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calm {
    pub(crate) zeek: Zeek,
    pub(crate) vantage: Vantage,
    pub(crate) course: Course,
}

/// A connection in a few fields.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Number of the connection, from 0, in order of appearance.
    pub stream: u32,
    /// The side that opened it, as far as known.
    pub client: SocketAddr,
    /// The other side.
    pub server: SocketAddr,
    /// Where the capture was taken.
    pub vantage: Vantage,
    /// How it ended or stands.
    pub outcome: Outcome,
    /// The severity of the worst of its findings.
    pub worst: Option<Severity>,
    /// State of the client after the last frame.
    pub client_state: State,
    /// State of the server after the last frame.
    pub server_state: State,
    /// Its state in Zeek's notation, e.g. `SF`, `S0`, `REJ`.
    pub conn_state: &'static str,
    /// Its history in Zeek's notation, e.g. `ShADadFf`.
    pub history: String,
    /// Who sent the first FIN or RST.
    pub closed_first: Option<Party>,
    /// SYN to the third ACK, nanoseconds: one round trip, wherever the capture was taken.
    pub handshake_rtt: Option<i64>,
    /// SYN to SYN-ACK, nanoseconds: the half between the capture point and the server.
    pub handshake_rtt_server: Option<i64>,
    /// SYN-ACK to third ACK, nanoseconds: the half between the capture point and the client.
    pub handshake_rtt_client: Option<i64>,
    /// First frame of the connection.
    pub first_frame: u32,
    /// Last frame of the connection.
    pub last_frame: u32,
    /// Time of the first frame, nanoseconds since 1970-01-01 UTC.
    pub first_time: i64,
    /// Time of the last frame, nanoseconds since 1970-01-01 UTC.
    pub last_time: i64,
    /// Segments seen.
    pub segments: u32,
    /// Payload bytes the client sent, counted once.
    pub client_bytes: u64,
    /// Payload bytes the server sent, counted once.
    pub server_bytes: u64,
    /// What a colleague would say of it.
    pub story: Story,
}
