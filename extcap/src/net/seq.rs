//! Sequence numbers (RFC 9293, 3.4): 32 bits that wrap around.

use std::ops::{Add, AddAssign, Sub};

/// A sequence number. Compare with the methods; it has no order of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Seq(pub(crate) u32);

impl Seq {
    pub(crate) fn before(self, other: Seq) -> bool {
        (self.0.wrapping_sub(other.0) as i32) < 0
    }

    pub(crate) fn after(self, other: Seq) -> bool {
        other.before(self)
    }

    /// The later of the two.
    pub(crate) fn max(self, other: Seq) -> Seq {
        if self.before(other) { other } else { self }
    }

    /// The earlier of the two.
    pub(crate) fn min(self, other: Seq) -> Seq {
        if self.before(other) { self } else { other }
    }
}

impl Add<u32> for Seq {
    type Output = Seq;

    fn add(self, count: u32) -> Seq {
        Seq(self.0.wrapping_add(count))
    }
}

impl AddAssign<u32> for Seq {
    fn add_assign(&mut self, count: u32) {
        *self = *self + count;
    }
}

impl Sub<u32> for Seq {
    type Output = Seq;

    fn sub(self, count: u32) -> Seq {
        Seq(self.0.wrapping_sub(count))
    }
}

impl Sub for Seq {
    type Output = u32;

    /// How far `self` is behind `earlier`, modulo 2^32.
    fn sub(self, earlier: Seq) -> u32 {
        self.0.wrapping_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_the_wrap() {
        let (last, first) = (Seq(u32::MAX), Seq(0));
        assert!(last.before(first) && first.after(last));
        assert_eq!(last + 1, first);
        assert_eq!(first - last, 1);
        assert_eq!(last.max(first), first);
        assert_eq!(last.min(first), last);
    }
}
