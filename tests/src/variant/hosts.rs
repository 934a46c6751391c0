//! Other addresses and ports, IPv6 for IPv4, and traffic of others.

use super::header::{ends, put_u16, quoted, rewrite};
use crate::traffic::{Kind, Owned, Traffic};
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tcpdx_engine::IpInfo;

/// Addresses and ports of clients and servers exchanged.
///
/// Where there are more than two, the order of all is turned round: what one client or one server is stays
/// one, and between any two the smaller becomes the larger.
#[must_use]
pub fn exchanged(traffic: &Traffic) -> Traffic {
    let all = traffic.packets.iter().filter_map(ends);
    let addresses = turned_round(all.clone().flat_map(|(src, _, dst, _)| [src, dst]));
    let ports = turned_round(all.flat_map(|(_, src, _, dst)| [src, dst]));
    relabelled(
        traffic,
        |ip| addresses.get(&ip).copied().unwrap_or(ip),
        |port| ports.get(&port).copied().unwrap_or(port),
    )
}

fn turned_round<T: Ord + Copy + Hash>(all: impl Iterator<Item = T>) -> HashMap<T, T> {
    let sorted: BTreeSet<T> = all.collect();
    sorted.iter().copied().zip(sorted.iter().copied().rev()).collect()
}

/// Other addresses of the same family, and other ports.
fn relabelled(traffic: &Traffic, ip: impl Fn(IpAddr) -> IpAddr, port: impl Fn(u16) -> u16) -> Traffic {
    let put_ports = |bytes: &mut [u8], at: usize, src: u16, dst: u16| {
        put_u16(bytes, at, port(src));
        put_u16(bytes, at + 2, port(dst));
    };
    traffic.map(|packet| {
        let mut packet = packet.clone();
        if let Some((src, src_port, dst, dst_port)) = ends(&packet) {
            rewrite(&mut packet, |packet| {
                (packet.src, packet.dst) = (ip(src), ip(dst));
                put_ports(&mut packet.bytes, 0, src_port, dst_port);
            });
            return packet;
        }
        (packet.src, packet.dst) = (ip(packet.src), ip(packet.dst));
        if let Some((tcp, (src, src_port, dst, dst_port))) = quoted(&packet) {
            put_ports(&mut packet.bytes, tcp, src_port, dst_port);
            put_addresses(&mut packet.bytes[8..], ip(src), ip(dst));
        }
        packet
    })
}

/// Writes the addresses of an IP header.
fn put_addresses(header: &mut [u8], src: IpAddr, dst: IpAddr) {
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            header[12..16].copy_from_slice(&src.octets());
            header[16..20].copy_from_slice(&dst.octets());
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            header[8..24].copy_from_slice(&src.octets());
            header[24..40].copy_from_slice(&dst.octets());
        }
        // A packet has addresses of one family.
        _ => {}
    }
}

/// IPv4 without its identification field.
#[must_use]
pub fn without_ip_id(traffic: &Traffic) -> Traffic {
    with_ip_ids(traffic, |_, _| None)
}

/// The identification field is 0, as is usual in packets that may not be fragmented (RFC 6864, 4.1).
#[must_use]
pub fn with_ip_id_zero(traffic: &Traffic) -> Traffic {
    with_ip_ids(traffic, |_, _| Some(0))
}

/// The identification field is random rather than counted: only a copy of a packet has the same.
#[must_use]
pub fn with_random_ip_id(traffic: &Traffic) -> Traffic {
    with_ip_ids(traffic, |src, id| {
        let mut hasher = DefaultHasher::new();
        (src, id).hash(&mut hasher);
        Some(if id == 0 { 0 } else { (hasher.finish() as u16).max(1) })
    })
}

/// Other identification fields where there were any, by sender and what it was.
fn with_ip_ids(traffic: &Traffic, new: impl Fn(IpAddr, u16) -> Option<u16>) -> Traffic {
    traffic.map(|packet| {
        let mut packet = packet.clone();
        if let Kind::Tcp { ip: IpInfo { id, .. }, .. } = &mut packet.kind {
            *id = id.and_then(|id| new(packet.src, id));
        }
        packet
    })
}

/// IPv4 rewritten as IPv6, as a translator does (RFC 7915): the addresses get a prefix, the identification
/// goes, and ICMP becomes ICMPv6.
#[must_use]
pub fn as_ipv6(traffic: &Traffic) -> Traffic {
    without_ip_id(traffic).map(|packet| {
        let mut packet = packet.clone();
        let (src, dst) = (ipv6(packet.src), ipv6(packet.dst));
        if packet.is_tcp() {
            rewrite(&mut packet, |packet| (packet.src, packet.dst) = (src, dst));
        }
        (packet.src, packet.dst) = (src, dst);
        if let Kind::Icmp { v6: false } = packet.kind {
            packet.bytes = icmpv6(&packet);
            packet.kind = Kind::Icmp { v6: true };
        }
        packet
    })
}

fn ipv6(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets().map(u16::from);
            IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, a << 8 | b, c << 8 | d))
        }
        v6 => v6,
    }
}

/// An ICMP message as ICMPv6 (RFC 7915, 4.2), with what an error quotes; other messages become echo requests.
fn icmpv6(packet: &Owned) -> Vec<u8> {
    let mtu = |bytes: &[u8]| u32::from(u16::from_be_bytes([bytes[6], bytes[7]])) + 20;
    let Some((tcp, (src, _, dst, _))) = quoted(packet) else { return vec![128, 0, 0, 0, 0, 0, 0, 0] };
    let (kind, code, word) = match (packet.bytes[0], packet.bytes[1]) {
        (3, 0 | 1 | 5..=8 | 11 | 12) => (1, 0, 0),
        (3, 2) => (4, 1, 6),
        (3, 3) => (1, 4, 0),
        (3, 4) => (2, 0, mtu(&packet.bytes)),
        (3, _) => (1, 1, 0),
        (11, code) => (3, code, 0),
        _ => (4, 0, 0),
    };
    let mut bytes = vec![kind, code, 0, 0];
    bytes.extend(u32::to_be_bytes(word));
    let quote = &packet.bytes[tcp..];
    let mut header = [0; 40];
    header[0] = 0x60;
    put_u16(&mut header, 4, quote.len() as u16);
    (header[6], header[7]) = (6, 64);
    put_addresses(&mut header, ipv6(src), ipv6(dst));
    bytes.extend(header);
    bytes.extend(quote);
    bytes
}

/// Traffic of other hosts mixed in, in step with this: the first packet, and the last, stay what they were.
#[must_use]
pub fn mixed(traffic: &Traffic, others: &Traffic) -> Traffic {
    let away = |ip: IpAddr| match ip {
        IpAddr::V4(v4) => {
            let [_, b, c, d] = v4.octets();
            IpAddr::V4(Ipv4Addr::new(172, b ^ 0x55, c, d))
        }
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) ^ 1 << 64)),
    };
    let others = relabelled(others, away, |port| port).packets;
    let (own, count) = (&traffic.packets, traffic.packets.len());
    let mut packets = Vec::with_capacity(count + others.len());
    let mut rest = others.into_iter();
    let share = rest.len().div_ceil(count.max(2) - 1);
    for (index, packet) in own.iter().enumerate() {
        packets.push(packet.clone());
        if index + 1 < count {
            let time = packet.time;
            packets.extend(rest.by_ref().take(share).map(|other| Owned { origin: 0, time, ..other }));
        }
    }
    Traffic { packets }
}
