//! A capture: a file or stream of frames.

use super::compression::Compression;
use super::pcap::PcapFrames;
use super::pcapng::PcapngFrames;
use super::snoop::SnoopFrames;
use super::trouble::Trouble;
use pcap_file::{DataLink, Endianness};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

/// One frame of a capture.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Its number, counted from 1 as Wireshark does.
    pub number: u32,
    /// Capture time in nanoseconds since 1970-01-01 UTC.
    pub time: i64,
    /// The interface on which it was captured, counted from 0 over the whole file.
    pub interface: u32,
    /// What its first header is.
    pub link_type: DataLink,
    /// The byte order of the machine that captured it; some link layers have numbers in it.
    pub endianness: Endianness,
    /// The captured bytes.
    pub bytes: &'a [u8],
    /// Length on the wire, more than `bytes.len()` when the snap length cut it.
    pub wire_len: u32,
}

/// A capture that has been opened and recognized.
pub struct Capture {
    format: Format,
}

enum Format {
    Pcap(Box<PcapFrames<Input>>),
    Pcapng(Box<PcapngFrames>),
    Snoop(Box<SnoopFrames>),
}

/// What is read, for people who ask for help.
pub const FORMATS: &str = "pcap, pcapng or snoop format, also compressed with gzip, zstd, lz4 or xz";

/// Room for the longest record that is taken for real.
pub(super) const MAX_RECORD: usize = 16 << 20;

/// Where the bytes come from, decompressed.
pub(super) type Input = Watched<Box<dyn Read>>;

impl Capture {
    /// Opens a file, or standard input when its name is `-`.
    ///
    /// # Errors
    /// The file cannot be opened, is empty or is no capture.
    pub fn open(path: &Path) -> Result<Capture, Trouble> {
        if path == Path::new("-") {
            return Capture::from_reader(Box::new(io::stdin()));
        }
        let file = File::open(path).map_err(Trouble::Open)?;
        if file.metadata().map_err(Trouble::Open)?.is_dir() {
            return Err(Trouble::Open(io::ErrorKind::IsADirectory.into()));
        }
        Capture::from_reader(Box::new(file))
    }

    /// Recognizes a capture by its first bytes, through compression.
    ///
    /// # Errors
    /// It is empty, is no capture, or cannot be read.
    pub fn from_reader(reader: Box<dyn Read>) -> Result<Capture, Trouble> {
        let (magic, reader) = peek(reader)?;
        let (magic, reader) = match Compression::of(&magic) {
            Some(compression) => peek(compression.decompress(reader))?,
            None => (magic, reader),
        };
        Capture::recognize(magic, reader)
    }

    fn recognize(magic: Vec<u8>, reader: Box<dyn Read>) -> Result<Capture, Trouble> {
        let input = Watched::new(reader);
        let format = match *magic {
            [] => return Err(Trouble::Empty),
            [0x0a, 0x0d, 0x0d, 0x0a] => Format::Pcapng(Box::new(PcapngFrames::new(input))),
            [b's', b'n', b'o', b'o'] => Format::Snoop(Box::new(SnoopFrames::new(input)?)),
            [0xa1, 0xb2, 0xc3, 0xd4]
            | [0xd4, 0xc3, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0x3c, 0x4d]
            | [0x4d, 0x3c, 0xb2, 0xa1] => Format::Pcap(Box::new(PcapFrames::new(input)?)),
            _ => return Err(Trouble::NotACapture(looks_like(&magic))),
        };
        Ok(Capture { format })
    }

    /// Reads the comments at the head of the capture; a pcapng file has a head for each of its sections, other files
    /// have none.
    ///
    /// # Errors
    /// As [`Capture::read`].
    pub fn read_headings(&mut self, each: impl FnMut(&str)) -> Result<(), Trouble> {
        match &mut self.format {
            Format::Pcap(_) | Format::Snoop(_) => Ok(()),
            Format::Pcapng(frames) => frames.read_headings(each),
        }
    }

    /// Reads all frames in order. What comes before a trouble has been given to `each`.
    ///
    /// # Errors
    /// The capture is cut off or damaged, or cannot be read on.
    pub fn read(&mut self, each: impl FnMut(&Frame<'_>)) -> Result<(), Trouble> {
        match &mut self.format {
            Format::Pcap(frames) => frames.read(each),
            Format::Pcapng(frames) => frames.read(each),
            Format::Snoop(frames) => frames.read(each),
        }
    }
}

/// A frame without its check sequence of so many bytes, which is no payload. Only that of Ethernet is told apart, as
/// Wireshark does it.
pub(super) fn without_check_sequence(frame: Frame<'_>, length: u8) -> Frame<'_> {
    if frame.link_type != DataLink::ETHERNET {
        return frame;
    }
    let wire_len = frame.wire_len.saturating_sub(length.into());
    Frame { bytes: &frame.bytes[..frame.bytes.len().min(wire_len as usize)], wire_len, ..frame }
}

/// The first four bytes, and a reader that still gives them.
fn peek(mut reader: Box<dyn Read>) -> Result<(Vec<u8>, Box<dyn Read>), Trouble> {
    let mut magic = Vec::with_capacity(4);
    reader.by_ref().take(4).read_to_end(&mut magic).map_err(|error| cut_or_io(error, true, 0, 0))?;
    let head = io::Cursor::new(magic.clone());
    Ok((magic, Box::new(head.chain(reader))))
}

/// What a file that is no capture looks like to someone who may have mixed up names, with a way out.
fn looks_like(magic: &[u8]) -> Option<&'static str> {
    Some(match magic {
        [b'B', b'Z', b'h', _] => "bzip2-compressed data; decompress it first: bzip2 -d",
        [b'P', b'K', 3, 4] => "a zip archive; unpack it first",
        magic if Compression::of(magic).is_some() => "data compressed twice; decompress it once first",
        [0xa1, 0xb2, 0xcd, 0x34] | [0x34, 0xcd, 0xb2, 0xa1] => {
            "a modified pcap file; convert it first: editcap -F pcapng IN OUT"
        }
        _ => return None,
    })
}

/// The trouble behind an error of the operating system or of a decompressor. `ended` tells that there is
/// no more to read: the record that is missing bytes was cut off rather than too long.
pub(super) fn cut_or_io(error: io::Error, ended: bool, offset: u64, frames: u32) -> Trouble {
    match error.kind() {
        io::ErrorKind::UnexpectedEof if ended => Trouble::Cut { offset, frames },
        io::ErrorKind::UnexpectedEof => {
            Trouble::Damaged { offset, frames, what: "its record would be megabytes long".to_string() }
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            Trouble::Damaged { offset, frames, what: error.to_string() }
        }
        _ => Trouble::Io { offset, frames, error },
    }
}

/// A reader that remembers whether it came to its end.
pub(super) struct Watched<R> {
    reader: R,
    ended: Rc<Cell<bool>>,
}

impl<R: Read> Watched<R> {
    fn new(reader: R) -> Watched<R> {
        Watched { reader, ended: Rc::default() }
    }

    /// Tells, as long as it lives, whether the end was reached.
    pub(super) fn end(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.ended)
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A compressed stream that breaks off says so itself.
                Err(error) => {
                    self.ended.set(error.kind() == io::ErrorKind::UnexpectedEof);
                    return Err(error);
                }
                Ok(count) => {
                    self.ended.set(count == 0 && !buffer.is_empty());
                    return Ok(count);
                }
            }
        }
    }
}
