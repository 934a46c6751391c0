//! The bytes of a packet, from the link's header on, checksums included.

use std::io;
use std::net::IpAddr;

use etherparse::{IpDscp, IpNumber, Ipv4Header, Ipv6Header};

use super::checksum::Sum;
use super::encapsulation::{Cargo, Link};
use super::{Ecn, IcmpError, Packet, Segment, options};
use crate::options::Encapsulation;

/// What damage on the way changes in a checksum.
const DAMAGE: u8 = 0x04;
/// Routers mark what they say themselves (RFC 2474, 4.2.2.2: class selector 6).
const INTERNETWORK_CONTROL: u8 = 48;
/// Bytes of a TCP header without options.
const TCP_HEADER: usize = 20;

/// Turns packets into frames.
#[derive(Debug, Default)]
pub(crate) struct FrameBuilder {
    encapsulation: Encapsulation,
    quote: Vec<u8>,
}

/// Who computes the TCP checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checksum {
    /// It is there.
    Finished,
    /// The card will: it only covers the addresses and the length yet.
    Unfinished,
}

impl FrameBuilder {
    pub(crate) fn new(encapsulation: Encapsulation) -> Self {
        FrameBuilder { encapsulation, ..FrameBuilder::default() }
    }

    /// Where the IP header begins in each frame.
    pub(crate) fn ip_header_at(&self) -> usize {
        self.encapsulation.len()
    }

    /// Appends the packet as a frame between two cards.
    ///
    /// # Errors
    /// The packet is larger than IP can say.
    pub(crate) fn segment(
        &self,
        out: &mut Vec<u8>,
        link: Link,
        packet: &Packet,
        checksum: Checksum,
    ) -> io::Result<()> {
        let tcp = TcpBytes::new(&packet.segment);
        let v6 = packet.from.is_ipv6();
        let len = ip_header_len(v6) + tcp.len();
        if len > usize::from(u16::MAX) {
            return Err(invalid(format!("a packet of {len} bytes is larger than IP can say")));
        }
        let flow = packet.segment.from_port ^ packet.segment.to_port;
        self.encapsulation.write(out, link, Cargo { v6, len, flow });
        ip_packet(out, packet, tcp, checksum);
        Ok(())
    }

    /// Appends the error as a frame between two cards.
    ///
    /// # Errors
    /// As [`Self::segment`].
    pub(crate) fn icmp(&mut self, out: &mut Vec<u8>, link: Link, error: &IcmpError) -> io::Result<()> {
        self.quote.clear();
        ip_packet(&mut self.quote, &error.about, TcpBytes::new(&error.about.segment), Checksum::Finished);
        self.quote.truncate(error.quote_len());
        let v6 = error.router.is_ipv6();
        let (kind, code, word) = error.icmp.head(v6);
        let mut head = [kind, code, 0, 0, 0, 0, 0, 0];
        head[4..].copy_from_slice(&word.to_be_bytes());
        let len = head.len() + self.quote.len();
        self.encapsulation.write(out, link, Cargo { v6, len: ip_header_len(v6) + len, flow: 0 });
        let mut sum = Sum::default().add(&head).add(&self.quote);
        match (error.router, error.about.from) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                let mut ip =
                    Ipv4Header::new(len as u16, error.ttl, IpNumber::ICMP, from.octets(), to.octets())
                        .map_err(invalid)?;
                ip.identification = error.id;
                ip.dont_fragment = false;
                ip.dscp = IpDscp::try_new(INTERNETWORK_CONTROL).map_err(invalid)?;
                ip.header_checksum = ip.calc_header_checksum();
                out.extend_from_slice(&ip.to_bytes());
            }
            (from, to) => {
                let ip = Ipv6Header {
                    payload_length: len as u16,
                    next_header: IpNumber::IPV6_ICMP,
                    hop_limit: error.ttl,
                    source: octets_v6(from),
                    destination: octets_v6(to),
                    ..Default::default()
                };
                out.extend_from_slice(&ip.to_bytes());
                sum = pseudo_header(sum, from, to, IpNumber::IPV6_ICMP, len);
            }
        }
        head[2..4].copy_from_slice(&sum.checksum());
        out.extend_from_slice(&head);
        out.extend_from_slice(&self.quote);
        Ok(())
    }
}

fn ip_header_len(v6: bool) -> usize {
    if v6 { 40 } else { 20 }
}

/// A TCP header, with a checksum of zero, and what follows it.
struct TcpBytes<'a> {
    header: [u8; 60],
    header_len: usize,
    payload: &'a [u8],
}

impl<'a> TcpBytes<'a> {
    fn new(segment: &'a Segment) -> Self {
        let mut header = [0; 60];
        let header_len = TCP_HEADER + options::write(&segment.options, &mut header[TCP_HEADER..]);
        header[0..2].copy_from_slice(&segment.from_port.to_be_bytes());
        header[2..4].copy_from_slice(&segment.to_port.to_be_bytes());
        header[4..8].copy_from_slice(&segment.seq.0.to_be_bytes());
        header[8..12].copy_from_slice(&segment.ack.0.to_be_bytes());
        header[12] = (header_len as u8 / 4) << 4;
        header[13] = segment.flags.bits();
        header[14..16].copy_from_slice(&segment.window.to_be_bytes());
        header[18..20].copy_from_slice(&segment.urgent.to_be_bytes());
        TcpBytes { header, header_len, payload: &segment.payload }
    }

    fn len(&self) -> usize {
        self.header_len + self.payload.len()
    }
}

/// Writes the packet: IP header, TCP header, payload.
fn ip_packet(out: &mut Vec<u8>, packet: &Packet, mut tcp: TcpBytes<'_>, checksum: Checksum) {
    let len = tcp.len();
    match (packet.from, packet.to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let fragment: u16 = if packet.dont_fragment { 0x4000 } else { 0 };
            let mut ip = [0; 20];
            ip[0] = 0x45;
            ip[1] = ecn_bits(packet.ecn);
            ip[2..4].copy_from_slice(&((ip_header_len(false) + len) as u16).to_be_bytes());
            ip[4..6].copy_from_slice(&packet.id.to_be_bytes());
            ip[6..8].copy_from_slice(&fragment.to_be_bytes());
            ip[8] = packet.ttl;
            ip[9] = IpNumber::TCP.0;
            ip[12..16].copy_from_slice(&from.octets());
            ip[16..20].copy_from_slice(&to.octets());
            let sum = Sum::default().add(&ip).checksum();
            ip[10..12].copy_from_slice(&sum);
            out.extend_from_slice(&ip);
        }
        (from, to) => {
            let mut ip = [0; 40];
            ip[0..4].copy_from_slice(
                &(6 << 28 | u32::from(ecn_bits(packet.ecn)) << 20 | packet.flow_label & 0xf_ffff)
                    .to_be_bytes(),
            );
            ip[4..6].copy_from_slice(&(len as u16).to_be_bytes());
            ip[6] = IpNumber::TCP.0;
            ip[7] = packet.ttl;
            ip[8..24].copy_from_slice(&octets_v6(from));
            ip[24..40].copy_from_slice(&octets_v6(to));
            out.extend_from_slice(&ip);
        }
    }
    let addresses = pseudo_header(Sum::default(), packet.from, packet.to, IpNumber::TCP, len);
    let sum = match checksum {
        // Behind the header's end are zeros, which add nothing.
        Checksum::Finished => addresses.add(&tcp.header).add(tcp.payload).checksum(),
        Checksum::Unfinished => addresses.bytes(),
    };
    tcp.header[16..18].copy_from_slice(&sum);
    if packet.corrupt {
        tcp.header[16] ^= DAMAGE;
    }
    out.extend_from_slice(&tcp.header[..tcp.header_len]);
    out.extend_from_slice(tcp.payload);
}

/// The sum of the addresses, the protocol and the length (RFC 9293, 3.1; RFC 8200, 8.1).
fn pseudo_header(sum: Sum, from: IpAddr, to: IpAddr, protocol: IpNumber, len: usize) -> Sum {
    let sum = match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => sum.add(&from.octets()).add(&to.octets()),
        (from, to) => sum.add(&octets_v6(from)).add(&octets_v6(to)),
    };
    sum.add(&(len as u32).to_be_bytes()).add(&[0, protocol.0])
}

fn ecn_bits(ecn: Ecn) -> u8 {
    match ecn {
        Ecn::Not => 0,
        Ecn::Capable => 2,
        Ecn::Congestion => 3,
    }
}

fn octets_v6(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}
