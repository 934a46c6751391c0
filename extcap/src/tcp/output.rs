//! Sending (`tcp_output.c`): headers, new data, and when it may go.

use bytes::{Bytes, BytesMut};

use super::Env;
use super::retransmit::Sent;
use super::socket::{Socket, State};
use crate::net::{Flags, Kind, Options, Packet, Reason, Segment, Seq};

impl Socket {
    /// Sends one segment with the acknowledgment, window and options of now.
    pub(super) fn transmit(
        &mut self,
        env: &mut Env<'_>,
        flags: Flags,
        seq: Seq,
        payload: Bytes,
        options: Options,
        reason: Reason,
    ) {
        let window = self.select_window(flags);
        let ack = if flags.has(Flags::ACK) { self.receive.next } else { Seq(0) };
        let segment = Segment {
            from_port: self.pair.local.port(),
            to_port: self.pair.remote.port(),
            seq,
            ack,
            flags,
            window,
            options,
            payload,
        };
        if flags.has(Flags::ACK) {
            self.ack_sent();
        }
        if segment.len() > 0 {
            self.data_sent(env.now);
        }
        env.out.push(Packet {
            from: self.pair.local.ip(),
            to: self.pair.remote.ip(),
            ttl: self.ip.ttl,
            id: self.ip.take_id(),
            dont_fragment: true,
            flow_label: self.ip.flow_label,
            segment,
            reason,
            fault: None,
        });
    }

    /// The options of every segment but a SYN: timestamps, and what has come out of order.
    pub(super) fn plain_options(&self, env: &Env<'_>) -> Options {
        let timestamps = self.timestamps.option(self.clock, env.now);
        let most = if timestamps.is_some() { 3 } else { 4 };
        let sack = if self.sack { self.receive.out_of_order.blocks(most) } else { Vec::new() };
        Options { timestamps, sack, ..Options::default() }
    }

    /// A segment without data: an ACK, with more flags or without.
    pub(super) fn send_bare(&mut self, env: &mut Env<'_>, flags: Flags, reason: impl Into<Reason>) {
        let options = self.plain_options(env);
        self.transmit(env, flags | Flags::ACK, self.send.next, Bytes::new(), options, reason.into());
    }

    /// Sends what may be sent of the queue, and the FIN behind it (`tcp_write_xmit`).
    pub(super) fn push(&mut self, env: &mut Env<'_>) {
        let mut sent = false;
        while let Some(len) = self.next_segment() {
            let payload = self.cut(len);
            let last = self.send.queue.is_empty();
            let push = if last { Flags::PSH } else { Flags::default() };
            self.send_new(env, Flags::ACK | push, payload, Kind::Data);
            sent = true;
        }
        if self.send.fin_wanted && self.send.queue.is_empty() {
            self.send.fin_wanted = false;
            let kind = if self.receive.closed { Kind::FinAndAck } else { Kind::Fin };
            self.send_new(env, Flags::FIN | Flags::ACK, Bytes::new(), kind);
            sent = true;
        }
        if sent {
            self.arm_after_sending(env);
        }
    }

    /// Sends what occupies new sequence numbers.
    fn send_new(&mut self, env: &mut Env<'_>, flags: Flags, payload: Bytes, kind: Kind) {
        let (seq, fin) = (self.send.next, flags.has(Flags::FIN));
        let options = self.plain_options(env);
        self.send.flight.push_back(Sent::new(seq, payload.clone(), fin, env.now));
        self.send.next += payload.len() as u32 + u32::from(fin);
        self.transmit(env, flags, seq, payload, options, kind.into());
    }

    /// How long the next segment of the queue may be, if one may go now.
    fn next_segment(&self) -> Option<u32> {
        if !matches!(self.state, State::Established | State::CloseWait | State::FinWait1 | State::LastAck) {
            return None;
        }
        let queued: usize = self.send.queue.iter().map(Bytes::len).sum();
        let len = (queued as u32).min(self.send.mss);
        let room = (self.send.una + self.send.window) - self.send.next;
        let fits = room <= i32::MAX as u32 && len <= room;
        if len == 0 || !fits || self.packets_out() >= self.send.cwnd {
            return None;
        }
        (len == self.send.mss || !self.nagle_waits()).then_some(len)
    }

    /// Nagle's algorithm as Linux has it (Minshall): a small segment waits while another small one is on its way.
    fn nagle_waits(&self) -> bool {
        !self.send.fin_wanted
            && self.send.flight.iter().any(|sent| (sent.payload.len() as u32) < self.send.mss)
    }

    /// Takes the first `len` octets out of the queue.
    fn cut(&mut self, len: u32) -> Bytes {
        let len = len as usize;
        let queue = &mut self.send.queue;
        match queue.front_mut() {
            Some(first) if first.len() > len => return first.split_to(len),
            Some(first) if first.len() == len => return queue.pop_front().unwrap_or_default(),
            _ => {}
        }
        let mut payload = BytesMut::with_capacity(len);
        while payload.len() < len {
            let Some(first) = queue.front_mut() else { break };
            let part = first.split_to(first.len().min(len - payload.len()));
            payload.extend_from_slice(&part);
            if first.is_empty() {
                queue.pop_front();
            }
        }
        payload.freeze()
    }
}
