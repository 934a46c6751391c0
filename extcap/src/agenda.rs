//! What will happen, by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Time;

/// Things that will happen: the earliest first, and of equals the one that was put in first. The things stay where
/// they were put; only small entries about them are sorted.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    order: BinaryHeap<Reverse<Entry>>,
    things: Vec<Option<T>>,
    free: Vec<u32>,
    count: u64,
}

/// When, in which order, and where the thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry(Time, u64, u32);

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        Agenda { order: BinaryHeap::new(), things: Vec::new(), free: Vec::new(), count: 0 }
    }

    pub(crate) fn put(&mut self, time: Time, thing: T) {
        let place = match self.free.pop() {
            Some(place) => {
                self.things[place as usize] = Some(thing);
                place
            }
            None => {
                self.things.push(Some(thing));
                self.things.len() as u32 - 1
            }
        };
        self.count += 1;
        self.order.push(Reverse(Entry(time, self.count, place)));
    }

    /// The next thing, and when it happens.
    pub(crate) fn take(&mut self) -> Option<(Time, T)> {
        let Reverse(Entry(time, _, place)) = self.order.pop()?;
        self.free.push(place);
        Some((time, self.things[place as usize].take()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_come_by_time_and_then_as_they_were_put() {
        let mut agenda = Agenda::new();
        let at = Time::from_nanos;
        for (time, thing) in [(5, 'c'), (3, 'a'), (5, 'd'), (4, 'b')] {
            agenda.put(at(time), thing);
        }
        assert_eq!(agenda.take(), Some((at(3), 'a')));
        agenda.put(at(5), 'e');
        let rest: String = std::iter::from_fn(|| agenda.take()).map(|(_, thing)| thing).collect();
        assert_eq!(rest, "bcde");
    }
}
