//! Changes to a capture that leave its diagnoses the same, over every capture of the corpus.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use std::collections::BTreeMap;
use std::sync::LazyLock;
use tcpdx_tests::built::root;
use tcpdx_tests::corpus::{self, Capture};
use tcpdx_tests::traffic::{Line, Told, Traffic};
use tcpdx_tests::variant::frames::{self, Wrapping};
use tcpdx_tests::variant::numbers::{self, Wrap};
use tcpdx_tests::variant::{hosts, segments};

/// A capture of the corpus, read, and what is told of it.
struct Case {
    capture: Capture,
    traffic: Traffic,
    told: Told,
}

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let mut captures = corpus::captures().unwrap();
    let beside = root().join("../shared/corpus");
    if beside.is_dir() {
        captures.extend(corpus::captures_in(&beside).unwrap());
    }
    let read = |capture: &Capture| {
        let traffic = Traffic::read(&capture.path)?;
        let told = traffic.told();
        Ok(Case { capture: capture.clone(), traffic, told })
    };
    corpus::each(&captures, read).unwrap()
});

/// Fails with what `differences` finds, sorted by case; it gets the index of the case.
#[track_caller]
fn assert_none(differences: impl Fn(usize, &Case) -> Vec<String> + Sync) {
    let index: BTreeMap<_, _> = CASES.iter().enumerate().map(|(i, case)| (&case.capture.path, i)).collect();
    let captures: Vec<Capture> = CASES.iter().map(|case| case.capture.clone()).collect();
    let found = corpus::each(&captures, |capture| {
        let at = index[&capture.path];
        Ok(differences(at, &CASES[at]))
    });
    let found = found.unwrap();
    let failed: Vec<String> = captures
        .iter()
        .zip(found)
        .flat_map(|(capture, lines)| lines.into_iter().map(|line| format!("{}: {line}", capture.name)))
        .collect();
    assert!(failed.is_empty(), "{} differences\n{}", failed.len(), failed.join("\n"));
}

/// Fails when anything else is told of a variant.
#[track_caller]
fn assert_same(variant: impl Fn(&Traffic) -> Traffic + Sync) {
    assert_none(|_, case| case.told.difference(&variant(&case.traffic).told()));
}

#[test]
fn sequence_numbers_may_wrap_anywhere() {
    for wrap in [Wrap::Begin, Wrap::Middle, Wrap::End] {
        assert_same(|traffic| numbers::wrapped(traffic, wrap));
    }
}

#[test]
fn years_may_pass_before() {
    const YEAR: i64 = 365 * 86_400 * 1_000_000_000;
    /// When a signed 32-bit count of seconds ends.
    const Y2038: i64 = (1 << 31) * 1_000_000_000;
    for years in [-60, -1, 1, 100] {
        assert_same(|traffic| numbers::later(traffic, years * YEAR));
    }
    assert_same(|traffic| {
        let middle = traffic.packets.get(traffic.packets.len() / 2).map_or(0, |packet| packet.time);
        numbers::later(traffic, Y2038 - middle)
    });
}

#[test]
fn hosts_may_exchange_addresses_and_ports() {
    assert_same(hosts::exchanged);
}

#[test]
fn ipv6_tells_what_ipv4_without_identification_does() {
    assert_none(|_, case| {
        hosts::without_ip_id(&case.traffic).told().difference(&hosts::as_ipv6(&case.traffic).told())
    });
}

#[test]
fn encapsulation_changes_nothing() {
    for wrapping in [Wrapping::Plain, Wrapping::Vlan, Wrapping::Gre, Wrapping::Vxlan] {
        assert_same(|traffic| frames::wrapped(traffic, wrapping).unwrap());
    }
}

#[test]
fn encapsulated_ipv6_is_the_same() {
    for wrapping in [Wrapping::Plain, Wrapping::Vlan, Wrapping::Gre, Wrapping::Vxlan] {
        assert_none(|_, case| {
            let ipv6 = hosts::as_ipv6(&case.traffic);
            ipv6.told().difference(&frames::wrapped(&ipv6, wrapping).unwrap().told())
        });
    }
}

#[test]
fn other_traffic_changes_nothing() {
    assert_none(|at, case| {
        let others = &CASES[(at + 1) % CASES.len()].traffic;
        case.told.difference(&hosts::mixed(&case.traffic, others).told())
    });
}

#[test]
fn two_files_tell_what_one_does() {
    assert_same(|traffic| frames::cut(traffic, traffic.packets.len() / 2).unwrap());
}

/// What may differ when segments are split or merged: where and how often loss shows.
fn is_loss(line: &Line) -> bool {
    line.id.starts_with("loss.")
}

/// `capture.offload` says that packets are larger than segments, which is what the variant changes.
fn is_offload(line: &Line) -> bool {
    line.id == "capture.offload"
}

fn may_move(line: &Line) -> bool {
    is_loss(line) || is_offload(line)
}

/// The differences but for the numbers of `loss`: each of its diagnoses is told of a connection or is not.
fn differences_of_segmentation(case: &Told, variant: &Told) -> Vec<String> {
    let loss = |told: &Told| {
        let once = told.without(|line| !is_loss(line)).0;
        Told(once.into_iter().map(|line| Line { subject: 0, ..line }).collect())
    };
    let mut lines = case.without(may_move).difference(&variant.without(may_move));
    lines.extend(loss(case).difference(&loss(variant)));
    lines
}

#[test]
fn packets_may_be_split_as_tso_does() {
    assert_none(|_, case| differences_of_segmentation(&case.told, &segments::split(&case.traffic).told()));
}
