//! Addresses and ports.

use std::net::{IpAddr, SocketAddr};

/// A host's address and port, in 20 bytes where [`SocketAddr`] takes 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Socket {
    /// The address.
    pub ip: IpAddr,
    /// The port.
    pub port: u16,
}

impl From<Socket> for SocketAddr {
    fn from(socket: Socket) -> SocketAddr {
        SocketAddr::new(socket.ip, socket.port)
    }
}

/// One direction's 4-tuple, in the order in which it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tuple {
    /// Who sends.
    pub src: Socket,
    /// Who receives.
    pub dst: Socket,
}

impl Tuple {
    /// Both sides are the same host.
    #[must_use]
    pub fn is_on_one_host(&self) -> bool {
        let (src, dst) = (self.src.ip, self.dst.ip);
        src == dst || src.is_loopback() && dst.is_loopback()
    }

    /// Side addresses and ports.
    #[must_use]
    pub fn new(src: IpAddr, src_port: u16, dst: IpAddr, dst_port: u16) -> Tuple {
        Tuple { src: Socket { ip: src, port: src_port }, dst: Socket { ip: dst, port: dst_port } }
    }

    /// The same connection seen from the other side.
    #[must_use]
    pub fn reversed(self) -> Tuple {
        Tuple { src: self.dst, dst: self.src }
    }

    /// The same for both directions. The ports come first: they mostly decide, and are quick to compare.
    pub(crate) fn canonical(self) -> Tuple {
        let order = |s: Socket| (s.port, s.ip);
        if order(self.src) <= order(self.dst) { self } else { self.reversed() }
    }
}
