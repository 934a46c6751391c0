//! Packets: a segment in its IP header, and why it was sent.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;

use super::{Flags, Options, Segment, Seq};

/// One of the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Client,
    Server,
}

impl Side {
    pub(crate) fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

/// Declares [`Kind`] with the name that each has in scenario files and texts.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What a packet is to the endpoint that sends it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum Kind { $($(#[$doc])* $kind,)* }

        impl Kind {
            pub(crate) const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// Its name in scenario files and in `comments.toml`.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    /// The first SYN.
    Syn = "syn",
    /// The SYN again: no answer came.
    SynAgain = "syn_again",
    /// The first SYN-ACK.
    SynAck = "syn_ack",
    /// The SYN-ACK again: the third ACK did not come.
    SynAckAgain = "syn_ack_again",
    /// The SYN-ACK again because the SYN came again.
    SynAckForSyn = "syn_ack_for_syn",
    /// The SYN-ACK again although the third ACK came: data is waited for (`TCP_DEFER_ACCEPT`).
    SynAckDeferred = "syn_ack_deferred",
    /// A SYN-ACK whose sequence number is a SYN cookie.
    SynCookie = "syn_cookie",
    /// The client's ACK of the SYN-ACK.
    ThirdAck = "third_ack",
    /// The same once more, because the SYN-ACK came again.
    ThirdAckAgain = "third_ack_again",
    /// New data.
    Data = "data",
    /// Data again, after a retransmission timeout.
    DataAgain = "data_again",
    /// Data again: what came behind it shows that it is lost (RFC 6675, RFC 8985).
    FastRetransmit = "fast_retransmit",
    /// Data again that counts as lost since a timeout.
    RepairAfterTimeout = "repair_after_timeout",
    /// The last segment again, to find out whether the tail was lost (RFC 8985, 7).
    TailProbe = "tail_probe",
    /// An ACK sent at once.
    Ack = "ack",
    /// An ACK that waited for company in vain (RFC 9293, 3.8.6.3).
    DelayedAck = "delayed_ack",
    /// An ACK for something that had come before or out of order.
    DuplicateAck = "duplicate_ack",
    /// The ACK that tells that there is no room.
    ZeroWindow = "zero_window",
    /// The ACK that tells of more room.
    WindowUpdate = "window_update",
    /// The side's FIN.
    Fin = "fin",
    /// The last data, with the FIN.
    DataAndFin = "data_and_fin",
    /// FIN that also acknowledges the other side's FIN.
    FinAndAck = "fin_and_ack",
    /// The FIN again.
    FinAgain = "fin_again",
    /// An ACK of the other side's FIN, with the own one still to come.
    AckOfFin = "ack_of_fin",
    /// The ACK of the other side's FIN that ends the connection.
    LastAck = "last_ack",
    /// The same once more: the FIN came again.
    LastAckAgain = "last_ack_again",
    /// A probe of a closed window (RFC 9293, 3.8.6.1).
    WindowProbe = "window_probe",
    /// The answer to it: the window is still closed.
    WindowProbeAck = "window_probe_ack",
    /// A keep-alive probe (RFC 9293, 3.8.4).
    KeepAlive = "keep_alive",
    /// The answer to it.
    KeepAliveAck = "keep_alive_ack",
    /// A challenge ACK (RFC 5961).
    ChallengeAck = "challenge_ack",
    /// RST for a SYN to a port where nobody listens.
    Refused = "refused",
    /// RST for a segment of a connection that the host does not know.
    NoConnection = "no_connection",
    /// RST because the accept queue is full.
    QueueOverflow = "queue_overflow",
    /// RST for data that came after the application had closed.
    AfterClose = "after_close",
    /// RST because the application aborted.
    Abort = "abort",
    /// RST because it closed with data unread.
    AbortUnread = "abort_unread",
    /// RST because the process that would have accepted the connection has ended.
    ListenerGone = "listener_gone",
    /// RST because keep-alive probes went unanswered.
    KeepAliveTimeout = "keep_alive_timeout",
    /// A SYN that no application asked for: of a flood or a scan.
    Stray = "stray",
    /// A packet in somebody else's name.
    Forged = "forged",
    /// RST of a router or firewall, in the receiver's name.
    Rejected = "rejected",
    /// The SYN-ACK of a device that answers in the server's place.
    ProxySynAck = "proxy_syn_ack",
    /// The SYN of such a device to the server.
    ProxySyn = "proxy_syn",
    /// ICMP: the packet cannot be delivered.
    Unreachable = "unreachable",
    /// ICMP: the packet is too long for a link.
    TooBig = "too_big",
    /// ICMP: the TTL ran out.
    TimeExceeded = "time_exceeded",
}

impl Kind {
    /// Whether it is what a connection consists of when nothing happens.
    pub(crate) fn is_ordinary(self) -> bool {
        matches!(self, Kind::Data | Kind::Ack | Kind::DelayedAck)
    }

    /// Whether it is data or a FIN that was sent before.
    pub(crate) fn repeats(self) -> bool {
        matches!(
            self,
            Kind::DataAgain
                | Kind::FastRetransmit
                | Kind::RepairAfterTimeout
                | Kind::TailProbe
                | Kind::FinAgain
        )
    }
}

/// Why a packet was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) kind: Kind,
    /// The how manieth of its kind in a row, from 1.
    pub(crate) nth: u32,
    /// How long its sender had waited for something before it sent this.
    pub(crate) waited: Duration,
}

impl Reason {
    pub(crate) fn new(kind: Kind) -> Self {
        Reason { kind, nth: 1, waited: Duration::ZERO }
    }
}

impl From<Kind> for Reason {
    fn from(kind: Kind) -> Self {
        Reason::new(kind)
    }
}

/// The ECN field of the IP header (RFC 3168, 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ecn {
    /// Its sender does not do ECN.
    #[default]
    Not,
    /// ECT(0): a router may mark it.
    Capable,
    /// CE: a router had a queue.
    Congestion,
}

/// A segment in its IP header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) from: IpAddr,
    pub(crate) to: IpAddr,
    /// TTL or hop limit.
    pub(crate) ttl: u8,
    /// Identification; IPv4 only.
    pub(crate) id: u16,
    /// Don't Fragment; IPv4 only.
    pub(crate) dont_fragment: bool,
    /// Flow label; IPv6 only.
    pub(crate) flow_label: u32,
    pub(crate) ecn: Ecn,
    /// Damaged on the way: its TCP checksum does not fit.
    pub(crate) corrupt: bool,
    pub(crate) segment: Segment,
    pub(crate) reason: Reason,
    /// The fault that made or met it, as its place in the scenario.
    pub(crate) fault: Option<usize>,
    /// The how manieth of all packets that left a host, from 1; 0: none has sent it.
    pub(crate) number: u64,
}

impl Packet {
    /// The RST that answers this packet where no connection takes it (RFC 9293, 3.5.2): no options, window 0,
    /// identification 0, as nobody's socket sends it.
    pub(crate) fn refusal(&self, ttl: u8, flow_label: u32, kind: Kind) -> Packet {
        let segment = &self.segment;
        let (seq, ack, flags) = if segment.has(Flags::ACK) {
            (segment.ack, Seq(0), Flags::RST)
        } else {
            (Seq(0), segment.end(), Flags::RST | Flags::ACK)
        };
        Packet {
            from: self.to,
            to: self.from,
            ttl,
            id: 0,
            dont_fragment: true,
            flow_label,
            ecn: Ecn::Not,
            corrupt: false,
            segment: Segment {
                from_port: segment.to_port,
                to_port: segment.from_port,
                seq,
                ack,
                flags,
                window: 0,
                options: Options::default(),
                urgent: 0,
                payload: Bytes::new(),
            },
            reason: kind.into(),
            fault: None,
            number: 0,
        }
    }

    pub(crate) fn source(&self) -> SocketAddr {
        SocketAddr::new(self.from, self.segment.from_port)
    }

    pub(crate) fn destination(&self) -> SocketAddr {
        SocketAddr::new(self.to, self.segment.to_port)
    }

    pub(crate) fn has(&self, flag: Flags) -> bool {
        self.segment.has(flag)
    }

    /// Its length as IP counts it, headers included.
    pub(crate) fn ip_len(&self) -> usize {
        let ip_header = if self.from.is_ipv4() { 20 } else { 40 };
        ip_header + 20 + self.segment.options.len() + self.segment.payload.len()
    }
}
