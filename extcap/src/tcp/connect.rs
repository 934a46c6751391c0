//! Opening actively: SYN-SENT (RFC 9293, 3.10.1 and 3.10.7.3).

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use super::retransmit::{Retransmit, Timer};
use super::settings::Settings;
use super::socket::{Failure, Pair, ReceiveSpace, SendSpace, Socket, State};
use super::{Env, KernelClock, reset};
use crate::net::{Flags, Kind, Options, Packet, Reason, Segment, Seq, Timestamps};
use crate::time::Time;

/// `TCP_TIMEOUT_MIN`
const AT_ONCE: Duration = Duration::from_millis(8);

impl Socket {
    /// A new socket that sends its SYN.
    pub(super) fn connect(env: &mut Env<'_>, settings: Rc<Settings>, clock: KernelClock, pair: Pair) -> Self {
        let first = Seq(env.random.u32());
        let scale = if settings.window_scaling { settings.window_scale } else { 0 };
        let send = SendSpace::new(first, 0, 0, 536);
        let window = settings.initial_window(settings.mss);
        let receive = ReceiveSpace::new(Seq(0), window, scale, &settings);
        let mut socket = Socket::new(env, settings, clock, pair, send, receive);
        socket.state = State::SynSent;
        socket.timestamps.offset = env.random.u32();
        socket.send_syn(env, Kind::Syn.into());
        socket
    }

    fn send_syn(&mut self, env: &mut Env<'_>, reason: Reason) {
        let settings = &self.settings;
        let value = self.timestamps.value(self.clock, env.now);
        let options = Options {
            mss: Some(settings.mss),
            sack_permitted: settings.sack,
            timestamps: settings.timestamps.then_some(Timestamps { value, echo: 0 }),
            window_scale: settings.window_scaling.then_some(settings.window_scale),
            ..Options::default()
        };
        let flags = if settings.ecn_asks { Flags::SYN | Flags::ECE | Flags::CWR } else { Flags::SYN };
        self.transmit(env, flags, self.send.first, Bytes::new(), options, reason);
        let timeout = super::settings::SYN_TIMEOUT * (1 << self.retransmit.backoff.min(7));
        let timeout = timeout.min(super::settings::RTO_MAX);
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
        let waited = env.now - self.retransmit.last_syn;
        self.send_syn(env, Reason { kind: Kind::SynAgain, nth: self.retransmit.timeouts, waited });
    }

    pub(super) fn receive_in_syn_sent(&mut self, env: &mut Env<'_>, packet: &Packet) {
        let segment = &packet.segment;
        if !segment.has(Flags::ACK) {
            return;
        }
        if segment.ack != self.send.next {
            // Something of an old connection: it is reset, and the SYN tried again soon.
            reset::reply(env, packet, self.settings.ttl, Kind::NoConnection);
            if !segment.has(Flags::RST) && self.retransmit.timeouts == 0 {
                self.retransmit.timer = Some((Timer::Timeout, self.clock.expiry(env.now, AT_ONCE)));
            }
            return;
        }
        if segment.has(Flags::RST) {
            self.end(Some(Failure::Refused));
        } else if segment.has(Flags::SYN) {
            self.open(env, segment);
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
        self.agree(env.now, &segment.options);
        self.send.una = segment.ack;
        self.send.window = segment.window.into();
        self.receive.first = segment.seq;
        self.receive.next = segment.seq + 1;
        self.receive.told = self.receive.next;
        self.send.window_seq = segment.seq;
        self.ecn.on = self.settings.ecn_asks && segment.has(Flags::ECE) && !segment.has(Flags::CWR);
        self.state = State::Established;
        self.heard = env.now;
        self.send_bare(env, Flags::ACK, Kind::ThirdAck);
    }

    /// What both sides offer is agreed on.
    pub(super) fn agree(&mut self, now: Time, theirs: &Options) {
        let ours = self.settings.clone();
        self.sack = ours.sack && theirs.sack_permitted;
        self.timestamps.on = ours.timestamps && theirs.timestamps.is_some();
        self.timestamps.recent = theirs.timestamps.map_or(0, |t| t.value);
        let scaling = theirs.window_scale.filter(|_| ours.window_scaling);
        self.send.scale = scaling.unwrap_or(0).min(14);
        self.receive.scale = if scaling.is_some() { ours.window_scale } else { 0 };
        let mss = theirs.mss.unwrap_or(536).min(ours.mss).max(64);
        let option = if self.timestamps.on { 12 } else { 0 };
        self.send.mss = u32::from(mss) - option;
        self.receive.most = u32::from(ours.mss) - option;
        let (most, window) = (self.receive.most, self.receive.window);
        self.receive.buffer.connected(now, most, window, self.receive.scale);
    }
}
