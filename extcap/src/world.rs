//! The event loop: two hosts with their applications, the path between them, and virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use crate::agenda::Agenda;
use crate::app::{App, Pause};
use crate::capture::{Captured, Seen, Tap};
use crate::net::{IcmpError, Packet, Side};
use crate::path::{Path, Strays};
use crate::random::Random;
use crate::tcp::{Env, Host, Key, Outgoing};
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
    /// With the connection's place at the host.
    Wake(Side, usize),
    App(Side, usize),
    /// The next SYN of that source of strays.
    Stray(usize),
}

/// What stands in line: what happens soon, and what arrives at each side.
const LINES: usize = 3;
const SOON: usize = 0;
const ARRIVALS: [usize; 2] = [1, 2];

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
    agenda: Agenda<Event, LINES>,
    /// The client and the server.
    nodes: [Node; 2],
    path: Path,
    strays: Vec<Strays>,
    /// Packets that have left a host.
    sent: u64,
    tap: Tap,
    seen: VecDeque<Captured>,
    /// What the host that acts sends.
    out: Outgoing,
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
            nodes: [client, server],
            path,
            strays,
            sent: 0,
            tap,
            seen: VecDeque::new(),
            out: Outgoing::new(),
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
        &mut self.nodes[side as usize]
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
                self.act(to, |host, _, env| host.receive(env, &packet));
                let seen = self.tap.sees(time, to, to.other(), packet, false);
                self.note(seen);
            }
            Event::PassBy(to, packet) => {
                let seen = self.tap.sees(time, to, to.other(), packet, false);
                self.note(seen);
            }
            Event::Error(to, error) => {
                let seen = self.tap.sees_icmp(time, to, &error);
                self.note(seen);
                self.act(to, |host, _, env| host.receive_icmp(env, &error));
            }
            Event::Wake(side, place) => self.act(side, |host, _, env| host.wake(env, place)),
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
        let node = &self.nodes[captured.at as usize];
        if node.leaving > 0 {
            return None;
        }
        let packet = captured.packet();
        // An ICMP error is about a packet of the one that it comes to.
        let (own, other) = match captured.inbound() && matches!(captured.seen, Seen::Segment(_)) {
            true => (packet.destination(), packet.source()),
            false => (packet.source(), packet.destination()),
        };
        let key = Key { local_port: own.port(), remote: other };
        node.host.state(key)
    }

    fn note(&mut self, seen: Option<Captured>) {
        if let Some(captured) = seen {
            self.seen.push_back(captured);
        }
    }

    fn depart(&mut self, from: Side, mut packet: Box<Packet>) {
        self.sent += 1;
        packet.number = self.sent;
        let sent = self.tap.watches(from).then(|| packet.clone());
        let passage = self.path.pass(self.now, from, packet);
        if let Some(mut sent) = sent {
            sent.fault = passage.met;
            let lost = passage.arrival.is_none();
            let seen = self.tap.sees(self.now, from, from, sent, lost);
            self.note(seen);
        }
        if let Some((time, packet)) = passage.arrival {
            let to = from.other();
            let is_here = self.nodes.iter().any(|node| node.host.address() == packet.to);
            if is_here {
                self.agenda.put_in_line(ARRIVALS[to as usize], time, Event::Arrive(to, packet));
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
        self.act(side, |host, processes, env| {
            if let Some(process) = processes.get_mut(number) {
                process.blocked = false;
                pause = process.app.run(host, env);
                process.blocked = matches!(pause, Pause::Blocked | Pause::BlockedUntil(_));
            }
        });
        if let Pause::Until(time) | Pause::BlockedUntil(time) = pause
            && time > self.now
        {
            self.schedule(time, Event::App(side, number));
        }
    }

    /// Lets a host act, sends what it sends, sets the timers that it sets, and wakes the applications that can go on.
    fn act(&mut self, side: Side, act: impl FnOnce(&mut Host, &mut [Process], &mut Env<'_>)) {
        let World { now, agenda, nodes, out, .. } = self;
        let Node { host, processes, random, card, leaving } = &mut nodes[side as usize];
        act(host, processes, &mut Env { now: *now, random, out });
        let mut leaves = (*now + random.between(REACTION.0, REACTION.1)).max(*card);
        while let Some(packet) = out.pop_front() {
            agenda.put_in_line(SOON, leaves, Event::Depart(side, packet));
            leaves = leaves + SERIALIZATION;
            *leaving += 1;
        }
        *card = leaves;
        host.want_wakes(|place, time| agenda.put(time, Event::Wake(side, place)));
        for (number, process) in processes.iter_mut().enumerate() {
            if process.blocked && process.app.is_ready(host) {
                process.blocked = false;
                let time = *now + random.between(WAKE_UP.0, WAKE_UP.1);
                agenda.put_in_line(SOON, time, Event::App(side, number));
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
