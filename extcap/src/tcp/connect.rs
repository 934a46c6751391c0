//! Opening actively: SYN-SENT, and SYN-RECEIVED where both sides open at once (RFC 9293, 3.10.1, 3.10.7.3, 3.5).

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use super::numbers::FirstNumbers;
use super::retransmit::{Retransmit, Timer};
use super::settings::{RTO_MAX, SYN_TIMEOUT, Settings};
use super::socket::{Failure, Pair, ReceiveSpace, SendSpace, Socket, State};
use super::{Env, KernelClock, reset};
use crate::net::{Flags, Kind, Options, Packet, Reason, Segment, Seq, Timestamps};
use crate::time::Time;

/// `TCP_TIMEOUT_MIN`
const AT_ONCE: Duration = Duration::from_millis(8);
/// How long a system that tries a refused SYN again waits.
const AFTER_REFUSAL: Duration = Duration::from_millis(500);

/// What a connection is opened with.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) pair: Pair,
    pub(super) numbers: FirstNumbers,
    /// The last TSval of the connection in TIME-WAIT whose place this one takes.
    pub(super) recent: Option<u32>,
    /// Written before the handshake is over.
    pub(super) data: Bytes,
    /// TCP Fast Open: the server's cookie; without bytes, the wish for one.
    pub(super) cookie: Option<Bytes>,
}

impl Socket {
    /// A new socket that sends its SYN.
    pub(super) fn connect(
        env: &mut Env<'_>,
        settings: Rc<Settings>,
        clock: KernelClock,
        opening: Opening,
    ) -> Self {
        let scale = if settings.window_scaling { settings.window_scale } else { 0 };
        let send = SendSpace::new(opening.numbers.seq, 0, 0, 536);
        let window = settings.first_window(opening.recent.is_some());
        let receive = ReceiveSpace::new(Seq(0), window, scale, &settings);
        let mut socket = Socket::new(env, settings, clock, opening.pair, send, receive);
        socket.state = State::SynSent;
        socket.timestamps.offset = opening.numbers.timestamp_offset;
        socket.timestamps.recent = opening.recent.unwrap_or(0);
        if !opening.data.is_empty() {
            socket.send.queued = opening.data.len() as u32;
            socket.send.queue.push_back(opening.data);
        }
        socket.send_first_syn(env, opening.cookie);
        socket
    }

    /// The first SYN, with data if a Fast Open cookie is known.
    fn send_first_syn(&mut self, env: &mut Env<'_>, cookie: Option<Bytes>) {
        let known = cookie.as_ref().is_some_and(|cookie| !cookie.is_empty());
        let room = if known { u32::from(self.settings.mss) - 40 } else { 0 };
        let payload = self.cut(self.send.queued().min(room));
        if !payload.is_empty() {
            self.send.next = self.take_down(env, self.send.next, payload.clone(), Flags::ACK);
        }
        let options = Options { fast_open: cookie, ..self.syn_options(env) };
        self.send_syn(env, Kind::Syn.into(), options, payload);
    }

    fn syn_options(&self, env: &Env<'_>) -> Options {
        let settings = &self.settings;
        let (value, echo) = (self.timestamps.value(self.clock, env.now), self.timestamps.recent);
        // A SYN-ACK has only those options that the other side's SYN had.
        let answer = self.state == State::SynReceived;
        let timestamps = if answer { self.timestamps.on } else { settings.timestamps };
        let scaling = if answer { self.scaling } else { settings.window_scaling };
        Options {
            mss: Some(settings.mss),
            sack_permitted: if answer { self.sack } else { settings.sack },
            timestamps: timestamps.then_some(Timestamps { value, echo }),
            window_scale: scaling.then_some(settings.window_scale),
            order: settings.option_order,
            ..Options::default()
        }
    }

    fn send_syn(&mut self, env: &mut Env<'_>, reason: Reason, options: Options, payload: Bytes) {
        let flags = match self.state {
            State::SynReceived => Flags::SYN | Flags::ACK,
            _ if self.settings.ecn_asks => Flags::SYN | Flags::ECE | Flags::CWR,
            _ => Flags::SYN,
        };
        self.transmit(env, flags, self.send.first, payload, options, reason);
        let timeout = SYN_TIMEOUT * (1 << self.retransmit.backoff.min(7));
        let timeout = timeout.min(RTO_MAX);
        self.retransmit.timer = Some((Timer::Timeout, self.clock.expiry(env.now, timeout)));
        self.retransmit.last_syn = env.now;
    }

    /// No answer: the SYN again, at first every second, then ever more rarely.
    pub(super) fn on_syn_timeout(&mut self, env: &mut Env<'_>) {
        let linear = self.settings.syn_linear_timeouts;
        if self.retransmit.timeouts >= self.settings.syn_retries + linear {
            self.end(Some(Failure::TimedOut));
            return;
        }
        self.retransmit.timeouts += 1;
        if self.retransmit.timeouts > linear {
            self.retransmit.backoff += 1;
        }
        self.repeat_syn(env);
    }

    /// The SYN again, without Fast Open's data and cookie: those may be why it was lost.
    fn repeat_syn(&mut self, env: &mut Env<'_>) {
        self.retransmit.syn_repeats += 1;
        let waited = env.now - self.retransmit.last_syn;
        let kind = if self.state == State::SynReceived { Kind::SynAckAgain } else { Kind::SynAgain };
        let options = self.syn_options(env);
        let reason = Reason { kind, nth: self.retransmit.syn_repeats, waited };
        self.send_syn(env, reason, options, Bytes::new());
        if self.passive
            && let Some(syn_ack) = env.out.back_mut()
        {
            syn_ack.id = 0;
        }
    }

    pub(super) fn receive_in_syn_sent(&mut self, env: &mut Env<'_>, packet: &Packet) {
        let segment = &packet.segment;
        if !segment.has(Flags::ACK) {
            if segment.has(Flags::SYN) && !segment.has(Flags::RST) {
                self.open_simultaneously(env, segment);
            }
            return;
        }
        if !segment.ack.after(self.send.una) || segment.ack.after(self.send.next) {
            // Something of an old connection: it is reset, and the SYN tried again soon.
            reset::reply(env, packet, self.settings.ttl, Kind::NoConnection);
            if !segment.has(Flags::RST) && self.retransmit.timeouts == 0 {
                self.retransmit.timer = Some((Timer::Timeout, self.clock.expiry(env.now, AT_ONCE)));
            }
            return;
        }
        if segment.has(Flags::RST) {
            self.refused(env);
        } else if segment.has(Flags::SYN) {
            self.open(env, segment);
        }
    }

    fn refused(&mut self, env: &mut Env<'_>) {
        if self.retransmit.syn_repeats >= self.settings.refused_retries {
            self.end(Some(Failure::Refused));
        } else {
            self.retransmit.timer = Some((Timer::Timeout, self.clock.expiry(env.now, AFTER_REFUSAL)));
        }
    }

    /// The SYN-ACK: both sides' options are known, and the third ACK goes.
    fn open(&mut self, env: &mut Env<'_>, segment: &Segment) {
        if self.retransmit.timeouts == 0 {
            let rtt = env.now - self.retransmit.last_syn;
            self.rtt.saw(rtt);
            self.rtt.measured(rtt, segment.ack, self.send.next);
        }
        self.retransmit = Retransmit::default();
        self.meet(env.now, segment);
        self.given_cookie = segment.options.fast_open.clone().filter(|cookie| !cookie.is_empty());
        self.send.una = segment.ack;
        while self.send.flight.take_acknowledged(segment.ack, self.sack).is_some() {}
        self.ecn.on = self.settings.ecn_asks && segment.has(Flags::ECE) && !segment.has(Flags::CWR);
        self.state = State::Established;
        self.heard = env.now;
        if !self.send.flight.is_empty() {
            // The server took the SYN but not the data in it: the data at once again, now that it is open.
            self.send_bare(env, Flags::ACK, Kind::ThirdAck);
            self.send_again(env, 0, Kind::DataAgain);
            self.rearm_timeout(env, false);
        } else if self.send.queue.is_empty() {
            self.send_bare(env, Flags::ACK, Kind::ThirdAck);
        } else {
            self.ack_with_data(env.now);
            self.push(env);
        }
    }

    /// The other side's SYN while the own one is on its way (RFC 9293, figure 8).
    fn open_simultaneously(&mut self, env: &mut Env<'_>, segment: &Segment) {
        self.meet(env.now, segment);
        self.state = State::SynReceived;
        self.heard = env.now;
        let options = self.syn_options(env);
        self.send_syn(env, Kind::SynAckForSyn.into(), options, Bytes::new());
    }

    /// The ACK of the own SYN in SYN-RECEIVED.
    pub(super) fn handshake_done(&mut self) {
        if self.state == State::SynReceived && self.send.una.after(self.send.first) {
            self.state = State::Established;
            self.retransmit = Retransmit::default();
        }
    }

    /// The other side's first sequence number, window and options.
    fn meet(&mut self, now: Time, segment: &Segment) {
        self.agree(now, &segment.options);
        self.send.window = segment.window.into();
        self.receive.first = segment.seq;
        self.receive.next = segment.seq + 1;
        self.receive.told = self.receive.next;
        self.send.window_seq = segment.seq;
    }

    /// What both sides offer is agreed on.
    pub(super) fn agree(&mut self, now: Time, theirs: &Options) {
        let ours = self.settings.clone();
        self.sack = ours.sack && theirs.sack_permitted;
        self.timestamps.on = ours.timestamps && theirs.timestamps.is_some();
        self.timestamps.recent = theirs.timestamps.map_or(0, |t| t.value);
        let scaling = theirs.window_scale.filter(|_| ours.window_scaling);
        self.scaling = scaling.is_some();
        self.send.scale = scaling.unwrap_or(0).min(14);
        self.receive.scale = if scaling.is_some() { ours.window_scale } else { 0 };
        let mss = theirs.mss.unwrap_or(536).min(ours.mss).max(64);
        let option = if self.timestamps.on { 12 } else { 0 };
        self.send.mss = u32::from(mss) - option;
        self.receive.most = u32::from(ours.mss) - option;
        let (most, window) = (self.receive.most, self.receive.window);
        self.receive.buffer.connected(now, most, window, self.receive.scale);
        if let Some(window) = ours.open_window.filter(|_| scaling.is_some()) {
            self.receive.buffer.offer(window);
        }
    }
}
