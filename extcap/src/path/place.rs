//! Where on the path something stands: how far it is to both hosts, and how many routers lie between.

use std::time::Duration;

use crate::net::Side;
use crate::scenario::file;

/// A place on a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The part of the path that lies between it and the client.
    part: f64,
    routers: u8,
}

impl Place {
    pub(super) fn new(place: file::Place, routers: u8) -> Self {
        Place { part: place.0, routers }
    }

    /// How long a packet takes from here to a host, of the whole path's delay.
    pub(super) fn delay_to(self, to: Side, whole: Duration) -> Duration {
        let near = whole.mul_f64(self.part);
        match to {
            Side::Client => near,
            Side::Server => whole.saturating_sub(near),
        }
    }

    /// Routers between a host and a device on the link here.
    pub(super) fn routers_to(self, to: Side) -> u8 {
        let near = (f64::from(self.routers) * self.part).floor() as u8;
        match to {
            Side::Client => near,
            Side::Server => self.routers - near,
        }
    }

    /// Routers between a host and the router that stands here.
    pub(super) fn routers_before(self, to: Side) -> u8 {
        if self.routers == 0 {
            return 0;
        }
        let here = ((f64::from(self.routers) * self.part).ceil() as u8).max(1);
        match to {
            Side::Client => here - 1,
            Side::Server => self.routers - here,
        }
    }
}
