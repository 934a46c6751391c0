//! What the engine tells of a generated capture.

// Each test binary uses its part of this.
#![allow(dead_code)]

use std::collections::BTreeSet;
use std::net::IpAddr;

use tcpdx_cli::read::{Capture, Decoder, Sink};
use tcpdx_engine::{Engine, IcmpPacket, Packet, Settings};

/// What no packet can show that was lost, late or doubled: that somebody changed or forbade something.
pub(crate) const ACCUSATIONS: &[&str] = &[
    "capture.malformed",
    "flow.window_scale_mismatch",
    "flow.window_shrunk",
    "flow.zero_window",
    "handshake.bad_option",
    "handshake.odd_flags",
    "handshake.option_missing",
    "handshake.wrong_ack",
    "loss.conflicting_data",
    "loss.corrupted",
    "loss.impossible_ack",
    "path.idle_state_lost",
    "path.pmtu_black_hole",
];

/// The engine after it has seen a capture.
pub(crate) fn engine(capture: &[u8]) -> Engine {
    let mut engine = Engine::new(Settings::default());
    decode(capture, &mut engine);
    engine
}

/// Reads a capture as the command does.
pub(crate) fn decode(capture: &[u8], sink: &mut impl Sink) {
    let mut decoder = Decoder::new();
    let reader = Box::new(std::io::Cursor::new(capture.to_vec()));
    let mut capture = Capture::from_reader(reader).unwrap();
    capture.read(|frame| assert!(decoder.decode(frame, sink), "{:?}", frame.link_type)).unwrap();
}

/// The ids of all that it tells, each once.
pub(crate) fn ids(capture: &[u8]) -> BTreeSet<String> {
    engine(capture).findings().iter().map(|finding| finding.diagnosis.id().to_owned()).collect()
}

/// All that it tells, with frame and numbers, in order.
pub(crate) fn findings(capture: &[u8]) -> Vec<String> {
    let mut all: Vec<String> = engine(capture)
        .findings()
        .iter()
        .map(|f| {
            format!("{} {} {}", f.subject, f.diagnosis.id(), f.message(tcpdx_engine::Language::default()))
        })
        .collect();
    all.sort();
    all
}

/// How many packets there are, if the checksum of each is right.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    pub(crate) tcp: usize,
    pub(crate) icmp: usize,
    pub(crate) wrong: Vec<u32>,
}

impl Sink for Checked {
    fn tcp(&mut self, packet: &Packet<'_>) {
        self.tcp += 1;
        if !sums_up(Some((packet.src, packet.dst, 6)), packet.bytes) {
            self.wrong.push(packet.frame);
        }
    }

    fn icmp(&mut self, packet: &IcmpPacket<'_>) {
        self.icmp += 1;
        if !sums_up(packet.v6.then_some((packet.src, packet.dst, 58)), packet.bytes) {
            self.wrong.push(packet.frame);
        }
    }
}

pub(crate) fn checked(capture: &[u8]) -> Checked {
    let mut checked = Checked::default();
    decode(capture, &mut checked);
    checked
}

/// The Internet checksum (RFC 1071): everything, the checksum included, adds up to all ones.
fn sums_up(pseudo_header: Option<(IpAddr, IpAddr, u8)>, bytes: &[u8]) -> bool {
    let mut all = Vec::new();
    if let Some((from, to, protocol)) = pseudo_header {
        for address in [from, to] {
            match address {
                IpAddr::V4(v4) => all.extend(v4.octets()),
                IpAddr::V6(v6) => all.extend(v6.octets()),
            }
        }
        all.extend((bytes.len() as u32).to_be_bytes());
        all.extend([0, protocol]);
    }
    all.extend(bytes);
    let word = |pair: &[u8]| u64::from(pair[0]) << 8 | u64::from(*pair.get(1).unwrap_or(&0));
    let mut sum: u64 = all.chunks(2).map(word).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum == 0xffff
}
