//! The path between the hosts: it takes time, its routers take from the TTL, and what stands on it does what the
//! scenario says: a proxy, a translating device, and the faults.

mod bottleneck;
mod fault;
mod flow;
mod nat;
mod place;
mod proxy;
mod reject;
mod stray;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bottleneck::Bottleneck;
use fault::{ActiveFault, Effect};
use flow::FlowWatch;
use nat::Nat;
use place::{Place, Way};
use proxy::{Outcome, Proxy};
use reject::Answer;

pub(crate) use fault::Missed;
pub(crate) use stray::Strays;

use crate::net::{Ecn, IcmpError, Packet, Side};
use crate::random::Random;
use crate::scenario::file;
use crate::time::Time;

/// The least and the most that a packet is late for no reason.
const JITTER: (Duration, Duration) = (Duration::from_micros(20), Duration::from_micros(120));
/// Packets of one direction do not overtake each other: a router hands one on after the other.
const SPACING: Duration = Duration::from_micros(6);

/// What becomes of a packet.
#[derive(Debug)]
pub(crate) struct Passage {
    /// When it arrives, and as what; nothing if it is lost.
    pub(crate) arrival: Option<(Time, Box<Packet>)>,
    /// The fault that it met, as its place in the scenario.
    pub(crate) met: Option<usize>,
    /// It arrives twice, the second time so much later.
    again: Option<Duration>,
    /// What devices on the path send because of it: when it arrives, at whom.
    pub(crate) made: Vec<(Time, Side, Packet)>,
    /// The errors that routers send because of it: when they arrive; they go to its sender.
    pub(crate) icmp: Vec<(Time, IcmpError)>,
}

/// Both directions of the path.
#[derive(Debug)]
pub(crate) struct Path {
    /// The way of each side's packets.
    ways: [Way; 2],
    /// The ways that they will go, in order of time.
    routes: VecDeque<file::Route>,
    faults: Vec<ActiveFault>,
    watch: Option<FlowWatch>,
    nat: Option<Nat>,
    proxy: Option<Proxy>,
    random: Random,
    /// The identification of the routers' next packet.
    next_id: u16,
    jitter: Duration,
    link: Option<Bottleneck>,
    /// The last arrival of each direction.
    last: [Time; 2],
}

impl Path {
    pub(crate) fn new(settings: &file::PathSettings, seed: u64) -> Self {
        let active = |index: usize, fault: &file::Fault| {
            ActiveFault::new(fault.clone(), Random::new(seed, 100 + index as u64))
        };
        let faults: Vec<ActiveFault> =
            settings.fault.iter().enumerate().map(|(index, fault)| active(index, fault.get_ref())).collect();
        let watch = faults.iter().any(ActiveFault::forges).then(FlowWatch::default);
        let mut routes: Vec<file::Route> =
            settings.route.iter().map(|route| route.get_ref().clone()).collect();
        routes.sort_by_key(|route| route.at);
        Path {
            ways: [Way { delay: settings.delay.0, routers: settings.routers }; 2],
            routes: routes.into(),
            faults,
            watch,
            nat: settings.nat.clone().map(Nat::new),
            proxy: settings.proxy.clone().map(|proxy| Proxy::new(proxy, seed)),
            random: Random::new(seed, 2),
            next_id: Random::new(seed, 9).u16(),
            jitter: settings.jitter.0,
            link: settings.rate.map(|rate| Bottleneck::new(rate, settings.queue)),
            last: [Time::ZERO; 2],
        }
    }

    /// A packet leaves a host.
    pub(crate) fn pass(&mut self, now: Time, from: Side, mut packet: Box<Packet>) -> Passage {
        self.change_ways(now);
        let mut passage =
            Passage { arrival: None, met: None, again: None, made: Vec::new(), icmp: Vec::new() };
        if from == Side::Server && !self.translate(now, from, &mut packet, &mut passage) {
            return passage;
        }
        let client = if from == Side::Client { packet.source() } else { packet.destination() };
        if let Some(watch) = &mut self.watch {
            watch.saw(client, from, &packet.segment);
        }
        let Some(late) = self.meet_faults(now, from, &mut packet, client, &mut passage) else {
            return passage;
        };
        if !self.meet_proxy(now, from, &mut packet, client, &mut passage) {
            return passage;
        }
        if from == Side::Client && !self.translate(now, from, &mut packet, &mut passage) {
            return passage;
        }
        packet.ttl = packet.ttl.saturating_sub(self.ways[from as usize].routers);
        packet.fault = passage.met;
        let Some(at_link) = self.cross_link(now, from, &packet) else { return passage };
        let time = self.arrival(at_link, from, late);
        if let Some(again) = passage.again {
            passage.made.push((time + again.max(SPACING), from.other(), (*packet).clone()));
        }
        passage.arrival = Some((time, packet));
        passage
    }

    /// The routes of which the time has come.
    fn change_ways(&mut self, now: Time) {
        let due = |route: &mut file::Route| Time::ZERO + route.at.0 <= now;
        while let Some(route) = self.routes.pop_front_if(due) {
            for from in [Side::Client, Side::Server] {
                if route.from.is_some_and(|sender| fault::side(sender) != from) {
                    continue;
                }
                let way = &mut self.ways[from as usize];
                way.routers = route.routers.unwrap_or(way.routers);
                if let Some(delay) = route.delay {
                    way.delay = delay.0;
                    // What goes the new way may overtake what is still on the old one.
                    self.last[from as usize] = Time::ZERO;
                }
            }
        }
    }

    /// The faults, in order: how late they make the packet; nothing if they lose it.
    fn meet_faults(
        &mut self,
        now: Time,
        from: Side,
        packet: &mut Packet,
        client: SocketAddr,
        passage: &mut Passage,
    ) -> Option<Duration> {
        let (mut late, mut lost) = (Duration::ZERO, false);
        for index in 0..self.faults.len() {
            let Some(effect) = self.faults[index].meets(now, from, packet) else { continue };
            let place = Place::new(self.faults[index].place(), self.ways);
            match effect {
                Effect::Drop => lost = true,
                Effect::Delay(by) => late += by,
                Effect::Duplicate(by) => passage.again = Some(by),
                Effect::Corrupt => packet.corrupt = true,
                Effect::Mark if packet.ecn == Ecn::Not => continue,
                Effect::Mark => packet.ecn = Ecn::Congestion,
                Effect::Forge(forged) => {
                    passage.made.extend(self.forge(now, &forged, index, packet, from, client));
                    continue;
                }
                Effect::Reject(..) | Effect::Limit { .. } if lost => continue,
                Effect::Reject(with, at) => {
                    lost = true;
                    let id = self.take_id();
                    let answer = reject::answer(with, packet, from, place, id);
                    self.send_back(at, from, place, answer, index, passage);
                }
                Effect::ClampMss(most) => {
                    let offered = &mut packet.segment.options.mss;
                    *offered = offered.map(|mss| mss.min(most));
                }
                Effect::Strip(options) => fault::strip(&mut packet.segment.options, &options),
                Effect::Limit { mtu, silent } => {
                    if packet.ip_len() <= usize::from(mtu) {
                        continue;
                    }
                    lost = true;
                    if !silent {
                        let id = self.take_id();
                        let error = Answer::Icmp(reject::too_big(mtu, packet, from, place, id));
                        self.send_back(now, from, place, error, index, passage);
                    }
                }
            }
            passage.met = Some(index);
        }
        (!lost).then_some(late)
    }

    /// Whether the proxy, if there is one, lets the packet pass.
    fn meet_proxy(
        &mut self,
        now: Time,
        from: Side,
        packet: &mut Packet,
        client: SocketAddr,
        passage: &mut Passage,
    ) -> bool {
        let Some(proxy) = &mut self.proxy else { return true };
        let place = Place::new(proxy.place(), self.ways);
        match proxy.take(from, client, packet, place) {
            Outcome::Pass => true,
            Outcome::Taken(made) => {
                let here = now + place.delay_from(from);
                for (to, packet) in made {
                    let jitter = self.random.between(JITTER.0, JITTER.1);
                    let time = here + place.delay_to(to) + jitter;
                    let last = &mut self.last[to.other() as usize];
                    *last = time.max(*last + SPACING);
                    passage.made.push((*last, to, packet));
                }
                false
            }
        }
    }

    /// Whether the translating device, if there is one, lets the packet pass.
    fn translate(&mut self, now: Time, from: Side, packet: &mut Packet, passage: &mut Passage) -> bool {
        let Some(nat) = &mut self.nat else { return true };
        if nat.translate(now, from, packet) == nat::Verdict::Pass {
            return true;
        }
        // What the server sends is addressed to the device itself, whose own TCP knows no such connection.
        let rejects = nat.rejects() || from == Side::Server;
        let place = Place::new(nat.place(), self.ways);
        let index = self.faults.len();
        passage.met = Some(index);
        if rejects {
            let reset = Answer::Segment(reject::reset(packet, from, place));
            self.send_back(now, from, place, reset, index, passage);
        }
        false
    }

    fn take_id(&mut self) -> u16 {
        self.next_id = self.next_id.wrapping_add(1);
        self.next_id
    }

    /// Something on the path answers a packet that came from `to`.
    fn send_back(
        &mut self,
        now: Time,
        to: Side,
        place: Place,
        answer: Answer,
        index: usize,
        passage: &mut Passage,
    ) {
        let jitter = self.random.between(JITTER.0, JITTER.1);
        let time = now + place.delay_from(to) + place.delay_to(to) + jitter;
        let last = &mut self.last[to.other() as usize];
        *last = time.max(*last + SPACING);
        match answer {
            Answer::Segment(packet) => {
                passage.made.push((*last, to, Packet { fault: Some(index), ..packet }));
            }
            Answer::Icmp(mut error) => {
                error.about.fault = Some(index);
                passage.icmp.push((*last, error));
            }
        }
    }

    /// When the packet is through the narrow link, if there is one; nothing if its queue is full.
    fn cross_link(&mut self, now: Time, from: Side, packet: &Packet) -> Option<Time> {
        self.link.as_mut().map_or(Some(now), |link| link.cross(now, from, packet))
    }

    fn arrival(&mut self, now: Time, from: Side, late: Duration) -> Time {
        let jitter = self.random.between(JITTER.0, JITTER.1 + self.jitter);
        let time = now + self.ways[from as usize].delay + jitter;
        if !late.is_zero() {
            return time + late;
        }
        let last = &mut self.last[from as usize];
        *last = time.max(*last + SPACING);
        *last
    }

    /// A device on the link sends in somebody's name; the routers behind it lower the TTL of what it makes.
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
        let place = Place::new(self.faults[index].place(), self.ways);
        packet.ttl = packet.ttl.saturating_sub(place.routers_to(to));
        packet.fault = Some(index);
        let jitter = self.random.between(JITTER.0, JITTER.1);
        let way = place.delay_from(from) + place.delay_to(to);
        Some((now + way + jitter + forged.wait.0, to, packet))
    }
}
