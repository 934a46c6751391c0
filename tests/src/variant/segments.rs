//! Segments split, merged and captured twice.

use super::header::{Ends, ends, fold, header_len, put_u16, put_u32, reversed, sum};
use crate::traffic::{Kind, Owned, Traffic};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const URG: u8 = 0x20;
const ECE: u8 = 0x40;
const CWR: u8 = 0x80;

/// What segmentation offload may split or merge: data, all of it captured, with a right checksum.
fn has_whole_data(packet: &Owned) -> bool {
    let Kind::Tcp { wire_len, .. } = packet.kind else { return false };
    packet.is_tcp()
        && packet.bytes.len() == wire_len as usize
        && packet.bytes.len() > header_len(packet)
        && packet.bytes[13] & (SYN | RST | URG | ECE) == 0
        && checksum(packet) == packet.u16(16)
}

/// The checksum that a TCP packet should have (RFC 9293, 3.1).
fn checksum(packet: &Owned) -> u16 {
    const TCP: u64 = 6;
    let address = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => sum(&ip.octets()),
        IpAddr::V6(ip) => sum(&ip.octets()),
    };
    let pseudo = address(packet.src) + address(packet.dst) + TCP + packet.bytes.len() as u64;
    !fold(pseudo + sum(&packet.bytes[..16]) + sum(&packet.bytes[18..]))
}

/// The packet with another payload, other control bits and the length and checksum that follow.
fn with_payload(packet: &Owned, payload: &[u8], flags: u8) -> Owned {
    let header = header_len(packet);
    let mut bytes = [&packet.bytes[..header], payload].concat();
    bytes[13] = flags;
    let kind = match packet.kind {
        Kind::Tcp { ip, link, .. } => Kind::Tcp { ip, link, wire_len: bytes.len() as u32 },
        icmp => icmp,
    };
    let mut packet = Owned { bytes, kind, ..packet.clone() };
    let checksum = checksum(&packet);
    put_u16(&mut packet.bytes, 16, checksum);
    packet
}

/// Every packet with more than one segment as those segments, as a network card with TSO sends them: PSH
/// and FIN on the last, CWR on the first, and IP IDs that count on.
#[must_use]
pub fn split(traffic: &Traffic) -> Traffic {
    let sizes = segment_sizes(traffic);
    let mut packets = Vec::new();
    for packet in &traffic.packets {
        match ends(packet).and_then(|ends| sizes.get(&reversed(ends))) {
            Some(&size) if has_whole_data(packet) => packets.extend(segments(packet, size.into())),
            _ => packets.push(packet.clone()),
        }
    }
    Traffic { packets }
}

/// The MSS that each side's SYN offers to the other.
fn segment_sizes(traffic: &Traffic) -> HashMap<Ends, u16> {
    const MSS: [u8; 2] = [2, 4];
    let offer = |packet: &Owned| {
        let ends = ends(packet)?;
        // All stacks put it first.
        let offers =
            packet.bytes[13] & SYN != 0 && packet.bytes.get(20..22) == Some(&MSS) && packet.bytes.len() >= 24;
        offers.then(|| (ends, packet.u16(22)))
    };
    traffic.packets.iter().filter_map(offer).collect()
}

fn segments(packet: &Owned, mss: usize) -> Vec<Owned> {
    let header = header_len(packet);
    let (payload, flags) = (&packet.bytes[header..], packet.bytes[13]);
    // Options take their part of the MSS (RFC 6691).
    let size = mss.saturating_sub(header - 20).max(1);
    let count = payload.len().div_ceil(size);
    let mut segments = Vec::with_capacity(count);
    for (index, part) in payload.chunks(size).enumerate() {
        let not_here = match (index, index + 1 == count) {
            (0, true) => 0,
            (0, false) => FIN | PSH,
            (_, true) => CWR,
            (_, false) => FIN | PSH | CWR,
        };
        let mut segment = with_payload(packet, part, flags & !not_here);
        if let Kind::Tcp { ip, .. } = &mut segment.kind {
            ip.id = ip.id.map(|id| if id == 0 { 0 } else { id.wrapping_add(index as u16) });
        }
        let seq = packet.u32(4).wrapping_add((index * size) as u32);
        put_u32(&mut segment.bytes, 4, seq);
        let checksum = checksum(&segment);
        put_u16(&mut segment.bytes, 16, checksum);
        segments.push(segment);
    }
    segments
}

/// Segments that follow one another as one packet, as GRO hands them up, and which packet each became part of.
///
/// As in Linux (`tcp_gro_receive`, `inet_gro_receive`) they have the same acknowledgment number, window, options
/// and TTL, and IP IDs that count or stand still; all but the last are of one size, PSH and FIN end a packet, and
/// nothing else of the connection comes between. It is captured when it is handed up: with its last segment.
/// A packet whose time is before that of the one captured ahead of it stays alone, and its time what it was.
#[must_use]
pub fn merged(traffic: &Traffic) -> (Traffic, HashMap<u32, u32>) {
    // Each in its place until it becomes part of a later one.
    let mut packets: Vec<Option<Owned>> = Vec::new();
    let mut became = HashMap::new();
    // The packet of each connection that is still open to more.
    let mut open: HashMap<Ends, Held> = HashMap::new();
    let mut now = i64::MIN;
    for packet in &traffic.packets {
        let in_order = packet.time >= now;
        now = now.max(packet.time);
        let Some(ends) = ends(packet) else {
            packets.push(Some(packet.clone()));
            continue;
        };
        open.remove(&reversed(ends));
        let at = packets.len();
        let size = packet.bytes.len() - header_len(packet);
        let held = open.remove(&ends).filter(|held| size <= held.size);
        let first = held.and_then(|held| {
            packets[held.at].take_if(|first| follows(first, held, packet)).map(|first| (held, first))
        });
        let (merged, held) = match first {
            Some((held, first)) => {
                became.insert(packet.origin, first.origin);
                (joined(&first, packet), Held { at, count: held.count + 1, ..held })
            }
            None => (packet.clone(), Held { at, since: packet.time, size, count: 1 }),
        };
        if in_order
            && has_whole_data(packet)
            && size == held.size
            && packet.bytes[13] & (FIN | PSH | CWR) == 0
        {
            open.insert(ends, held);
        }
        packets.push(Some(merged));
    }
    (Traffic { packets: packets.into_iter().flatten().collect() }, became)
}

/// A packet that GRO holds.
#[derive(Clone, Copy)]
struct Held {
    /// Its place.
    at: usize,
    /// The time of its first segment.
    since: i64,
    /// The size of its segments.
    size: usize,
    /// How many they are.
    count: u16,
}

/// `first` with the data of `next` behind its own.
fn joined(first: &Owned, next: &Owned) -> Owned {
    let payload = [&first.bytes[header_len(first)..], &next.bytes[header_len(next)..]].concat();
    Owned { time: next.time, ..with_payload(first, &payload, first.bytes[13] | next.bytes[13]) }
}

/// `next` may be merged into `held`, of which is known what `segments` says.
fn follows(held: &Owned, segments: Held, next: &Owned) -> bool {
    /// Longer than a network card and its driver hold packets back, nanoseconds.
    const TOGETHER: i64 = 1_000_000;
    const MOST: usize = 65_000;
    let (Kind::Tcp { ip: held_ip, link: held_link, .. }, Kind::Tcp { ip, link, .. }) = (held.kind, next.kind)
    else {
        return false;
    };
    let header = header_len(held);
    let same_header = header == header_len(next)
        && held.bytes[8..12] == next.bytes[8..12]
        && held.bytes[14..16] == next.bytes[14..16]
        && held.bytes[20..header] == next.bytes[20..header];
    let end = held.u32(4).wrapping_add((held.bytes.len() - header) as u32);
    let counted = held_ip.id.map(|id| id.wrapping_add(segments.count));
    has_whole_data(next)
        && same_header
        && (held_ip.ttl, held_ip.ecn, held_link) == (ip.ttl, ip.ecn, link)
        && (ip.id == counted || ip.id == held_ip.id)
        && next.u32(4) == end
        && next.bytes[13] & CWR == 0
        && next.time - segments.since <= TOGETHER
        && held.bytes.len() + next.bytes.len() <= MOST
}

/// Every packet captured twice, as a mirror port does that copies what comes in and what goes out: the second
/// time so many nanoseconds later, and behind whatever was captured until then. The origin of a copy is that
/// of no other packet.
#[must_use]
pub fn doubled(traffic: &Traffic, later: i64) -> Traffic {
    let mut packets = Vec::with_capacity(traffic.packets.len() * 2);
    // Oldest first.
    let mut copies: VecDeque<Owned> = VecDeque::new();
    for packet in &traffic.packets {
        while let Some(copy) = copies.pop_front_if(|copy| copy.time < packet.time) {
            packets.push(copy);
        }
        packets.push(packet.clone());
        let origin = packet.origin + traffic.packets.len() as u32;
        let copy = Owned { origin, time: packet.time + later, ..packet.clone() };
        copies.insert(copies.partition_point(|earlier| earlier.time <= copy.time), copy);
    }
    packets.extend(copies);
    Traffic { packets }
}
