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

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9438, 4.1 and 4.2: the window, in segments, so many seconds after a reduction from `most` to `window`.
    fn w_cubic(seconds: f64, most: f64, window: f64) -> f64 {
        const C: f64 = 0.4;
        let k = ((most - window) / C).cbrt();
        C * (seconds - k).powi(3) + most
    }

    /// A sender that is always busy: what it has in flight is acknowledged once a round trip, segment by segment.
    struct Busy {
        cubic: Cubic,
        now: Time,
        rtt: Duration,
        window: u32,
        credit: u32,
    }

    impl Busy {
        /// It has just reduced its window.
        fn new(mut cubic: Cubic, rtt: Duration, window: u32) -> Self {
            let now = Time::ZERO + Duration::from_secs(100);
            cubic.measured(now, rtt, Seq(1), Seq(1), window, false);
            let window = cubic.reduced(window);
            Busy { cubic, now, rtt, window, credit: 0 }
        }

        /// Its window so long after the first ACK.
        fn after(&mut self, time: Duration) -> f64 {
            let end = Time::ZERO + Duration::from_secs(100) + time;
            while self.now < end {
                let flight = self.window;
                for _ in 0..flight {
                    self.credit += 1;
                    if self.credit >= self.cubic.segments_per_step(self.now, self.window, 1) {
                        (self.window, self.credit) = (self.window + 1, 0);
                    }
                    self.now = self.now + self.rtt / flight;
                }
            }
            self.window.into()
        }
    }

    #[test]
    fn a_reduction_keeps_seven_tenths_and_at_least_two() {
        for window in [1, 2, 3, 10, 99, 1_000, 100_000] {
            let kept = Cubic::default().reduced(window);
            let exact = (f64::from(window) * 0.7).max(2.0);
            assert!((f64::from(kept) - exact).abs() <= 1.0 + exact / 1_000.0, "{window}: {kept}");
        }
    }

    #[test]
    fn on_a_long_path_the_window_follows_the_cubic_function() {
        let mut sender = Busy::new(Cubic::default(), Duration::from_millis(100), 1_000);
        assert_eq!(sender.window, 700);
        // The plateau is at 9.1 s.
        for seconds in [1, 2, 4, 6, 9, 12, 14, 16] {
            let window = sender.after(Duration::from_secs(seconds));
            let rfc = w_cubic(seconds as f64, 1_000.0, 700.0);
            assert!((window - rfc).abs() < 0.02 * rfc, "after {seconds} s: {window}, and not {rfc}");
        }
    }

    #[test]
    fn on_a_short_path_the_window_grows_as_renos_would() {
        // RFC 9438, 4.3: by 3 (1 - 0.7) / (1 + 0.7) segments a round trip.
        let mut sender = Busy::new(Cubic::default(), Duration::from_millis(10), 20);
        assert_eq!(sender.window, 14);
        let window = sender.after(Duration::from_millis(300));
        let rfc = 14.0 + 30.0 * 0.9 / 1.7;
        assert!((window - rfc).abs() < 2.0, "{window}, and not {rfc}");
        assert!(window > 1.5 * w_cubic(0.3, 20.0, 14.0));
    }

    #[test]
    fn a_second_loss_below_the_first_ones_window_makes_room_for_others() {
        // RFC 9438, 4.7: the plateau is at 0.85 times the window, and not at the window itself.
        let mut cubic = Cubic::default();
        cubic.reduced(1_000);
        let mut sender = Busy::new(cubic, Duration::from_millis(100), 800);
        for seconds in [2, 4, 7, 10] {
            let window = sender.after(Duration::from_secs(seconds));
            let rfc = w_cubic(seconds as f64, 680.0, 560.0);
            assert!((window - rfc).abs() < 0.02 * rfc, "after {seconds} s: {window}, and not {rfc}");
        }
    }

    /// Whether slow start ends in a round whose ACKs come `gap` apart with that round-trip time, behind one of 40 ms.
    fn slow_start_ends(rtt: u64, gap: Duration, acks: u32) -> bool {
        let mut cubic = Cubic::default();
        let at = |ms| Time::ZERO + Duration::from_millis(ms);
        let ms = Duration::from_millis;
        assert!(!cubic.measured(at(0), ms(40), Seq(1), Seq(20), 20, true));
        let mut now = at(40);
        (0..acks).any(|number| {
            now = now + gap;
            cubic.measured(now, ms(rtt), Seq(21 + number), Seq(60), 40, true)
        })
    }

    #[test]
    fn slow_start_ends_when_the_round_trip_grows_by_an_eighth() {
        // The kernel's hystart_update: by an eighth of 40 ms, after eight samples.
        let gap = Duration::from_millis(3);
        assert!(!slow_start_ends(45, gap, 30));
        assert!(slow_start_ends(46, gap, 30));
        assert!(!slow_start_ends(46, gap, 8));
    }

    #[test]
    fn slow_start_ends_when_a_train_of_acks_is_half_a_round_trip_long() {
        assert!(!slow_start_ends(40, Duration::from_millis(1), 20));
        assert!(slow_start_ends(40, Duration::from_millis(1), 23));
        // With gaps between them they are no train.
        assert!(!slow_start_ends(40, Duration::from_millis(3), 30));
    }
}
