//! Sequence numbers that wrap, and the clock.

use super::header::{Ends, ends, header_len, put_u32, quoted, reversed, rewrite};
use crate::traffic::{Owned, Traffic};
use std::collections::HashMap;

/// At which part of what a side sends its sequence numbers come to 0 again.
#[derive(Clone, Copy, Debug)]
pub enum Wrap {
    /// Behind its first number: the SYN has the last one before 0.
    Begin,
    /// In the middle.
    Middle,
    /// At the end: the FIN, where there is one, has the last number before 0, or what it is acknowledged by has 0.
    End,
}

/// All sequence numbers shifted, in each direction of each connection so that they wrap there.
#[must_use]
pub fn wrapped(traffic: &Traffic, wrap: Wrap) -> Traffic {
    let shifts = shifts(traffic, wrap);
    let shift = |ends: Ends| shifts.get(&ends).copied().unwrap_or(0);
    traffic.map(|packet| {
        let mut packet = packet.clone();
        if let Some(ends) = ends(&packet) {
            let (own, peer) = (shift(ends), shift(reversed(ends)));
            rewrite(&mut packet, |packet| shift_segment(packet, own, peer));
        } else if let Some((tcp, ends)) = quoted(&packet) {
            let seq = packet.u32(tcp + 4).wrapping_add(shift(ends));
            put_u32(&mut packet.bytes, tcp + 4, seq);
        }
        packet
    })
}

const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// A host that knows no connection answers with number 0, whatever its numbers would be (RFC 9293, 3.10.7.1).
fn is_numberless(packet: &Owned) -> bool {
    packet.bytes[13] & RST != 0 && packet.u32(4) == 0
}

/// How far to shift the numbers of each direction.
fn shifts(traffic: &Traffic, wrap: Wrap) -> HashMap<Ends, u32> {
    // The first number of each direction, and the furthest behind it.
    let mut ranges: HashMap<Ends, (u32, i32)> = HashMap::new();
    for packet in &traffic.packets {
        let Some(ends) = ends(packet) else { continue };
        if is_numberless(packet) {
            continue;
        }
        let seq = packet.u32(4);
        let (first, furthest) = ranges.entry(ends).or_insert((seq, 0));
        *furthest = (*furthest).max(seq.wrapping_sub(*first) as i32);
    }
    let shift = |(first, furthest): (u32, i32)| {
        let zero = match wrap {
            Wrap::Begin => 1,
            Wrap::Middle => furthest as u32 / 2 + 1,
            Wrap::End => furthest as u32,
        };
        first.wrapping_add(zero).wrapping_neg()
    };
    ranges.into_iter().map(|(ends, range)| (ends, shift(range))).collect()
}

fn shift_segment(packet: &mut Owned, own: u32, peer: u32) {
    let add = |packet: &mut Owned, at: usize, shift: u32| {
        let value = packet.u32(at).wrapping_add(shift);
        put_u32(&mut packet.bytes, at, value);
    };
    if !is_numberless(packet) {
        add(packet, 4, own);
    }
    if packet.bytes[13] & ACK != 0 {
        add(packet, 8, peer);
    }
    for at in sack_edges(packet) {
        add(packet, at, peer);
    }
}

/// Where the edges of SACK blocks are (RFC 2018).
fn sack_edges(packet: &Owned) -> Vec<usize> {
    const SACK: u8 = 5;
    let (mut at, end) = (20, header_len(packet));
    let mut edges = Vec::new();
    while at < end && packet.bytes[at] != 0 {
        if packet.bytes[at] == 1 {
            at += 1;
            continue;
        }
        let length = packet.bytes.get(at + 1).map_or(0, |&length| usize::from(length));
        if length < 2 || at + length > end {
            break;
        }
        if packet.bytes[at] == SACK {
            edges.extend((at + 2..at + length - 3).step_by(4));
        }
        at += length;
    }
    edges
}

/// Every time shifted by so many nanoseconds.
#[must_use]
pub fn later(traffic: &Traffic, by: i64) -> Traffic {
    traffic.map(|packet| Owned { time: packet.time + by, ..packet.clone() })
}
