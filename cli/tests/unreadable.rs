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
    let wlan = pcap(&[whole(105, vec![8; 40])], false, false);
    let twice = gzip(&gzip(&clean));
    let mut broken = xz(&clean);
    broken[30] ^= 0xff;
    let cases: [(&str, &[u8]); 11] = [
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
        ("wlan.pcap", &wlan),
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

/// Frames of every link type that is known, so that mutations reach every layer.
fn frames_of_all_kinds() -> Vec<Made> {
    let tcp = ipv4(TCP, &segment(20));
    let vlan = [&[0, 7, 0x08, 0x00][..], &tcp].concat();
    let gre = ipv4(47, &[&[0x20, 0, 0x65, 0x58, 0, 0, 0, 1][..], &ethernet(0x8100, &vlan)].concat());
    let geneve = [&[1, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 2, 0x80, 0][..], &ethernet(0x0800, &tcp)].concat();
    let mpls = [&[0, 0x64, 0x11, 64][..], &tcp].concat();
    let pppoe = [&[0x11, 0, 0, 1, 0, 70, 0, 0x21][..], &tcp].concat();
    let options = ipv6(0, &[&[60, 0, 1, 4, 0, 0, 0, 0, TCP, 0, 1, 4, 0, 0, 0, 0][..], &segment(20)].concat());
    let cooked = [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0][..], &tcp].concat();
    let cooked2 = [&[8, 0][..], &[0; 18], &tcp].concat();
    vec![
        whole(1, ethernet(0x88a8, &[&[0, 9, 0x81, 0][..], &vlan].concat())),
        whole(1, ethernet(0x0800, &gre)),
        whole(1, ethernet(0x0800, &ipv4(17, &udp(6081, &geneve)))),
        whole(1, ethernet(0x8847, &mpls)),
        whole(1, ethernet(0x8864, &pppoe)),
        whole(1, ethernet(0x86dd, &options)),
        whole(101, ipv4_fragment(&segment(20)[..24], 0, true)),
        whole(101, ipv4_fragment(&segment(20)[24..], 24, false)),
        whole(113, cooked),
        whole(276, cooked2),
        whole(0, [&[2, 0, 0, 0][..], &tcp].concat()),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        length in any::<prop::sample::Index>(),
        ng in any::<bool>(),
    ) {
        let frames = frames_of_all_kinds();
        let mut capture = if ng { pcapng(&frames, Endianness::Little) } else { pcap(&frames, false, false) };
        for (at, byte) in changes {
            let at = at.index(capture.len());
            capture[at] = byte;
        }
        read(&capture[..=length.index(capture.len())]).1.ok();
    }

    #[test]
    fn any_frame_is_decoded_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        link_type in prop::sample::select(vec![0u32, 1, 9, 12, 101, 108, 113, 228, 276]),
        wire_len in any::<u32>(),
    ) {
        read(&pcap(&[Made { link_type, bytes, wire_len }], true, true)).1.unwrap();
    }
}
