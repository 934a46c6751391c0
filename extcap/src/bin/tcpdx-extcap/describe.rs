//! What the program tells Wireshark about itself: sentences in the grammar of extcap.

use std::fmt::Write as _;

use tcpdx_extcap::Language;
use tcpdx_extcap::scenario::{self, Builtin};

use crate::arguments::Arguments;
use crate::choices::{self, Choice, Kind};
use crate::interface::Interface;
use crate::texts::text;
use crate::toolbar;

/// The lesson that plays when nothing was chosen.
pub(crate) const DEFAULT_SCENARIO: &str = "setup/third-ack-never-arrives";
/// The choice of scenarios of every topic.
pub(crate) const ALL_TOPICS: &str = "all";

/// `--help`
pub(crate) fn help() -> String {
    let [lesson, mystery] = Interface::ALL.map(Interface::name);
    format!(
        "tcpdx-extcap {}: TCP teaching captures, streamed into Wireshark\n\n\
         Wireshark and tshark call this program; to use it, choose one of its interfaces, or:\n\n    \
         tshark -i {lesson} -o extcap.{lesson}.scenario:{DEFAULT_SCENARIO} -w out.pcapng\n    \
         tshark -i {mystery} -w mystery.pcapng; tcpdx reveal mystery.pcapng\n    \
         wireshark -k -i {lesson}\n\n\
         Calls: --extcap-interfaces, --extcap-dlts, --extcap-config, --capture --fifo PATH, all with\n\
         --extcap-interface {lesson} or {mystery}. Options of a capture: see --extcap-config.\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// `--version`
pub(crate) fn version() -> String {
    concat!("tcpdx-extcap ", env!("CARGO_PKG_VERSION"), "\n").to_owned()
}

/// `--extcap-interfaces`: the interfaces, and the toolbar that they share.
pub(crate) fn interfaces(language: Language) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let display = text(language, "interface.tcpdx");
    let mut out = format!("extcap {{version={version}}}{{display={display}}}\n");
    for interface in Interface::ALL {
        let display = text(language, &format!("interface.{}", interface.name()));
        let _ = writeln!(out, "interface {{value={}}}{{display={display}}}", interface.name());
    }
    out + &toolbar::sentences(language)
}

/// `--extcap-dlts`
pub(crate) fn dlts() -> String {
    "dlt {number=1}{name=EN10MB}{display=Ethernet}\n".to_owned()
}

/// `--extcap-config`: the options of a capture with their defaults; with `--extcap-reload-option`, only the choices
/// of that one, for what else is chosen.
pub(crate) fn config(interface: Interface, arguments: &Arguments, user: Language) -> String {
    let mut out = String::new();
    for (number, choice) in choices::of(interface).enumerate() {
        match &arguments.reload {
            None => {
                write_argument(&mut out, number, choice, user);
                write_values(&mut out, number, choice, arguments, user);
            }
            Some(name) if name.trim_start_matches('-') == choice.name => {
                write_values(&mut out, number, choice, arguments, user);
            }
            Some(_) => {}
        }
    }
    out
}

fn write_argument(out: &mut String, number: usize, choice: &Choice, language: Language) {
    let name = choice.name;
    let said = |kind: &str| text(language, &format!("option.{name}.{kind}"));
    let placeholder = |key: &str| match key {
        "" => String::new(),
        key => format!("{{placeholder={}}}", text(language, &format!("placeholder.{key}"))),
    };
    let kind = match &choice.kind {
        Kind::Topic | Kind::Words(_) | Kind::Language => "{type=selector}".to_owned(),
        Kind::Scenario => format!("{{type=selector}}{{reload=true}}{}", placeholder("reload")),
        Kind::File => {
            let filter = text(language, "file-filter.scenario");
            format!("{{type=fileselect}}{{mustexist=true}}{{fileext={filter}}}")
        }
        Kind::Flag => "{type=boolean}{default=false}".to_owned(),
        Kind::Number { default, least, most } => {
            format!("{{type=unsigned}}{{default={default}}}{{range={least},{most}}}")
        }
        Kind::Percent => "{type=double}{default=0}{range=0,100}".to_owned(),
        Kind::Text { default, placeholder: key, right } => {
            let default = if default.is_empty() { String::new() } else { format!("{{default={default}}}") };
            format!("{{type=string}}{default}{}{{validation={right}}}", placeholder(key))
        }
    };
    let group = text(language, &format!("group.{}", choice.group));
    let _ = writeln!(
        out,
        "arg {{number={number}}}{{call=--{name}}}{{display={}}}{kind}{{tooltip={}}}{{group={group}}}",
        said("label"),
        said("tip"),
    );
}

fn write_values(out: &mut String, number: usize, choice: &Choice, arguments: &Arguments, user: Language) {
    let mut value = |value: &str, display: &str, default: bool| {
        // The grammar knows no way to write a brace in a text.
        let display = display.replace(['{', '}', '\n'], " ");
        let _ = writeln!(
            out,
            "value {{arg={number}}}{{value={value}}}{{display={display}}}{{default={default}}}"
        );
    };
    match &choice.kind {
        Kind::Topic => {
            value(ALL_TOPICS, text(user, "topic.all"), true);
            for topic in topics() {
                value(topic, text(user, &format!("topic.{topic}")), false);
            }
        }
        Kind::Scenario => {
            let topic = arguments.chosen("topic").unwrap_or(ALL_TOPICS);
            let language = arguments.chosen("lang").and_then(|tag| tag.parse().ok()).unwrap_or(user);
            for (place, builtin) in of_topic(topic).enumerate() {
                let title = match topic {
                    ALL_TOPICS => {
                        let group = text(language, &format!("topic.{}", builtin.group()));
                        format!("{group}: {}", builtin.title(language))
                    }
                    _ => builtin.title(language).to_owned(),
                };
                let default = builtin.name() == DEFAULT_SCENARIO || topic != ALL_TOPICS && place == 0;
                value(builtin.name(), &title, default);
                for variant in builtin.variants() {
                    value(&format!("{}:{variant}", builtin.name()), &format!("{title} ({variant})"), false);
                }
            }
        }
        Kind::Words(words) => {
            for (place, word) in words().into_iter().enumerate() {
                value(word, text(user, &format!("choice.{}.{word}", choice.name)), place == 0);
            }
        }
        Kind::Language => {
            for known in Language::ALL {
                value(known.tag(), known.endonym(), known == user);
            }
        }
        Kind::File | Kind::Flag | Kind::Number { .. } | Kind::Percent | Kind::Text { .. } => {}
    }
}

/// The groups of scenarios, in order.
pub(crate) fn topics() -> Vec<&'static str> {
    let mut topics: Vec<&str> = scenario::all().map(Builtin::group).collect();
    topics.dedup();
    topics
}

/// The scenarios of a topic; of all, if it is none.
pub(crate) fn of_topic(topic: &str) -> impl Iterator<Item = &'static Builtin> {
    let known = topics().contains(&topic).then(|| topic.to_owned());
    scenario::all().filter(move |builtin| known.as_ref().is_none_or(|topic| builtin.group() == topic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_scenario_exists_and_every_selector_has_one_default() {
        assert!(scenario::find(DEFAULT_SCENARIO).is_some());
        for interface in Interface::ALL {
            let config = config(interface, &Arguments::default(), Language::En);
            for (number, choice) in choices::of(interface).enumerate() {
                let values: Vec<&str> = config
                    .lines()
                    .filter(|line| line.starts_with(&format!("value {{arg={number}}}")))
                    .collect();
                let defaults = values.iter().filter(|line| line.contains("{default=true}")).count();
                assert_eq!(defaults, usize::from(!values.is_empty()), "{}", choice.name);
            }
        }
    }

    #[test]
    fn everything_in_the_dialog_has_its_text() {
        for interface in Interface::ALL {
            let said = config(interface, &Arguments::default(), Language::ZhCn) + &interfaces(Language::ZhCn);
            assert!(!said.contains("=?}") && !said.contains("=?:"), "{said}");
        }
    }

    #[test]
    fn reload_offers_the_scenarios_of_the_topic_in_the_language() {
        let words = "--extcap-config --extcap-reload-option scenario --topic reset --lang zh-CN";
        let arguments = Arguments::parse(words.split(' ').map(Into::into));
        let offered = config(Interface::Lesson, &arguments, Language::En);
        assert!(offered.lines().all(|line| line.starts_with("value {arg=1}{value=reset/")), "{offered}");
        assert!(offered.contains("{display=客户端"), "{offered}");
        assert_eq!(offered.matches("{default=true}").count(), 1);
    }
}
