//! What each scenario looks like on the wire, at each capture point.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::process::Command;

use common::{read, table};
use tcpdx_extcap::{CapturePoint, GenerateOptions, IpVersion, Language, generate, scenario};

/// Every scenario and variant, by name.
fn lessons() -> Vec<(&'static scenario::Builtin, Option<&'static str>)> {
    scenario::all()
        .flat_map(|builtin| {
            [None]
                .into_iter()
                .chain(builtin.variants().iter().map(|v| Some(*v)))
                .map(move |variant| (builtin, variant))
        })
        .collect()
}

fn capture(builtin: &scenario::Builtin, options: &GenerateOptions) -> Vec<u8> {
    let mut capture = Vec::new();
    generate(&builtin.scenario().unwrap(), options, &mut capture).unwrap();
    capture
}

fn options(variant: Option<&str>, point: CapturePoint) -> GenerateOptions {
    GenerateOptions { variant: variant.map(str::to_owned), point, ..GenerateOptions::default() }
}

#[test]
fn every_scenario_looks_as_it_must_at_both_capture_points() {
    for (builtin, variant) in lessons() {
        for point in [CapturePoint::Client, CapturePoint::Server] {
            let packets = read(&capture(builtin, &options(variant, point)));
            let variant = variant.map(|variant| format!(":{variant}")).unwrap_or_default();
            insta::assert_snapshot!(
                format!("{}{variant}@{point}", builtin.name()).replace(['/', ':'], "-"),
                table(&packets)
            );
        }
    }
}

#[test]
fn checksums_are_right_with_both_versions_of_ip() {
    for (builtin, variant) in lessons() {
        for ip in IpVersion::ALL {
            let options = GenerateOptions { ip, ..options(variant, CapturePoint::Both) };
            let packets = read(&capture(builtin, &options));
            assert!(!packets.is_empty(), "{}", builtin.name());
            assert!(packets.iter().all(|packet| packet.intact), "{}", builtin.name());
            assert!(packets.iter().all(|packet| packet.from.is_ipv4() == (ip == IpVersion::V4)));
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    for (builtin, variant) in lessons() {
        let options = options(variant, CapturePoint::Both);
        let first = capture(builtin, &options);
        assert!(first == capture(builtin, &options), "{}", builtin.name());
        assert!(first != capture(builtin, &GenerateOptions { seed: 2, ..options }), "{}", builtin.name());
    }
}

#[test]
fn both_capture_points_see_together_what_each_sees_alone() {
    let key = |p: &common::Packet| (p.time.to_bits(), p.ttl, p.id, p.tcp.sequence_number);
    for (builtin, variant) in lessons() {
        let both = read(&capture(builtin, &options(variant, CapturePoint::Both)));
        assert!(both.is_sorted_by(|a, b| a.time <= b.time), "{}", builtin.name());
        for (interface, point) in [CapturePoint::Client, CapturePoint::Server].into_iter().enumerate() {
            let alone = read(&capture(builtin, &options(variant, point)));
            let seen: Vec<_> = both.iter().filter(|p| p.interface == interface as u32).map(key).collect();
            assert_eq!(seen, alone.iter().map(key).collect::<Vec<_>>(), "{} at the {point}", builtin.name());
        }
    }
}

#[test]
fn every_packet_is_explained_in_every_language_or_none_is() {
    for (builtin, variant) in lessons() {
        let of = |comments, language| {
            let options = GenerateOptions { comments, language, ..options(variant, CapturePoint::Both) };
            read(&capture(builtin, &options)).into_iter().map(|packet| packet.comment).collect::<Vec<_>>()
        };
        let (english, chinese) = (of(true, Language::En), of(true, Language::ZhCn));
        let filled = |comment: &Option<String>| {
            comment.as_ref().is_some_and(|c| !c.is_empty() && !c.contains(['{', '}']))
        };
        assert!(english.iter().all(filled), "{}: {english:?}", builtin.name());
        assert!(chinese.iter().all(filled), "{}: {chinese:?}", builtin.name());
        let has_chinese = |comment: &Option<String>| comment.as_ref().is_some_and(|c| !c.is_ascii());
        assert!(chinese.iter().all(has_chinese) && !english.iter().any(has_chinese), "{}", builtin.name());
        assert!(of(false, Language::En).iter().all(Option::is_none));
    }
}

#[test]
fn titles_and_diagnoses_are_the_same_in_the_list_and_in_the_file() {
    for builtin in scenario::all() {
        let scenario = builtin.scenario().unwrap();
        assert_eq!(builtin.name(), scenario.name());
        for language in Language::ALL {
            assert_eq!(builtin.title(language), scenario.title(language));
        }
        for point in CapturePoint::ALL {
            assert_eq!(builtin.shows(point), scenario.shows(point));
        }
        assert!(!builtin.shows(CapturePoint::Both).is_empty(), "{}", builtin.name());
        assert_ne!(builtin.title(Language::En), builtin.title(Language::ZhCn), "{}", builtin.name());
        assert!(std::ptr::eq(scenario::find(builtin.name()).unwrap(), builtin));
    }
}

/// What Wireshark thinks of the captures.
#[test]
fn wireshark_finds_nothing_wrong() {
    let folder = std::env::temp_dir().join(format!("tcpdx-scenarios-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let points = [CapturePoint::Client, CapturePoint::Server];
    for ((builtin, variant), point) in
        lessons().into_iter().flat_map(|lesson| points.map(|point| (lesson, point)))
    {
        let file = folder.join("capture.pcapng");
        std::fs::write(&file, capture(builtin, &options(variant, point))).unwrap();
        let run = Command::new("tshark")
            .args(["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-r"])
            .arg(&file)
            .args([
                "-T",
                "fields",
                "-e",
                "_ws.malformed",
                "-e",
                "ip.checksum.status",
                "-e",
                "tcp.checksum.status",
            ])
            .args(["-e", "frame.interface_name"])
            .output()
            .expect("this test needs tshark: install it (Debian: apt-get install tshark)");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        for line in String::from_utf8(run.stdout).unwrap().lines() {
            assert_eq!(line, format!("\t1\t1\t{point}"), "{}", builtin.name());
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
