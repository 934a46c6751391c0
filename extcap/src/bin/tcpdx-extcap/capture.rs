//! `--capture`: a scenario goes into the pipe.
//!
//! The pipe is opened first and always gets a capture's head, even if the arguments turn out to be wrong:
//! Wireshark 4.0 waits for it without end.

use std::io::{self, ErrorKind};
use std::num::NonZero;
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime};

use tcpdx_extcap::scenario::{self, parse_time};
use tcpdx_extcap::{Error, GenerateOptions, Recording, Scenario, write_empty};

use crate::arguments::Arguments;
use crate::describe::{DEFAULT_SCENARIO, INTERFACE, NO_FILTER, user_language};
use crate::fifo::Fifo;

/// Runs the capture to its end, or until it is stopped.
pub(crate) fn capture(arguments: &Arguments) -> Result<(), String> {
    let path = arguments.fifo.as_deref().ok_or("--capture needs --fifo PATH, the pipe to write to")?;
    let fifo = Fifo::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lesson = match Lesson::new(arguments) {
        Ok(lesson) => lesson,
        Err(message) => {
            quiet(write_empty(&fifo))?;
            return Err(message);
        }
    };
    quiet(lesson.play(&fifo))
}

/// A reader that is gone is no failure.
fn quiet(result: Result<(), Error>) -> Result<(), String> {
    match result {
        Err(Error::Write(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| error.to_string()),
    }
}

/// How fast packets come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Instant,
    Real,
}

/// What the user has chosen, found sound.
struct Lesson {
    scenario: Scenario,
    options: GenerateOptions,
    pace: Pace,
}

impl Lesson {
    fn new(arguments: &Arguments) -> Result<Self, String> {
        match arguments.interface.as_deref() {
            Some(INTERFACE) | None => {}
            Some(other) => return Err(format!("no interface `{other}`: the only one is `{INTERFACE}`")),
        }
        if arguments.filter.as_deref().is_some_and(|filter| !filter.trim().is_empty()) {
            return Err(NO_FILTER.to_owned());
        }
        let mut options = options(arguments)?;
        let pace = match arguments.chosen("pace") {
            None | Some("instant") => Pace::Instant,
            Some("real") => Pace::Real,
            Some(other) => return Err(format!("--pace: `{other}` is no pace: use instant or real")),
        };
        let (scenario, variant) = chosen_scenario(arguments)?;
        options.variant = variant;
        Ok(Lesson { scenario, options, pace })
    }

    fn play(&self, fifo: &Fifo) -> Result<(), Error> {
        let mut recording = Recording::new(&self.scenario, &self.options, fifo)?;
        let begin = Instant::now();
        while let Some(time) = recording.next_at() {
            if !self.wait(time, begin, &mut recording, fifo)? {
                break;
            }
            recording.write_next()?;
        }
        recording.flush()
    }

    /// Waits for a packet's time. False when the capture is to end before.
    fn wait(
        &self,
        time: Duration,
        begin: Instant,
        recording: &mut Recording<&Fifo>,
        fifo: &Fifo,
    ) -> Result<bool, Error> {
        match self.pace {
            Pace::Instant => Ok(!fifo.is_stopped()),
            Pace::Real => {
                recording.flush()?;
                let then =
                    begin.checked_add(time).ok_or_else(|| io::Error::other("the scenario is too long"))?;
                Ok(fifo.wait_until(then)?)
            }
        }
    }
}

/// The options of the capture.
fn options(arguments: &Arguments) -> Result<GenerateOptions, String> {
    let mut options = GenerateOptions { language: user_language(), ..GenerateOptions::default() };
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
    if let Some(seed) = set("seed") {
        options.seed = seed.parse().map_err(|_| format!("--seed: `{seed}` is no whole number below 2^64"))?;
    }
    if let Some(rtt) = set("rtt") {
        options.rtt = Some(parse_time(rtt).map_err(|e| format!("--rtt: {e}"))?);
    }
    if let Some(start) = set("start") {
        options.start = start_time(start)?;
    }
    if let Some(comments) = set("comments") {
        options.comments = yes("comments", comments)?;
    }
    if let Some(duplicates) = set("duplicates") {
        options.duplicates = yes("duplicates", duplicates)?;
    }
    if let Some(offload) = set("offload") {
        options.offload = yes("offload", offload)?;
    }
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
    if let Some(loss) = set("capture-loss") {
        let percent = loss.parse().ok().filter(|percent: &f64| (0.0..=100.0).contains(percent));
        let percent =
            percent.ok_or_else(|| format!("--capture-loss: `{loss}` is no number from 0 to 100"))?;
        options.capture_loss = percent / 100.0;
    }
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

fn yes(option: &str, text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("--{option}: `{text}` is neither true nor false")),
    }
}

fn start_time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_rfc3339_weak(text).ok();
    let since_1970 = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    since_1970.ok_or_else(|| format!("--start: `{text}` is no time since 1970 such as 2026-01-01T00:00:00Z"))
}

/// The scenario, and the variant that stands behind a colon.
fn chosen_scenario(arguments: &Arguments) -> Result<(Scenario, Option<String>), String> {
    if let Some(path) = arguments.chosen("file") {
        return scenario::load(path).map(|scenario| (scenario, None)).map_err(|error| error.to_string());
    }
    let chosen = arguments.chosen("scenario").unwrap_or(DEFAULT_SCENARIO);
    let (name, variant) = match chosen.split_once(':') {
        Some((name, variant)) => (name, Some(variant.to_owned())),
        None => (chosen, None),
    };
    let builtin = scenario::find(name)
        .ok_or_else(|| format!("--scenario: no `{name}`; there are: {}", neighbours(name).join(", ")))?;
    let scenario = builtin.scenario().map_err(|error| error.to_string())?;
    if let Some(variant) = &variant {
        scenario.variant(variant).map_err(|error| error.to_string())?;
    }
    Ok((scenario, variant))
}

/// The scenarios of the group that a name is in; the groups, if there is no such group.
fn neighbours(name: &str) -> Vec<String> {
    let group = name.split('/').next().unwrap_or_default();
    let of_group = scenario::all().filter(|builtin| builtin.group() == group);
    let mut names: Vec<String> = of_group.map(|builtin| builtin.name().to_owned()).collect();
    if names.is_empty() {
        names.extend(scenario::all().map(|builtin| format!("{}/…", builtin.group())));
        names.dedup();
    }
    names
}
