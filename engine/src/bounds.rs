//! Every threshold of the rules, with its reason: how long, how many, how far.
//!
//! - *Physics*: what the protocol's numbers, headers and clocks allow, whoever implements them.
//! - *Stack*: what systems in use do, with the source.
//! - *Policy*: a choice of this project: what is worth telling, how much doubt a rule allows.
//!
//! Each stands in a pair of conversations just below and just above it (`tests/bounds`). Times are nanoseconds. What a
//! caller can choose is in [`Thresholds`](crate::Thresholds); the limits of memory are beside what they limit.

/// Where a bound comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// What the protocol's numbers, headers and clocks allow.
    Physics,
    /// What systems in use do.
    Stack,
    /// A choice of this project.
    Policy,
}

/// A bound by name.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// Its name in [`bounds`](self).
    pub name: &'static str,
    /// Where it comes from.
    pub source: Source,
}

macro_rules! bounds {
    ($($(#[$about:meta])+ $name:ident: $type:ty = $value:expr; $source:ident)+) => {
        $($(#[$about])+ pub(crate) const $name: $type = $value;)+

        /// All of them.
        pub const ALL: &[Bound] = &[$(Bound { name: stringify!($name), source: Source::$source }),+];
    };
}

bounds! {
    // What applications do.

    /// A client that has said so many things in a row, with pauses, does not wait for answers: it only tells.
    TELLS: u8 = 2; Policy
    /// Nobody says anything for so long after the handshake, nanoseconds.
    SILENT: i64 = 5_000_000_000; Policy
    /// A request without answer for so long counts as unanswered when the connection ends, nanoseconds.
    UNANSWERED: i64 = 5_000_000_000; Policy
    /// Linux, the BSDs and macOS send with this TTL, Windows with 128.
    LINUX_TTL: u8 = 64; Stack
    /// So many copies of a response may be lost one after the other: 15 resends, and as many segments again.
    MOST_COPIES: u16 = 32; Stack

    // The path.

    /// What is sent again so soon after "packet too big" is sent again in smaller pieces, nanoseconds.
    RESEGMENTED: i64 = 200_000_000; Stack
    /// Timeouts in a row that make an interruption rather than a loss.
    INTERRUPTED: u32 = 3; Policy
    /// An interruption shorter than this is a loss like others, nanoseconds.
    BLACKOUT: i64 = 1_000_000_000; Policy
    /// A server repeats its SYN-ACK after this time, nanoseconds (RFC 6298, 2.1), with some slack for its timer.
    SYN_ACK_AGAIN: i64 = 1_100_000_000; Stack
    /// The TCP header has room for so many bytes of options.
    MOST_OPTIONS: u16 = 40; Physics
    /// A segment below this size passes any path that carries IPv4 at all (RFC 791: 576 bytes).
    SMALL: u32 = 536; Physics

    // Many connections together.

    /// Failed attempts at so many different ports or hosts make a scan.
    SCAN: usize = 15; Policy
    /// Within so long, nanoseconds.
    SCAN_WITHIN: i64 = 60_000_000_000; Policy
    /// So many connections left half-open make a flood.
    FLOOD: u32 = 64; Policy
    /// Within so long, nanoseconds.
    FLOOD_WITHIN: i64 = 5_000_000_000; Policy

    // The close.

    /// The tenth of the same makes a storm.
    STORM: u16 = 10; Policy
    /// Resets for what was still in flight are no storm: for so long, nanoseconds.
    STORM_AFTER: i64 = 500_000_000; Policy
    /// A side that has not closed for so long after the other did leaks the connection, nanoseconds: Linux
    /// keeps FIN-WAIT-2 of a closed socket for 60 s (tcp_fin_timeout).
    LEAKED_AFTER: i64 = 60_000_000_000; Stack

    // Loss: what cannot be right.

    /// Timestamps so far behind are old duplicates: at the usual 1 ms a tick, and at 10 ms too.
    STALE_TICKS: i32 = 2_000; Stack

    // Loss: gaps.

    /// Where the round trip is not known it may be so long, nanoseconds.
    LONGEST_RTT: i64 = 1_000_000_000; Policy
    /// A segment that was overtaken may always be so late, nanoseconds, where neither IP ID nor timestamps tell.
    OVERTAKEN: i64 = 3_000_000; Policy
    /// The timestamp clocks in use tick once in so many nanoseconds, or more often (RFC 7323, 5.4: up to a second; Linux
    /// 1 ms, Windows 10 ms).
    SLOWEST_TICK: i64 = 10_000_000; Stack

    // Loss: timers.

    /// No retransmission timeout in use is shorter, nanoseconds: 200 ms on Linux, less its timers' slack.
    RTO_MIN: i64 = 190_000_000; Stack
    /// The time between resends grows no further than this, nanoseconds.
    LONGEST_RTO: i64 = 120_000_000_000; Stack
    /// So many timeouts in a row, with silence after them, and a connection counts as given up: the lowest limit that
    /// is in use (RFC 9293, 3.8.3: R2; Windows: 5, Linux: 15).
    GIVEN_UP: u32 = 5; Stack

    // Loss: resends.

    /// Three duplicate ACKs ask for a resend (RFC 5681, 3.2).
    ASKS: u8 = 3; Stack
    /// A sender acts upon an acknowledgment within this time, nanoseconds.
    PROMPT: i64 = 10_000_000; Policy
    /// Nothing is sent again for the first time so much later, but for the round trip, nanoseconds (RFC 6298, 5.7).
    LONGEST_FIRST_RTO: i64 = 3_000_000_000; Stack

    // HTTP.

    /// A server that closes on an unfinished request sooner has another reason, nanoseconds.
    PATIENCE: i64 = 1_000_000_000; Policy

    // The opening.

    /// A refused client that comes back so soon is the same attempt, nanoseconds (Windows: three tries, 0.5 s apart).
    SAME_ATTEMPT: i64 = 3_000_000_000; Stack
    /// A SYN-ACK below this is never called slow, nanoseconds.
    SLOW_SYN_ACK: i64 = 500_000_000; Policy
    /// Linux keeps TIME-WAIT for 60 s; RFC 9293, 3.6.1: two maximum segment lifetimes.
    TIME_WAIT: i64 = 60_000_000_000; Stack

    // The handshake.

    /// The client itself waits so long before it takes a SYN for lost, nanoseconds (RFC 6298, 2.1).
    SYN_RTO: i64 = 1_000_000_000; Stack
    /// No server's timer repeats a SYN-ACK sooner: it takes 1 s, less what the first one may have been late (RFC 6298, 2.1),
    /// nanoseconds.
    FIRST_RTO: i64 = 800_000_000; Stack
    /// A first repeat of the SYN-ACK that comes no sooner is not that of a server that lacks the third ACK, which comes after
    /// 1 s; where it waits for data, Linux leaves that one out, and repeats at 3 s, nanoseconds.
    DEFERRED: i64 = 2_500_000_000; Stack
    /// Without a third ACK for so long, it is missing, nanoseconds: a server repeats its SYN-ACK after 1 s, and
    /// three times that has gone by.
    MISSING_AFTER: i64 = 3_000_000_000; Policy

    // Resets.

    /// A window without a scale is at most so large, bytes (RFC 7323, 2.2).
    LARGEST_UNSCALED: u32 = 65_535; Physics
    /// Windows of RSTs that hold a code of the device that sent it (NetScaler).
    VENDOR_CODES: std::ops::RangeInclusive<u16> = 8196..=9999; Stack
    /// A segment may be overtaken by a RST that was sent after it, by so much, nanoseconds.
    RST_OVERTAKES: i64 = 10_000_000; Policy
    /// A tick of the clock that timestamps tell (RFC 7323, 5.4), nanoseconds.
    TICK: i64 = 1_000_000; Stack
    /// What comes within so many nanoseconds comes at once.
    SAME_MOMENT: i64 = 1_000_000; Policy
    /// What was in flight when the RST came is not meant, nanoseconds.
    IN_FLIGHT: i64 = 200_000_000; Policy

    // Keep-alive.

    /// The timers of hosts are early by so much at most: one part in so many.
    TIMER_SLACK: i64 = 8; Policy
    /// A line that was quiet for less is not idle, nanoseconds: the shortest interval one can set is 1 s.
    IDLE_LINE: i64 = 500_000_000; Stack
    /// The queues of a network card mix up what comes within so many nanoseconds.
    MIXED_UP: i64 = 1_000_000; Physics
    /// Linux answers at most one probe in so many nanoseconds (tcp_invalid_ratelimit).
    RATE_LIMIT: i64 = 500_000_000; Stack

    // Flow control.

    /// An ACK later than this was delayed on purpose, nanoseconds: Linux 40 ms, Windows 200 ms (RFC 1122, 4.2.3.2).
    DELAYED: i64 = 30_000_000; Stack
    /// Not later than this (RFC 1122, 4.2.3.2: below 0.5 s).
    DELAYED_MOST: i64 = 500_000_000; Stack
    /// So often, and it is a pattern.
    AGAIN: u32 = 3; Policy
    /// An application that answers an ACK with the next write was waiting for it, nanoseconds.
    NEXT_WRITE: i64 = 5_000_000; Policy
    /// A way below this is hidden by what a host takes to answer, nanoseconds.
    MEASURABLE: i64 = 1_000_000; Physics
    /// A window that lets less than this pass is not used as one of that size by anybody who scales, bytes.
    TINY: u32 = 512; Policy
    /// A window shut for less held nobody up: the sender did not even probe it, nanoseconds (RFC 9293, 3.8.6.1; RFC 6298:
    /// 200 ms on Linux).
    HELD_UP: i64 = 200_000_000; Stack
    /// A writer that has sent segments of this size, or of the MSS, is not one of small writes.
    FULL: u16 = 1000; Policy

    // Why a RST was sent.

    /// Time that an application may take to answer a FIN without having done anything else, nanoseconds.
    PROMPTLY: i64 = 20_000_000; Policy
    /// Where the way is not known it may take so long, nanoseconds.
    LONG_WAY: i64 = 300_000_000; Policy
    /// A reply to what comes so long after the end is not part of the close, nanoseconds.
    LONG_AFTER: i64 = 100_000_000; Policy

    // The next connection on the same ports.

    /// Numbers of one connection are no further apart than this, whatever the capture lacks of it, unless it is long, bytes.
    FAR: i32 = 1 << 20; Policy
    /// After so long a silence a connection may have ended unseen, and TIME-WAIT too, nanoseconds (RFC 9293, 3.6.1;
    /// 60 s on Linux).
    LONG_SILENCE: i64 = 60_000_000_000; Stack
    /// No packet lives longer (RFC 9293, 3.4.1: two minutes), in ticks of a millisecond.
    LIFETIME: u32 = 120_000; Physics

    // Copies.

    /// With an IP ID or a timestamp, which a packet sent anew would not share, a copy may come as
    /// late as the way between two capture points takes.
    COPY_WITHIN: u32 = 1000; Policy
    /// With both an IP ID and a timestamp in common, a packet is a copy even so much later, milliseconds: a network that
    /// holds one back for longer has lost it (RFC 9293, 3.4.1: two minutes at most; seconds in practice).
    COPY_LATE: u32 = 10_000; Policy
    /// Without, only what comes at once is a copy.
    COPY_AT_ONCE: u32 = 1; Policy

    // One side.

    /// Two seconds at the usual 1 ms a tick.
    OTHER_CLOCK: u32 = 2_000; Policy
    /// IP IDs that count are no further apart than this from one packet to the next, on a busy host too.
    STEPS: u16 = 2048; Policy
    /// An acknowledgment further ahead than this is not believed: half a gigabyte, half of the
    /// largest window (RFC 7323, 2.3).
    MOST_UNSEEN: i32 = 1 << 29; Physics

    // The connection.

    /// What a client sends before it hears more than the SYN-ACK: a window without scale at most, bytes (RFC 7323, 2.2).
    FIRST_FLIGHT: i32 = 65_535; Physics
    /// So many ticks of a timestamp's clock tell how long each is, beside what a host and a path take for a packet.
    TICKS_THAT_TELL: i32 = 10; Policy
    /// A sender's clock that is ahead of the capture's by so much, since its packet before, shows that the capture's was set
    /// back, nanoseconds: no path holds a packet back for so long and then is quick again.
    SET_BACK: i64 = 1_500_000_000; Policy
    /// So long a packet may wait in its sender's queues, nanoseconds.
    QUEUED: i64 = 1_000_000; Physics
    /// What comes after a longer silence, and a round trip, is another message, nanoseconds.
    PAUSE: i64 = 500_000_000; Policy
}
