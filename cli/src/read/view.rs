//! The part of a frame that one layer owns.

/// Captured bytes, and how many there were on the wire: the snap length may have cut the bytes, never
/// the count. Wireshark calls the two captured and reported length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View<'a> {
    /// What was captured.
    pub(super) bytes: &'a [u8],
    /// Length on the wire, at least `bytes.len()`.
    pub(super) wire_len: u32,
}

impl<'a> View<'a> {
    /// A view of a frame or datagram; a length on the wire below the captured one is corrected.
    pub(super) fn new(bytes: &'a [u8], wire_len: u32) -> View<'a> {
        let captured = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        View { bytes, wire_len: wire_len.max(captured) }
    }

    /// What follows the first `count` bytes; `None` when those were not all captured.
    #[inline]
    pub(super) fn skip(self, count: usize) -> Option<View<'a>> {
        let bytes = self.bytes.get(count..)?;
        Some(View { bytes, wire_len: self.wire_len - count as u32 })
    }

    /// The first `len` bytes, as a length field says: what lies behind is padding or another's.
    #[inline]
    pub(super) fn limit(self, len: u32) -> View<'a> {
        let captured = self.bytes.len().min(len as usize);
        View { bytes: &self.bytes[..captured], wire_len: self.wire_len.min(len) }
    }

    /// All but the last `count` bytes, as they were on the wire.
    #[inline]
    pub(super) fn without_tail(self, count: u32) -> View<'a> {
        self.limit(self.wire_len.saturating_sub(count))
    }

    /// Whether the snap length cut nothing off.
    #[inline]
    pub(super) fn is_whole(self) -> bool {
        self.bytes.len() as u64 == u64::from(self.wire_len)
    }

    /// The byte at `at`.
    #[inline]
    pub(super) fn u8(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The 16-bit number in network byte order at `at`.
    #[inline]
    pub(super) fn u16(self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..)?.get(..2)?;
        Some(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// The 16-bit number in the other byte order at `at`.
    #[inline]
    pub(super) fn u16_le(self, at: usize) -> Option<u16> {
        self.u16(at).map(u16::swap_bytes)
    }

    /// The 32-bit number in the other byte order at `at`.
    #[inline]
    pub(super) fn u32_le(self, at: usize) -> Option<u32> {
        self.u32(at).map(u32::swap_bytes)
    }

    /// The 32-bit number in network byte order at `at`.
    #[inline]
    pub(super) fn u32(self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..)?.get(..4)?;
        Some(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }
}

#[cfg(test)]
mod tests {
    use super::View;

    #[test]
    fn a_cut_frame_keeps_its_length_on_the_wire() {
        let view = View::new(&[0x12, 0x34, 0x56, 0x78], 100);
        assert_eq!((view.u16(1), view.u32(0), view.u32(1)), (Some(0x3456), Some(0x1234_5678), None));
        let rest = view.skip(3).unwrap();
        assert_eq!((rest.bytes, rest.wire_len, rest.is_whole()), (&[0x78][..], 97, false));
        assert_eq!(view.limit(50).wire_len, 50);
        assert_eq!((view.without_tail(4).bytes, view.without_tail(4).wire_len), (view.bytes, 96));
        assert_eq!(view.without_tail(98).bytes, [0x12, 0x34]);
        assert!(view.limit(2).is_whole());
        assert_eq!(view.skip(5), None);
    }

    #[test]
    fn a_wire_length_below_the_captured_one_is_no_length() {
        assert_eq!(View::new(&[0; 8], 3).wire_len, 8);
    }
}
