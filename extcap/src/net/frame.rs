//! The bytes of a packet, Ethernet header and checksums included.

use std::io::{self, Write};
use std::net::IpAddr;

use etherparse::{EtherType, Ethernet2Header, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, TcpHeader};
use etherparse::{TcpOptionElement as Element, TcpOptions};

use super::{Flags, Options, Packet, Segment};

/// A pair of Ethernet addresses: whose frame, to whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) from: [u8; 6],
    pub(crate) to: [u8; 6],
}

/// Turns packets into frames, in a buffer that it uses again.
#[derive(Debug, Default)]
pub(crate) struct FrameBuilder {
    bytes: Vec<u8>,
    elements: Vec<Element>,
}

impl FrameBuilder {
    /// The packet as a frame between two cards.
    ///
    /// # Errors
    /// The packet is larger than IP can say.
    pub(crate) fn build(&mut self, link: Link, packet: &Packet) -> io::Result<&[u8]> {
        let mut tcp = tcp_header(&packet.segment);
        tcp.options = self.options(&packet.segment.options)?;
        let payload = &packet.segment.payload[..];
        let size = u16::try_from(tcp.header_len() + payload.len()).map_err(invalid)?;
        self.bytes.clear();
        let out = &mut self.bytes;
        match (packet.from, packet.to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                ethernet(link, EtherType::IPV4).write(out)?;
                let mut ip = Ipv4Header::new(size, packet.ttl, IpNumber::TCP, from.octets(), to.octets())
                    .map_err(invalid)?;
                ip.identification = packet.id;
                ip.dont_fragment = packet.dont_fragment;
                tcp.checksum = tcp.calc_checksum_ipv4(&ip, payload).map_err(invalid)?;
                ip.header_checksum = ip.calc_header_checksum();
                ip.write(out)?;
            }
            (from, to) => {
                ethernet(link, EtherType::IPV6).write(out)?;
                let ip = Ipv6Header {
                    traffic_class: 0,
                    flow_label: Ipv6FlowLabel::try_new(packet.flow_label & 0xf_ffff).map_err(invalid)?,
                    payload_length: size,
                    next_header: IpNumber::TCP,
                    hop_limit: packet.ttl,
                    source: v6(from),
                    destination: v6(to),
                };
                tcp.checksum = tcp.calc_checksum_ipv6(&ip, payload).map_err(invalid)?;
                ip.write(out)?;
            }
        }
        tcp.write(out)?;
        out.write_all(payload)?;
        Ok(&self.bytes)
    }

    /// The options in the order in which Linux writes them (`tcp_options_write`).
    fn options(&mut self, options: &Options) -> io::Result<TcpOptions> {
        let out = &mut self.elements;
        out.clear();
        out.extend(options.mss.map(Element::MaximumSegmentSize));
        match (options.sack_permitted, options.timestamps) {
            (true, Some(_)) => out.push(Element::SelectiveAcknowledgementPermitted),
            (true, None) => {
                out.extend([Element::Noop, Element::Noop, Element::SelectiveAcknowledgementPermitted])
            }
            (false, Some(_)) => out.extend([Element::Noop, Element::Noop]),
            (false, None) => {}
        }
        out.extend(options.timestamps.map(|t| Element::Timestamp(t.value, t.echo)));
        if let Some(scale) = options.window_scale {
            out.extend([Element::Noop, Element::WindowScale(scale)]);
        }
        let mut blocks = options.sack.iter().map(|(first, end)| (first.0, end.0));
        if let Some(first) = blocks.next() {
            let rest = [blocks.next(), blocks.next(), blocks.next()];
            out.extend([Element::Noop, Element::Noop, Element::SelectiveAcknowledgement(first, rest)]);
        }
        TcpOptions::try_from_elements(out)
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, format!("{e:?}")))
    }
}

fn ethernet(link: Link, ether_type: EtherType) -> Ethernet2Header {
    Ethernet2Header { source: link.from, destination: link.to, ether_type }
}

fn tcp_header(segment: &Segment) -> TcpHeader {
    let mut header = TcpHeader::new(segment.from_port, segment.to_port, segment.seq.0, segment.window);
    header.acknowledgment_number = segment.ack.0;
    header.fin = segment.has(Flags::FIN);
    header.syn = segment.has(Flags::SYN);
    header.rst = segment.has(Flags::RST);
    header.psh = segment.has(Flags::PSH);
    header.ack = segment.has(Flags::ACK);
    header
}

fn v6(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}
