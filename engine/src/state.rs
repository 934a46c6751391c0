//! How a connection and its two sides stand, and where the capture was taken.

use crate::side::Side;

/// The state of one endpoint (RFC 9293, 3.3.2), as far as the capture proves it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum State {
    /// Nothing is known yet.
    #[default]
    Unknown,
    Closed,
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

impl State {
    /// The name that RFC 9293 gives it; `?` when unknown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Unknown => "?",
            State::Closed => "CLOSED",
            State::Listen => "LISTEN",
            State::SynSent => "SYN-SENT",
            State::SynReceived => "SYN-RECEIVED",
            State::Established => "ESTABLISHED",
            State::FinWait1 => "FIN-WAIT-1",
            State::FinWait2 => "FIN-WAIT-2",
            State::CloseWait => "CLOSE-WAIT",
            State::Closing => "CLOSING",
            State::LastAck => "LAST-ACK",
            State::TimeWait => "TIME-WAIT",
        }
    }
}

/// Where the capture was taken, relative to a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Vantage {
    /// Nothing tells.
    #[default]
    Unknown,
    /// At the client, or one link from it.
    Client,
    /// At the server, or one link from it.
    Server,
    /// On the path, near to neither.
    Middle,
    /// Near to both: one host, or one link between them.
    Both,
}

impl Vantage {
    /// One word: `unknown`, `client`, `server`, `middle`, `both`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Vantage::Unknown => "unknown",
            Vantage::Client => "client",
            Vantage::Server => "server",
            Vantage::Middle => "middle",
            Vantage::Both => "both",
        }
    }

    /// Beside that side, and not beside the other.
    #[must_use]
    pub fn beside(side: Side) -> Vantage {
        match side {
            Side::Client => Vantage::Client,
            Side::Server => Vantage::Server,
        }
    }
}

/// How the connection ended, or how it stands, in one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// Open when the capture ends.
    #[default]
    Open,
    /// The SYN had no answer.
    Unanswered,
    /// The SYN was refused, by RST or by ICMP.
    Rejected,
    /// The handshake began and never completed.
    HalfOpen,
    /// Closed by FIN from both sides.
    Closed,
    /// One side closed, the other did not.
    HalfClosed,
    /// One side aborted it with a RST of its own.
    Aborted,
    /// Ended by a RST that says the sender knows no such connection.
    Reset,
    /// Ended by a RST that its claimed sender did not send.
    Injected,
    /// The other side went silent, and it was given up.
    TimedOut,
    /// Not seen to end; its addresses and ports were used for another connection.
    Replaced,
}

impl Outcome {
    /// One word, as in JSON and in the field `tcpdx.outcome`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Open => "open",
            Outcome::Unanswered => "unanswered",
            Outcome::Rejected => "rejected",
            Outcome::HalfOpen => "half-open",
            Outcome::Closed => "closed",
            Outcome::HalfClosed => "half-closed",
            Outcome::Aborted => "aborted",
            Outcome::Reset => "reset",
            Outcome::Injected => "injected",
            Outcome::TimedOut => "timed-out",
            Outcome::Replaced => "replaced",
        }
    }
}
