//! What ICMP errors say about a connection (RFC 5927), and path MTU discovery (RFC 1191, RFC 8201).

use std::time::Duration;

use bytes::Bytes;

use super::Env;
use super::congestion::Phase;
use super::flight::Sent;
use super::socket::{Failure, Socket, State};
use crate::net::{Icmp, IcmpError, Seq};

/// The size of segments when no router tells the path's MTU (`tcp_base_mss`).
const BASE_MSS: u32 = 1024;
/// Three timeouts (`tcp_retries1`), each twice as long as the one before, from 200 ms on.
const PATIENCE: Duration = Duration::from_secs(3);
/// The least MTU that Linux takes from an ICMP error (`ip_rt_min_pmtu`).
const LEAST: u16 = 552;

impl Socket {
    /// An ICMP error about one of its segments (`tcp_v4_err`).
    pub(super) fn receive_icmp(&mut self, env: &mut Env<'_>, error: &IcmpError) {
        let seq = error.about.segment.seq;
        if seq.before(self.send.una) || seq.after(self.send.next) {
            // It is not about anything on its way: forged, or late.
            return;
        }
        match error.icmp {
            Icmp::TooBig { mtu } => self.reduce_mtu(env, mtu.max(LEAST)),
            // Only who is still connecting takes the router's word for it.
            Icmp::PortUnreachable if self.state == State::SynSent => self.end(Some(Failure::Refused)),
            _ if self.state == State::SynSent => self.end(Some(Failure::Unreachable)),
            _ => {}
        }
    }

    fn reduce_mtu(&mut self, env: &mut Env<'_>, mtu: u16) {
        let headers = if self.pair.local.is_ipv4() { 40 } else { 60 };
        let options = if self.timestamps.on { 12 } else { 0 };
        if !self.reduce_mss(u32::from(mtu) - headers - options) {
            return;
        }
        if self.congestion.phase != Phase::Loss {
            self.congestion.high = self.send.next;
            self.congestion.threshold = self.congestion.current_threshold();
            self.congestion.prior_threshold = 0;
            self.recovery.undo = None;
            self.congestion.phase = Phase::Loss;
        }
        self.resend_lost(env);
    }

    /// Segments are no larger from now on; what was, counts as lost, and goes again in smaller ones
    /// (`tcp_simple_retransmit`). True if there was any.
    fn reduce_mss(&mut self, mss: u32) -> bool {
        let before = self.send.mss;
        if mss >= before {
            return false;
        }
        self.send.mss = mss;
        self.split_flight(before)
    }

    /// After timeouts for so long, the segments may be too long for the path, and no router says so
    /// (`tcp_mtu_probing`).
    pub(super) fn suspect_mtu(&mut self, silent: Duration) {
        if self.settings.mtu_probing && silent >= PATIENCE {
            self.reduce_mss(BASE_MSS);
        }
    }

    /// Cuts what is on its way and too large into segments of the new size. Linux has two full segments in one
    /// buffer, and cuts each buffer anew. True if anything was cut.
    fn split_flight(&mut self, before: u32) -> bool {
        let flight = self.send.flight.take_all();
        let mut cut = false;
        let mut flight = flight.into_iter().peekable();
        while let Some(first) = flight.next() {
            if first.payload.len() as u32 <= self.send.mss || first.sacked {
                self.send.flight.push(first);
                continue;
            }
            cut = true;
            let follows = |next: &Sent| {
                !next.payload.is_empty() && !next.sacked && !next.fin && first.payload.len() as u32 == before
            };
            let second = flight.next_if(follows);
            let data = match &second {
                Some(second) => [&first.payload[..], &second.payload[..]].concat().into(),
                None => first.payload.clone(),
            };
            self.cut_anew(&first, data);
        }
        cut
    }

    fn cut_anew(&mut self, like: &Sent, mut data: Bytes) {
        let mut seq: Seq = like.seq;
        while !data.is_empty() {
            let part = data.split_to(data.len().min(self.send.mss as usize));
            let len = part.len() as u32;
            self.send.flight.push(Sent { seq, payload: part, lost: true, resent: false, ..like.clone() });
            seq += len;
        }
        if like.fin
            && let Some(last) = self.send.flight.back_mut()
        {
            last.fin = true;
        }
    }
}
