//! What goes over the wire: sequence numbers, segments, packets, and their bytes.

mod frame;
mod packet;
mod segment;
mod seq;

pub(crate) use frame::{FrameBuilder, Link};
pub(crate) use packet::{Kind, Packet, Reason, Side};
pub(crate) use segment::{Flags, Options, Segment, Timestamps};
pub(crate) use seq::Seq;
