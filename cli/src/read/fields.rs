//! Numbers in the byte order of whoever wrote a file.

use pcap_file::Endianness;

/// Bytes, and the order of the numbers in them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) endianness: Endianness,
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8], endianness: Endianness) -> Fields<'a> {
        Fields { bytes, endianness }
    }

    /// What starts at `at`.
    pub(super) fn from(self, at: usize) -> Option<Fields<'a>> {
        Some(Fields { bytes: self.bytes.get(at..)?, ..self })
    }

    /// The 16-bit number at `at`.
    pub(super) fn u16(self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(match self.endianness {
            Endianness::Big => u16::from_be_bytes(bytes),
            Endianness::Little => u16::from_le_bytes(bytes),
        })
    }

    /// The 32-bit number at `at`.
    pub(super) fn u32(self, at: usize) -> Option<u32> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(match self.endianness {
            Endianness::Big => u32::from_be_bytes(bytes),
            Endianness::Little => u32::from_le_bytes(bytes),
        })
    }

    /// The signed number that is all of it.
    pub(super) fn i64(self) -> Option<i64> {
        let bytes = self.bytes.try_into().ok()?;
        Some(match self.endianness {
            Endianness::Big => i64::from_be_bytes(bytes),
            Endianness::Little => i64::from_le_bytes(bytes),
        })
    }
}
