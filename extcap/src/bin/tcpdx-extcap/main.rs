//! Wireshark's extcap program: "TCP teaching captures" among its interfaces.
//!
//! Wireshark calls it with `--extcap-…` to learn what there is, and with `--capture --fifo PATH` to have a
//! scenario streamed. It answers at once, without side effects: the questions come at every start, in parallel.

mod arguments;
mod capture;
mod choices;
mod clock;
mod control;
mod describe;
mod filter;
mod interface;
mod lesson;
mod message;
mod pipes;
mod programme;
mod texts;
mod toolbar;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use arguments::{Arguments, Request};
use interface::Interface;

/// Wrong use: an option that cannot be what it is.
const WRONG_USE: u8 = 2;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("tcpdx-extcap: {message}");
            ExitCode::from(WRONG_USE)
        }
    }
}

fn run() -> Result<(), String> {
    let arguments = Arguments::parse(env::args_os().skip(1));
    let language = texts::user_language();
    let interface = || Interface::named(arguments.interface.as_deref());
    let answer = match &arguments.request {
        Request::Help => describe::help(),
        Request::Version => describe::version(),
        Request::Interfaces => describe::interfaces(language),
        Request::Dlts => interface().map(|_| describe::dlts())?,
        Request::Config => describe::config(interface()?, &arguments, language),
        Request::FilterProbe => filter::probe(arguments.filter.as_deref().unwrap_or_default()),
        Request::Nothing => String::new(),
        Request::Capture => return capture::capture(&arguments, language),
    };
    match io::stdout().write_all(answer.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}
