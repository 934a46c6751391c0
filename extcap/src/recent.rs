//! A map for things that are looked up many times in a row.

use std::hash::Hash;

use rustc_hash::FxHashMap;
use slab::Slab;

/// A map that looks at what it found last first: the next packet is mostly one of the connection that had the last.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    things: Slab<(K, V)>,
    places: FxHashMap<K, usize>,
    last: usize,
}

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    pub(crate) fn new() -> Self {
        Recent { things: Slab::new(), places: FxHashMap::default(), last: 0 }
    }

    #[inline]
    fn place(&self, key: K) -> Option<usize> {
        let again = self.things.get(self.last).is_some_and(|(last, _)| *last == key);
        if again { Some(self.last) } else { self.places.get(&key).copied() }
    }

    /// What is at a place: once the thing has left the map, nothing or another one.
    pub(crate) fn at(&mut self, place: usize) -> Option<&mut (K, V)> {
        self.things.get_mut(place)
    }

    /// Where a thing is, as long as it is in the map.
    pub(crate) fn find(&mut self, key: K) -> Option<usize> {
        self.last = self.place(key)?;
        Some(self.last)
    }

    pub(crate) fn get(&self, key: K) -> Option<&V> {
        Some(&self.things.get(self.place(key)?)?.1)
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let place = self.find(key)?;
        Some(&mut self.things.get_mut(place)?.1)
    }

    /// Puts a thing in, instead of what was there under its key; where it is now.
    pub(crate) fn put(&mut self, key: K, value: V) -> usize {
        self.remove(key);
        let place = self.things.insert((key, value));
        self.places.insert(key, place);
        place
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        let place = self.places.remove(&key)?;
        Some(self.things.try_remove(place)?.1)
    }

    pub(crate) fn clear(&mut self) {
        self.things.clear();
        self.places.clear();
    }
}

impl<K: Copy + Eq + Hash, V: Default> Recent<K, V> {
    /// What is there under a key, or a new one.
    pub(crate) fn get_or_default(&mut self, key: K) -> &mut V {
        let place = self.find(key).unwrap_or_else(|| self.put(key, V::default()));
        &mut self.things[place].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_found_by_its_own_key_only() {
        let mut map = Recent::new();
        map.put(1, 'a');
        let place = map.put(2, 'b');
        assert_eq!([1, 2, 1].map(|key| map.get_mut(key).copied()), [Some('a'), Some('b'), Some('a')]);
        // Another one takes the place of the one that was looked at last.
        assert_eq!(map.get_mut(2), Some(&mut 'b'));
        assert_eq!(map.remove(2), Some('b'));
        assert_eq!(map.get(2), None);
        assert_eq!(map.at(place), None);
        assert_eq!(map.put(3, 'c'), place);
        assert_eq!([1, 2, 3].map(|key| map.get(key).copied()), [Some('a'), None, Some('c')]);
        assert_eq!(map.put(3, 'd'), place);
        assert_eq!([*map.get_or_default(3), *map.get_or_default(4)], ['d', '\0']);
        map.clear();
        assert_eq!([1, 2, 3, 4].map(|key| map.get(key)), [None; 4]);
    }
}
