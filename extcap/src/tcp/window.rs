//! The receive window (`__tcp_select_window`).

use super::Env;
use super::settings::INITIAL_SPACE;
use super::socket::Socket;
use crate::net::{Flags, Kind};

impl Socket {
    /// The window for the next segment's header; remembers what it promises.
    pub(super) fn select_window(&mut self, flags: Flags) -> u16 {
        let offer = if flags.has(Flags::SYN) { self.receive.window } else { self.window_to_offer() };
        self.receive.window = offer;
        self.receive.told = self.receive.next;
        let scale = if flags.has(Flags::SYN) { 0 } else { self.receive.scale };
        (offer >> scale).min(0xffff) as u16
    }

    /// What is free, in whole units of the scale; never less than was promised before (RFC 9293, 3.8.6.2.2).
    fn window_to_offer(&self) -> u32 {
        let unit = 1 << self.receive.scale;
        let space = INITIAL_SPACE.max(self.receive.threshold);
        let free = space.saturating_sub(self.receive.unread_len).min(self.receive.threshold);
        let least = self.settings.mss.into();
        let offer = if free < least { 0 } else { free.next_multiple_of(unit) };
        offer.max(self.promised().next_multiple_of(unit))
    }

    /// What is left of the window that was told last.
    pub(super) fn promised(&self) -> u32 {
        (self.receive.told + self.receive.window).window_from(self.receive.next)
    }

    /// The application has read: tells the peer if that at least doubles the window (`tcp_cleanup_rbuf`).
    pub(super) fn after_read(&mut self, env: &mut Env<'_>) {
        if self.ack_after_read() {
            self.send_ack(env, false);
        } else if !self.receive.closed {
            let now = self.promised();
            let offer = self.window_to_offer();
            if offer > 0 && now <= self.receive.threshold / 2 && offer >= 2 * now {
                self.send_bare(env, Flags::ACK, Kind::WindowUpdate);
            }
        }
    }

    /// Offers more after a segment of good size (`tcp_grow_window`).
    pub(super) fn grow_window(&mut self, segment_len: u32) {
        self.receive.mss = self.receive.mss.max(segment_len.min(self.settings.mss.into()));
        if segment_len >= 128 && self.receive.mss >= 1000 {
            let grown = self.receive.threshold.saturating_add(2 * self.receive.mss);
            self.receive.threshold = grown.min(self.settings.window_clamp);
        }
    }
}

impl crate::net::Seq {
    /// The octets from `next` up to here; none if `next` is behind.
    fn window_from(self, next: crate::net::Seq) -> u32 {
        if next.before(self) { self - next } else { 0 }
    }
}
