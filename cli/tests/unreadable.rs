//! What cannot be read, or not to its end, is told in one line, and what came before is shown.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use common::build::*;
use common::{corpus, record};
use pcap_file::Endianness;
use proptest::prelude::*;
use std::io::Write;
use std::process::{Command, Output, Stdio};
use tcpdx_cli::read::Trouble;

fn tcpdx(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tcpdx")).args(arguments).output().unwrap()
}

/// Analyzes these bytes as a file named `name`: exit code, standard output, the line on standard error.
fn analyze(name: &str, bytes: &[u8]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let output = tcpdx(&["analyze", path.to_str().unwrap()]);
    let error = String::from_utf8(output.stderr).unwrap();
    let error = error.replace(&format!("{}/", folder.path().display()), "");
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap(), error)
}

#[test]
fn each_trouble_is_one_line_that_says_what_to_do() {
    let clean = std::fs::read(corpus("clean-close4/client.pcap")).unwrap();
    let ng = pcapng(&[whole(101, ipv4(TCP, &segment(10)))], Endianness::Little);
    let mut wrong_trailer = ng.clone();
    *wrong_trailer.last_mut().unwrap() ^= 0x40;
    let mut huge = clean.clone();
    huge[32..36].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    let usb = pcap(&[whole(189, vec![8; 40])], false, false);
    let unknown = pcap(&[whole(999, vec![8; 40])], false, false);
    let changed = |at: usize, to: &[u8]| {
        let mut bytes = ng.clone();
        bytes[at..at + to.len()].copy_from_slice(to);
        bytes
    };
    let snoop_atm = snoop(&three(), 17, 0);
    let snoop_cut = &snoop(&three(), 4, 0)[..100];
    let twice = gzip(&gzip(&clean));
    let mut broken = xz(&clean);
    broken[30] ^= 0xff;
    let cases: [(&str, &[u8]); 20] = [
        ("empty.pcap", b""),
        ("short.pcap", &clean[..3]),
        ("header-cut.pcap", &clean[..20]),
        ("text.pcap", b"this is no capture"),
        ("twice.pcap.gz.gz", &twice),
        ("broken.pcap.xz", &broken),
        ("capture.pcap.bz2", b"BZh91AY&SY"),
        ("cut.pcap", &clean[..200]),
        ("huge.pcap", &huge),
        ("trailer.pcapng", &wrong_trailer),
        ("order.pcapng", &changed(8, &[1, 2, 3, 4])),
        ("version.pcapng", &changed(12, &[2])),
        ("tiny.pcapng", &changed(28 + 4, &[8])),
        ("interface.pcapng", &changed(48 + 8, &[7])),
        ("long-packet.pcapng", &changed(48 + 20, &[200])),
        ("huge.pcapng", &[&changed(28 + 4, &[0xf0, 0xff, 0xff, 0x7f])[..], &vec![0; 17 << 20]].concat()),
        ("usb.pcap", &usb),
        ("unknown.pcap", &unknown),
        ("atm.snoop", &snoop_atm),
        ("cut.snoop", snoop_cut),
    ];
    let mut lines = String::new();
    for (name, bytes) in cases {
        let (code, _, error) = analyze(name, bytes);
        assert_eq!(code, 2, "{name}");
        assert_eq!(error.lines().count(), 1, "{name}: {error}");
        lines += &error;
    }
    for arguments in [&["analyze", "/no/such/file.pcap"][..], &["analyze", "/"]] {
        let output = tcpdx(arguments);
        assert_eq!(output.status.code(), Some(2));
        lines += std::str::from_utf8(&output.stderr).unwrap();
    }
    insta::assert_snapshot!(lines);
}

#[test]
fn what_came_before_the_cut_is_shown() {
    let whole = std::fs::read(corpus("third-ack-never-arrives/client.pcap")).unwrap();
    let (code, shown, error) = analyze("cut.pcap", &whole[..whole.len() - 1]);
    assert_eq!(code, 2);
    assert!(shown.starts_with("1 connection: 1 with errors\n"), "{shown}");
    assert!(error.contains("cut.pcap: cut off at byte"), "{error}");
}

#[test]
fn one_unreadable_file_of_several_does_not_stop_the_others() {
    let good = corpus("clean-close4/client.pcap");
    let output = tcpdx(&["analyze", "/no/such/file.pcap", good.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stdout).unwrap().contains("1 connection: 1 clean"));
}

#[test]
fn a_capture_without_packets_is_no_fault() {
    let clean = std::fs::read(corpus("clean-close4/client.pcap")).unwrap();
    let (code, shown, error) = analyze("nothing.pcap", &clean[..24]);
    assert_eq!((code, &*shown, &*error), (0, "no packets in this capture\n", ""));
}

#[test]
fn standard_input_is_a_file_too() {
    let clean = std::fs::read(corpus("clean-close4/client.pcap")).unwrap();
    let analyze = |bytes: &[u8]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tcpdx"))
            .args(["analyze", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        child.wait_with_output().unwrap()
    };
    assert!(String::from_utf8(analyze(&clean).stdout).unwrap().starts_with("1 connection: 1 clean\n"));
    let cut = analyze(&clean[..200]);
    assert_eq!(cut.status.code(), Some(2));
    assert!(String::from_utf8(cut.stderr).unwrap().starts_with("tcpdx: standard input: cut off at byte"));
}

/// Reads these bytes as a capture: how many packets, and how it ended.
fn read(bytes: &[u8]) -> (usize, Result<(), Trouble>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let (seen, result) = record(file.path());
    (seen.tcp.len(), result)
}

/// Cuts a capture at every byte: whole packets before the cut are found, and the cut is noticed unless it
/// falls between two records.
fn cut_everywhere(capture: &[u8], boundaries: &[usize]) {
    let mut before = 0;
    for length in 1..=capture.len() {
        let (packets, result) = read(&capture[..length]);
        let at_boundary = boundaries.contains(&length);
        match result {
            Ok(()) => assert!(at_boundary, "no trouble at byte {length}"),
            Err(Trouble::Cut { offset, .. }) => {
                assert!(!at_boundary, "cut at a boundary, byte {length}");
                let start = boundaries.iter().rev().find(|b| **b < length).copied().unwrap_or_default();
                assert_eq!(offset, start as u64, "byte {length}");
            }
            Err(Trouble::NotACapture(None)) => assert!(length < 4),
            Err(other) => panic!("byte {length}: {other:?}"),
        }
        assert!(packets >= before, "byte {length}");
        before = packets;
    }
    assert_eq!(before, 3);
}

/// Ends of the file header and of each record of a little-endian pcap.
fn pcap_boundaries(capture: &[u8]) -> Vec<usize> {
    let mut ends = vec![24];
    while let Some(length) = capture.get(ends[ends.len() - 1] + 8..).and_then(|rest| rest.get(..4)) {
        ends.push(ends[ends.len() - 1] + 16 + u32::from_le_bytes(length.try_into().unwrap()) as usize);
    }
    ends
}

/// Ends of each block of a little-endian pcapng.
fn pcapng_boundaries(capture: &[u8]) -> Vec<usize> {
    let mut ends: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(length) = capture.get(at + 4..).and_then(|rest| rest.get(..4)) {
        at += u32::from_le_bytes(length.try_into().unwrap()) as usize;
        ends.push(at);
    }
    ends
}

fn three() -> Vec<Made> {
    [5, 10, 15].map(|payload| whole(1, ethernet(0x0800, &ipv4(TCP, &segment(payload))))).to_vec()
}

#[test]
fn a_pcap_may_be_cut_anywhere() {
    let capture = pcap(&three(), false, false);
    cut_everywhere(&capture, &pcap_boundaries(&capture));
}

#[test]
fn a_pcapng_may_be_cut_anywhere() {
    let capture = pcapng(&three(), Endianness::Little);
    cut_everywhere(&capture, &pcapng_boundaries(&capture));
}

#[test]
fn a_snoop_file_may_be_cut_anywhere() {
    let capture = snoop(&three(), 4, 4);
    let ends = [16, 16 + 28 + 59, 16 + 2 * 28 + 59 + 64, capture.len()];
    for length in 0..capture.len() {
        let (packets, result) = read(&capture[..length]);
        // Missing padding is no loss.
        let whole =
            ends.iter().any(|end| (end - 4..=*end).contains(&length) && length > 16 || length == *end);
        assert_eq!(result.is_ok(), whole, "byte {length}: {result:?}");
        let frames = ends[1..].iter().filter(|end| **end - 4 <= length).count();
        assert_eq!(packets, frames, "byte {length}");
    }
}

#[test]
fn a_compressed_capture_may_be_cut_anywhere() {
    for (name, compress) in COMPRESSIONS {
        let capture = compress(&pcap(&three(), false, false));
        for length in 5..capture.len() {
            let (packets, result) = read(&capture[..length]);
            match result {
                Err(Trouble::Cut { .. } | Trouble::Empty) => {}
                // The last bytes may say no more than that it has ended.
                Ok(()) => assert_eq!(packets, 3, "{name} at byte {length}"),
                Err(trouble) => panic!("{name} at byte {length}: {trouble:?}"),
            }
        }
        assert_eq!(read(&capture).0, 3);
    }
}

#[test]
fn broken_compression_is_told_as_such() {
    for (name, compress) in COMPRESSIONS {
        let mut capture = compress(&pcap(&vec![three(); 50].concat(), false, false));
        let at = capture.len() - 20;
        capture[at..at + 10].fill(0x55);
        let (_, result) = read(&capture);
        assert!(matches!(result, Err(Trouble::Damaged { .. } | Trouble::Cut { .. })), "{name}: {result:?}");
    }
}

#[test]
fn no_compression_may_take_all_memory() {
    // A window of 2 GB (RFC 8878, 3.1.1.1.2), and a dictionary of 4 GB (The .xz File Format, 5.3.1).
    let window = [&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8][..], &[1, 0, 0]].concat();
    let mut dictionary = xz(b"nothing");
    dictionary[16] = 40;
    let mut crc = flate2::Crc::new();
    crc.update(&dictionary[12..20]);
    dictionary[20..24].copy_from_slice(&crc.sum().to_le_bytes());
    for file in [window, dictionary] {
        let Err(trouble) = read(&file).1 else { panic!("it was read") };
        assert!(trouble.to_string().contains("needs more than 128 MB of memory"), "{trouble}");
    }
}

/// Link types that are read.
const LINK_TYPES: [u32; 31] = [
    0, 1, 6, 9, 10, 12, 14, 50, 51, 100, 101, 104, 105, 107, 108, 109, 112, 113, 117, 119, 122, 127, 163,
    178, 192, 204, 228, 229, 239, 242, 276,
];

/// Frames of many link types and tunnels, so that mutations reach every layer.
fn frames_of_all_kinds() -> Vec<Made> {
    let tcp = ipv4(TCP, &segment(20));
    let frame = ethernet(0x0800, &tcp);
    let snap = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &tcp].concat();
    let vlan = [&[0, 7, 0x08, 0x00][..], &tcp].concat();
    let gre = ipv4(47, &[&[0x20, 0, 0x65, 0x58, 0, 0, 0, 1][..], &ethernet(0x8100, &vlan)].concat());
    let erspan =
        [&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 5, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1][..], &[0; 8], &frame];
    let mpls = [&[0, 0x64, 0x11, 64][..], &tcp].concat();
    let options = ipv6(0, &[&[60, 0, 1, 4, 0, 0, 0, 0, TCP, 0, 1, 4, 0, 0, 0, 0][..], &segment(20)].concat());
    let raw = |link_type: u32, header: &[u8], payload: &[u8]| whole(link_type, [header, payload].concat());
    let tagged = |ether_type: u16, tag: &[u8], payload: &[u8]| {
        whole(1, ethernet(ether_type, &[tag, payload].concat()))
    };
    let tunnel = |port: u16, header: &[u8], payload: &[u8]| {
        whole(1, ethernet(0x0800, &ipv4(17, &udp(port, &[header, payload].concat()))))
    };
    let part = [&[2; 12][..], &(snap.len() as u16).to_be_bytes(), &snap, &[0; 4]].concat();
    let aggregate = [&[0x88, 1, 0, 0][..], &[2; 18], &[0, 0, 0x80, 0], &part, &part].concat();
    vec![
        tagged(0x88a8, &[0, 9, 0x81, 0], &vlan),
        whole(1, ethernet(0x0800, &gre)),
        whole(1, ethernet(0x0800, &ipv4(47, &erspan.concat()))),
        whole(1, ethernet(0x8847, &mpls)),
        tagged(0x8864, &[0x11, 0, 0, 1, 0, 70, 0, 0x21], &tcp),
        tagged(0x8926, &[0x80, 1, 0, 2, 8, 0], &tcp),
        tagged(0x893f, &[0, 1, 0, 2, 0, 0, 8, 0], &tcp),
        tagged(0x88e7, &[0, 0, 0, 42], &frame),
        tagged(0x88e5, &[0, 0, 0, 0, 0, 1, 8, 0], &tcp),
        tagged(0x894f, &[0x0f, 0xc2, 2, 3, 0, 0, 1, 255], &frame),
        tunnel(1701, &[0x42, 2, 0, 80, 0, 1, 0, 2, 0, 0, 0xff, 3, 0, 0x21], &tcp),
        tunnel(2152, &[0x34, 255, 0, 68, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0x10, 9, 0], &tcp),
        tunnel(3544, &[0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6], &options),
        tunnel(4754, &[0, 0, 0x65, 0x58], &frame),
        tunnel(4789, &[8, 0, 0, 0, 0, 0, 42, 0], &frame),
        tunnel(4790, &[0x0c, 0, 0, 3, 0, 0, 42, 0], &frame),
        tunnel(5072, &[0x02, 0x12, 0x11, 41, 0, 0, 0, 0, 6, 7, 7, 7, 7], &options),
        tunnel(6081, &[1, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 2, 0x80, 0], &frame),
        tunnel(37008, &[1, 0, 0, 1, 60, 2, 1, 1, 1], &frame),
        whole(1, ethernet(0x86dd, &options)),
        whole(101, ipv4_fragment(&segment(20)[..24], 0, true)),
        whole(101, ipv4_fragment(&segment(20)[24..], 24, false)),
        raw(113, &[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0], &tcp),
        raw(276, &[&[8, 0][..], &[0; 18]].concat(), &tcp),
        raw(0, &[2, 0, 0, 0], &tcp),
        raw(6, &[&[0x10, 0x40][..], &[2; 6], &[0x82; 6], &[4, 0, 0, 0]].concat(), &snap),
        raw(105, &[], &aggregate),
        raw(107, &[0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 7], &frame),
        raw(127, &[0, 0, 9, 0, 2, 0, 0, 0, 0x10], &aggregate),
        raw(192, &[&[0, 0, 32, 0, 105, 0, 0, 0, 2, 0, 20, 0][..], &[1; 20]].concat(), &aggregate),
        raw(239, &[2, 0, 0, 0, 8, 0, 1, 0, 8, 0, 0, 0, 64, 0, 9, 0], &tcp),
    ]
}

/// These bytes with some changed, and an end.
fn mutated(
    mut bytes: Vec<u8>,
    changes: &[(prop::sample::Index, u8)],
    length: prop::sample::Index,
) -> Vec<u8> {
    for (at, byte) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    bytes.truncate(length.index(bytes.len()) + 1);
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40)
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(
        changes in changes(),
        length in any::<prop::sample::Index>(),
        format in 0..4,
    ) {
        let frames = frames_of_all_kinds();
        let capture = match format {
            0 => pcapng(&frames, Endianness::Little),
            1 => pcapng(&frames, Endianness::Big),
            2 => pcap(&frames, false, false),
            _ => snoop(&frames, 4, 4),
        };
        read(&mutated(capture, &changes, length)).1.ok();
    }

    #[test]
    fn any_compressed_bytes_are_read_without_a_panic(
        changes in changes(),
        length in any::<prop::sample::Index>(),
        compression in 0..COMPRESSIONS.len(),
    ) {
        let (_, compress) = COMPRESSIONS[compression];
        read(&mutated(compress(&pcap(&three(), false, false)), &changes, length)).1.ok();
    }

    #[test]
    fn any_frame_is_decoded_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        link_type in prop::sample::select(&LINK_TYPES[..]),
        wire_len in any::<u32>(),
    ) {
        read(&pcap(&[Made { link_type, bytes, wire_len }], true, true)).1.unwrap();
    }

    #[test]
    fn any_frame_with_changes_is_decoded_without_a_panic(
        changes in changes(),
        length in any::<prop::sample::Index>(),
        frame in any::<prop::sample::Index>(),
        wire_len in any::<u32>(),
    ) {
        let Made { link_type, bytes, .. } = frame.get(&frames_of_all_kinds()).clone();
        let bytes = mutated(bytes, &changes, length);
        read(&pcap(&[Made { link_type, bytes, wire_len }], true, true)).1.unwrap();
    }
}

#[test]
fn frames_of_all_kinds_hold_packets_to_begin_with() {
    for frame in frames_of_all_kinds() {
        let found = read(&pcap(std::slice::from_ref(&frame), false, false)).0;
        let is_fragment = frame.link_type == 101;
        assert!(found > 0 || is_fragment, "link type {}: {:x?}", frame.link_type, frame.bytes);
    }
}
