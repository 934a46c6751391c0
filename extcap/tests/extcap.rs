//! The extcap program as Wireshark calls it: through its pipe, and through the real tshark.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::read;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tcpdx-extcap");

/// A folder that goes away with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tcpdx-extcap-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// A named pipe as Wireshark makes it.
    fn fifo(&self) -> PathBuf {
        let path = self.0.join("fifo");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn ask(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).env("LC_ALL", "C").output().unwrap()
}

/// Starts a capture, and opens the pipe's reading end as dumpcap does: without waiting.
fn start(fifo: &Path, arguments: &[&str]) -> (Child, File) {
    let reader = File::options()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
        .open(fifo)
        .unwrap();
    let child = Command::new(PROGRAM)
        .args(["--capture", "--extcap-interface", "tcpdx", "--fifo"])
        .arg(fifo)
        .args(arguments)
        .env("LC_ALL", "C")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    (child, reader)
}

/// Everything that comes out of the pipe until its writer closes it.
fn drain(mut reader: File) -> Vec<u8> {
    let (mut bytes, mut buffer, mut begun) = (Vec::new(), [0; 4096], false);
    let limit = Instant::now() + Duration::from_secs(20);
    while Instant::now() < limit {
        match reader.read(&mut buffer) {
            Ok(0) if begun => return bytes,
            Ok(0) | Err(_) => std::thread::sleep(Duration::from_millis(2)),
            Ok(count) => {
                begun = true;
                bytes.extend_from_slice(&buffer[..count]);
            }
        }
    }
    panic!("the capture does not end");
}

fn finish(child: Child) -> (bool, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn questions_are_answered_and_leave_stderr_alone() {
    for (arguments, expected) in [
        (
            &["--extcap-interfaces", "--extcap-version=4.0"][..],
            "interface {value=tcpdx}{display=TCP teaching captures}",
        ),
        (&["--extcap-interfaces"], "extcap {version="),
        (&["--extcap-dlts", "--extcap-interface", "tcpdx"], "dlt {number=1}{name=EN10MB}{display=Ethernet}"),
        (&["--extcap-config", "--extcap-interface", "tcpdx"], "arg {number=0}{call=--scenario}"),
        (&["--extcap-capture-filter", "tcp", "--extcap-interface", "tcpdx"], "no capture filter"),
        (&["--help"], "tshark -i tcpdx"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
        (&[], "tshark -i tcpdx"),
    ] {
        let output = ask(arguments);
        let answer = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && answer.contains(expected), "{arguments:?}: {answer}");
        assert!(output.stderr.is_empty(), "{arguments:?}");
    }
    for silent in
        [&["--extcap-cleanup-postkill"][..], &["--extcap-capture-filter", "", "--extcap-interface", "tcpdx"]]
    {
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
    let config = ask(&["--extcap-config", "--extcap-interface", "tcpdx"]).stdout;
    let config = String::from_utf8(config).unwrap();
    // Without the list of scenarios, which grows.
    let dialog: Vec<&str> = config.lines().filter(|line| !line.starts_with("value {arg=0}")).collect();
    insta::assert_snapshot!(dialog.join("\n"));
}

#[test]
fn a_capture_streams_what_was_chosen() {
    let folder = Folder::new("stream");
    let chosen =
        ["--scenario", "setup/syn-unanswered:old-kernel", "--comments", "false", "--new-in-5.0", "--ip=6"];
    let (child, reader) = start(&folder.fifo(), &chosen);
    let packets = read(&drain(reader));
    assert_eq!(finish(child), (true, String::new()));
    assert_eq!(packets.len(), 7);
    assert!(packets.iter().all(|packet| packet.comment.is_none() && packet.from.is_ipv6()));
}

#[test]
fn the_same_capture_comes_out_of_the_pipe_and_out_of_the_library() {
    let folder = Folder::new("same");
    let (child, reader) =
        start(&folder.fifo(), &["--scenario", "reset/client-crash", "--point=both", "--lang", "zh-CN"]);
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
    assert!(streamed == written);
}

#[test]
fn wrong_choices_get_one_sentence_behind_a_readable_head() {
    for (arguments, sentence) in [
        (["--scenario", "setup/no-such"], "--scenario: no `setup/no-such`; there are: setup/accept-"),
        (["--scenario", "no-such"], "--scenario: no `no-such`; there are: setup/…, reset/…, close/…"),
        (["--scenario", "setup/clean-http:fast"], "no variant `fast`; there are: macos, windows"),
        (["--point", "middle"], "--point: `middle` is no capture point: use client, server or both"),
        (["--seed", "x"], "--seed: `x` is no whole number"),
        (["--pace", "slow"], "--pace: `slow` is no pace: use instant or real"),
        (["--comments", "maybe"], "--comments: `maybe` is neither true nor false"),
        (["--rtt", "fast"], "--rtt: `fast` is not a time such as"),
        (["--lang", "tlh"], "--lang: no texts in language `tlh`"),
        (["--ip", "5"], "--ip: `5` is no version of IP: use 4 or 6"),
        (["--file", "/no/such.toml"], "/no/such.toml: No such file"),
        (["--extcap-capture-filter", "tcp"], "no capture filter"),
    ] {
        let folder = Folder::new("wrong");
        let (child, reader) = start(&folder.fifo(), &arguments);
        assert!(read(&drain(reader)).is_empty());
        let (success, stderr) = finish(child);
        assert!(
            !success && stderr.contains(sentence) && stderr.lines().count() == 1,
            "{arguments:?}: {stderr}"
        );
    }
}

#[test]
fn an_idle_capture_ends_within_a_second_of_sigterm() {
    let folder = Folder::new("sigterm");
    let (child, reader) = start(&folder.fifo(), &["--scenario", "keepalive/go-15s", "--pace", "real"]);
    std::thread::sleep(Duration::from_millis(400));
    let stopped = Instant::now();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let packets = read(&drain(reader));
    assert_eq!(finish(child), (true, String::new()));
    assert!(stopped.elapsed() < Duration::from_secs(1), "{:?}", stopped.elapsed());
    assert_eq!(packets.len(), 7, "up to the silence");
}

#[test]
fn an_idle_capture_notices_within_a_second_that_its_reader_is_gone() {
    let folder = Folder::new("gone");
    let (child, reader) = start(&folder.fifo(), &["--scenario", "keepalive/go-15s", "--pace", "real"]);
    std::thread::sleep(Duration::from_millis(400));
    drop(reader);
    let gone = Instant::now();
    assert_eq!(finish(child), (true, String::new()));
    assert!(gone.elapsed() < Duration::from_secs(1), "{:?}", gone.elapsed());
}

#[test]
fn tshark_captures_a_lesson_by_name() {
    let folder = Folder::new("tshark");
    let extcaps = folder.0.join("wireshark/extcap");
    // 4.2 and later look in ~/.local/lib.
    let newer = folder.0.join(".local/lib/wireshark/extcap");
    for place in [&extcaps, &newer] {
        fs::create_dir_all(place).unwrap();
        fs::copy(PROGRAM, place.join("tcpdx-extcap")).unwrap();
    }
    let file = folder.0.join("out.pcapng");
    let output = Command::new("tshark")
        .env("XDG_CONFIG_HOME", &folder.0)
        .env("HOME", &folder.0)
        .env("LC_ALL", "C")
        .args(["-Q", "-i", "tcpdx", "-o", "extcap.tcpdx.scenario:reset/forged-to-server"])
        .args(["-o", "extcap.tcpdx.point:server", "-w"])
        .arg(&file)
        .output()
        .expect("this test needs tshark: install it (Debian: apt-get install tshark)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let packets = read(&fs::read(file).unwrap());
    assert_eq!(packets.len(), 6);
    assert!(packets.iter().all(|packet| packet.comment.is_some()));
}
