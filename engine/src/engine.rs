//! The door: packets in, findings out.

use crate::catalogue::Language;
use crate::findings::Finding;
use crate::segment::{IcmpPacket, Packet};
use crate::summary::{State, Summary, Vantage};

/// What the caller can choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where the capture was taken, when the user knows it; inferred per connection when `None`.
    pub vantage: Option<Vantage>,
}

/// At which look the findings of a frame are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// While the capture is being read for the first time: what this frame is the first to prove.
    First,
    /// After it was read: what is about this frame.
    Later,
}

/// What is known of one TCP (or ICMP error) layer of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameView {
    /// Its connection.
    pub stream: u32,
    /// Client state after this frame.
    pub client_state: State,
    /// Server state after this frame.
    pub server_state: State,
}

/// The diagnosis of one capture.
#[derive(Debug, Default)]
pub struct Engine {
    _settings: Settings,
}

impl Engine {
    /// A new engine for one capture.
    #[must_use]
    pub fn new(settings: Settings) -> Engine {
        Engine { _settings: settings }
    }

    /// Takes in one TCP packet, in file order. Returns its connection, or `None` when too little of its
    /// header was captured to tell.
    pub fn packet(&mut self, _packet: &Packet<'_>) -> Option<u32> {
        None
    }

    /// Takes in one ICMP or ICMPv6 packet, in file order. Returns the connection that it quotes, if
    /// it is an error about a TCP connection of this capture.
    pub fn icmp(&mut self, _packet: &IcmpPacket<'_>) -> Option<u32> {
        None
    }

    /// How many connections there are; their numbers are `0..connections()`.
    #[must_use]
    pub fn connections(&self) -> u32 {
        0
    }

    /// The connection and the states after one frame. `None` for what was never taken in.
    #[must_use]
    pub fn frame(&self, _frame: u32, _layer: u8) -> Option<FrameView> {
        None
    }

    /// The findings of one frame, most severe first.
    #[must_use]
    pub fn findings_at(&self, _frame: u32, _layer: u8, _look: Look) -> Vec<Finding> {
        Vec::new()
    }

    /// Findings about other frames that this frame was the first to prove (for "see frame N").
    #[must_use]
    pub fn proved_by(&self, _frame: u32, _layer: u8) -> Vec<Finding> {
        Vec::new()
    }

    /// All findings of one connection, by subject frame.
    #[must_use]
    pub fn findings_of(&self, _stream: u32) -> Vec<Finding> {
        Vec::new()
    }

    /// All findings of the capture, by subject frame.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// The connection as a whole. `None` when there is no such connection.
    #[must_use]
    pub fn summary(&self, _stream: u32, _language: Language) -> Option<Summary> {
        None
    }
}
