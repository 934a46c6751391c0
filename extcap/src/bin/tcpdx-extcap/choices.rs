//! The options of a capture: one list, from which the dialog is made and the command line understood.
//!
//! Types that every supported version of Wireshark knows (no `editselector`, no `table`), lower-case names, a default
//! for everything and nothing `required`.

use tcpdx_extcap::{CapturePoint, Comments, Difficulty, Encapsulation, IpVersion};

use crate::interface::Interface;

/// An option as the dialog shows it. Its texts are `option.NAME.label` and `option.NAME.tip`.
pub(crate) struct Choice {
    /// Without the hyphens.
    pub(crate) name: &'static str,
    /// The dialog's tab.
    pub(crate) group: &'static str,
    pub(crate) kind: Kind,
    on: &'static [Interface],
}

/// What can be chosen.
pub(crate) enum Kind {
    /// One of the groups of scenarios.
    Topic,
    /// One of the scenarios, of a topic.
    Scenario,
    /// A file of the user's; `placeholder` names the filter of the file dialog.
    File,
    /// One of these words, of which the first is the default. Their texts are `choice.NAME.WORD`.
    Words(fn() -> Vec<&'static str>),
    /// One of the languages; the default is the user's.
    Language,
    /// True or false; the default is false.
    Flag,
    /// A number from 0 on.
    Number { default: &'static str, least: u64, most: u64 },
    /// A part of a hundred; the default is 0.
    Percent,
    /// Text that Wireshark checks with a regular expression; empty is sound.
    Text { default: &'static str, placeholder: &'static str, right: &'static str },
}

/// How fast packets come: the words of `--pace`.
pub(crate) const PACES: [&str; 3] = ["instant", "real", "10x"];
/// Of a mystery whose difficulty does not matter.
pub(crate) const ANY: &str = "any";
/// Connections at most: as many clients have addresses of their own before they come again.
pub(crate) const MOST_CONNECTIONS: u64 = 100_000_000;
/// Rounds at most.
pub(crate) const MOST_ROUNDS: u64 = 1_000_000;

const LESSON: &[Interface] = &[Interface::Lesson];
const MYSTERY: &[Interface] = &[Interface::Mystery];
const BOTH: &[Interface] = &Interface::ALL;

const fn choice(on: &'static [Interface], group: &'static str, name: &'static str, kind: Kind) -> Choice {
    Choice { name, group, kind, on }
}

const fn text(placeholder: &'static str, right: &'static str) -> Kind {
    Kind::Text { default: "", placeholder, right }
}

const SCENARIOS_OWN: &str = "as-in-scenario";

/// Every option, in the dialog's order.
pub(crate) static CHOICES: [Choice; 26] = [
    choice(LESSON, "lesson", "topic", Kind::Topic),
    choice(LESSON, "lesson", "scenario", Kind::Scenario),
    choice(LESSON, "lesson", "file", Kind::File),
    choice(LESSON, "lesson", "variant", text("none", "^[A-Za-z0-9._-]*$")),
    choice(MYSTERY, "lesson", "difficulty", Kind::Words(difficulties)),
    choice(BOTH, "lesson", "point", Kind::Words(|| CapturePoint::ALL.map(CapturePoint::word).to_vec())),
    choice(BOTH, "lesson", "pace", Kind::Words(|| PACES.to_vec())),
    choice(BOTH, "lesson", "repeat", Kind::Number { default: "1", least: 0, most: MOST_ROUNDS }),
    choice(LESSON, "lesson", "comments", Kind::Words(|| Comments::ALL.map(Comments::word).to_vec())),
    choice(LESSON, "lesson", "lang", Kind::Language),
    choice(LESSON, "network", "connections", Kind::Number { default: "1", least: 1, most: MOST_CONNECTIONS }),
    choice(LESSON, "network", "seed", Kind::Text { default: "1", placeholder: "", right: "^[0-9]+$" }),
    choice(MYSTERY, "network", "seed", text("any", "^[0-9]*$")),
    choice(BOTH, "network", "ip", Kind::Words(|| IpVersion::ALL.map(IpVersion::word).to_vec())),
    choice(LESSON, "network", "rtt", text(SCENARIOS_OWN, "^([0-9.]+ *(us|ms|s))?$")),
    choice(LESSON, "network", "loss", Kind::Percent),
    choice(LESSON, "network", "client", text(SCENARIOS_OWN, "^[0-9a-fA-F.:]*$")),
    choice(LESSON, "network", "server", text(SCENARIOS_OWN, "^[0-9a-fA-F.:]*$")),
    choice(LESSON, "network", "client-port", text(SCENARIOS_OWN, "^[0-9]*$")),
    choice(LESSON, "network", "server-port", text(SCENARIOS_OWN, "^[0-9]*$")),
    choice(LESSON, "network", "start", text("start", "^[0-9TZ:. -]*$")),
    choice(BOTH, "capture", "encap", Kind::Words(|| Encapsulation::ALL.map(Encapsulation::word).to_vec())),
    choice(BOTH, "capture", "snaplen", text("all", "^[0-9]*$")),
    choice(LESSON, "capture", "capture-loss", Kind::Percent),
    choice(LESSON, "capture", "duplicates", Kind::Flag),
    choice(LESSON, "capture", "offload", Kind::Flag),
];

fn difficulties() -> Vec<&'static str> {
    std::iter::once(ANY).chain(Difficulty::ALL.map(Difficulty::word)).collect()
}

/// The options of an interface.
pub(crate) fn of(interface: Interface) -> impl Iterator<Item = &'static Choice> {
    CHOICES.iter().filter(move |choice| choice.on.contains(&interface))
}

/// The option that a word of the command line is, without its hyphens.
pub(crate) fn find(name: &str) -> Option<&'static str> {
    CHOICES.iter().find(|choice| choice.name == name).map(|choice| choice.name)
}
