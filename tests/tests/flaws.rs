//! What captures get wrong is no fault of the connection: what was healthy gives no alarm.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use tcpdx_tests::cases::{Case, assert_none};
use tcpdx_tests::traffic::{Told, Traffic};
use tcpdx_tests::variant::flaws::{self, Stamped};

/// Nothing is wrong, and nothing was sent again, not even needlessly: that it was needless is in packets, too.
fn is_healthy(case: &Case) -> bool {
    !case.told.0.iter().any(|line| line.is_alarm() || line.id == "loss.spurious")
}

fn alarms(told: &Told, what: &str) -> Vec<String> {
    told.0.iter().filter(|line| line.is_alarm()).map(|line| format!("{what}: {line}")).collect()
}

/// Fails with the alarms of variants of healthy captures.
#[track_caller]
fn assert_healthy(variants: impl Fn(&Traffic) -> Vec<(String, Traffic)> + Sync) {
    assert_none(|_, case| {
        if !is_healthy(case) {
            return Vec::new();
        }
        variants(&case.traffic).iter().flat_map(|(what, variant)| alarms(&variant.told(), what)).collect()
    });
}

/// All of `0..count`, or so many of them.
fn sample(count: usize, most: usize) -> impl Iterator<Item = usize> {
    (0..count).step_by(count.div_ceil(most).max(1))
}

#[test]
fn a_packet_may_be_missing() {
    assert_healthy(|traffic| {
        let count = traffic.packets.len();
        sample(count, 64).map(|i| (format!("without packet {}", i + 1), flaws::without(traffic, i))).collect()
    });
}

#[test]
fn packets_may_be_missing() {
    assert_healthy(|traffic| {
        let variant = |percent: u64, seed| {
            (format!("without {percent} %, seed {seed}"), flaws::thinned(traffic, percent, seed))
        };
        [1, 5, 20].into_iter().flat_map(|percent| (0..10).map(move |seed| variant(percent, seed))).collect()
    });
}

#[test]
fn a_capture_may_begin_anywhere() {
    assert_healthy(|traffic| {
        let count = traffic.packets.len();
        sample(count, 64).map(|i| (format!("from packet {} on", i + 1), flaws::from(traffic, i))).collect()
    });
}

#[test]
fn packets_may_be_captured_in_any_order() {
    assert_healthy(|traffic| {
        let variant = |stamped, seed| {
            let shuffled = flaws::shuffled(traffic, 100_000, stamped, seed);
            (format!("stamped {stamped:?}, seed {seed}"), shuffled)
        };
        [Stamped::First, Stamped::Last]
            .into_iter()
            .flat_map(|s| (0..5).map(move |seed| variant(s, seed)))
            .collect()
    });
}
