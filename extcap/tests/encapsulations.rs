//! Captures in every encapsulation and both versions of IP: sound bytes, and the same diagnosis.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
mod program;

use std::fs::{self, File};

use common::{Lesson, lessons, told};
use program::{Folder, in_home};
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

/// All sound captures, one behind the other in one file.
fn all_captures(lessons: &[Lesson], encapsulation: Encapsulation, ip: IpVersion) -> Vec<u8> {
    let views = lessons.iter().filter(|l| !l.spoils()).flat_map(|lesson| POINTS.map(|point| (lesson, point)));
    // Each from a client port of its own, so that Wireshark does not take two for one connection.
    let capture = |(port, (lesson, point)): (u16, (&Lesson, CapturePoint))| {
        let client_port = Some(port);
        lesson.capture(&GenerateOptions { encapsulation, ip, client_port, ..lesson.options(point) })
    };
    (20_000..).zip(views).flat_map(capture).collect()
}

/// What tshark tells of a packet: malformed, and the state of each checksum.
const FIELDS: [&str; 5] = [
    "_ws.malformed",
    "ip.checksum.status",
    "tcp.checksum.status",
    "icmp.checksum.status",
    "icmpv6.checksum.status",
];

/// Nothing malformed, every checksum good; of a segment that an ICMP error quotes in part, tshark cannot tell.
fn is_sound(line: &str) -> bool {
    let [malformed, ip, tcp, icmp, icmp6] = line.split('\t').collect::<Vec<_>>()[..] else { return false };
    let quoted = !icmp.is_empty() || !icmp6.is_empty();
    let good = |statuses: &str| statuses.chars().all(|status| matches!(status, '1' | ','));
    malformed.is_empty() && good(ip) && (quoted || good(tcp)) && good(icmp) && good(icmp6)
}

#[test]
fn wireshark_finds_nothing_wrong() {
    let home = Folder::new("sound");
    let file = home.0.join("captures.pcapng");
    let lessons = lessons();
    for encapsulation in Encapsulation::ALL {
        for ip in IpVersion::ALL {
            fs::write(&file, all_captures(&lessons, encapsulation, ip)).unwrap();
            let run = in_home(&home.0, "tshark")
                .args(["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-T", "fields"])
                .args(["-o", "tcp.desegment_tcp_streams:FALSE"])
                .args(FIELDS.iter().flat_map(|field| ["-e", field]))
                .args(["-r", "-"])
                .stdin(File::open(&file).unwrap())
                .output()
                .expect("this test needs tshark: install it (Debian: apt-get install tshark)");
            assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
            let told = String::from_utf8(run.stdout).unwrap();
            assert!(told.lines().count() > 100);
            for (number, line) in (1..).zip(told.lines()) {
                assert!(is_sound(line), "{encapsulation}, IPv{}, frame {number}: {line}", ip.word());
            }
        }
    }
}
