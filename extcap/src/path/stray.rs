//! SYNs that no application asks for: a flood from invented addresses, or a scan from the client's host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::Bytes;

use crate::net::{Ecn, Flags, Kind, Options, Packet, Segment, Seq, Side};
use crate::random::Random;
use crate::scenario::file;
use crate::time::Time;

/// The SYNs of one source, with when each comes to whom, or leaves whom.
#[derive(Debug)]
pub(crate) struct Strays {
    settings: file::Strays,
    client: IpAddr,
    server: SocketAddr,
    routers: u8,
    random: Random,
    /// A scan uses one sequence number and one port for all.
    first: Seq,
    port: u16,
    sent: u32,
}

fn side(sender: file::Sender) -> Side {
    match sender {
        file::Sender::Client => Side::Client,
        file::Sender::Server => Side::Server,
    }
}

impl Strays {
    pub(crate) fn new(
        settings: file::Strays,
        client: IpAddr,
        server: SocketAddr,
        routers: u8,
        seed: u64,
    ) -> Self {
        let mut random = Random::new(seed, 9);
        let (first, port) = (Seq(random.u32()), 40_000 + random.below(20_000) as u16);
        Strays { settings, client, server, routers, random, first, port, sent: 0 }
    }

    /// When the next SYN comes, if there is one.
    pub(crate) fn next_at(&self) -> Option<Time> {
        let begin = Time::ZERO + self.settings.at.0;
        (self.sent < self.settings.count).then(|| begin + self.settings.every.0 * self.sent)
    }

    /// Whose card it leaves; from an invented address, it just comes to the server.
    pub(crate) fn from(&self) -> Option<Side> {
        self.settings.from.map(side)
    }

    /// Over whose link the answers to invented addresses come by.
    pub(crate) fn answers_pass(&self) -> Option<Side> {
        self.settings.answers.map(side)
    }

    /// The next SYN.
    pub(crate) fn next(&mut self) -> Packet {
        let spoofed = self.settings.from.is_none();
        let from = if spoofed { self.invent() } else { self.client };
        let (seq, from_port) = if spoofed {
            (Seq(self.random.u32()), 1_024 + self.random.below(60_000) as u16)
        } else {
            (self.first, self.port)
        };
        let ports = &self.settings.ports;
        let to_port = ports.get(self.sent as usize % ports.len().max(1)).copied();
        let routers = if spoofed { self.routers } else { 0 };
        self.sent += 1;
        Packet {
            from,
            to: self.server.ip(),
            ttl: self.settings.ttl.saturating_sub(routers),
            id: self.random.u16(),
            dont_fragment: false,
            flow_label: 0,
            ecn: Ecn::Not,
            corrupt: false,
            segment: Segment {
                from_port,
                to_port: to_port.unwrap_or(self.server.port()),
                seq,
                ack: Seq(0),
                flags: Flags::SYN,
                window: self.settings.window,
                options: Options { mss: Some(1460), ..Options::default() },
                urgent: 0,
                payload: Bytes::new(),
            },
            reason: Kind::Stray.into(),
            fault: None,
            number: 0,
        }
    }

    /// An address out of those for documentation (RFC 5737, RFC 3849).
    fn invent(&mut self) -> IpAddr {
        let host = self.random.u16();
        if self.client.is_ipv4() {
            IpAddr::V4(Ipv4Addr::new(203, 0, 113, (host % 254 + 1) as u8))
        } else {
            IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, self.random.u16(), host))
        }
    }
}
