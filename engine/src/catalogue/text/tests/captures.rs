//! What is said of real captures: the rules fill every parameter that the texts need.

use super::*;
use crate::{Engine, IcmpPacket, IpInfo, Packet, Settings};
use etherparse::{IpNumber, LaxNetSlice, LaxSlicedPacket};
use std::net::IpAddr;

/// Shows the engine an Ethernet frame.
fn show(engine: &mut Engine, frame: u32, time: i64, bytes: &[u8]) {
    let Ok(sliced) = LaxSlicedPacket::from_ethernet(bytes) else { return };
    let (src, dst, ip, payload, wire_len): (IpAddr, IpAddr, _, _, _) = match &sliced.net {
        Some(LaxNetSlice::Ipv4(v4)) => {
            let header = v4.header();
            let ip =
                IpInfo { ttl: header.ttl(), id: Some(header.identification()), ecn: header.ecn().value() };
            (
                header.source_addr().into(),
                header.destination_addr().into(),
                ip,
                v4.payload(),
                header.total_len().saturating_sub(u16::from(header.ihl()) * 4),
            )
        }
        Some(LaxNetSlice::Ipv6(v6)) => {
            let header = v6.header();
            let ip = IpInfo { ttl: header.hop_limit(), id: None, ecn: header.traffic_class() & 3 };
            (
                header.source_addr().into(),
                header.destination_addr().into(),
                ip,
                v6.payload(),
                header.payload_length(),
            )
        }
        _ => return,
    };
    let (bytes, wire_len) = (payload.payload, wire_len.into());
    match payload.ip_number {
        IpNumber::TCP => {
            let (ip, link, stations) = (Some(ip), 0, [0; 2]);
            let packet = Packet { frame, layer: 0, time, src, dst, ip, link, stations, bytes, wire_len };
            engine.packet(&packet);
        }
        IpNumber::ICMP | IpNumber::IPV6_ICMP => {
            let v6 = payload.ip_number == IpNumber::IPV6_ICMP;
            engine.icmp(&IcmpPacket { frame, layer: 0, time, src, dst, v6, bytes });
        }
        _ => {}
    }
}

/// What the engine makes of a pcap file of Ethernet frames; `None` for other links.
fn read(file: &[u8]) -> Option<Engine> {
    let word =
        |at: usize| file.get(at..at + 4).map_or(0, |b| u32::from_le_bytes(b.try_into().expect("four bytes")));
    let fraction = match word(0) {
        0xa1b2_c3d4 => 1_000,
        0xa1b2_3c4d => 1,
        _ => return None,
    };
    if word(20) != 1 {
        return None;
    }
    let mut engine = Engine::new(Settings::default());
    let (mut at, mut frame) = (24, 0);
    while let Some(bytes) = file.get(at + 16..at + 16 + word(at + 8) as usize) {
        frame += 1;
        let time = i64::from(word(at)) * 1_000_000_000 + i64::from(word(at + 4)) * fraction;
        show(&mut engine, frame, time, bytes);
        at += 16 + bytes.len();
    }
    Some(engine)
}

fn lacks(finding: &Finding, template: &str) -> Vec<String> {
    let known = |name: &&str| parameter(name, finding).is_some();
    let mut lacking: Vec<String> =
        needed(template).iter().filter(|n| !known(n)).map(ToString::to_string).collect();
    for (_, value) in &finding.params {
        if let Value::Term(term) = value {
            let text = &texts(Language::English).file.term[term.name()];
            lacking.extend(needed(text).iter().filter(|n| !known(n)).map(|n| format!("{n} of {term:?}")));
        }
    }
    lacking
}

#[test]
fn nothing_lacks_in_what_is_said_of_real_captures() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    let mut told = BTreeSet::new();
    for case in std::fs::read_dir(corpus).expect("the captures are there") {
        for point in ["client.pcap", "server.pcap"] {
            let path = case.as_ref().expect("a readable folder").path().join(point);
            let Some(engine) = std::fs::read(&path).ok().and_then(|file| read(&file)) else { continue };
            for finding in engine.findings() {
                told.insert(finding.diagnosis);
                for (field, template) in templates(texts(Language::English).entry(finding.diagnosis)) {
                    let place = format!("{field} of {} in {}", finding.diagnosis.id(), path.display());
                    assert_eq!(lacks(&finding, template), [""; 0], "{place}");
                }
            }
            for stream in 0..engine.connections() {
                let summary = engine.summary(stream);
                let of = |language| summary.as_ref().map(|s| s.story.tell(language)).unwrap_or_default();
                let (english, chinese) = (of(Language::English), of(Language::Chinese));
                assert!(english.ends_with('.') && !english.contains(".."), "{}: {english}", path.display());
                assert!(
                    chinese.ends_with('。') && !chinese.contains("。。"),
                    "{}: {chinese}",
                    path.display()
                );
            }
        }
    }
    assert!(told.len() > 60, "too few diagnoses were told: {told:?}");
}
