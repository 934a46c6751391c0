//! Every variant of the two capture formats gives the same packets, numbers and times as in tshark.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use common::build::*;
use common::{Seen, assert_same, record, tshark};
use flate2::Compression;
use flate2::write::GzEncoder;
use pcap_file::Endianness;
use std::io::Write;

/// Two frames with a TCP segment each.
fn two() -> Vec<Made> {
    [10, 20].map(|payload| whole(101, ipv4(TCP, &segment(payload)))).to_vec()
}

/// Writes a capture, reads it both ways and returns what was seen, which must be the same.
fn both(name: &str, capture: &[u8]) -> Vec<Seen> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, capture).unwrap();
    let (ours, result) = record(&path);
    result.unwrap();
    assert_same(&ours.tcp, &tshark(&path), name);
    ours.tcp
}

/// A pcapng block.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padding = (4 - body.len() % 4) % 4;
    let length = ((body.len() + padding + 12) as u32).to_le_bytes();
    [&kind.to_le_bytes()[..], &length, body, &[0; 3][..padding], &length].concat()
}

/// A section header.
fn section() -> Vec<u8> {
    block(0x0a0d_0d0a, &[&[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0][..], &[0xff; 8]].concat())
}

/// An interface for raw IP with these options and that snap length.
fn interface(options: &[u8], snap_len: u32) -> Vec<u8> {
    block(1, &[&[101, 0, 0, 0][..], &snap_len.to_le_bytes(), options].concat())
}

/// An option, padded.
fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let padding = (4 - value.len() % 4) % 4;
    [&code.to_le_bytes()[..], &(value.len() as u16).to_le_bytes(), value, &[0; 3][..padding]].concat()
}

/// An enhanced packet block with that time on that interface.
fn enhanced(interface: u32, time: u64, bytes: &[u8], options: &[u8]) -> Vec<u8> {
    let padding = (4 - bytes.len() % 4) % 4;
    let numbers = [interface, (time >> 32) as u32, time as u32, bytes.len() as u32, bytes.len() as u32];
    let mut body: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    body.extend(bytes);
    body.extend(&[0; 3][..padding]);
    body.extend(options);
    block(6, &body)
}

fn ip() -> Vec<u8> {
    ipv4(TCP, &segment(10))
}

#[test]
fn both_formats_in_both_byte_orders() {
    for big_endian in [false, true] {
        for nanoseconds in [false, true] {
            let seen = both("pcap", &pcap(&two(), big_endian, nanoseconds));
            let fraction = if nanoseconds { 123_456 } else { 123_456_000 };
            let times = seen.iter().map(|seen| seen.time).collect::<Vec<_>>();
            assert_eq!(times, [1_700_000_000_000_000_000 + fraction, 1_700_000_001_000_000_000 + fraction]);
        }
    }
    for endianness in [Endianness::Little, Endianness::Big] {
        assert_eq!(both("pcapng", &pcapng(&two(), endianness)).len(), 2);
    }
}

#[test]
fn gzip_is_read_through() {
    for capture in [pcap(&two(), false, false), pcapng(&two(), Endianness::Little)] {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&capture).unwrap();
        assert_eq!(both("capture.gz", &gzip.finish().unwrap()).len(), 2);
    }
}

#[test]
fn clocks_of_any_resolution_and_offset() {
    let resolutions: [(&[u8], u64); 5] = [
        (&[0], 1_700_000_000),
        (&[3], 1_700_000_000_123),
        (&[6], 1_700_000_000_123_456),
        (&[9], 1_700_000_000_123_456_789),
        (&[0x8a], 1_700_000_000 << 10 | 512),
    ];
    for (resolution, time) in resolutions {
        for offset in [0i64, 3600, -7200] {
            let options = [option(9, resolution), option(14, &offset.to_le_bytes())].concat();
            let file = [section(), interface(&options, 0), enhanced(0, time, &ip(), &[])].concat();
            assert_eq!(both("clock", &file).len(), 1);
        }
    }
}

#[test]
fn blocks_of_other_kinds_are_stepped_over_or_counted_as_wireshark_does() {
    let old = |interface: u16| {
        let mut body = [&interface.to_le_bytes()[..], &[0, 0], &[0; 8]].concat();
        body.extend([(ip().len() as u32).to_le_bytes(), (ip().len() as u32).to_le_bytes()].concat());
        body.extend(ip());
        block(2, &body)
    };
    let simple = [&(ip().len() as u32).to_le_bytes()[..], &ip()].concat();
    let systemd = b"__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=hello\n\n";
    let custom = [&32473u32.to_le_bytes()[..], b"data"].concat();
    let comment = option(1, b"\xff\xfe is no UTF-8");
    let file = [
        section(),
        interface(&[], 0),
        block(4, &[0; 4]),
        block(5, &[0; 12]),
        block(0xa, &[&0x544c_534bu32.to_le_bytes()[..], &[0; 4]].concat()),
        enhanced(0, 1, &ip(), &comment),
        block(0xbad, &custom),
        old(0),
        block(9, systemd),
        block(0x4000_0bad, &custom),
        block(3, &simple),
        block(0x0bad_cafe, &[1, 2, 3, 4]),
        interface(&[], 0),
        enhanced(1, 2, &ip(), &[]),
        section(),
        interface(&[], 0),
        enhanced(0, 3, &ip(), &[]),
    ]
    .concat();
    assert_eq!(both("blocks", &file).len(), 5);
}

#[test]
fn a_simple_packet_is_cut_at_the_snap_length_of_its_interface() {
    let simple = [&(ip().len() as u32).to_le_bytes()[..], &ip()[..44]].concat();
    let file = [section(), interface(&[], 44), block(3, &simple)].concat();
    assert_eq!(both("simple", &file)[0].wire_len, Some(30));
}
