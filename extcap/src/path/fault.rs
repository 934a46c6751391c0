//! Faults: which packets they meet, and what they do to them.

use std::time::Duration;

use crate::net::{Flags, Kind, Packet, Side};
use crate::scenario::file;
use crate::time::Time;

/// What a fault does to the packet that it meets.
#[derive(Debug)]
pub(super) enum Effect {
    Drop,
    Delay(Duration),
    Forge(file::Forged),
}

/// A fault of the scenario, and what it has seen so far.
#[derive(Debug)]
pub(super) struct ActiveFault {
    fault: file::Fault,
    /// It has begun.
    begun: bool,
    /// Packets of its kind so far.
    count: u32,
}

impl ActiveFault {
    pub(super) fn new(fault: file::Fault) -> Self {
        ActiveFault { begun: fault.after.is_none(), fault, count: 0 }
    }

    pub(super) fn forges(&self) -> bool {
        self.fault.r#do == file::FaultAction::Inject
    }

    /// What it does to a packet, if it meets it.
    pub(super) fn meets(&mut self, now: Time, from: Side, packet: &Packet) -> Option<Effect> {
        if self.fault.from.is_some_and(|sender| side(sender) != from) {
            return None;
        }
        match self.fault.after {
            Some(file::When::Time(span)) => self.begun = now >= Time::ZERO + span.0,
            Some(file::When::Packet(kind)) if !self.begun => {
                // Behind the packet: that one still passes.
                self.begun = is(kind, packet);
                return None;
            }
            _ => {}
        }
        let over = self.fault.until.is_some_and(|until| now >= Time::ZERO + until.0);
        if !self.begun || over || !is(self.fault.what, packet) {
            return None;
        }
        self.count += 1;
        if self.fault.nth.is_some_and(|nth| nth != self.count) {
            return None;
        }
        Some(match self.fault.r#do {
            file::FaultAction::Drop => Effect::Drop,
            file::FaultAction::Delay => Effect::Delay(self.fault.by.unwrap_or_default().0),
            file::FaultAction::Inject => Effect::Forge(self.fault.forge.clone()?),
        })
    }
}

pub(super) fn side(sender: file::Sender) -> Side {
    match sender {
        file::Sender::Client => Side::Client,
        file::Sender::Server => Side::Server,
    }
}

/// Whether a packet is what a scenario calls so.
fn is(what: file::Packet, packet: &Packet) -> bool {
    let (syn, ack) = (packet.has(Flags::SYN), packet.has(Flags::ACK));
    let (fin, rst, data) = (packet.has(Flags::FIN), packet.has(Flags::RST), packet.segment.len() > 0);
    match what {
        file::Packet::Any => true,
        file::Packet::Syn => syn && !ack,
        file::Packet::SynAck => syn && ack,
        file::Packet::ThirdAck => matches!(packet.reason.kind, Kind::ThirdAck | Kind::ThirdAckAgain),
        file::Packet::Ack => ack && !syn && !fin && !rst && !data,
        file::Packet::Data => data,
        file::Packet::Fin => fin,
        file::Packet::Rst => rst,
    }
}
