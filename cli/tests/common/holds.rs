//! Frames that hold one TCP segment, as tshark finds it too.

use super::build::*;
use super::{Recorder, Seen, assert_same, record, tshark};
use pcap_file::Endianness;

pub const ETHERNET: u32 = 1;
pub const IPV4: u16 = 0x0800;
pub const IPV6: u16 = 0x86dd;

/// Writes a capture, reads it both ways and returns what was found, which must be the same.
pub fn found_by_both(name: &str, capture: &[u8]) -> Recorder {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, capture).unwrap();
    let (ours, result) = record(&path);
    result.unwrap();
    assert_same(&ours.tcp, &tshark(&path), name);
    ours
}

/// The TCP packets among that.
pub fn both(name: &str, capture: &[u8]) -> Vec<Seen> {
    found_by_both(name, capture).tcp
}

/// One frame in its encapsulation: exactly one TCP segment of 100 bytes payload is to be found in it, and no byte
/// more.
pub fn holds_one_segment(name: &str, frame: Made) {
    let found = found_by_both(name, &pcapng(&[frame], Endianness::Little));
    assert_eq!(found.tcp.len(), 1, "{name}");
    assert_eq!(found.tcp[0].wire_len, Some(120), "{name}");
    assert!(segment(100).starts_with(&found.bytes[0]), "{name}");
}

/// The same of a whole frame of which tshark and we find nothing.
pub fn holds_nothing(name: &str, frame: Made) {
    assert_eq!(both(name, &pcapng(&[frame], Endianness::Little)), [], "{name}");
}

pub fn tcp4() -> Vec<u8> {
    ipv4(TCP, &segment(100))
}

/// The same with a length that was left to the network card, so that what follows counts as payload.
pub fn offloaded() -> Vec<u8> {
    ipv4_with(TCP, &segment(100), |header| header.total_len = 0)
}

pub fn tcp6() -> Vec<u8> {
    ipv6(TCP, &segment(100))
}

pub fn vlan(id: u16, ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&id.to_be_bytes()[..], &ether_type.to_be_bytes(), payload].concat()
}

pub fn over_ip(protocol: u8, payload: &[u8]) -> Made {
    whole(ETHERNET, ethernet(IPV4, &ipv4(protocol, payload)))
}

pub fn over_udp(port: u16, payload: &[u8]) -> Made {
    over_ip(17, &udp(port, payload))
}

/// Ethernet whose addresses tell their maker.
pub fn ethernet_of_intel(payload: &[u8]) -> Vec<u8> {
    let addresses = [0, 0x1b, 0x21, 0xaa, 0xbb, 0xcc, 0, 0x1b, 0x21, 0xdd, 0xee, 0xff];
    [&addresses[..], &IPV4.to_be_bytes(), payload].concat()
}

/// IEEE 802.2 with SNAP: IPv4 in an Ethernet type.
pub fn snap() -> Vec<u8> {
    [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &tcp4()].concat()
}

/// A header of 802.11: frame control, duration, addresses, sequence control.
pub fn wlan(control: [u8; 2], fragment: u8) -> Vec<u8> {
    [&control[..], &[0, 0], &[2; 6], &[4; 6], &[6; 6], &[fragment, 0x10]].concat()
}
