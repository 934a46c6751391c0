//! A capture: a file or stream of frames.

use super::compression::Compression;
use super::pcap::{PcapFrames, Variant};
use super::pcapng::PcapngFrames;
use super::snoop::SnoopFrames;
use super::trouble::Trouble;
use pcap_file::{DataLink, Endianness};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

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
    Pcap(Box<PcapFrames>),
    Pcapng(Box<PcapngFrames>),
    Snoop(Box<SnoopFrames>),
}

/// What is read, for people who ask for help.
pub const FORMATS: &str = "pcap, pcapng or snoop format, also compressed with gzip, zstd, lz4 or xz";

/// Where the bytes come from, decompressed.
pub(super) type Input = Box<dyn Read>;

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
        let format = match *magic {
            [] => return Err(Trouble::Empty),
            [0x0a, 0x0d, 0x0d, 0x0a] => Format::Pcapng(Box::new(PcapngFrames::new(reader))),
            [b's', b'n', b'o', b'o'] => Format::Snoop(Box::new(SnoopFrames::new(reader)?)),
            _ => match Variant::of(&magic) {
                Some(variant) => Format::Pcap(Box::new(PcapFrames::new(reader, variant)?)),
                None => return Err(Trouble::NotACapture(looks_like(&magic))),
            },
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
    reader.by_ref().take(4).read_to_end(&mut magic).map_err(|error| cut_or_io(error, 0, 0))?;
    let head = io::Cursor::new(magic.clone());
    Ok((magic, Box::new(head.chain(reader))))
}

/// What a file that is no capture looks like to someone who may have mixed up names, with a way out.
fn looks_like(magic: &[u8]) -> Option<&'static str> {
    Some(match magic {
        [b'B', b'Z', b'h', _] => "bzip2-compressed data; decompress it first: bzip2 -d",
        [b'P', b'K', 3, 4] => "a zip archive; unpack it first",
        magic if Compression::of(magic).is_some() => "data compressed twice; decompress it once first",
        _ => return None,
    })
}

/// The trouble behind an error of the operating system or of a decompressor.
pub(super) fn cut_or_io(error: io::Error, offset: u64, frames: u32) -> Trouble {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Trouble::Cut { offset, frames },
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            Trouble::Damaged { offset, frames, what: error.to_string() }
        }
        _ => Trouble::Io { offset, frames, error },
    }
}
