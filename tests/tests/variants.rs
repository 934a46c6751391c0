//! Changes to a capture that leave its diagnoses the same, over every capture of the corpus.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use std::collections::BTreeMap;
use tcpdx_engine::{Engine, Finding, Settings, Severity};
use tcpdx_tests::cases::{CASES, assert_none};
use tcpdx_tests::traffic::{Line, Told, Traffic};
use tcpdx_tests::variant::frames::{self, Wrapping};
use tcpdx_tests::variant::numbers::{self, Wrap};
use tcpdx_tests::variant::{hosts, segments};

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

/// What the IP identification alone can tell, and how.
const KNOWN_BY_IDENTIFICATION: &[&str] = &[
    // The same pure ACK twice is two answers or one answer captured twice.
    "capture.duplicate",
    // So the second of them, behind newer ones, is one that was overtaken.
    "loss.reordering",
];

#[test]
fn identification_is_seldom_needed() {
    let needs_it = |line: &Line| KNOWN_BY_IDENTIFICATION.contains(&line.id);
    for variant in [hosts::without_ip_id, hosts::with_ip_id_zero] {
        assert_none(|_, case| {
            case.told.without(needs_it).difference(&variant(&case.traffic).told().without(needs_it))
        });
    }
}

#[test]
fn identification_may_be_random() {
    assert_same(hosts::with_random_ip_id);
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

#[test]
fn packets_may_be_merged_as_gro_does() {
    assert_none(|_, case| {
        let (merged, became) = segments::merged(&case.traffic);
        differences_of_segmentation(&case.told.merged(&became), &merged.told())
    });
}

#[test]
fn packets_captured_twice_add_that_and_nothing_else() {
    let duplicate = |line: &Line| line.id == "capture.duplicate";
    for later in [0, 10_000, 200_000] {
        assert_none(|_, case| {
            let told = segments::doubled(&case.traffic, later).told();
            let mut lines = case.told.without(duplicate).difference(&told.without(duplicate));
            let connections = |told: &Told, only: bool| {
                let lines = told.0.iter().filter(|line| !only || duplicate(line));
                lines.map(|line| line.connection).collect::<std::collections::BTreeSet<_>>()
            };
            let silent = connections(&case.told, false);
            let silent = silent.difference(&connections(&told, true)).copied().collect::<Vec<_>>();
            lines.extend(
                silent.iter().map(|c| format!("capture.duplicate not told of connection of packet {c}")),
            );
            lines
        });
    }
}

/// What says "no answer so far", and may be taken back when the answer comes.
const NO_ANSWER_SO_FAR: &[&str] = &[
    // The capture ends with the connection open: at this packet.
    "close.incomplete",
    // Nothing came back so far. A SYN that is answered in the end was ignored all the same, which is less then.
    "handshake.syn_unanswered",
    "handshake.syn_ignored",
    "handshake.third_ack_missing",
    "handshake.third_ack_lost",
    "close.fin_unanswered",
    "reset.retransmission_timeout",
    "reset.backscatter",
    "capture.one_direction",
    // Not acknowledged so far; an acknowledgment may cross the RST.
    "close.data_lost",
    // The server answers data or FIN with a RST: it never took the third ACK.
    "handshake.completed",
    "close.fin_before_third_ack",
    // The receiver answers the resend with a D-SACK: it had got the first copy late.
    "loss.downstream",
    "loss.fast_retransmit",
];

/// What is told at some moment of a capture: of a connection, what, about which packet; with the highest severity
/// and the first packet at which it was told so.
type Beginnings = BTreeMap<(u32, &'static str, u32), (Severity, u32)>;

/// What the beginnings of a capture tell: the first packet, the first two, and so on.
fn told_of_beginnings(traffic: &Traffic) -> (Engine, Beginnings) {
    let mut engine = Engine::new(Settings::default());
    let mut told = Beginnings::new();
    for (packet, frame) in traffic.packets.iter().zip(1..) {
        packet.feed(&mut engine, frame);
        for Finding { stream, diagnosis, subject, severity, .. } in engine.findings() {
            let now = told.entry((stream, diagnosis.id(), subject)).or_insert((severity, frame));
            if now.0 < severity {
                *now = (severity, frame);
            }
        }
    }
    (engine, told)
}

#[test]
fn beginning_of_a_capture_gives_no_false_alarm() {
    assert_none(|_, case| {
        let (engine, mut told) = told_of_beginnings(&case.traffic);
        for finding in engine.findings() {
            if let Some(at) = told.get(&(finding.stream, finding.diagnosis.id(), finding.subject))
                && at.0 <= finding.severity
            {
                told.remove(&(finding.stream, finding.diagnosis.id(), finding.subject));
            }
        }
        told.retain(|(_, id, _), _| !NO_ANSWER_SO_FAR.contains(id));
        let line = |((stream, id, subject), (severity, frame)): (_, (Severity, u32))| {
            format!(
                "after packet {frame}: {id} ({}) of connection {stream} about packet {subject}",
                severity.name()
            )
        };
        told.into_iter().map(line).collect()
    });
}
