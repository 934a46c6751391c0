//! Any input is legal: the engine never panics, and says the same of the same packets.

use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr};
use tcpdx_engine::{Engine, IcmpPacket, IpInfo, Language, Look, Packet, Settings, Value};

/// A packet as wild as a header can be, but of few hosts and ports, so that packets meet.
#[derive(Clone, Debug)]
enum Wild {
    Tcp {
        back: bool,
        port: u16,
        step: i64,
        header: [u8; 8],
        seq: u32,
        ack: u32,
        ttl: u8,
        id: u16,
        tail: Vec<u8>,
    },
    Icmp {
        v6: bool,
        bytes: Vec<u8>,
    },
}

fn wild() -> impl Strategy<Value = Wild> {
    let numbers = prop_oneof![0u32..40, Just(u32::MAX), Just(u32::MAX - 7), any::<u32>()];
    let flags = prop_oneof![
        Just(0x02u8),
        Just(0x12),
        Just(0x10),
        Just(0x18),
        Just(0x11),
        Just(0x04),
        Just(0x14),
        any::<u8>()
    ];
    let step = prop_oneof![0i64..2_000_000_000, -1_000_000i64..0, Just(i64::MAX / 4), Just(-(i64::MAX / 4))];
    let tcp = (
        any::<bool>(),
        1u16..3,
        step,
        (prop_oneof![Just(0x50u8), Just(0x80), any::<u8>()], flags, any::<[u8; 6]>()),
        (numbers.clone(), numbers),
        any::<u8>(),
        any::<u16>(),
        proptest::collection::vec(any::<u8>(), 0..60),
    )
        .prop_map(|(back, port, step, (offset, flags, rest), (seq, ack), ttl, id, tail)| Wild::Tcp {
            back,
            port,
            step,
            header: [offset, flags, rest[0], rest[1], rest[2], rest[3], rest[4], rest[5]],
            seq,
            ack,
            ttl,
            id,
            tail,
        });
    let icmp = (any::<bool>(), proptest::collection::vec(any::<u8>(), 0..80))
        .prop_map(|(v6, bytes)| Wild::Icmp { v6, bytes });
    prop_oneof![9 => tcp, 1 => icmp]
}

/// Feeds the packets, asks everything after each, and returns all that was said.
fn told(packets: &[Wild]) -> String {
    let (a, b) = (IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));
    let mut engine = Engine::new(Settings::default());
    let mut now = 0i64;
    let mut out = String::new();
    for (n, wild) in packets.iter().enumerate() {
        let frame = n as u32 + 1;
        match wild {
            Wild::Tcp { back, port, step, header, seq, ack, ttl, id, tail } => {
                now = now.wrapping_add(*step);
                let (src, dst) = if *back { (b, a) } else { (a, b) };
                let ports = if *back { [80, *port] } else { [*port, 80] };
                let mut bytes = Vec::new();
                bytes.extend(ports.iter().flat_map(|p| p.to_be_bytes()));
                bytes.extend(seq.to_be_bytes());
                bytes.extend(ack.to_be_bytes());
                bytes.extend(header);
                bytes.extend(tail);
                let wire_len = bytes.len() as u32 + u32::from(header[7]);
                let ip = Some(IpInfo { ttl: *ttl, id: Some(*id), ecn: 0 });
                engine.packet(&Packet {
                    frame,
                    layer: 0,
                    time: now,
                    src,
                    dst,
                    ip,
                    link: 0,
                    stations: [0; 2],
                    bytes: &bytes,
                    wire_len,
                });
            }
            Wild::Icmp { v6, bytes } => {
                engine.icmp(&IcmpPacket { frame, layer: 0, time: now, src: a, dst: b, v6: *v6, bytes });
            }
        }
        out += &format!("{:?}", engine.findings_at(frame, 0, Look::First));
    }
    for frame in 0..=packets.len() as u32 + 1 {
        out += &format!("{:?}{:?}", engine.frame(frame, 0), engine.findings_at(frame, 0, Look::Later));
    }
    for stream in 0..=engine.connections() {
        let summary = engine.summary(stream);
        out += &format!("{summary:?}{:?}", summary.as_ref().map(|s| s.story.tell(Language::English)));
        for finding in engine.findings_of(stream) {
            let message = finding.message(Language::English);
            // A RST may quote what its sender wrote.
            let quotes = finding.diagnosis.id() == "reset.with_text";
            assert!(quotes || !message.contains('{'), "{message}");
            let is_negative = |value: &Value| matches!(value, Value::Duration(span) if *span < 0);
            assert!(!finding.params.iter().any(|(_, value)| is_negative(value)), "{finding:?}");
            out += &message;
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn any_packets_are_taken_and_told_of_alike(packets in proptest::collection::vec(wild(), 0..80)) {
        prop_assert_eq!(told(&packets), told(&packets));
    }
}
