//! What stands in packets.

pub(crate) mod goodbye;
pub(crate) mod http;
pub(crate) mod icmp;
pub mod segment;
pub mod seq;
pub mod tuple;
