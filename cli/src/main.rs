//! The command `tcpdx`.

use clap::Parser;
use std::process::ExitCode;
use tcpdx_cli::{Failure, Status, args::Cli, run};

fn main() -> ExitCode {
    let status = run(Cli::parse()).unwrap_or_else(|failure| match failure {
        // Whoever read our output has seen enough.
        Failure::OutputClosed => Status::Done,
        Failure::Told(line) => {
            anstream::eprintln!("tcpdx: {line}");
            Status::Failed
        }
    });
    ExitCode::from(status.code())
}
