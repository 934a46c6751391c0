//! The rooms behind the command `tcpdx`.
//!
//! - [`args`]: every command and option, with the help that pages and completions are made of
//! - [`read`]: from a capture file to the packets that the diagnosis takes
//! - [`commands`]: one file or folder per command
//! - [`term`]: colours, widths, numbers and units for people
//!
//! What a diagnosis means is the engine's matter alone.

pub mod args;
pub mod commands;
mod failure;
mod language;
pub mod read;
mod term;

pub use failure::{Failure, Status};

/// Runs the command that `args` asks for.
///
/// # Errors
/// A [`Failure`] that tells in one line what is wrong and what to do.
pub fn run(args: args::Cli) -> Result<Status, Failure> {
    args.color.apply();
    match args.command {
        args::Command::Analyze(args) => commands::analyze::run(&args),
        args::Command::Explain(args) => commands::explain::run(&args),
        args::Command::Generate(args) => commands::generate::run(&args),
        args::Command::Scenarios(args) => commands::scenarios::run(&args),
        args::Command::Reveal(args) => commands::reveal::run(&args),
        args::Command::Install(args) => commands::install::install(&args),
        args::Command::Uninstall(args) => commands::install::uninstall(&args),
        args::Command::Doctor(args) => commands::install::doctor(&args),
        args::Command::Completions(args) => commands::pages::completions(&args),
        args::Command::Man(args) => commands::pages::man(&args),
    }
}
