//! Changes to a capture that leave its diagnoses the same, or add none.
//!
//! - [`numbers`]: sequence numbers that wrap, and the clock
//! - [`hosts`]: other addresses and ports, IPv6 for IPv4, and traffic of others
//! - [`frames`]: encapsulation, and files
//! - [`flaws`]: packets that the capture misses, and packets out of order
//! - [`segments`]: segments split, merged and captured twice
//! - [`header`]: rewriting headers so that their checksums stay as right, or as wrong, as they were

pub mod flaws;
pub mod frames;
pub mod header;
pub mod hosts;
pub mod numbers;
pub mod segments;
