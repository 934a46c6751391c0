//! What a capture lacks, and what several routes change, is laid at nobody's door: captures that begin late, hold one
//! direction, miss packets, or were taken behind balanced routes.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{read, schedule, table, told};
use proptest::prelude::*;
use std::net::IpAddr;
use tcpdx_cli::read::Sink;
use tcpdx_engine::{Certainty, Engine, Finding, IcmpPacket, Packet, Settings, Severity};
use tcpdx_extcap::{CapturePoint, Comments, GenerateOptions};

/// What no packet shows where hosts only talk and close, whatever the capture lacks of it.
const OF_HOSTS: &[&str] = &[
    "handshake.answered_by_ack",
    "handshake.rejected",
    "handshake.reset_after_accept",
    "handshake.server_never_established",
    "handshake.split",
    "handshake.syn_flood",
    "handshake.syn_on_live_connection",
    "handshake.synack_changed",
    "reset.abort",
    "reset.by_middlebox",
    "reset.injected",
    "reset.keepalive_timeout",
    "reset.no_such_connection",
    "reset.retransmission_timeout",
    "loss.sack_invalid",
];

/// What becomes of a capture.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// It begins with this packet.
    Late(usize),
    /// It holds only what the client, or the server, sends.
    OneSided { client: bool },
    /// So many packets of a hundred are missing.
    Thinned(u64),
    /// Packets come by one of two routes, with so many routers more.
    Balanced(u8),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (1..40usize).prop_map(Change::Late),
        any::<bool>().prop_map(|client| Change::OneSided { client }),
        (1..30u64).prop_map(Change::Thinned),
        (1..6u8).prop_map(Change::Balanced),
    ]
}

/// Takes a changed capture in.
struct Changed {
    engine: Engine,
    change: Change,
    client: IpAddr,
    packets: usize,
}

impl Changed {
    /// The same each time, and nothing that the packets know of.
    fn chance(&self) -> u64 {
        (self.packets as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
    }

    fn keeps(&self, from: IpAddr) -> bool {
        match self.change {
            Change::Late(first) => self.packets > first,
            Change::OneSided { client } => client == (from == self.client),
            Change::Thinned(percent) => self.chance() % 100 >= percent,
            Change::Balanced(_) => true,
        }
    }
}

impl Sink for Changed {
    fn tcp(&mut self, packet: &Packet<'_>) {
        self.packets += 1;
        if !self.keeps(packet.src) {
            return;
        }
        let mut packet = *packet;
        if let (Change::Balanced(routers), Some(ip)) = (self.change, &mut packet.ip)
            && ip.ttl < 64
            && self.chance().is_multiple_of(2)
        {
            ip.ttl -= routers;
        }
        self.engine.packet(&packet);
    }

    fn icmp(&mut self, packet: &IcmpPacket<'_>) {
        self.engine.icmp(packet);
    }
}

fn changed(capture: &[u8], change: Change) -> Vec<Finding> {
    let client = read(capture)[0].from.ip();
    let mut sink = Changed { engine: Engine::new(Settings::default()), change, client, packets: 0 };
    told::decode(capture, &mut sink);
    sink.engine.findings()
}

fn accuses_nobody(part: u64, point: CapturePoint) {
    proptest!(schedule::config(1_500, part), |(talk in schedule::talk(), seed in any::<u64>(), change in change())| {
        let options = GenerateOptions { point, seed, comments: Comments::Off, ..GenerateOptions::default() };
        let capture = common::capture(&talk, &options);
        // A guess is called a guess: of two copies that the path has made, the capture may lack the first.
        let is_wrong = |finding: &&Finding| {
            let id = finding.diagnosis.id();
            finding.severity > Severity::Note
                && !(id == "loss.impossible_ack" && finding.certainty == Certainty::Likely)
                && (told::ACCUSATIONS.contains(&id) || OF_HOSTS.contains(&id))
        };
        let findings = changed(&capture, change);
        let accusation = findings.iter().find(is_wrong);
        prop_assert!(accusation.is_none(), "{change:?}: {accusation:?}\n{}", table(&read(&capture)));
    });
}

#[test]
fn a_capture_that_lacks_packets_accuses_nobody_at_the_client() {
    accuses_nobody(1, CapturePoint::Client);
}

#[test]
fn a_capture_that_lacks_packets_accuses_nobody_at_the_server() {
    accuses_nobody(2, CapturePoint::Server);
}
