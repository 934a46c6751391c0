//! What can be chosen about a generated capture.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::scenario::Language;

/// Where the capture is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CapturePoint {
    /// At the client's network card.
    #[default]
    Client,
    /// At the server's network card.
    Server,
    /// At both, as two interfaces of one capture.
    Both,
}

impl CapturePoint {
    /// Every capture point there is.
    pub const ALL: [CapturePoint; 3] = [CapturePoint::Client, CapturePoint::Server, CapturePoint::Both];

    /// The word for it in options: `client`, `server`, `both`.
    pub fn word(self) -> &'static str {
        match self {
            CapturePoint::Client => "client",
            CapturePoint::Server => "server",
            CapturePoint::Both => "both",
        }
    }
}

impl fmt::Display for CapturePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that is none of those an option knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no {what}: use {right}")]
pub struct UnknownWord {
    word: String,
    what: &'static str,
    right: &'static str,
}

impl FromStr for CapturePoint {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let known = CapturePoint::ALL.into_iter().find(|point| point.word() == word);
        known.ok_or_else(|| UnknownWord {
            word: word.to_owned(),
            what: "capture point",
            right: "client, server or both",
        })
    }
}

/// The version of IP that the hosts speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IpVersion {
    /// IPv4.
    #[default]
    V4,
    /// IPv6.
    V6,
}

impl IpVersion {
    /// Both versions.
    pub const ALL: [IpVersion; 2] = [IpVersion::V4, IpVersion::V6];

    /// The word for it in options: `4`, `6`.
    pub fn word(self) -> &'static str {
        match self {
            IpVersion::V4 => "4",
            IpVersion::V6 => "6",
        }
    }
}

impl FromStr for IpVersion {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let known = IpVersion::ALL.into_iter().find(|version| version.word() == word);
        known.ok_or_else(|| UnknownWord { word: word.to_owned(), what: "version of IP", right: "4 or 6" })
    }
}

/// How a capture is made. Same scenario, same options: same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateOptions {
    /// Decides everything that is left to chance: ports, initial sequence numbers, IP identifications, jitter.
    pub seed: u64,
    /// Where the capture is taken.
    pub point: CapturePoint,
    /// Whether packets carry comments that explain them.
    pub comments: bool,
    /// The language of comments and names.
    pub language: Language,
    /// The version of IP.
    pub ip: IpVersion,
    /// When the capture begins, since 1970-01-01 00:00 UTC.
    pub start: Duration,
    /// The round-trip time, in place of the scenario's own.
    pub rtt: Option<Duration>,
    /// A variant of the scenario, by name.
    pub variant: Option<String>,
}

impl Default for GenerateOptions {
    /// Seed 1, at the client, with English comments, IPv4, from 2026-01-01 00:00 UTC on.
    fn default() -> Self {
        GenerateOptions {
            seed: 1,
            point: CapturePoint::default(),
            comments: true,
            language: Language::default(),
            ip: IpVersion::default(),
            start: Duration::from_secs(1_767_225_600),
            rtt: None,
            variant: None,
        }
    }
}
