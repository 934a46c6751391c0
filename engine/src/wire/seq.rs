//! Sequence numbers that wrap (RFC 9293, 3.4).

use std::ops::{Add, Sub};

/// A TCP sequence number, compared modulo 2^32 (RFC 9293, 3.4; RFC 1982).
///
/// `a.before(b)` holds when `b` is at most 2^31 - 1 ahead of `a`. There is deliberately no `Ord`:
/// wrapping order is not transitive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Seq(pub u32);

impl Seq {
    /// How far `self` is ahead of `other`, negative when it is behind.
    #[inline]
    #[must_use]
    pub fn since(self, other: Seq) -> i32 {
        self.0.wrapping_sub(other.0) as i32
    }

    /// `self` comes before `other`.
    #[inline]
    #[must_use]
    pub fn before(self, other: Seq) -> bool {
        self.since(other) < 0
    }

    /// `self` comes after `other`.
    #[inline]
    #[must_use]
    pub fn after(self, other: Seq) -> bool {
        self.since(other) > 0
    }

    /// `self` is `other` or comes after it.
    #[inline]
    #[must_use]
    pub fn reaches(self, other: Seq) -> bool {
        self.since(other) >= 0
    }

    /// The later of two.
    #[inline]
    #[must_use]
    pub fn max(self, other: Seq) -> Seq {
        if self.after(other) { self } else { other }
    }
}

impl Add<u32> for Seq {
    type Output = Seq;
    #[inline]
    fn add(self, bytes: u32) -> Seq {
        Seq(self.0.wrapping_add(bytes))
    }
}

impl Sub<u32> for Seq {
    type Output = Seq;
    #[inline]
    fn sub(self, bytes: u32) -> Seq {
        Seq(self.0.wrapping_sub(bytes))
    }
}

impl std::fmt::Debug for Seq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Seq;

    #[test]
    fn order_holds_across_the_wrap() {
        let (low, high) = (Seq(5), Seq(u32::MAX - 5));
        assert!(high.before(low) && low.after(high));
        assert_eq!(low.since(high), 11);
        assert_eq!(high + 11, low);
        assert_eq!(low.max(high), low);
        assert!(low.reaches(low));
    }
}
