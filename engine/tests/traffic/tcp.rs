//! One side of a connection as a correct TCP keeps it on a path that loses nothing.

use super::wire::{ACK, FIN, PSH, SYN, Wire};
use std::collections::VecDeque;

/// How an IP identification field is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpId {
    Zero,
    Counter,
    Random,
    None,
}

/// What one side's stack is like.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    pub mss: u16,
    pub scale: Option<u8>,
    pub timestamps: bool,
    pub sack: bool,
    pub ip_id: IpId,
    pub isn: u32,
    /// How long an acknowledgment may wait, nanoseconds.
    pub ack_delay: i64,
    /// And for how many full segments.
    pub ack_every: u32,
    /// Segments that go to the network card, or come from it, as one packet.
    pub batch: u32,
    /// Bytes that it is willing to hold.
    pub buffer: u32,
    /// Nanoseconds per tick of its timestamps, and where they begin.
    pub tick: i64,
    pub tick_base: u32,
    pub push: bool,
}

/// What came of a segment that arrived.
#[derive(Debug, Default)]
pub struct Reaction {
    pub replies: Vec<Wire>,
    /// A delayed acknowledgment is to be sent so much later.
    pub timer: Option<i64>,
    /// The other side's FIN came in its turn.
    pub closed: bool,
}

pub struct Tcp {
    side: usize,
    pub stack: Stack,
    peer_mss: u16,
    peer_scale: u8,
    shift: u8,
    timestamps: bool,
    sack: bool,
    buffered: VecDeque<u8>,
    writes: VecDeque<u32>,
    fin_wanted: bool,
    pub fin_sent: bool,
    una: u32,
    pub nxt: u32,
    edge: u32,
    cwnd: u32,
    pub rcv_nxt: u32,
    early: Vec<(u32, u32, bool)>,
    pub rcv_fin: bool,
    adv_edge: u32,
    waiting: u32,
    pub ack_due: Option<i64>,
    ts_recent: u32,
    last_ack: u32,
    id: u16,
    pub established: bool,
}

fn since(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b) as i32
}

impl Tcp {
    pub fn new(side: usize, stack: Stack) -> Tcp {
        Tcp {
            side,
            stack,
            peer_mss: 536,
            peer_scale: 0,
            shift: 0,
            timestamps: stack.timestamps,
            sack: stack.sack,
            buffered: VecDeque::new(),
            writes: VecDeque::new(),
            fin_wanted: false,
            fin_sent: false,
            una: stack.isn,
            nxt: stack.isn,
            edge: stack.isn,
            cwnd: 10,
            rcv_nxt: 0,
            early: Vec::new(),
            rcv_fin: false,
            adv_edge: 0,
            waiting: 0,
            ack_due: None,
            ts_recent: 0,
            last_ack: 0,
            id: stack.isn as u16,
            established: false,
        }
    }

    fn ip_id(&mut self) -> Option<u16> {
        self.id = match self.stack.ip_id {
            IpId::None => return None,
            IpId::Zero => 0,
            IpId::Counter => self.id.wrapping_add(1),
            IpId::Random => self.id.wrapping_mul(25173).wrapping_add(13849),
        };
        Some(self.id)
    }

    /// A segment with everything that each one carries.
    fn segment(&mut self, now: i64, seq: u32, flags: u8, payload: Vec<u8>) -> Wire {
        let window = if flags & SYN != 0 {
            self.stack.buffer.min(65535)
        } else {
            let wanted = self.rcv_nxt.wrapping_add(self.stack.buffer);
            if since(wanted, self.adv_edge) > 0 {
                self.adv_edge = wanted;
            }
            let open = self.adv_edge.wrapping_sub(self.rcv_nxt);
            open.div_ceil(1 << self.shift).min(65535)
        };
        let ts = self.stack.tick_base.wrapping_add((now / self.stack.tick) as u32);
        let data = flags & SYN == 0;
        let sack = if data && self.sack { self.blocks() } else { Vec::new() };
        if flags & ACK != 0 {
            self.ack_due = None;
            self.waiting = 0;
            self.last_ack = self.rcv_nxt;
        }
        Wire {
            from: self.side,
            seq,
            ack: if flags & ACK != 0 { self.rcv_nxt } else { 0 },
            flags,
            window: window as u16,
            timestamps: self.timestamps.then_some((ts, self.ts_recent)),
            sack,
            payload,
            ip_id: self.ip_id(),
            ..Wire::default()
        }
    }

    /// The newest three blocks of what came early.
    fn blocks(&self) -> Vec<(u32, u32)> {
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for &(left, right, _) in &self.early {
            match merged.last_mut() {
                Some(last) if since(left, last.1) <= 0 => last.1 = right,
                _ => merged.push((left, right)),
            }
        }
        merged.truncate(3);
        merged
    }

    pub fn syn(&mut self, now: i64) -> Wire {
        self.nxt = self.stack.isn.wrapping_add(1);
        let flags = if self.side == 0 { SYN } else { SYN | ACK };
        let mut wire = self.segment(now, self.stack.isn, flags, Vec::new());
        wire.mss = Some(self.stack.mss);
        wire.scale = self.stack.scale;
        wire.sack_permitted = self.sack;
        wire
    }

    fn takes_syn(&mut self, syn: &Wire) {
        self.rcv_nxt = syn.seq.wrapping_add(1);
        self.adv_edge = self.rcv_nxt;
        self.last_ack = self.rcv_nxt;
        self.peer_mss = syn.mss.unwrap_or(536);
        self.timestamps &= syn.timestamps.is_some();
        self.sack &= syn.sack_permitted;
        self.ts_recent = syn.timestamps.map_or(0, |t| t.0);
        match (self.stack.scale, syn.scale) {
            (Some(mine), Some(peer)) => (self.shift, self.peer_scale) = (mine, peer),
            // Not offered, not answered (RFC 7323, 2.2).
            _ => (self.stack.scale, self.shift, self.peer_scale) = (None, 0, 0),
        }
        self.edge = self.una.wrapping_add(1).wrapping_add(u32::from(syn.window));
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.buffered.extend(bytes);
        self.writes.push_back(bytes.len() as u32);
    }

    pub fn close(&mut self) {
        self.fin_wanted = true;
    }

    /// Everything that it wrote was acknowledged.
    pub fn idle(&self) -> bool {
        self.buffered.is_empty() && self.una == self.nxt
    }

    /// What it may send now.
    pub fn send(&mut self, now: i64) -> Vec<Wire> {
        let mut out = Vec::new();
        if !self.established || self.fin_sent {
            return out;
        }
        let options = if self.timestamps { 12 } else { 0 };
        let mss = u32::from(self.peer_mss.min(self.stack.mss)) - options;
        loop {
            let flight = self.nxt.wrapping_sub(self.una);
            let room = since(self.edge, self.nxt).max(0) as u32;
            let cwnd = (self.cwnd * mss).saturating_sub(flight);
            let left = self.buffered.len() as u32;
            let write = self.writes.front().copied().unwrap_or(0);
            // Each write leaves on its own: no Nagle.
            let take = left.min(write).min(mss * self.stack.batch).min(room).min(cwnd);
            // Neither silly windows: a part of a segment only where it ends a write.
            if take == 0 || (take < mss && take < write.min(left)) {
                break;
            }
            let last = take == write;
            match self.writes.front_mut() {
                Some(_) if last => drop(self.writes.pop_front()),
                Some(front) => *front -= take,
                None => {}
            }
            let payload: Vec<u8> = self.buffered.drain(..take as usize).collect();
            let fin = self.fin_wanted && self.buffered.is_empty();
            let push = if last && self.stack.push { PSH } else { 0 };
            let seq = self.nxt;
            let wire = self.segment(now, seq, ACK | push | if fin { FIN } else { 0 }, payload);
            self.nxt = wire.end();
            self.fin_sent |= fin;
            out.push(wire);
        }
        if self.fin_wanted && !self.fin_sent && self.buffered.is_empty() {
            let seq = self.nxt;
            let wire = self.segment(now, seq, ACK | FIN, Vec::new());
            self.nxt = wire.end();
            self.fin_sent = true;
            out.push(wire);
        }
        out
    }

    pub fn ack(&mut self, now: i64) -> Wire {
        let seq = self.nxt;
        self.segment(now, seq, ACK, Vec::new())
    }

    /// RFC 9293, 3.8.4: one below the next, empty or with one byte of rubbish.
    pub fn keepalive(&mut self, now: i64, length: usize) -> Wire {
        let seq = self.nxt.wrapping_sub(1);
        self.segment(now, seq, ACK, vec![0; length])
    }

    pub fn receives(&mut self, now: i64, wire: &Wire) -> Reaction {
        let mut reaction = Reaction::default();
        if wire.flags & SYN != 0 {
            if wire.flags & ACK == 0 {
                self.takes_syn(wire);
                reaction.replies.push(self.syn(now));
            } else if !self.established {
                self.takes_syn(wire);
                self.una = wire.ack;
                self.established = true;
                reaction.replies.push(self.ack(now));
            }
            return reaction;
        }
        self.established = true;
        if since(wire.ack, self.una) > 0 {
            self.una = wire.ack;
            self.cwnd = (self.cwnd + 1).min(200);
        }
        let edge = wire.ack.wrapping_add(u32::from(wire.window) << self.peer_scale);
        if since(edge, self.edge) > 0 {
            self.edge = edge;
        }
        if let Some((val, _)) = wire.timestamps
            && since(wire.seq, self.last_ack) <= 0
            && since(val, self.ts_recent) >= 0
        {
            self.ts_recent = val;
        }
        self.takes_data(now, wire, &mut reaction);
        reaction
    }

    fn takes_data(&mut self, now: i64, wire: &Wire, reaction: &mut Reaction) {
        let fin = wire.flags & FIN != 0;
        let end = wire.end();
        if since(wire.seq, self.rcv_nxt) < 0 && since(end, self.rcv_nxt) <= 0 {
            // Nothing new: a probe, or an ACK that was overtaken.
            if wire.seq == self.rcv_nxt.wrapping_sub(1) && since(wire.ack, self.nxt) == 0 {
                let mut ack = self.ack(now);
                if self.sack && !wire.payload.is_empty() {
                    ack.sack = vec![(wire.seq, end)];
                }
                reaction.replies.push(ack);
            }
            return;
        }
        if end == wire.seq {
            return;
        }
        if wire.seq != self.rcv_nxt {
            self.early.push((wire.seq, end, fin));
            self.early.sort_by_key(|e| since(e.0, self.rcv_nxt));
            let ack = self.ack(now);
            reaction.replies.push(ack);
            return;
        }
        let filled = !self.early.is_empty();
        self.rcv_nxt = end;
        let mut last = fin;
        while let Some(&(left, right, fin)) = self.early.first()
            && left == self.rcv_nxt
        {
            self.early.remove(0);
            self.rcv_nxt = right;
            last |= fin;
        }
        if last {
            self.rcv_fin = true;
            reaction.closed = true;
        }
        let mss = u32::from(self.stack.mss);
        self.waiting += (wire.payload.len() as u32).div_ceil(mss).max(1);
        if self.waiting >= self.stack.ack_every || filled {
            let ack = self.ack(now);
            reaction.replies.push(ack);
        } else if self.ack_due.is_none() {
            let wait = if last { self.stack.ack_delay.min(1_000_000) } else { self.stack.ack_delay };
            self.ack_due = Some(now + wait);
            reaction.timer = Some(now + wait);
        }
    }
}
