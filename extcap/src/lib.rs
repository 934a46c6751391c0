//! Captures to learn TCP from: two real TCP endpoints on a simulated path, scenarios in which something happens
//! between them, and a comment on every packet.
//!
//! ```
//! use tcpdx_extcap::{GenerateOptions, generate, scenario};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let rejected = scenario::find("setup/handshake-rejected").ok_or("no such scenario")?.scenario()?;
//! let mut capture = Vec::new();
//! let stats = generate(&rejected, &GenerateOptions::default(), &mut capture)?;
//! assert_eq!(stats.packets, 2, "a SYN and a RST");
//! # Ok(())
//! # }
//! ```
//!
//! Front to back: [`scenario`] reads what is set up and what goes wrong; `simulation` makes a `world` of it, in
//! which `app`s do their steps on hosts whose `tcp` behaves as Linux does, and a `path` between them delays,
//! loses and forges packets (`net`); `capture` points see them, `comment` explains them, and `pcapng` writes them.
//! A [`Stream`] gives the packets one by one, for live captures; [`mystery`] draws scenarios that are to be found out.

pub mod scenario;

mod agenda;
mod app;
mod capture;
mod comment;
mod generate;
mod mix;
pub mod mystery;
mod net;
mod options;
mod path;
mod pcapng;
mod random;
mod recent;
mod simulation;
mod stream;
mod tcp;
mod time;
mod world;

pub use generate::{Error, Recording, Stats, generate, generate_mix, write_empty};
pub use mix::Mix;
pub use options::{
    CapturePoint, Comments, Difficulty, Encapsulation, GenerateOptions, IpVersion, UnknownWord,
};
pub use scenario::{Language, Scenario, ScenarioError};
pub use stream::{Filter, Stream};
