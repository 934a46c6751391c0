//! The plugin in the real tshark: what it registers, what it adds, and that it changes nothing else.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use tcpdx_engine::{Diagnosis, Engine, Language, Party, Settings, catalogue::texts};
use tcpdx_tests::built::{built, root};
use tcpdx_tests::corpus;
use tcpdx_tests::sharkd::Sharkd;
use tcpdx_tests::told::{self, FROM_SILENCE, Passes};
use tcpdx_tests::traffic::Traffic;
use tcpdx_tests::wireshark::Wireshark;

/// TCP of the frame's own, not quoted by an ICMP error.
const OWN_TCP: &str = "tcp && !icmp && !icmpv6";

/// What tshark shows of a capture, but for what it says about itself and for the subtrees of tcpdx.
fn tree(wireshark: &Wireshark, capture: &Path, arguments: &[&str]) -> io::Result<Vec<String>> {
    let document = wireshark.tshark(capture, &[&["-T", "pdml"], arguments].concat())?;
    let mut in_tcpdx = false;
    let mut kept = Vec::new();
    for line in document.lines().filter(|line| !line.starts_with("<pdml")) {
        in_tcpdx |= line.starts_with("  <proto name=\"tcpdx\"");
        if !in_tcpdx {
            kept.push(line.to_string());
        }
        in_tcpdx &= line != "  </proto>";
    }
    Ok(kept)
}

/// That two lists of lines are equal; else the first lines that are not.
#[track_caller]
fn assert_same(one: &[String], other: &[String]) {
    assert!(!one.is_empty());
    let differ = one.iter().zip(other).enumerate().find(|(_, (one, other))| one != other);
    assert_eq!(differ, None);
    assert_eq!(one.len(), other.len());
}

/// The fields that tshark shows, one line a packet.
fn lines(
    wireshark: &Wireshark,
    capture: &Path,
    fields: &[&str],
    arguments: &[&str],
) -> io::Result<Vec<String>> {
    let named = fields.iter().flat_map(|field| ["-e", field]);
    let arguments: Vec<_> =
        ["-T", "fields"].into_iter().chain(named).chain(arguments.iter().copied()).collect();
    Ok(wireshark.tshark(capture, &arguments)?.lines().map(str::to_string).collect())
}

fn corpus_capture(name: &str) -> PathBuf {
    root().join("tests/corpus").join(name)
}

#[test]
fn plugin_is_listed_with_its_version() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let plugins = wireshark.report("plugins").unwrap();
    let ours = plugins.lines().find(|line| line.starts_with("tcpdx.so")).unwrap();
    assert!(ours.contains(env!("CARGO_PKG_VERSION")) && ours.contains("dissector"), "{ours}");
}

#[test]
fn nothing_is_said_when_wireshark_starts() {
    let output =
        Wireshark::with_plugin().unwrap().command("tshark").args(["-G", "protocols"]).output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn every_diagnosis_is_a_field_with_its_description() {
    let fields = Wireshark::with_plugin().unwrap().report("fields").unwrap();
    let texts = texts(Language::English);
    for diagnosis in Diagnosis::ALL {
        let begin = format!("F\t{}\ttcpdx.{}\t", texts.title(*diagnosis), diagnosis.id());
        let end = format!("\t{}", texts.about(*diagnosis));
        let listed = fields.lines().filter(|line| line.starts_with(&begin) && line.ends_with(&end)).count();
        assert_eq!(listed, 1, "{}", diagnosis.id());
    }
}

#[test]
fn every_field_of_the_design_is_there_with_a_type_that_compares_and_sorts() {
    let fields = Wireshark::with_plugin().unwrap().report("fields").unwrap();
    for (filter, kind) in [
        ("stream", "FT_UINT32"),
        ("client.state", "FT_STRING"),
        ("server.state", "FT_STRING"),
        ("outcome", "FT_STRING"),
        ("story", "FT_STRING"),
        ("vantage", "FT_STRING"),
        ("closed_first", "FT_STRING"),
        ("handshake.rtt", "FT_RELATIVE_TIME"),
        ("handshake.rtt.client", "FT_RELATIVE_TIME"),
        ("handshake.rtt.server", "FT_RELATIVE_TIME"),
        ("diagnosis", "FT_STRING"),
        ("severity", "FT_STRING"),
        ("certainty", "FT_STRING"),
        ("effect", "FT_STRING"),
        ("why", "FT_STRING"),
        ("check", "FT_STRING"),
        ("evidence", "FT_FRAMENUM"),
    ] {
        let listed = |line: &&str| {
            let columns: Vec<_> = line.split('\t').collect();
            columns.len() == 8
                && columns[2] == format!("tcpdx.{filter}")
                && columns[3] == kind
                && !columns[7].is_empty()
        };
        assert_eq!(fields.lines().filter(listed).count(), 1, "{filter}");
    }
}

#[test]
fn every_diagnosis_is_a_filter() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let filters: Vec<_> =
        Diagnosis::ALL.iter().map(|diagnosis| format!("tcpdx.{}", diagnosis.id())).collect();
    let capture = corpus_capture("clean-close4/client.pcap");
    wireshark.tshark(&capture, &["-Y", &filters.join(" || ")]).unwrap();
    wireshark.tshark(&capture, &["-Y", "tcpdx.no.such.diagnosis"]).unwrap_err();
}

/// The frames of the merged corpus that findings are about, by diagnosis, as the tree tells them.
fn frames_by_diagnosis(wireshark: &Wireshark, capture: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut frames: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for finding in told::by_plugin(wireshark, capture, Passes::Two).unwrap().findings {
        frames.entry(finding.id).or_default().insert(finding.frame.to_string());
    }
    frames
}

#[test]
fn a_filter_picks_the_frames_that_its_diagnosis_is_about() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let merged = corpus::merged().unwrap();
    let frames = frames_by_diagnosis(&wireshark, merged.path());
    for id in
        ["handshake.rejected", "handshake.rejected_by_icmp", "handshake.third_ack_lost", "reset.injected"]
    {
        let filter = format!("tcpdx.{id}");
        let picked = lines(&wireshark, merged.path(), &["frame.number"], &["-2", "-Y", &filter]).unwrap();
        assert_eq!(picked.into_iter().collect::<BTreeSet<_>>(), frames[id], "{filter}");
    }
}

#[test]
fn the_field_of_a_diagnosis_is_in_the_frames_that_it_is_about() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let merged = corpus::merged().unwrap();
    let ids: Vec<_> = Diagnosis::ALL.iter().map(|diagnosis| diagnosis.id()).collect();
    let fields: Vec<_> = ids.iter().map(|id| format!("tcpdx.{id}")).collect();
    let fields: Vec<_> = ["frame.number"].into_iter().chain(fields.iter().map(String::as_str)).collect();
    let mut frames: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for line in lines(&wireshark, merged.path(), &fields, &["-2"]).unwrap() {
        let mut cells = line.split('\t').map(str::to_string);
        let frame = cells.next().unwrap();
        for (id, _) in ids.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            frames.entry((*id).to_string()).or_default().insert(frame.clone());
        }
    }
    assert_eq!(frames, frames_by_diagnosis(&wireshark, merged.path()));
}

#[test]
fn in_one_pass_a_finding_is_at_the_frame_that_proves_it() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let merged = corpus::merged().unwrap();
    let shown: BTreeSet<_> = lines(&wireshark, merged.path(), &["frame.number", "tcpdx.diagnosis"], &[])
        .unwrap()
        .iter()
        .filter_map(|line| line.split_once('\t'))
        .flat_map(|(frame, ids)| ids.split(',').map(move |id| format!("{frame} {id}")))
        .collect();
    let found = told::by_plugin(&wireshark, merged.path(), Passes::Two).unwrap().findings;
    let proved = found.iter().filter(|finding| !FROM_SILENCE.contains(&finding.id.as_str()));
    let proved: BTreeSet<_> = proved.map(|finding| format!("{} {}", finding.trigger, finding.id)).collect();
    let missing: Vec<_> = proved.difference(&shown).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// What is worked out of a connection is kept from frame to frame; none may tell what held before.
#[test]
fn in_one_pass_a_frame_tells_what_was_known_when_it_came() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let merged = corpus::merged().unwrap();
    let told = ["outcome", "story", "conn_state", "history", "vantage", "closed_first"];
    let told = told.map(|field| format!("tcpdx.{field}"));
    let told = told.each_ref().map(String::as_str);
    let shown = lines(&wireshark, merged.path(), &told, &["-Y", OWN_TCP]).unwrap();

    let mut engine = Engine::new(Settings::default());
    let mut known = Vec::new();
    for (packet, frame) in Traffic::read(merged.path()).unwrap().packets.iter().zip(1..) {
        packet.feed(&mut engine, frame);
        if packet.is_tcp() {
            let summary = engine.frame(frame, 0).and_then(|view| engine.summary(view.stream)).unwrap();
            let story = summary.story.tell(Language::English);
            let (outcome, vantage) = (summary.outcome.name(), summary.vantage.name());
            let closed_first = summary.closed_first.map_or("", Party::name);
            let told = [outcome, &story, summary.conn_state, &summary.history, vantage, closed_first];
            known.push(told.join("\t"));
        }
    }
    assert_same(&shown, &known);
}

#[test]
fn every_tcp_frame_tells_its_connection_and_its_states() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let told = ["stream", "client", "server", "client.state", "server.state", "outcome", "story", "vantage"];
    let told = told.map(|field| format!("tcpdx.{field}"));
    let told = told.each_ref().map(String::as_str);
    let merged = corpus::merged().unwrap();
    let all = lines(&wireshark, merged.path(), &told, &["-2", "-Y", OWN_TCP]).unwrap();
    let complete = all.iter().filter(|line| !line.split('\t').any(str::is_empty)).count();
    assert!(complete == all.len() && complete > 5000, "{complete} of {}", all.len());
}

#[test]
fn the_lines_of_the_tree_tell_what_the_fields_hold() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let capture = corpus_capture("clean-close4/client.pcap");
    let told = [
        ("Story", "story"),
        ("Client state", "client.state"),
        ("Server state", "server.state"),
        ("Outcome", "outcome"),
        ("Closed first by", "closed_first"),
        ("Connection", "stream"),
        ("Client", "client"),
        ("Server", "server"),
        ("Captured at", "vantage"),
        ("Zeek state", "conn_state"),
        ("Zeek history", "history"),
    ];
    let fields = told.map(|(_, field)| format!("tcpdx.{field}"));
    let fields = fields.each_ref().map(String::as_str);
    let last = lines(&wireshark, &capture, &fields, &["-2"]).unwrap().pop().unwrap();
    let tree = wireshark.tshark(&capture, &["-2", "-V", "-O", "tcpdx"]).unwrap();
    let tree = tree.rsplit("[TCP diagnosis").next().unwrap();
    for ((name, _), value) in told.into_iter().zip(last.split('\t')) {
        let told = format!("{name}: {value}");
        let is_told = |line: &str| line.contains(&format!("[{told}")) || line.contains(&format!(", {told}"));
        assert!(!value.is_empty() && tree.lines().any(is_told), "{told}\n{tree}");
    }
    assert!(tree.lines().filter(|line| line.starts_with("    [")).count() < told.len(), "{tree}");
}

#[test]
fn an_icmp_error_tells_the_connection_that_it_quotes() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let capture = corpus_capture("reject-icmp-port-unreachable/client.pcap");
    let fields = ["tcpdx.stream", "tcpdx.diagnosis"];
    let told = lines(&wireshark, &capture, &fields, &["-2", "-Y", "icmp.type == 3"]).unwrap();
    assert!(!told.is_empty() && told.iter().all(|line| line.starts_with("0\t")), "{told:?}");
    assert!(told.iter().any(|line| line.contains("handshake.rejected_by_icmp")), "{told:?}");
}

/// Cases in which Wireshark since 4.2 begins a new connection, and Wireshark 4.0 and the engine do not: with a SYN
/// that is sent again after the RST which answered the challenge ACK.
const SPLIT_SINCE_4_2: &[&str] = &["syn-on-established-challenge-ack"];

#[test]
fn connections_are_numbered_as_wireshark_numbers_them() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let mut sharkd = Sharkd::start(&wireshark).unwrap();
    let (mut different, mut compared) = (Vec::new(), 0);
    for capture in corpus::captures().unwrap() {
        let copy = wireshark.copy(&capture.path).unwrap();
        sharkd.load(copy.path()).unwrap();
        let mut numbers = sharkd.columns(["tcpdx.stream", "tcp.stream", "frame.protocols"]).unwrap();
        // What an ICMP error quotes is no packet of its own.
        numbers.retain(|[_, _, protocols]| protocols.contains(":tcp") && !protocols.contains(":icmp"));
        compared += numbers.len();
        if numbers.iter().any(|[ours, theirs, _]| ours != theirs) {
            different.push(capture.name);
        }
    }
    assert!(compared > 3000);
    let known = if built().series == "4.0" { &[] } else { SPLIT_SINCE_4_2 };
    let unknown = |name: &&String| !known.iter().any(|case| name.split('/').next() == Some(case));
    assert_eq!(different.iter().filter(unknown).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn what_tshark_shows_is_unchanged_but_for_what_tcpdx_adds() {
    let (plain, with_plugin) = (Wireshark::plain().unwrap(), Wireshark::with_plugin().unwrap());
    let merged = corpus::merged().unwrap();
    for passes in [&[][..], &["-2"]] {
        let tree = |wireshark| tree(wireshark, merged.path(), passes).unwrap();
        assert_same(&tree(&plain), &tree(&with_plugin));
    }
}

#[test]
fn fields_are_unchanged() {
    let (plain, with_plugin) = (Wireshark::plain().unwrap(), Wireshark::with_plugin().unwrap());
    let report = plain.report("fields").unwrap();
    let named = report.lines().filter_map(|line| line.strip_prefix("F\t")?.split('\t').nth(1));
    let of_tcp = |field: &&str| ["tcp.", "http.", "icmp."].iter().any(|protocol| field.starts_with(protocol));
    let mut fields: Vec<_> = named.filter(of_tcp).collect();
    assert!(fields.len() > 200);
    fields.push("frame.protocols");
    let merged = corpus::merged().unwrap();
    let lines = |wireshark| lines(wireshark, merged.path(), &fields, &[]).unwrap();
    assert_same(&lines(&plain), &lines(&with_plugin));
}

#[test]
fn packet_list_is_unchanged() {
    let (plain, with_plugin) = (Wireshark::plain().unwrap(), Wireshark::with_plugin().unwrap());
    let merged = corpus::merged().unwrap();
    let list = |wireshark: &Wireshark| -> Vec<String> {
        wireshark.tshark(merged.path(), &[]).unwrap().lines().map(str::to_string).collect()
    };
    assert_same(&list(&plain), &list(&with_plugin));
}

#[test]
fn disabling_the_protocol_removes_all_that_it_adds() {
    let (plain, with_plugin) = (Wireshark::plain().unwrap(), Wireshark::with_plugin().unwrap());
    let merged = corpus::merged().unwrap();
    let disabled = ["--disable-protocol", "tcpdx"];
    assert_same(
        &tree(&plain, merged.path(), &[]).unwrap(),
        &tree(&with_plugin, merged.path(), &disabled).unwrap(),
    );
    let told = with_plugin.tshark(merged.path(), &[&disabled[..], &["-Y", "tcpdx"]].concat()).unwrap();
    assert_eq!(told, "");
}

#[test]
fn disabling_tcp_works_as_without_the_plugin() {
    let (plain, with_plugin) = (Wireshark::plain().unwrap(), Wireshark::with_plugin().unwrap());
    let capture = corpus_capture("clean-close4/client.pcap");
    let tree = |wireshark| tree(wireshark, &capture, &["--disable-protocol", "tcp"]).unwrap();
    assert_same(&tree(&plain), &tree(&with_plugin));
}

#[test]
fn a_packet_that_the_snap_length_cuts_is_diagnosed_all_the_same() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let capture = corpus_capture("capture-snaplen-96/client.pcap");
    let cut =
        lines(&wireshark, &capture, &["tcpdx.stream"], &["-Y", "tcp && frame.cap_len < frame.len"]).unwrap();
    assert!(!cut.is_empty() && cut.iter().all(|stream| !stream.is_empty()), "{cut:?}");
}
