//! How fast the capture's time passes.

use std::time::{Duration, Instant};

/// How fast packets come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pace {
    /// As fast as they can be taken.
    Instant,
    /// So many seconds of the capture in one second.
    Times(f64),
}

impl Pace {
    /// The pace that a word of the options or of the toolbar is.
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "instant" => Some(Pace::Instant),
            "slow" => Some(Pace::Times(0.1)),
            "real" => Some(Pace::Times(1.0)),
            "10x" => Some(Pace::Times(10.0)),
            _ => None,
        }
    }
}

/// The capture's time, which passes at a pace or stands still.
#[derive(Debug)]
pub(crate) struct Clock {
    pace: Pace,
    paused: bool,
    /// This time of the capture …
    capture: Duration,
    /// … was then.
    since: Instant,
}

impl Clock {
    pub(crate) fn new(pace: Pace) -> Self {
        Clock { pace, paused: false, capture: Duration::ZERO, since: Instant::now() }
    }

    /// It is this time of the capture now.
    pub(crate) fn set(&mut self, capture: Duration) {
        self.capture = capture;
        // Every packet sets the time of an instant capture, and asking for the real one takes longer than the packet.
        if !self.is_instant() {
            self.since = Instant::now();
        }
    }

    /// The capture's time.
    pub(crate) fn now(&self) -> Duration {
        match self.pace {
            Pace::Times(times) if !self.paused => self.capture + self.since.elapsed().mul_f64(times),
            _ => self.capture,
        }
    }

    pub(crate) fn set_pace(&mut self, pace: Pace) {
        let now = self.now();
        self.pace = pace;
        self.set(now);
    }

    pub(crate) fn is_instant(&self) -> bool {
        self.pace == Pace::Instant && !self.paused
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(crate) fn set_paused(&mut self, paused: bool) {
        let now = self.now();
        self.paused = paused;
        self.set(now);
    }

    /// How long it is until this time of the capture; nothing while time stands still.
    pub(crate) fn until(&self, capture: Duration) -> Option<Duration> {
        match self.pace {
            _ if self.paused => None,
            Pace::Instant => Some(Duration::ZERO),
            Pace::Times(times) => {
                let left = capture.saturating_sub(self.now()).as_secs_f64() / times;
                Some(Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_while_paused_and_goes_on_from_there() {
        let mut clock = Clock::new(Pace::Times(1.0));
        clock.set(Duration::from_secs(100));
        clock.set_paused(true);
        let stood = clock.now();
        assert_eq!(clock.until(Duration::from_secs(101)), None);
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(clock.now(), stood);
        clock.set_paused(false);
        assert!(
            clock.until(stood + Duration::from_secs(1)).is_some_and(|left| left <= Duration::from_secs(1))
        );
    }

    #[test]
    fn a_tenth_of_the_time_is_left_at_ten_times_the_pace() {
        let mut clock = Clock::new(Pace::Times(10.0));
        clock.set(Duration::ZERO);
        let left = clock.until(Duration::from_secs(10)).unwrap();
        assert!(left <= Duration::from_secs(1) && left > Duration::from_millis(500), "{left:?}");
        clock.set_pace(Pace::Instant);
        assert_eq!(clock.until(Duration::from_secs(1000)), Some(Duration::ZERO));
    }
}
