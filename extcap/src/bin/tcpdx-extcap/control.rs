//! The pipes of the toolbar. Nothing here ever waits: Wireshark's window hangs as long as nobody opens the pipe that
//! it writes to, and it reads what it is told only when it comes to it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::message::{Command, Decoder, Message, encode};

/// So many messages wait for a toolbar that does not read; older ones are dropped.
const WAITING: usize = 256;

/// Both pipes.
pub(crate) struct Control {
    input: File,
    decoder: Decoder,
    output: Output,
    waiting: VecDeque<Vec<u8>>,
    initialized: bool,
}

/// The pipe to Wireshark, which can be opened once it reads.
enum Output {
    NotYet(PathBuf),
    Open(File),
}

fn open(path: &Path, options: &mut std::fs::OpenOptions) -> io::Result<File> {
    options.custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)
}

impl Control {
    /// Opens the pipe from Wireshark; the other one follows as soon as it can.
    pub(crate) fn open(input: &Path, output: &Path) -> io::Result<Self> {
        Ok(Control {
            input: open(input, File::options().read(true))?,
            decoder: Decoder::default(),
            output: Output::NotYet(output.to_owned()),
            waiting: VecDeque::new(),
            initialized: false,
        })
    }

    /// Whether Wireshark has told something, as it always does once it has opened both pipes.
    pub(crate) fn is_initialized(&self) -> bool {
        self.initialized
    }

    /// What is to be looked at while waiting.
    pub(crate) fn input(&self) -> &File {
        &self.input
    }

    /// Likewise, once it is open: it shows when nobody reads any more.
    pub(crate) fn output(&self) -> Option<&File> {
        match &self.output {
            Output::Open(file) => Some(file),
            Output::NotYet(_) => None,
        }
    }

    /// The messages that have come, into `messages`. False when there will be no more.
    pub(crate) fn read(&mut self, messages: &mut VecDeque<Message>) -> bool {
        let mut bytes = [0; 4096];
        loop {
            match (&self.input).read(&mut bytes) {
                Ok(0) => return false,
                Ok(count) => {
                    self.initialized = true;
                    messages.extend(self.decoder.take(&bytes[..count]));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
    }

    /// Tells the toolbar something, as soon as it listens.
    pub(crate) fn tell(&mut self, control: u8, command: Command, payload: &str) {
        if self.waiting.len() == WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(encode(control, command, payload));
        self.flush();
    }

    /// Tells what waits. That nobody reads any more shows elsewhere.
    pub(crate) fn flush(&mut self) {
        if let Output::NotYet(path) = &self.output {
            match open(path, File::options().write(true)) {
                Ok(file) => self.output = Output::Open(file),
                Err(_) => return,
            }
        }
        let Output::Open(file) = &mut self.output else { return };
        while let Some(message) = self.waiting.front() {
            // Messages are short enough to be written as a whole or not at all.
            match file.write(message) {
                Ok(count) if count == message.len() => drop(self.waiting.pop_front()),
                _ => return,
            }
        }
    }
}
