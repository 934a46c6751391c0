//! Reading captures: from a file to the packets that the diagnosis takes.
//!
//! - [`capture`]: a file or stream of frames, pcap or pcapng, compressed or not
//! - [`trouble`]: what can be wrong with one, in a sentence that says what to do
//! - [`decode`]: from a frame down to its TCP or ICMP packet
//!
//! Nothing is held but the frame at hand and IP fragments that wait for the rest of their datagram.

pub mod capture;
pub mod decode;
mod fragments;
mod ip;
mod layers;
mod link;
mod pcap;
mod pcapng;
pub mod trouble;
mod tunnel;
mod view;

pub use capture::{Capture, Frame};
pub use decode::{Decoder, Sink};
pub use pcap_file::DataLink;
pub use trouble::Trouble;
