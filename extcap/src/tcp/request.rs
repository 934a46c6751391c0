//! A SYN that was answered, until its ACK comes: SYN-RECEIVED of a passive open (RFC 9293, 3.10.7.4).
//!
//! As in Linux it is no socket yet: its SYN-ACKs have the IP identification 0, and it disappears without a word.

use std::rc::Rc;

use bytes::Bytes;

use super::settings::{RTO_MAX, SYN_TIMEOUT, Settings};
use super::socket::{Pair, ReceiveSpace, SendSpace, Socket, TimestampClock};
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

#[derive(Debug)]
pub(super) struct Request {
    settings: Rc<Settings>,
    clock: KernelClock,
    pair: Pair,
    first: Seq,
    /// The client's SYN: its options, and IRS.
    syn: Segment,
    window: u32,
    timestamps: TimestampClock,
    flow_label: u32,
    sent: Time,
    timeouts: u32,
    repeats: u32,
    pub(super) deadline: Time,
}

impl Request {
    /// Answers a SYN.
    pub(super) fn new(
        env: &mut Env<'_>,
        settings: Rc<Settings>,
        clock: KernelClock,
        pair: Pair,
        syn: &Segment,
    ) -> Self {
        let on = settings.timestamps && syn.options.timestamps.is_some();
        let timestamps = TimestampClock {
            on,
            offset: env.random.u32(),
            recent: syn.options.timestamps.map_or(0, |t| t.value),
        };
        let window = settings.initial_window(settings.mss - if on { 12 } else { 0 });
        let mut request = Request {
            settings,
            clock,
            pair,
            first: Seq(env.random.u32()),
            syn: syn.clone(),
            window,
            timestamps,
            flow_label: env.random.u32() & 0xf_ffff,
            sent: env.now,
            timeouts: 0,
            repeats: 0,
            deadline: clock.expiry(env.now, SYN_TIMEOUT),
        };
        request.send_syn_ack(env, Kind::SynAck.into());
        request
    }

    fn send_syn_ack(&mut self, env: &mut Env<'_>, reason: Reason) {
        let (ours, theirs) = (&self.settings, &self.syn.options);
        let ecn = if self.takes_ecn() { Flags::ECE } else { Flags::default() };
        let scaling = ours.window_scaling && theirs.window_scale.is_some();
        let options = Options {
            mss: Some(ours.mss),
            sack_permitted: ours.sack && theirs.sack_permitted,
            timestamps: self.timestamps.option(self.clock, env.now),
            window_scale: scaling.then_some(ours.window_scale),
            ..Options::default()
        };
        env.out.push(Packet {
            from: self.pair.local.ip(),
            to: self.pair.remote.ip(),
            ttl: ours.ttl,
            id: 0,
            dont_fragment: true,
            flow_label: self.flow_label,
            ecn: Ecn::Not,
            corrupt: false,
            segment: Segment {
                from_port: self.pair.local.port(),
                to_port: self.pair.remote.port(),
                seq: self.first,
                ack: self.syn.seq + 1,
                flags: Flags::SYN | Flags::ACK | ecn,
                window: self.window.min(0xffff) as u16,
                options,
                payload: Bytes::new(),
            },
            reason,
            fault: None,
        });
        self.sent = env.now;
    }

    /// The client asks for ECN, and gets it (RFC 3168, 6.1.1).
    fn takes_ecn(&self) -> bool {
        self.settings.ecn_accepts && self.syn.has(Flags::ECE | Flags::CWR)
    }

    /// The third ACK did not come: the SYN-ACK again, or the end.
    pub(super) fn on_timer(&mut self, env: &mut Env<'_>) -> Verdict {
        if self.timeouts >= self.settings.synack_retries {
            return Verdict::Forget;
        }
        self.timeouts += 1;
        self.repeat(env, Kind::SynAckAgain);
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
        if segment.has(Flags::SYN) && !segment.has(Flags::ACK) && segment.seq == self.syn.seq {
            self.repeat(env, Kind::SynAckForSyn);
            return Verdict::Wait;
        }
        let next = self.syn.seq + 1;
        if segment.end().before(next) || segment.seq.after(next + self.window) {
            return Verdict::Wait;
        }
        if segment.has(Flags::RST) {
            return if segment.seq == next { Verdict::Forget } else { Verdict::Wait };
        }
        if !segment.has(Flags::ACK) {
            return Verdict::Wait;
        }
        if segment.ack != self.first + 1 {
            reset::reply(env, packet, self.settings.ttl, Kind::NoConnection);
            return Verdict::Wait;
        }
        Verdict::Complete
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
        let mut send = SendSpace::new(self.first, 0, 0, 536);
        send.una = self.first + 1;
        let receive = ReceiveSpace::new(self.syn.seq, self.window, 0, &self.settings);
        let rtt = env.now - self.sent;
        let ecn = self.takes_ecn();
        let mut socket = Socket::new(env, self.settings, self.clock, self.pair, send, receive);
        socket.timestamps = self.timestamps;
        socket.agree(env.now, &self.syn.options);
        socket.send.window_seq = self.syn.seq;
        socket.ecn.on = ecn;
        if self.repeats == 0 {
            socket.rtt.saw(rtt);
            socket.rtt.measured(rtt, socket.send.una, socket.send.next);
        }
        socket
    }
}
