//! Link layers of local networks and of hosts: what stands before the first IP header.

use super::layers::{Layer, Step};
use super::view::View;
use super::wlan;
use etherparse::EtherType;
use pcap_file::{DataLink, Endianness};

/// Longest value of an Ethernet type field that is a length (IEEE 802.3, 3.2.6).
const MAX_LENGTH: u16 = 1500;

/// The link types that are read: LINKTYPE_ value, what the help calls it, and the first layer of its frames.
const LINKS: [(DataLink, &str, Layer); 31] = [
    (DataLink::ETHERNET, "Ethernet", Layer::Ethernet),
    (DataLink::LINUX_SLL, "Linux cooked (any)", Layer::LinuxCooked),
    (DataLink::LINUX_SLL2, "Linux cooked (any)", Layer::LinuxCooked2),
    (DataLink::RAW, "raw IP", Layer::Ip),
    (DataLink::IPV4, "raw IP", Layer::Ip),
    (DataLink::IPV6, "raw IP", Layer::Ip),
    // What raw IP is called on some systems.
    (DataLink::Unknown(12), "raw IP", Layer::Ip),
    (DataLink::Unknown(14), "raw IP", Layer::Ip),
    (DataLink::NULL, "BSD loopback", Layer::Null),
    (DataLink::LOOP, "BSD loopback", Layer::Loop),
    (DataLink::IEEE802_11, "802.11", Layer::Wlan(wlan::Trim::NONE)),
    (DataLink::IEEE802_11_RADIOTAP, "802.11", Layer::Radiotap),
    (DataLink::IEEE802_11_PRISM, "802.11", Layer::Prism),
    (DataLink::IEEE802_11_AVS, "802.11", Layer::Avs),
    (DataLink::PPI, "PPI", Layer::PerPacketInformation),
    (DataLink::PPP, "PPP", Layer::PppInHdlc),
    (DataLink::PPP_HDLC, "PPP", Layer::PppInHdlc),
    (DataLink::PPP_WITH_DIR, "PPP", Layer::PppWithDirection),
    (DataLink::PPP_ETHER, "PPPoE", Layer::Pppoe),
    (DataLink::C_HDLC, "Cisco HDLC", Layer::CiscoHdlc),
    (DataLink::NETBSD_HDLC, "Cisco HDLC", Layer::CiscoHdlc),
    (DataLink::FRELAY, "Frame Relay", Layer::FrameRelay),
    (DataLink::ATM_RFC1483, "ATM", Layer::Llc),
    (DataLink::IEEE802_5, "Token Ring", Layer::TokenRing),
    (DataLink::FDDI, "FDDI", Layer::Fddi),
    (DataLink::IP_OVER_FC, "Fibre Channel", Layer::FibreChannel),
    (DataLink::IPOIB, "InfiniBand", Layer::InfiniBand),
    (DataLink::NFLOG, "NFLOG", Layer::Nflog),
    (DataLink::PFLOG, "PFLOG", Layer::Pflog),
    (DataLink::ENC, "BSD IPsec (enc)", Layer::Enc),
    (DataLink::JUNIPER_ETHER, "Juniper Ethernet", Layer::JuniperEthernet),
];

/// The first layer of a frame of that link type; `None` when it is not one that carries IP as we know it.
pub(super) fn first_layer(link_type: DataLink) -> Option<Layer> {
    LINKS.iter().find(|(known, ..)| *known == link_type).map(|(.., layer)| *layer)
}

/// What a link type is called that is not read.
#[must_use]
pub fn link_name(link_type: DataLink) -> String {
    match link_type {
        DataLink::Unknown(number) => number.to_string(),
        named => format!("{named:?} ({})", u32::from(named)),
    }
}

/// What the link types are called that are read.
#[must_use]
pub fn link_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = LINKS.iter().map(|(_, name, _)| *name).collect();
    names.dedup();
    names
}

/// Ethernet: two addresses, then a type or, in IEEE 802.3 frames, a length.
pub(super) fn ethernet(view: View<'_>) -> Step<'_> {
    type_or_length(view.u16(12)?, view.skip(14)?)
}

/// From and to which MAC address an Ethernet frame goes (IEEE 802.3, 3.2.3).
pub(super) fn stations(view: View<'_>) -> Option<[u64; 2]> {
    let station = |at| Some(u64::from(view.u16(at)?) << 32 | u64::from(view.u32(at + 2)?));
    Some([station(6)?, station(0)?])
}

/// What an Ethernet type field says, which may be a length (IEEE 802.3, 3.2.6).
pub(super) fn type_or_length(field: u16, payload: View<'_>) -> Step<'_> {
    if field <= MAX_LENGTH {
        return Some((Layer::Llc, payload.limit(field.into())));
    }
    Some((Layer::EtherType(field), payload))
}

/// Token Ring (IEEE 802.5, 3): access and frame control, two addresses, of which the source tells whether a route
/// follows.
pub(super) fn token_ring(view: View<'_>) -> Step<'_> {
    let is_llc = view.u8(1)? >> 6 == 1;
    let is_routed = view.u8(8)? & 0x80 != 0;
    let route = if is_routed { usize::from(view.u8(14)? & 0x1f) } else { 0 };
    is_llc.then_some((Layer::Llc, view.skip(14 + route)?))
}

/// FDDI (ISO 9314-2, 7): frame control and two addresses.
pub(super) fn fddi(view: View<'_>) -> Step<'_> {
    let is_llc = view.u8(0)? & 0xf0 == 0x50;
    is_llc.then_some((Layer::Llc, view.skip(13)?))
}

/// IP over Fibre Channel (RFC 2625, 3.2): two addresses (LINKTYPE_IP_OVER_FC).
pub(super) fn fibre_channel(view: View<'_>) -> Step<'_> {
    Some((Layer::Llc, view.skip(16)?))
}

/// IP over InfiniBand (RFC 4391, 6): a global routing header, a type, two bytes that are reserved (LINKTYPE_IPOIB).
pub(super) fn infini_band(view: View<'_>) -> Step<'_> {
    Some((Layer::EtherType(view.u16(40)?), view.skip(44)?))
}

/// IEEE 802.2: SNAP, or the old service access point of IP (RFC 1042).
pub(super) fn llc(view: View<'_>) -> Step<'_> {
    match (view.u16(0)?, view.u8(2)?) {
        (0xaaaa, 3) => snap(view.skip(3)?, 2),
        (0x0606, 3) => Some((Layer::Ip, view.skip(3)?)),
        _ => None,
    }
}

/// SNAP: an Ethernet type, or a bridged frame (RFC 2684, 5.2; RFC 2427, 4.2) behind so much padding.
pub(super) fn snap(view: View<'_>, padding: usize) -> Step<'_> {
    // Encapsulated Ethernet, twice.
    const ETHER_TYPES: [u32; 2] = [0x00_0000, 0x00_00f8];
    const BRIDGED: u32 = 0x00_80c2;
    const ETHERNET_WITH_CHECK_SEQUENCE: u16 = 1;
    const ETHERNET: u16 = 7;
    let organization = view.u32(0)? >> 8;
    let (protocol, payload) = (view.u16(3)?, view.skip(5)?);
    match (organization, protocol) {
        (organization, _) if ETHER_TYPES.contains(&organization) => {
            Some((Layer::EtherType(protocol), payload))
        }
        (BRIDGED, ETHERNET_WITH_CHECK_SEQUENCE) => {
            Some((Layer::Ethernet, payload.skip(padding)?.without_tail(4)))
        }
        (BRIDGED, ETHERNET) => Some((Layer::Ethernet, payload.skip(padding)?)),
        _ => None,
    }
}

/// BSD loopback: the address family in the byte order of the machine that captured, as 32 bits. IRIX has 16, and others
/// have put PPP or an Ethernet type here.
pub(super) fn null(view: View<'_>) -> Step<'_> {
    const PPP: u16 = 0xff03;
    let payload = view.skip(4)?;
    let family = match view.bytes {
        [0, family @ 1..=5, 0, 0, ..] => u32::from(*family),
        _ => either_order(view.u32(0)?),
    };
    match (view.u16(0)?, u16::try_from(family)) {
        (PPP, _) => Some((Layer::PppInHdlc, view)),
        (_, Ok(number)) if number > MAX_LENGTH => Some((Layer::EtherType(number), payload)),
        _ => address_family(family, payload),
    }
}

/// OpenBSD loopback: the same in network byte order.
pub(super) fn loopback(view: View<'_>) -> Step<'_> {
    address_family(view.u32(0)?, view.skip(4)?)
}

/// A small number whose byte order is not known.
fn either_order(number: u32) -> u32 {
    if number > 0xffff { number.swap_bytes() } else { number }
}

fn address_family(family: u32, payload: View<'_>) -> Step<'_> {
    match family {
        // AF_INET; AF_INET6 of NetBSD and OpenBSD, FreeBSD, macOS.
        2 | 24 | 28 | 30 => Some((Layer::Ip, payload)),
        _ => None,
    }
}

/// "Linux cooked" version 1, as `-i any` wrote it for long (LINKTYPE_LINUX_SLL).
pub(super) fn linux_cooked(view: View<'_>) -> Step<'_> {
    cooked_protocol(view.u16(14)?, view.skip(16)?)
}

/// "Linux cooked" version 2 (LINKTYPE_LINUX_SLL2).
pub(super) fn linux_cooked2(view: View<'_>) -> Step<'_> {
    cooked_protocol(view.u16(0)?, view.skip(20)?)
}

fn cooked_protocol(protocol: u16, payload: View<'_>) -> Step<'_> {
    const ETHERNET: u16 = 3;
    const LINUX_802_2: u16 = 4;
    const PPP: u16 = 7;
    match protocol {
        ETHERNET => Some((Layer::Ethernet, payload)),
        LINUX_802_2 => Some((Layer::Llc, payload)),
        PPP => Some((Layer::PppInHdlc, payload)),
        _ if protocol > MAX_LENGTH => Some((Layer::EtherType(protocol), payload)),
        _ => None,
    }
}

/// What Linux' packet filter logs (LINKTYPE_NFLOG): a family, then elements with length and type in the byte order of
/// the machine that captured.
pub(super) fn nflog(view: View<'_>, endianness: Endianness) -> Step<'_> {
    const PACKET_HEADER: u16 = 1;
    const PAYLOAD: u16 = 9;
    const FAMILIES: [u8; 2] = [2, 10];
    let number = |view: View<'_>, at| match endianness {
        Endianness::Big => view.u16(at),
        Endianness::Little => view.u16_le(at),
    };
    let is_ip = FAMILIES.contains(&view.u8(0)?);
    let (mut protocol, mut payload) = (0, None);
    let mut rest = view.skip(4);
    while let Some((element, length)) = rest.and_then(|view| Some((view, number(view, 0)?))) {
        let value = element.limit(length.into()).skip(4);
        match (number(element, 2).map(|kind| kind & 0x7fff), value) {
            (Some(PACKET_HEADER), Some(value)) if length == 8 => protocol = value.u16(0)?,
            (Some(PAYLOAD), Some(value)) => payload = Some(value),
            (_, None) => break,
            _ => {}
        }
        rest = element.skip(usize::from(length).next_multiple_of(4));
    }
    match protocol {
        0 => Some((Layer::Ip, payload.filter(|_| is_ip)?)),
        _ => Some((Layer::EtherType(protocol), payload?)),
    }
}

/// What BSD's packet filter logs (LINKTYPE_PFLOG): a header that starts with its length and the address family.
pub(super) fn pflog(view: View<'_>) -> Step<'_> {
    let length = usize::from(view.u8(0)?).next_multiple_of(4);
    address_family(view.u8(1)?.into(), view.skip(length)?)
}

/// BSD's IPsec interface (LINKTYPE_ENC): address family, security parameters index, flags.
pub(super) fn enc(view: View<'_>) -> Step<'_> {
    address_family(either_order(view.u32(0)?), view.skip(12)?)
}

/// What Junos' `monitor traffic` writes (LINKTYPE_JUNIPER_ETHER): a magic number, flags, perhaps extensions.
pub(super) fn juniper_ethernet(view: View<'_>) -> Step<'_> {
    const MAGIC: u32 = 0x4d_4743;
    const HAS_EXTENSIONS: u8 = 0x80;
    const HAS_NO_LINK_LAYER: u8 = 0x02;
    if view.u32(0)? >> 8 != MAGIC {
        return None;
    }
    let flags = view.u8(3)?;
    let header = if flags & HAS_EXTENSIONS == 0 { 4 } else { 6 + usize::from(view.u16(4)?) };
    if flags & HAS_NO_LINK_LAYER == 0 {
        return Some((Layer::Ethernet, view.skip(header)?));
    }
    let is_ip = matches!(view.u8(header)?, 2 | 6);
    is_ip.then_some((Layer::Ip, view.skip(header + 4)?))
}

/// Whether the two bytes at `at` are the Ethernet type of what may carry IP.
pub(super) fn has_type_at(view: View<'_>, at: usize) -> bool {
    view.u16(at).is_some_and(|field| {
        matches!(
            EtherType(field),
            EtherType::IPV4
                | EtherType::IPV6
                | EtherType::VLAN_TAGGED_FRAME
                | EtherType::PROVIDER_BRIDGING
                | EtherType::VLAN_DOUBLE_TAGGED_FRAME
        )
    })
}
