//! The bytes of a capture that are at hand.

use super::capture::{Input, cut_or_io};
use super::trouble::Trouble;
use std::io::{self, Read};

/// Bytes that are asked of the input at a time.
const CHUNK: usize = 256 << 10;
/// The longest record that is taken for real.
const MAX_RECORD: usize = 16 << 20;

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
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(more) => self.end += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + count)])
    }

    /// The record of `length` bytes that comes after so many frames.
    ///
    /// # Errors
    /// It is cut off, cannot be read, or is too long to be true.
    pub(super) fn look_at_record(&mut self, length: usize, frames: u32) -> Result<&[u8], Trouble> {
        let offset = self.offset;
        let record = self.look(length.min(MAX_RECORD)).map_err(|error| cut_or_io(error, offset, frames))?;
        if record.len() < length.min(MAX_RECORD) {
            return Err(Trouble::Cut { offset, frames });
        }
        if length > MAX_RECORD {
            let what = "its record would be megabytes long".to_string();
            return Err(Trouble::Damaged { offset, frames, what });
        }
        Ok(record)
    }

    /// Steps over `count` bytes that have been looked at.
    pub(super) fn step(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
        self.offset += count as u64;
    }

    /// Steps over `count` bytes, however many, or to the end.
    pub(super) fn skip(&mut self, count: usize) -> io::Result<()> {
        let mut left = count;
        while left > 0 {
            match self.look(left.min(CHUNK))?.len() {
                0 => break,
                some => {
                    self.step(some);
                    left -= some;
                }
            }
        }
        Ok(())
    }
}
