//! A connection for unit tests, packet by packet. The client's first number is 1000, the server's 5000.

use crate::connection::flight::SentPool;
use crate::connection::{Connection, Seen};
use crate::flags::Flags;
use crate::side::Side;
use crate::wire::segment::{Checksum, IpInfo, Options, Segment};
use crate::wire::seq::Seq;
use crate::wire::tuple::Tuple;
use std::net::{IpAddr, Ipv4Addr};

pub(crate) const SYN: u8 = Flags::SYN;
pub(crate) const ACK: u8 = Flags::ACK;
pub(crate) const RST: u8 = Flags::RST;
pub(crate) const FIN: u8 = Flags::FIN;

/// A millisecond, in nanoseconds.
pub(crate) const MS: i64 = 1_000_000;

/// A segment without options.
pub(crate) fn segment(time: i64, flags: u8, seq: u32, ack: u32, len: u32) -> Segment<'static> {
    Segment {
        frame: 0,
        layer: 0,
        time,
        src_port: 0,
        dst_port: 0,
        seq: Seq(seq),
        ack: Seq(ack),
        flags: Flags(flags),
        window: 1000,
        urgent: 0,
        options: Options::default(),
        len,
        payload: &[],
        payload_sum: 0,
        checksum: Checksum::Unknown,
        ip: None,
        link: 0,
        stations: [0; 2],
        malformed: false,
    }
}

/// With that timestamp and echo.
pub(crate) fn ticking(segment: Segment<'static>, tsval: u32, echo: u32) -> Segment<'static> {
    Segment { options: Options { timestamps: Some((tsval, echo)), ..segment.options }, ..segment }
}

/// With that TTL, and no IP ID.
pub(crate) fn with_ttl(segment: Segment<'static>, ttl: u8) -> Segment<'static> {
    Segment { ip: Some(IpInfo { ttl, id: None, ecn: 0 }), ..segment }
}

/// A connection, with what its segments in flight need.
pub(crate) struct Example {
    pub(crate) c: Connection,
    pub(crate) pool: SentPool,
    frame: u32,
}

impl Example {
    /// It begins with `first`, of a client at port 40000 to this port.
    pub(crate) fn at_port(port: u16, first: Segment<'static>) -> Example {
        let host = |last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last));
        let tuple = Tuple::new(host(1), 40_000, host(2), port);
        let first = Segment { frame: 1, ..first };
        let mut example =
            Example { c: Connection::new(0, tuple, &first), pool: SentPool::default(), frame: 0 };
        example.then(Side::Client, first);
        example
    }

    /// A SYN at 0.
    pub(crate) fn syn() -> Example {
        Example::at_port(80, segment(0, SYN, 1000, 0, 0))
    }

    /// A handshake whose ways to server and client, and back, take so long.
    pub(crate) fn handshake(to_server: i64, to_client: i64) -> Example {
        let mut example = Example::syn();
        example.then(Side::Server, segment(to_server, SYN | ACK, 5000, 1001, 0));
        example.then(Side::Client, segment(to_server + to_client, ACK, 1001, 5001, 0));
        example
    }

    /// Takes in what that side sends.
    pub(crate) fn then(&mut self, from: Side, segment: Segment<'static>) -> &mut Example {
        self.frame += 1;
        let segment = Segment { frame: self.frame, ..segment };
        let seen = self.c.see(&segment, from, &self.pool);
        self.c.apply(&seen, &mut self.pool);
        self.c.count(from, false);
        self
    }

    /// Takes in what its receiver refuses.
    pub(crate) fn refused(&mut self, from: Side, segment: Segment<'static>) -> &mut Example {
        self.frame += 1;
        let segment = Segment { frame: self.frame, ..segment };
        let seen = Seen { refused: true, ..self.c.see(&segment, from, &self.pool) };
        self.c.apply(&seen, &mut self.pool);
        self
    }
}
