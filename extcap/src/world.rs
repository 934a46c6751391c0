//! The event loop: two hosts with their applications, the path between them, and virtual time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use crate::app::{App, Pause};
use crate::capture::{Captured, Tap};
use crate::net::{IcmpError, Packet, Side};
use crate::path::Path;
use crate::random::Random;
use crate::tcp::{Env, Host, Key};
use crate::time::Time;

/// How long a host takes to answer a packet: less than the time between two packets of a burst, so that it answers
/// one before the next comes.
const REACTION: (Duration, Duration) = (Duration::from_nanos(1_500), Duration::from_nanos(4_500));
/// How long until a process that waited runs again.
const WAKE_UP: (Duration, Duration) = (Duration::from_micros(60), Duration::from_micros(140));
/// The time that a packet takes to leave the card.
const SERIALIZATION: Duration = Duration::from_nanos(1_200);

/// Something that will happen.
#[derive(Debug)]
enum Event {
    Depart(Side, Box<Packet>),
    Arrive(Side, Box<Packet>),
    Error(Side, Box<IcmpError>),
    Wake(Side, Key),
    App(Side),
}

/// An event in the queue: the earliest first, and of equals the one that was put in first.
#[derive(Debug)]
struct Scheduled {
    time: Time,
    order: u64,
    event: Event,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        (self.time, self.order) == (other.time, other.order)
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.time, self.order).cmp(&(other.time, other.order))
    }
}

/// A host with its application.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) host: Host,
    pub(crate) app: App,
    pub(crate) random: Random,
    /// The application has stopped in a step, and will look again when something happens.
    blocked: bool,
    /// When its card is free.
    card: Time,
}

impl Node {
    pub(crate) fn new(host: Host, app: App, random: Random) -> Self {
        Node { host, app, random, blocked: false, card: Time::ZERO }
    }
}

/// Everything there is.
#[derive(Debug)]
pub(crate) struct World {
    now: Time,
    end: Time,
    queue: BinaryHeap<Reverse<Scheduled>>,
    order: u64,
    client: Node,
    server: Node,
    path: Path,
    tap: Tap,
    seen: VecDeque<Captured>,
    out: Vec<Packet>,
}

impl World {
    pub(crate) fn new(client: Node, server: Node, path: Path, tap: Tap, end: Time) -> Self {
        let mut world = World {
            now: Time::ZERO,
            end,
            queue: BinaryHeap::new(),
            order: 0,
            client,
            server,
            path,
            tap,
            seen: VecDeque::new(),
            out: Vec::new(),
        };
        world.schedule(Time::ZERO, Event::App(Side::Server));
        world.schedule(Time::ZERO, Event::App(Side::Client));
        world
    }

    fn schedule(&mut self, time: Time, event: Event) {
        self.order += 1;
        self.queue.push(Reverse(Scheduled { time, order: self.order, event }));
    }

    fn node(&mut self, side: Side) -> &mut Node {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Lets the next thing happen. False when nothing more will.
    fn step(&mut self) -> bool {
        let Some(Reverse(Scheduled { time, event, .. })) = self.queue.pop() else { return false };
        if time > self.end {
            return false;
        }
        self.now = time;
        match event {
            Event::Depart(from, packet) => self.depart(from, *packet),
            Event::Arrive(to, packet) => {
                self.seen.extend(self.tap.sees(time, to, to.other(), &packet, false));
                self.act(to, |node, env| node.host.receive(env, &packet));
            }
            Event::Error(to, error) => {
                self.seen.extend(self.tap.sees_icmp(time, to, &error));
                self.act(to, |node, env| node.host.receive_icmp(env, &error));
            }
            Event::Wake(side, key) => self.act(side, |node, env| node.host.wake(env, key)),
            Event::App(side) => self.run_app(side),
        }
        true
    }

    fn depart(&mut self, from: Side, packet: Packet) {
        let sent = packet.clone();
        let passage = self.path.pass(self.now, from, packet);
        let seen = Packet { fault: passage.met, ..sent };
        self.seen.extend(self.tap.sees(self.now, from, from, &seen, passage.arrival.is_none()));
        if let Some((time, packet)) = passage.arrival {
            self.schedule(time, Event::Arrive(from.other(), Box::new(packet)));
        }
        for (time, to, packet) in passage.made {
            self.schedule(time, Event::Arrive(to, Box::new(packet)));
        }
        for (time, error) in passage.icmp {
            self.schedule(time, Event::Error(from, Box::new(error)));
        }
    }

    fn run_app(&mut self, side: Side) {
        let mut pause = Pause::Done;
        self.act(side, |node, env| {
            node.blocked = false;
            pause = node.app.run(&mut node.host, env);
        });
        match pause {
            Pause::Blocked => self.node(side).blocked = true,
            Pause::Until(time) => self.schedule(time, Event::App(side)),
            Pause::Done => {}
        }
        self.look_again(side);
    }

    /// Lets a host act, sends what it sends, and sets the timers that it sets.
    fn act(&mut self, side: Side, act: impl FnOnce(&mut Node, &mut Env<'_>)) {
        let (now, mut out) = (self.now, std::mem::take(&mut self.out));
        let node = self.node(side);
        let mut random = node.random.clone();
        act(node, &mut Env { now, random: &mut random, out: &mut out });
        let mut leaves = (now + random.between(REACTION.0, REACTION.1)).max(node.card);
        node.random = random;
        let wakes = node.host.wanted_wakes();
        for packet in out.drain(..) {
            self.schedule(leaves, Event::Depart(side, Box::new(packet)));
            leaves = leaves + SERIALIZATION;
        }
        self.node(side).card = leaves;
        self.out = out;
        for (key, time) in wakes {
            self.schedule(time, Event::Wake(side, key));
        }
        self.look_again(side);
    }

    /// Wakes the application if it can go on.
    fn look_again(&mut self, side: Side) {
        let now = self.now;
        let node = self.node(side);
        if node.blocked && node.app.is_ready(&node.host) {
            node.blocked = false;
            let time = now + node.random.between(WAKE_UP.0, WAKE_UP.1);
            self.schedule(time, Event::App(side));
        }
    }
}

/// The packets that the capture points see, in order.
impl Iterator for World {
    type Item = Captured;

    fn next(&mut self) -> Option<Captured> {
        while self.seen.is_empty() {
            if !self.step() {
                return None;
            }
        }
        self.seen.pop_front()
    }
}
