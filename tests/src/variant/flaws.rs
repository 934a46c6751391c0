//! What captures get wrong: packets that they miss, and packets out of order.

use crate::traffic::{Owned, Traffic};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A number below `end` that looks random, and is the same for the same `seed`.
#[must_use]
pub fn random(seed: impl Hash, end: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    hasher.finish() % end.max(1)
}

/// The capture without one packet.
#[must_use]
pub fn without(traffic: &Traffic, index: usize) -> Traffic {
    let mut packets = traffic.packets.clone();
    packets.remove(index);
    Traffic { packets }
}

/// The capture without so many of a hundred packets.
#[must_use]
pub fn thinned(traffic: &Traffic, percent: u64, seed: u64) -> Traffic {
    let is_kept = |packet: &&Owned| random((seed, packet.origin), 100) >= percent;
    Traffic { packets: traffic.packets.iter().filter(is_kept).cloned().collect() }
}

/// The capture from one packet on.
#[must_use]
pub fn from(traffic: &Traffic, index: usize) -> Traffic {
    Traffic { packets: traffic.packets[index..].to_vec() }
}

/// When a packet gets its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamped {
    /// When it arrives.
    First,
    /// When it is taken from its queue.
    Last,
}

/// As the queues of a network card mix them: each packet waits for up to so many nanoseconds.
#[must_use]
pub fn shuffled(traffic: &Traffic, wait: i64, stamped: Stamped, seed: u64) -> Traffic {
    let delayed = |packet: &Owned| packet.time + random((seed, packet.origin), wait as u64) as i64;
    let mut packets: Vec<(i64, Owned)> =
        traffic.packets.iter().map(|packet| (delayed(packet), packet.clone())).collect();
    packets.sort_by_key(|(time, _)| *time);
    let stamp = |(time, packet)| if stamped == Stamped::Last { Owned { time, ..packet } } else { packet };
    Traffic { packets: packets.into_iter().map(stamp).collect() }
}
