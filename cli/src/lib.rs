//! The rooms behind the command `tcpdx`.

pub mod read;
