//! CUBIC (RFC 9438) with HyStart, in the fixed-point numbers of the Linux kernel, and the state that they need.

use std::time::Duration;

use crate::net::Seq;
use crate::time::Time;

/// Multiplicative decrease, of 1024: 0.7.
const BETA: u32 = 717;
/// The constant C = 0.4 of RFC 9438, of 1024; times cubed are in 1/1024 s.
const SCALE: u64 = 410;
/// HyStart looks at windows from this size on.
const LOW_WINDOW: u32 = 16;
/// ACKs this close together are a train.
const TRAIN_GAP: Duration = Duration::from_millis(2);
/// Round-trip times that HyStart wants before it judges.
const SAMPLES: u32 = 8;

#[derive(Debug, Default)]
pub(super) struct Cubic {
    /// ACKed segments that make the window larger by one.
    per_step: u32,
    window_max: u32,
    last_window: u32,
    last_time: Time,
    origin: u32,
    /// Time to the origin, in 1/1024 s.
    to_origin: u64,
    delay_min: Duration,
    epoch: Option<Time>,
    acked: u32,
    /// What Reno would have.
    reno_window: u32,
    start: HyStart,
}

/// Finds the end of slow start before a loss does.
#[derive(Debug, Default)]
struct HyStart {
    found: bool,
    round: Option<(Time, Seq)>,
    last_ack: Time,
    least: Option<Duration>,
    samples: u32,
}

impl Cubic {
    /// A loss or a mark: the new threshold for a window.
    pub(super) fn reduced(&mut self, window: u32) -> u32 {
        self.epoch = None;
        self.window_max = if window < self.window_max { window * (1024 + BETA) / 2048 } else { window };
        (window * BETA / 1024).max(2)
    }

    /// A timeout: everything that was learned is forgotten.
    pub(super) fn reset(&mut self) {
        *self = Cubic::default();
    }

    /// Time without anything to send does not count (`bictcp_cwnd_event`).
    pub(super) fn resumed(&mut self, now: Time, idle: Duration) {
        if let Some(epoch) = &mut self.epoch {
            *epoch = (*epoch + idle).min(now);
        }
    }

    /// How many segments must be acknowledged for one more in the window (`bictcp_update`).
    pub(super) fn segments_per_step(&mut self, now: Time, window: u32, acked: u32) -> u32 {
        self.acked += acked;
        let fresh = self.last_window == window && now - self.last_time <= Duration::from_millis(31);
        if !fresh {
            let same_tick = ticks(now) == ticks(self.last_time);
            if self.epoch.is_none() || !same_tick {
                self.follow_curve(now, window, acked);
            }
            self.stay_with_reno(window);
        }
        self.per_step.max(2)
    }

    fn follow_curve(&mut self, now: Time, window: u32, acked: u32) {
        self.last_window = window;
        self.last_time = now;
        let epoch = *self.epoch.get_or_insert_with(|| {
            self.acked = acked;
            self.reno_window = window;
            (self.to_origin, self.origin) = if self.window_max <= window {
                (0, window)
            } else {
                let away = u64::from(self.window_max - window);
                (cube_root((1 << 40) / SCALE * away), self.window_max)
            };
            now
        });
        let time = (now - epoch + self.delay_min).as_millis() as u64 / 4 * 4 * 1024 / 1000;
        let away = time.abs_diff(self.to_origin);
        let delta =
            ((u128::from(SCALE) * u128::from(away).pow(3)) >> 40).min(u128::from(u32::MAX >> 1)) as u32;
        let target =
            if time < self.to_origin { self.origin.saturating_sub(delta) } else { self.origin + delta };
        self.per_step = if target > window { window / (target - window) } else { 100 * window };
        if self.window_max == 0 && self.per_step > 20 {
            self.per_step = 20;
        }
    }

    /// Not slower than Reno would be (RFC 9438, 4.3).
    fn stay_with_reno(&mut self, window: u32) {
        const FACTOR: u32 = 8 * (1024 + BETA) / 3 / (1024 - BETA);
        let step = ((window * FACTOR) >> 3).max(1);
        while self.acked > step {
            self.acked -= step;
            self.reno_window += 1;
        }
        if self.reno_window > window {
            self.per_step = self.per_step.min(window / (self.reno_window - window));
        }
    }

    /// A round-trip time was measured. True if slow start should end here (`hystart_update`).
    pub(super) fn measured(
        &mut self,
        now: Time,
        rtt: Duration,
        una: Seq,
        next: Seq,
        window: u32,
        slow_start: bool,
    ) -> bool {
        if self.epoch.is_some_and(|epoch| now - epoch < Duration::from_secs(1)) {
            return false;
        }
        if self.delay_min.is_zero() || rtt < self.delay_min {
            self.delay_min = rtt;
        }
        if self.start.found || !slow_start {
            return false;
        }
        self.start.found = self.start.ends(now, rtt, self.delay_min, una, next, window);
        self.start.found
    }
}

impl HyStart {
    fn ends(
        &mut self,
        now: Time,
        rtt: Duration,
        delay_min: Duration,
        una: Seq,
        next: Seq,
        window: u32,
    ) -> bool {
        let (begin, _) = match self.round {
            Some((begin, end)) if !una.after(end) => (begin, end),
            _ => {
                *self = HyStart { round: Some((now, next)), last_ack: now, ..HyStart::default() };
                (now, next)
            }
        };
        if window < LOW_WINDOW {
            return false;
        }
        if now - self.last_ack <= TRAIN_GAP {
            self.last_ack = now;
            // The kernel adds what a burst of its largest size takes, at most a millisecond.
            if now - begin > (delay_min + Duration::from_millis(1)) / 2 {
                return true;
            }
        }
        self.least = Some(self.least.map_or(rtt, |least| least.min(rtt)));
        if self.samples < SAMPLES {
            self.samples += 1;
            return false;
        }
        let more = (delay_min / 8).clamp(Duration::from_millis(4), Duration::from_millis(16));
        self.least.is_some_and(|least| least > delay_min + more)
    }
}

/// The kernel's tick that a moment belongs to.
fn ticks(time: Time) -> u64 {
    time.nanos() / 4_000_000
}

/// The integer part of a cube root.
fn cube_root(value: u64) -> u64 {
    let mut root = (value as f64).cbrt() as u64;
    while root.pow(3) > value {
        root -= 1;
    }
    while (root + 1).pow(3) <= value {
        root += 1;
    }
    root
}
