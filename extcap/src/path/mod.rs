//! The path between the hosts: it takes time, its routers take from the TTL, and a middlebox in its middle does
//! what the scenario's faults say.

mod fault;
mod flow;

use std::net::SocketAddr;
use std::time::Duration;

use fault::{ActiveFault, Effect};
use flow::FlowWatch;

use crate::net::{Packet, Side};
use crate::random::Random;
use crate::scenario::file;
use crate::time::Time;

/// The least and the most that a packet is late for no reason.
const JITTER: (Duration, Duration) = (Duration::from_micros(20), Duration::from_micros(120));
/// Packets of one direction do not overtake each other.
const SPACING: Duration = Duration::from_micros(2);

/// What becomes of a packet.
#[derive(Debug)]
pub(crate) struct Passage {
    /// When it arrives, and as what; nothing if it is lost.
    pub(crate) arrival: Option<(Time, Packet)>,
    /// The fault that it met, as its place in the scenario.
    pub(crate) met: Option<usize>,
    /// What the middlebox sends because of it: when it arrives, at whom.
    pub(crate) forged: Vec<(Time, Side, Packet)>,
}

/// Both directions of the path.
#[derive(Debug)]
pub(crate) struct Path {
    delay: Duration,
    routers: u8,
    faults: Vec<ActiveFault>,
    watch: Option<FlowWatch>,
    random: Random,
    /// The last arrival of each direction.
    last: [Time; 2],
}

impl Path {
    pub(crate) fn new(settings: &file::PathSettings, delay: Duration, seed: u64) -> Self {
        let faults: Vec<ActiveFault> =
            settings.fault.iter().map(|fault| ActiveFault::new(fault.get_ref().clone())).collect();
        let watch = faults.iter().any(ActiveFault::forges).then(FlowWatch::default);
        Path {
            delay,
            routers: settings.routers,
            faults,
            watch,
            random: Random::new(seed, 2),
            last: [Time::ZERO; 2],
        }
    }

    /// A packet leaves a host.
    pub(crate) fn pass(&mut self, now: Time, from: Side, mut packet: Packet, client: SocketAddr) -> Passage {
        let mut passage = Passage { arrival: None, met: None, forged: Vec::new() };
        if let Some(watch) = &mut self.watch {
            watch.saw(client, from, &packet.segment);
        }
        let (mut late, mut lost) = (Duration::ZERO, false);
        for index in 0..self.faults.len() {
            let Some(effect) = self.faults[index].meets(now, from, &packet) else { continue };
            match effect {
                Effect::Drop => lost = true,
                Effect::Delay(by) => late += by,
                Effect::Forge(forged) => {
                    passage.forged.extend(self.forge(now, &forged, index, &packet, from, client));
                    continue;
                }
            }
            passage.met = Some(index);
        }
        if !lost {
            packet.ttl = packet.ttl.saturating_sub(self.routers);
            packet.fault = passage.met;
            passage.arrival = Some((self.arrival(now, from, late), packet));
        }
        passage
    }

    fn arrival(&mut self, now: Time, from: Side, late: Duration) -> Time {
        let time = now + self.delay + self.random.between(JITTER.0, JITTER.1);
        if !late.is_zero() {
            return time + late;
        }
        let last = &mut self.last[from as usize];
        *last = time.max(*last + SPACING);
        *last
    }

    /// The middlebox stands half-way; the routers behind it lower the TTL of what it makes.
    fn forge(
        &mut self,
        now: Time,
        forged: &file::Forged,
        index: usize,
        cause: &Packet,
        from: Side,
        client: SocketAddr,
    ) -> Option<(Time, Side, Packet)> {
        let (to, mut packet) = self.watch.as_ref()?.forge(client, forged, cause, from)?;
        let routers = match to {
            Side::Client => self.routers / 2,
            Side::Server => self.routers - self.routers / 2,
        };
        packet.ttl = packet.ttl.saturating_sub(routers);
        packet.fault = Some(index);
        let jitter = self.random.between(JITTER.0, JITTER.1);
        Some((now + self.delay + jitter + forged.wait.0, to, packet))
    }
}
