//! The flow table: addresses and ports to connection.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;
use std::net::{IpAddr, SocketAddr};

/// A host's address and port, in 20 bytes where [`SocketAddr`] takes 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Socket {
    /// The address.
    pub ip: IpAddr,
    /// The port.
    pub port: u16,
}

impl From<Socket> for SocketAddr {
    fn from(socket: Socket) -> SocketAddr {
        SocketAddr::new(socket.ip, socket.port)
    }
}

/// One direction's 4-tuple, in the order in which it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tuple {
    /// Who sends.
    pub src: Socket,
    /// Who receives.
    pub dst: Socket,
}

impl Tuple {
    /// From addresses and ports.
    #[must_use]
    pub fn new(src: IpAddr, src_port: u16, dst: IpAddr, dst_port: u16) -> Tuple {
        Tuple { src: Socket { ip: src, port: src_port }, dst: Socket { ip: dst, port: dst_port } }
    }

    /// The same connection seen from the other side.
    #[must_use]
    pub fn reversed(self) -> Tuple {
        Tuple { src: self.dst, dst: self.src }
    }

    /// The same for both directions. The ports come first: they mostly decide, and are quick to compare.
    fn canonical(self) -> Tuple {
        let order = |s: Socket| (s.port, s.ip);
        if order(self.src) <= order(self.dst) { self } else { self.reversed() }
    }
}

/// Finds the newest connection of a 4-tuple; holds only numbers, the connections hold their tuples.
#[derive(Debug, Default)]
pub struct FlowTable {
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl FlowTable {
    /// The newest connection between these two, whichever of them sends.
    pub fn find(&self, tuple: Tuple, tuple_of: impl Fn(u32) -> Tuple) -> Option<u32> {
        let wanted = tuple.canonical();
        let hash = self.hasher.hash_one(wanted);
        self.table.find(hash, |&n| tuple_of(n).canonical() == wanted).copied()
    }

    /// Makes `number` the newest connection of its tuple.
    pub fn insert(&mut self, tuple: Tuple, number: u32, tuple_of: impl Fn(u32) -> Tuple) {
        let wanted = tuple.canonical();
        let hash = self.hasher.hash_one(wanted);
        let hasher = &self.hasher;
        match self.table.entry(
            hash,
            |&n| tuple_of(n).canonical() == wanted,
            |&n| hasher.hash_one(tuple_of(n).canonical()),
        ) {
            hashbrown::hash_table::Entry::Occupied(mut slot) => *slot.get_mut() = number,
            hashbrown::hash_table::Entry::Vacant(slot) => {
                slot.insert(number);
            }
        }
    }
}
