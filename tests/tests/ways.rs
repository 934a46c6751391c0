//! The ways in which packets come and go: live, merged, copied, exported.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tcpdx_tests::built::root;
use tcpdx_tests::told::{self, Passes};
use tcpdx_tests::wireshark::Wireshark;
use tempfile::NamedTempFile;

fn corpus_capture(case: &str, point: &str) -> PathBuf {
    root().join("tests/corpus").join(case).join(format!("{point}.pcap"))
}

/// Merges captures by time; each file keeps an interface of its own.
fn merged(captures: &[PathBuf], options: &[&str]) -> NamedTempFile {
    let merged = NamedTempFile::with_suffix(".pcapng").unwrap();
    let status =
        Command::new("mergecap").args(options).arg("-w").arg(merged.path()).args(captures).status().unwrap();
    assert!(status.success());
    merged
}

/// The ids that the plugin tells of a capture, and that the command tells the same.
#[track_caller]
fn ids(wireshark: &Wireshark, capture: &Path) -> Vec<String> {
    let plugin = told::by_plugin(wireshark, capture, Passes::Two).unwrap();
    assert_eq!(plugin, told::by_command(capture).unwrap());
    plugin.findings.into_iter().map(|finding| finding.id).collect()
}

#[test]
fn findings_come_as_packets_come() {
    /// The header of a pcap file and the length of a record's header.
    const FILE_HEADER: usize = 24;
    const RECORD_HEADER: usize = 16;
    let wireshark = Wireshark::with_plugin().unwrap();
    let bytes = fs::read(corpus_capture("syn-closed-port", "client")).unwrap();
    let mut live = wireshark
        .command("tshark")
        .args(["-n", "-l", "-r", "-", "-T", "fields", "-e", "frame.number", "-e", "tcpdx.diagnosis"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut to = live.stdin.take().unwrap();
    let mut lines = BufReader::new(live.stdout.take().unwrap()).lines();
    to.write_all(&bytes[..FILE_HEADER]).unwrap();
    let mut at = FILE_HEADER;
    let mut told = Vec::new();
    while at < bytes.len() {
        let length = u32::from_le_bytes(bytes[at + 8..at + 12].try_into().unwrap()) as usize;
        let next = at + RECORD_HEADER + length;
        to.write_all(&bytes[at..next]).unwrap();
        to.flush().unwrap();
        // The next packet is not written before this one is told.
        told.push(lines.next().unwrap().unwrap());
        at = next;
    }
    drop(to);
    live.wait().unwrap();
    assert!(told.iter().any(|line| line.ends_with("\thandshake.rejected")), "{told:?}");
}

#[test]
fn one_connection_on_two_interfaces_is_told_as_such() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let twice = [corpus_capture("clean-close4", "client"), corpus_capture("clean-close4", "server")];
    let both = merged(&twice, &["-I", "none"]);
    let ids = ids(&wireshark, both.path());
    assert!(ids.iter().any(|id| id == "capture.copies"), "{ids:?}");
    assert!(!ids.iter().any(|id| id.starts_with("loss.")), "{ids:?}");
}

#[test]
fn one_connection_on_two_vlans_is_told_as_such() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let untagged = fs::read(corpus_capture("clean-close4", "client")).unwrap();
    let mut tagged = NamedTempFile::with_suffix(".pcap").unwrap();
    tagged.write_all(&with_vlan(&untagged, 7)).unwrap();
    let twice =
        merged(&[corpus_capture("clean-close4", "client"), tagged.path().to_path_buf()], &["-I", "all"]);
    let ids = ids(&wireshark, twice.path());
    assert!(ids.iter().any(|id| id == "capture.copies"), "{ids:?}");
}

/// A pcap file of Ethernet with a VLAN tag in every frame.
fn with_vlan(file: &[u8], vlan: u16) -> Vec<u8> {
    let mut tagged = file[..24].to_vec();
    let mut at = 24;
    while at < file.len() {
        let captured = u32::from_le_bytes(file[at + 8..at + 12].try_into().unwrap());
        let on_wire = u32::from_le_bytes(file[at + 12..at + 16].try_into().unwrap());
        let frame = &file[at + 16..at + 16 + captured as usize];
        tagged.extend(&file[at..at + 8]);
        tagged.extend((captured + 4).to_le_bytes());
        tagged.extend((on_wire + 4).to_le_bytes());
        tagged.extend(&frame[..12]);
        tagged.extend([0x81, 0x00]);
        tagged.extend(vlan.to_be_bytes());
        tagged.extend(&frame[12..]);
        at += 16 + captured as usize;
    }
    tagged
}

#[test]
fn a_capture_that_is_shifted_in_time_tells_the_same() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let capture = corpus_capture("third-ack-never-arrives", "client");
    let shifted = NamedTempFile::with_suffix(".pcap").unwrap();
    let status = Command::new("editcap").args(["-t", "-86400.5"]).arg(&capture).arg(shifted.path()).status();
    assert!(status.unwrap().success());
    let before = told::by_plugin(&wireshark, &capture, Passes::Two).unwrap();
    assert_eq!(told::by_plugin(&wireshark, shifted.path(), Passes::Two).unwrap(), before);
}

#[test]
fn json_holds_what_the_tree_holds() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let capture = corpus_capture("third-ack-never-arrives", "client");
    let packets: Value = serde_json::from_str(
        &wireshark.tshark(&capture, &["-2", "-T", "json", "--no-duplicate-keys"]).unwrap(),
    )
    .unwrap();
    let third_ack = &packets[2]["_source"]["layers"]["tcpdx"];
    assert_eq!(third_ack["tcpdx.client.state"], "ESTABLISHED");
    assert!(third_ack.to_string().contains("handshake.third_ack_lost"), "{third_ack}");
    // What shares a line with another value is a field all the same.
    assert_eq!(third_ack["tcpdx.vantage"], "client");
    let lines = wireshark.tshark(&capture, &["-2", "-T", "ek"]).unwrap();
    let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(objects.iter().any(|object| !object["layers"]["tcpdx"].is_null()));
}

#[test]
fn following_a_stream_gives_what_it_gave() {
    let (plain, with_plugin) = (Wireshark::plain().unwrap(), Wireshark::with_plugin().unwrap());
    let capture = corpus_capture("clean-close4", "client");
    let follow =
        |wireshark: &Wireshark| wireshark.tshark(&capture, &["-q", "-z", "follow,tcp,ascii,0"]).unwrap();
    assert!(follow(&plain).contains("GET /hello"));
    assert_eq!(follow(&with_plugin), follow(&plain));
}
