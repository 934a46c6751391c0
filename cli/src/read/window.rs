//! The bytes of a capture that are at hand.

use super::capture::Input;
use std::io::{self, Read};

/// Bytes that are asked of the input at a time.
const CHUNK: usize = 256 << 10;

/// A capture seen through a window that moves over it: formats look at as many bytes as they need, then step over
/// them. It holds no more than the longest record that was looked at.
pub(super) struct Window {
    input: Input,
    buffer: Vec<u8>,
    /// Where in the buffer the next byte stands, and where those that were read end.
    start: usize,
    end: usize,
    offset: u64,
}

impl Window {
    pub(super) fn new(input: Input) -> Window {
        Window { input, buffer: Vec::new(), start: 0, end: 0, offset: 0 }
    }

    /// Where the next byte stands in the (decompressed) capture.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next `count` bytes, or all that are left when those are fewer.
    pub(super) fn look(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.start + count > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            self.buffer.resize(count.max(CHUNK), 0);
        }
        while self.end - self.start < count {
            match self.input.read(&mut self.buffer[self.end..])? {
                0 => break,
                more => self.end += more,
            }
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + count)])
    }

    /// Steps over `count` bytes that have been looked at.
    pub(super) fn step(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
        self.offset += count as u64;
    }
}
