//! What a middlebox learns from the packets that pass it: enough to speak in a host's name.

use std::net::SocketAddr;

use bytes::Bytes;
use rustc_hash::FxHashMap;

use super::fault::side;
use crate::net::{Ecn, Flags, Kind, Options, Packet, Segment, Seq, Side};
use crate::scenario::file;

/// The next sequence number of each side, by the client's address and port.
#[derive(Debug, Default)]
pub(super) struct FlowWatch(FxHashMap<SocketAddr, [Seq; 2]>);

impl FlowWatch {
    pub(super) fn saw(&mut self, client: SocketAddr, from: Side, segment: &Segment) {
        let next = &mut self.0.entry(client).or_default()[from as usize];
        if segment.has(Flags::SYN) || segment.end().after(*next) {
            *next = segment.end();
        }
    }

    /// A packet in a host's name, and whom it goes to.
    pub(super) fn forge(
        &self,
        client: SocketAddr,
        forged: &file::Forged,
        cause: &Packet,
        from: Side,
    ) -> Option<(Side, Packet)> {
        let numbers = self.0.get(&client)?;
        let claimed = side(forged.r#as);
        let (source, destination) = if claimed == from {
            (cause.source(), cause.destination())
        } else {
            (cause.destination(), cause.source())
        };
        let with_ack = forged.ack || forged.text.is_some();
        let ack = if with_ack { numbers[claimed.other() as usize] } else { Seq(0) };
        let flags = match forged.text {
            Some(_) => Flags::PSH,
            None if forged.syn => Flags::SYN,
            None => Flags::RST,
        };
        let flags = if with_ack { flags | Flags::ACK } else { flags };
        let text = forged.text.as_deref().unwrap_or_default();
        let packet = Packet {
            from: source.ip(),
            to: destination.ip(),
            ttl: forged.ttl,
            id: forged.ip_id,
            dont_fragment: false,
            flow_label: 0,
            ecn: Ecn::Not,
            corrupt: false,
            segment: Segment {
                from_port: source.port(),
                to_port: destination.port(),
                seq: numbers[claimed as usize] + forged.seq_offset as u32,
                ack,
                flags,
                window: forged.window,
                options: Options { mss: forged.syn.then_some(1460), ..Options::default() },
                urgent: 0,
                payload: Bytes::copy_from_slice(text.as_bytes()),
            },
            reason: Kind::Forged.into(),
            fault: None,
            number: 0,
        };
        Some((claimed.other(), packet))
    }
}
