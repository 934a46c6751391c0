//! A short memory of the capture's newest packets, to know one that was captured twice.

use crate::bounds;
use crate::side::Side;
use crate::wire::segment::{IcmpPacket, Segment};

/// The newest packets of all connections: some thousands, however many come.
///
/// Each has its place in one of many small sets, newest first, so that a packet is found at once and only
/// those that happen to share its set push it out.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    sets: Vec<Set>,
}

/// Newest first; in one line of the processor's cache, for a packet seldom meets a set that is in it.
#[derive(Clone, Debug, Default)]
#[repr(align(64))]
struct Set([Kept; WAYS]);

/// Packets in a set.
const WAYS: usize = 8;
/// Sets: 64 kB in all.
const SETS: usize = 1024;

/// What is kept of a packet.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    tag: u32,
    /// Milliseconds since the capture began, wrapping after 4.6 hours, and in the lowest 8 bits the TTL.
    time_and_ttl: u32,
}

impl Recent {
    /// When `segment` is a copy of a packet captured just before, the TTL of that packet, 0 where it is not
    /// known: the same header fields, and an IP ID or a timestamp that a packet sent again would not share.
    pub(crate) fn original_of(&mut self, segment: &Segment<'_>, stream: u32, from: Side) -> Option<u8> {
        let ttl = segment.ip.map_or(0, |ip| ip.ttl);
        self.original(Print::of(segment, stream, from)?, segment.time, ttl)
    }

    /// `packet` is a copy of one captured just before.
    pub(crate) fn is_copy(&mut self, packet: &IcmpPacket<'_>) -> bool {
        self.original(Print::of_icmp(packet), packet.time, 0).is_some()
    }

    /// The TTL of the packet that has this print; a packet without original is remembered.
    fn original(&mut self, print: Print, time: i64, ttl: u8) -> Option<u8> {
        if self.sets.is_empty() {
            self.sets = vec![Set::default(); SETS];
        }
        let Set(set) = &mut self.sets[print.hash as usize % SETS];
        let tag = (print.hash >> 32) as u32 | 1;
        let now = ((time / 1_000_000) as u32) << 8;
        let is_original =
            |kept: &&Kept| kept.tag == tag && now.wrapping_sub(kept.time_and_ttl & !0xff) >> 8 <= print.span;
        if let Some(original) = set.iter().find(is_original) {
            return Some(original.time_and_ttl as u8);
        }
        set.rotate_right(1);
        set[0] = Kept { tag, time_and_ttl: now | u32::from(ttl) };
        None
    }
}

/// What a packet and its copy share.
struct Print {
    /// A number for the connection and the header fields.
    hash: u64,
    /// How long after its original a copy can come, milliseconds.
    span: u32,
}

impl Print {
    /// `None` when a copy cannot be told from a packet sent anew.
    fn of(segment: &Segment<'_>, stream: u32, from: Side) -> Option<Print> {
        let id = segment.ip_id().unwrap_or(0);
        let timestamps = segment.options.timestamps.unwrap_or((0, 0));
        let sure = id != 0 || (segment.options.timestamps.is_some() && segment.seq_len() > 0);
        if !sure && (segment.is_pure_ack() || segment.flags.rst()) {
            // The same ACK or RST for each of several packets is ordinary.
            return None;
        }
        let hash = mix([
            u64::from(stream) << 1 | from as u64,
            u64::from(segment.seq.0) << 32 | u64::from(segment.ack.0),
            u64::from(timestamps.0) << 32 | u64::from(timestamps.1),
            u64::from(segment.len) << 32 | u64::from(id) << 16 | u64::from(segment.window),
            u64::from(segment.flags.0),
        ]);
        let span = match (id != 0, segment.options.timestamps.is_some()) {
            // What has both in common was not sent anew, however late it comes.
            (true, true) => bounds::COPY_LATE,
            _ if sure => bounds::COPY_WITHIN,
            _ => bounds::COPY_AT_ONCE,
        };
        Some(Print { hash, span })
    }

    /// Of a message with what it quotes.
    fn of_icmp(packet: &IcmpPacket<'_>) -> Print {
        let words = packet.bytes.chunks(8).map(|word| word.iter().fold(0, |v, &b| v << 8 | u64::from(b)));
        Print { hash: mix(words), span: bounds::COPY_AT_ONCE }
    }
}

fn mix(words: impl IntoIterator<Item = u64>) -> u64 {
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    words.into_iter().fold(0xcbf2_9ce4_8422_2325, mix)
}
