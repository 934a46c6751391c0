//! The format of Solaris' snoop (RFC 1761), which Surveyor writes too.

use super::capture::{Frame, Input, cut_or_io, without_check_sequence};
use super::fields::Fields;
use super::trouble::Trouble;
use super::window::Window;
use pcap_file::{DataLink, Endianness};

/// Bytes of the file header, and of the header of each record.
const FILE_HEADER: usize = 16;
const RECORD_HEADER: usize = 24;
/// Bytes behind a frame that only Surveyor adds; it keeps the check sequence of Ethernet too.
const SURVEYOR_TRAILER: usize = 20;

/// The frames of a snoop file.
pub(super) struct SnoopFrames {
    window: Window,
    link_type: DataLink,
    check_sequence: u8,
}

impl SnoopFrames {
    pub(super) fn new(input: Input) -> Result<SnoopFrames, Trouble> {
        let mut window = Window::new(input);
        let failed = |error| cut_or_io(error, 0, 0);
        let damaged = |what| Trouble::Damaged { offset: 0, frames: 0, what };
        let header = window.look(FILE_HEADER + RECORD_HEADER).map_err(failed)?;
        let (Some(version), Some(network)) = (number(header, 8), number(header, 12)) else {
            return Err(Trouble::Cut { offset: 0, frames: 0 });
        };
        if !header.starts_with(b"snoop\0\0\0") || !(2..=5).contains(&version) {
            return Err(damaged(format!("no snoop file of a known version ({version})")));
        }
        let surveyor = padding(&header[FILE_HEADER..]).is_some_and(|padding| padding >= SURVEYOR_TRAILER);
        let link_type = link_type(network, surveyor).ok_or_else(|| {
            Trouble::LinkType(format!("{network} of snoop{}", if surveyor { " (Surveyor)" } else { "" }))
        })?;
        window.step(FILE_HEADER);
        Ok(SnoopFrames { window, link_type, check_sequence: if surveyor { 4 } else { 0 } })
    }

    /// Gives every frame to `each`.
    pub(super) fn read(&mut self, mut each: impl FnMut(&Frame<'_>)) -> Result<(), Trouble> {
        let mut frames = 0;
        loop {
            let offset = self.window.offset();
            let damaged = |what: &str| Trouble::Damaged { offset, frames, what: what.to_string() };
            let header = self.window.look(RECORD_HEADER).map_err(|error| cut_or_io(error, offset, frames))?;
            if header.is_empty() {
                return Ok(());
            }
            let Some(padding) = padding(header) else {
                return Err(match header.len() {
                    RECORD_HEADER => damaged("its lengths exceed the record"),
                    _ => Trouble::Cut { offset, frames },
                });
            };
            let field = |at| number(header, at).unwrap_or_default();
            let (wire_len, captured) = (field(0), field(4) as usize);
            let time = i64::from(field(16)) * 1_000_000_000 + i64::from(field(20)) * 1_000;
            let record = self.window.look_at_record(RECORD_HEADER + captured, frames)?;
            frames += 1;
            let frame = Frame {
                number: frames,
                time,
                interface: 0,
                link_type: self.link_type,
                endianness: Endianness::Big,
                bytes: &record[RECORD_HEADER..],
                wire_len,
            };
            each(&without_check_sequence(frame, self.check_sequence));
            self.window.step(RECORD_HEADER + captured);
            // Nothing is lost with padding that is missing at the end.
            self.window.skip(padding).map_err(|error| cut_or_io(error, offset, frames))?;
        }
    }
}

/// The number at `at`; all are big-endian.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Fields::new(bytes, Endianness::Big).u32(at)
}

/// Bytes between the end of a record's frame and that of the record; `None` where there cannot be as many.
fn padding(record: &[u8]) -> Option<usize> {
    let (captured, length) = (number(record, 4)?, number(record, 8)?);
    number(record, 20)?;
    (length as usize).checked_sub(RECORD_HEADER + captured as usize)
}

/// What the network types of snoop and Surveyor are called elsewhere (RFC 1761, "Datalink Type", and DLPI's
/// media types; Surveyor has its own from 10 on).
fn link_type(network: u32, surveyor: bool) -> Option<DataLink> {
    Some(match (network, surveyor) {
        (0 | 4, _) | (10 | 12 | 19, true) => DataLink::ETHERNET,
        (2, _) | (11 | 13 | 14, true) => DataLink::IEEE802_5,
        (8, _) => DataLink::FDDI,
        (9 | 14, false) => DataLink::NULL,
        _ => return None,
    })
}
