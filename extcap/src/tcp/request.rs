//! A SYN that was answered, until its ACK comes: SYN-RECEIVED of a passive open (RFC 9293, 3.10.7.4).
//!
//! As in Linux it is no socket yet: its SYN-ACKs have the IP identification 0, and it disappears without a word.

use std::rc::Rc;

use bytes::Bytes;

use super::numbers::FirstNumbers;
use super::retransmit::Timer;
use super::settings::{RTO_MAX, SYN_TIMEOUT, Settings};
use super::socket::{Pair, ReceiveSpace, SendSpace, Socket, State, TimestampClock};
use super::{Env, KernelClock, reset};
use crate::net::{Ecn, Flags, Kind, Options, Packet, Reason, Segment, Seq};
use crate::time::Time;

/// What became of a request.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It goes on waiting.
    Wait,
    /// It is forgotten.
    Forget,
    /// The handshake is complete, if the accept queue takes it.
    Complete,
}

/// What TCP Fast Open does for a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct FastOpen {
    /// The cookie to give.
    pub(super) give: Option<Bytes>,
    /// The SYN's data is taken: its cookie was right.
    pub(super) accepted: bool,
}

/// How a SYN is answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) pair: Pair,
    pub(super) numbers: FirstNumbers,
    /// Timeouts until which the third ACK without data is not enough (`TCP_DEFER_ACCEPT`).
    pub(super) deferred_timeouts: u32,
    /// The sequence number is a SYN cookie.
    pub(super) cookie: bool,
    pub(super) fast_open: FastOpen,
}

#[derive(Debug)]
pub(super) struct Request {
    settings: Rc<Settings>,
    clock: KernelClock,
    answer: Answer,
    /// The client's SYN: its options, and IRS.
    syn: Segment,
    window: u32,
    timestamps: TimestampClock,
    flow_label: u32,
    sent: Time,
    timeouts: u32,
    repeats: u32,
    /// The third ACK has come, but no data.
    acknowledged: bool,
    pub(super) deadline: Time,
}

impl Request {
    /// Answers a SYN.
    pub(super) fn new(
        env: &mut Env<'_>,
        settings: Rc<Settings>,
        clock: KernelClock,
        answer: Answer,
        syn: &Segment,
    ) -> Self {
        let mut syn = syn.clone();
        let on = settings.timestamps && syn.options.timestamps.is_some();
        if answer.cookie && !on {
            // Without a timestamp there is no place in the cookie for these.
            syn.options.window_scale = None;
            syn.options.sack_permitted = false;
        }
        let timestamps = TimestampClock {
            on,
            offset: answer.numbers.timestamp_offset,
            recent: syn.options.timestamps.map_or(0, |t| t.value),
        };
        let mut request = Request {
            window: settings.first_window(on),
            settings,
            clock,
            answer,
            syn,
            timestamps,
            flow_label: env.random.u32() & 0xf_ffff,
            sent: env.now,
            timeouts: 0,
            repeats: 0,
            acknowledged: false,
            deadline: clock.expiry(env.now, SYN_TIMEOUT),
        };
        let kind = if request.answer.cookie { Kind::SynCookie } else { Kind::SynAck };
        request.send_syn_ack(env, kind.into());
        request
    }

    /// RCV.NXT: behind the SYN, and behind its data if that is taken.
    fn receive_next(&self) -> Seq {
        if self.answer.fast_open.accepted { self.syn.end() } else { self.syn.seq + 1 }
    }

    fn send_syn_ack(&mut self, env: &mut Env<'_>, reason: Reason) {
        let (ours, theirs, pair) = (&self.settings, &self.syn.options, self.answer.pair);
        let ecn = if self.takes_ecn() { Flags::ECE } else { Flags::default() };
        let scaling = ours.window_scaling && theirs.window_scale.is_some();
        let options = Options {
            mss: Some(ours.mss),
            sack_permitted: ours.sack && theirs.sack_permitted,
            timestamps: self.timestamps.option(self.clock, env.now),
            window_scale: scaling.then_some(ours.window_scale),
            fast_open: self.answer.fast_open.give.clone(),
            order: ours.option_order,
            ..Options::default()
        };
        env.out.push_back(Box::new(Packet {
            from: pair.local.ip(),
            to: pair.remote.ip(),
            ttl: ours.ttl,
            id: 0,
            dont_fragment: true,
            flow_label: self.flow_label,
            ecn: Ecn::Not,
            corrupt: false,
            segment: Segment {
                from_port: pair.local.port(),
                to_port: pair.remote.port(),
                seq: self.answer.numbers.seq,
                ack: self.receive_next(),
                flags: Flags::SYN | Flags::ACK | ecn,
                window: self.window.min(0xffff) as u16,
                options,
                urgent: 0,
                payload: Bytes::new(),
            },
            reason,
            fault: None,
            number: 0,
        }));
        self.sent = env.now;
    }

    /// The client asks for ECN, and gets it (RFC 3168, 6.1.1).
    fn takes_ecn(&self) -> bool {
        self.settings.ecn_accepts && self.syn.has(Flags::ECE | Flags::CWR)
    }

    /// The third ACK did not come: the SYN-ACK again, or the end (`reqsk_timer_handler`).
    pub(super) fn on_timer(&mut self, env: &mut Env<'_>) -> Verdict {
        let deferred = self.answer.deferred_timeouts;
        let waits_for_data = self.acknowledged && self.timeouts < deferred;
        if self.timeouts >= self.settings.synack_retries && !waits_for_data {
            return Verdict::Forget;
        }
        // While data is waited for, only the last timeout asks again.
        let silent = self.acknowledged && self.timeouts + 1 < deferred;
        self.timeouts += 1;
        if silent {
            self.restart(env.now);
        } else {
            let kind = if waits_for_data { Kind::SynAckDeferred } else { Kind::SynAckAgain };
            self.repeat(env, kind);
        }
        Verdict::Wait
    }

    fn repeat(&mut self, env: &mut Env<'_>, kind: Kind) {
        self.repeats += 1;
        let waited = env.now - self.sent;
        self.send_syn_ack(env, Reason { kind, nth: self.repeats, waited });
        self.restart(env.now);
    }

    fn restart(&mut self, now: Time) {
        let timeout = SYN_TIMEOUT.saturating_mul(1 << self.timeouts.min(16)).min(RTO_MAX);
        self.deadline = self.clock.expiry(now, timeout);
    }

    /// Takes a segment (`tcp_check_req`).
    pub(super) fn receive(&mut self, env: &mut Env<'_>, packet: &Packet) -> Verdict {
        let segment = &packet.segment;
        let next = self.receive_next();
        let syn = segment.has(Flags::SYN);
        if syn && !segment.has(Flags::ACK) && segment.seq == self.syn.seq {
            self.repeat(env, Kind::SynAckForSyn);
            return Verdict::Wait;
        }
        if segment.end().before(next) || segment.seq.after(next + self.window) {
            if !segment.has(Flags::RST) {
                self.challenge(env);
            }
            return Verdict::Wait;
        }
        if segment.has(Flags::RST) {
            return if segment.seq == next { Verdict::Forget } else { Verdict::Wait };
        }
        if syn && segment.seq != self.syn.seq {
            reset::reply(env, packet, self.settings.ttl, Kind::NoConnection);
            return Verdict::Forget;
        }
        if !segment.has(Flags::ACK) {
            return Verdict::Wait;
        }
        if !self.is_acknowledged_by(segment) {
            reset::reply(env, packet, self.settings.ttl, Kind::NoConnection);
            return Verdict::Wait;
        }
        if self.timeouts < self.answer.deferred_timeouts && segment.seq_len() == 0 {
            self.acknowledged = true;
            return Verdict::Wait;
        }
        Verdict::Complete
    }

    /// Whether a segment acknowledges the SYN-ACK.
    pub(super) fn is_acknowledged_by(&self, segment: &Segment) -> bool {
        segment.ack == self.answer.numbers.seq + 1
    }

    /// Something outside the window: an ACK says where this connection stands (`tcp_v4_reqsk_send_ack`).
    fn challenge(&self, env: &mut Env<'_>) {
        let pair = self.answer.pair;
        let scaled = self.settings.window_scaling && self.syn.options.window_scale.is_some();
        let scale = if scaled { self.settings.window_scale } else { 0 };
        env.out.push_back(Box::new(Packet {
            from: pair.local.ip(),
            to: pair.remote.ip(),
            ttl: self.settings.ttl,
            id: 0,
            dont_fragment: true,
            flow_label: self.flow_label,
            ecn: Ecn::Not,
            corrupt: false,
            segment: Segment {
                from_port: pair.local.port(),
                to_port: pair.remote.port(),
                seq: self.answer.numbers.seq + 1,
                ack: self.receive_next(),
                flags: Flags::ACK,
                window: (self.window >> scale).min(0xffff) as u16,
                options: Options {
                    timestamps: self.timestamps.option(self.clock, env.now),
                    ..Options::default()
                },
                urgent: 0,
                payload: Bytes::new(),
            },
            reason: Kind::ChallengeAck.into(),
            fault: None,
            number: 0,
        }));
    }

    /// The accept queue is full: the request is answered with RST and forgotten, or goes on as if no ACK had come.
    pub(super) fn overflow(&self, env: &mut Env<'_>, packet: &Packet) -> Verdict {
        if self.settings.abort_on_overflow {
            reset::reply(env, packet, self.settings.ttl, Kind::QueueOverflow);
            return Verdict::Forget;
        }
        Verdict::Wait
    }

    /// The socket that the completed handshake makes of it.
    pub(super) fn into_socket(self, env: &mut Env<'_>) -> Socket {
        let measured = (self.repeats == 0 && !self.answer.cookie).then(|| env.now - self.sent);
        let mut socket = self.socket(env);
        socket.send.una = socket.send.next;
        if let Some(rtt) = measured {
            socket.rtt.saw(rtt);
            socket.rtt.measured(rtt, socket.send.una, socket.send.next);
        }
        socket
    }

    /// The socket that Fast Open makes of it before the third ACK has come, and how much data the SYN had.
    pub(super) fn into_early_socket(self, env: &mut Env<'_>) -> (Socket, u32) {
        let (len, deadline, sent) = (self.syn.len(), self.deadline, self.sent);
        let mut socket = self.socket(env);
        socket.state = State::SynReceived;
        socket.retransmit.timer = Some((Timer::Timeout, deadline));
        socket.retransmit.last_syn = sent;
        (socket, len)
    }

    fn socket(self, env: &mut Env<'_>) -> Socket {
        let send = SendSpace::new(self.answer.numbers.seq, 0, 0, 536);
        let receive = ReceiveSpace::new(self.syn.seq, self.window, 0, &self.settings);
        let ecn = self.takes_ecn();
        let mut socket = Socket::new(env, self.settings, self.clock, self.answer.pair, send, receive);
        socket.timestamps = self.timestamps;
        socket.passive = true;
        socket.agree(env.now, &self.syn.options);
        socket.send.window_seq = self.syn.seq;
        socket.ecn.on = ecn;
        socket.send.window = self.syn.window.into();
        socket
    }
}
