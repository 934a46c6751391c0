//! Rewriting headers so that their checksums stay as right, or as wrong, as they were (RFC 1624).

use crate::traffic::{Kind, Owned};
use std::net::IpAddr;

/// Address and port of both ends, in the order in which a packet was sent.
pub type Ends = (IpAddr, u16, IpAddr, u16);

/// The ends of a TCP packet; `None` for another.
#[must_use]
pub fn ends(packet: &Owned) -> Option<Ends> {
    packet.is_tcp().then(|| (packet.src, packet.u16(0), packet.dst, packet.u16(2)))
}

/// The same the other way.
#[must_use]
pub fn reversed((src, src_port, dst, dst_port): Ends) -> Ends {
    (dst, dst_port, src, src_port)
}

/// Length of the captured part of a TCP header.
#[must_use]
pub fn header_len(packet: &Owned) -> usize {
    (usize::from(packet.bytes[12] >> 4) * 4).clamp(20, packet.bytes.len().max(20)).min(packet.bytes.len())
}

/// Changes addresses and TCP header of `packet`, and its checksum as that demands.
pub fn rewrite(packet: &mut Owned, change: impl FnOnce(&mut Owned)) {
    const CHECKSUM: usize = 16;
    let before = covered(packet);
    change(packet);
    let after = covered(packet);
    let checksum = fold(u64::from(!packet.u16(CHECKSUM)) + u64::from(!fold(before)) + after);
    put_u16(&mut packet.bytes, CHECKSUM, !checksum);
}

/// The sum over addresses, length and header without the checksum itself.
fn covered(packet: &Owned) -> u64 {
    let address = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => sum(&ip.octets()),
        IpAddr::V6(ip) => sum(&ip.octets()),
    };
    let length = match packet.kind {
        Kind::Tcp { wire_len, .. } => u64::from(wire_len),
        Kind::Icmp { .. } => 0,
    };
    let header = &packet.bytes[..header_len(packet)];
    address(packet.src) + address(packet.dst) + length + sum(&header[..16]) + sum(&header[18..])
}

/// The sum of 16-bit words (RFC 1071).
#[must_use]
pub fn sum(bytes: &[u8]) -> u64 {
    bytes.chunks(2).map(|word| u64::from(word[0]) << 8 | u64::from(word.get(1).copied().unwrap_or(0))).sum()
}

/// The sum with its carries.
#[must_use]
pub fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// Writes a 16-bit number in network byte order.
pub fn put_u16(bytes: &mut [u8], at: usize, value: u16) {
    bytes[at..at + 2].copy_from_slice(&value.to_be_bytes());
}

/// Writes a 32-bit number in network byte order.
pub fn put_u32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
}

/// What an ICMP error quotes: where the TCP header begins in `packet.bytes`, and the ends of the quoted
/// packet. `None` for any other message.
#[must_use]
pub fn quoted(packet: &Owned) -> Option<(usize, Ends)> {
    let Kind::Icmp { v6 } = packet.kind else { return None };
    let is_error = match packet.bytes.first()? {
        3 | 11 | 12 => !v6,
        1..=4 => v6,
        _ => false,
    };
    let quote = packet.bytes.get(8..).filter(|_| is_error)?;
    const TCP: u8 = 6;
    let (length, protocol) =
        if v6 { (40, *quote.get(6)?) } else { (usize::from(quote.first()? & 15) * 4, *quote.get(9)?) };
    let ports = quote.get(length..length + 8).filter(|_| protocol == TCP)?;
    let (src, dst) = if v6 {
        let address = |at: usize| <[u8; 16]>::try_from(quote.get(at..at + 16)?).ok().map(IpAddr::from);
        (address(8)?, address(24)?)
    } else {
        let address = |at: usize| <[u8; 4]>::try_from(quote.get(at..at + 4)?).ok().map(IpAddr::from);
        (address(12)?, address(16)?)
    };
    let port = |at: usize| u16::from_be_bytes([ports[at], ports[at + 1]]);
    Some((8 + length, (src, port(0), dst, port(2))))
}
