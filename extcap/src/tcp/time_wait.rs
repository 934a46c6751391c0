//! What stays of a closed connection (`tcp_minisocks.c`): enough numbers to answer late segments for a minute.
//!
//! Linux takes this small form for TIME-WAIT, and for FIN-WAIT-2 once the application has closed. Its answers
//! have the IP identification 0.

use super::socket::{Pair, Socket, State, TimestampClock};
use super::{Env, KernelClock, reset, settings};
use crate::net::{Ecn, Flags, Kind, Options, Packet, Segment, Seq};
use crate::time::Time;

#[derive(Debug, Clone)]
pub(super) struct TimeWait {
    pair: Pair,
    clock: KernelClock,
    ttl: u8,
    flow_label: u32,
    state: State,
    send_next: Seq,
    receive_next: Seq,
    window: u16,
    timestamps: TimestampClock,
    /// When the peer's last timestamp came.
    heard: Time,
    rfc1337: bool,
    answers: u32,
    pub(super) deadline: Time,
}

/// What is to be done with a segment that met a [`TimeWait`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Done.
    Keep,
    /// The connection is forgotten now.
    Forget,
    /// A new connection may begin, with this ISS: the listener decides.
    NewConnection(Seq),
}

impl TimeWait {
    pub(super) fn new(socket: &Socket, state: State, deadline: Time) -> Self {
        TimeWait {
            pair: socket.pair,
            clock: socket.clock,
            ttl: socket.settings.ttl,
            flow_label: socket.ip.flow_label,
            state,
            send_next: socket.send.next,
            receive_next: socket.receive.next,
            window: (socket.receive.window >> socket.receive.scale).min(0xffff) as u16,
            timestamps: socket.timestamps,
            heard: socket.heard,
            rfc1337: socket.settings.rfc1337,
            answers: 0,
            deadline,
        }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Takes a segment (`tcp_timewait_state_process`).
    pub(super) fn receive(&mut self, env: &mut Env<'_>, packet: &Packet) -> Verdict {
        let segment = &packet.segment;
        if self.state == State::FinWait2 {
            self.in_fin_wait_2(env, packet)
        } else {
            self.in_time_wait(env, segment)
        }
    }

    /// What a new connection from here begins with, if it may take this one's place (`tcp_twsk_unique`).
    pub(super) fn reuse(&self, now: Time) -> Option<(Seq, u32)> {
        let second = |time: Time| time.nanos() / 1_000_000_000;
        let old_enough = self.timestamps.on && second(now) > second(self.heard);
        (self.state == State::TimeWait && old_enough).then_some((self.next_first(), self.timestamps.recent))
    }

    /// An ISS that no segment of this connection can be mistaken for.
    fn next_first(&self) -> Seq {
        self.send_next + (65_535 + 2)
    }

    /// PAWS (RFC 7323, 5).
    fn is_old(&self, segment: &Segment) -> bool {
        let earlier = |t: crate::net::Timestamps| (t.value.wrapping_sub(self.timestamps.recent) as i32) < 0;
        self.timestamps.on && !segment.has(Flags::RST) && segment.options.timestamps.is_some_and(earlier)
    }

    fn in_fin_wait_2(&mut self, env: &mut Env<'_>, packet: &Packet) -> Verdict {
        let segment = &packet.segment;
        let window_end = self.receive_next + 0xffff;
        if self.is_old(segment) || segment.seq.after(window_end) || segment.end().before(self.receive_next) {
            self.acknowledge(env, Kind::DuplicateAck);
            return Verdict::Keep;
        }
        if segment.has(Flags::RST) {
            return Verdict::Forget;
        }
        if segment.has(Flags::SYN) && !segment.seq.before(self.receive_next) {
            reset::reply(env, packet, self.ttl, Kind::AfterClose);
            return Verdict::Forget;
        }
        let past_fin = self.receive_next + 1;
        if !segment.has(Flags::ACK) || segment.seq_len() == 0 || !segment.end().after(self.receive_next) {
            return Verdict::Keep;
        }
        if !segment.has(Flags::FIN) || segment.end() != past_fin {
            reset::reply(env, packet, self.ttl, Kind::AfterClose);
            return Verdict::Forget;
        }
        self.state = State::TimeWait;
        self.receive_next = past_fin;
        if let Some(timestamps) = segment.options.timestamps {
            self.timestamps.recent = timestamps.value;
        }
        self.restart(env.now);
        self.acknowledge(env, Kind::LastAck);
        Verdict::Keep
    }

    fn in_time_wait(&mut self, env: &mut Env<'_>, segment: &Segment) -> Verdict {
        let (reset, old) = (segment.has(Flags::RST), self.is_old(segment));
        if !old && segment.seq == self.receive_next && (segment.seq_len() == 0 || reset) {
            // RFC 1337: a RST here is the assassination of TIME-WAIT.
            if reset && !self.rfc1337 {
                return Verdict::Forget;
            }
            if !reset {
                self.restart(env.now);
            }
            return Verdict::Keep;
        }
        if reset {
            return Verdict::Keep;
        }
        if segment.has(Flags::SYN) && !segment.has(Flags::ACK) && !old && self.is_newer(segment) {
            return Verdict::NewConnection(self.next_first());
        }
        if old || segment.has(Flags::ACK) {
            self.restart(env.now);
        }
        self.acknowledge(env, if segment.has(Flags::FIN) { Kind::LastAckAgain } else { Kind::DuplicateAck });
        Verdict::Keep
    }

    /// Whether a SYN cannot be an old one (RFC 6191).
    fn is_newer(&self, segment: &Segment) -> bool {
        let later = |t: crate::net::Timestamps| t.value.wrapping_sub(self.timestamps.recent) as i32 > 0;
        segment.seq.after(self.receive_next)
            || self.timestamps.on && segment.options.timestamps.is_some_and(later)
    }

    fn restart(&mut self, now: Time) {
        self.deadline = self.clock.expiry(now, settings::TIME_WAIT);
    }

    fn acknowledge(&mut self, env: &mut Env<'_>, kind: Kind) {
        self.answers += 1;
        let options =
            Options { timestamps: self.timestamps.option(self.clock, env.now), ..Options::default() };
        let segment = Segment {
            from_port: self.pair.local.port(),
            to_port: self.pair.remote.port(),
            seq: self.send_next,
            ack: self.receive_next,
            flags: Flags::ACK,
            window: self.window,
            options,
            urgent: 0,
            payload: bytes::Bytes::new(),
        };
        env.out.push_back(Box::new(Packet {
            from: self.pair.local.ip(),
            to: self.pair.remote.ip(),
            ttl: self.ttl,
            id: 0,
            dont_fragment: true,
            flow_label: self.flow_label,
            ecn: Ecn::Not,
            corrupt: false,
            segment,
            reason: crate::net::Reason { nth: self.answers, ..kind.into() },
            fault: None,
            number: 0,
        }));
    }
}
