//! The layers of a frame, and what a datagram is on the way down.

use super::view::View;
use super::wlan::Trim;
use etherparse::IpFragOffset;
use std::net::IpAddr;
use tcpdx_engine::IpInfo;

/// What the next bytes of a frame are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layer {
    // Link layers of local networks.
    Ethernet,
    TokenRing,
    Fddi,
    FibreChannel,
    InfiniBand,
    Llc,
    /// What an Ethernet type announces.
    EtherType(u16),
    // Those of IEEE 802.11.
    Radiotap,
    Prism,
    Avs,
    PerPacketInformation,
    Wlan(Trim),
    WlanAggregate,
    // Those of serial lines.
    PppInHdlc,
    PppWithDirection,
    Ppp,
    Pppoe,
    CiscoHdlc,
    FrameRelay,
    // Those inside hosts.
    Null,
    Loop,
    LinuxCooked,
    LinuxCooked2,
    Nflog,
    Pflog,
    Enc,
    JuniperEthernet,
    // Tags that Ethernet types, and tunnels, announce.
    Mpls,
    ServiceHeader,
    // Tunnels in IP.
    Gre,
    Erspan,
    EthernetInIp,
    // Tunnels in UDP.
    Vxlan,
    VxlanGpe,
    Geneve,
    Gtp,
    Teredo,
    Ayiya,
    L2tp,
    Tzsp,
    /// An IP header of either version.
    Ip,
    /// What an IP header announces.
    Payload(Datagram),
    /// One piece of a payload.
    Fragment(Datagram, Piece),
}

/// The next layer and its bytes; `None` ends the descent.
pub(super) type Step<'a> = Option<(Layer, View<'a>)>;

/// What the IP headers above a payload said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram {
    pub(super) src: IpAddr,
    pub(super) dst: IpAddr,
    pub(super) info: IpInfo,
    /// The protocol of the payload (IANA's "assigned internet protocol numbers").
    pub(super) protocol: u8,
}

/// Where a fragment belongs in its datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) id: u32,
    pub(super) offset: IpFragOffset,
    /// More fragments follow.
    pub(super) more: bool,
}

impl Piece {
    /// What `payload` is, now that its place is known. As Wireshark does it, a fragment that was not
    /// captured whole is not reassembled; the first one's start is then read as it is.
    pub(super) fn layer(self, datagram: Datagram, payload: View<'_>) -> Step<'_> {
        let first = self.offset.value() == 0;
        let layer = match () {
            () if first && !self.more => Layer::Payload(datagram),
            () if payload.is_whole() && payload.wire_len > 0 => Layer::Fragment(datagram, self),
            () if first => Layer::Payload(datagram),
            () => return None,
        };
        Some((layer, payload))
    }
}
