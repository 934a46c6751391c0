//! What can be wrong with a capture.

use std::fmt;
use std::io;

/// Why a capture could not be read, or not to its end. [`Display`](fmt::Display) gives one line without
/// the file's name: what is wrong, where, and what to do.
#[derive(Debug)]
pub enum Trouble {
    /// The file cannot be opened.
    Open(io::Error),
    /// There is not one byte in it.
    Empty,
    /// It is something else than a capture: what it looks like, if that can be told.
    NotACapture(Option<&'static str>),
    /// It ends in the middle of a record.
    Cut {
        /// Where the incomplete record starts, in bytes from the start of the (decompressed) file.
        offset: u64,
        /// How many whole frames were read before.
        frames: u32,
    },
    /// A record contradicts the format.
    Damaged {
        /// Where that record starts, in bytes from the start of the (decompressed) file.
        offset: u64,
        /// How many frames were read before.
        frames: u32,
        /// What is wrong with it.
        what: String,
    },
    /// The operating system fails to read on.
    Io {
        /// How many bytes were read before, after decompression.
        offset: u64,
        /// How many frames were read before.
        frames: u32,
        /// Its reason.
        error: io::Error,
    },
    /// No frame is of a link type that carries IP as we know it.
    LinkType(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Open(error) => match error.kind() {
                io::ErrorKind::NotFound => f.write_str("no such file; check the name"),
                io::ErrorKind::PermissionDenied => {
                    f.write_str("permission denied; make it readable for you, or copy it")
                }
                io::ErrorKind::IsADirectory => {
                    f.write_str("a folder; name the capture files that are in it")
                }
                _ => write!(f, "cannot open it: {error}"),
            },
            Trouble::Empty => f.write_str("empty file (0 bytes); was the capture started, or the copy finished?"),
            Trouble::NotACapture(Some(what)) => write!(f, "not a capture but {what}"),
            Trouble::NotACapture(None) => f.write_str(
                "not a pcap, pcapng or snoop capture (unknown first bytes at offset 0); if Wireshark opens it, save it there as pcapng",
            ),
            Trouble::Cut { offset, frames } => write!(
                f,
                "cut off at byte {offset}, {}; {}; copy it again if the original is longer",
                place(*offset, *frames),
                so_far(*frames)
            ),
            Trouble::Damaged { offset, frames, what } => write!(
                f,
                "damaged at byte {offset}, {}: {what}; {}; copy it again if the original is sound",
                place(*offset, *frames),
                so_far(*frames)
            ),
            Trouble::Io { offset, frames, error } => {
                write!(f, "cannot be read on at byte {offset}: {error}; {}", so_far(*frames))
            }
            Trouble::LinkType(name) => write!(
                f,
                "link type {name} is not supported; capture on an Ethernet, cooked (any), loopback or raw IP interface (tcpdx analyze --help lists all that are)"
            ),
        }
    }
}

impl std::error::Error for Trouble {}

/// The record that starts at `offset`, in words.
fn place(offset: u64, frames: u32) -> String {
    match (offset, frames) {
        (0, _) => "in the file's header".to_string(),
        (_, 0) => "before the first frame was complete".to_string(),
        _ => format!("after frame {frames}"),
    }
}

fn so_far(frames: u32) -> String {
    match frames {
        0 => "nothing could be analyzed".to_string(),
        1 => "the frame before it was analyzed".to_string(),
        _ => format!("the {frames} frames before it were analyzed"),
    }
}
