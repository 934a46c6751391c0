//! Segments that arrive in a synchronized state (RFC 9293, 3.10.7.4; `tcp_rcv_established`,
//! `tcp_rcv_state_process`).

use std::time::Duration;

use super::socket::{Failure, Socket, State};
use super::{Env, reset};
use crate::net::{Flags, Kind, Packet, Segment};

/// `tcp_invalid_ratelimit`.
const INVALID_RATELIMIT: Duration = Duration::from_millis(500);

impl Socket {
    /// Takes a segment.
    pub(super) fn receive(&mut self, env: &mut Env<'_>, packet: &Packet) {
        let segment = &packet.segment;
        if self.state == State::SynSent {
            self.receive_in_syn_sent(env, packet);
            return;
        }
        if !self.acceptable(env, segment) || !segment.has(Flags::ACK) {
            return;
        }
        self.heard = env.now;
        self.keepalive_answered();
        if !self.process_ack(env, segment) {
            return;
        }
        self.handshake_done();
        self.own_fin_acknowledged(env, segment.has(Flags::FIN));
        if self.state == State::Closed || self.remains.is_some() {
            return;
        }
        if self.orphan && segment.len() > 0 && segment.end().after(self.receive.next) {
            // Nobody is left to read it (RFC 9293, 3.6.1, closing without reading).
            reset::reply(env, packet, self.settings.ttl, Kind::AfterClose);
            self.end(Some(Failure::Reset));
            return;
        }
        self.take_data(env, packet);
        self.push(env);
        self.check_ack(env);
    }

    /// Steps one to four: sequence number, RST, SYN.
    fn acceptable(&mut self, env: &mut Env<'_>, segment: &Segment) -> bool {
        let window_end = self.receive.next + self.promised();
        if segment.end().before(self.receive.told) || segment.seq.after(window_end) || self.is_old(segment) {
            if !segment.has(Flags::RST) {
                self.answer_unacceptable(env, segment);
            }
            return false;
        }
        if segment.has(Flags::RST) {
            // Only the exact number resets (RFC 5961, 3.2).
            if segment.seq == self.receive.next {
                self.end(Some(Failure::Reset));
            } else {
                self.challenge(env);
            }
            return false;
        }
        if segment.has(Flags::SYN) {
            if self.state == State::SynReceived && self.is_answer(segment) {
                return true;
            }
            let repeated = segment.has(Flags::ACK) && segment.seq == self.receive.first;
            if repeated {
                self.send_bare(env, Flags::ACK, Kind::ThirdAckAgain);
            } else {
                self.challenge(env);
            }
            return false;
        }
        true
    }

    /// Asks with an ACK whether the other side has meant that (RFC 5961).
    pub(super) fn challenge(&mut self, env: &mut Env<'_>) {
        if self.may_answer(env) {
            self.send_bare(env, Flags::ACK, Kind::ChallengeAck);
        }
    }

    /// Whether an ACK may be answered by an ACK: not twice in half a second, or two sides that disagree would never stop
    /// (`tcp_oow_rate_limited`).
    fn may_answer(&mut self, env: &Env<'_>) -> bool {
        let may = env.now >= self.patience;
        if may {
            self.patience = env.now + INVALID_RATELIMIT;
        }
        may
    }

    /// Whether a SYN-ACK is the answer to the own SYN where both sides have opened.
    fn is_answer(&self, segment: &Segment) -> bool {
        let same = segment.seq == self.receive.first && segment.end() == self.receive.next;
        same && segment.has(Flags::ACK) && segment.ack == self.send.next
    }

    /// PAWS (RFC 7323, 5).
    fn is_old(&self, segment: &Segment) -> bool {
        self.timestamps.on
            && segment
                .options
                .timestamps
                .is_some_and(|t| (t.value.wrapping_sub(self.timestamps.recent) as i32) < 0)
    }

    /// "If an incoming segment is not acceptable, an acknowledgment should be sent in reply."
    fn answer_unacceptable(&mut self, env: &mut Env<'_>, segment: &Segment) {
        let kind = if segment.has(Flags::SYN) && segment.seq == self.receive.first {
            Kind::ThirdAckAgain
        } else if segment.seq_len() == 0 && segment.seq + 1 == self.receive.next {
            if self.promised() == 0 { Kind::WindowProbeAck } else { Kind::KeepAliveAck }
        } else {
            Kind::DuplicateAck
        };
        if segment.seq_len() > 0 && !segment.has(Flags::SYN) {
            self.came_again(segment);
        } else if kind == Kind::DuplicateAck && !self.may_answer(env) {
            return;
        }
        self.send_bare(env, Flags::ACK, kind);
    }

    /// Data that is there already: the ACK says so at once, with DSACK (RFC 2883).
    fn came_again(&mut self, segment: &Segment) {
        self.ack_now();
        if self.sack {
            self.receive.out_of_order.saw_again(segment.seq, segment.end().min(self.receive.next));
        }
    }

    /// Steps seven and eight: data and FIN.
    fn take_data(&mut self, env: &mut Env<'_>, packet: &Packet) {
        let segment = &packet.segment;
        if segment.seq_len() == 0 || self.receive.closed {
            return;
        }
        self.ecn_received(packet);
        if segment.seq.after(self.receive.next) {
            self.take_early(env, segment);
            return;
        }
        if !segment.end().after(self.receive.next) {
            self.came_again(segment);
            return;
        }
        if self.receive.buffer.is_full() && self.receive.unread_len > 0 {
            // No place: the sender hears that the window is closed.
            self.schedule_ack(env.now);
            self.ack_at_once();
            return;
        }
        let known = (self.receive.next - segment.seq).min(segment.len());
        if segment.len() > known {
            let cost = self.receive.buffer.take(segment.len());
            self.keep(segment.len() - known, cost);
            self.learn_from(env.now, segment);
            self.data_received(env.now);
            self.grow_window(segment.len());
        }
        let mut closed = segment.has(Flags::FIN);
        let gap = !self.receive.out_of_order.is_empty();
        while let Some(follow) = self.receive.out_of_order.take(self.receive.next) {
            self.keep(follow.len, follow.cost);
            closed |= follow.fin;
        }
        if gap && self.receive.out_of_order.is_empty() {
            self.ack_at_once(); // RFC 5681, 4.2
        }
        if closed {
            self.peer_closed(env);
        }
    }

    /// Data behind a gap.
    fn take_early(&mut self, env: &mut Env<'_>, segment: &Segment) {
        self.schedule_ack(env.now);
        if self.receive.buffer.is_full() {
            return;
        }
        let cost = self.receive.buffer.take(segment.len());
        let fin = segment.has(Flags::FIN);
        if self.receive.out_of_order.insert(segment.seq, segment.end(), fin, cost) {
            self.grow_window(segment.len());
        } else {
            self.receive.buffer.give_back(cost);
        }
        let early = self.receive.early();
        self.receive.buffer.make_room(early, self.receive.window);
    }

    /// Data in order is where the application finds it.
    pub(super) fn keep(&mut self, len: u32, cost: u32) {
        self.receive.next += len;
        self.receive.unread_len += len;
        self.receive.buffer.ready(len, cost);
    }
}
