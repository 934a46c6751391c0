//! How fast captures are generated, beside how fast packets that are ready can be written at all, and whether a long
//! stream takes more memory than a short one.
//!
//! Both write pcapng with a comment on every packet to a file, by turns, and the time is counted that a core works for
//! them. The one simulates every packet; the other only copies frames and comments that lie in
//! memory.

// A measurement may panic: that is how it tells.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::{Block, PcapNgReader};
use rustix::time::{ClockId, clock_gettime};
use tcpdx_extcap::{GenerateOptions, Mix, Scenario, generate, generate_mix};

/// Small connections, most of them healthy.
const MIX: &str = r#"
rate = 2000
[[share]]
scenario = "setup/clean-http"
weight = 80
[[share]]
scenario = "close/three-segments"
weight = 10
[[share]]
scenario = "setup/handshake-rejected"
weight = 5
[[share]]
scenario = "reset/forged-to-server"
weight = 5
"#;

/// One connection with many small segments: so many questions and answers, on a path of that delay one way.
fn chat(times: u64, delay: &str) -> Scenario {
    let text = format!(
        r#"
title.en = "a chat"
path.delay = "{delay}"
[client]
nodelay = true
step = [
    {{ do = "connect" }}, {{ do = "send", bytes = 20 }}, {{ do = "receive", bytes = 60 }},
    {{ do = "repeat", steps = 2, times = {times} }}, {{ do = "close" }},
]
[server]
port = 9000
step = [
    {{ do = "listen" }}, {{ do = "accept" }}, {{ do = "receive", bytes = 20 }}, {{ do = "send", bytes = 60 }},
    {{ do = "repeat", steps = 2, times = {times} }}, {{ do = "close" }},
]
"#
    );
    Scenario::parse("chat", &text).unwrap()
}

/// One download.
const BULK: &str = r#"
title.en = "a download"
[client]
step = [{ do = "connect" }, { do = "send", bytes = 100 }, { do = "receive", bytes = 300000000 }, { do = "close" }]
[server]
port = 9000
step = [
    { do = "listen" }, { do = "accept" }, { do = "receive" }, { do = "send", bytes = 300000000 },
    { do = "receive", until_closed = true }, { do = "close" },
]
"#;

/// Connections of the mix.
const CONNECTIONS: u64 = 100_000;
/// Each is measured so often; the best counts.
const TURNS: usize = 5;

/// A packet that only needs to be written.
struct Ready {
    frame: Vec<u8>,
    comment: Vec<u8>,
}

fn main() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated.pcapng");
    let mix = Mix::parse("mix", MIX).unwrap();
    let chat = chat(250_000, "10ms");
    let bulk = Scenario::parse("bulk", BULK).unwrap();
    let options = GenerateOptions::default();
    long_stream(&options);
    println!(
        "packets a second, comments included, to a file, by the time that one core works; best of {TURNS} turns"
    );
    compare("a mix of small connections", &file, &|out| {
        generate_mix(&mix, CONNECTIONS, &options, out).unwrap().packets
    });
    compare("one connection, small segments", &file, &|out| generate(&chat, &options, out).unwrap().packets);
    compare("one large download", &file, &|out| generate(&bulk, &options, out).unwrap().packets);
    std::fs::remove_file(file).unwrap();
}

/// Ten times as many packets of one connection may take no more memory.
fn long_stream(options: &GenerateOptions) {
    // On a short path, so that it does not last longer than a simulation may.
    let [short, long] = [500_000, 5_000_000].map(|times| {
        let packets = generate(&chat(times, "1ms"), options, std::io::sink()).unwrap().packets;
        (packets, most_memory())
    });
    println!("memory: {} KiB for {} packets, {} KiB for {}", short.1, short.0, long.1, long.0);
    assert!(long.1 < short.1 + 1024, "a long stream takes more memory than a short one");
}

/// The most memory that this process has had so far, in KiB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn compare(what: &str, file: &Path, generate: &dyn Fn(File) -> u64) {
    let packets = generate(File::create(file).unwrap());
    let ready = read(&std::fs::read(file).unwrap());
    let (mut simulated, mut written) = (Duration::MAX, Duration::MAX);
    for _ in 0..TURNS {
        let begin = worked();
        generate(File::create(file).unwrap());
        simulated = simulated.min(worked() - begin);
        let begin = worked();
        write(&ready, File::create(file).unwrap());
        written = written.min(worked() - begin);
    }
    let rate = |time: Duration| packets as f64 / time.as_secs_f64();
    let ratio = rate(simulated) / rate(written);
    println!("{what}: simulated {:.0}, ready-made {:.0}, ratio {ratio:.2}", rate(simulated), rate(written));
}

/// The time that this process has worked, the kernel's work for it included; what others do does not count.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn read(capture: &[u8]) -> Vec<Ready> {
    let mut reader = PcapNgReader::new(capture).unwrap();
    let mut ready = Vec::new();
    while let Some(block) = reader.next_block() {
        let Block::EnhancedPacket(block) = block.unwrap().0 else { continue };
        let comment = block.options.iter().find_map(|option| match option {
            EnhancedPacketOption::Common(CommonOption::Comment(text)) => Some(text.as_bytes().to_vec()),
            _ => None,
        });
        ready.push(Ready { frame: block.data.to_vec(), comment: comment.unwrap_or_default() });
    }
    ready
}

/// What a plain writer does: a header, the frame, the comment, each padded.
fn write(ready: &[Ready], mut out: File) {
    let mut buffer = Vec::with_capacity(1 << 17);
    for (number, packet) in ready.iter().enumerate() {
        let (frame, comment) = (packet.frame.len(), packet.comment.len());
        let (padded_frame, padded_comment) = (frame.next_multiple_of(4), comment.next_multiple_of(4));
        let len = (28 + padded_frame + 4 + padded_comment + 4 + 4) as u32;
        let head = [6, len, 0, 0, number as u32, frame as u32, frame as u32];
        head.iter().for_each(|word| buffer.extend_from_slice(&word.to_le_bytes()));
        buffer.extend_from_slice(&packet.frame);
        buffer.extend_from_slice(&[0; 3][..padded_frame - frame]);
        buffer.extend_from_slice(&[1, 0]);
        buffer.extend_from_slice(&(comment as u16).to_le_bytes());
        buffer.extend_from_slice(&packet.comment);
        buffer.extend_from_slice(&[0; 3][..padded_comment - comment]);
        buffer.extend_from_slice(&[0; 4]);
        buffer.extend_from_slice(&len.to_le_bytes());
        if buffer.len() >= 1 << 16 {
            out.write_all(&buffer).unwrap();
            buffer.clear();
        }
    }
    out.write_all(&buffer).unwrap();
}
