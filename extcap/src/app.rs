//! Applications: they do the steps of their scenario, one after the other.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use toml::Spanned;

use crate::scenario::Span;
use crate::scenario::file::{Action, KeepAlive, Runtime, Step};
use crate::tcp::{Env, Host, Key, Listening, Socket};
use crate::time::Time;

/// What an application does.
#[derive(Debug)]
pub(crate) struct Program(Vec<(Step, Content)>);

impl Program {
    pub(crate) fn new(steps: &[Spanned<Step>]) -> Self {
        let ready = |step: &Spanned<Step>| (step.get_ref().clone(), Content::new(step.get_ref()));
        Program(steps.iter().map(ready).collect())
    }
}

/// What a step writes, in pieces.
#[derive(Debug, Clone)]
struct Content(Vec<Bytes>);

impl Content {
    fn new(step: &Step) -> Self {
        let (text, hex) = (step.text.as_ref().map(String::as_bytes), step.hex.as_ref().map(|hex| &hex.0[..]));
        match text.or(hex) {
            Some(bytes) => Content(vec![Bytes::copy_from_slice(bytes)]),
            None => Content(filler(step.bytes.unwrap_or(0))),
        }
    }
}

/// An application at work: its program, and where in it it is.
#[derive(Debug)]
pub(crate) struct App {
    program: Rc<Program>,
    next: usize,
    /// When the step before was done.
    done: Time,
    /// The connection that the steps speak of.
    connection: Option<Key>,
    /// When the `connect` that is not done yet was begun.
    connecting: Option<Time>,
    /// Octets that the step has received so far.
    received: usize,
    /// How often each step that repeats has done so, by its number.
    repeats: Vec<(usize, u32)>,
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
        program: Rc<Program>,
        port: Option<u16>,
        peer: SocketAddr,
        runtime: Option<Runtime>,
    ) -> Self {
        App {
            program,
            next: 0,
            done: Time::ZERO,
            connection: None,
            connecting: None,
            received: 0,
            repeats: Vec::new(),
            port,
            peer,
            runtime,
        }
    }

    /// Does steps until it has to wait.
    pub(crate) fn run(&mut self, host: &mut Host, env: &mut Env<'_>) -> Pause {
        let program = self.program.clone();
        loop {
            let Some((step, content)) = program.0.get(self.next) else { return Pause::Done };
            let start = self.start_of(step);
            if start > env.now {
                return Pause::Until(start);
            }
            if !self.try_step(step, content, host, env) {
                let patience = step.timeout.and_then(|timeout| Some(self.connecting? + timeout.0));
                return patience.map_or(Pause::Blocked, Pause::BlockedUntil);
            }
            self.next = self.step_after(step);
            self.done = env.now;
            self.received = 0;
        }
    }

    /// The number of the step that comes after the one that was just done.
    fn step_after(&mut self, step: &Step) -> usize {
        if let (Action::Repeat, Some(steps), Some(times)) = (step.r#do, step.steps, step.times) {
            let number = self.next;
            let place = self.repeats.iter().position(|(known, _)| *known == number);
            let place = place.unwrap_or_else(|| {
                self.repeats.push((number, 0));
                self.repeats.len() - 1
            });
            let done = &mut self.repeats[place].1;
            if *done < times {
                *done += 1;
                return number.saturating_sub(steps);
            }
            *done = 0;
        }
        self.next + 1
    }

    /// Whether the step that it is blocked in could be done now.
    pub(crate) fn is_ready(&self, host: &Host) -> bool {
        let Some((step, _)) = self.program.0.get(self.next) else { return false };
        let socket_may = |go_on: fn(&Socket) -> bool| {
            let socket = self.connection.and_then(|key| host.socket(key));
            socket.is_none_or(|socket| go_on(socket) || socket.failure().is_some())
        };
        match step.r#do {
            Action::Accept => self.port.is_some_and(|port| host.can_accept(port)),
            Action::Connect => self.connecting.is_none() || socket_may(Socket::is_open),
            Action::Receive => socket_may(|socket| socket.unread() > 0 || socket.at_end()),
            _ => true,
        }
    }

    fn start_of(&self, step: &Step) -> Time {
        let at = step.at.map_or(Time::ZERO, |at| Time::ZERO + at.0);
        let after = self.done + step.wait.map_or(Duration::ZERO, |wait| wait.0);
        at.max(after)
    }

    /// Does a step, or begins it. True when it is done.
    fn try_step(&mut self, step: &Step, content: &Content, host: &mut Host, env: &mut Env<'_>) -> bool {
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
            Action::Connect => return self.connect(step, content, host, env),
            Action::Accept => return self.accept(step, host, env),
            Action::Receive => return self.receive(step, host, env),
            Action::Send => {
                self.with_socket(host, |socket| socket.write(env, &content.0, step.more, step.urgent));
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

    fn connect(&mut self, step: &Step, content: &Content, host: &mut Host, env: &mut Env<'_>) -> bool {
        let Some(begun) = self.connecting else {
            let port = step.port.or(self.port).unwrap_or_else(|| ephemeral_port(env));
            let early = step.fast_open.then(|| content.0.concat().into());
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

    fn with_socket(&self, host: &mut Host, act: impl FnOnce(&mut Socket)) {
        if let Some(key) = self.connection {
            host.with_socket(key, act);
        }
    }

    /// Does the last thing with a connection.
    fn leave(&mut self, host: &mut Host, act: impl FnOnce(&mut Socket)) {
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

/// That many bytes of no meaning.
fn filler(count: usize) -> Vec<Bytes> {
    const TEXT: &[u8; 27] = b"abcdefghijklmnopqrstuvwxyz\n";
    // Whole lines, so that the pieces fit together.
    static LINES: [[u8; TEXT.len()]; 2427] = [*TEXT; 2427];
    let piece = LINES.as_flattened();
    let whole = std::iter::repeat_n(Bytes::from_static(piece), count / piece.len());
    let rest = Bytes::from_static(&piece[..count % piece.len()]);
    whole.chain((!rest.is_empty()).then_some(rest)).collect()
}
