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
    /// Ticks since the capture began, nine minutes back and forth, and in the lowest 8 bits the TTL.
    time_and_ttl: u32,
}

/// A tick is so many bits of nanoseconds: 65.5 microseconds.
const TICK: u32 = 16;

/// The packet of which another may be a copy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Original {
    /// Its TTL, 0 where it is not known.
    pub(crate) ttl: u8,
    /// How long ago it was captured, nanoseconds, but for a tick.
    pub(crate) ago: i64,
}

impl Recent {
    /// The packet captured just before that has the same header fields as `segment`, where `is_copy` says that this is a
    /// copy of it. What is not is remembered.
    pub(crate) fn original_of(
        &mut self,
        segment: &Segment<'_>,
        stream: u32,
        from: Side,
        is_copy: impl FnOnce(Original) -> bool,
    ) -> Option<Original> {
        let ttl = segment.ip.map_or(0, |ip| ip.ttl);
        self.original(print_of(segment, stream, from)?, segment.time, ttl, is_copy)
    }

    /// `packet` is a copy of one captured just before.
    pub(crate) fn is_copy(&mut self, packet: &IcmpPacket<'_>) -> bool {
        // With what it quotes.
        let words = packet.bytes.chunks(8).map(|word| word.iter().fold(0, |v, &b| v << 8 | u64::from(b)));
        let at_once = |original: Original| original.ago < bounds::COPY_AT_ONCE;
        self.original(mix(words), packet.time, 0, at_once).is_some()
    }

    /// The packet with this number for the fields that it and its copies share.
    fn original(
        &mut self,
        print: u64,
        time: i64,
        ttl: u8,
        is_copy: impl FnOnce(Original) -> bool,
    ) -> Option<Original> {
        if self.sets.is_empty() {
            self.sets = vec![Set::default(); SETS];
        }
        let Set(set) = &mut self.sets[print as usize % SETS];
        let tag = (print >> 32) as u32 | 1;
        let now = ((time >> TICK) as u32) << 8;
        let place = set.iter().position(|kept| kept.tag == tag);
        if let Some(place) = place {
            let kept = set[place].time_and_ttl;
            // Signed: a capture may be out of order a little.
            let ticks = now.wrapping_sub(kept & !0xff) as i32 >> 8;
            let original = Original { ttl: kept as u8, ago: i64::from(ticks.unsigned_abs()) << TICK };
            if is_copy(original) {
                return Some(original);
            }
        }
        set[..=place.unwrap_or(WAYS - 1)].rotate_right(1);
        set[0] = Kept { tag, time_and_ttl: now | u32::from(ttl) };
        None
    }
}

/// A number for the connection and the header fields, `None` when a copy cannot be told from a packet sent anew.
fn print_of(segment: &Segment<'_>, stream: u32, from: Side) -> Option<u64> {
    let id = segment.ip_id().unwrap_or(0);
    let timestamps = segment.options.timestamps.unwrap_or((0, 0));
    let has_place = segment.options.timestamps.is_some() && segment.seq_len() > 0;
    if id == 0 && !has_place && (segment.is_pure_ack() || segment.flags.rst()) {
        // The same ACK or RST for each of several packets is ordinary.
        return None;
    }
    Some(mix([
        u64::from(stream) << 1 | from as u64,
        u64::from(segment.seq.0) << 32 | u64::from(segment.ack.0),
        u64::from(timestamps.0) << 32 | u64::from(timestamps.1),
        u64::from(segment.len) << 32 | u64::from(id) << 16 | u64::from(segment.window),
        u64::from(segment.flags.0),
    ]))
}

fn mix(words: impl IntoIterator<Item = u64>) -> u64 {
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    words.into_iter().fold(0xcbf2_9ce4_8422_2325, mix)
}
