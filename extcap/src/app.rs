//! Applications: they do the steps of their scenario, one after the other.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::scenario::Span;
use crate::scenario::file::{Action, KeepAlive, Runtime, Step};
use crate::tcp::{Env, Host, Key, Listening};
use crate::time::Time;

/// An application's program, and where in it it is.
#[derive(Debug)]
pub(crate) struct App {
    steps: Vec<Step>,
    next: usize,
    /// When the step before was done.
    done: Time,
    /// The connection that the steps speak of.
    connection: Option<Key>,
    /// When the `connect` that is not done yet was begun.
    connecting: Option<Time>,
    /// Octets that the step has received so far.
    received: usize,
    /// How often each step has repeated those before it.
    repeats: HashMap<usize, u32>,
    /// The port that it listens on or connects from; without one, it connects from an ephemeral port.
    port: Option<u16>,
    peer: SocketAddr,
    runtime: Option<Runtime>,
}

/// Why an application does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    /// It waits for its connection.
    Blocked,
    /// It waits for its connection, and no longer than until then.
    BlockedUntil(Time),
    /// It does nothing until then.
    Until(Time),
    /// It is at its end.
    Done,
}

impl App {
    pub(crate) fn new(
        steps: Vec<Step>,
        port: Option<u16>,
        peer: SocketAddr,
        runtime: Option<Runtime>,
    ) -> Self {
        App {
            steps,
            next: 0,
            done: Time::ZERO,
            connection: None,
            connecting: None,
            received: 0,
            repeats: HashMap::new(),
            port,
            peer,
            runtime,
        }
    }

    /// Does steps until it has to wait.
    pub(crate) fn run(&mut self, host: &mut Host, env: &mut Env<'_>) -> Pause {
        loop {
            let Some(step) = self.steps.get(self.next) else { return Pause::Done };
            let start = self.start_of(step);
            if start > env.now {
                return Pause::Until(start);
            }
            let step = step.clone();
            if !self.try_step(&step, host, env) {
                let patience = step.timeout.and_then(|timeout| Some(self.connecting? + timeout.0));
                return patience.map_or(Pause::Blocked, Pause::BlockedUntil);
            }
            self.next = self.step_after(&step);
            self.done = env.now;
            self.received = 0;
        }
    }

    /// The number of the step that comes after the one that was just done.
    fn step_after(&mut self, step: &Step) -> usize {
        if let (Action::Repeat, Some(steps), Some(times)) = (step.r#do, step.steps, step.times) {
            let repeats = self.repeats.entry(self.next).or_default();
            if *repeats < times {
                *repeats += 1;
                return self.next.saturating_sub(steps);
            }
            *repeats = 0;
        }
        self.next + 1
    }

    /// Whether the step that it is blocked in could be done now.
    pub(crate) fn is_ready(&self, host: &Host) -> bool {
        let Some(step) = self.steps.get(self.next) else { return false };
        let socket = self.connection.and_then(|key| host.socket(key));
        let failed = socket.is_none_or(|socket| socket.failure().is_some());
        match step.r#do {
            Action::Accept => self.port.is_some_and(|port| host.can_accept(port)),
            Action::Connect => {
                self.connecting.is_none() || failed || socket.is_some_and(|socket| socket.is_open())
            }
            Action::Receive => failed || socket.is_some_and(|socket| socket.unread() > 0 || socket.at_end()),
            _ => true,
        }
    }

    fn start_of(&self, step: &Step) -> Time {
        let at = step.at.map_or(Time::ZERO, |at| Time::ZERO + at.0);
        let after = self.done + step.wait.map_or(Duration::ZERO, |wait| wait.0);
        at.max(after)
    }

    /// Does a step, or begins it. True when it is done.
    fn try_step(&mut self, step: &Step, host: &mut Host, env: &mut Env<'_>) -> bool {
        match step.r#do {
            Action::Listen => {
                if let Some(port) = self.port {
                    let defer_accept = step.defer_accept.map(|time| time.0);
                    host.listen(port, Listening { backlog: step.backlog.unwrap_or(128), defer_accept });
                }
            }
            Action::PowerOff => {
                host.power_off();
                self.connection = None;
            }
            Action::Boot => host.boot(env),
            Action::Repeat => {}
            Action::Connect => return self.connect(step, host, env),
            Action::Accept => return self.accept(step, host, env),
            Action::Receive => return self.receive(step, host, env),
            Action::Send => {
                self.with_socket(host, |socket| socket.write(env, data_of(step), step.more, step.urgent));
            }
            Action::Shutdown => self.with_socket(host, |socket| socket.shutdown(env)),
            Action::Close => self.leave(host, |socket| socket.close(env)),
            Action::Exit => {
                if let Some(port) = self.port {
                    host.stop_listening(env, port);
                }
                self.leave(host, |socket| socket.close(env));
            }
            Action::Abort => self.leave(host, |socket| socket.abort(env)),
        }
        true
    }

    fn connect(&mut self, step: &Step, host: &mut Host, env: &mut Env<'_>) -> bool {
        let Some(begun) = self.connecting else {
            let port = step.port.or(self.port).unwrap_or_else(|| ephemeral_port(env));
            let early = step.fast_open.then(|| data_of(step));
            self.connection = Some(host.connect(env, port, self.peer, early));
            self.connecting = Some(env.now);
            return false;
        };
        let socket = self.connection.and_then(|key| host.socket(key));
        let (failed, open) =
            (socket.is_none_or(|s| s.failure().is_some()), socket.is_some_and(|s| s.is_open()));
        let given_up = step.timeout.is_some_and(|timeout| env.now >= begun + timeout.0);
        if failed || !open && given_up {
            self.leave(host, |socket| socket.close(env));
        } else if open {
            self.set_options(step, host, env);
        } else {
            return false;
        }
        self.connecting = None;
        true
    }

    fn accept(&mut self, step: &Step, host: &mut Host, env: &mut Env<'_>) -> bool {
        self.connection = self.port.and_then(|port| host.accept(port));
        self.set_options(step, host, env);
        self.connection.is_some()
    }

    /// What the step or the runtime sets on a new connection.
    fn set_options(&self, step: &Step, host: &mut Host, env: &Env<'_>) {
        let usual = match self.runtime {
            Some(Runtime::Go) => {
                let span = Some(Span(Duration::from_secs(15)));
                Some(KeepAlive { idle: span, interval: span, count: Some(9) })
            }
            None => None,
        };
        self.with_socket(host, |socket| {
            if let Some(keepalive) = step.keepalive.or(usual) {
                socket.set_keepalive(env, keepalive);
            }
            if let Some(timeout) = step.user_timeout {
                socket.set_user_timeout(timeout.0);
            }
        });
    }

    fn receive(&mut self, step: &Step, host: &mut Host, env: &mut Env<'_>) -> bool {
        let mut ended = true;
        let mut count = 0;
        self.with_socket(host, |socket| {
            count = socket.read(env, step.most.unwrap_or(u32::MAX));
            ended = socket.at_end() && socket.unread() == 0 || socket.failure().is_some();
        });
        self.received += count;
        ended || !step.until_closed && self.received >= step.bytes.unwrap_or(1)
    }

    fn with_socket(&self, host: &mut Host, act: impl FnOnce(&mut crate::tcp::Socket)) {
        if let Some(key) = self.connection {
            host.with_socket(key, act);
        }
    }

    /// Does the last thing with a connection.
    fn leave(&mut self, host: &mut Host, act: impl FnOnce(&mut crate::tcp::Socket)) {
        self.with_socket(host, act);
        self.connection = None;
    }
}

/// Linux's ephemeral ports; `connect()` takes even ones.
fn ephemeral_port(env: &mut Env<'_>) -> u16 {
    const FIRST: u16 = 32_768;
    const LAST: u16 = 60_998;
    FIRST + 2 * env.random.below(u64::from((LAST - FIRST) / 2 + 1)) as u16
}

/// What a step writes.
fn data_of(step: &Step) -> Bytes {
    match (&step.text, &step.hex, step.bytes) {
        (Some(text), ..) => Bytes::copy_from_slice(text.as_bytes()),
        (None, Some(hex), _) => Bytes::copy_from_slice(&hex.0),
        (None, None, count) => filler(count.unwrap_or(0)),
    }
}

/// That many bytes of no meaning.
fn filler(count: usize) -> Bytes {
    const TEXT: &[u8] = b"abcdefghijklmnopqrstuvwxyz\n";
    TEXT.iter().copied().cycle().take(count).collect()
}
