//! A device that answers the client's SYN itself, and connects to the server when the client has proved to be there.
//!
//! It gives the client a sequence number of its own, and so translates the server's from then on. It offers nothing
//! but an MSS: it cannot know which options the server would take.

use std::net::SocketAddr;

use bytes::Bytes;
use rustc_hash::FxHashMap;

use super::place::Place;
use crate::net::{Ecn, Flags, Kind, Options, Packet, Segment, Seq, Side};
use crate::random::Random;
use crate::scenario::file;

/// What becomes of a packet.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It goes on.
    Pass,
    /// The device keeps it, and sends these.
    Taken(Vec<(Side, Packet)>),
}

/// How far a connection is.
#[derive(Debug)]
enum Stage {
    /// The client has its SYN-ACK.
    Offered,
    /// The server has its SYN; what the client has sent waits.
    Connecting { held: Vec<Packet> },
    /// Both are connected; the server's numbers are that much above those that the client knows.
    Spliced { shift: u32 },
}

#[derive(Debug)]
struct Connection {
    syn: Packet,
    /// The sequence number that the client was given.
    first: Seq,
    stage: Stage,
}

#[derive(Debug)]
pub(super) struct Proxy {
    settings: file::Proxy,
    connections: FxHashMap<SocketAddr, Connection>,
    random: Random,
}

impl Proxy {
    pub(super) fn new(settings: file::Proxy, seed: u64) -> Self {
        Proxy { settings, connections: FxHashMap::default(), random: Random::new(seed, 8) }
    }

    pub(super) fn place(&self) -> file::Place {
        self.settings.at
    }

    /// Takes a packet of the connection of that client, where it stands.
    pub(super) fn take(
        &mut self,
        from: Side,
        client: SocketAddr,
        packet: &mut Packet,
        place: Place,
    ) -> Outcome {
        let syn = packet.has(Flags::SYN) && !packet.has(Flags::ACK);
        if from == Side::Client && syn {
            return Outcome::Taken(vec![(Side::Client, self.offer(client, packet, place))]);
        }
        let Some(connection) = self.connections.get_mut(&client) else { return Outcome::Pass };
        match from {
            Side::Client => connection.take_clients(packet, place, self.settings.ttl),
            Side::Server => connection.take_servers(packet),
        }
    }

    /// The SYN-ACK in the server's name.
    fn offer(&mut self, client: SocketAddr, syn: &Packet, place: Place) -> Packet {
        let first = Seq(self.random.u32());
        let connection = self.connections.entry(client).or_insert_with(|| Connection {
            syn: syn.clone(),
            first,
            stage: Stage::Offered,
        });
        let ttl = self.settings.ttl.saturating_sub(place.routers_to(Side::Client));
        let options = Options { mss: Some(self.settings.mss), ..Options::default() };
        Packet {
            from: syn.to,
            to: syn.from,
            ttl,
            id: 0,
            dont_fragment: true,
            flow_label: 0,
            ecn: Ecn::Not,
            corrupt: false,
            segment: Segment {
                from_port: syn.segment.to_port,
                to_port: syn.segment.from_port,
                seq: connection.first,
                ack: syn.segment.seq + 1,
                flags: Flags::SYN | Flags::ACK,
                window: self.settings.window,
                options,
                urgent: 0,
                payload: Bytes::new(),
            },
            reason: Kind::ProxySynAck.into(),
            fault: None,
            number: 0,
        }
    }
}

impl Connection {
    fn take_clients(&mut self, packet: &mut Packet, place: Place, ttl: u8) -> Outcome {
        match &mut self.stage {
            Stage::Offered if packet.has(Flags::RST) => Outcome::Taken(Vec::new()),
            Stage::Offered => {
                self.stage = Stage::Connecting { held: vec![packet.clone()] };
                let options = Options { mss: self.syn.segment.options.mss, ..Options::default() };
                let segment = Segment { options, ..self.syn.segment.clone() };
                let ttl = ttl.saturating_sub(place.routers_to(Side::Server));
                let reason = Kind::ProxySyn.into();
                let syn = Packet { ttl, segment, reason, number: 0, ..self.syn.clone() };
                Outcome::Taken(vec![(Side::Server, syn)])
            }
            Stage::Connecting { held } => {
                held.push(packet.clone());
                Outcome::Taken(Vec::new())
            }
            Stage::Spliced { shift } => {
                if packet.has(Flags::ACK) {
                    packet.segment.ack += *shift;
                }
                Outcome::Pass
            }
        }
    }

    fn take_servers(&mut self, packet: &mut Packet) -> Outcome {
        match &mut self.stage {
            Stage::Connecting { held } if packet.has(Flags::SYN) => {
                let shift = packet.segment.seq - self.first;
                let released = held.drain(..).map(|mut packet| {
                    packet.segment.ack += shift;
                    (Side::Server, packet)
                });
                let released = released.collect();
                self.stage = Stage::Spliced { shift };
                Outcome::Taken(released)
            }
            Stage::Spliced { shift } => {
                packet.segment.seq = packet.segment.seq - *shift;
                Outcome::Pass
            }
            // A refusal is told in the numbers that the client knows.
            _ => {
                packet.segment.seq = self.first + 1;
                Outcome::Pass
            }
        }
    }
}
