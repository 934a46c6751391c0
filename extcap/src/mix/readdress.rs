//! Another address in a packet that is ready, with its checksums brought up to date (RFC 1624).

use std::net::IpAddr;

use etherparse::IpNumber;
use etherparse::checksum::Sum16BitWords;

/// Puts one address in the place of another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Readdress {
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
    /// The TCP checksum is there, and not left to a card.
    pub(super) finished: bool,
}

/// Bytes of an ICMP error before what it quotes.
const ICMP_HEAD: usize = 8;

impl Readdress {
    /// Changes a packet that begins with its IP header, and may be cut short.
    pub(super) fn packet(self, packet: &mut [u8]) {
        match (self.from, self.to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                self.v4(packet, from.octets(), to.octets());
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => self.v6(packet, from.octets(), to.octets()),
            _ => {}
        }
    }

    fn v4(self, packet: &mut [u8], from: [u8; 4], to: [u8; 4]) {
        let Some((header, payload)) = packet.split_at_mut_checked(20) else { return };
        let change = change(&from, &to);
        let mut times = 0;
        for place in [12, 16] {
            if header[place..place + 4] == from {
                header[place..place + 4].copy_from_slice(&to);
                times += 1;
            }
        }
        for _ in 0..times {
            update(header.get_mut(10..12), change, true);
        }
        match IpNumber(header[9]) {
            IpNumber::TCP => (0..times).for_each(|_| update(payload.get_mut(16..18), change, self.finished)),
            IpNumber::ICMP => self.quote(payload, Sum16BitWords::new()),
            _ => {}
        }
    }

    fn v6(self, packet: &mut [u8], from: [u8; 16], to: [u8; 16]) {
        let Some((header, payload)) = packet.split_at_mut_checked(40) else { return };
        let change = change(&from, &to);
        let mut times = 0;
        for place in [8, 24] {
            if header[place..place + 16] == from {
                header[place..place + 16].copy_from_slice(&to);
                times += 1;
            }
        }
        match IpNumber(header[6]) {
            IpNumber::TCP => (0..times).for_each(|_| update(payload.get_mut(16..18), change, self.finished)),
            IpNumber::IPV6_ICMP => {
                let len = u32::from(u16::from_be_bytes([header[4], header[5]]));
                let pseudo = Sum16BitWords::new()
                    .add_slice(&header[8..40])
                    .add_4bytes(len.to_be_bytes())
                    .add_2bytes([0, IpNumber::IPV6_ICMP.0]);
                self.quote(payload, pseudo);
            }
            _ => {}
        }
    }

    /// Changes the packet that an ICMP error quotes.
    fn quote(self, icmp: &mut [u8], pseudo: Sum16BitWords) {
        if let Some(quoted) = icmp.get_mut(ICMP_HEAD..) {
            Readdress { finished: true, ..self }.packet(quoted);
            icmp[2..4].fill(0);
            let sum = pseudo.add_slice(icmp).ones_complement();
            icmp[2..4].copy_from_slice(&sum.to_ne_bytes());
        }
    }
}

/// What the sum of 16-bit words grows by.
fn change(from: &[u8], to: &[u8]) -> u32 {
    let words =
        |bytes: &[u8]| bytes.chunks_exact(2).map(|w| u32::from(w[0]) << 8 | u32::from(w[1])).sum::<u32>();
    let count = from.len() as u32 / 2;
    words(to) + count * 0xffff - words(from)
}

/// Brings a checksum up to date; one that is not finished is a sum, and no complement of one.
fn update(checksum: Option<&mut [u8]>, change: u32, finished: bool) {
    let Some([high, low]) = checksum else { return };
    let flip: u16 = if finished { 0xffff } else { 0 };
    let mut sum = u32::from(u16::from_be_bytes([*high, *low]) ^ flip) + change;
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    [*high, *low] = (sum as u16 ^ flip).to_be_bytes();
}
