//! The event loop: two hosts with their applications, the path between them, and virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use crate::agenda::Agenda;
use crate::app::{App, Pause};
use crate::capture::{Captured, Seen, Tap};
use crate::net::{IcmpError, Packet, Side};
use crate::path::{Path, Strays};
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
    /// A packet comes by on the link of that side, for somebody else.
    PassBy(Side, Box<Packet>),
    Error(Side, Box<IcmpError>),
    Wake(Side, Key),
    App(Side, usize),
    /// The next SYN of that source of strays.
    Stray(usize),
}

/// An application that runs.
#[derive(Debug)]
struct Process {
    app: App,
    /// It has stopped in a step, and will look again when something happens.
    blocked: bool,
}

/// A host with its applications.
#[derive(Debug)]
pub(crate) struct Node {
    host: Host,
    processes: Vec<Process>,
    random: Random,
    /// When its card is free.
    card: Time,
    /// Packets that it has sent and that have not left the card.
    leaving: usize,
}

impl Node {
    pub(crate) fn new(host: Host, apps: impl Iterator<Item = App>, random: Random) -> Self {
        let processes = apps.map(|app| Process { app, blocked: false }).collect();
        Node { host, processes, random, card: Time::ZERO, leaving: 0 }
    }
}

/// Everything there is.
#[derive(Debug)]
pub(crate) struct World {
    now: Time,
    end: Time,
    agenda: Agenda<Event>,
    client: Node,
    server: Node,
    path: Path,
    strays: Vec<Strays>,
    tap: Tap,
    seen: VecDeque<Captured>,
    out: Vec<Packet>,
    wakes: Vec<(Key, Time)>,
}

impl World {
    pub(crate) fn new(
        client: Node,
        server: Node,
        path: Path,
        strays: Vec<Strays>,
        tap: Tap,
        end: Time,
    ) -> Self {
        let mut world = World {
            now: Time::ZERO,
            end,
            agenda: Agenda::new(),
            client,
            server,
            path,
            strays,
            tap,
            seen: VecDeque::new(),
            out: Vec::new(),
            wakes: Vec::new(),
        };
        for side in [Side::Server, Side::Client] {
            for process in 0..world.node(side).processes.len() {
                world.schedule(Time::ZERO, Event::App(side, process));
            }
        }
        for number in 0..world.strays.len() {
            world.schedule_stray(number);
        }
        world
    }

    fn schedule(&mut self, time: Time, event: Event) {
        self.agenda.put(time, event);
    }

    fn schedule_stray(&mut self, number: usize) {
        if let Some(time) = self.strays[number].next_at() {
            self.schedule(time, Event::Stray(number));
        }
    }

    fn node(&mut self, side: Side) -> &mut Node {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Lets the next thing happen. False when nothing more will.
    fn step(&mut self) -> bool {
        let Some((time, event)) = self.agenda.take() else { return false };
        if time > self.end {
            return false;
        }
        self.now = time;
        let seen = self.seen.len();
        match event {
            Event::Depart(from, packet) => {
                let node = self.node(from);
                node.leaving = node.leaving.saturating_sub(1);
                self.depart(from, packet);
            }
            Event::Arrive(to, packet) => {
                self.act(to, |node, env| node.host.receive(env, &packet));
                self.seen.extend(self.tap.sees(time, to, to.other(), packet, false));
            }
            Event::PassBy(to, packet) => {
                self.seen.extend(self.tap.sees(time, to, to.other(), packet, false));
            }
            Event::Error(to, error) => {
                self.seen.extend(self.tap.sees_icmp(time, to, &error));
                self.act(to, |node, env| node.host.receive_icmp(env, &error));
            }
            Event::Wake(side, key) => self.act(side, |node, env| node.host.wake(env, key)),
            Event::App(side, process) => self.run_app(side, process),
            Event::Stray(number) => {
                let strays = &mut self.strays[number];
                let (from, packet) = (strays.from(), Box::new(strays.next()));
                match from {
                    Some(side) => {
                        self.node(side).leaving += 1;
                        self.schedule(time, Event::Depart(side, packet));
                    }
                    None => self.schedule(time, Event::Arrive(Side::Server, packet)),
                }
                self.schedule_stray(number);
            }
        }
        for place in seen..self.seen.len() {
            self.seen[place].state = self.state_of(&self.seen[place]);
        }
        true
    }

    /// The true state of the endpoint at which a packet was captured, once it has taken it or sent it. Unknown while
    /// more is on its way out of its card.
    fn state_of(&self, captured: &Captured) -> Option<&'static str> {
        let packet = captured.packet();
        // An ICMP error is about a packet of the one that it comes to.
        let (own, other) = match captured.inbound() && matches!(captured.seen, Seen::Segment(_)) {
            true => (packet.destination(), packet.source()),
            false => (packet.source(), packet.destination()),
        };
        let node = match captured.at {
            Side::Client => &self.client,
            Side::Server => &self.server,
        };
        let key = Key { local_port: own.port(), remote: other };
        if node.leaving == 0 { node.host.state(key) } else { None }
    }

    fn depart(&mut self, from: Side, packet: Box<Packet>) {
        let sent = self.tap.watches(from).then(|| packet.clone());
        let passage = self.path.pass(self.now, from, packet);
        if let Some(mut sent) = sent {
            sent.fault = passage.met;
            let lost = passage.arrival.is_none();
            self.seen.extend(self.tap.sees(self.now, from, from, sent, lost));
        }
        let ends = [self.client.host.address(), self.server.host.address()];
        if let Some((time, packet)) = passage.arrival {
            let to = from.other();
            if ends.contains(&packet.to) {
                self.schedule(time, Event::Arrive(to, packet));
            } else if self.strays.iter().any(|strays| strays.answers_pass() == Some(to)) {
                self.schedule(time, Event::PassBy(to, packet));
            }
        }
        for (time, to, packet) in passage.made {
            self.schedule(time, Event::Arrive(to, Box::new(packet)));
        }
        for (time, error) in passage.icmp {
            self.schedule(time, Event::Error(from, Box::new(error)));
        }
    }

    fn run_app(&mut self, side: Side, number: usize) {
        let mut pause = Pause::Done;
        self.act(side, |node, env| {
            if let Some(process) = node.processes.get_mut(number) {
                process.blocked = false;
                pause = process.app.run(&mut node.host, env);
                process.blocked = matches!(pause, Pause::Blocked | Pause::BlockedUntil(_));
            }
        });
        if let Pause::Until(time) | Pause::BlockedUntil(time) = pause
            && time > self.now
        {
            self.schedule(time, Event::App(side, number));
        }
    }

    /// Lets a host act, sends what it sends, and sets the timers that it sets.
    fn act(&mut self, side: Side, act: impl FnOnce(&mut Node, &mut Env<'_>)) {
        let (now, mut out) = (self.now, std::mem::take(&mut self.out));
        let mut wakes = std::mem::take(&mut self.wakes);
        let node = self.node(side);
        let mut random = node.random.clone();
        act(node, &mut Env { now, random: &mut random, out: &mut out });
        let mut leaves = (now + random.between(REACTION.0, REACTION.1)).max(node.card);
        node.random = random;
        node.host.want_wakes(&mut wakes);
        for packet in out.drain(..) {
            self.schedule(leaves, Event::Depart(side, Box::new(packet)));
            leaves = leaves + SERIALIZATION;
            self.node(side).leaving += 1;
        }
        self.node(side).card = leaves;
        self.out = out;
        for (key, time) in wakes.drain(..) {
            self.schedule(time, Event::Wake(side, key));
        }
        self.wakes = wakes;
        self.look_again(side);
    }

    /// Wakes the applications that can go on.
    fn look_again(&mut self, side: Side) {
        for number in 0..self.node(side).processes.len() {
            let now = self.now;
            let Node { host, processes, random, .. } = self.node(side);
            let process = &mut processes[number];
            if process.blocked && process.app.is_ready(host) {
                process.blocked = false;
                let time = now + random.between(WAKE_UP.0, WAKE_UP.1);
                self.schedule(time, Event::App(side, number));
            }
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
