//! The command `tcpdx`.
fn main() {}
