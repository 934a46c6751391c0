//! Chance that is the same again: everything random comes out of the seed, on any machine.

use std::time::Duration;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// One source of chance. Each part of the simulation has its own, so that one part's use of it does not
/// change what another part gets.
#[derive(Debug, Clone)]
pub(crate) struct Random(Pcg64Mcg);

impl Random {
    /// The source for one part (any number that stands for it) of a run with this seed.
    pub(crate) fn new(seed: u64, part: u64) -> Self {
        Random(Pcg64Mcg::seed_from_u64(seed ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    pub(crate) fn u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    pub(crate) fn u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(crate) fn u16(&mut self) -> u16 {
        (self.0.next_u32() >> 16) as u16
    }

    /// Whether something of this probability happens.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        const WHOLE: f64 = (1u64 << 53) as f64;
        ((self.0.next_u64() >> 11) as f64) < probability * WHOLE
    }

    /// A number from 0 up to, and without, `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(end)) >> 64) as u64
    }

    /// True with that probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        // 53 bits are what a float holds exactly.
        ((self.0.next_u64() >> 11) as f64) < probability * (1u64 << 53) as f64
    }

    /// A span between two others.
    pub(crate) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        least + Duration::from_nanos(self.below((most.saturating_sub(least)).as_nanos() as u64 + 1))
    }
}
