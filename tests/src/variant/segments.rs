//! Segments split, merged and captured twice.

use super::header::{Ends, ends, fold, header_len, put_u16, put_u32, reversed, sum};
use crate::traffic::{Kind, Owned, Traffic};
use std::collections::HashMap;
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
/// As in Linux they have the same acknowledgment number, window, options and TTL, all but the last are of
/// one size, PSH and FIN end a packet, and nothing else of the connection comes between.
#[must_use]
pub fn merged(traffic: &Traffic) -> (Traffic, HashMap<u32, u32>) {
    let mut packets: Vec<Owned> = Vec::new();
    let mut became = HashMap::new();
    // The packet of each connection that is still open to more, and the size of its segments.
    let mut open: HashMap<Ends, (usize, usize)> = HashMap::new();
    for packet in &traffic.packets {
        let Some(ends) = ends(packet) else {
            packets.push(packet.clone());
            continue;
        };
        open.remove(&reversed(ends));
        let size = packet.bytes.len() - header_len(packet);
        if let Some(&(at, segment)) = open.get(&ends)
            && follows(&packets[at], packet)
            && size <= segment
        {
            became.insert(packet.origin, packets[at].origin);
            let payload = [&packets[at].bytes[header_len(packet)..], &packet.bytes[header_len(packet)..]];
            packets[at] =
                with_payload(&packets[at], &payload.concat(), packets[at].bytes[13] | packet.bytes[13]);
            if size < segment || packet.bytes[13] & (FIN | PSH) != 0 {
                open.remove(&ends);
            }
            continue;
        }
        open.remove(&ends);
        if has_whole_data(packet) && packet.bytes[13] & (FIN | PSH | CWR) == 0 {
            open.insert(ends, (packets.len(), size));
        }
        packets.push(packet.clone());
    }
    (Traffic { packets }, became)
}

/// `next` may be merged into `held`.
fn follows(held: &Owned, next: &Owned) -> bool {
    /// Longer than a poll of the network card takes, nanoseconds.
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
    has_whole_data(next)
        && same_header
        && (held_ip.ttl, held_ip.ecn, held_link) == (ip.ttl, ip.ecn, link)
        && next.u32(4) == end
        && next.bytes[13] & CWR == 0
        && next.time - held.time <= TOGETHER
        && held.bytes.len() + next.bytes.len() <= MOST
}

/// Every packet captured twice, the second time so many nanoseconds later.
#[must_use]
pub fn doubled(traffic: &Traffic, later: i64) -> Traffic {
    let twice = |packet: &Owned| [packet.clone(), Owned { time: packet.time + later, ..packet.clone() }];
    Traffic { packets: traffic.packets.iter().flat_map(twice).collect() }
}
