//! A host: its table of connections, its listening ports, its power switch.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use bytes::Bytes;
use rustc_hash::FxHashMap;

use super::connect::Opening;
use super::listener::{Decision, Listener, Listening};
use super::numbers::Secret;
use super::request::{self, Answer, FastOpen, Request};
use super::settings::Settings;
use super::socket::{Pair, Socket, State};
use super::time_wait::{self, TimeWait};
use super::{Env, KernelClock, reset};
use crate::net::{Flags, Icmp, IcmpError, Kind, Packet, Segment, Seq};
use crate::random::Random;
use crate::recent::Recent;
use crate::time::Time;

/// What tells a connection of one host from its others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) local_port: u16,
    pub(crate) remote: SocketAddr,
}

/// What is kept of a connection.
#[derive(Debug)]
enum Entry {
    Request(Box<Request>),
    Socket(Box<Socket>),
    TimeWait(Box<TimeWait>),
}

#[derive(Debug)]
struct Slot {
    entry: Entry,
    /// The wake-up that was asked for.
    wake: Option<Time>,
}

/// One computer's TCP.
#[derive(Debug)]
pub(crate) struct Host {
    address: IpAddr,
    settings: Rc<Settings>,
    clock: KernelClock,
    secret: Secret,
    powered: bool,
    table: Recent<Key, Slot>,
    listeners: FxHashMap<u16, Listener>,
    /// The path MTU to hosts, as far as routers have told it.
    mtus: FxHashMap<IpAddr, u16>,
    /// Fast Open cookies, by server.
    cookies: FxHashMap<IpAddr, Bytes>,
    /// Places of connections that may need another wake-up than before.
    touched: Vec<usize>,
}

impl Host {
    pub(crate) fn new(
        address: IpAddr,
        settings: Rc<Settings>,
        clock: KernelClock,
        random: &mut Random,
    ) -> Self {
        Host {
            secret: Secret::new(random),
            cookies: FxHashMap::default(),
            address,
            settings,
            clock,
            powered: true,
            table: Recent::new(),
            listeners: FxHashMap::default(),
            mtus: FxHashMap::default(),
            touched: Vec::new(),
        }
    }

    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }

    /// Everything that it knew is gone, and it says nothing.
    pub(crate) fn power_off(&mut self) {
        self.powered = false;
        self.table.clear();
        self.listeners.clear();
    }

    pub(crate) fn boot(&mut self, env: &mut Env<'_>) {
        self.powered = true;
        self.secret = Secret::new(env.random);
    }

    pub(crate) fn listen(&mut self, port: u16, how: Listening) {
        self.listeners.insert(port, Listener::new(how));
    }

    /// The listening process ends: who waits to be accepted is reset.
    pub(crate) fn stop_listening(&mut self, env: &mut Env<'_>, port: u16) {
        let Some(mut listener) = self.listeners.remove(&port) else { return };
        while let Some(key) = listener.accept() {
            self.with_socket(key, |socket| socket.drop_unaccepted(env));
        }
    }

    /// Takes the next completed connection.
    pub(crate) fn accept(&mut self, port: u16) -> Option<Key> {
        self.listeners.get_mut(&port)?.accept()
    }

    pub(crate) fn can_accept(&self, port: u16) -> bool {
        self.listeners.get(&port).is_some_and(Listener::has_connection)
    }

    /// Opens a connection. `early`: what is written already, for TCP Fast Open.
    ///
    /// The port may be that of an old connection in TIME-WAIT; then nothing happens (`EADDRNOTAVAIL`), unless it
    /// may be used again.
    pub(crate) fn connect(
        &mut self,
        env: &mut Env<'_>,
        local_port: u16,
        remote: SocketAddr,
        early: Option<Bytes>,
    ) -> Key {
        let key = Key { local_port, remote };
        let pair = self.pair(key);
        let mut numbers = self.secret.numbers(pair, self.clock, env.now);
        let mut recent = None;
        if let Some(Slot { entry: Entry::TimeWait(remains), .. }) = self.table.get(key) {
            let Some((seq, timestamp)) = remains.reuse(env.now).filter(|_| self.settings.tw_reuse) else {
                return key;
            };
            numbers.seq = seq;
            recent = Some(timestamp);
        }
        let fast_open = early.is_some() && self.settings.fast_open_client;
        let cookie = fast_open.then(|| self.cookies.get(&remote.ip()).cloned().unwrap_or_default());
        let opening = Opening { pair, numbers, recent, data: early.unwrap_or_default(), cookie };
        let socket = Socket::connect(env, self.settings_towards(remote.ip()), self.clock, opening);
        self.put(key, Entry::Socket(Box::new(socket)));
        key
    }

    /// The socket of a connection, while the application holds it.
    pub(crate) fn socket(&self, key: Key) -> Option<&Socket> {
        match &self.table.get(key)?.entry {
            Entry::Socket(socket) => Some(socket),
            _ => None,
        }
    }

    /// The application does something with a socket.
    pub(crate) fn with_socket(&mut self, key: Key, act: impl FnOnce(&mut Socket)) {
        let Some(place) = self.table.find(key) else { return };
        if let Some((_, Slot { entry: Entry::Socket(socket), .. })) = self.table.at(place) {
            act(socket);
            self.settle(place);
        }
    }

    /// A packet arrives.
    pub(crate) fn receive(&mut self, env: &mut Env<'_>, packet: &Packet) {
        // A wrong checksum: dropped without a word (RFC 9293, 3.1).
        if !self.powered || packet.to != self.address || packet.corrupt {
            return;
        }
        let key = Key { local_port: packet.segment.to_port, remote: packet.source() };
        let alive = |known: &&mut (Key, Slot)| !matches!(&known.1.entry, Entry::Socket(s) if s.is_dead());
        let Some(place) = self.table.find(key) else { return self.receive_unknown(env, key, packet, None) };
        let Some((_, slot)) = self.table.at(place).filter(alive) else {
            return self.receive_unknown(env, key, packet, None);
        };
        match &mut slot.entry {
            Entry::Socket(socket) => match &mut socket.remains {
                Some(remains) => match remains.receive(env, packet) {
                    time_wait::Verdict::Keep => {}
                    time_wait::Verdict::Forget => socket.remains = None,
                    time_wait::Verdict::NewConnection(seq) => {
                        self.receive_unknown(env, key, packet, Some(seq));
                    }
                },
                None => socket.receive(env, packet),
            },
            Entry::TimeWait(remains) => match remains.receive(env, packet) {
                time_wait::Verdict::Keep => {}
                time_wait::Verdict::Forget => self.forget(key),
                time_wait::Verdict::NewConnection(seq) => {
                    self.forget(key);
                    self.receive_unknown(env, key, packet, Some(seq));
                }
            },
            Entry::Request(request) => match request.receive(env, packet) {
                request::Verdict::Wait => {}
                request::Verdict::Forget => self.forget(key),
                request::Verdict::Complete => self.complete(env, key, packet),
            },
        }
        self.settle(place);
    }

    /// An ICMP error arrives: about one of its own packets.
    pub(crate) fn receive_icmp(&mut self, env: &mut Env<'_>, error: &IcmpError) {
        let about = &error.about;
        if !self.powered || about.from != self.address {
            return;
        }
        if let Icmp::TooBig { mtu } = error.icmp {
            self.mtus.insert(about.to, mtu);
        }
        let key = Key { local_port: about.segment.from_port, remote: about.destination() };
        self.with_socket(key, |socket| socket.receive_icmp(env, error));
    }

    /// The settings towards a host: the path's MTU, where it is known, decides on the MSS.
    fn settings_towards(&self, remote: IpAddr) -> Rc<Settings> {
        match self.mtus.get(&remote) {
            Some(mtu) => Rc::new(self.settings.with_mtu(*mtu, remote.is_ipv6())),
            None => self.settings.clone(),
        }
    }

    /// A wake-up that was asked for.
    pub(crate) fn wake(&mut self, env: &mut Env<'_>, place: usize) {
        let Some((key, slot)) = self.table.at(place).filter(|(_, slot)| slot.wake == Some(env.now)) else {
            return;
        };
        slot.wake = None;
        let key = *key;
        match &mut slot.entry {
            Entry::Socket(socket) => socket.on_timer(env),
            Entry::TimeWait(remains) if remains.deadline <= env.now => self.forget(key),
            Entry::Request(_) if !self.listeners.contains_key(&key.local_port) => self.forget(key),
            Entry::Request(request) if request.deadline <= env.now => {
                if let request::Verdict::Forget = request.on_timer(env) {
                    self.forget(key);
                }
            }
            Entry::TimeWait(_) | Entry::Request(_) => {}
        }
        self.settle(place);
    }

    /// Asks for the wake-ups that are wanted and were not asked for before.
    pub(crate) fn want_wakes(&mut self, mut ask: impl FnMut(usize, Time)) {
        for place in self.touched.drain(..) {
            let Some((_, slot)) = self.table.at(place) else { continue };
            let next = match &slot.entry {
                Entry::Request(request) => Some(request.deadline),
                Entry::Socket(socket) => socket.next_timer(),
                Entry::TimeWait(remains) => Some(remains.deadline),
            };
            if let Some(time) = next.filter(|time| slot.wake.is_none_or(|asked| *time < asked)) {
                slot.wake = Some(time);
                ask(place, time);
            }
        }
    }

    /// No entry takes it: a SYN for a listener, a cookie that comes back, or a reset. `first`: the ISS, where that
    /// of a connection in TIME-WAIT decides on it.
    fn receive_unknown(&mut self, env: &mut Env<'_>, key: Key, packet: &Packet, first: Option<Seq>) {
        let segment = &packet.segment;
        let syn = segment.has(Flags::SYN) && !segment.has(Flags::ACK) && !segment.has(Flags::RST);
        if !self.listeners.contains_key(&key.local_port) {
            let kind = if syn { Kind::Refused } else { Kind::NoConnection };
            reset::reply(env, packet, self.settings.ttl, kind);
        } else if syn {
            self.receive_syn(env, key, segment, first);
        } else if !self.redeem_cookie(env, key, packet) {
            reset::reply(env, packet, self.settings.ttl, Kind::NoConnection);
        }
    }

    /// A SYN for a listening port.
    fn receive_syn(&mut self, env: &mut Env<'_>, key: Key, syn: &Segment, first: Option<Seq>) {
        let pair = self.pair(key);
        let fast_open = self.fast_open(pair, syn);
        let settings = self.settings_towards(pair.remote.ip());
        let Some(listener) = self.listeners.get_mut(&key.local_port) else { return };
        let decision = match listener.decide(&self.settings) {
            Decision::Cookie if first.is_some() => Decision::Remember,
            decision => decision,
        };
        if decision == Decision::Drop {
            return;
        }
        let mut numbers = self.secret.numbers(pair, self.clock, env.now);
        numbers.seq = first.unwrap_or(numbers.seq);
        let accepted = fast_open.accepted;
        let (cookie, deferred_timeouts) = (decision == Decision::Cookie, listener.deferred_timeouts());
        let answer = Answer { pair, numbers, deferred_timeouts, cookie, fast_open };
        let request = Request::new(env, settings, self.clock, answer, syn);
        if cookie {
            listener.remember_cookie(key, request);
        } else if accepted {
            listener.push(key);
            let (mut socket, len) = request.into_early_socket(env);
            socket.take_syn_data(len);
            self.put(key, Entry::Socket(Box::new(socket)));
        } else {
            listener.requests += 1;
            self.put(key, Entry::Request(Box::new(request)));
        }
    }

    /// What a SYN's Fast Open option is answered with (RFC 7413, 4.2.2).
    fn fast_open(&self, pair: Pair, syn: &Segment) -> FastOpen {
        let Some(cookie) = syn.options.fast_open.as_ref().filter(|_| self.settings.fast_open_server) else {
            return FastOpen::default();
        };
        let right = self.secret.cookie(pair);
        if *cookie == right {
            FastOpen { give: None, accepted: true }
        } else {
            FastOpen { give: Some(right), accepted: false }
        }
    }

    /// Whether a segment brings back the cookie of a SYN-ACK: it makes the connection.
    fn redeem_cookie(&mut self, env: &mut Env<'_>, key: Key, packet: &Packet) -> bool {
        let Some(listener) = self.listeners.get_mut(&key.local_port) else { return false };
        if packet.has(Flags::RST) || !packet.has(Flags::ACK) || !listener.has_given(key, &packet.segment) {
            return false;
        }
        let Some(request) = listener.redeem(key) else { return true };
        listener.push(key);
        let mut socket = request.into_socket(env);
        socket.receive(env, packet);
        self.put(key, Entry::Socket(Box::new(socket)));
        true
    }

    /// The third ACK, or what carries it, has come.
    fn complete(&mut self, env: &mut Env<'_>, key: Key, packet: &Packet) {
        let Some(listener) = self.listeners.get_mut(&key.local_port) else {
            self.forget(key);
            reset::reply(env, packet, self.settings.ttl, Kind::NoConnection);
            return;
        };
        if listener.is_full() {
            if let Some(Slot { entry: Entry::Request(request), .. }) = self.table.get_mut(key)
                && let request::Verdict::Forget = request.overflow(env, packet)
            {
                self.forget(key);
            }
            return;
        }
        listener.requests = listener.requests.saturating_sub(1);
        listener.push(key);
        if let Some(Slot { entry: Entry::Request(request), .. }) = self.table.remove(key) {
            let mut socket = request.into_socket(env);
            socket.receive(env, packet);
            self.put(key, Entry::Socket(Box::new(socket)));
        }
    }

    fn pair(&self, key: Key) -> Pair {
        Pair { local: SocketAddr::new(self.address, key.local_port), remote: key.remote }
    }

    fn put(&mut self, key: Key, entry: Entry) {
        let place = self.table.put(key, Slot { entry, wake: None });
        self.touch(place);
    }

    fn forget(&mut self, key: Key) {
        if let Some(Slot { entry: Entry::Request(_), .. }) = self.table.remove(key)
            && let Some(listener) = self.listeners.get_mut(&key.local_port)
        {
            listener.requests = listener.requests.saturating_sub(1);
        }
    }

    /// The state of a connection (RFC 9293, 3.3.2), by its name there; `LISTEN` or `CLOSED` where there is none.
    /// Nothing where no packet can tell: the host is without power, or a FIN still waits behind data.
    pub(crate) fn state(&self, key: Key) -> Option<&'static str> {
        if !self.powered {
            return None;
        }
        Some(match self.table.get(key).map(|slot| &slot.entry) {
            Some(Entry::Request(_)) => "SYN-RECEIVED",
            Some(Entry::TimeWait(remains)) => remains.state().name(),
            Some(Entry::Socket(socket)) if socket.send.fin_wanted => return None,
            Some(Entry::Socket(socket)) => match &socket.remains {
                Some(remains) => remains.state().name(),
                None => socket.state.name(),
            },
            None => match self.listeners.get(&key.local_port) {
                Some(listener) if listener.waits_for_cookie(key) => "SYN-RECEIVED",
                Some(_) => "LISTEN",
                None => "CLOSED",
            },
        })
    }

    /// After something happened to a connection: a socket that nobody holds gives way to what remains of it.
    fn settle(&mut self, place: usize) {
        let Some((key, slot)) = self.table.at(place) else { return };
        let key = *key;
        if let Entry::Socket(socket) = &mut slot.entry {
            if let Some(cookie) = socket.given_cookie.take() {
                self.cookies.insert(key.remote.ip(), cookie);
            }
            if socket.is_orphan() && socket.state == State::Closed {
                match socket.remains.take() {
                    Some(remains) => slot.entry = Entry::TimeWait(Box::new(remains)),
                    None => drop(self.table.remove(key)),
                }
            }
        }
        self.touch(place);
    }

    /// A connection may need another wake-up than before.
    fn touch(&mut self, place: usize) {
        if self.touched.last() != Some(&place) {
            self.touched.push(place);
        }
    }
}
