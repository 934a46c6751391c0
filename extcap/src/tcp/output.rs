//! Sending (`tcp_output.c`): headers, new data, and when it may go.

use bytes::{Bytes, BytesMut};

use super::Env;
use super::congestion::Phase;
use super::flight::Sent;
use super::socket::{Socket, State};
use crate::net::{Flags, Kind, Options, Packet, Reason, SackBlocks, Segment, Seq};

/// The kernel's segmentation takes no more than this many segments at once: 64 KiB of 1448 octets.
const LARGEST_BURST: u32 = 44;

/// How small segments are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nagle {
    On,
    Off,
}

/// Why nothing more goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    Congestion,
    Other,
}

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
        let new = !payload.is_empty() && !seq.before(self.send.next);
        let (marks, ecn) = if flags.has(Flags::SYN) || flags.has(Flags::RST) {
            Default::default()
        } else {
            self.ecn_of(new)
        };
        let window = self.select_window(flags);
        let ack = if flags.has(Flags::ACK) { self.receive.next } else { Seq(0) };
        let mut reason = reason;
        if window == 0 && matches!(reason.kind, Kind::Ack | Kind::DelayedAck | Kind::DuplicateAck) {
            reason.kind = Kind::ZeroWindow;
        }
        let (flags, urgent) = self.mark_urgent(flags, seq);
        let segment = Segment {
            from_port: self.pair.local.port(),
            to_port: self.pair.remote.port(),
            seq,
            ack,
            flags: flags | marks,
            window,
            options,
            urgent,
            payload,
        };
        if flags.has(Flags::ACK) {
            self.ack_sent();
        }
        if segment.len() > 0 {
            self.data_sent(env.now);
        }
        env.out.push_back(Box::new(Packet {
            from: self.pair.local.ip(),
            to: self.pair.remote.ip(),
            ttl: self.ip.ttl,
            id: self.ip.take_id(),
            dont_fragment: true,
            flow_label: self.ip.flow_label,
            ecn,
            corrupt: false,
            segment,
            reason,
            fault: None,
            number: 0,
        }));
    }

    /// The options of every segment but a SYN: timestamps, and what has come out of order.
    pub(super) fn plain_options(&mut self, env: &Env<'_>) -> Options {
        let timestamps = self.timestamps.option(self.clock, env.now);
        let most = if timestamps.is_some() { 3 } else { 4 };
        let sack = if self.sack { self.receive.out_of_order.tell(most) } else { SackBlocks::default() };
        Options { timestamps, sack, ..Options::default() }
    }

    /// A segment without data: an ACK, with more flags or without.
    pub(super) fn send_bare(&mut self, env: &mut Env<'_>, flags: Flags, reason: impl Into<Reason>) {
        let options = self.plain_options(env);
        self.transmit(env, flags | Flags::ACK, self.send.next, Bytes::new(), options, reason.into());
    }

    /// Sends what may be sent of the queue, and the FIN behind it.
    pub(super) fn push(&mut self, env: &mut Env<'_>) {
        if self.send.has_more() {
            let nagle = if self.settings.nodelay { Nagle::Off } else { Nagle::On };
            self.write_out(env, nagle, false);
            self.watch_window(env);
        }
    }

    /// Sends as much as the windows allow, in bursts (`tcp_write_xmit`); `probe`: one segment in any case.
    pub(super) fn write_out(&mut self, env: &mut Env<'_>, nagle: Nagle, probe: bool) {
        let open =
            matches!(self.state, State::Established | State::CloseWait | State::FinWait1 | State::LastAck);
        // Fast Open's server may answer before the handshake is over.
        let early = self.state == State::SynReceived && self.passive;
        if !open && !early {
            return;
        }
        let prior = self.send.flight.len();
        let mut limit = None;
        // A lone segment makes no burst.
        let burst = if self.send.queued() > self.send.mss { self.burst() } else { 1 };
        while self.send.has_more() {
            match self.next_piece(env, nagle, probe, burst) {
                Ok(len) => self.send_burst(env, len),
                Err(reason) => {
                    limit = Some(reason);
                    break;
                }
            }
            if probe {
                break;
            }
        }
        let sent = self.send.flight.len() - prior;
        let limited =
            limit == Some(Limit::Congestion) || self.send.flight.in_network() >= self.congestion.window;
        if sent > 0 || limited {
            self.note_usage(env.now, limited);
        }
        if sent > 0 {
            self.congestion.sent_in_reduction(sent);
            self.arm_after_sending(env, prior, probe);
        }
    }

    /// How much of the queue goes next, if any may.
    fn next_piece(&self, env: &Env<'_>, nagle: Nagle, probe: bool, burst: u32) -> Result<u32, Limit> {
        let (mss, out) = (self.send.mss, self.send.flight.in_network());
        let room = match self.congestion.window.saturating_sub(out) {
            0 if probe => 1,
            0 => return Err(Limit::Congestion),
            room => room.min((self.congestion.window / 2).max(1)),
        };
        let queued = self.send.queued();
        let chunk = queued.min(LARGEST_BURST * mss);
        let fin = self.send.fin_wanted && chunk == queued;
        let window_end = self.send.una + self.send.window;
        let first_end = self.send.next + chunk.min(mss) + u32::from(fin && chunk <= mss);
        if first_end.after(window_end) {
            return Err(Limit::Other);
        }
        if chunk <= mss {
            let small = chunk < mss && !fin;
            let waits = small && (self.send.corked || nagle == Nagle::On && self.small_one_is_out());
            return if waits { Err(Limit::Other) } else { Ok(chunk) };
        }
        if !probe && let Some(limit) = self.defers(env, chunk, queued, fin, burst) {
            return Err(limit);
        }
        let segments = if probe { 1 } else { room.min(burst) };
        let window = window_end - self.send.next;
        let largest = mss * segments;
        let needed = chunk.min(window);
        if largest <= needed {
            return Ok(largest);
        }
        let partial = needed % mss;
        if partial > 0 && nagle == Nagle::On && self.small_one_is_out() {
            return Ok(needed - partial);
        }
        Ok(needed)
    }

    /// Nagle's algorithm as Linux has it (Minshall): a small segment waits while another small one is on its way.
    fn small_one_is_out(&self) -> bool {
        !self.send.flight.is_empty()
            && self.send.small_end.is_some_and(|end| end.after(self.send.una) && !end.after(self.send.next))
    }

    /// Whether it is better to wait for more ACKs and to send a larger burst then (`tcp_tso_should_defer`).
    fn defers(&self, env: &Env<'_>, chunk: u32, queued: u32, fin: bool, burst: u32) -> Option<Limit> {
        const RECENT: std::time::Duration = std::time::Duration::from_millis(1);
        if self.congestion.phase >= Phase::Recovery || env.now - self.send.last_sent > RECENT {
            return None;
        }
        let mss = self.send.mss;
        let window = (self.send.una + self.send.window) - self.send.next;
        let congestion = (self.congestion.window - self.send.flight.in_network()) * mss;
        let limit = window.min(congestion);
        let third = self.send.window.min(self.congestion.window.saturating_mul(mss)) / 3;
        if limit >= burst * mss || queued > chunk && limit >= chunk || limit >= third {
            return None;
        }
        let head = self.send.flight.front()?;
        let half = self.rtt.smoothed()? / 2;
        if env.now - head.at < half {
            return None; // The next ACK is far away.
        }
        if congestion < window {
            if congestion <= chunk {
                return Some(Limit::Congestion);
            }
        } else if window <= chunk {
            return Some(Limit::Other);
        }
        (!fin).then_some(Limit::Other)
    }

    /// Sends this much of the queue as full segments and a rest.
    fn send_burst(&mut self, env: &mut Env<'_>, len: u32) {
        let several = len > self.send.mss;
        let mut rest = len;
        loop {
            let piece = rest.min(self.send.mss);
            rest -= piece;
            // The last segment of a burst has PSH, as has the end of what was written.
            let push = rest == 0 && (several || self.send.queued() == piece);
            self.send_segment(env, piece, push);
            if rest == 0 {
                break;
            }
        }
    }

    /// Sends less than a segment, whatever the window.
    pub(super) fn send_piece(&mut self, env: &mut Env<'_>, len: u32) {
        let prior = self.send.flight.len();
        self.send_segment(env, len, true);
        self.arm_after_sending(env, prior, true);
    }

    fn send_segment(&mut self, env: &mut Env<'_>, len: u32, push: bool) {
        let payload = self.cut(len);
        let mut flags = Flags::ACK;
        if push && len > 0 {
            flags = flags | Flags::PSH;
        }
        let mut kind = Kind::Data;
        if self.send.fin_wanted && self.send.queued() == 0 {
            self.send.fin_wanted = false;
            flags = flags | Flags::FIN;
            kind = match (len > 0, self.receive.closed) {
                (true, _) => Kind::DataAndFin,
                (false, true) => Kind::FinAndAck,
                (false, false) => Kind::Fin,
            };
        }
        if len > 0 && len < self.send.mss {
            self.send.small_end = Some(self.send.next + len);
        }
        self.send_new(env, flags, payload, kind);
    }

    /// Sends what occupies new sequence numbers.
    fn send_new(&mut self, env: &mut Env<'_>, flags: Flags, payload: Bytes, kind: Kind) {
        let seq = self.send.next;
        let options = self.plain_options(env);
        if self.send.flight.is_empty() && !payload.is_empty() {
            self.congestion.cubic.resumed(env.now, env.now - self.send.last_sent);
        }
        let end = self.take_down(env, seq, payload.clone(), flags);
        self.transmit(env, flags, seq, payload, options, kind.into());
        self.send.next = end;
        self.send.last_sent = env.now;
    }

    /// Takes down what occupies new sequence numbers; where it ends.
    pub(super) fn take_down(&mut self, env: &Env<'_>, seq: Seq, payload: Bytes, flags: Flags) -> Seq {
        let stamp = self.timestamps.value(self.clock, env.now);
        let sent = Sent::new(seq, payload, flags, env.now, stamp);
        let end = sent.end();
        self.send.flight.push(sent);
        end
    }

    /// Sets the urgent pointer: one behind the last urgent octet, as all do (RFC 6093, 3.1).
    fn mark_urgent(&self, flags: Flags, seq: Seq) -> (Flags, u16) {
        let ahead = self.send.urgent.filter(|up| up.after(self.send.una)).map(|up| up - seq);
        match ahead.and_then(|ahead| u16::try_from(ahead).ok()) {
            Some(ahead) if ahead > 0 => (flags | Flags::URG, ahead),
            _ => (flags, 0),
        }
    }

    /// Takes the first `len` octets out of the queue.
    pub(super) fn cut(&mut self, len: u32) -> Bytes {
        self.send.queued -= len;
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
