//! A host's table of connections.

use std::net::SocketAddr;

use rustc_hash::FxHashMap;
use slab::Slab;

use crate::time::Time;

/// What tells a connection of one host from its others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) local_port: u16,
    pub(crate) remote: SocketAddr,
}

/// Where a connection is in the table: quicker to follow than its key, as long as it is there.
pub(crate) type Place = u32;

#[derive(Debug)]
pub(super) struct Slot<T> {
    pub(super) key: Key,
    pub(super) entry: T,
    /// The wake-up that was asked for.
    pub(super) wake: Option<Time>,
}

/// Connections by key. The next packet or call is mostly for the one that had the last: that one is looked at first.
#[derive(Debug)]
pub(super) struct Table<T> {
    slots: Slab<Slot<T>>,
    places: FxHashMap<Key, Place>,
    last: Place,
}

impl<T> Table<T> {
    pub(super) fn new() -> Self {
        Table { slots: Slab::new(), places: FxHashMap::default(), last: 0 }
    }

    /// Where a connection is.
    #[inline]
    pub(super) fn place(&self, key: Key) -> Option<Place> {
        let again = self.slots.get(self.last as usize).is_some_and(|slot| slot.key == key);
        if again { Some(self.last) } else { self.places.get(&key).copied() }
    }

    pub(super) fn get(&self, key: Key) -> Option<&T> {
        Some(&self.slots.get(self.place(key)? as usize)?.entry)
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.last = self.place(key)?;
        Some(&mut self.slots.get_mut(self.last as usize)?.entry)
    }

    /// What is at a place: once its connection has left the table, nothing or another one.
    pub(super) fn at(&mut self, place: Place) -> Option<&mut Slot<T>> {
        self.slots.get_mut(place as usize)
    }

    /// Puts a connection in the table, instead of what was there under its key.
    pub(super) fn put(&mut self, key: Key, entry: T) -> Place {
        self.remove(key);
        let place = self.slots.insert(Slot { key, entry, wake: None }) as Place;
        self.places.insert(key, place);
        place
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<T> {
        let place = self.places.remove(&key)?;
        Some(self.slots.try_remove(place as usize)?.entry)
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.places.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_connection_is_found_by_its_own_key_only() {
        let key = |port| Key { local_port: 80, remote: SocketAddr::from(([192, 0, 2, 1], port)) };
        let mut table = Table::new();
        let [a, b] = [1, 2].map(key);
        table.put(a, 'a');
        let place = table.put(b, 'b');
        assert_eq!([a, b, a].map(|key| table.get_mut(key).copied()), [Some('a'), Some('b'), Some('a')]);
        // Another one takes the place of the one that was looked at last.
        assert_eq!(table.get_mut(b).copied(), Some('b'));
        assert_eq!(table.remove(b), Some('b'));
        assert!(table.get(b).is_none() && table.at(place).is_none());
        assert_eq!(table.put(key(3), 'c'), place);
        assert_eq!([a, b, key(3)].map(|key| table.get(key).copied()), [Some('a'), None, Some('c')]);
        table.clear();
        assert!([a, b, key(3)].iter().all(|key| table.get(*key).is_none()));
    }
}
