//! What will happen, by time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::time::Time;

/// Things that will happen: the earliest first, and of equals the one that was put in first.
///
/// Most things of one kind come in the order in which they are put in, as packets do that nothing overtakes: they stand
/// in line, and only the rest is sorted.
#[derive(Debug)]
pub(crate) struct Agenda<T, const LINES: usize> {
    lines: [VecDeque<Entry<T>>; LINES],
    /// The order of the first thing in each line.
    first: [u128; LINES],
    others: BinaryHeap<Reverse<Entry<T>>>,
    count: u64,
}

#[derive(Debug)]
struct Entry<T> {
    /// The time, and below it how many were put in before: one number, which is quick to compare.
    order: u128,
    thing: T,
}

/// The order of what never comes.
const NEVER: u128 = u128::MAX;

impl<T, const LINES: usize> Agenda<T, LINES> {
    pub(crate) fn new() -> Self {
        Agenda {
            lines: std::array::from_fn(|_| VecDeque::new()),
            first: [NEVER; LINES],
            others: BinaryHeap::new(),
            count: 0,
        }
    }

    /// Puts in a thing that comes in no order.
    pub(crate) fn put(&mut self, time: Time, thing: T) {
        let entry = self.entry(time, thing);
        self.others.push(Reverse(entry));
    }

    /// Puts a thing behind the others of its line, unless it happens before them.
    pub(crate) fn put_in_line(&mut self, line: usize, time: Time, thing: T) {
        let entry = self.entry(time, thing);
        match self.lines[line].back() {
            Some(last) if last.order > entry.order => self.others.push(Reverse(entry)),
            last => {
                if last.is_none() {
                    self.first[line] = entry.order;
                }
                self.lines[line].push_back(entry);
            }
        }
    }

    fn entry(&mut self, time: Time, thing: T) -> Entry<T> {
        self.count += 1;
        Entry { order: u128::from(time.nanos()) << 64 | u128::from(self.count), thing }
    }

    /// The next thing, and when it happens.
    pub(crate) fn take(&mut self) -> Option<(Time, T)> {
        let (mut line, mut least) = (LINES, self.others.peek().map_or(NEVER, |Reverse(entry)| entry.order));
        for (number, &order) in self.first.iter().enumerate() {
            if order < least {
                (line, least) = (number, order);
            }
        }
        let entry = match self.lines.get_mut(line) {
            Some(things) => {
                let entry = things.pop_front()?;
                self.first[line] = things.front().map_or(NEVER, |next| next.order);
                entry
            }
            None => self.others.pop()?.0,
        };
        Some((Time::from_nanos((entry.order >> 64) as u64), entry.thing))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl<T> Eq for Entry<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_come_by_time_and_then_as_they_were_put() {
        let mut agenda = Agenda::<char, 0>::new();
        let at = Time::from_nanos;
        for (time, thing) in [(5, 'c'), (3, 'a'), (5, 'd'), (4, 'b')] {
            agenda.put(at(time), thing);
        }
        assert_eq!(agenda.take(), Some((at(3), 'a')));
        agenda.put(at(5), 'e');
        let rest: String = std::iter::from_fn(|| agenda.take()).map(|(_, thing)| thing).collect();
        assert_eq!(rest, "bcde");
    }

    #[test]
    fn what_stands_in_line_comes_in_time_too() {
        let mut agenda = Agenda::<char, 2>::new();
        let at = Time::from_nanos;
        agenda.put(at(5), 'd');
        // The third is before the second, and may not wait behind it.
        for (time, thing) in [(1, 'a'), (5, 'e'), (2, 'b')] {
            agenda.put_in_line(0, at(time), thing);
        }
        agenda.put_in_line(1, at(3), 'c');
        agenda.put(at(5), 'f');
        let all: String = std::iter::from_fn(|| agenda.take()).map(|(_, thing)| thing).collect();
        assert_eq!(all, "abcdef");
    }
}
