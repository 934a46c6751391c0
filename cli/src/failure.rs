//! How a command ends.

use std::io;

/// How a command ended, as the shell learns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// All done.
    Done,
    /// All done, and trouble found.
    Trouble,
    /// Wrong use, or something that could not be read or written.
    Failed,
}

impl Status {
    /// The exit code: 0, 1 or 2.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Why a command could not go on.
#[derive(Debug)]
pub enum Failure {
    /// One line for the user: what is wrong, where, and what to do.
    Told(String),
    /// Nobody reads our output any more.
    OutputClosed,
}

impl Failure {
    /// A failure told in one line.
    pub(crate) fn told(line: impl Into<String>) -> Failure {
        Failure::Told(line.into())
    }
}

/// Errors of standard output; files are told by name where they are opened.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::Told(format!("cannot write to standard output: {error}")),
        }
    }
}
