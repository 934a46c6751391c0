//! The toolbar, by its messages: what each does, and that no order of them does harm.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
mod program;

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Child;
use std::time::{Duration, Instant};

use common::{Packet, read};
use program::{Folder, WithToolbar, finish, read_some, start_with_toolbar};

const NEXT: u8 = 0;
const PAUSE: u8 = 1;
const SPEED: u8 = 2;
const LOSE: u8 = 3;
const LOG: u8 = 4;

/// A capture that runs, and Wireshark's ends of its pipes.
struct Capture {
    child: Child,
    packets: File,
    told: File,
    toolbar: File,
    captured: Vec<u8>,
    messages: Vec<u8>,
    _folder: Folder,
}

fn set(control: u8, value: &[u8]) -> Vec<u8> {
    let len = u8::try_from(value.len() + 2).unwrap();
    [&[b'T', 0, 0, len, control, 1], value].concat()
}

impl Capture {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let folder = Folder::new(&format!("toolbar-{name}"));
        let WithToolbar { child, packets, told, says } = start_with_toolbar(&folder, arguments);
        let toolbar = File::options().write(true).open(&says).unwrap();
        let (captured, messages) = (Vec::new(), Vec::new());
        Capture { child, packets, told, toolbar, captured, messages, _folder: folder }
    }

    fn press(&mut self, control: u8, value: &[u8]) {
        self.toolbar.write_all(&set(control, value)).unwrap();
    }

    /// Takes what comes until that is so.
    fn until(&mut self, what: &str, is_so: impl Fn(&Capture) -> bool) {
        let begin = Instant::now();
        while !is_so(self) {
            assert!(begin.elapsed() < Duration::from_secs(20), "{what}\n{}", self.log());
            read_some(&mut self.packets, &mut self.captured);
            read_some(&mut self.told, &mut self.messages);
        }
    }

    /// Takes what comes for so long.
    fn go_on(&mut self, span: Duration) {
        let end = Instant::now() + span;
        self.until("", |_| Instant::now() >= end);
    }

    /// The messages that have come: control, command, payload.
    fn told(&self) -> Vec<(u8, u8, String)> {
        let mut rest = &self.messages[..];
        let mut told = Vec::new();
        while let [b'T', 0, high, low, control, command, after @ ..] = rest {
            let len = usize::from(*high) << 8 | usize::from(*low);
            let Some((text, next)) = after.split_at_checked(len - 2) else { break };
            told.push((*control, *command, String::from_utf8(text.to_vec()).unwrap()));
            rest = next;
        }
        told
    }

    fn log(&self) -> String {
        self.told().into_iter().filter(|(control, ..)| *control == LOG).map(|(.., line)| line).collect()
    }

    /// The packets so far; what has come of the last block is left out.
    fn packets(&self) -> Vec<Packet> {
        match whole(&self.captured) {
            [] => Vec::new(),
            blocks => read(blocks),
        }
    }

    /// Ends it as Wireshark does, and gives its packets.
    fn stop(mut self) -> Vec<Packet> {
        drop(self.toolbar);
        while read_some(&mut self.packets, &mut self.captured).is_some() {}
        assert_eq!(finish(self.child), (true, String::new()));
        read(&self.captured)
    }
}

/// The whole blocks of what has come.
fn whole(bytes: &[u8]) -> &[u8] {
    let mut end = 0;
    while let Some(len) = bytes.get(end + 4..end + 8) {
        let len = u32::from_le_bytes([len[0], len[1], len[2], len[3]]) as usize;
        if bytes.len() < end + len {
            break;
        }
        end += len;
    }
    &bytes[..end]
}

#[test]
fn the_log_tells_what_is_played_and_next_goes_on_through_the_topic() {
    let arguments = ["--topic", "reset", "--scenario", "reset/write-after-close", "--pace", "10x"];
    let mut capture = Capture::start("next", &arguments);
    capture.until("the end", |capture| capture.log().contains("The end."));
    assert!(capture.log().starts_with("0.000 s  Playing reset/write-after-close – The server has closed"));
    capture.press(NEXT, b"");
    capture.until("the first of the topic", |capture| capture.log().contains("Playing reset/abort – "));
    capture.until("its end", |capture| capture.log().matches("The end.").count() == 2);
    let packets = capture.stop();
    assert!(packets.is_sorted_by(|a, b| a.time <= b.time));
    let opened: Vec<_> = packets.iter().filter(|packet| packet.tcp.syn && !packet.tcp.ack).collect();
    assert!(opened.len() == 2 && opened[0].from != opened[1].from, "two lessons, two connections");
}

#[test]
fn pause_holds_the_packets_back_and_resume_lets_them_come() {
    let mut capture = Capture::start("pause", &["--scenario", "setup/syn-unanswered", "--pace", "real"]);
    capture.until("the first SYN", |capture| capture.packets().len() == 1);
    capture.press(PAUSE, b"");
    capture.until("paused", |capture| capture.log().contains("Paused"));
    assert!(capture.told().contains(&(PAUSE, 1, "Resume".to_owned())), "the button's label");
    capture.go_on(Duration::from_millis(1_500));
    assert_eq!(capture.packets().len(), 1, "the next would have come after 1 s");
    capture.press(PAUSE, b"");
    capture.until("the second SYN", |capture| capture.packets().len() == 2);
    let label = capture.told().into_iter().rfind(|(control, ..)| *control == PAUSE);
    assert_eq!(label, Some((PAUSE, 1, "Pause".to_owned())));
    let packets = capture.stop();
    assert!((packets[1].time - packets[0].time - 1.0).abs() < 0.1, "the capture's own time stood still");
}

#[test]
fn speed_changes_at_once_and_back_to_that_of_the_options() {
    let mut capture = Capture::start("speed", &["--scenario", "keepalive/go-15s", "--pace", "real"]);
    capture.until("the silence", |capture| capture.packets().len() >= 7);
    let begin = Instant::now();
    capture.press(SPEED, b"instant");
    capture.until("the end", |capture| capture.log().contains("The end."));
    assert!(begin.elapsed() < Duration::from_secs(3), "it would have taken a minute");
    capture.press(NEXT, b"");
    capture.until("another", |capture| capture.log().matches("The end.").count() == 2);
    capture.press(SPEED, b"chosen");
    capture.until("told", |capture| capture.log().contains("Speed: as in the options"));
    assert!(capture.stop().len() > 12);
}

#[test]
fn the_next_packet_is_lost_and_sent_again() {
    let arguments = ["--scenario", "setup/clean-http", "--pace", "real", "--rtt", "1s", "--point", "both"];
    let mut capture = Capture::start("lose", &arguments);
    capture.until("the SYN", |capture| !capture.packets().is_empty());
    // The SYN is under way; the SYN-ACK is what a host sends next.
    capture.press(LOSE, b"");
    capture.until("the SYN again", |capture| capture.packets().len() >= 4);
    assert!(capture.log().contains("will be lost"), "{}", capture.log());
    let packets = capture.stop();
    let at = |interface| packets.iter().filter(move |packet| packet.interface == interface);
    let syn_acks = |interface| at(interface).filter(|packet| packet.tcp.syn && packet.tcp.ack).count();
    assert!(syn_acks(1) > syn_acks(0), "one has left the server and never come to the client");
    assert!(packets.iter().any(|packet| packet.comment.as_ref().is_some_and(|text| text.contains("lost"))));
}

#[test]
fn with_several_connections_no_packet_can_be_singled_out() {
    let arguments = ["--scenario", "setup/clean-http", "--connections", "3", "--pace", "real", "--rtt", "2s"];
    let mut capture = Capture::start("several", &arguments);
    capture.press(LOSE, b"");
    capture.until("told", |capture| capture.log().contains("choose one connection"));
    capture.stop();
}

#[test]
fn what_was_set_before_the_start_counts() {
    let mut capture = Capture::start("before", &["--scenario", "keepalive/go-15s", "--pace", "real"]);
    capture.toolbar.write_all(&[set(SPEED, b"instant"), b"T\x00\x00\x02\x00\x00".to_vec()].concat()).unwrap();
    capture.until("the end", |capture| capture.log().contains("The end."));
    capture.stop();
}

#[test]
fn everything_pressed_at_once_and_in_any_order_does_no_harm() {
    for pace in ["instant", "real", "10x"] {
        let arguments = ["--scenario", "loss/fast-retransmit", "--pace", pace, "--repeat", "0"];
        let mut capture = Capture::start(&format!("all-{pace}"), &arguments);
        let speeds: [&[u8]; 5] = [b"slow", b"real", b"10x", b"instant", b"chosen"];
        let mut number = 7_u32;
        for _ in 0..400 {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let choice = (number >> 16) as u8;
            match choice % 6 {
                SPEED => capture.press(SPEED, speeds[usize::from(choice / 6) % 5]),
                5 => capture.press(99, b"\xff\x00"),
                control => capture.press(control, b""),
            }
            capture.go_on(Duration::from_millis(u64::from(choice % 3)));
        }
        let packets = capture.stop();
        assert!(!packets.is_empty());
    }
}

#[test]
fn malformed_messages_are_passed_over() {
    let mut capture = Capture::start("malformed", &["--scenario", "setup/syn-unanswered", "--pace", "real"]);
    let garbage: [&[u8]; 5] = [
        b"T\x00\x00\x00",
        b"T\x00\x00\x01\x07",
        b"L\x00\x00\x05hello",
        b"\x00\x00\x00\x03abc",
        b"T\x00\x00\x04\x02\x01\xff\xfe",
    ];
    for bytes in garbage {
        capture.toolbar.write_all(bytes).unwrap();
    }
    capture.press(PAUSE, b"");
    capture.until("understood behind all that", |capture| capture.log().contains("Paused"));
    // One that says it is 16 MB long, and never ends.
    capture.toolbar.write_all(b"T\xff\xff\xff\x00\x01").unwrap();
    capture.go_on(Duration::from_millis(100));
    capture.stop();
    // A version to come asks in this way for the end.
    let mut capture = Capture::start("quit", &["--scenario", "setup/syn-unanswered", "--pace", "real"]);
    capture.toolbar.write_all(b"Q\x00\x00\x00").unwrap();
    let begin = Instant::now();
    assert_eq!(finish(capture.child), (true, String::new()));
    assert!(begin.elapsed() < Duration::from_secs(1));
}

/// Wireshark opens its pipe when the capture has begun, and its window hangs if nobody is there any more.
#[test]
fn a_capture_that_is_over_at_once_waits_for_the_toolbar() {
    for (arguments, success) in
        [(["--scenario", "setup/handshake-rejected"], true), (["--scenario", "setup/no-such"], false)]
    {
        let folder = Folder::new("late");
        let mut capture = start_with_toolbar(&folder, &arguments);
        let mut captured = Vec::new();
        program::read_until(&mut capture.packets, &mut captured, |bytes| !bytes.is_empty());
        std::thread::sleep(Duration::from_millis(500));
        let mut toolbar = File::options();
        let toolbar =
            toolbar.write(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32).open(&capture.says);
        toolbar.expect("somebody holds the pipe open").write_all(b"T\x00\x00\x02\x00\x00").unwrap();
        let begin = Instant::now();
        assert_eq!(finish(capture.child).0, success);
        assert!(begin.elapsed() < Duration::from_secs(1));
    }
}

/// Wireshark may never read what it is told.
#[test]
fn a_log_that_nobody_reads_does_not_stop_the_capture() {
    let mut capture = Capture::start("unread", &["--scenario", "setup/syn-unanswered", "--pace", "real"]);
    for _ in 0..3_000 {
        capture.press(PAUSE, b"");
    }
    let begin = Instant::now();
    while capture.packets().len() < 2 {
        assert!(begin.elapsed() < Duration::from_secs(10));
        read_some(&mut capture.packets, &mut capture.captured);
    }
    capture.stop();
}
