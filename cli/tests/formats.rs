//! Every variant of the capture formats gives the same packets, numbers and times as in tshark.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use common::build::*;
use common::holds::both;
use common::{Seen, record_bytes};
use pcap_file::Endianness;

/// Two frames with a TCP segment each.
fn two() -> Vec<Made> {
    [10, 20].map(|payload| whole(101, ipv4(TCP, &segment(payload)))).to_vec()
}

/// What is read of a capture, to its end.
fn ours(name: &str, capture: &[u8]) -> Vec<Seen> {
    let (ours, result) = record_bytes(capture);
    result.expect(name);
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
fn a_pcap_with_more_before_each_packet() {
    // FRITZ!Box routers write it: interface, protocol and packet type, padding.
    for big_endian in [false, true] {
        let long = |number: u32| if big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
        let mut file = pcap(&two(), big_endian, false)[..24].to_vec();
        file[..4].copy_from_slice(&long(0xa1b2_cd34));
        for payload in [10, 20] {
            let packet = ipv4(TCP, &segment(payload));
            let length = long(packet.len() as u32);
            file.extend([long(1_700_000_000), long(123_456), length, length, long(3), [8, 0, 4, 0]].concat());
            file.extend(packet);
        }
        assert_eq!(both("modified", &file).len(), 2);
    }
}

#[test]
fn a_pcap_of_the_time_when_its_lengths_stood_in_either_order() {
    for minor in [2_u16, 3] {
        let mut file = pcap(&two(), false, false)[..24].to_vec();
        file[6..8].copy_from_slice(&minor.to_le_bytes());
        for payload in [10, 20] {
            let packet = ipv4(TCP, &segment(payload));
            let [captured, wire] =
                [packet.len() - 4, packet.len()].map(|length| (length as u32).to_le_bytes());
            file.extend([1_700_000_000_u32.to_le_bytes(), 0_u32.to_le_bytes(), wire, captured].concat());
            file.extend(&packet[..packet.len() - 4]);
        }
        assert_eq!(both("old", &file).len(), 2);
    }
}

#[test]
fn compression_is_read_through() {
    let framed = [10, 20].map(|payload| whole(1, ethernet(0x0800, &ipv4(TCP, &segment(payload)))));
    for capture in [pcap(&two(), false, false), pcapng(&two(), Endianness::Little), snoop(&framed, 4, 0)] {
        for (name, compress) in COMPRESSIONS {
            let compressed = compress(&capture);
            if name == "capture.xz" {
                // Wireshark 4.0 does not read it.
                assert_eq!(ours(name, &compressed), ours("capture", &capture));
            } else {
                assert_eq!(both(name, &compressed).len(), 2, "{name}");
            }
        }
    }
}

#[test]
fn compressed_pieces_are_one_capture() {
    let capture = pcap(&two(), false, false);
    let (start, rest) = capture.split_at(50);
    for (name, compress) in COMPRESSIONS {
        let pieces = [compress(start), compress(rest)].concat();
        assert_eq!(ours(name, &pieces).len(), 2, "{name}");
    }
    // A frame to be skipped, as parallel compressors write it.
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstd(&capture)].concat();
    assert_eq!(ours("skipped.zst", &skipped).len(), 2);
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

#[test]
fn options_of_odd_lengths_count_as_absent() {
    let long = |code: u16, length: usize| option(code, &vec![9; length]);
    // TraceWrangler writes a check sequence length of four bytes.
    let odd = [long(13, 4), long(9, 2), long(14, 4), long(8, 3), long(4, 7), long(6, 1), long(5, 2)].concat();
    let section_options = [long(2, 0), option(1, b"\xff\xfe is no UTF-8"), long(3, 300)].concat();
    let section = block(
        0x0a0d_0d0a,
        &[&[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0][..], &[0xff; 8], &section_options].concat(),
    );
    let file = [
        section,
        interface(&[&odd[..], &option(0, &[])].concat(), 0),
        enhanced(0, 1_700_000_000_000_000, &ip(), &[]),
        // No option ends the list.
        interface(&odd, 0),
        enhanced(1, 1_700_000_001_000_000, &ip(), &long(1, 5)),
        // What follows the end is none.
        interface(&[option(0, &[]), option(9, &[0])].concat(), 0),
        enhanced(2, 1_700_000_002_000_000, &ip(), &[]),
    ]
    .concat();
    assert_eq!(both("odd", &file).len(), 3);
}

#[test]
fn options_that_break_off_cost_no_packet() {
    // Wireshark gives up here.
    let broken = [9, 0, 200, 0, 1, 2, 3, 4];
    let flags = option(2, &[0; 3]);
    let file = [
        section(),
        interface(&broken, 0),
        enhanced(0, 1, &ip(), &broken),
        enhanced(0, 2, &ip(), &flags),
        enhanced(0, 3, &ip(), &[9, 0]),
    ]
    .concat();
    assert_eq!(ours("broken", &file).len(), 3);
}

#[test]
fn lengths_that_leave_out_the_padding() {
    let mut unpadded = enhanced(0, 1, &ip()[..49], &[]);
    let length = (unpadded.len() - 3) as u32;
    let at = unpadded.len() - 4;
    unpadded[4..8].copy_from_slice(&length.to_le_bytes());
    unpadded[at..].copy_from_slice(&length.to_le_bytes());
    let file = [section(), interface(&[], 0), unpadded, enhanced(0, 2, &ip(), &[])].concat();
    assert_eq!(both("unpadded", &file).len(), 2);
}

#[test]
fn sections_of_both_byte_orders_may_follow_each_other() {
    let (little, big) = (pcapng(&two(), Endianness::Little), pcapng(&two(), Endianness::Big));
    assert_eq!(both("sections", &[&little[..], &big, &little].concat()).len(), 6);
    // An interface is that of its own section.
    let wrong = [section(), interface(&[], 0), section(), enhanced(0, 1, &ip(), &[])].concat();
    assert!(record_bytes(&wrong).1.is_err());
}

#[test]
fn a_check_sequence_is_no_payload() {
    // Only without a length in the IP header can it be taken for one.
    let offloaded = ipv4_with(TCP, &segment(100), |header| header.total_len = 0);
    let frame = [&ethernet(0x0800, &offloaded)[..], &[0xfc; 4]].concat();
    let length_of = |name: &str, file: &[u8]| both(name, file)[0].wire_len;

    let interface = |options: &[u8]| block(1, &[&[1, 0, 0, 0, 0, 0, 0, 0][..], options].concat());
    for told in [4, 32] {
        let file = [section(), interface(&option(13, &[told])), enhanced(0, 1, &frame, &[])].concat();
        assert_eq!(length_of("interface", &file), Some(120));
    }
    let file = [section(), interface(&[]), enhanced(0, 1, &frame, &option(2, &[0x80, 0, 0, 0]))].concat();
    assert_eq!(length_of("flags", &file), Some(120));
    let file = [section(), interface(&[]), enhanced(0, 1, &frame, &[])].concat();
    assert_eq!(length_of("untold", &file), Some(124));

    let mut file = pcap(&[whole(1, frame.clone())], false, false);
    assert_eq!(length_of("pcap-untold", &file), Some(124));
    file[20..24].copy_from_slice(&0x2400_0001u32.to_le_bytes());
    assert_eq!(length_of("pcap", &file), Some(120));

    assert_eq!(length_of("snoop", &snoop(&[whole(1, frame.clone())], 4, 0)), Some(124));
    assert_eq!(length_of("surveyor", &snoop(&[whole(1, frame)], 4, 20)), Some(120));
}

#[test]
fn snoop_of_every_network_that_carries_ip() {
    let ethernet = || whole(0, ethernet(0x0800, &ip()));
    assert_eq!(both("padded", &snoop(&[ethernet(), ethernet()], 4, 6)).len(), 2);
    for network in [0, 4] {
        assert_eq!(both("ethernet", &snoop(&[ethernet()], network, 0)).len(), 1);
    }
    for network in [10, 12, 19] {
        assert_eq!(both("surveyor", &snoop(&[ethernet()], network, 20)).len(), 1);
    }
    for network in [9, 14] {
        assert_eq!(
            both("loopback", &snoop(&[whole(0, [&[0, 0, 0, 2][..], &ip()].concat())], network, 0)).len(),
            1
        );
    }
    let snap = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &ip()].concat();
    assert_eq!(both("fddi", &snoop(&[whole(0, [&[0x50; 13][..], &snap].concat())], 8, 0)).len(), 1);
    assert_eq!(
        both("token-ring", &snoop(&[whole(0, [&[0x10, 0x40][..], &[2; 12], &snap].concat())], 2, 0)).len(),
        1
    );
    let cut = cut(0, &common::build::ethernet(0x0800, &ip()), 60);
    assert_eq!(both("cut", &snoop(&[cut], 4, 0))[0].wire_len, Some(30));
}
