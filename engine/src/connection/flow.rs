//! The flow table: addresses and ports to connection.

use crate::wire::tuple::Tuple;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

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
