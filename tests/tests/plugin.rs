//! The plugin in the real tshark: what it registers, what it adds, and that it changes nothing else.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use tcpdx_engine::{Diagnosis, Language, catalogue::texts};
use tcpdx_tests::built::root;
use tcpdx_tests::corpus::{self, Capture};
use tcpdx_tests::pdml::{self, Packet};
use tcpdx_tests::told::{self, Passes};
use tcpdx_tests::wireshark::Wireshark;

/// Whether what tshark shows of some captures is the same in two ways; the captures where not.
fn differences<T: PartialEq + Send>(
    one: impl Fn(&Capture) -> io::Result<T> + Sync,
    other: impl Fn(&Capture) -> io::Result<T> + Sync,
) -> Vec<String> {
    let captures = corpus::captures().unwrap();
    let check = |capture: &Capture| Ok((one(capture)? != other(capture)?).then(|| capture.name.clone()));
    corpus::each(&captures, check).unwrap().into_iter().flatten().collect()
}

fn nothing() -> Vec<String> {
    Vec::new()
}

fn tree(wireshark: &Wireshark, capture: &Path, arguments: &[&str]) -> io::Result<Vec<Packet>> {
    pdml::read(&wireshark.tshark(capture, &[&["-T", "pdml"], arguments].concat())?)
}

fn without_tcpdx(packets: Vec<Packet>) -> Vec<Packet> {
    let strip = |packet: Packet| packet.into_iter().filter(|protocol| protocol.name != "tcpdx").collect();
    packets.into_iter().map(strip).collect()
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

fn corpus_capture(name: &str) -> std::path::PathBuf {
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

#[test]
fn a_filter_picks_the_frames_that_its_diagnosis_is_about() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let mut seen = BTreeSet::new();
    for capture in corpus::captures().unwrap() {
        let report = told::by_plugin(&wireshark, &capture.path, Passes::Two).unwrap();
        for id in report.findings.iter().map(|finding| finding.id.clone()).collect::<BTreeSet<_>>() {
            if !seen.insert(id.clone()) {
                continue;
            }
            let filter = format!("tcpdx.{id}");
            let picked = lines(&wireshark, &capture.path, &["frame.number"], &["-2", "-Y", &filter]).unwrap();
            let about =
                report.findings.iter().filter(|finding| finding.id == id).map(|finding| finding.frame);
            let about: BTreeSet<_> = about.map(|frame| frame.to_string()).collect();
            assert_eq!(picked.into_iter().collect::<BTreeSet<_>>(), about, "{filter} in {}", capture.name);
        }
    }
    assert!(seen.contains("handshake.rejected") && seen.contains("handshake.third_ack_lost"), "{seen:?}");
}

#[test]
fn in_one_pass_a_finding_is_at_the_frame_that_proves_it() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let captures = corpus::captures().unwrap();
    let check = |capture: &Capture| {
        let shown = ["frame.number", "tcpdx.diagnosis"];
        let one_pass: BTreeSet<_> = lines(&wireshark, &capture.path, &shown, &[])?
            .iter()
            .filter_map(|line| line.split_once('\t'))
            .flat_map(|(frame, ids)| ids.split(',').map(|id| format!("{frame} {id}")).collect::<Vec<_>>())
            .collect();
        let found = told::by_plugin(&wireshark, &capture.path, Passes::Two)?.findings;
        let proved = found.iter().map(|finding| format!("{} {}", finding.trigger, finding.id));
        Ok(proved
            .filter(|finding| !one_pass.contains(finding))
            .map(|finding| format!("{} {finding}", capture.name))
            .collect::<Vec<_>>())
    };
    assert_eq!(corpus::each(&captures, check).unwrap().concat(), nothing());
}

#[test]
fn every_tcp_frame_tells_its_connection_and_its_states() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let told = [
        "tcpdx.stream",
        "tcpdx.client.state",
        "tcpdx.server.state",
        "tcpdx.outcome",
        "tcpdx.story",
        "tcpdx.vantage",
    ];
    let captures = corpus::captures().unwrap();
    let check = |capture: &Capture| {
        let all = lines(&wireshark, &capture.path, &told, &["-2", "-Y", "tcp && !icmp && !icmpv6"])?;
        let empty = all.iter().filter(|line| line.split('\t').any(str::is_empty)).count();
        Ok((empty > 0 || all.is_empty()).then(|| format!("{}: {empty} of {}", capture.name, all.len())))
    };
    assert_eq!(corpus::each(&captures, check).unwrap().into_iter().flatten().collect::<Vec<_>>(), nothing());
}

#[test]
fn connections_are_numbered_as_wireshark_numbers_them() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let captures = corpus::captures().unwrap();
    let check = |capture: &Capture| {
        let numbers = lines(
            &wireshark,
            &capture.path,
            &["tcpdx.stream", "tcp.stream"],
            &["-Y", "tcp && !icmp && !icmpv6"],
        )?;
        let differs =
            numbers.iter().any(|line| line.split_once('\t').is_none_or(|(ours, theirs)| ours != theirs));
        Ok(differs.then(|| capture.name.clone()))
    };
    assert_eq!(corpus::each(&captures, check).unwrap().into_iter().flatten().collect::<Vec<_>>(), nothing());
}

#[test]
fn what_tshark_shows_is_unchanged_but_for_what_tcpdx_adds() {
    let (plain, with_plugin) = (Wireshark::plain().unwrap(), Wireshark::with_plugin().unwrap());
    for passes in [&[][..], &["-2"]] {
        let different = differences(
            |capture| tree(&plain, &capture.path, passes),
            |capture| Ok(without_tcpdx(tree(&with_plugin, &capture.path, passes)?)),
        );
        assert_eq!(different, nothing(), "{passes:?}");
    }
}

#[test]
fn fields_and_packet_list_are_unchanged() {
    let (plain, with_plugin) = (Wireshark::plain().unwrap(), Wireshark::with_plugin().unwrap());
    let report = plain.report("fields").unwrap();
    let named = report.lines().filter_map(|line| line.strip_prefix("F\t")?.split('\t').nth(1));
    let mut fields: Vec<_> =
        named.filter(|field| field.starts_with("tcp.") || field.starts_with("http.")).collect();
    fields.push("frame.protocols");
    assert!(fields.len() > 200);
    let different = differences(
        |capture| lines(&plain, &capture.path, &fields, &[]),
        |capture| lines(&with_plugin, &capture.path, &fields, &[]),
    );
    assert_eq!(different, nothing());
    let different = differences(
        |capture| plain.tshark(&capture.path, &[]),
        |capture| with_plugin.tshark(&capture.path, &[]),
    );
    assert_eq!(different, nothing());
}

#[test]
fn disabling_the_protocol_removes_all_that_it_adds() {
    let (plain, with_plugin) = (Wireshark::plain().unwrap(), Wireshark::with_plugin().unwrap());
    let different = differences(
        |capture| tree(&plain, &capture.path, &[]),
        |capture| tree(&with_plugin, &capture.path, &["--disable-protocol", "tcpdx"]),
    );
    assert_eq!(different, nothing());
}

#[test]
fn disabling_tcp_works_as_without_the_plugin() {
    let (plain, with_plugin) = (Wireshark::plain().unwrap(), Wireshark::with_plugin().unwrap());
    let capture = corpus_capture("clean-close4/client.pcap");
    let disabled = ["--disable-protocol", "tcp"];
    assert_eq!(tree(&plain, &capture, &disabled).unwrap(), tree(&with_plugin, &capture, &disabled).unwrap());
}

#[test]
fn a_packet_that_the_snap_length_cuts_is_diagnosed_all_the_same() {
    let wireshark = Wireshark::with_plugin().unwrap();
    let capture = corpus_capture("capture-snaplen-96/client.pcap");
    let cut = lines(&wireshark, &capture, &["tcpdx.stream"], &["-Y", "frame.cap_len < frame.len"]).unwrap();
    assert!(!cut.is_empty() && cut.iter().all(|stream| !stream.is_empty()), "{cut:?}");
}
