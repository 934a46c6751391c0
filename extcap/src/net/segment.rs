//! TCP segments as the endpoints think of them.

use std::fmt;
use std::ops::BitOr;

use bytes::Bytes;

use super::{OptionOrder, Seq};

/// The control bits (RFC 9293, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Flags(u8);

impl Flags {
    pub(crate) const FIN: Flags = Flags(0x01);
    pub(crate) const SYN: Flags = Flags(0x02);
    pub(crate) const RST: Flags = Flags(0x04);
    pub(crate) const PSH: Flags = Flags(0x08);
    pub(crate) const ACK: Flags = Flags(0x10);
    pub(crate) const URG: Flags = Flags(0x20);
    /// ECN-Echo (RFC 3168, 6.1).
    pub(crate) const ECE: Flags = Flags(0x40);
    /// Congestion Window Reduced (RFC 3168, 6.1).
    pub(crate) const CWR: Flags = Flags(0x80);

    pub(crate) fn has(self, flag: Flags) -> bool {
        self.0 & flag.0 == flag.0
    }

    /// As they stand in the header.
    pub(crate) fn bits(self) -> u8 {
        self.0
    }
}

impl BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl fmt::Display for Flags {
    /// As tcpdump and teachers write them: `SA`, `PA`, `FA`, `R`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = [
            (Self::SYN, 'S'),
            (Self::FIN, 'F'),
            (Self::RST, 'R'),
            (Self::PSH, 'P'),
            (Self::ACK, 'A'),
            (Self::ECE, 'E'),
            (Self::CWR, 'C'),
        ];
        letters
            .into_iter()
            .filter(|(flag, _)| self.has(*flag))
            .try_for_each(|(_, letter)| write!(f, "{letter}"))
    }
}

/// TSval and TSecr (RFC 7323, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timestamps {
    pub(crate) value: u32,
    pub(crate) echo: u32,
}

/// The options of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Options {
    pub(crate) mss: Option<u16>,
    pub(crate) sack_permitted: bool,
    pub(crate) timestamps: Option<Timestamps>,
    pub(crate) window_scale: Option<u8>,
    /// Blocks that have arrived; the newest first (RFC 2018, 4).
    pub(crate) sack: SackBlocks,
    pub(crate) stripped: Stripped,
    /// A TCP Fast Open cookie; without bytes, the wish for one (RFC 7413, 4.1.1).
    pub(crate) fast_open: Option<Bytes>,
    pub(crate) order: OptionOrder,
}

/// Options that a middlebox has taken out: NOPs stand in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stripped {
    pub(crate) mss: bool,
    pub(crate) sack_permitted: bool,
    pub(crate) timestamps: bool,
    pub(crate) window_scale: bool,
}

/// Up to four SACK blocks: first and behind the last number of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SackBlocks {
    blocks: [(Seq, Seq); 4],
    count: u8,
}

impl std::ops::Deref for SackBlocks {
    type Target = [(Seq, Seq)];

    fn deref(&self) -> &Self::Target {
        &self.blocks[..usize::from(self.count)]
    }
}

impl FromIterator<(Seq, Seq)> for SackBlocks {
    /// Takes the first four.
    fn from_iter<I: IntoIterator<Item = (Seq, Seq)>>(blocks: I) -> Self {
        let mut sack = SackBlocks::default();
        for (place, block) in sack.blocks.iter_mut().zip(blocks) {
            *place = block;
            sack.count += 1;
        }
        sack
    }
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) from_port: u16,
    pub(crate) to_port: u16,
    pub(crate) seq: Seq,
    pub(crate) ack: Seq,
    pub(crate) flags: Flags,
    /// As in the header: not scaled.
    pub(crate) window: u16,
    pub(crate) options: Options,
    /// The urgent pointer, with the URG flag.
    pub(crate) urgent: u16,
    pub(crate) payload: Bytes,
}

impl Segment {
    pub(crate) fn has(&self, flag: Flags) -> bool {
        self.flags.has(flag)
    }

    /// Octets of data.
    pub(crate) fn len(&self) -> u32 {
        self.payload.len() as u32
    }

    /// SEG.LEN of RFC 9293: data, SYN and FIN.
    pub(crate) fn seq_len(&self) -> u32 {
        self.len() + u32::from(self.has(Flags::SYN)) + u32::from(self.has(Flags::FIN))
    }

    /// The number behind the last one that it occupies.
    pub(crate) fn end(&self) -> Seq {
        self.seq + self.seq_len()
    }
}
