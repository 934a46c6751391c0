//! Captures whose faults are known.
//!
//! A case is a folder with `client.pcap` and `server.pcap`, the same connections captured at either
//! end, and `expect.json`, which says what must and what must not be told about each connection.

use crate::built::root;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tempfile::NamedTempFile;

/// What is asked about one connection.
#[derive(Clone, Debug, Deserialize)]
pub struct Expected {
    /// `address:port` of the side that opens it.
    pub client: String,
    /// `address:port` of the other.
    pub server: String,
    /// Ids that must be told.
    pub must: Vec<String>,
    /// Groups of ids of which one must be told.
    #[serde(default)]
    pub any: Vec<Vec<String>>,
    /// Ids that would be false; `*` is every warning and error that is in none of the other lists.
    pub must_not: Vec<String>,
    /// Ids that may be told.
    #[serde(default)]
    pub may: Vec<String>,
    /// Ids of `must` that may be told about any other connection of the capture instead.
    #[serde(default)]
    pub anywhere: Vec<String>,
}

/// One capture of a case.
#[derive(Clone, Debug)]
pub struct Capture {
    /// `case/vantage`, for messages.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What is asked about its connections.
    pub connections: Vec<Expected>,
}

/// The captures that the project carries.
///
/// # Errors
/// When a case cannot be read.
pub fn captures() -> io::Result<Vec<Capture>> {
    captures_in(&root().join("tests/corpus"))
}

/// The captures that the project carries, or those of a larger corpus beside it when there is one.
///
/// # Errors
/// When a case cannot be read.
pub fn all_captures() -> io::Result<Vec<Capture>> {
    let beside = root().join("../shared/corpus");
    if beside.is_dir() { captures_in(&beside) } else { captures() }
}

/// The captures of a corpus, in the order of their names.
///
/// # Errors
/// When a case cannot be read.
pub fn captures_in(corpus: &Path) -> io::Result<Vec<Capture>> {
    let mut cases = fs::read_dir(corpus)?.collect::<Result<Vec<_>, _>>()?;
    cases.sort_by_key(fs::DirEntry::file_name);
    let mut captures = Vec::new();
    for case in cases {
        let expected: BTreeMap<String, Vec<Expected>> =
            serde_json::from_slice(&fs::read(case.path().join("expect.json"))?)?;
        for (vantage, connections) in expected {
            captures.push(Capture {
                name: format!("{}/{vantage}", case.file_name().to_string_lossy()),
                path: case.path().join(format!("{vantage}.pcap")),
                connections,
            });
        }
    }
    Ok(captures)
}

/// All captures of the project one after the other in one file: the same endpoints come again and again,
/// time jumps, and the link types differ.
///
/// # Errors
/// When mergecap, which comes with tshark, fails.
pub fn merged() -> io::Result<NamedTempFile> {
    let merged = NamedTempFile::with_suffix(".pcapng")?;
    let captures = captures()?;
    let files = captures.iter().map(|capture| &capture.path);
    let status = Command::new("mergecap").arg("-a").arg("-w").arg(merged.path()).args(files).status()?;
    if status.success() { Ok(merged) } else { Err(io::Error::other(format!("mergecap: {status}"))) }
}

/// Does something with each capture, or what was made of it, several at once; the results are in their order.
///
/// # Errors
/// The first error of the work.
///
/// # Panics
/// When the work does.
pub fn each<C: Sync, T: Send>(
    captures: &[C],
    work: impl Fn(&C) -> io::Result<T> + Sync,
) -> io::Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let take = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        captures.get(index).map(|capture| (index, capture))
    };
    let worker =
        || std::iter::from_fn(take).map(|(index, capture)| (index, work(capture))).collect::<Vec<_>>();
    let mut done: Vec<_> = thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("the work panicked")).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
