//! One side of one connection: the transmission control block, and what belongs to no single phase.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use super::congestion::Congestion;
use super::delayed_ack::DelayedAck;
use super::ecn::EcnState;
use super::flight::Flight;
use super::keepalive::KeepAlive;
use super::reassembly::Reassembly;
use super::recovery::Recovery;
use super::retransmit::Retransmit;
use super::rtt::Rtt;
use super::settings::{IpIds, Settings};
use super::time_wait::TimeWait;
use super::window::{Buffer, Unread};
use super::{Env, KernelClock};
use crate::net::{Seq, Timestamps};
use crate::time::Time;

/// The states of RFC 9293, 3.3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
    Closed,
}

impl State {
    /// Its name in RFC 9293.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::SynSent => "SYN-SENT",
            State::SynReceived => "SYN-RECEIVED",
            State::Established => "ESTABLISHED",
            State::FinWait1 => "FIN-WAIT-1",
            State::FinWait2 => "FIN-WAIT-2",
            State::CloseWait => "CLOSE-WAIT",
            State::Closing => "CLOSING",
            State::LastAck => "LAST-ACK",
            State::TimeWait => "TIME-WAIT",
            State::Closed => "CLOSED",
        }
    }
}

/// How a connection failed, as the application's next call is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// `ECONNREFUSED`
    Refused,
    /// `ECONNRESET`
    Reset,
    /// `ETIMEDOUT`
    TimedOut,
    /// `EHOSTUNREACH` and its like
    Unreachable,
}

/// Both ends of a connection, seen from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
}

/// What a socket writes into its IP headers.
#[derive(Debug, Clone, Copy)]
pub(super) struct IpLine {
    pub(super) ttl: u8,
    next_id: u16,
    counts: bool,
    pub(super) flow_label: u32,
}

impl IpLine {
    pub(super) fn new(env: &mut Env<'_>, settings: &Settings) -> Self {
        IpLine {
            ttl: settings.ttl,
            next_id: env.random.u16(),
            counts: settings.ip_ids == IpIds::PerSocket,
            flow_label: env.random.u32() & 0xf_ffff,
        }
    }

    /// The next packet's identification: on most systems, one socket counts its packets, from a number of its own.
    pub(super) fn take_id(&mut self) -> u16 {
        if !self.counts {
            return 0;
        }
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        id
    }
}

/// The TSval and TSecr of a connection (RFC 7323).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TimestampClock {
    /// Agreed on in the handshake.
    pub(super) on: bool,
    /// Linux adds a random number for each connection.
    pub(super) offset: u32,
    /// TS.Recent
    pub(super) recent: u32,
}

impl TimestampClock {
    pub(super) fn value(&self, clock: KernelClock, now: Time) -> u32 {
        clock.millis(now).wrapping_add(self.offset)
    }

    pub(super) fn option(&self, clock: KernelClock, now: Time) -> Option<Timestamps> {
        self.on.then(|| Timestamps { value: self.value(clock, now), echo: self.recent })
    }
}

/// The send sequence space, and what is or will be in it.
#[derive(Debug)]
pub(super) struct SendSpace {
    /// ISS
    pub(super) first: Seq,
    /// SND.UNA
    pub(super) una: Seq,
    /// SND.NXT
    pub(super) next: Seq,
    /// SND.WND, in octets
    pub(super) window: u32,
    pub(super) scale: u8,
    /// The most data in one segment.
    pub(super) mss: u32,
    /// The sequence number of the segment that told SND.WND last (SND.WL1).
    pub(super) window_seq: Seq,
    /// Written by the application, not sent yet, and how many octets that is.
    pub(super) queue: VecDeque<Bytes>,
    pub(super) queued: u32,
    /// Sent, not acknowledged.
    pub(super) flight: Flight,
    /// Where the last segment that was not full ended.
    pub(super) small_end: Option<Seq>,
    /// When something was sent last.
    pub(super) last_sent: Time,
    /// The FIN is to follow the queue.
    pub(super) fin_wanted: bool,
    /// More will be written soon: a segment that is not full waits for it (`MSG_MORE`).
    pub(super) corked: bool,
    /// The number behind the last urgent octet (SND.UP).
    pub(super) urgent: Option<Seq>,
}

impl SendSpace {
    pub(super) fn new(first: Seq, window: u32, scale: u8, mss: u32) -> Self {
        SendSpace {
            first,
            una: first,
            next: first + 1,
            window,
            scale,
            mss,
            window_seq: Seq(0),
            queue: VecDeque::new(),
            queued: 0,
            flight: Flight::default(),
            small_end: None,
            last_sent: Time::ZERO,
            fin_wanted: false,
            corked: false,
            urgent: None,
        }
    }

    /// Octets that were written and not sent.
    pub(super) fn queued(&self) -> u32 {
        self.queued
    }

    /// Whether data or the FIN is still to be sent.
    pub(super) fn has_more(&self) -> bool {
        self.queued > 0 || self.fin_wanted
    }
}

/// The receive sequence space, and what has come in it.
#[derive(Debug)]
pub(super) struct ReceiveSpace {
    /// IRS
    pub(super) first: Seq,
    /// RCV.NXT
    pub(super) next: Seq,
    /// RCV.NXT as it was last told to the peer: Last.ACK.sent of RFC 7323.
    pub(super) told: Seq,
    /// The window that was told then, in octets.
    pub(super) window: u32,
    pub(super) scale: u8,
    pub(super) buffer: Buffer,
    /// The largest segment seen, as the kernel guesses the peer's MSS (`rcv_mss`), ...
    pub(super) mss: u32,
    /// ... and the largest that it can be.
    pub(super) most: u32,
    /// The last segment's length, if it was smaller.
    pub(super) last_small: u32,
    /// Octets in order that the application has not read.
    pub(super) unread_len: u32,
    pub(super) out_of_order: Reassembly,
    /// The peer's FIN has come, and everything before it.
    pub(super) closed: bool,
}

impl ReceiveSpace {
    pub(super) fn new(first: Seq, window: u32, scale: u8, settings: &Settings) -> Self {
        ReceiveSpace {
            first,
            next: first + 1,
            told: first + 1,
            window,
            scale,
            buffer: Buffer::new(settings, window),
            mss: 536.min(window / 2).max(88),
            most: settings.mss.into(),
            last_small: 0,
            unread_len: 0,
            out_of_order: Reassembly::default(),
            closed: false,
        }
    }

    /// How far behind RCV.NXT data has come.
    pub(super) fn early(&self) -> u32 {
        self.out_of_order.past().map_or(0, |past| past - self.next)
    }
}

/// A connection's one end.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(super) settings: Rc<Settings>,
    pub(super) clock: KernelClock,
    pub(super) pair: Pair,
    pub(super) state: State,
    pub(super) ip: IpLine,
    pub(super) send: SendSpace,
    pub(super) receive: ReceiveSpace,
    pub(super) timestamps: TimestampClock,
    /// SACK was agreed on.
    pub(super) sack: bool,
    pub(super) ecn: EcnState,
    /// Window scaling was agreed on.
    pub(super) scaling: bool,
    /// It came out of a listener.
    pub(super) passive: bool,
    /// A Fast Open cookie that the server has given in this handshake, for the host to keep.
    pub(super) given_cookie: Option<Bytes>,
    /// `TCP_USER_TIMEOUT`
    pub(super) user_timeout: Option<Duration>,
    pub(super) rtt: Rtt,
    pub(super) congestion: Congestion,
    pub(super) recovery: Recovery,
    pub(super) delayed_ack: DelayedAck,
    pub(super) retransmit: Retransmit,
    pub(super) keepalive: Option<KeepAlive>,
    /// When anything last came from the peer.
    pub(super) heard: Time,
    /// Before this time, it answers no more of what might be the other side's answers to its own.
    pub(super) patience: Time,
    /// The application has closed it.
    pub(super) orphan: bool,
    pub(super) failure: Option<Failure>,
    /// What stays of it to answer late segments.
    pub(super) remains: Option<TimeWait>,
}

impl Socket {
    /// The socket of a connection that has just been opened from this side or accepted.
    pub(super) fn new(
        env: &mut Env<'_>,
        settings: Rc<Settings>,
        clock: KernelClock,
        pair: Pair,
        send: SendSpace,
        receive: ReceiveSpace,
    ) -> Self {
        let ip = IpLine::new(env, &settings);
        let first = send.first;
        Socket {
            clock,
            pair,
            state: State::Established,
            ip,
            send,
            receive,
            timestamps: TimestampClock::default(),
            sack: false,
            ecn: EcnState::default(),
            scaling: false,
            passive: false,
            given_cookie: None,
            user_timeout: None,
            rtt: Rtt::default(),
            congestion: Congestion::new(first),
            recovery: Recovery::new(first),
            delayed_ack: DelayedAck::new(settings.quickack),
            retransmit: Retransmit::default(),
            keepalive: None,
            heard: env.now,
            patience: Time::ZERO,
            orphan: false,
            failure: None,
            remains: None,
            settings,
        }
    }

    /// How it failed, if it did.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.failure
    }

    /// Whether the handshake is over on this side.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.state, State::SynSent | State::SynReceived | State::Closed) || self.remains.is_some()
    }

    /// The application sets `TCP_USER_TIMEOUT`.
    pub(crate) fn set_user_timeout(&mut self, timeout: Duration) {
        self.user_timeout = Some(timeout);
    }

    /// Whether the application has closed it.
    pub(super) fn is_orphan(&self) -> bool {
        self.orphan
    }

    /// Whether no segment concerns it any more.
    pub(super) fn is_dead(&self) -> bool {
        self.state == State::Closed && self.remains.is_none()
    }

    /// Octets that the application could read.
    pub(crate) fn unread(&self) -> usize {
        self.receive.unread_len as usize
    }

    /// Whether the peer has said that nothing more will come.
    pub(crate) fn at_end(&self) -> bool {
        self.receive.closed
    }

    /// The application reads what is there, at most so many octets; how much that was.
    pub(crate) fn read(&mut self, env: &mut Env<'_>, most: u32) -> usize {
        let receive = &self.receive;
        let there = Unread { octets: receive.unread_len, early: receive.early(), window: receive.window };
        let count = self.receive.buffer.read(env.now, most, there);
        self.receive.unread_len -= count;
        if count > 0 {
            self.after_read(env);
        }
        count as usize
    }

    /// The application writes; `more` says that it will go on at once, `urgent` that the last octet is urgent.
    pub(crate) fn write(&mut self, env: &mut Env<'_>, data: &[Bytes], more: bool, urgent: bool) {
        let early = self.state == State::SynReceived && self.passive;
        if data.is_empty() || !early && !matches!(self.state, State::Established | State::CloseWait) {
            return;
        }
        self.restart_after_idle(env.now);
        self.send.queued += data.iter().map(Bytes::len).sum::<usize>() as u32;
        self.send.queue.extend(data.iter().cloned());
        self.send.corked = more;
        if urgent {
            self.send.urgent = Some(self.send.next + self.send.queued());
        }
        self.push(env);
    }

    /// The data that came in the SYN.
    pub(super) fn take_syn_data(&mut self, len: u32) {
        let cost = self.receive.buffer.take(len);
        self.keep(len, cost);
        self.receive.told = self.receive.next;
    }

    /// The next moment at which a timer of it ends.
    pub(super) fn next_timer(&self) -> Option<Time> {
        let nanos = |deadline: Option<Time>| deadline.map_or(u64::MAX, Time::nanos);
        let next = nanos(self.retransmit.timer.map(|(_, time)| time))
            .min(nanos(self.delayed_ack.deadline))
            .min(nanos(self.keepalive.as_ref().and_then(|k| k.deadline)))
            .min(nanos(self.remains.as_ref().map(|r| r.deadline)));
        (next < u64::MAX).then(|| Time::from_nanos(next))
    }

    /// Does what is due.
    pub(super) fn on_timer(&mut self, env: &mut Env<'_>) {
        if self.remains.as_ref().is_some_and(|r| r.deadline <= env.now) {
            self.remains = None;
        }
        if let Some((timer, time)) = self.retransmit.timer
            && time <= env.now
        {
            self.retransmit.timer = None;
            self.on_retransmit_timer(env, timer);
        }
        if self.delayed_ack.deadline.is_some_and(|time| time <= env.now) {
            self.delayed_ack.deadline = None;
            self.on_delayed_ack_timer(env);
        }
        if self.keepalive.as_ref().and_then(|k| k.deadline).is_some_and(|time| time <= env.now) {
            self.on_keepalive_timer(env);
        }
    }

    /// The connection is over here: no timers, no data.
    pub(super) fn end(&mut self, failure: Option<Failure>) {
        self.state = State::Closed;
        self.failure = self.failure.or(failure);
        self.retransmit = Retransmit::default();
        self.delayed_ack.deadline = None;
        self.keepalive = None;
        self.send.queue.clear();
        self.send.queued = 0;
        self.send.flight.clear();
    }
}
