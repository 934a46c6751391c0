//! The spans and counts by which causes are told apart, each with its reason.

/// No device forgets a connection that was idle for less, nanoseconds: the shortest idle timeouts in use are some seconds.
pub(super) const NO_DEVICE_FORGETS: i64 = 3_000_000_000;
/// What happens to two connections of a listener within this time may have one reason, nanoseconds: the first three repeats
/// of a SYN take as long.
pub(super) const SAME_TROUBLE: i64 = 7_000_000_000;
/// What happens to two connections within this time happened at one moment, nanoseconds.
pub(super) const ONE_MOMENT: i64 = 1_000_000_000;
/// A router gives up to find a host that is down after this, nanoseconds (Linux: three ARP requests, 1 s apart).
pub(super) const ARP_FAILS: i64 = 2_000_000_000;
/// A host needs as long at least to come back, nanoseconds.
pub(super) const RESTART: i64 = 5_000_000_000;
/// The smallest timeout in use, nanoseconds (Linux: TCP_RTO_MIN 200 ms).
pub(super) const LEAST_TIMEOUT: i64 = 190_000_000;
/// A round trip below this says nothing of who answers, nanoseconds: all on the segment is as near.
pub(super) const LEAST_ROUND_TRIP: i64 = 500_000;
/// A kernel answers what reaches it within this time, nanoseconds.
pub(super) const KERNEL_ANSWERS: i64 = 1_000_000;
/// What a filter on the path takes at most to read what passes and to act on it, nanoseconds.
pub(super) const FILTER_READS: i64 = 50_000_000;
/// A request that was sent so long after the FIN had been acknowledged did not cross it, nanoseconds.
pub(super) const CROSSES: i64 = 100_000_000;
/// A process that ends closes all its sockets within this time, nanoseconds.
pub(super) const SAME_DEATH: i64 = 20_000_000;
/// Who closes unasked after so long an idle time does it by a timer, nanoseconds.
pub(super) const IDLE_BY_TIMER: i64 = 30_000_000_000;
/// So many targets in a minute are a scan.
pub(super) const SCAN: usize = 15;
/// A window of no more than so many segments is small: it keeps a sender waiting in every round trip.
pub(super) const FEW_SEGMENTS: u32 = 4;
/// Losses no further apart than so many frames may be of one flight.
pub(super) const NEAR_FRAMES: u32 = 8;
/// So often a flight of several segments is lost as a whole: that is no chance.
pub(super) const WHOLE_FLIGHTS: usize = 5;
/// Data that came no longer ago than this had hardly been read, nanoseconds.
pub(super) const JUST_CAME: i64 = 20_000_000;
/// Who has sent and is not served for so long after the handshake is stuck, nanoseconds: two copies were lost by then.
pub(super) const STUCK: i64 = 600_000_000;
/// A minute, nanoseconds: the time in which the state of a port or host counts as the same.
pub(super) const MINUTE: i64 = 60_000_000_000;
/// The longest usual TIME-WAIT, nanoseconds (RFC 9293, 3.4.2: two MSL of 2 minutes; older Windows).
pub(super) const LONGEST_TIME_WAIT: i64 = 240_000_000_000;
/// TIME-WAIT of the virtual server of Linux (IPVS) and of its connection tracking, nanoseconds.
pub(super) const IPVS_TIME_WAIT: i64 = 120_000_000_000;
/// A copy of a packet behind a translation comes within this time, nanoseconds.
pub(super) const COPY: i64 = 500_000;
/// What a side may have said on the old ports since, bytes: a request or two and its FIN.
pub(super) const SAID_SINCE: i32 = 65_535;
/// Bytes that an acknowledgment may be behind the newest: what was in flight.
pub(super) const BEHIND: u32 = 65_535;
/// The largest window (RFC 7323, 2.3), bytes.
pub(super) const WINDOW: usize = 1 << 30;

/// Idle times after which devices and services forget connections, seconds, shortest first: Azure 240, F5 and others 300, AWS
/// 350, Google VPC 600, Alibaba, Kingsoft and IPVS 900, Google NAT 1,200, Juniper 1,800, Cisco, Palo Alto and Fortinet 3,600,
/// Linux 86,400 and 432,000.
const KNOWN: [i64; 10] = [240, 300, 350, 600, 900, 1_200, 1_800, 3_600, 86_400, 432_000];

/// The largest known limit that an idle time has reached, nanoseconds.
pub(super) fn fitting(idle: i64) -> Option<i64> {
    KNOWN.into_iter().rev().map(|limit| limit * 1_000_000_000).find(|limit| idle >= *limit)
}

/// That limit is no more than two seconds below the idle time: who closes by a timer does it then.
pub(super) fn at_a_limit(idle: i64) -> bool {
    fitting(idle).is_some_and(|limit| idle - limit <= 2_000_000_000)
}

/// It is a whole number of seconds, or of half seconds below three: such are the timeouts that people set. As far off as a
/// program's timers are, one in fifty.
pub(super) fn is_round(span: i64) -> bool {
    let unit = if span < 2_900_000_000 { 500_000_000 } else { 1_000_000_000 };
    let off = (span + unit / 2).rem_euclid(unit) - unit / 2;
    span >= 490_000_000 && off.abs() <= (span / 50).min(unit / 10)
}
