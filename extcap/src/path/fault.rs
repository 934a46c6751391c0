//! Faults: which packets they meet, and what they do to them.

use std::time::Duration;

use toml::Spanned;

use crate::net::{Flags, Kind, Options, Packet, Side};
use crate::random::Random;
use crate::scenario::file;
use crate::time::Time;

/// What a fault does to the packet that it meets.
#[derive(Debug)]
pub(super) enum Effect {
    Drop,
    Delay(Duration),
    /// Arrives once more, so much later.
    Duplicate(Duration),
    Corrupt,
    Mark,
    Forge(file::Forged),
    /// Answers it, as if it had come at that time.
    Reject(file::Rejection, Time),
    ClampMss(u16),
    Strip(Vec<file::TcpOption>),
    Limit {
        mtu: u16,
        silent: bool,
    },
}

/// A fault of the scenario, and what it has seen so far.
#[derive(Debug)]
pub(super) struct ActiveFault {
    fault: file::Fault,
    /// It has begun.
    begun: bool,
    /// Packets of its kind so far.
    count: u32,
    random: Random,
    /// When those that wait for an answer get it.
    answers: Time,
}

impl ActiveFault {
    pub(super) fn new(fault: file::Fault, random: Random) -> Self {
        ActiveFault { begun: fault.after.is_none(), fault, count: 0, random, answers: Time::ZERO }
    }

    pub(super) fn forges(&self) -> bool {
        self.fault.r#do == file::FaultAction::Inject
    }

    pub(super) fn place(&self) -> file::Place {
        self.fault.at
    }

    /// What it does to a packet, if it meets it.
    pub(super) fn meets(&mut self, now: Time, from: Side, packet: &Packet) -> Option<Effect> {
        if self.fault.r#do == file::FaultAction::Miss || !self.names(now, from, packet) {
            return None;
        }
        let fault = &self.fault;
        Some(match fault.r#do {
            file::FaultAction::Drop => Effect::Drop,
            file::FaultAction::Delay => Effect::Delay(fault.by.unwrap_or_default().0),
            file::FaultAction::Duplicate => Effect::Duplicate(fault.by.unwrap_or_default().0),
            file::FaultAction::Corrupt => Effect::Corrupt,
            file::FaultAction::Mark => Effect::Mark,
            file::FaultAction::Inject => Effect::Forge(fault.forge.clone()?),
            file::FaultAction::Reject => {
                if self.answers <= now {
                    self.answers = now + fault.wait.unwrap_or_default().0;
                }
                Effect::Reject(fault.with?, self.answers)
            }
            file::FaultAction::ClampMss => Effect::ClampMss(fault.mss?),
            file::FaultAction::Strip => Effect::Strip(fault.options.clone()),
            file::FaultAction::Limit => Effect::Limit { mtu: fault.mtu?, silent: fault.silent },
            file::FaultAction::Miss => return None,
        })
    }

    /// Whether it is about a packet; counts those that are of its kind.
    fn names(&mut self, now: Time, from: Side, packet: &Packet) -> bool {
        if self.fault.from.is_some_and(|sender| side(sender) != from) {
            return false;
        }
        match self.fault.after {
            Some(file::When::Time(span)) => self.begun = now >= Time::ZERO + span.0,
            Some(file::When::Packet(kind)) if !self.begun => {
                // Behind the packet: that one still passes.
                self.begun = is(kind, packet);
                return false;
            }
            _ => {}
        }
        let over = self.fault.until.is_some_and(|until| now >= Time::ZERO + until.0);
        if !self.begun || over || !is(self.fault.what, packet) {
            return false;
        }
        self.count += 1;
        self.fault.nth.is_none_or(|nth| nth == self.count)
            && self.fault.every.is_none_or(|every| self.count.is_multiple_of(every))
            && self.fault.chance.is_none_or(|chance| self.random.happens(chance.0))
    }
}

/// What the capture does not see, though it passes.
#[derive(Debug, Default)]
pub(crate) struct Missed([Vec<ActiveFault>; 2]);

impl Missed {
    pub(crate) fn new(faults: &[Spanned<file::Fault>], seed: u64) -> Self {
        let active = |fault| ActiveFault::new(fault, Random::new(seed, 11));
        let at = |point: file::Sender| {
            let missing = |fault: &&file::Fault| {
                fault.r#do == file::FaultAction::Miss && fault.point.is_none_or(|only| only == point)
            };
            faults.iter().map(Spanned::get_ref).filter(missing).cloned().map(active).collect()
        };
        Missed([at(file::Sender::Client), at(file::Sender::Server)])
    }

    /// Whether the capture point at a host misses a packet.
    pub(crate) fn meets(&mut self, now: Time, at: Side, from: Side, packet: &Packet) -> bool {
        self.0[at as usize].iter_mut().any(|fault| fault.names(now, from, packet))
    }
}

/// Takes options out of a segment.
pub(super) fn strip(options: &mut Options, what: &[file::TcpOption]) {
    for option in what {
        match option {
            file::TcpOption::Mss => options.stripped.mss |= options.mss.take().is_some(),
            file::TcpOption::Sack => {
                options.stripped.sack_permitted |= std::mem::take(&mut options.sack_permitted);
            }
            file::TcpOption::Timestamps => options.stripped.timestamps |= options.timestamps.take().is_some(),
            file::TcpOption::WindowScale => {
                options.stripped.window_scale |= options.window_scale.take().is_some();
            }
        }
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
        file::Packet::Resend => (data || fin) && packet.reason.kind.repeats(),
        file::Packet::Fin => fin,
        file::Packet::Rst => rst,
    }
}
