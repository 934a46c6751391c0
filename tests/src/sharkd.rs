//! sharkd: one process of Wireshark that opens file after file, as its window does.

use crate::wireshark::Wireshark;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// A running sharkd; it ends when dropped.
#[derive(Debug)]
pub struct Sharkd {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    number: u32,
}

impl Sharkd {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn start(wireshark: &Wireshark) -> io::Result<Sharkd> {
        let mut child = wireshark
            .command("sharkd")
            .arg("-")
            // What is freed in larger blocks goes back to the system at once, so that `memory` tells what is kept.
            .env("GLIBC_TUNABLES", "glibc.malloc.mmap_threshold=16384:glibc.malloc.mmap_max=1000000")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let missing = || io::Error::other("sharkd has no pipes");
        let requests = child.stdin.take().ok_or_else(missing)?;
        let answers = BufReader::new(child.stdout.take().ok_or_else(missing)?);
        Ok(Sharkd { child, requests, answers, number: 0 })
    }

    /// Asks for something; the result of the answer.
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn ask(&mut self, method: &str, parameters: Value) -> io::Result<Value> {
        self.number += 1;
        let request = json!({"jsonrpc": "2.0", "id": self.number, "method": method, "params": parameters});
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let mut answer: Value = serde_json::from_str(&line)?;
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(io::Error::other(format!("sharkd: {method}: {line}"))),
        }
    }

    /// Opens a capture in place of the one before.
    ///
    /// # Errors
    /// When it cannot.
    pub fn load(&mut self, capture: &Path) -> io::Result<()> {
        self.ask("load", json!({"file": capture})).map(|_| ())
    }

    /// One of the fields of every frame, in order; several values of a frame are joined by commas.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn column(&mut self, field: &str) -> io::Result<Vec<String>> {
        Ok(self.columns([field])?.into_iter().map(|[cell]| cell).collect())
    }

    /// Fields of every frame. There is no filter: sharkd 4.0 keeps what one picked beyond the file.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn columns<const N: usize>(&mut self, fields: [&str; N]) -> io::Result<Vec<[String; N]>> {
        let mut parameters = json!({});
        for (number, field) in fields.iter().enumerate() {
            parameters[format!("column{number}")] = format!("{field}:0").into();
        }
        let frames = self.ask("frames", parameters)?;
        let cell = |frame: &Value, number: usize| frame["c"][number].as_str().unwrap_or_default().to_string();
        let row = |frame: &Value| std::array::from_fn(|number| cell(frame, number));
        Ok(frames.as_array().map(|frames| frames.iter().map(row).collect()).unwrap_or_default())
    }

    /// How much memory it holds, in kB.
    ///
    /// # Errors
    /// When it has ended.
    pub fn memory(&self) -> io::Result<u64> {
        resident(self.child.id())
    }
}

/// The memory that a process holds, kB.
///
/// # Errors
/// There is no such process any more.
pub fn resident(process: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kilobytes.ok_or_else(|| io::Error::other("the process has ended"))
}

impl Drop for Sharkd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
