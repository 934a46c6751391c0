//! ICMP and ICMPv6 errors about TCP segments (RFC 792, RFC 4443, RFC 1812).

use crate::catalogue::terms::Term;
use crate::mark::Mark;
use crate::side::Side;
use crate::wire::segment::IcmpPacket;
use crate::wire::seq::Seq;
use crate::wire::tuple::Tuple;
use etherparse::{IpNumber, LaxIpSlice};
use std::net::IpAddr;

/// An error about a TCP segment, with what it quotes of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quote {
    /// Addresses and ports of the quoted segment, as it was sent.
    pub(crate) tuple: Tuple,
    /// Its sequence number.
    pub(crate) seq: Option<Seq>,
}

/// An ICMP error about a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IcmpError {
    /// Its own frame.
    pub(crate) at: Mark,
    /// The layer of its frame.
    pub(crate) layer: u8,
    /// Who reports it.
    pub(crate) reporter: IpAddr,
    /// Who sent the quoted segment.
    pub(crate) from: Side,
    /// Sequence number of the quoted segment.
    pub(crate) seq: Option<Seq>,
    /// The next hop's MTU, when the message says so (RFC 1191, RFC 8201).
    pub(crate) mtu: Option<u32>,
    v6: bool,
    kind: u8,
    code: u8,
}

const UNREACHABLE: u8 = 3;
const TIME_EXCEEDED: u8 = 11;
const UNREACHABLE_V6: u8 = 1;
const PACKET_TOO_BIG_V6: u8 = 2;
const TIME_EXCEEDED_V6: u8 = 3;
const PARAMETER_PROBLEM_V6: u8 = 4;

/// What the message quotes, if it is an error about a TCP segment.
pub(crate) fn quote(packet: &IcmpPacket<'_>) -> Option<Quote> {
    let kind = *packet.bytes.first()?;
    let is_error = if packet.v6 {
        matches!(kind, UNREACHABLE_V6 | PACKET_TOO_BIG_V6 | TIME_EXCEEDED_V6 | PARAMETER_PROBLEM_V6)
    } else {
        matches!(kind, UNREACHABLE | TIME_EXCEEDED)
    };
    if !is_error {
        return None;
    }
    // Eight bytes of ICMP header; then the quoted packet, cut short by whoever quotes it.
    let (ip, _) = LaxIpSlice::from_slice(packet.bytes.get(8..)?).ok()?;
    let (src, dst) = addresses(&ip);
    let payload = ip.payload();
    if payload.ip_number != IpNumber::TCP {
        return None;
    }
    let bytes = payload.payload;
    let ports: &[u8; 4] = bytes.first_chunk()?;
    let tuple = Tuple::new(
        src,
        u16::from_be_bytes([ports[0], ports[1]]),
        dst,
        u16::from_be_bytes([ports[2], ports[3]]),
    );
    let seq = bytes.get(4..8).map(|b| Seq(u32::from_be_bytes([b[0], b[1], b[2], b[3]])));
    Some(Quote { tuple, seq })
}

fn addresses(ip: &LaxIpSlice<'_>) -> (IpAddr, IpAddr) {
    match ip {
        LaxIpSlice::Ipv4(v4) => (v4.header().source_addr().into(), v4.header().destination_addr().into()),
        LaxIpSlice::Ipv6(v6) => (v6.header().source_addr().into(), v6.header().destination_addr().into()),
    }
}

impl IcmpError {
    /// Puts message and quote together.
    pub(crate) fn new(packet: &IcmpPacket<'_>, quote: &Quote, from: Side) -> IcmpError {
        let byte = |at: usize| packet.bytes.get(at).copied().unwrap_or(0);
        IcmpError {
            at: Mark { frame: packet.frame, time: packet.time },
            layer: packet.layer,
            reporter: packet.src,
            from,
            seq: quote.seq,
            mtu: {
                let word = u32::from_be_bytes([byte(4), byte(5), byte(6), byte(7)]);
                let mtu = match (packet.v6, byte(0), byte(1)) {
                    (false, UNREACHABLE, 4) => word & 0xffff,
                    (true, PACKET_TOO_BIG_V6, _) => word,
                    _ => 0,
                };
                (mtu > 0).then_some(mtu)
            },
            v6: packet.v6,
            kind: byte(0),
            code: byte(1),
        }
    }

    /// It says that there is no way to the destination, not only that a packet was too big for it.
    pub(crate) fn refuses(&self) -> bool {
        self.kind() != Term::IcmpTooBig
    }

    /// What it says, as a term of the catalogue's texts.
    pub(crate) fn kind(&self) -> Term {
        if self.v6 {
            return match (self.kind, self.code) {
                (UNREACHABLE_V6, 0) => Term::IcmpNoRoute,
                (UNREACHABLE_V6, 1 | 5 | 6) => Term::IcmpProhibited,
                (UNREACHABLE_V6, 4) => Term::IcmpPortUnreachable,
                (UNREACHABLE_V6, _) => Term::IcmpHostUnreachable,
                (PACKET_TOO_BIG_V6, _) => Term::IcmpTooBig,
                (TIME_EXCEEDED_V6, _) => Term::IcmpTimeExceeded,
                _ => Term::IcmpParameterProblem,
            };
        }
        match (self.kind, self.code) {
            (UNREACHABLE, 0 | 6 | 11) => Term::IcmpNetUnreachable,
            (UNREACHABLE, 2) => Term::IcmpProtocolUnreachable,
            (UNREACHABLE, 3) => Term::IcmpPortUnreachable,
            (UNREACHABLE, 4) => Term::IcmpTooBig,
            (UNREACHABLE, 9 | 10 | 13) => Term::IcmpProhibited,
            (UNREACHABLE, _) => Term::IcmpHostUnreachable,
            _ => Term::IcmpTimeExceeded,
        }
    }
}
