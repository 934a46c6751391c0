//! A list that grows without moving or doubling what it holds.

use std::ops::{Index, IndexMut};

/// A list in chunks of equal size, of which only the last has room to spare.
#[derive(Debug)]
pub(crate) struct Chunked<T> {
    chunks: Vec<Vec<T>>,
}

impl<T> Default for Chunked<T> {
    fn default() -> Chunked<T> {
        Chunked { chunks: Vec::new() }
    }
}

impl<T> Chunked<T> {
    /// Elements of a chunk: few enough that a small capture takes little, a power of two to find them fast.
    const CHUNK: usize = 512;

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * Self::CHUNK + last.len())
    }

    /// Adds one at the end.
    pub(crate) fn push(&mut self, item: T) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < Self::CHUNK => last.push(item),
            _ => {
                let mut chunk = Vec::with_capacity(Self::CHUNK);
                chunk.push(item);
                self.chunks.push(chunk);
            }
        }
    }

    /// The one at `at`, `None` beyond the end.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        self.chunks.get(at / Self::CHUNK)?.get(at % Self::CHUNK)
    }
}

impl<T> Index<usize> for Chunked<T> {
    type Output = T;
    #[inline]
    fn index(&self, at: usize) -> &T {
        &self.chunks[at / Self::CHUNK][at % Self::CHUNK]
    }
}

impl<T> IndexMut<usize> for Chunked<T> {
    #[inline]
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut self.chunks[at / Self::CHUNK][at % Self::CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::Chunked;

    #[test]
    fn what_was_pushed_is_found_across_chunks() {
        let mut list = Chunked::default();
        assert_eq!((list.len(), list.get(0)), (0, None));
        (0..1300).for_each(|n| list.push(n));
        list[700] = 7;
        assert_eq!((list.len(), list[511], list[512], list[700]), (1300, 511, 512, 7));
        assert_eq!((list.get(1299), list.get(1300), list.get(1536)), (Some(&1299), None, None));
    }
}
