//! Reading captures: from a file to the packets that the diagnosis takes.
//!
//! - [`capture`]: a file or stream of frames, pcap, pcapng or snoop, compressed or not
//! - [`trouble`]: what can be wrong with one, in a sentence that says what to do
//! - [`decode`]: from a frame down to its TCP or ICMP packet
//!
//! Nothing is held but the frame at hand and IP fragments that wait for the rest of their datagram.

pub mod capture;
mod compression;
pub mod decode;
mod fields;
mod fragments;
mod ip;
mod layers;
mod link;
mod pcap;
mod pcapng;
mod serial;
mod snoop;
mod tags;
pub mod trouble;
mod tunnel;
mod view;
mod window;
mod wlan;

pub use capture::{Capture, FORMATS, Frame};
pub use decode::{Decoder, Sink, TAGS, TUNNELS};
pub use link::{link_name, link_names};
pub use pcap_file::{DataLink, Endianness};
pub use trouble::Trouble;
