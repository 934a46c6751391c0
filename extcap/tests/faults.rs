//! Whatever the path does, the endpoints stay endpoints.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::HashMap;
use std::net::SocketAddr;

use common::{Packet, capture, read};
use proptest::prelude::*;
use tcpdx_extcap::{CapturePoint, GenerateOptions};

/// A request of 5000 bytes, a response of 40000, and a close from the client.
const EXCHANGE: &str = r#"
title.en = "an exchange on a bad path"
[client]
step = [
    { do = "connect" }, { do = "send", bytes = 5000 }, { do = "receive", bytes = 40000 }, { do = "close" },
]
[server]
port = 9000
step = [
    { do = "listen" }, { do = "accept" }, { do = "receive", bytes = 5000 }, { do = "send", bytes = 40000 },
    { do = "receive", until_closed = true }, { do = "close" },
]
"#;

/// A single packet that is lost or late, as a table of a scenario.
fn fault() -> impl Strategy<Value = String> {
    let sender = prop_oneof![Just("client"), Just("server")];
    let what = prop_oneof![
        Just("any"),
        Just("syn"),
        Just("syn-ack"),
        Just("third-ack"),
        Just("ack"),
        Just("data"),
        Just("fin")
    ];
    let harm = prop_oneof![
        Just("do = \"drop\"".to_owned()),
        (1..900u32).prop_map(|ms| format!("do = \"delay\"\nby = \"{ms}ms\"")),
    ];
    (sender, what, 1..12u32, harm).prop_map(|(sender, what, nth, harm)| {
        format!("[[path.fault]]\nfrom = \"{sender}\"\nwhat = \"{what}\"\nnth = {nth}\n{harm}\n")
    })
}

fn packets(text: &str, seed: u64) -> Vec<Packet> {
    let options = GenerateOptions { seed, point: CapturePoint::Both, ..GenerateOptions::default() };
    read(&capture(text, &options))
}

/// What one side has told the other, as that one's card has seen it.
#[derive(Default, Clone, Copy)]
struct Told {
    scale: u8,
    right_edge: u32,
}

/// No side sends behind the window that it was given (RFC 9293, 3.8.6).
fn stays_in_window(packets: &[Packet], server: SocketAddr) -> Result<(), TestCaseError> {
    let mut told: HashMap<SocketAddr, Told> = HashMap::new();
    for packet in packets {
        let tcp = &packet.tcp;
        let at_sender = (packet.from == server) == (packet.interface == 1);
        if at_sender {
            let Some(limit) = told.get(&packet.to).filter(|_| packet.payload > 0) else { continue };
            let end = tcp.sequence_number.wrapping_add(packet.payload as u32);
            prop_assert!(end.wrapping_sub(limit.right_edge) as i32 <= 0, "behind the window: {packet:?}");
        } else {
            let entry = told.entry(packet.from).or_default();
            if tcp.syn {
                entry.scale = tcp
                    .options_iterator()
                    .find_map(|option| match option {
                        Ok(etherparse::TcpOptionElement::WindowScale(scale)) => Some(scale),
                        _ => None,
                    })
                    .unwrap_or(0);
                entry.right_edge = tcp.acknowledgment_number;
            }
            let scale = if tcp.syn { 0 } else { entry.scale };
            let edge = tcp.acknowledgment_number.wrapping_add(u32::from(tcp.window_size) << scale);
            if tcp.ack && edge.wrapping_sub(entry.right_edge) as i32 > 0 {
                entry.right_edge = edge;
            }
        }
    }
    Ok(())
}

/// The last number that each side has acknowledged, relative to the other's first.
fn acknowledged(packets: &[Packet], from_server: bool, server: SocketAddr) -> Option<u32> {
    let first = packets.iter().find(|p| (p.from == server) != from_server && p.tcp.syn)?.tcp.sequence_number;
    let acks = packets.iter().filter(|p| (p.from == server) == from_server && p.tcp.ack);
    acks.map(|p| p.tcp.acknowledgment_number.wrapping_sub(first)).max()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_lost_or_late_once_arrives_in_the_end(faults in prop::collection::vec(fault(), 0..6), seed in 0..1000u64) {
        let text = format!("{EXCHANGE}{}", faults.concat());
        let packets = packets(&text, seed);
        let server = packets[0].to;
        prop_assert!(packets.iter().all(|packet| packet.intact));
        stays_in_window(&packets, server)?;
        // SYN, data, FIN: all of it acknowledged, in both directions.
        prop_assert_eq!(acknowledged(&packets, true, server), Some(5002));
        prop_assert_eq!(acknowledged(&packets, false, server), Some(40_002));
        // A straggler may meet a closed connection, but none is reset that is open.
        let first_fin = |from_server| packets.iter().position(|p| p.tcp.fin && (p.from == server) == from_server);
        let reset = packets.iter().position(|packet| packet.tcp.rst);
        prop_assert!(reset.is_none_or(|reset| Some(reset) > first_fin(true).max(first_fin(false))));
    }
}
