//! What the simulator knows of a schedule and no capture shows: which packet is which at both ends, who made it, when it
//! was sent and when it came.

// Each test binary uses its part of this.
#![allow(dead_code)]

use std::collections::HashMap;
use std::ops::Not as _;
use std::time::Duration;

use tcpdx_extcap::{CapturePoint, Comments, GenerateOptions, Recording, Scenario};

use super::{Packet, read};

/// The ends of the path, in the order of [`play`].
pub(crate) const ENDS: [CapturePoint; 2] = [CapturePoint::Client, CapturePoint::Server];

/// A frame of a capture at one end, with what is true of the packet in it.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// What the frame shows.
    pub(crate) packet: Packet,
    /// The packet's number, the same at both ends: the how manieth of all that left a host. A copy has the number of
    /// what it is a copy of; nothing if no host has sent it.
    pub(crate) number: Option<u64>,
    /// What it is to who made it, by the word that scenarios have for it: `data`, `abort`, `forged`.
    pub(crate) kind: &'static str,
    /// It leaves the host where it is captured, and does not come to it.
    pub(crate) leaves: bool,
    /// The state of the endpoint here once it has taken or sent it, where that is known.
    pub(crate) state: Option<&'static str>,
    /// When it passed the capture point, since the begin: the time that really passed, whatever the capture's clock said.
    pub(crate) time: Duration,
    /// When its sender sent it, likewise; nothing if no host did.
    pub(crate) sent: Option<Duration>,
    /// When it first came, undamaged, to the host that it is for; nothing if it never did.
    pub(crate) delivered: Option<Duration>,
}

/// A capture at one end. Frame `n` of the capture, as the engine counts, is `frames[n - 1]`.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) capture: Vec<u8>,
    pub(crate) frames: Vec<Frame>,
}

/// What a RST did to the host that it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It ended the connection.
    Ended,
    /// The connection lives on, or had been over before; of TIME-WAIT, too, nothing is lost.
    None,
    /// The host was about to send, or to close: what ended it is not known.
    Unknown,
}

/// There is no connection in this state.
pub(crate) fn is_gone(state: &str) -> bool {
    matches!(state, "CLOSED" | "LISTEN")
}

impl Frame {
    /// It was made on the way, in a host's name.
    pub(crate) fn is_forged(&self) -> bool {
        self.kind == "forged"
    }

    /// It is a RST that a host itself has sent.
    pub(crate) fn is_own_reset(&self) -> bool {
        self.packet.tcp.rst && self.number.is_some()
    }
}

impl End {
    /// The frame with a number, as the engine counts them.
    pub(crate) fn frame(&self, number: u32) -> Option<&Frame> {
        self.frames.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// The packets alone.
    pub(crate) fn packets(&self) -> Vec<Packet> {
        self.frames.iter().map(|frame| frame.packet.clone()).collect()
    }

    /// The numbers of the frames that hold a packet: none if it was not captured here, two if it came twice.
    pub(crate) fn frames_of(&self, number: u64) -> impl Iterator<Item = u32> + '_ {
        (1..).zip(&self.frames).filter(move |(_, frame)| frame.number == Some(number)).map(|(at, _)| at)
    }

    /// What the RST in a frame did to the host here, to which it came.
    pub(crate) fn effect(&self, number: u32) -> Effect {
        let at = number as usize - 1;
        let Some(state) = self.frames[at].state else { return Effect::Unknown };
        let before = self.frames[..at].iter().rev().find_map(|frame| frame.state);
        match before.is_some_and(|before| !is_gone(before) && before != "TIME-WAIT") && is_gone(state) {
            true => Effect::Ended,
            false => Effect::None,
        }
    }

    /// Whether a capture here proves that the claimed sender of a RST had not ended the connection with it: later it
    /// acknowledges what was first sent to it after the RST had come.
    pub(crate) fn proves_life_after(&self, number: u32) -> bool {
        let at = number as usize - 1;
        let sent = self.frames[..at].iter().filter(|frame| frame.leaves && !frame.packet.tcp.rst);
        let edge = sent.map(|frame| end(&frame.packet)).reduce(|a, b| if is_behind(b, a) { b } else { a });
        self.goes_on(at).any(|packet| {
            let tcp = &packet.tcp;
            tcp.ack && edge.is_some_and(|edge| is_behind(tcp.acknowledgment_number, edge))
        })
    }

    /// Whether a capture here proves that the claimed sender of a RST had not aborted with it: then the RST's number would
    /// be behind all that it ever sent, and later something comes from behind that.
    pub(crate) fn disproves_abort(&self, number: u32) -> bool {
        let at = number as usize - 1;
        let reset = self.frames[at].packet.tcp.sequence_number;
        self.proves_life_after(number) || self.goes_on(at).any(|packet| is_behind(end(packet), reset))
    }

    /// No packet of its sender before that frame had come with its TTL: its route has just changed.
    pub(crate) fn is_first_with_its_ttl(&self, number: u32) -> bool {
        let at = number as usize - 1;
        let this = &self.frames[at].packet;
        let same = |frame: &Frame| frame.packet.from == this.from && frame.packet.ttl == this.ttl;
        !self.frames[..at].iter().any(same)
    }

    /// What comes from the host itself in whose name the packet at a place was sent, after that.
    fn goes_on(&self, at: usize) -> impl Iterator<Item = &Packet> {
        let from = self.frames[at].packet.from;
        let later = self.frames[at + 1..].iter().filter(|frame| frame.number.is_some() && !frame.leaves);
        later.map(|frame| &frame.packet).filter(move |packet| packet.from == from && !packet.tcp.rst)
    }
}

/// The number behind a packet's last.
fn end(packet: &Packet) -> u32 {
    let tcp = &packet.tcp;
    tcp.sequence_number.wrapping_add(packet.payload as u32 + u32::from(tcp.syn) + u32::from(tcp.fin))
}

fn is_behind(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) > 0
}

/// Plays a schedule and captures it at both ends.
///
/// It is for schedules without ICMP errors and without packets that only the capture misses: then every frame is a TCP
/// packet, and what does not come in at an end has not come there.
pub(crate) fn play(text: &str, seed: u64) -> [End; 2] {
    let scenario = Scenario::parse("schedule", text).unwrap();
    let mut ends = ENDS.map(|point| {
        let options = GenerateOptions { point, seed, comments: Comments::Off, ..GenerateOptions::default() };
        record(&scenario, &options)
    });
    let mut sent: HashMap<u64, Duration> = HashMap::new();
    let mut delivered: HashMap<u64, Duration> = HashMap::new();
    for frame in ends.iter().flat_map(|end| &end.frames) {
        let Some(number) = frame.number else { continue };
        if frame.leaves {
            sent.insert(number, frame.time);
        } else if frame.packet.intact {
            delivered.entry(number).and_modify(|first| *first = frame.time.min(*first)).or_insert(frame.time);
        }
    }
    for frame in ends.iter_mut().flat_map(|end| &mut end.frames) {
        match frame.number {
            Some(number) => {
                frame.sent = sent.get(&number).copied();
                frame.delivered = delivered.get(&number).copied();
            }
            None => frame.delivered = (frame.leaves || !frame.packet.intact).not().then_some(frame.time),
        }
    }
    ends
}

fn record(scenario: &Scenario, options: &GenerateOptions) -> End {
    let (mut capture, mut truths) = (Vec::new(), Vec::new());
    let mut recording = Recording::new(scenario, options, &mut capture).unwrap();
    while let (Some(time), Some(kind)) = (recording.next_at(), recording.next_kind()) {
        truths.push((time, kind, recording.next_number(), recording.next_leaves(), recording.next_state()));
        recording.write_next().unwrap();
    }
    recording.flush().unwrap();
    drop(recording);
    let packets = read(&capture);
    assert_eq!(packets.len(), truths.len(), "not only TCP");
    let frame = |(packet, (time, kind, number, leaves, state))| Frame {
        packet,
        number,
        kind,
        leaves,
        state,
        time,
        sent: None,
        delivered: None,
    };
    let frames = packets.into_iter().zip(truths).map(frame).collect();
    End { capture, frames }
}
