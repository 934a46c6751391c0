//! What was found: a diagnosis with its subject, the frame that proves it, and the evidence.

use crate::catalogue::{Diagnosis, Language, Severity};

/// Whom a finding speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The side that opened the connection.
    Client,
    /// The side that was connected to.
    Server,
    /// The network between them, or something on it.
    Path,
}

impl Side {
    /// `client`, `server` or `path`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Client => "client",
            Side::Server => "server",
            Side::Path => "path",
        }
    }

    /// The side across the connection; the path is across from itself.
    #[must_use]
    pub fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
            Side::Path => Side::Path,
        }
    }
}

/// The part that a frame plays as evidence; its words are in the catalogue's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Role(pub &'static str);

/// One frame that supports a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Frame number.
    pub frame: u32,
    /// What this frame is, e.g. "the repeated SYN-ACK".
    pub role: Role,
}

/// The value of a parameter of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number of something.
    Count(u64),
    /// A number of bytes.
    Bytes(u64),
    /// A time span in nanoseconds.
    Duration(i64),
    /// A frame number.
    Frame(u32),
    /// Client, server or path.
    Side(Side),
    /// Host address.
    Address(std::net::IpAddr),
    /// A word or clause that the catalogue's texts hold per language.
    Term(&'static str),
}

/// One diagnosis told about one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub diagnosis: Diagnosis,
    /// How bad it is in this case; the catalogue's severity unless the course of things changed it.
    pub severity: Severity,
    /// The connection.
    pub stream: u32,
    /// The frame that it is about.
    pub subject: u32,
    /// TCP layer of the subject within its frame.
    pub layer: u8,
    /// The first frame at which it could be known; at least `subject` in ordinary captures.
    pub trigger: u32,
    /// Whom it speaks of.
    pub side: Side,
    /// The frames that show it, in order.
    pub evidence: Vec<Evidence>,
    /// Named parameters, in the order in which they were told.
    pub params: Vec<(&'static str, Value)>,
}

impl Finding {
    /// A parameter by name.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<Value> {
        self.params.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }

    /// What happened, in one sentence with its numbers.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        crate::catalogue::texts(language).message(self)
    }

    /// Likely causes, most likely first.
    #[must_use]
    pub fn why(&self, language: Language) -> Vec<String> {
        crate::catalogue::texts(language).why(self)
    }

    /// What to look at next.
    #[must_use]
    pub fn check(&self, language: Language) -> Vec<String> {
        crate::catalogue::texts(language).check(self)
    }
}
