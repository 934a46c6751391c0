//! Segments that arrive in a synchronized state (RFC 9293, 3.10.7.4; `tcp_rcv_established`,
//! `tcp_rcv_state_process`).

use bytes::Bytes;

use super::socket::{Failure, Socket, State};
use super::{Env, reset};
use crate::net::{Flags, Kind, Packet, Segment};

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
        self.take_data(env, segment);
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
                self.send_bare(env, Flags::ACK, Kind::ChallengeAck);
            }
            return false;
        }
        if segment.has(Flags::SYN) {
            let repeated = segment.has(Flags::ACK) && segment.seq == self.receive.first;
            let kind = if repeated { Kind::ThirdAckAgain } else { Kind::ChallengeAck };
            self.send_bare(env, Flags::ACK, kind);
            return false;
        }
        true
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
            Kind::KeepAliveAck
        } else {
            Kind::DuplicateAck
        };
        if segment.seq_len() > 0 && !segment.has(Flags::SYN) {
            self.came_again(segment);
        }
        self.send_bare(env, Flags::ACK, kind);
        self.receive.out_of_order.told();
    }

    /// Data that is there already: the ACK says so at once, with DSACK (RFC 2883).
    fn came_again(&mut self, segment: &Segment) {
        self.ack_now();
        if self.sack {
            self.receive.out_of_order.saw_again(segment.seq, segment.end().min(self.receive.next));
        }
    }

    /// Steps seven and eight: data and FIN.
    fn take_data(&mut self, env: &mut Env<'_>, segment: &Segment) {
        if segment.seq_len() == 0 || self.receive.closed {
            return;
        }
        if segment.seq.after(self.receive.next) {
            self.ack_now();
            let fin = segment.has(Flags::FIN);
            self.receive.out_of_order.insert(segment.seq, segment.payload.clone(), fin);
            return;
        }
        if !segment.end().after(self.receive.next) {
            self.came_again(segment);
            self.check_ack(env);
            self.receive.out_of_order.told();
            return;
        }
        let known = (self.receive.next - segment.seq).min(segment.len());
        let fresh = segment.payload.slice(known as usize..);
        if !fresh.is_empty() {
            self.data_received(env.now, segment.len(), segment.has(Flags::PSH));
            self.keep(fresh);
        }
        let mut closed = segment.has(Flags::FIN);
        if !self.receive.out_of_order.is_empty() {
            self.ack_now();
            let (parts, fin) = self.receive.out_of_order.take(self.receive.next);
            parts.into_iter().for_each(|part| self.keep(part));
            closed |= fin;
        }
        if closed {
            self.peer_closed(env);
        }
    }

    /// Puts data in order where the application finds it.
    fn keep(&mut self, data: Bytes) {
        self.receive.next += data.len() as u32;
        self.receive.unread_len += data.len() as u32;
        self.receive.unread.push_back(data);
    }
}
