//! Capture points: what they see of the packets, and in which numbers it is told.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::net::{Flags, Packet, Seq, Side};
use crate::options::CapturePoint;
use crate::time::Time;

/// A packet as one capture point saw it.
#[derive(Debug, Clone)]
pub(crate) struct Captured {
    pub(crate) time: Time,
    /// At which host.
    pub(crate) at: Side,
    /// Whose card it left or, if forged, whose it claims to have left.
    pub(crate) from: Side,
    pub(crate) packet: Packet,
    /// It will not arrive.
    pub(crate) lost: bool,
    /// Sequence and acknowledgment number, counted from the connection's first ones.
    pub(crate) seq: u32,
    pub(crate) ack: u32,
}

impl Captured {
    /// Whether it comes in where it was captured, and does not leave there.
    pub(crate) fn inbound(&self) -> bool {
        self.at != self.from
    }
}

/// Takes down what the chosen capture points see.
#[derive(Debug)]
pub(crate) struct Tap {
    point: CapturePoint,
    /// The first sequence numbers of each side, by the client's address and port.
    first: HashMap<SocketAddr, [Option<Seq>; 2]>,
    server: SocketAddr,
}

impl Tap {
    pub(crate) fn new(point: CapturePoint, server: SocketAddr) -> Self {
        Tap { point, first: HashMap::new(), server }
    }

    /// A packet passes the card of a host.
    pub(crate) fn sees(&mut self, time: Time, at: Side, packet: &Packet, lost: bool) -> Option<Captured> {
        let from = if packet.source() == self.server { Side::Server } else { Side::Client };
        let (seq, ack) = self.relative(from, packet);
        let watched = match self.point {
            CapturePoint::Client => at == Side::Client,
            CapturePoint::Server => at == Side::Server,
            CapturePoint::Both => true,
        };
        watched.then(|| Captured { time, at, from, packet: packet.clone(), lost, seq, ack })
    }

    fn relative(&mut self, from: Side, packet: &Packet) -> (u32, u32) {
        let client = if from == Side::Client { packet.source() } else { packet.destination() };
        let first = self.first.entry(client).or_default();
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
