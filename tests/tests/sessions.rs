//! One process, many files: what is known of one is never told of another, and memory is given back.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tcpdx_tests::built::root;
use tcpdx_tests::sharkd::Sharkd;
use tcpdx_tests::wireshark::Wireshark;
use tempfile::TempDir;

/// Captures where any user can read them.
struct Shelf(TempDir);

impl Shelf {
    fn new() -> Shelf {
        let folder = TempDir::with_prefix("tcpdx-shelf-").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Shelf(folder)
    }

    fn put(&self, capture: &std::path::Path, name: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::copy(capture, &path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        path
    }

    fn of_corpus(&self, case: &str) -> PathBuf {
        self.put(&root().join("tests/corpus").join(case).join("client.pcap"), case)
    }
}

/// Everything that is told of the frames of the open file.
fn told(sharkd: &mut Sharkd) -> Vec<Vec<String>> {
    ["tcpdx.stream", "tcpdx.diagnosis", "tcpdx.story", "tcpdx.client.state"]
        .iter()
        .map(|field| sharkd.column(field).unwrap())
        .collect()
}

#[test]
fn what_is_known_of_one_file_is_not_told_of_another() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let shelf = Shelf::new();
    let cases = ["third-ack-never-arrives", "clean-close4", "rst-injected-to-both", "syn-closed-port"];
    let captures = cases.map(|case| shelf.of_corpus(case));
    let alone = captures.each_ref().map(|capture| {
        let mut sharkd = Sharkd::start(&wireshark).unwrap();
        sharkd.load(capture).unwrap();
        told(&mut sharkd)
    });
    assert!(alone.iter().all(|told| told.iter().any(|column| column.iter().any(|cell| !cell.is_empty()))));
    let mut sharkd = Sharkd::start(&wireshark).unwrap();
    for index in [0, 1, 0, 2, 2, 3, 1, 0, 3] {
        sharkd.load(&captures[index]).unwrap();
        assert_eq!(told(&mut sharkd), alone[index], "{}", cases[index]);
    }
}

#[test]
fn a_preference_that_changes_holds_from_the_next_dissection_on() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let shelf = Shelf::new();
    let capture = shelf.of_corpus("clean-close4");
    let mut sharkd = Sharkd::start(&wireshark).unwrap();
    let mut story = |language: &str| {
        sharkd.ask("setconf", json!({"name": "tcpdx.language", "value": language})).unwrap();
        sharkd.load(&capture).unwrap();
        sharkd.column("tcpdx.story").unwrap()
    };
    let (english, chinese, again) = (story("en"), story("zh-CN"), story("en"));
    assert!(english[1].starts_with("Connected in ") && !chinese[1].is_ascii(), "{english:?} {chinese:?}");
    assert_eq!(english, again);
}

/// By how much a process grows, in kB, each 20 times that it opens the same capture and looks at all of it: the median
/// of what it does from the 40th to the 200th time. What is lost, is lost each time; the allocator keeps some more now
/// and then.
fn growth(wireshark: &Wireshark, capture: &std::path::Path) -> i64 {
    let mut sharkd = Sharkd::start(wireshark).unwrap();
    let mut held = Vec::new();
    for time in 1..=200 {
        sharkd.load(capture).unwrap();
        sharkd.column("tcpdx.story").unwrap();
        if time >= 40 && time % 20 == 0 {
            held.push(i64::try_from(sharkd.memory().unwrap()).unwrap());
        }
    }
    let mut steps: Vec<i64> = held.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    steps[steps.len() / 2]
}

#[test]
fn memory_is_given_back_with_every_file() {
    let shelf = Shelf::new();
    // Wireshark itself loses some memory with every packet: a short capture, then, with findings and HTTP.
    let capture = shelf.of_corpus("curl-head-reset");
    let plain = growth(&Wireshark::plain().unwrap(), &capture);
    let with_plugin = growth(&Wireshark::with_plugin().unwrap(), &capture);
    // An engine takes more than 128 kB: one lost in twenty would show.
    let most = 100;
    assert!(with_plugin - plain < most, "{with_plugin} kB, and {plain} kB without the plugin");
}
