//! The extcap program through the real tshark: that of the machine, or of the tree that `TCPDX_TREE` names
//! (scripts/trees.sh).

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
mod program;

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::read;
use pcap_file::pcapng::{Block, PcapNgReader};
use program::{Folder, PROGRAM, in_home};
use rustix::process::{Pid, Signal, kill_process};

/// A home for a Wireshark that knows the program.
struct Home(Folder);

impl Home {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        // Wireshark 4.2 and later look in ~/.local/lib.
        for place in [".config/wireshark/extcap", ".local/lib/wireshark/extcap"] {
            let place = folder.0.join(place);
            fs::create_dir_all(&place).unwrap();
            fs::copy(PROGRAM, place.join("tcpdx-extcap")).unwrap();
        }
        Home(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.0.join(name)
    }

    /// A program of Wireshark's.
    fn command(&self, program: &str) -> Command {
        in_home(&self.0.0, program)
    }

    fn tshark(&self, arguments: &[&str]) -> Output {
        let output = self.command("tshark").arg("-n").args(arguments).output();
        output.expect("this test needs tshark: install it (Debian: apt-get install tshark)")
    }

    /// What it says, having succeeded.
    fn told(&self, arguments: &[&str]) -> String {
        let output = self.tshark(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The capture that comes of these options.
    fn capture(&self, interface: &str, arguments: &[&str]) -> Vec<u8> {
        let file = self.file("out.pcapng");
        self.told(&[&["-Q", "-i", interface, "-w", file.to_str().unwrap()], arguments].concat());
        fs::read(file).unwrap()
    }

    /// Starts a capture that goes on, and waits until there is something of it.
    fn start(&self, arguments: &[&str]) -> (Child, PathBuf) {
        let file = self.file("live.pcapng");
        let _ = fs::remove_file(&file);
        let child = self
            .command("tshark")
            .args(["-n", "-Q", "-i", "tcpdx", "-w"])
            .arg(&file)
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let limit = Instant::now() + Duration::from_secs(20);
        while packets_in(&fs::read(&file).unwrap_or_default()) == 0 {
            assert!(Instant::now() < limit, "no packets come");
            std::thread::sleep(Duration::from_millis(5));
        }
        (child, file)
    }

    /// The processes of the program that were started from here.
    fn extcaps(&self) -> Vec<Pid> {
        let ours = self.0.0.to_str().unwrap();
        let of_ours = |entry: std::io::Result<fs::DirEntry>| {
            let folder = entry.ok()?.path();
            let number = folder.file_name()?.to_str()?.parse().ok()?;
            let line = fs::read_to_string(folder.join("cmdline")).ok()?;
            let program = line.split('\0').next()?;
            (program.contains(ours) && program.ends_with("tcpdx-extcap")).then_some(number)
        };
        fs::read_dir("/proc").unwrap().filter_map(of_ours).filter_map(Pid::from_raw).collect()
    }

    fn all_end_within_a_second(&self, why: &str) {
        let begin = Instant::now();
        while !self.extcaps().is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(1), "{why}: still there");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Enhanced Packet Blocks in what there is of a capture.
fn packets_in(bytes: &[u8]) -> usize {
    let mut reader = PcapNgReader::new(bytes).ok();
    let blocks = std::iter::from_fn(|| Some(reader.as_mut()?.next_block()?.ok()?.0.into_owned()));
    blocks.filter(|block| matches!(block, Block::EnhancedPacket(_))).count()
}

#[test]
fn both_interfaces_are_listed_and_their_questions_leave_no_complaint() {
    let home = Home::new("list");
    let list = home.told(&["-D"]);
    assert!(list.contains("tcpdx (TCP teaching captures)"), "{list}");
    assert!(list.contains("tcpdx-mystery (TCP mystery)"), "{list}");
    for interface in ["tcpdx", "tcpdx-mystery"] {
        let links = home.told(&["-L", "-i", interface]);
        assert!(links.contains("EN10MB"), "{links}");
    }
    // Complaints about a sentence go to stdout, among the packets.
    let packets = home.told(&["-i", "tcpdx", "-T", "fields", "-e", "frame.number"]);
    assert!(packets.lines().all(|line| line.parse::<u32>().is_ok()), "{packets}");
}

#[test]
fn lessons_are_chosen_by_preferences() {
    let home = Home::new("lesson");
    let scenario = "extcap.tcpdx.scenario:reset/forged-to-server";
    let packets = read(&home.capture("tcpdx", &["-o", scenario, "-o", "extcap.tcpdx.point:server"]));
    assert_eq!(packets.len(), 6);
    assert!(packets.iter().all(|packet| packet.comment.is_some()));
    let options = ["comments:off", "ip:6", "clientport:4711", "connections:1", "repeat:2", "loss:0"]
        .map(|option| format!("extcap.tcpdx.{option}"));
    let arguments: Vec<&str> = options.iter().flat_map(|option| ["-o", option]).collect();
    let packets = read(&home.capture("tcpdx", &[&["-o", scenario], &arguments[..]].concat()));
    assert!(packets.iter().all(|packet| packet.comment.is_none() && packet.from.is_ipv6()));
    let opened = packets.iter().filter(|packet| packet.tcp.syn && !packet.tcp.ack);
    assert_eq!(opened.map(|packet| packet.from.port()).collect::<Vec<_>>(), [4711, 4711]);
}

#[test]
fn mysteries_are_captured_and_filters_and_snap_lengths_obeyed() {
    let home = Home::new("mystery");
    let capture = home.capture("tcpdx-mystery", &["-o", "extcap.tcpdx_mystery.seed:42"]);
    assert!(capture.windows(27).any(|part| part == b"TCP mystery: seed 42, check"));
    let syns = home.capture("tcpdx", &["-f", "tcp[tcpflags] & tcp-syn != 0"]);
    let packets = read(&syns);
    assert!(!packets.is_empty() && packets.iter().all(|packet| packet.tcp.syn));
    let fields = ["-T", "fields", "-e", "frame.cap_len", "-o", "extcap.tcpdx.snaplen:60"];
    let lens = home.told(&[&["-i", "tcpdx"], &fields[..]].concat());
    assert!(lens.lines().count() > 5 && lens.lines().all(|len| len.parse::<u32>().unwrap() <= 60), "{lens}");
}

#[test]
fn what_is_wrong_is_told_in_our_words() {
    let home = Home::new("wrong");
    for (arguments, sentence) in [
        (
            ["-o", "extcap.tcpdx.scenario:setup/no-such"],
            "tcpdx-extcap: --scenario: no `setup/no-such`; there are",
        ),
        (["-o", "extcap.tcpdx.file:/no/such.toml"], "tcpdx-extcap: /no/such.toml: No such file"),
        (["-o", "extcap.tcpdx.rtt:soon"], "tcpdx-extcap: --rtt: `soon` is not a time such as"),
        (["-f", "tcp port"], "tcpdx-extcap: capture filter `tcp port`: can't parse filter expression"),
    ] {
        let begin = Instant::now();
        let output = home.tshark(&[&["-i", "tcpdx"][..], &arguments].concat());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(sentence), "{arguments:?}: {stderr}");
        assert!(begin.elapsed() < Duration::from_secs(10), "{arguments:?}");
    }
}

#[test]
fn comments_names_and_statistics_are_in_the_file_and_stay_when_it_is_saved() {
    let home = Home::new("saved");
    let captured = home.capture("tcpdx", &["-o", "extcap.tcpdx.point:both"]);
    let (live, saved) = (home.file("out.pcapng"), home.file("saved.pcapng"));
    home.told(&["-r", live.to_str().unwrap(), "-w", saved.to_str().unwrap()]);
    for bytes in [captured.clone(), fs::read(&saved).unwrap()] {
        let packets = read(&bytes);
        assert!(packets.len() > 20 && packets.iter().all(|packet| packet.comment.is_some()));
        let (mut interfaces, mut statistics, mut hosts) = (Vec::new(), 0, String::new());
        let mut reader = PcapNgReader::new(&bytes[..]).unwrap();
        while let Some(block) = reader.next_block() {
            match block.unwrap().0 {
                Block::InterfaceDescription(block) => interfaces.push(format!("{:?}", block.options)),
                Block::InterfaceStatistics(block) => {
                    statistics += 1;
                    let told = format!("{:?}", block.options);
                    assert!(told.contains("IsbIfRecv") && told.contains("IsbEndTime"), "{told}");
                }
                Block::NameResolution(block) => hosts += &format!("{:?}", block.records),
                _ => {}
            }
        }
        assert_eq!(interfaces.len(), 2);
        // tshark leaves both out of what it copies; Wireshark's window saves them (scripts/extcap_window.sh).
        assert!(statistics == 2 || bytes != captured, "{statistics} interfaces have statistics");
        let named = hosts.contains("client.example") && hosts.contains("server.example");
        assert!(named || bytes != captured, "{hosts}");
        assert!(
            interfaces[0].contains("IfName(\"client\")") && interfaces[1].contains("IfName(\"server\")"),
            "{interfaces:?}"
        );
    }
    let file = live.to_str().unwrap();
    // No -n: names are wanted here.
    let mut command = home.command("tshark");
    command.args(["-Nn", "-r", file, "-T", "fields", "-e", "_ws.col.Source"]);
    let named = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(named.contains("client.example"), "{named}");
}

#[test]
fn live_pace_takes_its_time_and_gives_each_packet_at_once() {
    let home = Home::new("live");
    let options =
        ["scenario:setup/syn-unanswered", "pace:10x"].map(|option| format!("extcap.tcpdx.{option}"));
    let (mut child, file) = home.start(&["-o", &options[0], "-o", &options[1], "-a", "duration:6"]);
    let count = || packets_in(&fs::read(&file).unwrap());
    let begin = Instant::now();
    let first = count();
    assert!(first <= 3, "{first} packets at once");
    let mut grown = Vec::new();
    while begin.elapsed() < Duration::from_millis(1_500) {
        std::thread::sleep(Duration::from_millis(20));
        if grown.last() != Some(&count()) {
            grown.push(count());
        }
    }
    // SYNs come after 1, 2, 3, 4, 5, 7, 11 s.
    assert!(grown.len() >= 4, "packets come one by one: {grown:?}");
    child.wait().unwrap();
    home.all_end_within_a_second("duration");
    read(&fs::read(&file).unwrap());
}

#[test]
fn every_way_to_stop_leaves_no_process_and_a_readable_file() {
    let home = Home::new("stop");
    let paces: [&[&str]; 3] = [
        &["scenario:setup/clean-http", "repeat:0"],
        &["scenario:keepalive/go-15s", "pace:real"],
        &["scenario:keepalive/go-15s", "pace:10x"],
    ];
    for pace in paces {
        let options: Vec<String> = pace.iter().map(|option| format!("extcap.tcpdx.{option}")).collect();
        let arguments: Vec<&str> = options.iter().flat_map(|option| ["-o", option]).collect();
        for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
            let why = format!("{signal:?} {pace:?}");
            let (mut child, file) = home.start(&arguments);
            // tshark is what a script has become.
            kill_process(Pid::from_child(&child), signal).unwrap();
            home.all_end_within_a_second(&why);
            let status = child.wait().unwrap();
            assert!(signal == Signal::KILL || status.success(), "{why}: {status}");
            let output = child.wait_with_output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(!stderr.contains("tcpdx-extcap"), "{why}: {stderr}");
            let read = home.tshark(&["-r", file.to_str().unwrap(), "-c", "3"]);
            assert!(
                read.status.success() && !read.stdout.is_empty(),
                "{why}: {}",
                String::from_utf8_lossy(&read.stderr)
            );
        }
    }
}

/// A capture that is much larger than every buffer on its way, without a packet lost and in constant memory.
#[test]
fn a_hundred_thousand_packets_come_through_whole() {
    let home = Home::new("many");
    let file = home.file("many.pcapng");
    let options = ["scenario:setup/clean-http", "connections:10000", "comments:off"];
    let options = options.map(|option| format!("extcap.tcpdx.{option}"));
    let mut command = home.command("tshark");
    command.args(["-n", "-Q", "-i", "tcpdx", "-w"]).arg(&file);
    command.args(options.iter().flat_map(|option| ["-o", option]));
    let mut child = command.spawn().unwrap();
    let mut most = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        for process in home.extcaps() {
            let status = fs::read_to_string(format!("/proc/{}/status", process.as_raw_nonzero()));
            let peak = status
                .unwrap_or_default()
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
            most = most.max(peak.unwrap_or_default());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success());
    let mut one = Vec::new();
    let scenario = tcpdx_extcap::scenario::find("setup/clean-http").unwrap().scenario().unwrap();
    let packets =
        tcpdx_extcap::generate(&scenario, &tcpdx_extcap::GenerateOptions::default(), &mut one).unwrap();
    let mut reader = PcapNgReader::new(fs::File::open(&file).unwrap()).unwrap();
    let mut count = 0;
    while let Some(block) = reader.next_block() {
        count += u64::from(matches!(block.unwrap().0, Block::EnhancedPacket(_)));
    }
    assert_eq!(count, 10_000 * packets.packets);
    assert!(most > 1_000 && most < 60_000, "{most} kB at most");
}
