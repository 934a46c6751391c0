//! What all that was found amounts to.

pub mod story;
pub mod summary;
pub(crate) mod zeek;
