//! What a capture proves, and what is only taken for true until a packet refutes it.

pub mod causality;
pub mod claims;
pub mod receiver;
pub mod rst;
pub(crate) mod store;
pub mod trace;
