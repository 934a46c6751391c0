//! The narrowest link of the path: packets wait in front of it until those before them are through.

use std::collections::VecDeque;

use crate::net::{Packet, Side};
use crate::scenario::units::Rate;
use crate::time::Time;

/// An Ethernet header.
const LINK_HEADER: usize = 14;

#[derive(Debug)]
pub(super) struct Bottleneck {
    rate: Rate,
    /// Packets that may wait.
    room: usize,
    /// When each packet that is in the link or in front of it will be through, by direction.
    leaves: [VecDeque<Time>; 2],
}

impl Bottleneck {
    pub(super) fn new(rate: Rate, room: usize) -> Self {
        Bottleneck { rate, room, leaves: [VecDeque::new(), VecDeque::new()] }
    }

    /// When the packet is through; nothing if there is no room for it (tail drop).
    pub(super) fn cross(&mut self, now: Time, from: Side, packet: &Packet) -> Option<Time> {
        let leaves = &mut self.leaves[from as usize];
        while leaves.pop_front_if(|time| *time <= now).is_some() {}
        if leaves.len() > self.room {
            return None;
        }
        let free = leaves.back().copied().unwrap_or(now);
        let through = free + self.rate.time_of(LINK_HEADER + packet.ip_len());
        leaves.push_back(through);
        Some(through)
    }
}
