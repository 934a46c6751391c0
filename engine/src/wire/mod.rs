//! What stands in packets.

pub(crate) mod http;
pub(crate) mod icmp;
pub mod segment;
pub mod seq;
pub(crate) mod tls;
pub mod tuple;
