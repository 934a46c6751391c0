//! What a capture proves, and what is only taken for true until a packet refutes it.

pub mod claims;
pub mod rst;
pub(crate) mod store;
