//! The time of the capture: it may run backwards, and leap by years where files were put together or a clock was set.

use crate::bounds;

/// Time in nanoseconds since the first packet, and the stretches of it in which there are packets.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// Time of the first packet, nanoseconds since 1970-01-01 UTC.
    pub(crate) began: Option<i64>,
    /// Time of the latest packet.
    latest: i64,
    /// Apart by more than [`bounds::LEAP`] each, so that there are a thousand at most.
    stretches: Vec<Stretch>,
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    first: i64,
    last: i64,
    /// Of its packets the newest in the file.
    newest: i64,
}

impl Stretch {
    /// `time` is in it, or so near that nothing tells it apart.
    fn holds(&self, time: i64) -> bool {
        (self.first - bounds::LEAP..=self.last + bounds::LEAP).contains(&time)
    }

    fn with(self, other: Stretch) -> Stretch {
        Stretch { first: self.first.min(other.first), last: self.last.max(other.last), ..self }
    }
}

impl Clock {
    /// Absurd times are cut to 2^61 ns, 73 years, so that no sum overflows.
    const MOST: i64 = 1 << 61;

    /// The time since the first packet, of one that comes now.
    pub(crate) fn since_began(&mut self, time: i64) -> i64 {
        let began = *self.began.get_or_insert(time);
        time.saturating_sub(began).clamp(-Self::MOST, Self::MOST)
    }

    /// A packet comes at that time since the first. Returns how much earlier that is than the latest so far.
    pub(crate) fn goes_on(&mut self, time: i64) -> i64 {
        let backwards = self.latest - time;
        self.latest = self.latest.max(time);
        let this = Stretch { first: time, last: time, newest: time };
        match self.stretches.as_mut_slice() {
            [only] if only.holds(time) => *only = this.with(*only),
            _ => self.leaps(this),
        }
        backwards
    }

    /// Where there are several stretches, those that it reaches become one.
    fn leaps(&mut self, mut this: Stretch) {
        self.stretches.retain(|stretch| {
            let apart = !stretch.holds(this.first) && !stretch.holds(this.last);
            if !apart {
                this = this.with(*stretch);
            }
            apart
        });
        self.stretches.push(this);
    }

    /// How long after `time`, at which there was a packet, the capture goes on without a leap.
    pub(crate) fn goes_on_after(&self, time: i64) -> i64 {
        let stretch = self.stretches.iter().find(|stretch| stretch.holds(time));
        stretch.map_or(0, |stretch| (stretch.newest - time).max(0))
    }
}
