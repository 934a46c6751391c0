//! What can be chosen about a generated capture.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use crate::scenario::Language;

/// A word that is none of those an option knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no {what}: use {right}")]
pub struct UnknownWord {
    word: String,
    what: &'static str,
    right: String,
}

/// Declares a choice with the word that each of its values has in options.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident, $what:literal; $($(#[$value_doc:meta])* $value:ident = $word:literal,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum $name { $($(#[$value_doc])* $value,)* }

        impl $name {
            /// Every value there is.
            pub const ALL: [$name; [$($word),*].len()] = [$($name::$value),*];

            /// The word for it in options.
            pub fn word(self) -> &'static str {
                match self { $($name::$value => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                let known = $name::ALL.into_iter().find(|value| value.word() == word);
                known.ok_or_else(|| UnknownWord {
                    word: word.to_owned(),
                    what: $what,
                    right: one_of(&[$($word),*]),
                })
            }
        }
    };
}

/// "client, server or both"
fn one_of(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.concat(),
    }
}

choice! {
    /// Where the capture is taken.
    CapturePoint, "capture point";
    /// At the client's network card.
    #[default]
    Client = "client",
    /// At the server's network card.
    Server = "server",
    /// At both, as two interfaces of one capture.
    Both = "both",
}

choice! {
    /// The version of IP that the hosts speak.
    IpVersion, "version of IP";
    /// IPv4.
    #[default]
    V4 = "4",
    /// IPv6.
    V6 = "6",
}

choice! {
    /// What carries the packets where they are captured.
    Encapsulation, "encapsulation";
    /// Ethernet.
    #[default]
    Ethernet = "ethernet",
    /// Ethernet with a tag of IEEE 802.1Q.
    Vlan = "vlan",
    /// Ethernet with two tags (IEEE 802.1ad).
    QinQ = "qinq",
    /// Ethernet and two MPLS labels (RFC 3032).
    Mpls = "mpls",
    /// A PPPoE session (RFC 2516).
    Pppoe = "pppoe",
    /// A GRE tunnel over IPv4 (RFC 2784).
    Gre = "gre",
    /// VXLAN over IPv4 (RFC 7348).
    Vxlan = "vxlan",
    /// No link but what Linux tells of it: `tcpdump -i any` ("cooked", LINKTYPE_LINUX_SLL).
    Sll = "sll",
    /// The same as newer versions write it (LINKTYPE_LINUX_SLL2).
    Sll2 = "sll2",
    /// No link at all: a capture that begins with the IP header.
    Raw = "raw",
}

choice! {
    /// Which packets carry a comment that explains them.
    Comments, "choice of comments";
    /// Every packet.
    #[default]
    On = "on",
    /// Those with which the story goes on: all but ordinary data and ACKs.
    Story = "story",
    /// None.
    Off = "off",
}

choice! {
    /// How hard it is to find out what happens in a scenario.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    Difficulty, "difficulty";
    /// A few packets, and the cause is among them.
    Easy = "easy",
    /// The packets have to be put together.
    #[default]
    Medium = "medium",
    /// The cause does not stand in the capture, or looks like another.
    Hard = "hard",
}

/// How a capture is made. Same scenario, same options: same bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateOptions {
    /// Decides everything that is left to chance: ports, initial sequence numbers, IP identifications, jitter.
    pub seed: u64,
    /// Where the capture is taken.
    pub point: CapturePoint,
    /// Which packets carry comments that explain them.
    pub comments: Comments,
    /// The language of comments and names.
    pub language: Language,
    /// The version of IP.
    pub ip: IpVersion,
    /// When the capture begins, since 1970-01-01 00:00 UTC.
    pub start: Duration,
    /// The round-trip time, in place of the scenario's own.
    pub rtt: Option<Duration>,
    /// The part of all packets that the path loses by chance, beside what the scenario loses: 0.01 is one in a hundred.
    pub loss: f64,
    /// The first packet that leaves a host after each of these times, since the capture's begin, is lost too.
    pub lost_after: Vec<Duration>,
    /// What the capture is to be called in place of the scenario's title. Then nothing in it has a name, either.
    pub cover: Option<String>,
    /// A variant of the scenario, by name.
    pub variant: Option<String>,
    /// What carries the packets.
    pub encapsulation: Encapsulation,
    /// The client's address, in place of the scenario's own. It decides the version of IP, for both sides.
    pub client: Option<IpAddr>,
    /// The server's address, likewise.
    pub server: Option<IpAddr>,
    /// The client's port, in place of the scenario's own or an ephemeral one.
    pub client_port: Option<u16>,
    /// The server's port, in place of the scenario's own.
    pub server_port: Option<u16>,
    /// The snap length: so many bytes of each frame are kept.
    pub snaplen: Option<u32>,
    /// The part of all packets that the capture itself loses, though the hosts do not: 0.01 is one in a hundred.
    pub capture_loss: f64,
    /// Every packet is captured twice, as at a mirror port that copies what comes in and what goes out.
    pub duplicates: bool,
    /// The cards join segments (TSO, GRO) and compute checksums, as in captures at hosts that are not set up for
    /// capturing: segments larger than the MTU, with unfinished checksums.
    pub offload: bool,
}

impl Default for GenerateOptions {
    /// Seed 1, at the client, with English comments, IPv4 over Ethernet, from 2026-01-01 00:00 UTC on.
    fn default() -> Self {
        GenerateOptions {
            seed: 1,
            point: CapturePoint::default(),
            comments: Comments::default(),
            language: Language::default(),
            ip: IpVersion::default(),
            start: Duration::from_secs(1_767_225_600),
            rtt: None,
            loss: 0.0,
            lost_after: Vec::new(),
            cover: None,
            variant: None,
            encapsulation: Encapsulation::default(),
            client: None,
            server: None,
            client_port: None,
            server_port: None,
            snaplen: None,
            capture_loss: 0.0,
            duplicates: false,
            offload: false,
        }
    }
}

impl GenerateOptions {
    /// The version of IP: that of the addresses, if they are given.
    ///
    /// # Errors
    /// The addresses are of two versions.
    pub(crate) fn ip_version(&self) -> Result<IpVersion, String> {
        let of = |address: IpAddr| if address.is_ipv4() { IpVersion::V4 } else { IpVersion::V6 };
        match (self.client, self.server) {
            (Some(client), Some(server)) if of(client) != of(server) => Err(format!(
                "the client's address {client} and the server's {server} are of two versions of IP"
            )),
            (Some(address), _) | (None, Some(address)) => Ok(of(address)),
            (None, None) => Ok(self.ip),
        }
    }
}
