//! Round-trip time and retransmission timeout (RFC 6298, as `tcp_rtt_estimator` computes it).

use std::time::Duration;

use super::settings::{RTO_MAX, SYN_TIMEOUT};
use crate::net::Seq;

/// `TCP_RTO_MIN`, in µs: the least that the variation counts for.
const RTO_MIN: i64 = 200_000;

/// One tick of the kernel, in µs.
const TICK: u64 = 4_000;

/// Smoothed round-trip time and its variation, in µs; the variation four times over, as Linux keeps it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rtt {
    /// Eight times the smoothed round-trip time; 0 before the first measurement.
    smoothed: i64,
    deviation: i64,
    deviation_max: i64,
    variation: i64,
    /// The least round-trip time that was measured.
    least: Option<Duration>,
    /// The variation may shrink once a round trip: when this number is acknowledged.
    round_end: Seq,
    /// What follows from these.
    timeout: Option<Duration>,
}

impl Rtt {
    /// Takes a measurement; `una` and `next` are the connection's SND.UNA and SND.NXT.
    pub(super) fn measured(&mut self, rtt: Duration, una: Seq, next: Seq) {
        self.smooth(rtt, una, next);
        let micros = ((self.smoothed >> 3) + self.variation) as u64;
        self.timeout = Some(Duration::from_micros(micros.next_multiple_of(TICK)).min(RTO_MAX));
    }

    fn smooth(&mut self, rtt: Duration, una: Seq, next: Seq) {
        let mut m = (rtt.as_micros() as i64).max(1);
        if self.smoothed == 0 {
            self.smoothed = m << 3;
            self.deviation = m << 1;
            self.variation = self.deviation.max(RTO_MIN);
            self.deviation_max = self.variation;
            self.round_end = next;
            return;
        }
        m -= self.smoothed >> 3;
        self.smoothed += m;
        if m < 0 {
            m = -m - (self.deviation >> 2);
            if m > 0 {
                m >>= 3;
            }
        } else {
            m -= self.deviation >> 2;
        }
        self.deviation += m;
        if self.deviation > self.deviation_max {
            self.deviation_max = self.deviation;
            self.variation = self.variation.max(self.deviation_max);
        }
        if una.after(self.round_end) {
            if self.deviation_max < self.variation {
                self.variation -= (self.variation - self.deviation_max) >> 2;
            }
            self.round_end = next;
            self.deviation_max = RTO_MIN;
        }
    }

    /// A round-trip time was seen, whether the timeout follows it or not.
    pub(super) fn saw(&mut self, rtt: Duration) {
        self.least = Some(self.least.map_or(rtt, |least| least.min(rtt)));
    }

    /// The least round-trip time, once there is one.
    pub(super) fn least(&self) -> Option<Duration> {
        self.least
    }

    /// The smoothed round-trip time, once there is one.
    pub(super) fn smoothed(&self) -> Option<Duration> {
        (self.smoothed > 0).then(|| Duration::from_micros((self.smoothed >> 3) as u64))
    }

    /// The retransmission timeout, without back-off, in whole ticks.
    pub(super) fn rto(&self) -> Duration {
        self.timeout.unwrap_or(SYN_TIMEOUT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_path_has_rtt_plus_200_ms() {
        let mut rtt = Rtt::default();
        assert_eq!(rtt.rto(), Duration::from_secs(1));
        for round in 0..50 {
            rtt.measured(Duration::from_millis(40), Seq(round * 10 + 1), Seq(round * 10 + 10));
        }
        assert_eq!(rtt.smoothed(), Some(Duration::from_millis(40)));
        assert_eq!(rtt.rto(), Duration::from_millis(240));
    }
}
