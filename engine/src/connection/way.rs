//! Whether the packets of one side come by the way by which those of the other side go, as far as link-layer addresses tell.

use crate::side::Side;

/// The stations of the first packet of each side.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Way {
    /// From and to which station the first packet went, in 32 bits each, and whose it was.
    stations: [u32; 2],
    first: Option<Side>,
    /// That it went to an address that several share.
    to_shared: bool,
    /// Whether the first of the other side came from another station than that went to, and whether it went to another than that
    /// came from.
    differs: Option<(bool, bool)>,
}

impl Way {
    /// A packet of that side; `stations`: from and to which it went, 0 where that is not known.
    #[inline]
    pub(crate) fn packet(&mut self, from: Side, stations: [u64; 2]) {
        if self.differs.is_some() || stations.contains(&0) {
            return;
        }
        let [came_from, to] = stations.map(|station| (station ^ station >> 32) as u32);
        match self.first {
            None => {
                (self.first, self.stations) = (Some(from), [came_from, to]);
                self.to_shared = is_shared(stations[1]);
            }
            Some(side) if side != from => {
                let [own, next] = self.stations;
                let shared = self.to_shared || is_shared(stations[0]);
                self.differs = (!shared).then_some((came_from != next, to != own));
            }
            Some(_) => {}
        }
    }

    /// Whether the answers come from another station than the packets go to, and to the one that these come from; `None` where
    /// nothing tells. Seen beyond a router both differ: that is another point of the capture.
    pub(crate) fn differs(self) -> Option<bool> {
        self.differs.filter(|(_, to_another)| !to_another).map(|(differs, _)| differs)
    }

    /// Whether they come to another interface, as seen beside the host that has both.
    pub(crate) fn comes_elsewhere(self) -> Option<bool> {
        self.differs.map(|(from_another, to_another)| from_another || to_another)
    }
}

/// An address that several routers share and answer under their own (VRRP: RFC 9568, 7.3; HSRP, GLBP), or of a group.
fn is_shared(station: u64) -> bool {
    let prefix = station >> 8;
    station >> 40 & 1 == 1
        || matches!(prefix, 0x00_00_5e_00_01 | 0x00_00_5e_00_02 | 0x00_00_0c_07_ac)
        || matches!(station >> 12, 0x0_0000_c9ff)
        || station >> 24 == 0x00_07b4
}

#[cfg(test)]
mod tests {
    use super::Way;
    use crate::side::Side::{Client, Server};

    fn of(answer: [u64; 2], router: u64) -> Option<bool> {
        let mut way = Way::default();
        way.packet(Client, [0, 0]);
        way.packet(Client, [0x52_54_00_00_00_01, router]);
        way.packet(Client, [0x52_54_00_00_00_01, 7]);
        way.packet(Server, answer);
        way.differs()
    }

    #[test]
    fn answers_come_the_same_way_or_another() {
        const OWN: u64 = 0x52_54_00_00_00_01;
        assert_eq!(of([9, OWN], 9), Some(false));
        assert_eq!(of([8, OWN], 9), Some(true));
        // Captured at another point, not known, or shared by several routers.
        assert_eq!(of([8, 5], 9), None);
        let mut way = Way::default();
        way.packet(Client, [OWN, 9]);
        way.packet(Server, [8, 5]);
        assert_eq!((way.differs(), way.comes_elsewhere()), (None, Some(true)));
        assert_eq!(of([0, OWN], 9), None);
        for shared in [
            0x00_00_5e_00_01_07,
            0x00_00_5e_00_02_07,
            0x00_00_0c_07_ac_01,
            0x00_00_0c_9f_f0_01,
            0x00_07_b4_00_01_02,
        ] {
            assert_eq!(of([8, OWN], shared), None, "{shared:x}");
        }
        assert_eq!(of([8, OWN], 0x01_00_5e_00_00_01), None);
    }
}
