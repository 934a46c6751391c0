//! Traffic at scale: many connections, each drawn from one of several scenarios, all in one capture.
//!
//! A mix is one TOML file, described in `docs/scenarios.md`.

mod crowd;
mod readdress;
mod take;

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;
use toml::Spanned;

use crate::generate::Error;
use crate::options::GenerateOptions;
use crate::scenario::{self, Scenario, ScenarioError};
use crate::simulation::Stage;

pub(crate) use crowd::Crowd;

/// Scenarios and how often each is drawn.
#[derive(Debug, Clone)]
pub struct Mix {
    /// New connections a second.
    rate: f64,
    shares: Vec<(Scenario, u64)>,
}

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MixFile {
    /// New connections a second.
    #[serde(default = "usual_rate")]
    rate: Spanned<f64>,
    share: Vec<Spanned<Share>>,
}

fn usual_rate() -> Spanned<f64> {
    Spanned::new(0..0, 1_000.0)
}

/// One of the scenarios.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Share {
    /// The name of a scenario, or a file of one's own.
    scenario: String,
    variant: Option<String>,
    /// How often it is drawn, beside the other weights.
    #[serde(default = "one")]
    weight: u32,
}

fn one() -> u32 {
    1
}

impl Mix {
    /// Reads a mix from a file.
    ///
    /// # Errors
    /// [`ScenarioError`] names the file, the line and the key, and says what would be right there.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ScenarioError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| ScenarioError::unreadable(&name, &source))?;
        Mix::parse(&name, &text)
    }

    /// Reads a mix from its text; `name` stands for it in messages. Files of scenarios are looked for beside it.
    ///
    /// # Errors
    /// As [`Mix::load`].
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let wrong = |span, message: String| ScenarioError::at(name, text, span, message);
        let file: MixFile = toml::from_str(text).map_err(|e| wrong(e.span(), e.message().to_owned()))?;
        let rate = *file.rate.get_ref();
        if !(0.001..=1e7).contains(&rate) {
            let message = format!("{rate} is no rate: new connections a second, from 0.001 to 10000000");
            return Err(wrong(Some(file.rate.span()), message));
        }
        let folder = Path::new(name).parent().unwrap_or(Path::new(""));
        let mut shares = Vec::new();
        for share in &file.share {
            let scenario =
                share.get_ref().find(folder).map_err(|message| wrong(Some(share.span()), message))?;
            shares.push((scenario, u64::from(share.get_ref().weight)));
        }
        if shares.iter().all(|(_, weight)| *weight == 0) {
            return Err(wrong(None, "a mix needs at least one [[share]] with a `weight` above 0".to_owned()));
        }
        Ok(Mix { rate, shares })
    }

    /// New connections a second.
    pub(crate) fn rate(&self) -> f64 {
        self.rate
    }

    /// How often each scenario is drawn.
    pub(crate) fn weights(&self) -> impl Iterator<Item = u64> {
        self.shares.iter().map(|(_, weight)| *weight)
    }

    /// What stands at the head of its captures.
    pub(crate) fn heading(&self, connections: u64) -> String {
        let all: u64 = self.shares.iter().map(|(_, weight)| weight).sum();
        let share =
            |(scenario, weight): &(Scenario, u64)| format!("\n{weight} of {all}: {}", scenario.name());
        let shares: String = self.shares.iter().map(share).collect();
        format!("{connections} connections, {} a second, drawn from:{shares}", self.rate)
    }

    /// Each scenario, ready to be played against a server of its own.
    pub(crate) fn stages(&self, options: &GenerateOptions) -> Result<Vec<Rc<Stage>>, Error> {
        let own = [options.client.is_some(), options.server.is_some(), options.variant.is_some()];
        if own.contains(&true) {
            let message =
                "a mix has addresses and variants of its own: leave out --client, --server and --variant";
            return Err(Error::Options(message.to_owned()));
        }
        let stage = |(number, (scenario, _)): (usize, &(Scenario, u64))| {
            let server = scenario.server_address(options.ip);
            let server = Some(server.unwrap_or_else(|| server_address(options, number)));
            Stage::new(scenario, &GenerateOptions { server, ..options.clone() }).map(Rc::new)
        };
        self.shares.iter().enumerate().map(stage).collect()
    }
}

impl Share {
    fn find(&self, folder: &Path) -> Result<Scenario, String> {
        let scenario = match scenario::find(&self.scenario) {
            Some(builtin) => builtin.scenario(),
            None if folder.join(&self.scenario).exists() => scenario::load(folder.join(&self.scenario)),
            None => {
                return Err(format!(
                    "no scenario or file `{}`; `tcpdx scenarios` lists all scenarios",
                    self.scenario
                ));
            }
        };
        let scenario = scenario.map_err(|error| error.to_string())?;
        match &self.variant {
            Some(variant) => scenario.variant(variant).map_err(|error| error.to_string()),
            None => Ok(scenario),
        }
    }
}

/// The address of the how manieth server (RFC 5737, RFC 3849).
fn server_address(options: &GenerateOptions, number: usize) -> IpAddr {
    let number = (number % 200) as u8;
    match options.ip {
        crate::IpVersion::V4 => IpAddr::from([198, 51, 100, 20 + number]),
        crate::IpVersion::V6 => IpAddr::from([0x2001, 0xdb8, 2, 0, 0, 0, 0, 0x20 + u16::from(number)]),
    }
}
