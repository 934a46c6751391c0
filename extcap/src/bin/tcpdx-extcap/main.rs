//! Wireshark's extcap program: "TCP teaching captures" among its interfaces.
//!
//! Wireshark calls it with `--extcap-…` to learn what there is, and with `--capture --fifo PATH` to have a
//! scenario streamed. It answers at once, without side effects: the questions come at every start, in parallel.

mod arguments;
mod capture;
mod describe;
mod fifo;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use arguments::{Arguments, Request};

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
    let answer = match &arguments.request {
        Request::Help => describe::help(),
        Request::Version => describe::version(),
        Request::Interfaces => describe::interfaces(),
        Request::Dlts => describe::for_interface(&arguments, describe::dlts)?,
        Request::Config => {
            describe::for_interface(&arguments, || describe::config(describe::user_language()))?
        }
        Request::FilterProbe => describe::filter_probe(&arguments),
        Request::Nothing => String::new(),
        Request::Capture => return capture::capture(&arguments),
    };
    match io::stdout().write_all(answer.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}
