//! What is known of one TCP segment, or of one ICMP error about one.
//!
//! A [`Packet`] is what a capture holds: addresses, what the IP header says, and the captured bytes
//! from the TCP header on. A [`Segment`] is the same, parsed. Both the command and the Wireshark
//! plugin hand over raw bytes, so that they agree by construction.

use crate::bounds;
use crate::flags::Flags;
use crate::mark::Mark;
use crate::wire::seq::Seq;
use etherparse::{TcpOptionElement, TcpOptionsIterator};
use std::cmp::Ordering;
use std::net::IpAddr;

/// What the IP header of a packet says beside its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpInfo {
    /// Time to live (IPv4) or hop limit (IPv6).
    pub ttl: u8,
    /// The IPv4 identification field; `None` for IPv6, which has none in its main header.
    pub id: Option<u16>,
    /// The two ECN bits (RFC 3168, 5): 0 not capable, 1 and 2 capable, 3 congestion experienced.
    pub ecn: u8,
}

/// One TCP packet as a capture shows it.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Number of the frame in its file, counted from 1.
    pub frame: u32,
    /// Which TCP layer of the frame this is: 0 the outermost; more when TCP tunnels carry TCP.
    pub layer: u8,
    /// Capture time in nanoseconds since 1970-01-01 UTC.
    pub time: i64,
    /// Who sent it.
    pub src: IpAddr,
    /// Whom it is sent to.
    pub dst: IpAddr,
    /// The IP header, when it was seen.
    pub ip: Option<IpInfo>,
    /// A number for the link on which it was captured (interface and VLAN tags): equal for equal
    /// links, 0 when nothing is known.
    pub link: u32,
    /// The link-layer addresses (MAC) from and to which this frame went, as numbers of 48 bits; 0 where they are not known.
    pub stations: [u64; 2],
    /// The captured bytes from the first byte of the TCP header on.
    pub bytes: &'a [u8],
    /// Length of TCP header and payload on the wire, at least `bytes.len()` unless padding follows.
    pub wire_len: u32,
}

/// One ICMP or ICMPv6 message as a capture shows it; of interest when it is an error about a TCP packet.
#[derive(Clone, Copy, Debug)]
pub struct IcmpPacket<'a> {
    /// Number of the frame in its file, counted from 1.
    pub frame: u32,
    /// Which ICMP layer of the frame this is, 0 the outermost.
    pub layer: u8,
    /// Capture time in nanoseconds since 1970-01-01 UTC.
    pub time: i64,
    /// Who reports: the source address of the ICMP packet itself.
    pub src: IpAddr,
    /// Whom it is sent to.
    pub dst: IpAddr,
    /// Whether this is ICMPv6 (RFC 4443) rather than ICMP (RFC 792).
    pub v6: bool,
    /// The captured bytes from the first byte of the ICMP header (its type) on.
    pub bytes: &'a [u8],
}

/// The options of a TCP header that the diagnosis reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Maximum segment size (RFC 9293, 3.7.1).
    pub mss: Option<u16>,
    /// Window scale shift (RFC 7323, 2).
    pub window_scale: Option<u8>,
    /// SACK permitted (RFC 2018, 2).
    pub sack_permitted: bool,
    /// TSval and TSecr (RFC 7323, 3).
    pub timestamps: Option<(u32, u32)>,
    /// SACK blocks (RFC 2018, 3), `(left edge, right edge)`; the first may be a D-SACK (RFC 2883).
    pub sack: [Option<(Seq, Seq)>; 4],
    /// Fast Open (RFC 7413, 4.1.1): `Some(0)` asks for a cookie, more is the cookie's length.
    pub fast_open: Option<u8>,
    /// A signature is there: TCP-MD5 (RFC 2385) or TCP-AO (RFC 5925).
    pub signature: bool,
    /// MPTCP (RFC 8684) is there.
    pub multipath: bool,
    /// An option's length or value is forbidden: its kind.
    pub bad: Option<u8>,
    /// The header carried any option but padding.
    pub any: bool,
}

impl Options {
    const KIND_MD5: u8 = 19;
    const KIND_AO: u8 = 29;
    const KIND_MPTCP: u8 = 30;
    const KIND_FAST_OPEN: u8 = 34;

    /// The options area of nearly all segments: nothing but timestamps, laid out as RFC 7323 (appendix A) recommends.
    fn aligned_timestamps(area: &[u8]) -> Option<(u32, u32)> {
        match *area {
            [1, 1, 8, 10, a, b, c, d, e, f, g, h] => {
                Some((u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])))
            }
            _ => None,
        }
    }

    /// Reads the options area of a TCP header; what is broken ends the reading and is kept in `bad`.
    #[must_use]
    pub fn parse(mut area: &[u8]) -> Options {
        let mut options = Options::default();
        if let Some(timestamps) = Self::aligned_timestamps(area) {
            return Options { timestamps: Some(timestamps), any: true, ..options };
        }
        while let Some(&kind) = area.first() {
            match kind {
                0 => break,
                1 => {
                    area = &area[1..];
                    continue;
                }
                _ => {}
            }
            options.any = true;
            let Some(&length) = area.get(1) else {
                options.bad = Some(kind);
                break;
            };
            let length = usize::from(length);
            if length < 2 || length > area.len() {
                options.bad = Some(kind);
                break;
            }
            let (this, rest) = area.split_at(length);
            match kind {
                Self::KIND_MD5 | Self::KIND_AO => options.signature = true,
                Self::KIND_MPTCP => options.multipath = true,
                Self::KIND_FAST_OPEN => options.fast_open = Some((length - 2) as u8),
                _ => options.known(kind, this),
            }
            area = rest;
        }
        options
    }

    /// Reads one option that etherparse knows.
    fn known(&mut self, kind: u8, bytes: &[u8]) {
        match TcpOptionsIterator::from_slice(bytes).next() {
            Some(Ok(TcpOptionElement::MaximumSegmentSize(mss))) => self.mss = Some(mss),
            Some(Ok(TcpOptionElement::WindowScale(shift))) => {
                if shift > 14 {
                    self.bad = Some(kind);
                }
                // RFC 7323, 2.3: a shift above 14 is used as 14.
                self.window_scale = Some(shift.min(14));
            }
            Some(Ok(TcpOptionElement::SelectiveAcknowledgementPermitted)) => self.sack_permitted = true,
            Some(Ok(TcpOptionElement::Timestamp(val, ecr))) => self.timestamps = Some((val, ecr)),
            Some(Ok(TcpOptionElement::SelectiveAcknowledgement(first, rest))) => {
                let blocks = std::iter::once(Some(first)).chain(rest);
                for (slot, block) in self.sack.iter_mut().zip(blocks) {
                    *slot = block.map(|(left, right)| (Seq(left), Seq(right)));
                }
            }
            Some(Err(_)) if matches!(kind, 2 | 3 | 4 | 5 | 8) => self.bad = Some(kind),
            _ => {}
        }
    }
}

/// What the checksum of a segment says (RFC 9293, 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checksum {
    /// It cannot be told, or neither a payload nor a RST makes it worth while.
    #[default]
    Unknown,
    /// It is right.
    Right,
    /// It is the sum of the pseudo-header alone: a network card was to add the rest (`CHECKSUM_PARTIAL`), or has merged
    /// several segments whose checksums were right (GRO, LRO).
    Unfinished,
    /// It is wrong.
    Wrong,
}

/// The checksum of a whole segment (RFC 9293, 3.1; RFC 1071).
struct Checked {
    checksum: Checksum,
    payload_sum: u32,
}

impl Checked {
    fn of(packet: &Packet<'_>, header: usize) -> Checked {
        let bytes = &packet.bytes[..packet.wire_len as usize];
        let (head, payload) = bytes.split_at(header);
        let payload_sum = sum(payload);
        let pseudo = match (packet.src, packet.dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => sum(&src.octets()) + sum(&dst.octets()),
            (IpAddr::V6(src), IpAddr::V6(dst)) => sum(&src.octets()) + sum(&dst.octets()),
            // A mixture has no pseudo-header.
            _ => return Checked { checksum: Checksum::Right, payload_sum: fold(payload_sum) },
        };
        // Protocol number and length; the header is a multiple of four bytes long.
        let pseudo = pseudo + 6;
        let with_length = pseudo + u64::from(packet.wire_len);
        let field = u16::from_be_bytes([head[16], head[17]]);
        let checksum = if in_16_bits(with_length + sum(head) + payload_sum) == 0xffff {
            Checksum::Right
        // Windows leaves the length out, which its network cards add for each segment (LSO).
        } else if [with_length, pseudo].map(in_16_bits).contains(&field) {
            Checksum::Unfinished
        } else {
            Checksum::Wrong
        };
        Checked { checksum, payload_sum: fold(payload_sum) | 1 << 31 }
    }
}

/// The one's complement sum (RFC 1071).
fn in_16_bits(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

fn fold(sum: u64) -> u32 {
    (sum ^ (sum >> 32)) as u32 & 0x7fff_ffff
}

/// The sum of big-endian 16-bit words, not yet folded.
fn sum(bytes: &[u8]) -> u64 {
    // Four bytes at a time: the halves of a 32-bit word fold to the same.
    let mut words = bytes.chunks_exact(4);
    let mut total: u64 =
        words.by_ref().map(|w| u64::from(u32::from_be_bytes([w[0], w[1], w[2], w[3]]))).sum();
    let mut rest = [0u8; 4];
    rest[..words.remainder().len()].copy_from_slice(words.remainder());
    total += u64::from(u32::from_be_bytes(rest));
    total
}

/// One TCP segment, parsed.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Number of the frame, from 1.
    pub frame: u32,
    /// TCP layer within the frame.
    pub layer: u8,
    /// Nanoseconds since the first packet of the capture.
    pub time: i64,
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Sequence number.
    pub seq: Seq,
    /// Acknowledgment number; meaningless without the ACK bit.
    pub ack: Seq,
    /// Control bits.
    pub flags: Flags,
    /// The window field as sent, unscaled.
    pub window: u16,
    /// The urgent pointer.
    pub urgent: u16,
    /// Options.
    pub options: Options,
    /// Payload bytes on the wire; the capture may hold fewer, see `payload`.
    pub len: u32,
    /// The captured part of the payload.
    pub payload: &'a [u8],
    /// The IP header, when seen.
    pub ip: Option<IpInfo>,
    /// The link it was captured on, 0 when unknown.
    pub link: u32,
    /// The link-layer addresses from and to which it went, 0 where not known.
    pub stations: [u64; 2],
    /// What its checksum says.
    pub checksum: Checksum,
    /// A number that differs for different payloads, mostly; 0 when not known.
    pub payload_sum: u32,
    /// The header length field is impossible (below 5 words, or more than the packet).
    pub malformed: bool,
}

impl Segment<'_> {
    /// Where and when it was captured.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { frame: self.frame, time: self.time }
    }

    /// Its IP ID; `None` where it has none, or 0, with which nothing is counted.
    #[must_use]
    pub fn ip_id(&self) -> Option<u16> {
        self.ip.and_then(|ip| ip.id).filter(|&id| id != 0)
    }

    /// Whether its sender sent it before or after what had this timestamp and this IP ID. The timestamps tell (RFC 7323),
    /// or within a tick of their clock the IP IDs, which are to be of a host that counts; `None` where neither does.
    #[must_use]
    pub fn order(&self, tsval: Option<u32>, ip_id: Option<u16>) -> Option<Ordering> {
        let later =
            tsval.zip(self.options.timestamps).map(|(that, (this, _))| this.wrapping_sub(that) as i32);
        if let Some(later) = later.filter(|&later| later != 0) {
            return Some(later.cmp(&0));
        }
        let (this, that) = self.ip_id().zip(ip_id)?;
        Some((this.wrapping_sub(that) as i16).cmp(&0))
    }
}

impl<'a> Segment<'a> {
    /// Reads the TCP header. `None` when not even its 20 fixed bytes were captured.
    ///
    /// Options that a snap length cut off count as absent; a header length that cannot be is
    /// read as 20 bytes and marked `malformed`.
    #[must_use]
    pub fn parse(packet: &Packet<'a>) -> Option<Segment<'a>> {
        let b: &[u8; 20] = packet.bytes.first_chunk()?;
        let word = |at: usize| u16::from_be_bytes([b[at], b[at + 1]]);
        let long = |at: usize| u32::from_be_bytes([b[at], b[at + 1], b[at + 2], b[at + 3]]);
        let claimed = u32::from(b[12] >> 4) * 4;
        let malformed = claimed < 20 || claimed > packet.wire_len;
        let header = if malformed { 20 } else { claimed };
        let captured_header = (header as usize).min(packet.bytes.len());
        let mut options = Options::parse(&packet.bytes[20..captured_header]);
        if captured_header < header as usize {
            options.bad = None;
        }
        let len = packet.wire_len.saturating_sub(header);
        let counts = len > 0 || Flags(b[13]).rst();
        let whole = counts && packet.bytes.len() >= packet.wire_len as usize;
        let checked = whole.then(|| Checked::of(packet, captured_header));
        Some(Segment {
            checksum: checked.as_ref().map_or(Checksum::Unknown, |c| c.checksum),
            payload_sum: checked.map_or(0, |c| c.payload_sum),
            frame: packet.frame,
            layer: packet.layer,
            time: packet.time,
            src_port: word(0),
            dst_port: word(2),
            seq: Seq(long(4)),
            ack: Seq(long(8)),
            flags: Flags(b[13]),
            window: word(14),
            urgent: word(18),
            options,
            len,
            payload: {
                let rest = &packet.bytes[captured_header..];
                &rest[..rest.len().min(len as usize)]
            },
            ip: packet.ip,
            link: packet.link,
            stations: packet.stations,
            malformed,
        })
    }

    /// Length in sequence space: payload, and one each for SYN and FIN (RFC 9293, 3.4).
    #[inline]
    #[must_use]
    pub fn seq_len(&self) -> u32 {
        self.len.wrapping_add(u32::from(self.flags.syn())).wrapping_add(u32::from(self.flags.fin()))
    }

    /// The sequence number that follows this segment.
    #[inline]
    #[must_use]
    pub fn end(&self) -> Seq {
        self.seq + self.seq_len()
    }

    /// SYN without ACK: the opening of a connection.
    #[inline]
    #[must_use]
    pub fn is_syn(&self) -> bool {
        self.flags.0 & (Flags::SYN | Flags::ACK | Flags::RST | Flags::FIN) == Flags::SYN
    }

    /// SYN with ACK.
    #[inline]
    #[must_use]
    pub fn is_syn_ack(&self) -> bool {
        self.flags.0 & (Flags::SYN | Flags::ACK | Flags::RST | Flags::FIN) == Flags::SYN | Flags::ACK
    }

    /// A combination of control bits that no stack sends: SYN with FIN or RST, none at all, or a FIN that
    /// acknowledges nothing (RFC 9293, 3.10.7: every segment but the first SYN and some RSTs carries ACK).
    #[must_use]
    pub fn has_odd_flags(&self) -> bool {
        let f = self.flags;
        let none = f.0 & (Flags::SYN | Flags::FIN | Flags::RST | Flags::ACK) == 0;
        (f.syn() && (f.fin() || f.rst())) || none || (f.fin() && !f.ack())
    }

    /// It is a RST with the window that holds a code of the device that sent it.
    #[must_use]
    pub fn has_vendor_code(&self) -> bool {
        bounds::VENDOR_CODES.contains(&self.window) && !self.options.any && self.len == 0
    }

    /// The D-SACK block (RFC 2883): what the receiver got twice. It is the first block, and lies below the
    /// acknowledgment number or within the second.
    #[must_use]
    pub fn duplicate_sack(&self) -> Option<(Seq, Seq)> {
        let (left, right) = self.options.sack[0]?;
        let below = self.ack.reaches(right);
        let within = self.options.sack[1].is_some_and(|(l, r)| left.reaches(l) && r.reaches(right));
        (below || within).then_some((left, right))
    }

    /// Acknowledges and carries nothing: no data, no SYN, FIN or RST.
    #[inline]
    #[must_use]
    pub fn is_pure_ack(&self) -> bool {
        self.len == 0 && self.flags.0 & (Flags::ACK | Flags::SYN | Flags::RST | Flags::FIN) == Flags::ACK
    }
}
