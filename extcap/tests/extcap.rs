//! The extcap program as Wireshark calls it: through its pipe, and through the real tshark.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
mod program;

use std::time::{Duration, Instant};

use common::read;
use program::{Folder, PROGRAM, ask, drain, finish, open_reader, read_until, start};

#[test]
fn questions_are_answered_and_leave_stderr_alone() {
    for (arguments, expected) in [
        (
            &["--extcap-interfaces", "--extcap-version=4.0"][..],
            "interface {value=tcpdx}{display=TCP teaching captures}",
        ),
        (&["--extcap-interfaces"], "interface {value=tcpdx-mystery}{display=TCP mystery}"),
        (&["--extcap-interfaces"], "control {number=0}{type=button}{display=Next scenario}"),
        (&["--extcap-interfaces"], "extcap {version="),
        (&["--extcap-dlts", "--extcap-interface", "tcpdx"], "dlt {number=1}{name=EN10MB}{display=Ethernet}"),
        (&["--extcap-config", "--extcap-interface", "tcpdx"], "arg {number=1}{call=--scenario}"),
        (&["--extcap-config", "--extcap-interface", "tcpdx-mystery"], "arg {number=0}{call=--difficulty}"),
        (&["--extcap-capture-filter", "tcp port", "--extcap-interface", "tcpdx"], "can't parse filter"),
        (&["--extcap-capture-filter", "host no.such.host.invalid", "--extcap-interface", "tcpdx"], "host"),
        (&["--help"], "tshark -i tcpdx"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
        (&[], "tshark -i tcpdx"),
    ] {
        let output = ask(arguments);
        let answer = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && answer.contains(expected), "{arguments:?}: {answer}");
        assert!(output.stderr.is_empty(), "{arguments:?}");
    }
    for silent in [
        &["--extcap-cleanup-postkill"][..],
        &["--extcap-capture-filter", "", "--extcap-interface", "tcpdx"],
        &["--extcap-capture-filter", "tcp port 80 and not host 1.2.3.4", "--extcap-interface", "tcpdx"],
    ] {
        let output = ask(silent);
        assert!(
            output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(),
            "{silent:?}"
        );
    }
    assert_eq!(ask(&["--extcap-dlts", "--extcap-interface", "eth0"]).status.code(), Some(2));
}

#[test]
fn the_options_dialog_is_as_it_was() {
    for interface in ["tcpdx", "tcpdx-mystery"] {
        let config = ask(&["--extcap-config", "--extcap-interface", interface]).stdout;
        let config = String::from_utf8(config).unwrap();
        // Without the list of scenarios, which grows.
        let in_list = |line: &&str| line.starts_with("value {arg=1}{value=") && line.contains('/');
        let dialog: Vec<&str> = config.lines().filter(|line| !in_list(line)).collect();
        insta::assert_snapshot!(format!("dialog-{interface}"), dialog.join("\n"));
    }
}

#[test]
fn a_capture_streams_what_was_chosen() {
    let folder = Folder::new("stream");
    let chosen =
        ["--scenario", "setup/syn-unanswered:old-kernel", "--comments", "off", "--new-in-5.0", "--ip=6"];
    let (child, reader) = start(&folder.pipe("packets"), &chosen);
    let packets = read(&drain(reader));
    assert_eq!(finish(child), (true, String::new()));
    assert_eq!(packets.len(), 7);
    assert!(packets.iter().all(|packet| packet.comment.is_none() && packet.from.is_ipv6()));
}

#[test]
fn the_same_capture_comes_out_of_the_pipe_and_out_of_the_library() {
    let folder = Folder::new("same");
    let (child, reader) = start(
        &folder.pipe("packets"),
        &["--scenario", "reset/client-crash", "--point=both", "--lang", "zh-CN"],
    );
    let streamed = drain(reader);
    assert!(finish(child).0);
    let scenario = tcpdx_extcap::scenario::find("reset/client-crash").unwrap().scenario().unwrap();
    let options = tcpdx_extcap::GenerateOptions {
        point: tcpdx_extcap::CapturePoint::Both,
        language: tcpdx_extcap::Language::ZhCn,
        ..Default::default()
    };
    let mut written = Vec::new();
    tcpdx_extcap::generate(&scenario, &options, &mut written).unwrap();
    // Only the statistics stand behind it.
    assert!(streamed.starts_with(&written) && streamed.len() < written.len() + 250);
}

#[test]
fn wrong_choices_get_one_sentence_behind_a_readable_head() {
    for (arguments, sentence) in [
        (["--scenario", "setup/no-such"], "--scenario: no `setup/no-such`; there are: setup/accept-"),
        (["--scenario", "no-such"], "--scenario: no `no-such`; there are: setup/…, reset/…, close/…"),
        (["--scenario", "setup/clean-http:fast"], "no variant `fast`; there are: macos, windows"),
        (["--point", "middle"], "--point: `middle` is no capture point: use client, server or both"),
        (["--seed", "x"], "--seed: `x` is no whole number"),
        (["--pace", "slow"], "--pace: `slow` is no pace: use instant, real or 10x"),
        (["--repeat", "-1"], "--repeat: `-1` is no whole number from 0 to 1000000"),
        (["--connections", "0"], "--connections: `0` is no whole number from 1 to"),
        (["--loss", "101"], "--loss: `101` is no number from 0 to 100"),
        (["--comments", "maybe"], "--comments: `maybe` is no choice of comments: use on, story or off"),
        (["--offload", "maybe"], "--offload: `maybe` is neither true nor false"),
        (["--rtt", "fast"], "--rtt: `fast` is not a time such as"),
        (["--snaplen", "0"], "--snaplen: `0` is no number of bytes above 0"),
        (["--start", "tomorrow"], "--start: `tomorrow` is no time since 1970 such as"),
        (["--client-port", "0"], "--client-port: `0` is no port"),
        (["--lang", "tlh"], "--lang: no texts in language `tlh`"),
        (["--ip", "5"], "--ip: `5` is no version of IP: use 4 or 6"),
        (["--file", "/no/such.toml"], "/no/such.toml: No such file"),
        (["--extcap-interface", "eth0"], "no interface `eth0`: there are tcpdx and tcpdx-mystery"),
        (["--extcap-capture-filter", "tcp port"], "capture filter `tcp port`: can't parse filter"),
    ] {
        let folder = Folder::new("wrong");
        let (child, reader) = start(&folder.pipe("packets"), &arguments);
        assert!(read(&drain(reader)).is_empty());
        let (success, stderr) = finish(child);
        assert!(
            !success && stderr.contains(sentence) && stderr.lines().count() == 1,
            "{arguments:?}: {stderr}"
        );
    }
}

#[test]
fn a_scenario_file_that_is_wrong_is_told_with_its_line() {
    let folder = Folder::new("own");
    let file = folder.0.join("own.toml");
    std::fs::write(&file, "title.en = \"Mine\"\n[path]\ndelay = \"20 lightyears\"\n").unwrap();
    let (child, reader) = start(&folder.pipe("packets"), &["--file", file.to_str().unwrap()]);
    assert!(read(&drain(reader)).is_empty());
    let (_, stderr) = finish(child);
    let expected =
        format!("tcpdx-extcap: {}:3: delay: `20 lightyears` is not a time such as", file.display());
    assert!(stderr.starts_with(&expected), "{stderr}");
}

#[test]
fn filters_choose_by_whole_packets_which_are_cut_afterwards() {
    let folder = Folder::new("filter");
    let capture = |name: &str, arguments: &[&str]| {
        let all = [&["--scenario", "setup/clean-http"], arguments].concat();
        let (child, reader) = start(&folder.pipe(name), &all);
        let bytes = drain(reader);
        assert_eq!(finish(child), (true, String::new()));
        bytes
    };
    let whole = read(&capture("all", &[]));
    let synced = read(&capture("syn", &["--extcap-capture-filter", "tcp[tcpflags] & tcp-syn != 0"]));
    assert_eq!(synced.len(), 2);
    assert!(read(&capture("none", &["--extcap-capture-filter", "udp"])).is_empty());
    let vlan = capture("vlan", &["--extcap-capture-filter", "vlan and tcp port 80", "--encap", "vlan"]);
    assert_eq!(read(&vlan).len(), whole.len());
    let flagged = "tcp[tcpflags] & tcp-push != 0";
    let cut = capture("cut", &["--extcap-capture-filter", flagged, "--snaplen", "14"]);
    let cut = blocks(&cut);
    assert_eq!(cut.len(), whole.iter().filter(|packet| packet.tcp.psh).count());
    assert!(!cut.is_empty() && cut.iter().all(|(kept, len)| *kept == 14 && *len > 60), "{cut:?}");
}

/// Of each packet, the bytes that are kept and those that there were.
fn blocks(capture: &[u8]) -> Vec<(usize, u32)> {
    let mut reader = pcap_file::pcapng::PcapNgReader::new(capture).unwrap();
    let mut found = Vec::new();
    while let Some(block) = reader.next_block() {
        if let pcap_file::pcapng::Block::EnhancedPacket(packet) = block.unwrap().0 {
            found.push((packet.data.len(), packet.original_len));
        }
    }
    found
}

#[test]
fn connections_and_rounds_are_as_many_as_were_asked_for() {
    let folder = Folder::new("many");
    let clients = |arguments: &[&str]| {
        let all = [&["--scenario", "setup/clean-http"], arguments].concat();
        let pipe = folder.pipe(&arguments.concat());
        let (child, reader) = start(&pipe, &all);
        let packets = read(&drain(reader));
        assert_eq!(finish(child), (true, String::new()));
        assert!(packets.is_sorted_by(|a, b| a.time <= b.time));
        let opened = packets.iter().filter(|packet| packet.tcp.syn && !packet.tcp.ack);
        opened.map(|packet| packet.from).collect::<std::collections::HashSet<_>>().len()
    };
    assert_eq!(clients(&["--connections", "25"]), 25);
    assert_eq!(clients(&["--repeat", "7"]), 7);
    assert_eq!(clients(&["--repeat", "3", "--connections", "4"]), 12);
}

#[test]
fn comments_of_the_story_leave_ordinary_packets_alone() {
    let folder = Folder::new("story");
    let commented = |comments: &str| {
        let arguments = ["--scenario", "loss/fast-retransmit", "--comments", comments];
        let (child, reader) = start(&folder.pipe(comments), &arguments);
        let packets = read(&drain(reader));
        assert!(finish(child).0);
        packets.into_iter().map(|packet| packet.comment).collect::<Vec<_>>()
    };
    let (all, story, none) = (commented("on"), commented("story"), commented("off"));
    assert!(all.iter().all(Option::is_some) && none.iter().all(Option::is_none));
    let told = story.iter().filter(|comment| comment.is_some()).count();
    assert!(told >= 8 && told < all.len() - 8, "{told} of {}", all.len());
    assert!(
        story
            .iter()
            .flatten()
            .any(|comment| comment.contains("sends its data again") || comment.contains("again")),
        "{story:?}"
    );
}

#[test]
fn a_mystery_tells_nothing_and_the_same_seed_gives_the_same() {
    let folder = Folder::new("mystery");
    let capture = |name: &str, arguments: &[&str]| {
        let all = [&["--extcap-interface", "tcpdx-mystery"], arguments].concat();
        let (child, reader) = start(&folder.pipe(name), &all);
        let bytes = drain(reader);
        assert_eq!(finish(child), (true, String::new()));
        bytes
    };
    let (once, again) = (capture("a", &["--seed", "42"]), capture("b", &["--seed", "42"]));
    assert!(once == again && once != capture("c", &["--seed", "43"]));
    assert!(capture("d", &[]) != capture("e", &[]), "another each time");
    for seed in ["1", "2", "3", "4", "5"] {
        let bytes = capture(seed, &["--seed", seed, "--difficulty", "hard"]);
        let packets = read(&bytes);
        assert!(packets.iter().all(|packet| packet.comment.is_none()));
        let head = String::from_utf8_lossy(&bytes[..200]).into_owned();
        assert!(head.contains(&format!("TCP mystery: seed {seed}, check ")), "{head}");
        assert!(!String::from_utf8_lossy(&bytes[..400]).contains("example"), "names");
    }
    let (child, reader) =
        start(&folder.pipe("w"), &["--extcap-interface", "tcpdx-mystery", "--difficulty", "x"]);
    drain(reader);
    assert!(finish(child).1.contains("--difficulty: `x` is none: use any, easy, medium or hard"));
}

/// What Wireshark waits for at every start and every capture. The bounds are those of a machine with other things to
/// do; the numbers are printed, beside those of a program that does nothing.
#[test]
fn questions_are_answered_and_captures_begin_at_once() {
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let time = |program: &str, arguments: &[&str]| {
        median(
            (0..40)
                .map(|_| {
                    let begin = Instant::now();
                    assert!(
                        std::process::Command::new(program)
                            .args(arguments)
                            .output()
                            .unwrap()
                            .status
                            .success()
                    );
                    begin.elapsed()
                })
                .collect(),
        )
    };
    let nothing = time("/bin/true", &[]);
    for question in ["--extcap-interfaces", "--extcap-dlts", "--extcap-config"] {
        let answered = time(PROGRAM, &[question, "--extcap-interface", "tcpdx"]);
        println!("{question}: {answered:?}; /bin/true: {nothing:?}");
        let limit = (nothing * 8).max(Duration::from_millis(15));
        assert!(answered < limit, "{question} takes {answered:?}, /bin/true {nothing:?}");
    }
    let folder = Folder::new("first");
    let first = median(
        (0..15)
            .map(|number| {
                let pipe = folder.pipe(&number.to_string());
                let mut reader = open_reader(&pipe);
                let begin = Instant::now();
                let (mut child, _) = start(&pipe, &["--pace", "real"]);
                let mut bytes = Vec::new();
                read_until(&mut reader, &mut bytes, |bytes| read_whole(bytes) > 0);
                let elapsed = begin.elapsed();
                child.kill().unwrap();
                child.wait().unwrap();
                elapsed
            })
            .collect(),
    );
    println!("first packet: {first:?}");
    assert!(first < Duration::from_millis(200), "the first packet comes after {first:?}");
}

/// Whole packets in the beginning of a capture.
fn read_whole(bytes: &[u8]) -> usize {
    let mut reader = pcap_file::pcapng::PcapNgReader::new(bytes).ok();
    let packets = std::iter::from_fn(|| {
        let block = reader.as_mut()?.next_block()?.ok()?.0;
        Some(matches!(block, pcap_file::pcapng::Block::EnhancedPacket(_)))
    });
    packets.filter(|is_packet| *is_packet).count()
}
