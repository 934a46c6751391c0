//! What the caller can choose.

use crate::state::Vantage;

/// What the caller can choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where the capture was taken, when the user knows it; inferred per connection when `None`.
    pub vantage: Option<Vantage>,
    /// Side when on things are worth telling.
    pub thresholds: Thresholds,
}

/// Side when on things are worth telling, which is a matter of the place: what is slow in a data centre is
/// not over a satellite. All in nanoseconds; not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// A server that takes at least so long to answer is slow (`app.slow_response`).
    pub slow_response: i64,
    /// Keep-alive probes at most so far apart are frequent (`keepalive.frequent`).
    pub keepalive_interval: i64,
    /// A connection that was quiet for less is not idle, and no device has forgotten it so soon
    /// (`path.idle_state_lost`).
    pub idle: i64,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds { slow_response: 1_000_000_000, keepalive_interval: 60_500_000_000, idle: 3_000_000_000 }
    }
}
