//! The extcap program, called as Wireshark calls it.

// Each test binary uses its part of this.
#![allow(dead_code)]

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_tcpdx-extcap");

/// A folder that goes away with its owner.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tcpdx-extcap-{name}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// A named pipe as Wireshark makes it.
    pub(crate) fn pipe(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Calls a program of Wireshark's with that folder for a home, and nothing else that is installed.
pub(crate) fn in_home(home: &Path, program: &str) -> Command {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/in-home.sh"));
    command.arg(home).arg(program);
    command
}

pub(crate) fn ask(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).env("LC_ALL", "C").output().unwrap()
}

/// Opens a pipe's reading end as dumpcap does: without waiting.
pub(crate) fn open_reader(pipe: &Path) -> File {
    File::options().read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32).open(pipe).unwrap()
}

/// Starts a capture into a pipe, and opens that.
pub(crate) fn start(pipe: &Path, arguments: &[&str]) -> (Child, File) {
    let reader = open_reader(pipe);
    let child = Command::new(PROGRAM)
        .args(["--capture", "--fifo"])
        .arg(pipe)
        .args(arguments)
        .env("LC_ALL", "C")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    (child, reader)
}

/// A capture with a toolbar, started as Wireshark's window does.
pub(crate) struct WithToolbar {
    pub(crate) child: Child,
    pub(crate) packets: File,
    /// What the toolbar is told.
    pub(crate) told: File,
    /// The pipe for what the toolbar says, which Wireshark opens last.
    pub(crate) says: PathBuf,
}

pub(crate) fn start_with_toolbar(folder: &Folder, arguments: &[&str]) -> WithToolbar {
    let [packets, out, says] = ["packets", "out", "in"].map(|name| folder.pipe(name));
    let (reader, told) = (open_reader(&packets), open_reader(&out));
    let child = Command::new(PROGRAM)
        .args(["--capture", "--extcap-interface", "tcpdx", "--fifo"])
        .arg(&packets)
        .arg("--extcap-control-out")
        .arg(&out)
        .arg("--extcap-control-in")
        .arg(&says)
        .args(arguments)
        .env("LC_ALL", "C")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    WithToolbar { child, packets: reader, told, says }
}

/// Reads what there is in a pipe. Nothing at its end.
pub(crate) fn read_some(reader: &mut File, into: &mut Vec<u8>) -> Option<usize> {
    let mut buffer = [0; 1 << 16];
    match reader.read(&mut buffer) {
        Ok(0) => None,
        Ok(count) => {
            into.extend_from_slice(&buffer[..count]);
            Some(count)
        }
        Err(_) => {
            std::thread::sleep(Duration::from_millis(1));
            Some(0)
        }
    }
}

/// Reads until that is true of what has come.
pub(crate) fn read_until(reader: &mut File, into: &mut Vec<u8>, enough: impl Fn(&[u8]) -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !enough(into) {
        assert!(Instant::now() < limit, "only {} bytes have come", into.len());
        // Before the writer is there, the pipe looks as at its end.
        if read_some(reader, into).is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Everything that comes out of the pipe until its writer closes it.
pub(crate) fn drain(mut reader: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    read_until(&mut reader, &mut bytes, |bytes| !bytes.is_empty());
    let limit = Instant::now() + Duration::from_secs(20);
    while read_some(&mut reader, &mut bytes).is_some() {
        assert!(Instant::now() < limit, "the capture does not end");
    }
    bytes
}

/// Whether it ended well, and what it said on stderr.
pub(crate) fn finish(child: Child) -> (bool, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}
