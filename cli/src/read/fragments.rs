//! IP fragments become datagrams again.

use super::layers::{Datagram, Piece};
use etherparse::IpNumber;
use etherparse::defrag::IpDefragBuf;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

/// Datagrams that may wait for their fragments at a time; the oldest gives way. With 64 kB each this
/// bounds the memory that a flood of fragments can take to 16 MB.
const MAX_WAITING: usize = 256;

/// What fragments of one datagram share (RFC 791, 3.2; RFC 8200, 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    protocol: u8,
    id: u32,
    link: u32,
}

/// The datagrams of which some fragments were seen.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    waiting: HashMap<Key, IpDefragBuf>,
    /// Keys of `waiting`, oldest first; may name some that are complete by now.
    order: VecDeque<Key>,
}

impl Fragments {
    /// Takes in a fragment. Returns the payload of its datagram when this was the last one missing.
    pub(super) fn add(
        &mut self,
        datagram: &Datagram,
        piece: Piece,
        link: u32,
        bytes: &[u8],
    ) -> Option<Vec<u8>> {
        let key =
            Key { src: datagram.src, dst: datagram.dst, protocol: datagram.protocol, id: piece.id, link };
        if !self.waiting.contains_key(&key) {
            self.make_room();
            self.order.push_back(key);
        }
        let whole = self
            .waiting
            .entry(key)
            .or_insert_with(|| IpDefragBuf::new(IpNumber(datagram.protocol), Vec::new(), Vec::new()));
        // A fragment that contradicts the others cannot be placed; the others may still be completed.
        whole.add(piece.offset, piece.more, bytes).ok()?;
        if !whole.is_complete() {
            return None;
        }
        self.waiting.remove(&key).map(|whole| whole.take_bufs().0)
    }

    fn make_room(&mut self) {
        while self.order.len() >= MAX_WAITING {
            if let Some(oldest) = self.order.pop_front() {
                self.waiting.remove(&oldest);
            }
        }
    }
}
