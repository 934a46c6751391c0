//! Virtual time: nanoseconds since the capture's begin. Nothing here reads a clock.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment of the simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Time(u64);

impl Time {
    pub(crate) const ZERO: Time = Time(0);

    pub(crate) const fn from_nanos(nanos: u64) -> Self {
        Time(nanos)
    }

    pub(crate) const fn nanos(self) -> u64 {
        self.0
    }

    /// Since the capture's begin.
    pub(crate) const fn since_begin(self) -> Duration {
        Duration::from_nanos(self.0)
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, span: Duration) -> Time {
        Time(self.0.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Time {
    type Output = Duration;

    /// The span between; none if `earlier` is later.
    fn sub(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}
