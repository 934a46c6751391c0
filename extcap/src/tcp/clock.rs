//! The kernel's clock: timers end on ticks, and long ones end late.
//!
//! Linux keeps its timers in a wheel of several levels: the further away a timer, the coarser the level that it is
//! put in, and it ends with its level's next step (`kernel/time/timer.c`, with `HZ` = 250). This is why a SYN is
//! repeated after 1.02 s, and the SYN-ACK's third repeat comes 4.2 s after the second.

use std::time::Duration;

use crate::time::Time;

/// One tick: `1 / HZ`.
const TICK: u64 = 4_000_000;
/// Buckets per level.
const LEVEL_SIZE: u64 = 64;
/// Each level is 2^3 times as coarse as the one below.
const LEVEL_SHIFT: u32 = 3;
const LEVELS: u32 = 9;

/// A host's timers and its clock for timestamps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KernelClock {
    /// How long the host has been up when the capture begins, in ns.
    uptime: u64,
}

impl KernelClock {
    pub(crate) fn new(uptime: Duration) -> Self {
        KernelClock { uptime: uptime.as_nanos() as u64 }
    }

    /// When a timer that is set now really ends.
    pub(crate) fn expiry(self, now: Time, timeout: Duration) -> Time {
        let jiffies = (now.nanos() + self.uptime) / TICK;
        let ticks = (timeout.as_nanos() as u64).div_ceil(TICK);
        let shift = (1..LEVELS).take_while(|&level| ticks >= level_start(level)).count() as u32 * LEVEL_SHIFT;
        let bucket = (((jiffies + ticks) >> shift) + 1) << shift;
        Time::from_nanos((bucket * TICK).saturating_sub(self.uptime))
    }

    /// Nanoseconds since the host was started.
    pub(crate) fn nanos(self, now: Time) -> u64 {
        now.nanos() + self.uptime
    }

    /// The clock that TSval counts: milliseconds since the host was started.
    pub(crate) fn millis(self, now: Time) -> u32 {
        ((now.nanos() + self.uptime) / 1_000_000) as u32
    }
}

/// The shortest timeout, in ticks, that a level takes.
const fn level_start(level: u32) -> u64 {
    (LEVEL_SIZE - 1) << ((level - 1) * LEVEL_SHIFT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measured on Linux 6.18: intervals of unanswered SYNs, in ms.
    #[test]
    fn long_timers_end_late() {
        let clock = KernelClock::new(Duration::from_millis(123_456));
        let late = |ms| {
            let took = clock.expiry(Time::ZERO, Duration::from_millis(ms)) - Time::ZERO;
            took.as_millis() as u64 - ms
        };
        assert!((0..=4).contains(&late(40)), "a tick");
        assert!((0..=36).contains(&late(1_000)), "8 ticks");
        assert!((0..=260).contains(&late(4_000)), "64 ticks");
        assert!((0..=2_052).contains(&late(32_000)), "512 ticks");
    }
}
