//! `-z tcpdx,tree` and `-z tcpdx,conv` in the real tshark, against what the command tells of the same capture.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use std::collections::BTreeMap;
use std::path::Path;
use tcpdx_engine::{Diagnosis, Language, catalogue::texts};
use tcpdx_tests::corpus;
use tcpdx_tests::told;
use tcpdx_tests::wireshark::Wireshark;

/// The statistics that tshark prints, without lines of packets.
fn statistics(wireshark: &Wireshark, capture: &Path, name: &str, more: &[&str]) -> String {
    wireshark.tshark(capture, &[&["-q", "-z", name], more].concat()).unwrap()
}

/// Counts of the tree by name, for names that hold no double blanks.
fn counts(tree: &str) -> BTreeMap<&str, u32> {
    let count = |line: &'static str| -> Option<(&'static str, u32)> {
        let (name, rest) = line.trim_start().split_once("  ")?;
        Some((name, rest.split_whitespace().next()?.parse().ok()?))
    };
    // The test is short; the text may stay for its whole time.
    let tree: &'static str = Box::leak(tree.to_string().into_boxed_str());
    tree.lines().filter_map(count).collect()
}

#[test]
fn the_tree_counts_what_the_command_finds() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let merged = corpus::merged().unwrap();
    let report = told::by_command(merged.path()).unwrap();
    let mut diagnoses: BTreeMap<String, u32> = BTreeMap::new();
    for finding in &report.findings {
        let title = texts(Language::English).title(Diagnosis::from_id(&finding.id).unwrap());
        *diagnoses.entry(format!("{title} ({})", finding.id)).or_default() += 1;
    }
    assert!(diagnoses.len() > 40);
    for passes in [&[][..], &["-2"]] {
        let tree = statistics(&wireshark, merged.path(), "tcpdx,tree", passes);
        let counts = counts(&tree);
        for (name, count) in &diagnoses {
            assert_eq!(counts.get(name.as_str()), Some(count), "{passes:?} {name}\n{tree}");
        }
        assert_eq!(counts["Diagnoses"] as usize, report.findings.len());
        assert_eq!(counts["Outcomes of connections"] as usize, report.connections.len());
        let refused = report.connections.iter().filter(|c| c.outcome == "rejected").count();
        assert_eq!(counts["rejected"] as usize, refused);
        assert!(counts["10.77.2.2"] > 0 && counts["Handshake round trips (ms)"] > 0);
    }
}

#[test]
fn a_filter_chooses_the_connections() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let merged = corpus::merged().unwrap();
    let report = told::by_command(merged.path()).unwrap();
    let of_port_9 = report.connections.iter().filter(|c| c.server.ends_with(":9")).count();
    let tree = statistics(&wireshark, merged.path(), "tcpdx,tree,tcp.port == 9", &[]);
    assert!(of_port_9 > 0);
    assert_eq!(counts(&tree)["Outcomes of connections"] as usize, of_port_9);
    let table = statistics(&wireshark, merged.path(), "tcpdx,conv,tcp.port == 9", &[]);
    assert_eq!(table.lines().count(), 1 + of_port_9, "{table}");
}

#[test]
fn the_table_tells_outcome_and_story_of_every_connection() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let merged = corpus::merged().unwrap();
    let report = told::by_command(merged.path()).unwrap();
    let table = statistics(&wireshark, merged.path(), "tcpdx,conv", &[]);
    let (heading, rows) = table.split_once('\n').unwrap();
    assert_eq!(
        heading.split_whitespace().collect::<Vec<_>>(),
        ["#", "Client", "Server", "Packets", "Bytes", "Duration", "Outcome", "Story"]
    );
    assert_eq!(rows.lines().count(), report.connections.len());
    for connection in report.connections {
        let row = rows.lines().nth(connection.stream.parse().unwrap()).unwrap();
        let words: Vec<_> = row.split_whitespace().collect();
        assert_eq!(words[..3], [&*connection.stream, &connection.client, &connection.server], "{row}");
        assert_eq!(words[7], connection.outcome, "{row}");
        assert!(row.ends_with(&connection.story), "{row}\n{}", connection.story);
    }
}

#[test]
fn a_wrong_filter_is_told() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let merged = corpus::merged().unwrap();
    let refused = wireshark.tshark(merged.path(), &["-q", "-z", "tcpdx,conv,tcp.nonsense =="]).unwrap_err();
    assert!(refused.to_string().contains("tcpdx,conv: "), "{refused}");
}
