//! The receive window: what is offered, and how it grows (`__tcp_select_window`, `tcp_grow_window`,
//! `tcp_rcv_space_adjust`).
//!
//! Linux counts what the buffers of arrived segments cost, not their octets. Which part of that is data is the
//! connection's *ratio*; it is a half until the first large segment shows the true one.

use std::collections::VecDeque;
use std::time::Duration;

use super::Env;
use super::settings::Settings;
use super::socket::Socket;
use crate::net::{Flags, Kind, Segment};
use crate::time::Time;

/// What a segment's buffer costs besides its octets: headers and the kernel's own records.
const HEADERS: u32 = 480;
const RECORD: u32 = 256;
/// Ratios are in parts of this.
const WHOLE: u64 = 256;

/// The receive buffer of one connection.
#[derive(Debug)]
pub(super) struct Buffer {
    /// What all buffers together may cost (`sk_rcvbuf`).
    size: u32,
    /// The application has chosen the size.
    fixed: bool,
    largest: u32,
    ratio: u32,
    /// What they cost now (`sk_rmem_alloc`).
    used: u32,
    /// No more than this is ever offered (`window_clamp`).
    clamp: u32,
    /// No more than this is offered until data shows that it comes in useful sizes (`rcv_ssthresh`).
    pub(super) threshold: u32,
    /// What is there to read: octets and cost of each segment.
    unread: VecDeque<(u32, u32)>,
    measured: Measured,
}

/// What has come and was not read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unread {
    pub(super) octets: u32,
    /// How far behind RCV.NXT data has come.
    pub(super) early: u32,
    /// The window that was told last.
    pub(super) window: u32,
}

/// How fast the application reads, and how long the path is: twice that much is worth offering.
#[derive(Debug, Default)]
struct Measured {
    /// Octets that the application read in the last round trip.
    space: u32,
    /// Octets read so far, now and when the round trip began.
    read: u32,
    read_then: u32,
    since: Time,
    /// Eight times the round-trip time as the receiver sees it, in µs.
    rtt: u64,
    last_echo: u32,
}

impl Buffer {
    /// The buffer of a connection that has offered `window` in its handshake.
    pub(super) fn new(settings: &Settings, window: u32) -> Self {
        let size = settings.receive_buffer;
        Buffer {
            size,
            fixed: settings.receive_buffer_fixed,
            largest: settings.receive_buffer_max,
            ratio: 128,
            used: 0,
            clamp: size / 2,
            threshold: window,
            unread: VecDeque::new(),
            measured: Measured::default(),
        }
    }

    /// The handshake is over (`tcp_init_buffer_space`).
    pub(super) fn connected(&mut self, now: Time, mss: u32, window: u32, scale: u8) {
        let whole = self.octets(self.size);
        self.clamp = whole.min(65_535 << scale);
        if self.clamp > 2 * mss && self.clamp + mss > whole {
            self.clamp = (2 * mss).max(whole - mss);
        }
        self.threshold = self.threshold.min(self.clamp);
        self.measured.space = self.threshold.min(window).min(10 * mss);
        self.measured.since = now;
    }

    /// Another system than Linux opens its window at once.
    pub(super) fn offer(&mut self, window: u32) {
        self.size = self.size.max(window.saturating_mul(2));
        self.clamp = self.clamp.max(window);
        self.threshold = window;
    }

    /// The octets of data for which a buffer of this cost has room.
    fn octets(&self, cost: u32) -> u32 {
        (u64::from(cost) * u64::from(self.ratio) / WHOLE) as u32
    }

    fn free(&self) -> u32 {
        self.octets(self.size.saturating_sub(self.used))
    }

    /// A segment is kept, in order or not.
    pub(super) fn take(&mut self, len: u32) -> u32 {
        let cost = cost(len);
        self.used += cost;
        cost
    }

    /// Whether there is no place for it (`tcp_try_rmem_schedule`).
    pub(super) fn is_full(&self) -> bool {
        self.used > self.size
    }

    /// The application can read it.
    pub(super) fn ready(&mut self, len: u32, cost: u32) {
        self.unread.push_back((len, cost));
    }

    /// Its octets were there already.
    pub(super) fn give_back(&mut self, cost: u32) {
        self.used = self.used.saturating_sub(cost);
    }

    /// The application reads at most so many of what is there; how many it got.
    pub(super) fn read(&mut self, now: Time, most: u32, there: Unread) -> u32 {
        let mut count = 0;
        while let Some((len, cost)) = self.unread.front_mut() {
            let part = (*len).min(most - count);
            count += part;
            *len -= part;
            let rest = *len;
            if rest == 0 {
                self.used = self.used.saturating_sub(*cost);
                self.unread.pop_front();
            }
            self.measured.read = self.measured.read.wrapping_add(part);
            self.autotune(now, Unread { octets: there.octets - count, ..there });
            if rest > 0 {
                break;
            }
        }
        count
    }

    pub(super) fn nothing_unread(&self) -> bool {
        self.unread.is_empty()
    }

    /// The largest segment so far shows what share of a buffer is data (`tcp_measure_rcv_mss`).
    fn learn_ratio(&mut self, len: u32, window: u32) {
        let ratio = (u64::from(len) * WHOLE / u64::from(cost(len))).max(1) as u32;
        if ratio == self.ratio {
            return;
        }
        self.ratio = ratio;
        self.set_clamp(self.octets(self.size), window);
        self.measured.space = self.measured.space.min(self.clamp);
    }

    fn set_clamp(&mut self, clamp: u32, window: u32) {
        if clamp < self.clamp {
            self.threshold = self.threshold.min(clamp);
        } else {
            self.threshold = self.threshold.max(window.min(clamp));
        }
        self.clamp = clamp;
    }

    /// Offers more after a segment of good size (`tcp_grow_window`). True if it does.
    fn grow(&mut self, len: u32, mss: u32) -> bool {
        let room = self.clamp.min(self.free()).saturating_sub(self.threshold);
        if room == 0 || len < 128 {
            return false;
        }
        let step = if self.octets(cost(len)) <= len { 2 * mss } else { self.modest_step(len, mss) };
        if step == 0 {
            return false;
        }
        self.threshold += room.min(step.max(2 * len));
        true
    }

    /// Segments that cost too much for their octets are welcome only while there is much room (`__tcp_grow_window`).
    fn modest_step(&self, len: u32, mss: u32) -> u32 {
        let mut cost = self.octets(cost(len)) >> 1;
        let mut window = self.octets(self.largest) >> 1;
        while self.threshold <= window {
            if cost <= len {
                return 2 * mss;
            }
            cost >>= 1;
            window >>= 1;
        }
        0
    }

    /// The receiver's own measure of the round trip, from echoed timestamps.
    fn measure_rtt(&mut self, echo: u32, elapsed_ms: u32) {
        if self.measured.last_echo == echo {
            return;
        }
        self.measured.last_echo = echo;
        let sample = u64::from(elapsed_ms.max(1)) * 1000;
        let rtt = &mut self.measured.rtt;
        // The least counts at once, more only little by little.
        let slow = *rtt - (*rtt >> 3) + sample;
        *rtt = if *rtt == 0 || sample << 3 < *rtt { sample << 3 } else { slow };
    }

    /// Once a round trip: the buffer follows the application's appetite.
    fn autotune(&mut self, now: Time, unread: Unread) {
        let measured = &mut self.measured;
        let rtt = Duration::from_micros(measured.rtt >> 3);
        if rtt.is_zero() || now - measured.since < rtt {
            return;
        }
        let read = measured.read.wrapping_sub(measured.read_then);
        measured.read_then = measured.read;
        measured.since = now;
        let before = measured.space.max(1);
        let read = read.saturating_sub(unread.octets);
        if read <= before {
            return;
        }
        measured.space = read;
        let doubled = 2 * u64::from(read);
        let faster = 2 * (doubled * u64::from(read - before) / u64::from(before));
        self.enlarge(doubled + faster + u64::from(unread.early), unread.window);
    }

    /// Data behind a gap must not fill the buffer: it grows with it (`tcp_data_queue_ofo`).
    pub(super) fn make_room(&mut self, early: u32, window: u32) {
        self.enlarge(2 * u64::from(self.measured.space) + u64::from(early), window);
    }

    /// Makes the buffer large enough for such a window.
    fn enlarge(&mut self, wanted: u64, window: u32) {
        if self.fixed {
            return;
        }
        let size = (wanted * WHOLE / u64::from(self.ratio)).min(self.largest.into()) as u32;
        if size > self.size {
            self.size = size;
            self.set_clamp(self.octets(size), window);
        }
    }
}

/// What the buffer of a segment costs: headers and data in a block of a power of two, and its record.
fn cost(len: u32) -> u32 {
    (len + HEADERS).next_power_of_two().max(512) + RECORD
}

/// The next number that a window field with this scale can tell.
fn round_up(octets: u32, scale: u8) -> u32 {
    let rest = (1 << scale) - 1;
    (octets + rest) & !rest
}

impl Socket {
    /// The window for the next segment's header; remembers what it promises.
    pub(super) fn select_window(&mut self, flags: Flags) -> u16 {
        let syn = flags.has(Flags::SYN);
        let offer = if syn { self.receive.window } else { self.window_to_offer() };
        self.receive.window = offer;
        self.receive.told = self.receive.next;
        let scale = if syn { 0 } else { self.receive.scale };
        (offer >> scale).min(0xffff) as u16
    }

    /// Never less than was promised before (RFC 9293, 3.8.6.2.2).
    fn window_to_offer(&mut self) -> u32 {
        self.window_wanted().max(round_up(self.promised(), self.receive.scale))
    }

    /// What there is room for, without silly small steps (RFC 9293, 3.8.6.2.2).
    pub(super) fn window_wanted(&mut self) -> u32 {
        let buffer = &self.receive.buffer;
        let allowed = buffer.octets(buffer.size);
        let full = buffer.clamp.min(allowed);
        let mss = self.receive.mss.min(full);
        let mut free = buffer.free();
        let scale = self.receive.scale;
        if free < full / 2 {
            self.delayed_ack.no_quick_acks();
            free = free >> scale << scale;
            if free < allowed >> 4 || free < mss {
                return 0;
            }
        }
        let free = free.min(buffer.threshold);
        if scale > 0 {
            return round_up(free, scale);
        }
        let window = self.receive.window;
        if mss == 0 {
            0
        } else if window.saturating_add(mss) <= free || window > free {
            free / mss * mss
        } else if mss == full && free > window + full / 2 {
            free
        } else {
            window
        }
    }

    /// What is left of the window that was told last.
    pub(super) fn promised(&self) -> u32 {
        let end = self.receive.told + self.receive.window;
        if self.receive.next.before(end) { end - self.receive.next } else { 0 }
    }

    /// Data has come: sizes and round trip are learned, and more may be offered.
    pub(super) fn learn_from(&mut self, now: Time, segment: &Segment) {
        let (len, window) = (segment.len(), self.receive.window);
        self.see_round_trip(now, segment);
        let last = std::mem::take(&mut self.receive.last_small);
        if len >= self.receive.mss {
            if len != self.receive.mss {
                self.receive.buffer.learn_ratio(len, window);
            }
            self.receive.mss = len.min(self.receive.most);
            if segment.has(Flags::PSH) {
                self.delayed_ack.saw_push();
            }
            return;
        }
        // A sender that has changed to smaller segments: two of the same size are its new full size.
        if len >= 536 || len >= 88 && !segment.has(Flags::PSH) && !segment.has(Flags::FIN) {
            if len == last {
                self.receive.mss = len;
                return;
            }
            self.receive.last_small = len;
        }
        self.delayed_ack.saw_small();
    }

    /// A segment of good size earns a larger window, and a quick ACK to tell of it.
    pub(super) fn grow_window(&mut self, len: u32) {
        if self.receive.buffer.grow(len, self.receive.most) {
            self.delayed_ack.one_quick_ack();
        }
    }

    fn see_round_trip(&mut self, now: Time, segment: &Segment) {
        if let Some(timestamps) = segment.options.timestamps.filter(|t| self.timestamps.on && t.echo != 0)
            && segment.len() >= self.receive.mss
        {
            let elapsed = self.timestamps.value(self.clock, now).wrapping_sub(timestamps.echo);
            self.receive.buffer.measure_rtt(timestamps.echo, elapsed);
        }
    }

    /// The application has read: tells the peer if that at least doubles the window (`tcp_cleanup_rbuf`).
    pub(super) fn after_read(&mut self, env: &mut Env<'_>) {
        if self.ack_after_read() {
            self.send_ack(env, false);
        } else if !self.receive.closed {
            let now = self.promised();
            if 2 * now <= self.receive.buffer.clamp {
                let offer = self.window_wanted();
                if offer > 0 && offer >= 2 * now {
                    self.send_bare(env, Flags::ACK, Kind::WindowUpdate);
                }
            }
        }
    }
}
