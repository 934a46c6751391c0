//! What the program tells Wireshark about itself: sentences in the grammar of extcap.
//!
//! Options of every supported version only (no `editselector`, no `table`), lower-case names, `true` and `false`
//! as such, a default for everything and nothing `required`.

use std::env;
use std::fmt::Write as _;

use tcpdx_extcap::scenario;
use tcpdx_extcap::{CapturePoint, Encapsulation, IpVersion, Language};

use crate::arguments::Arguments;

pub(crate) const INTERFACE: &str = "tcpdx";
const DISPLAY: &str = "TCP teaching captures";
/// The lesson that plays when nothing was chosen.
pub(crate) const DEFAULT_SCENARIO: &str = "setup/third-ack-never-arrives";

/// `--help`
pub(crate) fn help() -> String {
    format!(
        "tcpdx-extcap {}: {DISPLAY}, streamed into Wireshark\n\n\
         Wireshark and tshark call this program; to use it, choose the interface \"{DISPLAY}\", or:\n\n    \
         tshark -i {INTERFACE} -o extcap.{INTERFACE}.scenario:{DEFAULT_SCENARIO} -w out.pcapng\n\n\
         Calls: --extcap-interfaces, --extcap-dlts, --extcap-config, --capture --fifo PATH, all with\n\
         --extcap-interface {INTERFACE}. Options of a capture: see --extcap-config --extcap-interface {INTERFACE}.\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// `--version`
pub(crate) fn version() -> String {
    concat!("tcpdx-extcap ", env!("CARGO_PKG_VERSION"), "\n").to_owned()
}

/// `--extcap-interfaces`
pub(crate) fn interfaces() -> String {
    format!(
        "extcap {{version={}}}{{display={DISPLAY}}}\ninterface {{value={INTERFACE}}}{{display={DISPLAY}}}\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// Answers a question about our interface, and only about that.
pub(crate) fn for_interface(
    arguments: &Arguments,
    answer: impl FnOnce() -> String,
) -> Result<String, String> {
    match arguments.interface.as_deref() {
        Some(INTERFACE) => Ok(answer()),
        Some(other) => Err(format!("no interface `{other}`: the only one is `{INTERFACE}`")),
        None => Err(format!("which interface? Add --extcap-interface {INTERFACE}")),
    }
}

/// `--extcap-dlts`
pub(crate) fn dlts() -> String {
    "dlt {number=1}{name=EN10MB}{display=Ethernet}\n".to_owned()
}

/// Why a capture filter cannot be.
pub(crate) const NO_FILTER: &str = "These captures take no capture filter; use a display filter instead.";

/// A capture filter while it is typed: silence means that it is good.
pub(crate) fn filter_probe(arguments: &Arguments) -> String {
    let empty = arguments.filter.as_deref().is_none_or(|filter| filter.trim().is_empty());
    if empty { String::new() } else { format!("{NO_FILTER}\n") }
}

/// The language of the user's surroundings, where we have it.
pub(crate) fn user_language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()));
    match locale {
        Some(locale) if locale.starts_with("zh") => Language::ZhCn,
        _ => Language::En,
    }
}

/// `--extcap-config`: the options of a capture, with their defaults.
pub(crate) fn config(language: Language) -> String {
    let mut sentences = Sentences::default();
    sentences.selector("scenario", "Scenario", "Lesson", "What happens in the capture");
    for builtin in scenario::all() {
        let title = format!("{}: {}", builtin.group(), builtin.title(language));
        sentences.value(builtin.name(), &title, builtin.name() == DEFAULT_SCENARIO);
        for variant in builtin.variants() {
            sentences.value(&format!("{}:{variant}", builtin.name()), &format!("{title} ({variant})"), false);
        }
    }
    sentences.argument(
        "file",
        "Own scenario file",
        "{type=fileselect}{mustexist=true}{fileext=Scenarios (*.toml)}",
        "Lesson",
        "A scenario of your own in place of the chosen one",
    );
    sentences.selector("point", "Capture point", "Lesson", "Where the capture is taken");
    for (point, display) in
        CapturePoint::ALL.into_iter().zip(["At the client", "At the server", "At both, as two interfaces"])
    {
        sentences.value(point.word(), display, point == CapturePoint::default());
    }
    sentences.selector("pace", "Pace", "Lesson", "How fast the packets come");
    sentences.value("instant", "All at once", true);
    sentences.value("real", "In real time", false);
    sentences.argument(
        "comments",
        "Explain every packet",
        "{type=boolean}{default=true}",
        "Lesson",
        "A comment on every packet that says what it is and why it was sent",
    );
    sentences.selector("lang", "Language of comments", "Lesson", "The language of comments");
    for known in Language::ALL {
        sentences.value(known.tag(), known.endonym(), known == language);
    }
    sentences.argument(
        "seed",
        "Seed",
        "{type=string}{default=1}{validation=^[0-9]+$}",
        "Network",
        "Decides what is left to chance: the same seed gives the same capture",
    );
    sentences.selector("ip", "Internet Protocol", "Network", "The version of IP");
    for (version, display) in IpVersion::ALL.into_iter().zip(["IPv4", "IPv6"]) {
        sentences.value(version.word(), display, version == IpVersion::default());
    }
    sentences.argument(
        "rtt",
        "Round-trip time",
        "{type=string}{placeholder=as in the scenario}{validation=^([0-9.]+ *(us|ms|s))?$}",
        "Network",
        "Such as 40ms; empty: as in the scenario",
    );
    addresses(&mut sentences);
    capturing(&mut sentences);
    sentences.0
}

/// The options about who talks to whom.
fn addresses(sentences: &mut Sentences) {
    for (option, display) in [("client", "Client's address"), ("server", "Server's address")] {
        sentences.argument(
            option,
            display,
            "{type=string}{placeholder=as in the scenario}{validation=^[0-9a-fA-F.:]*$}",
            "Network",
            "An address of IPv4 or IPv6; empty: as in the scenario",
        );
    }
    for (option, display) in [("client-port", "Client's port"), ("server-port", "Server's port")] {
        sentences.argument(
            option,
            display,
            "{type=string}{placeholder=as in the scenario}{validation=^[0-9]*$}",
            "Network",
            "A port; empty: as in the scenario",
        );
    }
    sentences.argument(
        "start",
        "Begin of the capture",
        "{type=string}{placeholder=2026-01-01T00:00:00Z}{validation=^[0-9TZ:. -]*$}",
        "Network",
        "The time of the first moment, in UTC",
    );
}

/// The options about how it is captured.
fn capturing(sentences: &mut Sentences) {
    sentences.selector("encap", "Encapsulation", "Capture", "What carries the packets");
    for encapsulation in Encapsulation::ALL {
        let display = match encapsulation {
            Encapsulation::Ethernet => "Ethernet",
            Encapsulation::Vlan => "VLAN (802.1Q)",
            Encapsulation::QinQ => "VLAN in VLAN (802.1ad)",
            Encapsulation::Mpls => "MPLS",
            Encapsulation::Pppoe => "PPPoE",
            Encapsulation::Gre => "GRE tunnel",
            Encapsulation::Vxlan => "VXLAN",
            Encapsulation::Sll => "Linux cooked (tcpdump -i any)",
            Encapsulation::Sll2 => "Linux cooked, version 2",
            Encapsulation::Raw => "None: raw IP",
        };
        sentences.value(encapsulation.word(), display, encapsulation == Encapsulation::default());
    }
    sentences.argument(
        "snaplen",
        "Snap length",
        "{type=string}{placeholder=whole packets}{validation=^[0-9]*$}",
        "Capture",
        "So many bytes of each packet are kept; empty: all",
    );
    sentences.argument(
        "capture-loss",
        "Packets lost by the capture",
        "{type=string}{placeholder=0}{validation=^[0-9.]*$}",
        "Capture",
        "So many of a hundred packets reach the hosts, but not the capture",
    );
    sentences.argument(
        "duplicates",
        "Capture everything twice",
        "{type=boolean}{default=false}",
        "Capture",
        "As at a mirror port that copies what comes in and what goes out",
    );
    sentences.argument(
        "offload",
        "Offloading (TSO, GRO)",
        "{type=boolean}{default=false}",
        "Capture",
        "The cards join segments and compute checksums: segments above the MTU, unfinished checksums",
    );
}

/// Sentences of `--extcap-config`, numbered as they come.
#[derive(Default)]
struct Sentences(String);

impl Sentences {
    fn count(&self) -> usize {
        self.0.lines().filter(|line| line.starts_with("arg ")).count()
    }

    fn argument(&mut self, option: &str, display: &str, kind: &str, group: &str, tooltip: &str) {
        let number = self.count();
        let _ = writeln!(
            self.0,
            "arg {{number={number}}}{{call=--{option}}}{{display={display}}}{kind}{{tooltip={tooltip}}}{{group={group}}}"
        );
    }

    fn selector(&mut self, option: &str, display: &str, group: &str, tooltip: &str) {
        self.argument(option, display, "{type=selector}", group, tooltip);
    }

    /// A choice of the argument before.
    fn value(&mut self, value: &str, display: &str, default: bool) {
        let number = self.count().saturating_sub(1);
        // The grammar knows no way to write a brace in a text.
        let display = display.replace(['{', '}', '\n'], " ");
        let _ = writeln!(
            self.0,
            "value {{arg={number}}}{{value={value}}}{{display={display}}}{{default={default}}}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_scenario_exists_and_is_the_only_default() {
        assert!(scenario::find(DEFAULT_SCENARIO).is_some());
        let config = config(Language::En);
        let scenarios: Vec<&str> = config.lines().filter(|line| line.starts_with("value {arg=0}")).collect();
        assert_eq!(scenarios.iter().filter(|line| line.contains("{default=true}")).count(), 1);
        assert!(scenarios.len() >= 10);
    }

    #[test]
    fn every_option_that_is_offered_is_understood() {
        let config = config(Language::En);
        let offered: Vec<&str> =
            config.lines().filter_map(|line| line.split_once("{call=--")?.1.split('}').next()).collect();
        let mut known = crate::arguments::OPTIONS.to_vec();
        known.sort_unstable();
        let mut sorted = offered.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, known);
        assert!(offered.iter().all(|call| !call.contains(|c: char| c.is_uppercase())));
    }
}
