//! What the user has chosen, found sound.

use std::num::NonZero;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use tcpdx_extcap::scenario::{self, Scenario, parse_time};
use tcpdx_extcap::{GenerateOptions, Language};

use crate::arguments::Arguments;
use crate::choices::{MOST_CONNECTIONS, MOST_ROUNDS, PACES};
use crate::clock::Pace;
use crate::describe::{DEFAULT_SCENARIO, topics};

/// A scenario, and how it is played.
pub(crate) struct Lesson {
    /// What it is called in the log.
    pub(crate) title: String,
    pub(crate) scenario: Scenario,
    pub(crate) options: GenerateOptions,
    pub(crate) connections: u64,
}

/// How the capture goes, whatever it shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course {
    pub(crate) pace: Pace,
    /// How often each lesson is played; 0: without end.
    pub(crate) rounds: u64,
}

impl Course {
    /// # Errors
    /// One line that names the option and says what would be right; so below.
    pub(crate) fn chosen(arguments: &Arguments) -> Result<Self, String> {
        Ok(Course {
            pace: match arguments.chosen("pace") {
                None => Pace::Instant,
                Some(word) => (PACES.contains(&word).then(|| Pace::named(word)).flatten())
                    .ok_or_else(|| format!("--pace: `{word}` is no pace: use instant, real or 10x"))?,
            },
            rounds: count(arguments, "repeat", 0, MOST_ROUNDS)?,
        })
    }
}

/// How many clients there are.
pub(crate) fn connections(arguments: &Arguments) -> Result<u64, String> {
    count(arguments, "connections", 1, MOST_CONNECTIONS)
}

/// A number that is 1 unless it is given.
fn count(arguments: &Arguments, option: &str, least: u64, most: u64) -> Result<u64, String> {
    let Some(text) = arguments.chosen(option) else { return Ok(1) };
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("--{option}: `{text}` is no whole number from {least} to {most}"))
}

/// The seed, if there is one.
pub(crate) fn seed(arguments: &Arguments) -> Result<Option<u64>, String> {
    let number =
        |text: &str| text.parse().map_err(|_| format!("--seed: `{text}` is no whole number below 2^64"));
    arguments.chosen("seed").map(number).transpose()
}

/// How the capture is made.
pub(crate) fn options(arguments: &Arguments, user: Language) -> Result<GenerateOptions, String> {
    let mut options = GenerateOptions { language: user, ..GenerateOptions::default() };
    let set = |option: &str| arguments.chosen(option);
    if let Some(point) = set("point") {
        options.point = parsed("point", point)?;
    }
    if let Some(language) = set("lang") {
        options.language = parsed("lang", language)?;
    }
    if let Some(version) = set("ip") {
        options.ip = parsed("ip", version)?;
    }
    if let Some(encapsulation) = set("encap") {
        options.encapsulation = parsed("encap", encapsulation)?;
    }
    if let Some(comments) = set("comments") {
        options.comments = parsed("comments", comments)?;
    }
    if let Some(rtt) = set("rtt") {
        options.rtt = Some(parse_time(rtt).map_err(|e| format!("--rtt: {e}"))?);
    }
    if let Some(start) = set("start") {
        options.start = start_time(start)?;
    }
    options.duplicates = yes("duplicates", set("duplicates"))?;
    options.offload = yes("offload", set("offload"))?;
    options.seed = seed(arguments)?.unwrap_or(options.seed);
    let address = |option| set(option).map(|text| number(option, text, "address")).transpose();
    options.client = address("client")?;
    options.server = address("server")?;
    let port =
        |option| set(option).map(|text| number(option, text, "port above 0 and below 65536")).transpose();
    options.client_port = port("client-port")?.map(NonZero::get);
    options.server_port = port("server-port")?.map(NonZero::get);
    let snaplen =
        set("snaplen").map(|text| number("snaplen", text, "number of bytes above 0")).transpose()?;
    options.snaplen = snaplen.map(NonZero::get);
    options.loss = part("loss", set("loss"))?;
    options.capture_loss = part("capture-loss", set("capture-loss"))?;
    Ok(options)
}

/// A word that knows itself what is wrong with it.
fn parsed<T: FromStr<Err: std::error::Error>>(option: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| format!("--{option}: {error}"))
}

/// Something whose own errors would not help.
fn number<T: FromStr>(option: &str, text: &str, what: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("--{option}: `{text}` is no {what}"))
}

/// A part of a hundred; none unless it is given.
fn part(option: &str, text: Option<&str>) -> Result<f64, String> {
    let Some(text) = text else { return Ok(0.0) };
    let percent = text.parse().ok().filter(|percent: &f64| (0.0..=100.0).contains(percent));
    let percent = percent.ok_or_else(|| format!("--{option}: `{text}` is no number from 0 to 100"))?;
    Ok(percent / 100.0)
}

fn yes(option: &str, text: Option<&str>) -> Result<bool, String> {
    match text.map(str::to_ascii_lowercase).as_deref() {
        Some("true") => Ok(true),
        Some("false") | None => Ok(false),
        Some(other) => Err(format!("--{option}: `{other}` is neither true nor false")),
    }
}

fn start_time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_rfc3339_weak(text).ok();
    let since_1970 = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    since_1970.ok_or_else(|| format!("--start: `{text}` is no time since 1970 such as 2026-01-01T00:00:00Z"))
}

/// The scenario, and its variant: behind a colon or, for a file, an option of its own.
pub(crate) fn scenario(arguments: &Arguments) -> Result<(Scenario, Option<String>), String> {
    let wrong = |error: scenario::ScenarioError| error.to_string();
    let (scenario, variant) = match arguments.chosen("file") {
        Some(path) => (scenario::load(path).map_err(wrong)?, None),
        None => {
            let chosen = arguments.chosen("scenario").unwrap_or(DEFAULT_SCENARIO);
            let (name, variant) = match chosen.split_once(':') {
                Some((name, variant)) => (name, Some(variant)),
                None => (chosen, None),
            };
            let builtin = scenario::find(name).ok_or_else(|| {
                format!("--scenario: no `{name}`; there are: {}", neighbours(name).join(", "))
            })?;
            (builtin.scenario().map_err(wrong)?, variant)
        }
    };
    let variant = variant.or(arguments.chosen("variant")).map(str::to_owned);
    if let Some(variant) = &variant {
        scenario.variant(variant).map_err(wrong)?;
    }
    Ok((scenario, variant))
}

/// The scenarios of the group that a name is in; the groups, if there is no such group.
fn neighbours(name: &str) -> Vec<String> {
    let group = name.split('/').next().unwrap_or_default();
    let of_group = scenario::all().filter(|builtin| builtin.group() == group);
    let names: Vec<String> = of_group.map(|builtin| builtin.name().to_owned()).collect();
    if names.is_empty() { topics().iter().map(|topic| format!("{topic}/…")).collect() } else { names }
}
