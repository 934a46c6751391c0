//! How fast packets stream into Wireshark's own capture program: those of the extcap program, those that somebody has
//! ready and only writes, and those of Wireshark's `randpktdump`. And 10 million through the whole way, into `tshark -w`.
//!
//! `TCPDX_PACKETS` sets how many go the whole way.

// What it needs has to be there, and it is told when it is not.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tcpdx_extcap::{GenerateOptions, Stream, scenario};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tcpdx-extcap");
const SCENARIO: &str = "setup/clean-http";
/// Packets of one comparison, and how many comparisons there are.
const PACKETS: u64 = 500_000;
const TURNS: usize = 7;

fn main() {
    let folder = std::env::temp_dir().join(format!("tcpdx-stream-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let each = packets_of_one();
    // By turns, and each beside the other: what else the machine does concerns both.
    let turn = |number: usize| match number % 2 {
        0 => [ready_made(&folder), ours(&folder, each)],
        _ => {
            let ours = ours(&folder, each);
            [ready_made(&folder), ours]
        }
    };
    let turns: Vec<[f64; 2]> = (0..TURNS).map(turn).collect();
    let of = |value: fn(&[f64; 2]) -> f64| median(turns.iter().map(value).collect());
    println!("stream/ready-made blocks into dumpcap   {:>9.0} packets/s", of(|turn| turn[0]));
    println!(
        "stream/tcpdx-extcap into dumpcap        {:>9.0} packets/s, {:.0} % of that",
        of(|turn| turn[1]),
        of(|turn| turn[1] / turn[0] * 100.0)
    );
    match randpktdump(&folder) {
        Some(rate) => println!("stream/randpktdump into dumpcap         {rate:>9.0} packets/s"),
        None => println!("stream/randpktdump                      not measured: it is not installed"),
    }
    whole_way(&folder, each);
    fs::remove_dir_all(&folder).unwrap();
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Packets of one connection.
fn packets_of_one() -> u64 {
    let scenario = scenario::find(SCENARIO).unwrap().scenario().unwrap();
    tcpdx_extcap::generate(&scenario, &GenerateOptions::default(), std::io::sink()).unwrap().packets
}

/// A pipe, and dumpcap that reads it.
fn dumpcap(folder: &Path) -> (PathBuf, Child) {
    let pipe = folder.join("pipe");
    let _ = fs::remove_file(&pipe);
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let child = Command::new("dumpcap")
        .args(["-q", "-w", "/dev/null", "-i"])
        .arg(&pipe)
        .stderr(Stdio::piped())
        .spawn()
        .expect("this needs dumpcap: install tshark");
    (pipe, child)
}

/// The packets a second that dumpcap has taken since `begin`; all of them have to be.
fn taken(dumpcap: Child, begin: Instant, expected: u64) -> f64 {
    let mut said = String::new();
    dumpcap.stderr.unwrap().read_to_string(&mut said).unwrap();
    let elapsed = begin.elapsed();
    let told = said.split("Packets captured: ").nth(1).and_then(|rest| rest.split_whitespace().next());
    let count = told.and_then(|count| count.parse().ok());
    assert_eq!(count, Some(expected), "{said}");
    expected as f64 / elapsed.as_secs_f64()
}

/// A program that only writes what it has: the same packets, again and again.
fn ready_made(folder: &Path) -> f64 {
    let scenario = scenario::find(SCENARIO).unwrap().scenario().unwrap();
    let mut stream = Stream::new(scenario, GenerateOptions::default(), 1_000, None).unwrap();
    let head = std::mem::take(stream.buffer());
    let mut block = 0;
    while stream.write_next().unwrap() {
        block += 1;
    }
    let blocks = std::mem::take(stream.buffer());
    let (pipe, child) = dumpcap(folder);
    let mut pipe = File::options().write(true).open(pipe).unwrap();
    let begin = Instant::now();
    pipe.write_all(&head).unwrap();
    for _ in 0..PACKETS / block {
        pipe.write_all(&blocks).unwrap();
    }
    drop(pipe);
    taken(child, begin, PACKETS / block * block)
}

/// A program that writes into the pipe itself.
fn program(folder: &Path, command: &mut Command, expected: u64) -> f64 {
    let (pipe, child) = dumpcap(folder);
    // Once this is open, dumpcap is there; until it is closed, the capture goes on.
    let held = File::options().write(true).open(&pipe).unwrap();
    let begin = Instant::now();
    let status = command.arg("--capture").arg("--fifo").arg(pipe).status().unwrap();
    drop(held);
    assert!(status.success());
    taken(child, begin, expected)
}

fn ours(folder: &Path, each: u64) -> f64 {
    let connections = PACKETS / each;
    let mut command = Command::new(PROGRAM);
    command.args(["--extcap-interface", "tcpdx", "--scenario", SCENARIO]);
    command.args(["--connections", &connections.to_string()]);
    program(folder, &mut command, connections * each)
}

fn randpktdump(folder: &Path) -> Option<f64> {
    const PACKETS: u64 = 300_000;
    let places = ["/usr/lib/x86_64-linux-gnu/wireshark/extcap", "/usr/libexec/wireshark/extcap"];
    let path = places.iter().map(|place| Path::new(place).join("randpktdump")).find(|path| path.exists())?;
    let mut command = Command::new(path);
    command.args(["--extcap-interface", "randpkt", "--type", "tcp", "--maxbytes", "300"]);
    command.args(["--count", &PACKETS.to_string()]);
    Some(program(folder, &mut command, PACKETS))
}

/// Through tshark into a file, in which they are counted; and how much memory the program takes for it.
fn whole_way(folder: &Path, each: u64) {
    let wanted: u64 =
        std::env::var("TCPDX_PACKETS").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000_000);
    let connections = wanted.div_ceil(each);
    for place in [".config/wireshark/extcap", ".local/lib/wireshark/extcap"] {
        fs::create_dir_all(folder.join(place)).unwrap();
        fs::copy(PROGRAM, folder.join(place).join("tcpdx-extcap")).unwrap();
    }
    let file = folder.join("whole.pcapng");
    let begin = Instant::now();
    let mut tshark = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/in-home.sh"))
        .arg(folder)
        .arg("tshark")
        .args(["-n", "-Q", "-i", "tcpdx", "-o", &format!("extcap.tcpdx.scenario:{SCENARIO}"), "-o"])
        .arg(format!("extcap.tcpdx.connections:{connections}"))
        .arg("-w")
        .arg(&file)
        .stderr(Stdio::null())
        .spawn()
        .expect("this needs tshark");
    let mut peaks = Vec::new();
    while tshark.try_wait().unwrap().is_none() {
        peaks.extend(peak(folder));
        std::thread::sleep(Duration::from_millis(50));
    }
    let rate = (connections * each) as f64 / begin.elapsed().as_secs_f64();
    let size = fs::metadata(&file).unwrap().len();
    let count = count(&file);
    assert_eq!(count, connections * each, "packets in the file");
    let early = peaks.get(peaks.len() / 10).copied().unwrap_or_default();
    println!(
        "stream/tcpdx-extcap into tshark -w      {rate:>9.0} packets/s: {count} packets, {} MB, none lost; \
         memory {early} kB early on, {} kB at the end",
        size / 1_000_000,
        peaks.last().copied().unwrap_or_default()
    );
}

/// The most memory that the program has had so far, in kB.
fn peak(folder: &Path) -> Option<u64> {
    let ours = folder.to_str()?;
    let process = fs::read_dir("/proc").ok()?.filter_map(Result::ok).find(|process| {
        let line = fs::read_to_string(process.path().join("cmdline")).unwrap_or_default();
        let program = line.split('\0').next().unwrap_or_default();
        program.contains(ours) && program.ends_with("tcpdx-extcap")
    })?;
    let status = fs::read_to_string(process.path().join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Packets in a file.
fn count(file: &Path) -> u64 {
    let mut reader = pcap_file::pcapng::PcapNgReader::new(File::open(file).unwrap()).unwrap();
    let mut count = 0;
    while let Some(block) = reader.next_raw_block() {
        count += u64::from(block.unwrap().0.type_ == pcap_file::pcapng::blocks::ENHANCED_PACKET_BLOCK);
    }
    count
}
