//! A line of each connection: what others may need to know of it, and who needs which.

use crate::catalogue::Diagnosis;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::Param;
use crate::connection::Connection;
use crate::connection::endpoint::{Endpoint, Facts};
use crate::connection::idle::Idle;
use crate::mark::Mark;
use crate::side::Side;
use crate::wire::seq::Seq;
use crate::wire::tuple::{Socket, Tuple};
use hashbrown::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// How a connection began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Before the capture did.
    Late,
    /// Its SYN has no answer.
    Unanswered,
    /// Its SYN was refused by a RST or an ICMP error.
    Refused,
    /// Its SYN was answered, and the server has not shown that it took the third ACK.
    Stuck,
    /// Its server has taken it.
    Taken,
}

/// One side of a line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct End {
    pub(crate) next: Seq,
    pub(crate) acked: Seq,
    /// Its last packet, of any kind.
    pub(crate) last: Mark,
    /// Its newest data, and the newest time that it acknowledged something new.
    pub(crate) said: Mark,
    pub(crate) acked_at: Mark,
    pub(crate) fin: Mark,
    pub(crate) fin_acked: Mark,
    pub(crate) rst: Mark,
    pub(crate) bytes: u64,
    /// The TTL of its packets other than RSTs, and the newest two; 0 where not known.
    pub(crate) ttl: u8,
    pub(crate) ttls: [u8; 2],
    /// Something of it is not acknowledged.
    pub(crate) outstanding: bool,
}

/// What others may need to know of a connection, shared by all that look at it.
pub(crate) type Line = Arc<Entry>;

/// The same, unshared.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) number: u32,
    pub(crate) tuple: Tuple,
    pub(crate) first: Mark,
    pub(crate) last: Mark,
    pub(crate) opening: Opening,
    pub(crate) syn: Mark,
    pub(crate) syn_repeats: u8,
    /// Its first packet: timestamp (0 without) and what it acknowledges.
    pub(crate) tsval: u32,
    pub(crate) ack: Seq,
    /// Who sent its first packet, and its sequence number, where that opens no connection.
    pub(crate) first_from: Side,
    pub(crate) first_seq: Seq,
    pub(crate) asks_ecn: bool,
    pub(crate) signs: bool,
    pub(crate) isn: Seq,
    pub(crate) syn_ack: Mark,
    pub(crate) third_ack: Mark,
    /// When the server first showed that it has it, and more of it than the SYN.
    pub(crate) served: Mark,
    pub(crate) ends: [End; 2],
    pub(crate) idle: Idle,
    /// What was told of it, a bit each.
    told: u128,
    /// The slow responses of it, nanoseconds; at most four.
    pub(crate) waits: [i64; 4],
}

const _: () = assert!(Diagnosis::ALL.len() <= 128, "each has a bit in a line");

impl Entry {
    pub(crate) fn of<'a>(c: &Connection, told: impl Iterator<Item = &'a Finding>) -> Line {
        let (mut bits, mut waits, mut waited) = (0_u128, [0; 4], 0);
        for finding in told {
            bits |= 1 << finding.diagnosis as u32;
            if let (Diagnosis::AppSlowResponse, Some(Value::Duration(took))) =
                (finding.diagnosis, finding.param(Param::Took))
                && let Some(wait) = waits.get_mut(waited)
            {
                *wait = took;
                waited += 1;
            }
        }
        let answers = c.handshake.syn_ack.is_set() && c.handshake.syn_ack.frame == c.first.frame;
        let first_from = if answers { Side::Server } else { c.started_late.unwrap_or(Side::Client) };
        let mut line = Entry {
            number: c.number,
            tuple: c.tuple,
            first: c.first,
            last: c.last(),
            opening: Opening::Late,
            syn: c.syn(),
            syn_repeats: c.handshake.syn_repeats,
            tsval: c.first_tsval,
            ack: c.first_ack,
            first_from,
            first_seq: c.end(first_from).isn,
            asks_ecn: c.client().is(Facts::ASKS_ECN),
            signs: c.client().is(Facts::SIGNS),
            isn: c.client().isn,
            syn_ack: c.handshake.syn_ack,
            third_ack: c.handshake.third_ack,
            served: c.served,
            ends: Side::BOTH.map(|side| End::of(c, side)),
            idle: c.idle,
            told: bits,
            waits,
        };
        line.opening = line.opening(c.handshake.established());
        Arc::new(line)
    }

    fn opening(&self, established: bool) -> Opening {
        use Diagnosis as D;
        let refused = self.has(D::HandshakeRejected) || self.has(D::HandshakeRejectedByIcmp);
        let [client, server] = &self.ends;
        let lost = [
            D::HandshakeThirdAckLost,
            D::HandshakeThirdAckMissing,
            D::HandshakeAcceptQueueOverflow,
            D::HandshakeServerNeverEstablished,
        ];
        // What the server has said, or acknowledged beyond the SYN, it did on a connection that it has.
        let heard = server.bytes > 0 || client.bytes > 0 && server.acked.after(self.isn + 1);
        match () {
            () if !self.syn.is_set() && !self.syn_ack.is_set() => Opening::Late,
            () if !self.syn_ack.is_set() && refused => Opening::Refused,
            () if heard => Opening::Taken,
            () if !self.syn_ack.is_set() => {
                if self.syn.is_set() && !established {
                    Opening::Unanswered
                } else {
                    Opening::Late
                }
            }
            () if lost.into_iter().any(|d| self.has(d)) || !self.third_ack.is_set() => Opening::Stuck,
            () if client.bytes > 0 && client.outstanding && !established => Opening::Stuck,
            () => Opening::Taken,
        }
    }

    /// That diagnosis was told of it.
    pub(crate) fn has(&self, diagnosis: Diagnosis) -> bool {
        self.told & 1 << diagnosis as u32 != 0
    }

    pub(crate) fn end(&self, side: Side) -> &End {
        &self.ends[side as usize]
    }

    /// Who of the two has that address.
    pub(crate) fn side_of(&self, ip: IpAddr) -> Option<Side> {
        Side::BOTH.into_iter().find(|&side| self.socket(side).ip == ip)
    }

    pub(crate) fn socket(&self, side: Side) -> Socket {
        if side == Side::Client { self.tuple.src } else { self.tuple.dst }
    }

    /// When that side last did something that only a side that has the connection does: it sent data, or acknowledged
    /// something new.
    pub(crate) fn news(&self, side: Side) -> Mark {
        let end = self.end(side);
        if end.said.time >= end.acked_at.time { end.said } else { end.acked_at }
    }

    /// Its server took the connection, and dealt with something of it between those times.
    pub(crate) fn is_served_between(&self, since: i64, until: i64) -> bool {
        let news = self.news(Side::Server).time;
        self.opening == Opening::Taken
            && self.ends.iter().all(|end| end.bytes > 0)
            && news >= since
            && self.first.time <= until
    }
}

impl End {
    fn of(c: &Connection, side: Side) -> End {
        let (end, peer): (&Endpoint, &Endpoint) = (c.end(side), c.end(side.other()));
        End {
            next: end.next,
            acked: end.acked,
            last: end.last,
            said: end.said,
            acked_at: end.acked_at,
            fin: end.fin,
            fin_acked: end.fin_acked,
            rst: c.rst(side),
            bytes: end.bytes(),
            ttl: end.ttl,
            ttls: end.newest_ttls(),
            outstanding: end.data_unacknowledged(peer) > 0,
        }
    }
}

/// Which connections a host, a listener or a client's port has, each oldest first.
#[derive(Debug, Default)]
pub(crate) struct Index {
    listeners: HashMap<Socket, Vec<u32>>,
    clients: HashMap<Socket, Vec<u32>>,
    hosts: HashMap<IpAddr, Vec<u32>>,
    /// So many connections are in it, those with the lowest numbers.
    pub(crate) known: u32,
}

impl Index {
    /// Takes the next connection in.
    pub(crate) fn push(&mut self, tuple: Tuple) {
        let number = self.known;
        self.known += 1;
        self.listeners.entry(tuple.dst).or_default().push(number);
        self.clients.entry(tuple.src).or_default().push(number);
        self.hosts.entry(tuple.src.ip).or_default().push(number);
        if tuple.src.ip != tuple.dst.ip {
            self.hosts.entry(tuple.dst.ip).or_default().push(number);
        }
    }

    pub(crate) fn at_listener(&self, listener: Socket) -> &[u32] {
        self.listeners.get(&listener).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn of_client(&self, client: Socket) -> &[u32] {
        self.clients.get(&client).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn of_host(&self, host: IpAddr) -> &[u32] {
        self.hosts.get(&host).map_or(&[], Vec::as_slice)
    }
}

/// What is known of other connections, as long as no more is taken in.
#[derive(Debug, Default)]
pub(crate) struct Notebook {
    /// Which connections a host, a listener or a port has; those that came since are taken in when it is asked.
    pub(crate) index: Index,
    pub(crate) lines: HashMap<u32, Line>,
    /// How much had been taken in then.
    pub(crate) age: u64,
}

impl Notebook {
    /// So many lines are kept at once.
    pub(crate) const MOST: usize = 1 << 13;
}
