//! From a frame down to its TCP or ICMP packet.
//!
//! The descent is one loop over layers, so that any of them may stand inside any other. The outcome is
//! what Wireshark hands to its TCP dissector: the same addresses, the same bytes, the same length on the
//! wire, and TCP inside a fragmented datagram only once, in the frame that completes it.

use super::capture::Frame;
use super::fragments::Fragments;
use super::layers::{Datagram, Layer, Step};
use super::view::View;
use super::{ip, link, serial, tags, tunnel, wlan};
use etherparse::{EtherType, IpNumber};
use pcap_file::Endianness;
use tcpdx_engine::{Engine, IcmpPacket, Packet};

/// What stands between a link layer and IP without hiding it, for people who ask for help.
pub const TAGS: &str = "VLAN, VN, E and HSR tags, Cisco's metadata, provider backbone bridging, TRILL, \
    MACsec without encryption, MPLS, NSH, PPPoE";

/// What carries TCP inside IP, for people who ask for help.
pub const TUNNELS: &str = "IP in IP, GRE (also in UDP, with PPTP, ERSPAN, WCCP), EtherIP, VXLAN, VXLAN-GPE, \
    Geneve, GTP-U, Teredo, AYIYA, L2TP, TZSP, MPLS in IP or UDP";

/// Layers that a frame may have; what nests deeper was made to be refused.
const MAX_LAYERS: u32 = 64;

/// Takes the packets that were found in frames.
pub trait Sink {
    /// A TCP packet that is not quoted in an ICMP error.
    fn tcp(&mut self, packet: &Packet<'_>);
    /// An ICMP or ICMPv6 message of any kind.
    fn icmp(&mut self, packet: &IcmpPacket<'_>);
}

impl Sink for Engine {
    fn tcp(&mut self, packet: &Packet<'_>) {
        self.packet(packet);
    }

    fn icmp(&mut self, packet: &IcmpPacket<'_>) {
        Engine::icmp(self, packet);
    }
}

/// Finds the TCP and ICMP packets of one capture, frame by frame.
#[derive(Debug, Default)]
pub struct Decoder {
    fragments: Fragments,
}

/// What stays the same on the way down one frame.
struct Context {
    frame: u32,
    time: i64,
    interface: u32,
    endianness: Endianness,
    /// The outermost VLAN, 0 for none.
    vlan: u16,
    /// From and to which MAC address, of the innermost Ethernet header; 0 without.
    stations: [u64; 2],
    /// TCP and ICMP packets that were found.
    found: u8,
    /// Layers that may still come.
    left: u32,
}

impl Context {
    /// The link's number, 0 for the first interface without VLAN. Of nested tags the outermost counts,
    /// since it is the one that Wireshark tells its dissectors.
    fn link(&self) -> u32 {
        self.interface.wrapping_mul(4096).wrapping_add(self.vlan.into())
    }

    /// Which packet of the frame comes now: 0 the outermost.
    fn next_found(&mut self) -> u8 {
        let before = self.found;
        self.found = before.saturating_add(1);
        before
    }
}

impl Decoder {
    /// A decoder for one capture.
    #[must_use]
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Hands the packet in `frame` to `sink`. Returns whether frames of this link type can be read at all.
    pub fn decode(&mut self, frame: &Frame<'_>, sink: &mut impl Sink) -> bool {
        let Some(layer) = link::first_layer(frame.link_type) else { return false };
        let mut context = Context {
            frame: frame.number,
            time: frame.time,
            interface: frame.interface,
            endianness: frame.endianness,
            vlan: 0,
            stations: [0; 2],
            found: 0,
            left: MAX_LAYERS,
        };
        self.descend(layer, View::new(frame.bytes, frame.wire_len), &mut context, sink);
        true
    }

    fn descend(&mut self, layer: Layer, view: View<'_>, context: &mut Context, sink: &mut impl Sink) {
        let mut step: Step<'_> = Some((layer, view));
        while let Some((layer, view)) = step {
            if context.left == 0 {
                return;
            }
            context.left -= 1;
            step = match layer {
                Layer::Ethernet => {
                    context.stations = link::stations(view).unwrap_or_default();
                    link::ethernet(view)
                }
                Layer::TokenRing => link::token_ring(view),
                Layer::Fddi => link::fddi(view),
                Layer::FibreChannel => link::fibre_channel(view),
                Layer::InfiniBand => link::infini_band(view),
                Layer::Llc => link::llc(view),
                Layer::EtherType(number) => ether_type(number, view, context),
                Layer::Radiotap => wlan::radiotap(view),
                Layer::Prism => wlan::prism(view),
                Layer::Avs => wlan::avs(view),
                Layer::PerPacketInformation => wlan::per_packet_information(view),
                Layer::Wlan(trim) => wlan::data(view, trim),
                Layer::WlanAggregate => {
                    let left = context.left;
                    for part in wlan::aggregated(view) {
                        self.descend(Layer::Llc, part, context, sink);
                        context.left = left;
                    }
                    None
                }
                Layer::PppInHdlc => serial::ppp_in_hdlc(view),
                Layer::PppWithDirection => serial::ppp_with_direction(view),
                Layer::Ppp => serial::ppp(view),
                Layer::Pppoe => serial::pppoe(view),
                Layer::CiscoHdlc => serial::cisco_hdlc(view),
                Layer::FrameRelay => serial::frame_relay(view),
                Layer::Null => link::null(view),
                Layer::Loop => link::loopback(view),
                Layer::LinuxCooked => link::linux_cooked(view),
                Layer::LinuxCooked2 => link::linux_cooked2(view),
                Layer::Nflog => link::nflog(view, context.endianness),
                Layer::Pflog => link::pflog(view),
                Layer::Enc => link::enc(view),
                Layer::JuniperEthernet => link::juniper_ethernet(view),
                Layer::Mpls => tags::mpls(view),
                Layer::ServiceHeader => tags::service_header(view),
                Layer::Gre => tunnel::gre(view),
                Layer::Erspan => mirrored(view, context),
                Layer::EthernetInIp => tunnel::ethernet_in_ip(view),
                Layer::Vxlan => tunnel::vxlan(view),
                Layer::VxlanGpe => tunnel::vxlan_gpe(view),
                Layer::Geneve => tunnel::geneve(view),
                Layer::Gtp => tunnel::gtp(view),
                Layer::Teredo => tunnel::teredo(view),
                Layer::Ayiya => tunnel::ayiya(view),
                Layer::L2tp => tunnel::l2tp(view),
                Layer::Tzsp => tunnel::tzsp(view),
                Layer::Ip => ip::header(view),
                Layer::Payload(datagram) => payload(datagram, view, context, sink),
                Layer::Fragment(datagram, piece) => {
                    let whole = self.fragments.add(&datagram, piece, context.link(), view.bytes);
                    if let Some(whole) = whole {
                        let view = View::new(&whole, 0);
                        self.descend(Layer::Payload(datagram), view, context, sink);
                    }
                    None
                }
            };
        }
    }
}

/// What an Ethernet type announces (IANA's "IEEE 802 numbers").
fn ether_type<'a>(number: u16, view: View<'a>, context: &mut Context) -> Step<'a> {
    const PPPOE_SESSION: EtherType = EtherType(0x8864);
    const MPLS: EtherType = EtherType(0x8847);
    const MPLS_MULTICAST: EtherType = EtherType(0x8848);
    const TRILL: EtherType = EtherType(0x22f3);
    // IEEE 802.1ah, 9.7: four bytes and the customer's addresses.
    const I_TAG: EtherType = EtherType(0x88e7);
    // IEC 62439-3, 5.7.
    const HSR_TAG: EtherType = EtherType(0x892f);
    // IEEE 802.1CB, 7.8.
    const R_TAG: EtherType = EtherType(0xf1c1);
    // IEEE 802.1BR, 7.5.
    const E_TAG: EtherType = EtherType(0x893f);
    const CISCO_METADATA: EtherType = EtherType(0x8909);
    const VN_TAG: EtherType = EtherType(0x8926);
    const SERVICE_HEADER: EtherType = EtherType(0x894f);
    match EtherType(number) {
        EtherType::IPV4 | EtherType::IPV6 => Some((Layer::Ip, view)),
        EtherType::VLAN_TAGGED_FRAME | EtherType::PROVIDER_BRIDGING | EtherType::VLAN_DOUBLE_TAGGED_FRAME => {
            let (id, step) = tags::vlan(view)?;
            if context.vlan == 0 {
                context.vlan = id;
            }
            Some(step)
        }
        PPPOE_SESSION => Some((Layer::Pppoe, view)),
        MPLS | MPLS_MULTICAST => Some((Layer::Mpls, view)),
        SERVICE_HEADER => Some((Layer::ServiceHeader, view)),
        EtherType::MACSEC => tags::macsec(view),
        TRILL => tags::trill(view),
        VN_TAG => tags::vn_tag(view),
        HSR_TAG | R_TAG => tags::tag(view, 4),
        E_TAG | CISCO_METADATA => tags::tag(view, 6),
        I_TAG => tags::tag(view, 16),
        _ => None,
    }
}

/// ERSPAN tells the VLAN of the frame that it mirrors.
fn mirrored<'a>(view: View<'a>, context: &mut Context) -> Step<'a> {
    let (vlan, step) = tunnel::erspan(view)?;
    if context.vlan == 0 {
        context.vlan = vlan;
    }
    Some(step)
}

/// What an IP header announces: the end of the descent, an extension header, or a tunnel.
fn payload<'a>(datagram: Datagram, view: View<'a>, context: &mut Context, sink: &mut impl Sink) -> Step<'a> {
    const ETHERNET_IN_IP: u8 = 97;
    const ETHERNET: u8 = 143;
    if view.wire_len == 0 {
        return None;
    }
    match IpNumber(datagram.protocol) {
        IpNumber::TCP => tcp(datagram, view, context, sink),
        IpNumber::ICMP => icmp(false, datagram, view, context, sink),
        IpNumber::IPV6_ICMP => icmp(true, datagram, view, context, sink),
        IpNumber::IPV6_HEADER_HOP_BY_HOP
        | IpNumber::IPV6_ROUTE_HEADER
        | IpNumber::IPV6_DESTINATION_OPTIONS
        | IpNumber::MOBILITY_HEADER
        | IpNumber::HIP
        | IpNumber::SHIM6 => ip::extension(datagram, view),
        IpNumber::IPV6_FRAGMENTATION_HEADER => ip::fragment(datagram, view),
        IpNumber::AUTHENTICATION_HEADER => ip::authentication(datagram, view),
        IpNumber::IPV4 | IpNumber::IPV6 => Some((Layer::Ip, view)),
        IpNumber::GRE => Some((Layer::Gre, view)),
        IpNumber::UDP => tunnel::udp(view),
        IpNumber::MPLS_IN_IP => Some((Layer::Mpls, view)),
        IpNumber(ETHERNET_IN_IP) => Some((Layer::EthernetInIp, view)),
        IpNumber(ETHERNET) => Some((Layer::Ethernet, view)),
        _ => None,
    }
}

fn tcp<'a>(datagram: Datagram, view: View<'a>, context: &mut Context, sink: &mut impl Sink) -> Step<'a> {
    sink.tcp(&Packet {
        frame: context.frame,
        layer: context.next_found(),
        time: context.time,
        src: datagram.src,
        dst: datagram.dst,
        ip: Some(datagram.info),
        link: context.link(),
        stations: context.stations,
        bytes: view.bytes,
        wire_len: view.wire_len,
    });
    None
}

fn icmp<'a>(
    v6: bool,
    datagram: Datagram,
    view: View<'a>,
    context: &mut Context,
    sink: &mut impl Sink,
) -> Step<'a> {
    sink.icmp(&IcmpPacket {
        frame: context.frame,
        layer: context.next_found(),
        time: context.time,
        src: datagram.src,
        dst: datagram.dst,
        v6,
        bytes: view.bytes,
    });
    None
}
