//! What stands before the IP header: links and tunnels.

use etherparse::{EtherType, Ethernet2Header, IpNumber, Ipv4Header, SingleVlanHeader, UdpHeader, VlanId};
use pcap_file::DataLink;

use crate::options::Encapsulation;

/// A pair of Ethernet addresses: whose frame, to whom; and on which side of the host it is seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) from: [u8; 6],
    pub(crate) to: [u8; 6],
    /// It comes in where it is captured.
    pub(crate) inbound: bool,
}

/// What the carrier must know of the IP packet in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cargo {
    pub(super) v6: bool,
    /// Its length, header included.
    pub(super) len: usize,
    /// A number that is the same for all packets of a connection.
    pub(super) flow: u16,
}

impl Cargo {
    fn ether_type(self) -> EtherType {
        if self.v6 { EtherType::IPV6 } else { EtherType::IPV4 }
    }
}

/// The customer's VLAN, and the provider's around it (IEEE 802.1ad).
const VLANS: [u16; 2] = [100, 2000];
/// The labels of the tunnel and of the network in it, and the TTL that both carry.
const LABELS: [u32; 2] = [24_001, 24_017];
const LABEL_TTL: u32 = 62;
const MPLS: EtherType = EtherType(0x8847);
const PPPOE_SESSION: EtherType = EtherType(0x8864);
/// The ends of the tunnels (RFC 5737), at the capturing side and at the other.
const TUNNEL: [[u8; 4]; 2] = [[203, 0, 113, 1], [203, 0, 113, 2]];
const TUNNEL_TTL: u8 = 64;
const VXLAN_PORT: u16 = 4789;
const VXLAN_HEADER: [u8; 8] = [0x08, 0, 0, 0, 0, 0x13, 0x88, 0];
/// Addresses of the machines that a VXLAN is between.
const BRIDGES: [[u8; 6]; 2] = [[0x02, 0, 0, 0, 1, 1], [0x02, 0, 0, 0, 1, 2]];

impl Encapsulation {
    /// The number of the capture's link type, LINKTYPE_… of libpcap.
    pub fn link_type(self) -> u32 {
        self.data_link().into()
    }

    /// The capture's link type.
    pub(crate) fn data_link(self) -> DataLink {
        match self {
            Encapsulation::Sll => DataLink::LINUX_SLL,
            Encapsulation::Sll2 => DataLink::LINUX_SLL2,
            Encapsulation::Raw => DataLink::RAW,
            _ => DataLink::ETHERNET,
        }
    }

    /// Bytes before the IP header.
    pub(super) fn len(self) -> usize {
        const ETHERNET: usize = Ethernet2Header::LEN;
        match self {
            Encapsulation::Ethernet => ETHERNET,
            Encapsulation::Vlan => ETHERNET + 4,
            Encapsulation::QinQ | Encapsulation::Mpls | Encapsulation::Pppoe => ETHERNET + 8,
            Encapsulation::Gre => ETHERNET + Ipv4Header::MIN_LEN + 4,
            Encapsulation::Vxlan => {
                ETHERNET + Ipv4Header::MIN_LEN + UdpHeader::LEN + VXLAN_HEADER.len() + ETHERNET
            }
            Encapsulation::Sll => 16,
            Encapsulation::Sll2 => 20,
            Encapsulation::Raw => 0,
        }
    }

    /// Writes everything before the IP header.
    pub(super) fn write(self, out: &mut Vec<u8>, link: Link, cargo: Cargo) {
        let inner = cargo.ether_type();
        match self {
            Encapsulation::Ethernet => ethernet(out, link, inner),
            Encapsulation::Vlan => {
                ethernet(out, link, EtherType::VLAN_TAGGED_FRAME);
                tag(out, VLANS[0], inner);
            }
            Encapsulation::QinQ => {
                ethernet(out, link, EtherType::PROVIDER_BRIDGING);
                tag(out, VLANS[1], EtherType::VLAN_TAGGED_FRAME);
                tag(out, VLANS[0], inner);
            }
            Encapsulation::Mpls => {
                ethernet(out, link, MPLS);
                for (label, bottom) in LABELS.into_iter().zip([0, 1]) {
                    out.extend_from_slice(&(label << 12 | bottom << 8 | LABEL_TTL).to_be_bytes());
                }
            }
            Encapsulation::Pppoe => {
                ethernet(out, link, PPPOE_SESSION);
                let protocol: u16 = if cargo.v6 { 0x0057 } else { 0x0021 };
                out.extend_from_slice(&[0x11, 0, 0x2a, 0x01]);
                out.extend_from_slice(&(cargo.len as u16 + 2).to_be_bytes());
                out.extend_from_slice(&protocol.to_be_bytes());
            }
            Encapsulation::Gre => {
                ethernet(out, link, EtherType::IPV4);
                outer_ip(out, link, IpNumber::GRE, 4 + cargo.len);
                out.extend_from_slice(&[0, 0]);
                out.extend_from_slice(&inner.0.to_be_bytes());
            }
            Encapsulation::Vxlan => vxlan(out, link, cargo),
            Encapsulation::Sll => {
                out.extend_from_slice(&[0, packet_type(link), 0, 1, 0, 6]);
                out.extend_from_slice(&link.from);
                out.extend_from_slice(&[0, 0]);
                out.extend_from_slice(&inner.0.to_be_bytes());
            }
            Encapsulation::Sll2 => {
                out.extend_from_slice(&inner.0.to_be_bytes());
                out.extend_from_slice(&[0, 0, 0, 0, 0, 2, 0, 1, packet_type(link), 6]);
                out.extend_from_slice(&link.from);
                out.extend_from_slice(&[0, 0]);
            }
            Encapsulation::Raw => {}
        }
    }
}

/// As Linux numbers them: to us, or from us.
fn packet_type(link: Link) -> u8 {
    if link.inbound { 0 } else { 4 }
}

fn ethernet(out: &mut Vec<u8>, link: Link, ether_type: EtherType) {
    out.extend_from_slice(
        &Ethernet2Header { source: link.from, destination: link.to, ether_type }.to_bytes(),
    );
}

fn tag(out: &mut Vec<u8>, id: u16, ether_type: EtherType) {
    let vlan_id = VlanId::try_new(id).unwrap_or_default();
    out.extend_from_slice(&SingleVlanHeader { vlan_id, ether_type, ..Default::default() }.to_bytes());
}

/// The tunnel's own IP header: it may not be fragmented, and so needs no identification (RFC 6864, 4.1).
fn outer_ip(out: &mut Vec<u8>, link: Link, protocol: IpNumber, payload: usize) {
    let [near, far] = TUNNEL;
    let (from, to) = if link.inbound { (far, near) } else { (near, far) };
    let mut header = Ipv4Header {
        total_len: (Ipv4Header::MIN_LEN + payload) as u16,
        time_to_live: TUNNEL_TTL,
        protocol,
        source: from,
        destination: to,
        dont_fragment: true,
        ..Default::default()
    };
    header.header_checksum = header.calc_header_checksum();
    out.extend_from_slice(&header.to_bytes());
}

/// The source port spreads connections over paths, and the checksum is not used (RFC 7348, 5).
fn vxlan(out: &mut Vec<u8>, link: Link, cargo: Cargo) {
    let inner = VXLAN_HEADER.len() + Ethernet2Header::LEN + cargo.len;
    let [near, far] = BRIDGES;
    let (from, to) = if link.inbound { (far, near) } else { (near, far) };
    ethernet(out, Link { from, to, ..link }, EtherType::IPV4);
    outer_ip(out, link, IpNumber::UDP, UdpHeader::LEN + inner);
    let udp = UdpHeader {
        source_port: 49_152 | cargo.flow & 0x3fff,
        destination_port: VXLAN_PORT,
        length: (UdpHeader::LEN + inner) as u16,
        checksum: 0,
    };
    out.extend_from_slice(&udp.to_bytes());
    out.extend_from_slice(&VXLAN_HEADER);
    ethernet(out, link, cargo.ether_type());
}
