//! Numbers that a connection starts with (RFC 9293, 3.4.1; `secure_seq.c`): from a secret of the host and the
//! connection's addresses and ports, so that the same connection made again goes on above the old one.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use super::KernelClock;
use super::socket::Pair;
use crate::net::Seq;
use crate::random::Random;
use crate::time::Time;

/// A host's secret: new each time that it starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Secret(u64);

/// Where a connection's numbers begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstNumbers {
    /// ISS
    pub(super) seq: Seq,
    /// Added to the clock in TSval.
    pub(super) timestamp_offset: u32,
}

impl Secret {
    pub(super) fn new(random: &mut Random) -> Self {
        Secret(u64::from(random.u32()) << 32 | u64::from(random.u32()))
    }

    pub(super) fn numbers(self, pair: Pair, clock: KernelClock, now: Time) -> FirstNumbers {
        let mut random = Random::new(self.0, self.mix(pair));
        // ISN = M + F(...): M goes up by one every 64 ns.
        let seq = Seq(random.u32().wrapping_add((clock.nanos(now) >> 6) as u32));
        FirstNumbers { seq, timestamp_offset: random.u32() }
    }

    /// The Fast Open cookie for a client: from its address and the own one.
    pub(super) fn cookie(self, pair: Pair) -> Bytes {
        let hosts =
            Pair { local: SocketAddr::new(pair.local.ip(), 0), remote: SocketAddr::new(pair.remote.ip(), 0) };
        let mut random = Random::new(!self.0, self.mix(hosts));
        let halves = [random.u32(), random.u32()];
        halves.iter().flat_map(|half| half.to_be_bytes()).collect()
    }

    /// The pair as one number.
    fn mix(self, pair: Pair) -> u64 {
        let octets = |address: SocketAddr| {
            let mut all = match address.ip() {
                IpAddr::V4(v4) => v4.octets().to_vec(),
                IpAddr::V6(v6) => v6.octets().to_vec(),
            };
            all.extend(address.port().to_be_bytes());
            all
        };
        // FNV-1a.
        octets(pair.local)
            .into_iter()
            .chain(octets(pair.remote))
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, octet| {
                (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
            })
    }
}
