//! TCP as the Linux kernel does it, one phase a file.
//!
//! [`Host`] is the door: packets, timers and the application's calls go in, packets come out. It keeps the table
//! of connections, each entry of which is what the kernel keeps for it at that time: a [`request`](Request) (SYN
//! received, no ACK yet), a [`Socket`], or a [`TimeWait`] that only remembers numbers. `listener` makes requests
//! and sockets of SYNs, `connect` opens actively, `input` and `ack` take segments, `output` sends them,
//! `delayed_ack` and `window` decide on ACKs, `close` and `reset` end, `keepalive` probes, `pmtu` listens
//! to routers.
//!
//! What was sent is in the `flight`. `sack` and `rack` find what of it is lost, `recovery` decides what that means,
//! `retransmit` sends again, `congestion` and `cubic` say how much may be on the way, `persist` asks for a closed
//! window, and `ecn` speaks with routers that mark instead of dropping.
//!
//! Nothing here looks at the clock or at chance but through [`Env`].

mod ack;
mod clock;
mod close;
mod congestion;
mod connect;
mod cubic;
mod delayed_ack;
mod ecn;
mod flight;
mod host;
mod input;
mod keepalive;
mod listener;
mod numbers;
mod output;
mod persist;
mod pmtu;
mod rack;
mod reassembly;
mod recovery;
mod request;
mod reset;
mod retransmit;
mod rtt;
mod sack;
mod settings;
mod socket;
mod time_wait;
mod window;

pub(crate) use clock::KernelClock;
pub(crate) use host::{Host, Key};
pub(crate) use listener::Listening;
pub(crate) use settings::Settings;
pub(crate) use socket::Socket;

use std::collections::VecDeque;

use crate::net::Packet;
use crate::random::Random;
use crate::time::Time;

/// Packets that leave, in order; each goes on alone, and then only a pointer moves.
pub(crate) type Outgoing = VecDeque<Box<Packet>>;

/// What the world lends to an endpoint while it acts.
pub(crate) struct Env<'a> {
    pub(crate) now: Time,
    pub(crate) random: &'a mut Random,
    pub(crate) out: &'a mut Outgoing,
}
