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

/// Where devices stand that forge, and how many of the path's five routers are between there and the client.
const PLACES: [(&str, u8); 3] = [("0.0", 0), ("0.5", 2), ("1.0", 5)];

/// A packet in somebody's name, behind one of the first of some kind: a RST, most of them, a SYN or data. Its number is
/// the right one, or is in the window, or far from it; its TTL is what the genuine packets have, or another.
pub(crate) fn forgery() -> impl Strategy<Value = String> {
    let near = || prop_oneof![3 => Just(0), 1 => 1..30_000i64, 1 => -3_000..0i64];
    let number = prop_oneof![4 => near(), 1 => Just(10_000_000i64), 1 => Just(-10_000_000i64)];
    let what = prop_oneof![
        4 => select(vec!["", "ack = true, "]),
        1 => select(vec!["syn = true, ", "syn = true, ack = true, "]),
        1 => select(vec!["text = \"forged\", window = 500, ", "text = \"GET /forged\\r\\n\\r\\n\", window = 9, "]),
    ];
    let kinds = ["any", "syn", "syn-ack", "third-ack", "ack", "data", "fin"];
    let behind = (select(vec!["client", "server"]), select(kinds.to_vec()), 1..10u32);
    let waits = prop_oneof![Just("0us".to_owned()), (1..300_000u32).prop_map(|us| format!("{us}us"))];
    let ttls = prop_oneof![Just(None), select(vec![64, 128, 255u8]).prop_map(Some)];
    let looks = (select(PLACES.to_vec()), ttls, select(vec![0, 4711]), waits);
    (select(vec!["client", "server"]), what, number, behind, looks).prop_map(
        |(claimed, what, number, (from, kind, nth), ((at, before), ttl, id, wait))| {
            // As if it had come the whole way with 64.
            let routers = if claimed == "server" { 5 - before } else { before };
            let ttl = ttl.unwrap_or(64 - routers);
            format!(
                "[[path.fault]]\ndo = \"inject\"\nfrom = \"{from}\"\nwhat = \"{kind}\"\nnth = {nth}\nat = {at}\n\
                 forge = {{ as = \"{claimed}\", ttl = {ttl}, ip_id = {id}, {what}seq_offset = {number}, \
                 wait = \"{wait}\" }}\n"
            )
        },
    )
}

/// From some time on, packets of one side or of both go another way, as a table of a scenario: between half and four
/// times as long as so many milliseconds, over more or fewer routers, or both.
pub(crate) fn route(delay: u32) -> impl Strategy<Value = String> {
    let at = prop_oneof![1..600u32, 600..6_000u32];
    let sides = select(vec!["", "from = \"client\"\n", "from = \"server\"\n"]);
    let delays = (delay * 500..=delay * 4_000).prop_map(|us| format!("delay = \"{us}us\"\n"));
    let routers = (0..=15u8).prop_map(|routers| format!("routers = {routers}\n"));
    let both = (delays.clone(), routers.clone()).prop_map(|(delay, routers)| delay + &routers);
    let way = prop_oneof![delays, routers, both];
    (at, sides, way).prop_map(|(at, side, way)| format!("[[path.route]]\nat = \"{at}ms\"\n{side}{way}"))
}

/// The capture's clock is set, once or a few times, as a table of a scenario: by more than any packet of a schedule is late,
/// for what is less no capture can tell from a packet that is held back.
pub(crate) fn clock() -> impl Strategy<Value = String> {
    let by = prop_oneof![2_000..100_000u32, Just(3_600_000)];
    let step = (1..3_000u32, any::<bool>(), by).prop_map(|(at, back, by)| {
        let sign = if back { "-" } else { "" };
        format!("{{ at = \"{at}ms\", by = \"{sign}{by}ms\" }}")
    });
    prop::collection::vec(step, 1..4).prop_map(|steps| format!("[capture]\nclock = [{}]\n", steps.join(", ")))
}

/// A schedule in its parts, so that any of them may be left out.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) exchange: String,
    /// What goes wrong, a table each.
    pub(crate) troubles: Vec<String>,
    pub(crate) clock: Option<String>,
    pub(crate) seed: u64,
}

impl Schedule {
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.timeless(), self.clock.as_deref().unwrap_or_default())
    }

    /// The same with a clock that nobody sets.
    pub(crate) fn timeless(&self) -> String {
        format!("{}{}", self.exchange, self.troubles.concat())
    }

    /// The schedules that have one trouble less.
    fn simpler(&self) -> impl Iterator<Item = Schedule> + '_ {
        let without = |at| {
            let mut simpler = self.clone();
            simpler.troubles.remove(at);
            simpler
        };
        let set = self.clock.as_ref().map(|_| Schedule { clock: None, ..self.clone() });
        (0..self.troubles.len()).map(without).chain(set)
    }

    /// With as few troubles as it `is` so for.
    pub(crate) fn simplest(mut self, is: impl Fn(&Schedule) -> bool) -> Schedule {
        loop {
            let simpler = self.simpler().find(&is);
            let Some(simpler) = simpler else { return self };
            self = simpler;
        }
    }
}

/// Exchanges of which so many packets are lost, late or doubled, with other troubles between.
pub(crate) fn schedules(
    faults: usize,
    others: impl Strategy<Value = Vec<String>>,
    clock: impl Strategy<Value = Option<String>>,
) -> impl Strategy<Value = Schedule> {
    let faults = prop::collection::vec(fault(), 0..=faults);
    (exchange(), faults, others, clock, any::<u64>()).prop_map(|(exchange, faults, others, clock, seed)| {
        Schedule { exchange, troubles: faults.into_iter().chain(others).collect(), clock, seed }
    })
}

/// The path's delay where a schedule does not say another, in milliseconds.
pub(crate) const DELAY: u32 = 10;
