//! The two sides of a connection, and whom one can speak of.

/// One of the two sides of a connection; an index into pairs of what is kept of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The side that opened it.
    Client,
    /// The side that was connected to.
    Server,
}

impl Side {
    /// Both, the client first.
    pub const BOTH: [Side; 2] = [Side::Client, Side::Server];

    /// As a party to speak of.
    #[must_use]
    pub fn party(self) -> Party {
        match self {
            Side::Client => Party::Client,
            Side::Server => Party::Server,
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

/// Whom a finding speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// The side that opened the connection.
    Client,
    /// The side that was connected to.
    Server,
    /// The network between them, or something on it.
    Path,
}

impl Party {
    /// `client`, `server` or `path`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Party::Client => "client",
            Party::Server => "server",
            Party::Path => "path",
        }
    }

    /// The side across the connection; the path is across from itself.
    #[must_use]
    pub fn other(self) -> Party {
        match self {
            Party::Client => Party::Server,
            Party::Server => Party::Client,
            Party::Path => Party::Path,
        }
    }
}
