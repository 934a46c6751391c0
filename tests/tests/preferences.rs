//! The preferences of the plugin in the real tshark: each changes what it says it changes.
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use std::collections::BTreeSet;
use tcpdx_engine::Diagnosis;
use tcpdx_tests::built::root;
use tcpdx_tests::wireshark::Wireshark;

/// All values of a field in a capture of the corpus, looked at twice.
fn values(capture: &str, field: &str, preferences: &[&str]) -> BTreeSet<String> {
    let wireshark = Wireshark::with_plugin().unwrap();
    let capture = root().join("tests/corpus").join(capture).join("client.pcap");
    let options = preferences.iter().flat_map(|preference| ["-o", preference]);
    let arguments: Vec<_> =
        ["-2", "-T", "fields", "-E", "aggregator=|", "-e", field].into_iter().chain(options).collect();
    let told = wireshark.tshark(&capture, &arguments).unwrap();
    told.lines()
        .flat_map(|line| line.split('|'))
        .filter(|value| !value.is_empty())
        .map(String::from)
        .collect()
}

fn tells(capture: &str, id: &str, preferences: &[&str]) -> bool {
    values(capture, "tcpdx.diagnosis", preferences).contains(id)
}

#[test]
fn every_preference_is_listed() {
    let listed = Wireshark::with_plugin().unwrap().report("defaultprefs").unwrap();
    let ours: Vec<_> = listed.lines().filter_map(|line| line.strip_prefix("#tcpdx.")).collect();
    let mut expected: Vec<_> = [
        "language: Automatic",
        "vantage: Automatic",
        "minor: TRUE",
        "slow_response: 1000",
        "keepalive_interval: 60500",
        "idle_time: 3000",
    ]
    .map(String::from)
    .to_vec();
    expected.extend(Diagnosis::families().map(|family| format!("tell_{family}: TRUE")));
    expected.sort();
    let mut ours: Vec<_> = ours.iter().map(ToString::to_string).collect();
    ours.sort();
    assert_eq!(ours, expected);
}

#[test]
fn language_is_that_of_the_locale_unless_chosen() {
    let story = |preferences: &[&str]| values("clean-close4", "tcpdx.story", preferences);
    let english = story(&[]);
    assert_eq!(story(&["tcpdx.language:en"]), english);
    let chinese = story(&["tcpdx.language:zh-CN"]);
    assert!(chinese.iter().all(|text| text.chars().any(|c| c > '\u{4e00}')), "{chinese:?}");
    assert!(english.iter().all(|text| text.is_ascii()), "{english:?}");
}

#[test]
fn vantage_is_what_the_user_says() {
    for vantage in ["client", "server", "middle", "both"] {
        let preference = format!("tcpdx.vantage:{vantage}");
        assert_eq!(values("clean-close4", "tcpdx.vantage", &[&preference]), BTreeSet::from([vantage.into()]));
    }
}

#[test]
fn a_family_that_is_off_is_not_told() {
    for family in ["handshake", "close"] {
        let off = format!("tcpdx.tell_{family}:FALSE");
        let all = values("clean-close4", "tcpdx.diagnosis", &[]);
        let rest = values("clean-close4", "tcpdx.diagnosis", &[&off]);
        let of_it = |id: &&String| id.starts_with(&format!("{family}."));
        assert!(all.iter().any(|id| of_it(&id)));
        assert_eq!(rest, all.into_iter().filter(|id| !of_it(&id)).collect());
    }
}

#[test]
fn notes_and_milestones_can_be_left_out() {
    let severities = |preferences: &[&str]| values("nat-idle-timeout", "tcpdx.severity", preferences);
    assert_eq!(severities(&[]), BTreeSet::from(["chat", "error", "warn"].map(String::from)));
    assert_eq!(severities(&["tcpdx.minor:FALSE"]), BTreeSet::from(["error", "warn"].map(String::from)));
}

#[test]
fn thresholds_decide_from_when_on_a_thing_is_told() {
    for (capture, id, threshold, tells_at, hides_at) in [
        ("slow-server", "app.slow_response", "slow_response", 2000, 3000),
        ("keepalive-answered-client", "keepalive.frequent", "keepalive_interval", 1100, 500),
        ("nat-idle-timeout", "path.idle_state_lost", "idle_time", 4000, 6000),
    ] {
        let at = |milliseconds| tells(capture, id, &[&format!("tcpdx.{threshold}:{milliseconds}")]);
        assert_eq!((tells(capture, id, &[]), at(tells_at), at(hides_at)), (true, true, false), "{id}");
    }
}
