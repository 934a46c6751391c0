//! What needs several crates or a real Wireshark to be tested.
//!
//! - [`abi`]: the C ABI, through bindings made from its header
//! - [`header`]: the header as the sources make it
//! - [`built`]: the library, the command and the Wireshark plugin, built
//! - [`wireshark`]: a private installation of the plugin, and the real tshark on it
//! - [`sharkd`]: one process of Wireshark that opens file after file
//! - [`pdml`]: what tshark shows of a packet
//! - [`corpus`]: captures whose faults are known
//! - [`cases`]: the same, read, for tests of changes to them
//! - [`judge`]: what was told against what must be told
//! - [`traffic`]: the packets of a capture, to be changed and diagnosed
//! - [`variant`]: changes to a capture that leave its diagnoses the same
//! - [`tree`]: another Wireshark than the machine's
//! - [`told`]: what the command and the plugin tell of a capture

pub mod abi;
pub mod built;
pub mod cases;
pub mod corpus;
pub mod header;
pub mod judge;
pub mod pdml;
pub mod sharkd;
pub mod told;
pub mod traffic;
pub mod tree;
pub mod variant;
pub mod wireshark;
