//! The packets of a capture, to be changed and diagnosed without a file between.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use tcpdx_cli::read::{Capture, Decoder, Sink};
use tcpdx_engine::{Engine, IcmpPacket, IpInfo, Packet, Settings};

/// A TCP or ICMP packet that was read from a capture, or made from such a one.
#[derive(Clone, Debug)]
pub struct Owned {
    /// Where the packet that it was made from stood in its capture, from 1; 0 for other traffic.
    pub origin: u32,
    /// Nanoseconds since 1970-01-01 UTC.
    pub time: i64,
    /// Who sent it.
    pub src: IpAddr,
    /// Whom it is sent to.
    pub dst: IpAddr,
    /// The captured bytes from the TCP or ICMP header on.
    pub bytes: Vec<u8>,
    /// What is known beside that.
    pub kind: Kind,
}

/// TCP or ICMP, with what only one of them has.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A TCP segment.
    Tcp {
        /// What the IP header says.
        ip: IpInfo,
        /// The link it was captured on, see [`Packet::link`].
        link: u32,
        /// Length of TCP header and payload on the wire.
        wire_len: u32,
    },
    /// An ICMP or ICMPv6 message.
    Icmp {
        /// ICMPv6.
        v6: bool,
    },
}

impl Owned {
    /// Whether it is a TCP segment with its fixed header captured.
    #[must_use]
    pub fn is_tcp(&self) -> bool {
        matches!(self.kind, Kind::Tcp { .. }) && self.bytes.len() >= 20
    }

    /// The 16-bit number at `at`, in network byte order.
    #[must_use]
    pub fn u16(&self, at: usize) -> u16 {
        u16::from_be_bytes([self.bytes[at], self.bytes[at + 1]])
    }

    /// The 32-bit number at `at`, in network byte order.
    #[must_use]
    pub fn u32(&self, at: usize) -> u32 {
        u32::from(self.u16(at)) << 16 | u32::from(self.u16(at + 2))
    }

    /// Gives it to an engine as frame `frame`.
    pub fn feed(&self, engine: &mut Engine, frame: u32) {
        let Owned { time, src, dst, ref bytes, .. } = *self;
        match self.kind {
            Kind::Tcp { ip, link, wire_len } => {
                let (ip, stations) = (Some(ip), [0; 2]);
                let packet = Packet { frame, layer: 0, time, src, dst, ip, link, stations, bytes, wire_len };
                engine.packet(&packet);
            }
            Kind::Icmp { v6 } => {
                engine.icmp(&IcmpPacket { frame, layer: 0, time, src, dst, v6, bytes });
            }
        }
    }
}

/// The TCP and ICMP packets of a capture in their order. When they are diagnosed, the first is frame 1.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// The packets.
    pub packets: Vec<Owned>,
}

impl Sink for Traffic {
    fn tcp(&mut self, packet: &Packet<'_>) {
        let Packet { time, src, dst, ip: Some(ip), link, bytes, wire_len, .. } = *packet else { return };
        self.push(time, src, dst, bytes, Kind::Tcp { ip, link, wire_len });
    }

    fn icmp(&mut self, packet: &IcmpPacket<'_>) {
        let IcmpPacket { time, src, dst, v6, bytes, .. } = *packet;
        self.push(time, src, dst, bytes, Kind::Icmp { v6 });
    }
}

impl Traffic {
    /// Reads a capture.
    ///
    /// # Errors
    /// When it cannot be read to its end.
    pub fn read(path: &Path) -> io::Result<Traffic> {
        let mut traffic = Traffic::default();
        let mut decoder = Decoder::new();
        Capture::open(path)
            .and_then(|mut capture| {
                capture.read(|frame| {
                    decoder.decode(frame, &mut traffic);
                })
            })
            .map_err(|trouble| io::Error::other(format!("{}: {trouble}", path.display())))?;
        Ok(traffic)
    }

    fn push(&mut self, time: i64, src: IpAddr, dst: IpAddr, bytes: &[u8], kind: Kind) {
        let origin = self.packets.len() as u32 + 1;
        self.packets.push(Owned { origin, time, src, dst, bytes: bytes.to_vec(), kind });
    }

    /// The same with every packet changed.
    #[must_use]
    pub fn map(&self, change: impl FnMut(&Owned) -> Owned) -> Traffic {
        Traffic { packets: self.packets.iter().map(change).collect() }
    }

    /// What the engine tells of it.
    #[must_use]
    pub fn told(&self) -> Told {
        let mut engine = Engine::new(Settings::default());
        for (index, packet) in self.packets.iter().enumerate() {
            packet.feed(&mut engine, index as u32 + 1);
        }
        self.told_by(&engine)
    }

    /// What an engine tells that was given these packets as frames 1, 2, and so on.
    #[must_use]
    pub fn told_by(&self, engine: &Engine) -> Told {
        let origin =
            |frame: u32| self.packets.get((frame as usize).wrapping_sub(1)).map_or(0, |packet| packet.origin);
        let mut told = Told::default();
        for stream in 0..engine.connections() {
            let Some(summary) = engine.summary(stream) else { continue };
            let connection = origin(summary.first_frame);
            if connection == 0 {
                continue;
            }
            told.0.extend(engine.findings_of(stream).iter().map(|finding| Line {
                connection,
                subject: origin(finding.subject),
                id: finding.diagnosis.id(),
                severity: finding.severity.name(),
            }));
        }
        told
    }
}

/// A diagnosis told of a connection, without its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The connection: where its first packet stood.
    pub connection: u32,
    /// Where the packet stood that it is about.
    pub subject: u32,
    /// Its id.
    pub id: &'static str,
    /// Its severity's name.
    pub severity: &'static str,
}

impl Line {
    /// It tells of trouble: a warning or an error.
    #[must_use]
    pub fn is_alarm(&self) -> bool {
        matches!(self.severity, "warn" | "error")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line { connection, subject, id, severity } = self;
        write!(f, "connection of packet {connection}: {id} ({severity}) about packet {subject}")
    }
}

/// What was told of a capture, except of other traffic that was mixed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told(pub BTreeSet<Line>);

impl Told {
    /// The same where some packets became one: `became` gives for each the one that stands for it.
    #[must_use]
    pub fn merged(&self, became: &HashMap<u32, u32>) -> Told {
        let one = |packet: u32| became.get(&packet).copied().unwrap_or(packet);
        Told(
            self.0
                .iter()
                .map(|line| Line { connection: one(line.connection), subject: one(line.subject), ..*line })
                .collect(),
        )
    }

    /// The same without what `leave_out` says of.
    #[must_use]
    pub fn without(&self, leave_out: impl Fn(&Line) -> bool) -> Told {
        Told(self.0.iter().filter(|line| !leave_out(line)).copied().collect())
    }

    /// What is told here and not there, and the reverse, one per line; empty when they are the same.
    #[must_use]
    pub fn difference(&self, other: &Told) -> Vec<String> {
        let missing = self.0.difference(&other.0).map(|line| format!("- {line}"));
        let added = other.0.difference(&self.0).map(|line| format!("+ {line}"));
        missing.chain(added).collect()
    }
}
