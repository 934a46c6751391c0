//! Capture points: what they see of the packets, and in which numbers it is told.
//!
//! A [`Tap`] takes down what passes a host's card; a [`Sniffer`] makes of it what is captured there: what the card
//! joins, the capture loses, or a mirror port sends twice.

mod card;
mod sniffer;

use std::net::SocketAddr;

use crate::net::{Flags, IcmpError, Packet, Seq, Side};
use crate::options::CapturePoint;
use crate::path::Missed;
use crate::recent::Recent;
use crate::time::Time;

pub(crate) use sniffer::Sniffer;

/// What passed a capture point.
#[derive(Debug, Clone)]
pub(crate) enum Seen {
    Segment(Box<Packet>),
    Icmp(Box<IcmpError>),
}

/// A packet as one capture point saw it.
#[derive(Debug, Clone)]
pub(crate) struct Captured {
    pub(crate) time: Time,
    /// At which host.
    pub(crate) at: Side,
    /// Whose card it left or, if forged, whose it claims to have left.
    pub(crate) from: Side,
    pub(crate) seen: Seen,
    /// It will not arrive.
    pub(crate) lost: bool,
    /// It was captured before.
    pub(crate) copy: bool,
    /// The card has joined it from several.
    pub(crate) joined: bool,
    /// Sequence and acknowledgment number, counted from the connection's first ones.
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    /// The true state of the endpoint here once it had taken or sent the packet (RFC 9293, 3.3.2), where its capture
    /// determines it.
    pub(crate) state: Option<&'static str>,
}

impl Captured {
    /// Whether it comes in where it was captured, and does not leave there.
    pub(crate) fn inbound(&self) -> bool {
        self.at != self.from
    }

    /// The TCP packet that it is, or is about.
    pub(crate) fn packet(&self) -> &Packet {
        match &self.seen {
            Seen::Segment(packet) => packet,
            Seen::Icmp(error) => &error.about,
        }
    }
}

/// Takes down what the chosen capture points see.
#[derive(Debug)]
pub(crate) struct Tap {
    point: CapturePoint,
    /// The capture begins then.
    begin: Time,
    missed: Missed,
    /// At each point, the first sequence numbers of each side by the client's address and port.
    first: [Recent<SocketAddr, [Option<Seq>; 2]>; 2],
}

impl Tap {
    pub(crate) fn new(point: CapturePoint, begin: Time, missed: Missed) -> Self {
        Tap { point, begin, missed, first: [Recent::new(), Recent::new()] }
    }

    /// A packet passes the card of a host: its own, or one for it.
    pub(crate) fn sees(
        &mut self,
        time: Time,
        at: Side,
        from: Side,
        packet: Box<Packet>,
        lost: bool,
    ) -> Option<Captured> {
        if !self.watches(at) {
            return None;
        }
        let (seq, ack) = self.relative(at, from, &packet);
        let missed = self.missed.meets(time, at, from, &packet);
        (!missed && time >= self.begin).then(|| Captured {
            time,
            at,
            from,
            seen: Seen::Segment(packet),
            lost,
            copy: false,
            joined: false,
            seq,
            ack,
            state: None,
        })
    }

    /// An ICMP error comes to a host.
    pub(crate) fn sees_icmp(&mut self, time: Time, at: Side, error: &IcmpError) -> Option<Captured> {
        if !self.watches(at) || time < self.begin {
            return None;
        }
        let (seq, ack) = self.relative(at, at, &error.about);
        let seen = Seen::Icmp(Box::new(error.clone()));
        Some(Captured {
            time,
            at,
            from: at.other(),
            seen,
            lost: false,
            copy: false,
            joined: false,
            seq,
            ack,
            state: None,
        })
    }

    /// Whether a capture is taken there.
    pub(crate) fn watches(&self, at: Side) -> bool {
        match self.point {
            CapturePoint::Client => at == Side::Client,
            CapturePoint::Server => at == Side::Server,
            CapturePoint::Both => true,
        }
    }

    fn relative(&mut self, at: Side, from: Side, packet: &Packet) -> (u32, u32) {
        let client = if from == Side::Client { packet.source() } else { packet.destination() };
        let first = self.first[at as usize].get_or_default(client);
        let segment = &packet.segment;
        if segment.has(Flags::SYN) {
            first[from as usize] = Some(segment.seq);
        }
        let own = first[from as usize].map_or(segment.seq.0, |first| segment.seq - first);
        let other = first[from.other() as usize].map_or(segment.ack.0, |first| segment.ack - first);
        let reset = segment.has(Flags::RST) && segment.seq == Seq(0);
        (if reset { 0 } else { own }, if segment.has(Flags::ACK) { other } else { 0 })
    }
}
