//! `tcpdx completions` and `tcpdx man`: pages made from the options themselves.

use crate::args::{Cli, Completions, Man};
use crate::failure::{Failure, Status};
use clap::CommandFactory;
use std::io::Write;

/// Prints completions for a shell.
pub(crate) fn completions(args: &Completions) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tcpdx", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Status::Done)
}

/// Prints the man page, or writes those of all commands into a folder.
pub(crate) fn man(args: &Man) -> Result<Status, Failure> {
    match &args.dir {
        Some(dir) => clap_mangen::generate_to(Cli::command(), dir).map_err(|error| {
            Failure::told(format!("{}: cannot write the pages there: {error}", dir.display()))
        })?,
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            std::io::stdout().write_all(&page)?;
        }
    }
    Ok(Status::Done)
}
