//! What all that was found amounts to.

pub(crate) mod outcome;
pub mod story;
pub mod summary;
pub mod trace;
pub(crate) mod zeek;
