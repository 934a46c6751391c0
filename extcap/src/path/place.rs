//! The ways that packets go, and where on them something stands: how far it is to both hosts, and how many routers lie
//! between.

use std::time::Duration;

use crate::net::Side;
use crate::scenario::file;

/// The way of one side's packets to the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) delay: Duration,
    pub(super) routers: u8,
}

/// A place on a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The part of the path that lies between it and the client.
    part: f64,
    /// The way of each side's packets.
    ways: [Way; 2],
}

impl Place {
    pub(super) fn new(place: file::Place, ways: [Way; 2]) -> Self {
        Place { part: place.0, ways }
    }

    /// How long a packet takes from here to a host.
    pub(super) fn delay_to(self, to: Side) -> Duration {
        self.delay(to, to.other())
    }

    /// How long a host's packet takes to here.
    pub(super) fn delay_from(self, from: Side) -> Duration {
        self.delay(from, from)
    }

    /// From a host to here or back, on the way of that side's packets.
    fn delay(self, host: Side, way: Side) -> Duration {
        let whole = self.ways[way as usize].delay;
        let near = whole.mul_f64(self.part);
        match host {
            Side::Client => near,
            Side::Server => whole.saturating_sub(near),
        }
    }

    /// Routers between a device on the link here and a host.
    pub(super) fn routers_to(self, to: Side) -> u8 {
        let routers = self.ways[to.other() as usize].routers;
        let near = (f64::from(routers) * self.part).floor() as u8;
        match to {
            Side::Client => near,
            Side::Server => routers - near,
        }
    }

    /// Routers between the router that stands here and a host.
    pub(super) fn routers_before(self, to: Side) -> u8 {
        self.routers_beside(to, to.other())
    }

    /// Routers between a host and the router that stands here.
    pub(super) fn routers_behind(self, from: Side) -> u8 {
        self.routers_beside(from, from)
    }

    fn routers_beside(self, host: Side, way: Side) -> u8 {
        let routers = self.ways[way as usize].routers;
        if routers == 0 {
            return 0;
        }
        let here = ((f64::from(routers) * self.part).ceil() as u8).max(1);
        match host {
            Side::Client => here - 1,
            Side::Server => routers - here,
        }
    }
}
