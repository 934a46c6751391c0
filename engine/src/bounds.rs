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
    /// Nobody says anything for so long after the handshake, nanoseconds: a side that speaks first has spoken by then.
    SILENT: i64 = 5_000_000_000; Policy
    /// A request without answer for so long counts as unanswered when the connection ends, nanoseconds: sooner, a client
    /// may have changed its mind.
    UNANSWERED: i64 = 5_000_000_000; Policy
    /// A client that leaves without an answer after so long has waited for it, nanoseconds: the shortest timeouts that services
    /// set for each other are 1 s.
    GIVES_UP_WAITING: i64 = 1_000_000_000; Stack
    /// A server that answers again and again after as long a time holds the request until there is something to tell, when
    /// that is so long, nanoseconds (long polling: 30 s in Nacos, 60 s in Apollo, RFC 6202, 5.5: 30 s); sooner, it is slow.
    HELD: i64 = 20_000_000_000; Stack
    /// Two such times are alike when they differ by no more than this part: one in so many.
    ALIKE: i64 = 20; Policy
    /// An ACK that took no more than this part of the time to the answer came at once, so that the rest is the
    /// application's: one in so many.
    AT_ONCE: i64 = 4; Policy
    /// Linux (IPDEFTTL), the BSDs and macOS send with this TTL, Windows with 128; RFC 1700 recommended 64.
    LINUX_TTL: u8 = 64; Stack
    /// So many copies of a response may be lost one after the other: 15 resends (Linux, tcp_retries2), and as many segments
    /// again.
    MOST_COPIES: u16 = 32; Stack

    // The path.

    /// What is sent again so soon after "packet too big" is sent again in smaller pieces, nanoseconds. Linux does so at once
    /// (tcp_simple_retransmit); later, a timer may have done it (TCP_RTO_MIN).
    RESEGMENTED: i64 = 200_000_000; Stack
    /// Timeouts in a row that make an interruption rather than a loss: each of them alone is lost now and then.
    INTERRUPTED: u32 = 3; Policy
    /// An interruption shorter than this is a loss like others, nanoseconds: nobody feels it as one.
    BLACKOUT: i64 = 1_000_000_000; Policy
    /// A connection that was quiet for fewer round trips is not idle: on a long path, three timeouts need not be far from
    /// what was heard last.
    IDLE_ROUNDS: i64 = 20; Policy
    /// A server repeats its SYN-ACK after this time, nanoseconds (RFC 6298, 2.1; Linux, TCP_TIMEOUT_INIT: 1 s), with some
    /// slack for its timer.
    SYN_ACK_AGAIN: i64 = 1_100_000_000; Stack
    /// The TCP header has room for so many bytes of options (RFC 9293, 3.1: 15 words, less five).
    MOST_OPTIONS: u16 = 40; Physics
    /// A segment below this size passes any path that carries IPv4 at all (RFC 791, 3.1: 576 bytes; RFC 9293, 3.7.1).
    SMALL: u32 = 536; Physics

    // Many connections together.

    /// Failed attempts at so many different ports or hosts make a scan: no client tries so many on purpose.
    SCAN: usize = 15; Policy
    /// Within so long, nanoseconds: slower ones cannot be told from a client that has many peers.
    SCAN_WITHIN: i64 = 60_000_000_000; Policy
    /// A source of which more than one attempt in so many found somebody is a client of many, no scanner.
    SCAN_SHARE: usize = 2; Policy
    /// A scan is of many ports of few hosts, or of many hosts on few ports: the fewer of both are at most one in so many of
    /// its targets.
    SCAN_SPREAD: usize = 2; Policy
    /// So many connections left half-open make a flood: half of the smallest backlog in use (Linux,
    /// tcp_max_syn_backlog: 128 and more).
    FLOOD: u32 = 64; Policy
    /// Within so long, nanoseconds: a listener holds all of them at once then (Linux, tcp_synack_retries: for a minute).
    FLOOD_WITHIN: i64 = 5_000_000_000; Policy
    /// And so many for each that was completed, or refused: under a flood hardly anybody gets in, and at a busy server
    /// nearly everybody does.
    FLOOD_SHARE: u32 = 4; Policy

    // The close.

    /// The tenth of the same makes a storm: no closed socket's timer repeats a FIN so often (Linux,
    /// tcp_orphan_retries: 8).
    STORM: u16 = 10; Policy
    /// FINs in a storm all come within so long, nanoseconds: ten by a timer that doubles take half as long again (RFC 6298,
    /// 5.5; Linux, TCP_RTO_MIN: 102 s).
    STORM_WITHIN: i64 = 60_000_000_000; Policy
    /// Resets for what was still in flight are no storm: for so long, nanoseconds, and two round trips.
    STORM_AFTER: i64 = 500_000_000; Policy
    /// A side that has not closed for so long after the other did leaks the connection, nanoseconds: Linux
    /// keeps FIN-WAIT-2 of a closed socket for 60 s (tcp_fin_timeout).
    LEAKED_AFTER: i64 = 60_000_000_000; Stack
    /// What the other side sends for less, and for less than two round trips, was on its way when this one closed; it does
    /// not use the half that is open, nanoseconds.
    HALF: i64 = 100_000_000; Policy
    /// One segment may be the rest of an answer; so many are more.
    HALF_SEGMENTS: u32 = 2; Policy

    // Loss: what cannot be right.

    /// Timestamps so far behind are old duplicates: at the usual 1 ms a tick, and at 10 ms too (Linux; Windows), no network
    /// that is in order keeps a packet so long.
    STALE_TICKS: i32 = 2_000; Stack

    // Causality.

    /// No packet gets to another host, and its answer back, sooner, nanoseconds: two system calls, two network cards and
    /// a switch. What the handshake took proves no more: its packets may have been late, and routes become shorter.
    SHORTEST: i64 = 50_000; Physics
    /// A way is hardly shorter than this part of what the handshake took, one in so many: queues lengthen it, and no queue is
    /// usually longer than the path.
    SHORTER: i64 = 2; Policy
    /// The usual way varies by this part, one in so many: what an ordinary path's queues and a busy host's timers add.
    JITTER: i64 = 8; Policy

    // Loss: gaps.

    /// Where the round trip is not known it may be so long, nanoseconds: that of two hops by satellite, or the first timeout
    /// (RFC 6298, 2.1).
    LONGEST_RTT: i64 = 1_000_000_000; Policy
    /// A segment that was overtaken may always be so late, nanoseconds, where neither IP ID nor timestamps tell: some parallel
    /// links and queues take so much longer than others.
    OVERTAKEN: i64 = 3_000_000; Policy
    /// The timestamp clocks in use tick once in so many nanoseconds, or more often (RFC 7323, 5.4: up to a second; Linux
    /// 1 ms, Windows 10 ms).
    SLOWEST_TICK: i64 = 10_000_000; Stack

    // Loss: timers.

    /// No retransmission timeout in use is shorter, nanoseconds: 200 ms on Linux (TCP_RTO_MIN), less its timers' slack. RFC
    /// 6298, 2.4, asks for a second.
    RTO_MIN: i64 = 190_000_000; Stack
    /// The time between resends grows no further than this, nanoseconds (Linux, TCP_RTO_MAX; RFC 6298, 2.5: 60 s at least).
    LONGEST_RTO: i64 = 120_000_000_000; Stack
    /// A timer that doubles may be late by this part of its time, one in so many: the time to the receiver and back is in it.
    OVERDUE: i64 = 4; Policy
    /// Data that so many timeouts in a row have not brought across is stalled: two happen, when a resend is lost.
    STALLED: u32 = 3; Policy
    /// So many timeouts in a row, with silence after them, and a connection counts as given up: the lowest limit that
    /// is in use (RFC 9293, 3.8.3: R2; Windows, TcpMaxDataRetransmissions: 5; Linux, tcp_retries2: 15).
    GIVEN_UP: u32 = 5; Stack

    // Loss: resends.

    /// Three duplicate ACKs ask for a resend (RFC 5681, 3.2; Linux, tcp_reordering).
    ASKS: u8 = 3; Stack
    /// A sender acts upon an acknowledgment within this time, nanoseconds: its kernel does it, no application.
    PROMPT: i64 = 10_000_000; Policy
    /// Nothing is sent again for the first time so much later, but for the round trip, nanoseconds (RFC 6298, 5.7).
    LONGEST_FIRST_RTO: i64 = 3_000_000_000; Stack
    /// An ACK that was seen so long, and the way, before a resend of what it acknowledges had come to its sender, nanoseconds:
    /// it waits no longer than this in the queues of the last link and the host.
    ACK_HEARD: i64 = 1_000_000; Policy
    /// No probe for a lost tail comes sooner, nanoseconds (Linux, TCP_TIMEOUT_MIN: two ticks of 1 ms or more).
    PROBE_MIN: i64 = 2_000_000; Stack
    /// A probe for a lost tail (RFC 8985, 7) that leaves a gap of more segments is none: an application that sends so much
    /// without a pause fills its window, and would be stopped by what is missing.
    LONGEST_TAIL: u32 = 16; Policy

    // HTTP.

    /// A server that closes on an unfinished request sooner has another reason, nanoseconds: timeouts for the head are seconds
    /// (nginx, client_header_timeout: 60 s; Apache, RequestReadTimeout: 20 s).
    PATIENCE: i64 = 1_000_000_000; Policy

    /// A body that follows its head so much later has waited for 100 Continue, nanoseconds: as long as an answer takes on a
    /// long path. Clients wait for 0.35 s (.NET Framework), 1 s (curl, Go) or more.
    EXPECT_PAUSE: i64 = 200_000_000; Stack
    /// From so long on the wait is felt, nanoseconds.
    EXPECT_LONG: i64 = 500_000_000; Policy

    // The opening.

    /// A refused client that comes back so soon is the same attempt, nanoseconds (Windows: three tries, 0.5 s apart).
    SAME_ATTEMPT: i64 = 3_000_000_000; Stack
    /// A SYN-ACK below this is never called slow, nanoseconds: there are paths as long (satellites, queues of mobile
    /// networks).
    SLOW_SYN_ACK: i64 = 500_000_000; Policy
    /// A SYN-ACK is slow that took more than so many times what the first data took: the path is the same for both.
    SLOWER: i64 = 4; Policy
    /// Linux keeps TIME-WAIT for 60 s (TCP_TIMEWAIT_LEN); RFC 9293, 3.6.1: two maximum segment lifetimes.
    TIME_WAIT: i64 = 60_000_000_000; Stack

    // The handshake.

    /// The client itself waits so long before it takes a SYN for lost, nanoseconds (RFC 6298, 2.1; Linux,
    /// TCP_TIMEOUT_INIT).
    SYN_RTO: i64 = 1_000_000_000; Stack
    /// No server's timer repeats a SYN-ACK sooner: it takes 1 s, less what the first one may have been late (RFC 6298, 2.1),
    /// nanoseconds.
    FIRST_RTO: i64 = 800_000_000; Stack
    /// A first repeat of the SYN-ACK that comes no sooner is not that of a server that lacks the third ACK, which comes after
    /// 1 s; where it waits for data, Linux leaves that one out, and repeats at 3 s, nanoseconds (TCP_DEFER_ACCEPT,
    /// inet_csk_reqsk_queue_prune).
    DEFERRED: i64 = 2_500_000_000; Stack
    /// Without a third ACK for so long, it is missing, nanoseconds: a server repeats its SYN-ACK after 1 s, and
    /// three times that has gone by.
    MISSING_AFTER: i64 = 3_000_000_000; Policy

    // Resets.

    /// A window without a scale is at most so large, bytes (RFC 7323, 2.2).
    LARGEST_UNSCALED: u32 = 65_535; Physics
    /// Windows of RSTs that hold a code of the device that sent it (NetScaler).
    VENDOR_CODES: std::ops::RangeInclusive<u16> = 8196..=9999; Stack
    /// A segment may be overtaken by a RST that was sent after it, by so much, nanoseconds: they may take different queues of
    /// a link or network card.
    RST_OVERTAKES: i64 = 10_000_000; Policy
    /// Devices that keep the state of connections forget one that was quiet for so long, nanoseconds (balancers and proxies
    /// from 30 s; AWS ALB and nginx proxy_read_timeout 60 s; RFC 5382, REQ-5, asks for two hours).
    FORGETS: i64 = 30_000_000_000; Stack
    /// No system sends its packets with a TTL below this, but for a traceroute (RFC 1700: 64; the oldest in use 30).
    TRACEROUTE_TTL: u8 = 30; Stack
    /// A host whose IP IDs count has sent no more packets to others between two of a connection that go together.
    ID_STEP: u16 = 256; Policy
    /// A tick of the clock that timestamps tell, nanoseconds (RFC 7323, 5.4: 1 ms to 1 s; Linux, TCP_TS_HZ: 1000).
    TICK: i64 = 1_000_000; Stack
    /// What comes within so many nanoseconds comes at once: the packets of one burst do.
    SAME_MOMENT: i64 = 1_000_000; Policy
    /// What was in flight when the RST came is not meant, nanoseconds: so much stands in the queues of a slow link.
    IN_FLIGHT: i64 = 200_000_000; Policy

    // Keep-alive.

    /// The timers of hosts are early by so much at most: one part in so many.
    TIMER_SLACK: i64 = 8; Policy
    /// A line that was quiet for less is not idle, nanoseconds: the shortest interval one can set is 1 s (TCP_KEEPIDLE,
    /// TCP_KEEPINTVL).
    IDLE_LINE: i64 = 500_000_000; Stack
    /// The queues of a network card mix up what comes within so many nanoseconds: it interrupts no less often.
    MIXED_UP: i64 = 1_000_000; Physics
    /// Linux answers at most one probe in so many nanoseconds (tcp_invalid_ratelimit).
    RATE_LIMIT: i64 = 500_000_000; Stack
    /// Go sets its probes 15 s apart (net.Dialer, net.ListenConfig): from so many nanoseconds, for a clock that is not exact…
    GO_FROM: i64 = 14_000_000_000; Stack
    /// … up to so many: 15 s, and the tenth that a coarse timer may add.
    GO_TO: i64 = 16_500_000_000; Stack
    /// Load balancers and proxies often probe every 30 s: from so many nanoseconds…
    HALF_MINUTE_FROM: i64 = 28_000_000_000; Stack
    /// … up to so many.
    HALF_MINUTE_TO: i64 = 31_500_000_000; Stack

    // Flow control.

    /// An ACK later than this was delayed on purpose, nanoseconds: Linux 40 ms (TCP_DELACK_MIN), Windows 200 ms (RFC 1122,
    /// 4.2.3.2), less what its timer may be early.
    DELAYED: i64 = 30_000_000; Stack
    /// Not later than this (RFC 1122, 4.2.3.2: below 0.5 s).
    DELAYED_MOST: i64 = 500_000_000; Stack
    /// So often, and it is a pattern: twice is chance.
    AGAIN: u32 = 3; Policy
    /// An application that answers an ACK with the next write was waiting for it, nanoseconds: the write is in the kernel
    /// already (RFC 896), which takes no more.
    NEXT_WRITE: i64 = 5_000_000; Policy
    /// A sender that waits so often for the ACK of each segment sends no second one before it.
    ONE_BY_ONE: u32 = 10; Policy
    /// So often, where each wait is at least [`LONG_WAIT`].
    ONE_BY_ONE_SLOWLY: u32 = 5; Policy
    /// An ACK that was delayed for so long costs more than a path does, nanoseconds: Windows and the BSDs wait 100 to 200 ms.
    LONG_WAIT: i64 = 100_000_000; Stack
    /// It may be sooner than the way that the handshake measured, by this part of it: one in so many.
    EARLIER: i64 = 4; Policy
    /// A way below this is hidden by what a host takes to answer, nanoseconds: interrupt, scheduler, and its timer's tick.
    MEASURABLE: i64 = 1_000_000; Physics
    /// A window that lets less than this pass is not used as one of that size by anybody who scales, bytes: less than the
    /// smallest segment that every path carries (RFC 9293, 3.7.1: 536).
    TINY: u32 = 512; Policy
    /// A window shut for less held nobody up: the sender did not even probe it, nanoseconds (RFC 9293, 3.8.6.1; Linux,
    /// TCP_RTO_MIN).
    HELD_UP: i64 = 200_000_000; Stack
    /// A window may shrink by so many full segments, which hinders nobody (RFC 9293, 3.8.6, advises against any).
    SHRUNK: i32 = 2; Policy
    /// A full segment on Ethernet, where none has been seen, bytes (RFC 894: 1500, less 40 of headers).
    ETHERNET_MSS: u16 = 1460; Physics
    /// A writer that has sent segments of this size, or of the MSS, is not one of small writes, bytes.
    FULL: u16 = 1000; Policy

    // What the capture lacks, or doubles.

    /// Where more than one packet in so many comes twice, it is the capture that doubles them: a network makes copies now and
    /// then.
    DOUBLED: u16 = 3; Policy
    /// A side speaks as to somebody who answers when so many packets of it were captured, and it acknowledges…
    SPEAKS: u16 = 2; Policy
    /// … and goes on, where it sends no data, when so many were.
    SPEAKS_ON: u16 = 4; Policy

    // Why a RST was sent.

    /// Time that an application may take to answer a FIN without having done anything else, nanoseconds.
    PROMPTLY: i64 = 20_000_000; Policy
    /// Where the way is not known it may take so long, nanoseconds: most paths on Earth and back do not.
    LONG_WAY: i64 = 300_000_000; Policy
    /// A reply to what comes so long after the end is not part of the close, nanoseconds.
    LONG_AFTER: i64 = 100_000_000; Policy

    // The next connection on the same ports.

    /// Numbers of one connection are no further apart than this, whatever the capture lacks of it, unless it is long, bytes.
    FAR: i32 = 1 << 20; Policy
    /// So far ahead of its last number at least begins a client that uses ports in TIME-WAIT again, bytes (Linux,
    /// tcp_twsk_unique).
    REUSE_AHEAD: i32 = 65_535; Stack
    /// After so long a silence a connection may have ended unseen, and TIME-WAIT too, nanoseconds (RFC 9293, 3.6.1;
    /// Linux, TCP_TIMEWAIT_LEN: 60 s).
    LONG_SILENCE: i64 = 60_000_000_000; Stack
    /// No packet lives longer (RFC 9293, 3.4.1: two minutes), in ticks of a millisecond.
    LIFETIME: u32 = 120_000; Physics

    // Copies.

    /// With an IP ID or a timestamp in common, what was captured elsewhere, or by a capture that doubles packets, may come as
    /// late as the way between two capture points takes, nanoseconds.
    COPY_WITHIN: i64 = 1_000_000_000; Policy
    /// With both an IP ID and a timestamp in common, a packet is a copy even so much later, nanoseconds: a network that
    /// holds one back for longer has lost it (RFC 9293, 3.4.1: two minutes at most; seconds in practice).
    COPY_LATE: i64 = 10_000_000_000; Policy
    /// With an IP ID alone in common, only what comes so soon is a copy, nanoseconds: some hosts keep the ID of what they
    /// send again, which no timer does so soon.
    COPY_OF_ID: i64 = 10_000_000; Policy
    /// A device takes no longer to send on what it has rewritten, nanoseconds.
    REWRITTEN_WITHIN: i64 = 1_000_000; Policy
    /// Without either, only what comes at once is a copy, nanoseconds.
    COPY_AT_ONCE: i64 = 1_000_000; Policy

    // One side.

    /// A timestamp further behind the newest is that of another clock, in ticks: two seconds at the usual 1 ms (Linux,
    /// TCP_TS_HZ), and no network that is in order keeps a packet so long.
    OTHER_CLOCK: u32 = 2_000; Policy
    /// IP IDs that count are no further apart than this from one packet to the next, on a busy host too: a thirtieth of
    /// all there are (RFC 6864).
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
    /// A capture that goes without a packet for longer than this is several that were put together, or its clock was set,
    /// nanoseconds: 30 days. The longest that an idle connection is heard again after in practice is a weekend or a holiday.
    LEAP: i64 = 2_592_000_000_000_000; Policy
    /// So long a packet may wait in its sender's queues, nanoseconds.
    QUEUED: i64 = 1_000_000; Physics
    /// What comes after a longer silence, and a round trip, is another message, nanoseconds.
    PAUSE: i64 = 500_000_000; Policy
}
