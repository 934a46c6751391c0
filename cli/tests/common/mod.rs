//! What several tests share: captures, the packets in them, and what tshark says of them.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used, clippy::panic)]

pub mod build;
pub mod holds;

use std::fs::File;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tcpdx_cli::read::{Capture, Decoder, Sink, Trouble};
use tcpdx_engine::{IcmpPacket, Packet};

/// A TCP packet as it is handed to the diagnosis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub frame: u32,
    pub time: i64,
    pub src: IpAddr,
    pub dst: IpAddr,
    pub ttl: u8,
    pub id: Option<u16>,
    pub ecn: u8,
    pub seq: Option<u32>,
    /// TCP header and payload; tshark tells none for a fragment.
    pub wire_len: Option<u32>,
}

/// Keeps what was found.
#[derive(Default)]
pub struct Recorder {
    pub tcp: Vec<Seen>,
    pub links: Vec<u32>,
    pub layers: Vec<u8>,
    pub bytes: Vec<Vec<u8>>,
    pub icmp: Vec<(u32, IpAddr, IpAddr, bool, Vec<u8>)>,
}

impl Sink for Recorder {
    fn tcp(&mut self, packet: &Packet<'_>) {
        assert!(packet.bytes.len() as u64 <= u64::from(packet.wire_len));
        let ip = packet.ip.unwrap();
        self.tcp.push(Seen {
            frame: packet.frame,
            time: packet.time,
            src: packet.src,
            dst: packet.dst,
            ttl: ip.ttl,
            id: ip.id,
            ecn: ip.ecn,
            seq: packet.bytes.get(4..8).map(|seq| u32::from_be_bytes(seq.try_into().unwrap())),
            wire_len: Some(packet.wire_len),
        });
        self.links.push(packet.link);
        self.layers.push(packet.layer);
        self.bytes.push(packet.bytes.to_vec());
    }

    fn icmp(&mut self, packet: &IcmpPacket<'_>) {
        self.icmp.push((packet.frame, packet.src, packet.dst, packet.v6, packet.bytes.to_vec()));
    }
}

/// Everything that is found in a capture, and how its reading ended.
pub fn record(path: &Path) -> (Recorder, Result<(), Trouble>) {
    let mut recorder = Recorder::default();
    let result = Capture::open(path).and_then(|mut capture| {
        let mut decoder = Decoder::new();
        capture.read(|frame| {
            decoder.decode(frame, &mut recorder);
        })
    });
    (recorder, result)
}

/// The same of a capture that is no file yet.
pub fn record_bytes(capture: &[u8]) -> (Recorder, Result<(), Trouble>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture");
    std::fs::write(&path, capture).unwrap();
    record(&path)
}

/// The same TCP packets as tshark's dissectors see them. Those that ICMP errors quote are left out.
pub fn tshark(path: &Path) -> Vec<Seen> {
    const FIELDS: [&str; 12] = [
        "frame.number",
        "frame.time_epoch",
        "_ws.col.Source",
        "_ws.col.Destination",
        "ip.ttl",
        "ipv6.hlim",
        "ip.id",
        "ip.dsfield.ecn",
        "ipv6.tclass.ecn",
        "tcp.seq_raw",
        "tcp.hdr_len",
        "tcp.len",
    ];
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/in-home.sh"));
    command.arg(home.path()).arg("tshark").stdin(File::open(path).unwrap());
    command.args([
        "-n",
        "-Y",
        "tcp and not icmp and not icmpv6",
        "-T",
        "fields",
        "-E",
        "occurrence=l",
        "-r",
        "-",
    ]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark runs");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| row(&line.split('\t').collect::<Vec<_>>())).collect()
}

fn row(columns: &[&str]) -> Seen {
    let [frame, time, src, dst, ttl, hops, id, ecn4, ecn6, seq, header, payload] = columns else {
        panic!("unexpected row {columns:?}")
    };
    let src: IpAddr = src.parse().unwrap();
    let (ttl, ecn, id) = if src.is_ipv4() { (ttl, ecn4, Some(*id)) } else { (hops, ecn6, None) };
    // A simple packet block has no time.
    let (seconds, fraction) = time.split_once('.').unwrap_or(("0", "0"));
    Seen {
        frame: frame.parse().unwrap(),
        time: seconds.parse::<i64>().unwrap() * 1_000_000_000 + fraction.parse::<i64>().unwrap(),
        src,
        dst: dst.parse().unwrap(),
        ttl: ttl.parse().unwrap(),
        id: id.map(|id| u16::from_str_radix(id.trim_start_matches("0x"), 16).unwrap()),
        ecn: ecn.parse().unwrap(),
        seq: seq.parse().ok(),
        wire_len: payload.parse::<u32>().ok().map(|payload| header.parse::<u32>().unwrap() + payload),
    }
}

/// The same packets, and the same sequence numbers and lengths wherever tshark tells one.
pub fn assert_same(ours: &[Seen], theirs: &[Seen], name: &str) {
    let comparable: Vec<Seen> = ours
        .iter()
        .enumerate()
        .map(|(at, seen)| Seen {
            seq: seen.seq.filter(|_| theirs.get(at).is_none_or(|their| their.seq.is_some())),
            wire_len: seen.wire_len.filter(|_| theirs.get(at).is_none_or(|their| their.wire_len.is_some())),
            ..seen.clone()
        })
        .collect();
    assert_eq!(comparable, theirs, "{name}");
}

/// A file of the corpus that the project carries.
pub fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus").join(name)
}

/// All files below a folder, sorted; none when there is no such folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] })
        .collect();
    found.sort();
    found
}
