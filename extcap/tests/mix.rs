//! Many connections of a mix of scenarios in one capture.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, HashMap};

use common::{read, told};
use tcpdx_engine::Engine;
use tcpdx_extcap::{CapturePoint, Encapsulation, GenerateOptions, IpVersion, Mix, generate_mix};

/// Healthy and other connections, also such as draw ICMP errors, or depend on more than one client.
const MIX: &str = r#"
rate = 500
[[share]]
scenario = "setup/clean-http"
weight = 6
[[share]]
scenario = "path/pmtu-reduced"
weight = 2
[[share]]
scenario = "path/offload"
[[share]]
scenario = "app/pool-uses-dead-connection"
"#;

fn capture(mix: &str, connections: u64, options: &GenerateOptions) -> Vec<u8> {
    let mut capture = Vec::new();
    generate_mix(&Mix::parse("mix.toml", mix).unwrap(), connections, options, &mut capture).unwrap();
    capture
}

fn how_often(engine: &Engine, id: &str) -> usize {
    engine.findings().iter().filter(|finding| finding.diagnosis.id() == id).count()
}

#[test]
fn checksums_are_right_whoever_the_client_is() {
    let sound = MIX.replace("path/offload", "setup/handshake-rejected");
    for encapsulation in Encapsulation::ALL {
        for ip in IpVersion::ALL {
            let options = GenerateOptions { encapsulation, ip, ..GenerateOptions::default() };
            let checked = told::checked(&capture(&sound, 300, &options));
            assert!(checked.tcp > 3_000 && checked.icmp > 100, "{checked:?}");
            assert!(checked.wrong.is_empty(), "{encapsulation}, IPv{}: {:?}", ip.word(), checked.wrong);
        }
    }
}

#[test]
fn each_connection_is_its_scenario_with_a_client_of_its_own() {
    let options = GenerateOptions { point: CapturePoint::Client, ..GenerateOptions::default() };
    let capture = capture(MIX, 400, &options);
    let engine = told::engine(&capture);
    let mut clients: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for packet in read(&capture) {
        let (client, server) = match packet.from.port() {
            80 | 9000 => (packet.to, packet.from),
            _ => (packet.from, packet.to),
        };
        clients.entry(client.ip()).or_default().push((client, server));
    }
    assert_eq!(clients.len(), 400);
    let by_server = clients.values().fold(HashMap::new(), |mut count: HashMap<_, usize>, packets| {
        *count.entry(packets[0].1.ip().to_string()).or_default() += 1;
        count
    });
    let [web, router, card, pool] =
        ["198.51.100.20", "198.51.100.21", "198.51.100.22", "198.51.100.23"].map(|ip| by_server[ip]);
    assert!(web > router && router > card && pool > 10, "{by_server:?}");
    assert_eq!(how_often(&engine, "path.pmtu_reduced"), router);
    assert_eq!(how_often(&engine, "capture.offload"), card);
    assert_eq!(how_often(&engine, "reset.by_middlebox"), pool);
}

#[test]
fn packets_come_in_order_and_the_same_again_for_the_same_seed() {
    let options = GenerateOptions { point: CapturePoint::Both, ..GenerateOptions::default() };
    let first = capture(MIX, 200, &options);
    assert!(read(&first).is_sorted_by(|a, b| a.time <= b.time));
    assert!(first == capture(MIX, 200, &options));
    assert!(first != capture(MIX, 200, &GenerateOptions { seed: 2, ..options }));
}

#[test]
fn mistakes_are_told_with_line_and_key() {
    let cases = [
        ("", "mix.toml:1: missing field `share`"),
        (
            "[[share]]\nscenario = \"setup/no-such\"\n",
            "mix.toml:1: [[share]]: no scenario or file `setup/no-such`",
        ),
        (
            "[[share]]\nscenario = \"setup/clean-http\"\nweight = 0\n",
            "mix.toml: a mix needs at least one [[share]]",
        ),
        ("rate = 0.0\n[[share]]\nscenario = \"setup/clean-http\"\n", "mix.toml:1: rate: 0 is no rate"),
        (
            "[[share]]\nscenario = \"setup/clean-http\"\nwieght = 1\n",
            "mix.toml:3: wieght: unknown field `wieght`",
        ),
        (
            "[[share]]\nscenario = \"setup/clean-http\"\nvariant = \"x\"\n",
            "mix.toml:1: [[share]]: setup/clean-http: no variant `x`",
        ),
    ];
    for (text, expected) in cases {
        let error = Mix::parse("mix.toml", text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}\n{error}");
    }
    let options = GenerateOptions { client: Some([10, 0, 0, 1].into()), ..GenerateOptions::default() };
    let mix = Mix::parse("mix.toml", MIX).unwrap();
    let error = generate_mix(&mix, 1, &options, std::io::sink()).unwrap_err().to_string();
    assert!(error.contains("leave out --client"), "{error}");
}
