//! The command line as Wireshark gives it: `--key value` and `--key=value`, and whatever later versions add.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser};

use crate::choices;

/// What the program is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Request {
    #[default]
    Help,
    Version,
    /// `--extcap-interfaces`
    Interfaces,
    /// `--extcap-dlts`
    Dlts,
    /// `--extcap-config`
    Config,
    /// `--extcap-capture-filter` without `--capture`
    FilterProbe,
    /// `--extcap-cleanup-postkill`: there is nothing to clean up.
    Nothing,
    /// `--capture`
    Capture,
}

/// The command line, taken apart. Options of the capture are kept as text: they are judged when it begins, when
/// somebody listens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) request: Request,
    pub(crate) interface: Option<String>,
    pub(crate) fifo: Option<PathBuf>,
    pub(crate) filter: Option<String>,
    /// `--extcap-reload-option`: the option whose choices are wanted.
    pub(crate) reload: Option<String>,
    /// The pipe to which the toolbar is told things.
    pub(crate) control_out: Option<PathBuf>,
    /// The pipe on which the toolbar tells things.
    pub(crate) control_in: Option<PathBuf>,
    /// What the user chose, by option name.
    pub(crate) chosen: Vec<(&'static str, String)>,
}

impl Arguments {
    /// Reads the command line. Nothing is wrong here: what is not known is passed over.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Self {
        let mut parser = Parser::from_args(arguments);
        let mut parsed = Arguments::default();
        let mut requests = Vec::new();
        while let Ok(Some(argument)) = parser.next() {
            let Arg::Long(name) = argument else { continue };
            let name = name.to_owned();
            match name.as_str() {
                "help" => requests.push(Request::Help),
                "version" => requests.push(Request::Version),
                "extcap-interfaces" => requests.push(Request::Interfaces),
                "extcap-dlts" => requests.push(Request::Dlts),
                "extcap-config" => requests.push(Request::Config),
                "extcap-cleanup-postkill" => requests.push(Request::Nothing),
                "capture" => requests.push(Request::Capture),
                "extcap-interface" => parsed.interface = value(&mut parser),
                "fifo" => parsed.fifo = path(&mut parser),
                "extcap-control-out" => parsed.control_out = path(&mut parser),
                "extcap-control-in" => parsed.control_in = path(&mut parser),
                "extcap-reload-option" => parsed.reload = value(&mut parser),
                "extcap-capture-filter" => parsed.filter = value(&mut parser),
                _ => match choices::find(&name) {
                    Some(known) => parsed.chosen.extend(value(&mut parser).map(|value| (known, value))),
                    None => drop(parser.optional_value()),
                },
            }
        }
        let probe = parsed.filter.is_some() && parsed.interface.is_some();
        let asked = |request| requests.contains(&request);
        parsed.request = [Request::Capture, Request::Help, Request::Version]
            .into_iter()
            .find(|request| asked(*request))
            .or_else(|| requests.first().copied())
            .unwrap_or(if probe { Request::FilterProbe } else { Request::Help });
        parsed
    }

    /// What the user chose for an option; empty counts as not chosen.
    pub(crate) fn chosen(&self, option: &str) -> Option<&str> {
        let last = self.chosen.iter().rev().find(|(name, _)| *name == option);
        last.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

fn value(parser: &mut Parser) -> Option<String> {
    parser.value().ok().map(|value| value.to_string_lossy().into_owned())
}

fn path(parser: &mut Parser) -> Option<PathBuf> {
    parser.value().ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Arguments {
        Arguments::parse(line.split(' ').map(OsString::from))
    }

    #[test]
    fn every_call_of_wireshark_is_understood() {
        let request = |line| parse(line).request;
        assert_eq!(request("--extcap-interfaces --extcap-version=4.0"), Request::Interfaces);
        assert_eq!(request("--extcap-config --extcap-interface tcpdx"), Request::Config);
        assert_eq!(request("--extcap-dlts --extcap-interface tcpdx"), Request::Dlts);
        assert_eq!(request("--extcap-capture-filter tcp --extcap-interface tcpdx"), Request::FilterProbe);
        assert_eq!(request("--extcap-cleanup-postkill"), Request::Nothing);
        assert_eq!(request("--capture --extcap-interface tcpdx --fifo /tmp/f"), Request::Capture);
        assert_eq!(Arguments::parse([]).request, Request::Help);
    }

    #[test]
    fn unknown_flags_are_passed_over_in_both_spellings() {
        let parsed = parse(
            "--capture --new-flag --log-level=debug --scenario=reset/client-crash --extcap-control-in p --seed 7 --fifo f",
        );
        assert_eq!(parsed.chosen("scenario"), Some("reset/client-crash"));
        assert_eq!(parsed.chosen("seed"), Some("7"));
        assert_eq!(parsed.fifo, Some(PathBuf::from("f")));
    }

    #[test]
    fn the_last_choice_counts_and_an_empty_one_does_not() {
        assert_eq!(parse("--seed 1 --seed 2").chosen("seed"), Some("2"));
        assert_eq!(parse("--capture --rtt= --fifo f").chosen("rtt"), None);
    }
}
