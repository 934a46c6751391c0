//! A capture ends within a second, whoever ends it and however fast it goes, and what was captured can be read.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
mod program;

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::read;
use program::{Folder, PROGRAM, WithToolbar, finish, open_reader, read_some, read_until, start_with_toolbar};
use rustix::process::{Pid, Signal, kill_process};

/// Every pace, with a lesson that would last: at once, but without end; or with long silences.
const PACES: [&[&str]; 4] = [
    &["--pace", "instant", "--scenario", "setup/clean-http", "--repeat", "0"],
    &["--pace", "real", "--scenario", "keepalive/go-15s"],
    &["--pace", "10x", "--scenario", "keepalive/kernel-default"],
    // Nothing is ever written, however long it goes on.
    &["--pace", "instant", "--repeat", "0", "--extcap-capture-filter", "udp"],
];

/// A capture with a toolbar that runs.
struct Running {
    child: Child,
    packets: File,
    toolbar_in: Option<File>,
    toolbar_out: Option<File>,
    captured: Vec<u8>,
    _folder: Folder,
}

fn run(arguments: &[&str]) -> Running {
    let folder = Folder::new("stop");
    let WithToolbar { child, mut packets, told, says } = start_with_toolbar(&folder, arguments);
    // Wireshark's window hangs until the program has opened this end.
    let toolbar_in = File::options().write(true).open(&says).unwrap();
    let mut captured = Vec::new();
    read_until(&mut packets, &mut captured, |bytes| !bytes.is_empty());
    Running {
        child,
        packets,
        toolbar_in: Some(toolbar_in),
        toolbar_out: Some(told),
        captured,
        _folder: folder,
    }
}

impl Running {
    /// Lets it run for a while, and takes what comes.
    fn go_on(&mut self, span: Duration) {
        let end = Instant::now() + span;
        while Instant::now() < end {
            read_some(&mut self.packets, &mut self.captured);
        }
    }

    /// Takes what comes until the program has ended, which has to be soon; then the capture must be whole.
    fn must_end(mut self, why: &str) {
        let begin = Instant::now();
        while read_some(&mut self.packets, &mut self.captured).is_some() {
            assert!(begin.elapsed() < Duration::from_secs(5), "{why}: it goes on");
        }
        assert_eq!(finish(self.child), (true, String::new()), "{why}");
        assert!(begin.elapsed() < Duration::from_secs(1), "{why}: {:?}", begin.elapsed());
        read(&self.captured);
    }
}

#[test]
fn a_signal_ends_it() {
    for pace in PACES {
        for signal in [Signal::TERM, Signal::INT] {
            let mut running = run(pace);
            running.go_on(Duration::from_millis(200));
            kill_process(Pid::from_child(&running.child), signal).unwrap();
            running.must_end(&format!("{signal:?} {pace:?}"));
        }
    }
}

#[test]
fn a_signal_ends_it_even_while_nobody_reads() {
    let running = run(PACES[0]);
    std::thread::sleep(Duration::from_millis(200));
    kill_process(Pid::from_child(&running.child), Signal::TERM).unwrap();
    let begin = Instant::now();
    assert_eq!(finish(running.child), (true, String::new()));
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
}

#[test]
fn a_reader_that_goes_away_ends_it() {
    for pace in PACES {
        let mut running = run(pace);
        running.go_on(Duration::from_millis(200));
        drop(running.packets);
        let begin = Instant::now();
        assert_eq!(finish(running.child), (true, String::new()), "{pace:?}");
        assert!(begin.elapsed() < Duration::from_secs(1), "{pace:?}: {:?}", begin.elapsed());
    }
}

#[test]
fn a_closed_toolbar_ends_it() {
    for pace in PACES {
        let mut running = run(pace);
        running.go_on(Duration::from_millis(200));
        running.toolbar_in = None;
        running.must_end(&format!("closed input {pace:?}"));
        let mut running = run(pace);
        running.go_on(Duration::from_millis(200));
        running.toolbar_out = None;
        running.must_end(&format!("closed output {pace:?}"));
    }
}

#[test]
fn it_ends_while_it_is_paused_and_when_its_lesson_is_over() {
    use std::io::Write;
    let mut running = run(PACES[1]);
    running.toolbar_in.as_mut().unwrap().write_all(b"T\x00\x00\x02\x01\x01").unwrap();
    running.go_on(Duration::from_millis(300));
    kill_process(Pid::from_child(&running.child), Signal::TERM).unwrap();
    running.must_end("paused");

    let mut running = run(&["--pace", "real", "--scenario", "setup/handshake-rejected"]);
    running.go_on(Duration::from_millis(500));
    assert!(running.child.try_wait().unwrap().is_none(), "it waits for the next scenario");
    kill_process(Pid::from_child(&running.child), Signal::TERM).unwrap();
    running.must_end("over");
}

/// The program's parent is killed without a word, while the pipe stays open in other hands.
#[test]
fn it_does_not_outlive_whoever_has_started_it() {
    for pace in PACES {
        let folder = Folder::new("orphan");
        let pipe = folder.pipe("packets");
        let mut reader = open_reader(&pipe);
        let command =
            format!("{PROGRAM} --capture --fifo {} {} & echo $!; wait", pipe.display(), { pace.join(" ") });
        let mut shell = Command::new("sh").args(["-c", &command]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(shell.stdout.as_mut().unwrap()), &mut line)
            .unwrap();
        let mut captured = Vec::new();
        read_until(&mut reader, &mut captured, |bytes| !bytes.is_empty());
        shell.kill().unwrap();
        shell.wait().unwrap();
        let begin = Instant::now();
        while read_some(&mut reader, &mut captured).is_some() {
            assert!(begin.elapsed() < Duration::from_secs(1), "{pace:?}: {} goes on", line.trim());
        }
        read(&captured);
    }
}
