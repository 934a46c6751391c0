//! Every command and option. Help, man pages and completions are made from what stands here.

use crate::language::Tagged;
use crate::read::{self, FORMATS};
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::net::IpAddr;
use std::path::PathBuf;
use tcpdx_engine::{Severity, Vantage};

/// Says what went wrong with the TCP connections of a capture.
///
/// The same diagnosis as the Wireshark plugin, on the command line; and captures to learn TCP from.
#[derive(Debug, Parser)]
#[command(
    name = "tcpdx",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 an error or warning was found in a capture, 2 wrong use or unreadable input."
)]
pub struct Cli {
    /// When to use colours; NO_COLOR turns them off too
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true)]
    pub color: Color,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Diagnose the TCP connections of captures
    Analyze(Analyze),
    /// Say what a diagnosis or a cause means, why it happens and what to check
    Explain(Explain),
    /// Write a teaching capture: a scenario between two simulated TCP endpoints
    Generate(Box<Generate>),
    /// List the scenarios, tell about one, or check files of your own
    Scenarios(Scenarios),
    /// Say which scenario a capture of the interface "TCP mystery" shows
    Reveal(Reveal),
    /// Install the Wireshark plugin and the teaching captures
    #[command(long_about = INSTALL)]
    Install(Install),
    /// Remove what `install` has installed
    Uninstall(Uninstall),
    /// Say what is installed where, whether Wireshark loads it, and how to mend it
    Doctor(Doctor),
    /// Print completions for a shell
    Completions(Completions),
    /// Write the man pages
    #[command(hide = true)]
    Man(Man),
}

const INSTALL: &str = "Install the Wireshark plugin and the teaching captures\n\n\
    As an ordinary user: for yourself. As root: for everyone on this machine. Wireshark itself is asked \
    where its folders are (tshark -G folders), and afterwards whether it has loaded both. Where several \
    versions of Wireshark are installed, each gets the plugin that was built for it. The profile \"TCP \
    diagnosis\" comes along; no other profile is touched.";

/// What is read, at the end of the long help.
fn captures() -> String {
    format!(
        "Captures: files in {FORMATS}, of the link types {}. TCP is found as Wireshark finds it: behind {}; and in {}.",
        read::link_names().join(", "),
        read::TAGS,
        read::TUNNELS
    )
}

/// Diagnose the TCP connections of captures.
#[derive(Args, Debug)]
#[command(after_long_help = captures())]
pub struct Analyze {
    /// Captures, also compressed; `-` is standard input
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Also print all causes of each finding, and what to check; in JSON, the causes that something excludes
    #[arg(short, long)]
    pub verbose: bool,
    /// Only connection N (repeatable)
    #[arg(long, value_name = "N")]
    pub stream: Vec<u32>,
    /// Only findings of this severity or worse; `note` in tables, `chat` in JSON unless given
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub severity: Option<Level>,
    /// Only findings with this id; `*` stands for any letters, as in 'handshake.*' (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub id: Vec<String>,
    /// Instead, tell of this frame what each rule asked, or that of --id, and what stopped it; in English (repeatable)
    #[arg(long, value_name = "FRAME", value_parser = clap::value_parser!(u32).range(1..))]
    pub trace: Vec<u32>,
    /// Where the captures were taken; inferred per connection unless given
    #[arg(long, value_enum, value_name = "POINT")]
    pub vantage: Option<Point>,
    /// From when on things are worth telling.
    #[command(flatten)]
    pub thresholds: Thresholds,
    /// Language of the texts; that of the locale unless given
    #[arg(long, value_name = "TAG", value_parser = tags::<tcpdx_engine::Language>())]
    pub lang: Option<String>,
}

/// From when on things are worth telling.
#[derive(Args, Debug)]
pub struct Thresholds {
    /// A server that takes longer to answer is slow; 1s unless given
    #[arg(long, value_name = "TIME")]
    pub slow_response: Option<humantime::Duration>,
    /// Keep-alive probes at most so far apart are frequent; 60.5s unless given
    #[arg(long, value_name = "TIME")]
    pub keepalive_interval: Option<humantime::Duration>,
    /// A connection that was quiet for so long may have been forgotten on the path; 3s unless given
    #[arg(long, value_name = "TIME")]
    pub idle_time: Option<humantime::Duration>,
}

impl From<&Thresholds> for tcpdx_engine::Thresholds {
    fn from(given: &Thresholds) -> tcpdx_engine::Thresholds {
        let usual = tcpdx_engine::Thresholds::default();
        let nanoseconds = |time: Option<humantime::Duration>, usual: i64| {
            time.map_or(usual, |time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
        };
        tcpdx_engine::Thresholds {
            slow_response: nanoseconds(given.slow_response, usual.slow_response),
            keepalive_interval: nanoseconds(given.keepalive_interval, usual.keepalive_interval),
            idle: nanoseconds(given.idle_time, usual.idle),
        }
    }
}

/// Say what a diagnosis or a cause means.
#[derive(Args, Debug)]
pub struct Explain {
    /// A diagnosis (handshake.rejected), a cause (nat.idle_timeout) or a family (handshake, nat); all diagnoses are listed without
    /// it, all causes with `causes`
    pub id: Option<String>,
    /// Language of the texts; that of the locale unless given
    #[arg(long, value_name = "TAG", value_parser = tags::<tcpdx_engine::Language>())]
    pub lang: Option<String>,
}

/// Write a teaching capture.
#[derive(Args, Debug)]
pub struct Generate {
    /// Name of a scenario (see `tcpdx scenarios`), or a scenario file of your own
    #[arg(required_unless_present = "mix", conflicts_with = "mix")]
    pub scenario: Option<String>,
    /// Many connections, drawn from the scenarios that this file names
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub mix: Option<PathBuf>,
    /// How many connections of the mix; 1000 unless given
    #[arg(long, value_name = "N", requires = "mix")]
    pub connections: Option<u64>,
    /// Where to write the capture (pcapng); `-` is standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Where the capture is taken; at the client unless given
    #[arg(long, value_name = "POINT", value_parser = points())]
    pub point: Option<String>,
    /// A variant of the scenario
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Decides ports, initial sequence numbers and the like: same seed, same bytes (1 unless given)
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Version of IP; 4 unless given
    #[arg(long, value_name = "VERSION", value_parser = ["4", "6"])]
    pub ip: Option<String>,
    /// Round-trip time in place of the scenario's own, e.g. 40ms
    #[arg(long, value_name = "TIME")]
    pub rtt: Option<humantime::Duration>,
    /// Let the path lose so many of a hundred packets, beside what the scenario loses
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub loss: Option<f64>,
    /// When the capture begins, e.g. 2026-01-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub start: Option<humantime::Timestamp>,
    /// The client's address in place of the scenario's own; it decides the version of IP
    #[arg(long, value_name = "ADDRESS")]
    pub client: Option<IpAddr>,
    /// The server's address in place of the scenario's own; it decides the version of IP
    #[arg(long, value_name = "ADDRESS")]
    pub server: Option<IpAddr>,
    /// The client's port in place of the scenario's own
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub client_port: Option<u16>,
    /// The server's port in place of the scenario's own
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub server_port: Option<u16>,
    /// What carries the packets; ethernet unless given
    #[arg(long, value_name = "NAME", value_parser = encapsulations())]
    pub encap: Option<String>,
    /// Keep only so many bytes of each frame
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..))]
    pub snaplen: Option<u32>,
    /// Let the capture lose so many of a hundred packets, though the hosts get them
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub capture_loss: Option<f64>,
    /// Capture every packet twice, as a mirror port may
    #[arg(long)]
    pub duplicates: bool,
    /// Let the cards join segments and compute checksums: outgoing segments above the MTU, with unfinished checksums
    #[arg(long)]
    pub offload: bool,
    /// Which packets get a comment that explains them: all, or only those with which the story goes on
    #[arg(long, value_name = "WHICH", value_parser = comments(), conflicts_with = "no_comments")]
    pub comments: Option<String>,
    /// Leave out the comments that explain each packet
    #[arg(long)]
    pub no_comments: bool,
    /// Language of the comments; that of the locale unless given
    #[arg(long, value_name = "TAG", value_parser = tags::<tcpdx_extcap::Language>())]
    pub lang: Option<String>,
}

/// List the scenarios.
#[derive(Args, Debug)]
pub struct Scenarios {
    /// Tell all about this scenario: what to watch for, its variants, questions and their answers
    #[arg(conflicts_with = "check")]
    pub scenario: Option<String>,
    /// Check this scenario file instead (repeatable)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub check: Vec<PathBuf>,
    /// Language of the titles; that of the locale unless given
    #[arg(long, value_name = "TAG", value_parser = tags::<tcpdx_extcap::Language>())]
    pub lang: Option<String>,
}

/// Say which scenario a mystery is.
#[derive(Args, Debug)]
pub struct Reveal {
    /// Captures of the interface "TCP mystery", saved as pcapng, also compressed; `-` is standard input
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// Language of the texts; that of the locale unless given
    #[arg(long, value_name = "TAG", value_parser = tags::<tcpdx_extcap::Language>())]
    pub lang: Option<String>,
}

/// Install the Wireshark plugin and the teaching captures.
#[derive(Args, Debug)]
pub struct Install {
    /// Folder with tcpdx-extcap, libtcpdx.so and wireshark-X.Y/tcpdx.so; that of this command unless given
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub from: Option<PathBuf>,
    /// Where and how.
    #[command(flatten)]
    pub target: Target,
}

/// Remove what `install` has installed.
#[derive(Args, Debug)]
pub struct Uninstall {
    /// Where and how.
    #[command(flatten)]
    pub target: Target,
}

/// Say what is installed where.
#[derive(Args, Debug)]
pub struct Doctor {
    /// The tshark of a Wireshark (repeatable); every one that is found unless given
    #[arg(long, value_name = "COMMAND", value_hint = ValueHint::CommandName)]
    pub tshark: Vec<PathBuf>,
}

/// What installing and removing have in common.
#[derive(Args, Debug)]
pub struct Target {
    /// The tshark of a Wireshark (repeatable); every one that is found unless given
    #[arg(long, value_name = "COMMAND", value_hint = ValueHint::CommandName)]
    pub tshark: Vec<PathBuf>,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// Print completions for a shell.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Write the man pages.
#[derive(Args, Debug)]
pub struct Man {
    /// Folder for one page per command; the main page goes to standard output without it
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

/// How an analysis is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For programs: one JSON object a line, connections and findings
    Jsonl,
}

/// A severity as an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Normal milestones
    Chat,
    /// Worth knowing
    Note,
    /// Trouble that it recovered from, or an abnormal end
    Warn,
    /// The connection failed, died or is stuck
    Error,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Severity {
        match level {
            Level::Chat => Severity::Chat,
            Level::Note => Severity::Note,
            Level::Warn => Severity::Warn,
            Level::Error => Severity::Error,
        }
    }
}

/// A vantage as an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Point {
    /// At the client
    Client,
    /// At the server
    Server,
    /// On the path between
    Middle,
    /// Client and server are one host, or on one link
    Both,
}

impl From<Point> for Vantage {
    fn from(point: Point) -> Vantage {
        match point {
            Point::Client => Vantage::Client,
            Point::Server => Vantage::Server,
            Point::Middle => Vantage::Middle,
            Point::Both => Vantage::Both,
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Makes everything that is printed from now on follow the choice.
    pub(crate) fn apply(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

fn tags<L: Tagged>() -> PossibleValuesParser {
    L::all().iter().map(|language| language.name()).into()
}

fn encapsulations() -> PossibleValuesParser {
    tcpdx_extcap::Encapsulation::ALL.map(tcpdx_extcap::Encapsulation::word).into()
}

fn comments() -> PossibleValuesParser {
    tcpdx_extcap::Comments::ALL.map(tcpdx_extcap::Comments::word).into()
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "a number from 0 to 100 is needed".to_owned())
}

fn points() -> PossibleValuesParser {
    tcpdx_extcap::CapturePoint::ALL.map(tcpdx_extcap::CapturePoint::word).into()
}
