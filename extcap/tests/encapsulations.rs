//! Captures in every encapsulation and both versions of IP: sound bytes, and the same diagnosis.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::process::Command;

use common::{lessons, told};
use tcpdx_extcap::{CapturePoint, Encapsulation, GenerateOptions, IpVersion};

const POINTS: [CapturePoint; 2] = [CapturePoint::Client, CapturePoint::Server];

#[test]
fn every_checksum_is_right_in_every_encapsulation() {
    for lesson in lessons() {
        for encapsulation in Encapsulation::ALL {
            for ip in IpVersion::ALL {
                let options = GenerateOptions { encapsulation, ip, ..lesson.options(CapturePoint::Both) };
                let checked = told::checked(&lesson.capture(&options));
                assert!(checked.tcp > 0, "{lesson} in {encapsulation}");
                // Where a scenario spoils packets, it spoils no others than those.
                let spoiled = if lesson.spoils() { checked.wrong.len() } else { 0 };
                assert_eq!(checked.wrong.len(), spoiled, "{lesson} in {encapsulation}: {checked:?}");
            }
        }
    }
}

#[test]
fn the_diagnosis_is_the_same_in_every_encapsulation() {
    for lesson in lessons() {
        for point in POINTS {
            let plain = told::findings(&lesson.capture(&lesson.options(point)));
            for encapsulation in Encapsulation::ALL {
                let options = GenerateOptions { encapsulation, ..lesson.options(point) };
                let told = told::findings(&lesson.capture(&options));
                assert_eq!(told, plain, "{lesson} at the {point} in {encapsulation}");
            }
        }
    }
}

#[test]
fn both_versions_of_ip_show_the_same() {
    let mut differences = Vec::new();
    for lesson in lessons() {
        for point in POINTS {
            let [v4, v6] = IpVersion::ALL
                .map(|ip| told::ids(&lesson.capture(&GenerateOptions { ip, ..lesson.options(point) })));
            if v4 != v6 {
                differences.push(format!("{lesson} at the {point}: {v4:?}, but with IPv6 {v6:?}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// What Wireshark thinks of the captures: all of them, one behind the other in one file for each encapsulation.
#[test]
fn wireshark_finds_nothing_wrong() {
    let folder = tempfile::tempdir().unwrap();
    for encapsulation in Encapsulation::ALL {
        for ip in IpVersion::ALL {
            let mut captures = Vec::new();
            for (seed, lesson) in (1..).zip(lessons().into_iter().filter(|lesson| !lesson.spoils())) {
                let options =
                    GenerateOptions { encapsulation, ip, seed, ..lesson.options(CapturePoint::Both) };
                captures.extend(lesson.capture(&options));
            }
            let file = folder.path().join("captures.pcapng");
            std::fs::write(&file, captures).unwrap();
            let fields =
                ["_ws.malformed", "ip.checksum.status", "tcp.checksum.status", "icmp.checksum.status"];
            let run = Command::new("tshark")
                .args(["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-T", "fields"])
                .args(["-o", "tcp.desegment_tcp_streams:FALSE"])
                .args(fields.iter().flat_map(|field| ["-e", field]))
                .arg("-r")
                .arg(&file)
                .output()
                .expect("this test needs tshark: install it (Debian: apt-get install tshark)");
            assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
            let told = String::from_utf8(run.stdout).unwrap();
            assert!(told.lines().count() > 100);
            for (number, line) in (1..).zip(told.lines()) {
                let good = line.chars().all(|c| matches!(c, '1' | '2' | ',' | '\t'));
                // 2: not verified, as where a snap length or a quotation cuts the packet.
                let malformed = !line.starts_with('\t');
                assert!(good && !malformed, "{encapsulation}, IPv{}, frame {number}: {line}", ip.word());
            }
        }
    }
}
