//! Connections and troubled paths by chance, as scenarios.

// Each test binary uses its part of this.
#![allow(dead_code)]

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

/// So many schedules, the same ones each time: one part of several, or those of `PROPTEST_RNG_SEED`.
pub(crate) fn config(cases: u32, part: u64) -> ProptestConfig {
    let usual = ProptestConfig::default();
    let rng_seed = match usual.rng_seed {
        RngSeed::Random => RngSeed::Fixed(part),
        RngSeed::Fixed(seed) => RngSeed::Fixed(seed.wrapping_add(part)),
    };
    ProptestConfig { cases, failure_persistence: None, rng_seed, ..usual }
}

/// How a connection goes, and who ends it.
pub(crate) fn exchange() -> impl Strategy<Value = String> {
    let ends = [
        ("", "{ do = \"close\" },", "{ do = \"receive\", until_closed = true }, { do = \"close\" },"),
        ("", "{ do = \"receive\", until_closed = true }, { do = \"close\" },", "{ do = \"close\" },"),
        ("", "{ do = \"close\", at = \"400ms\" },", "{ do = \"close\", at = \"400ms\" },"),
        (
            "",
            "{ do = \"shutdown\" }, { do = \"receive\", until_closed = true }, { do = \"close\" },",
            "{ do = \"receive\", until_closed = true }, { do = \"send\", bytes = 700 }, { do = \"close\" },",
        ),
        (
            "",
            "{ do = \"abort\", wait = \"30ms\" },",
            "{ do = \"receive\", until_closed = true }, { do = \"close\" },",
        ),
        (
            "",
            "{ do = \"receive\", until_closed = true }, { do = \"close\" },",
            "{ do = \"abort\", wait = \"30ms\" },",
        ),
        (
            "",
            "{ do = \"close\" },",
            "{ do = \"receive\", until_closed = true }, { do = \"close\", wait = \"3s\" },",
        ),
        (
            "keepalive = { idle = \"1s\", interval = \"1s\", count = 3 }",
            "{ do = \"close\", wait = \"5s\" },",
            "{ do = \"receive\", until_closed = true }, { do = \"close\" },",
        ),
    ];
    (0..ends.len(), 1..4000u32, 1..9000u32, any::<bool>()).prop_map(move |(end, up, down, sack)| {
        let (keepalive, client, server) = ends[end];
        let keepalive = if keepalive.is_empty() { String::new() } else { format!(", {keepalive}") };
        format!(
            "title.en = \"an exchange\"\n[client]\nsysctl.tcp_sack = {sack}\nstep = [\n\
             {{ do = \"connect\"{keepalive} }}, {{ do = \"send\", bytes = {up} }},\n\
             {{ do = \"receive\", bytes = {down} }}, {client}\n]\n\
             [server]\nport = 9000\nstep = [\n{{ do = \"listen\" }}, {{ do = \"accept\" }},\n\
             {{ do = \"receive\", bytes = {up} }}, {{ do = \"send\", bytes = {down} }}, {server}\n]\n"
        )
    })
}

/// A packet around the begin or the end that is lost, late or doubled, as a table of a scenario.
pub(crate) fn fault() -> impl Strategy<Value = String> {
    let what = ["any", "syn", "syn-ack", "third-ack", "ack", "data", "fin", "rst"];
    fault_of(&what, 10, 900)
}

/// One of the first packets of these kinds is lost, or by less than so many milliseconds late or doubled.
fn fault_of(what: &[&'static str], first: u32, late: u32) -> impl Strategy<Value = String> + use<> {
    let harm = prop_oneof![
        Just("do = \"drop\"".to_owned()),
        (1..late).prop_map(|ms| format!("do = \"delay\"\nby = \"{ms}ms\"")),
        (1..late).prop_map(|ms| format!("do = \"duplicate\"\nby = \"{ms}ms\"")),
    ];
    (select(vec!["client", "server"]), select(what.to_vec()), 1..first, harm).prop_map(
        |(sender, what, nth, harm)| {
            format!("[[path.fault]]\nfrom = \"{sender}\"\nwhat = \"{what}\"\nnth = {nth}\n{harm}\n")
        },
    )
}

/// Questions and answers on a path that loses, delays and doubles packets, and may be slow.
pub(crate) fn talk() -> impl Strategy<Value = String> {
    let fault = fault_of(&["any", "ack", "data"], 120, 400);
    let chance =
        (0..4u32).prop_map(|percent| format!("[[path.fault]]\nchance = 0.0{percent}\ndo = \"drop\"\n"));
    let faults =
        (prop::collection::vec(fault, 0..8), chance).prop_map(|(all, chance)| all.concat() + &chance);
    let links = [
        "",
        "rate = \"2Mbit/s\"\nqueue = 8\n",
        "rate = \"5Mbit/s\"\nqueue = 20\n",
        "rate = \"20Mbit/s\"\n",
        "jitter = \"3ms\"\n",
    ];
    let path = (1..60u32, select(links.to_vec()))
        .prop_map(|(delay, link)| format!("[path]\ndelay = \"{delay}ms\"\n{link}"));
    let waits = select(vec!["", ", wait = \"5ms\"", ", wait = \"200ms\"", ", wait = \"3s\""]);
    let words = (1..4000u32, 1..150_000u32, 1..6usize, waits, any::<bool>(), any::<bool>());
    (faults, path, words).prop_map(|(faults, path, (up, down, times, wait, sack, timestamps))| {
        let asks = format!("{{ do = \"send\", bytes = {up}{wait} }}, {{ do = \"receive\", bytes = {down} }},\n");
        let answers = format!("{{ do = \"receive\", bytes = {up} }}, {{ do = \"send\", bytes = {down} }},\n");
        format!(
            "title.en = \"a talk\"\n{path}[client]\nsysctl.tcp_sack = {sack}\n\
             sysctl.tcp_timestamps = {timestamps}\nstep = [\n{{ do = \"connect\" }},\n{}{{ do = \"close\" }},\n]\n\
             [server]\nport = 9000\nstep = [\n{{ do = \"listen\" }}, {{ do = \"accept\" }},\n{}\
             {{ do = \"receive\", until_closed = true }}, {{ do = \"close\" }},\n]\n{faults}",
            asks.repeat(times),
            answers.repeat(times),
        )
    })
}
