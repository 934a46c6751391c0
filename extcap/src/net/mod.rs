//! What goes over the wire: sequence numbers, segments, packets, and their bytes.

mod checksum;
mod encapsulation;
mod frame;
mod icmp;
mod options;
mod packet;
mod segment;
mod seq;

pub(crate) use encapsulation::Link;
pub(crate) use frame::{Checksum, FrameBuilder};
pub(crate) use icmp::{Icmp, IcmpError};
pub(crate) use options::OptionOrder;
pub(crate) use packet::{Ecn, Kind, Packet, Reason, Side};
pub(crate) use segment::{Flags, Options, SackBlocks, Segment, Timestamps};
pub(crate) use seq::Seq;
