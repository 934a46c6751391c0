//! The pipes to Wireshark, and the ways in which a capture ends.
//!
//! Wireshark ends it with SIGTERM, by closing its ends, or by dying. An idle program would not notice the last two:
//! whoever waits here looks at all pipes while waiting.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pipe::fcntl_setpipe_size;
use rustix::process::{Pid, getppid};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::control::Control;
use crate::message::{Command, Message};

/// How long a look at the pipes takes at most.
const LOOK: Duration = Duration::from_millis(100);
/// How long what is being written may take to go out after the end was asked for.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How long the toolbar may take to come, on a machine that is very busy.
const TOOLBAR: Duration = Duration::from_secs(10);
/// Bytes that may wait in the pipe: as many as everybody may ask for.
const ROOM: usize = 1 << 20;
/// How long a full pipe is left to its reader. It makes room for some packets at once, and would be disturbed for each of
/// them; it takes longer than this for all of them.
const NAP: Duration = Duration::from_millis(2);

/// The pipe for packets, and those of the toolbar if there is one.
pub(crate) struct Pipes {
    packets: File,
    control: Option<Control>,
    messages: VecDeque<Message>,
    /// A signal has asked for the end.
    signalled: Arc<AtomicBool>,
    /// A pipe is closed, or Wireshark has asked for the end.
    over: bool,
    /// The program that has started this one: when another takes its place, it is gone.
    parent: Option<Pid>,
    /// Since when it is known that the capture ends.
    stopped_at: Option<Instant>,
}

impl Pipes {
    /// Opens the pipe for packets; from here on SIGTERM and SIGINT end the capture in order.
    pub(crate) fn open(packets: &Path) -> io::Result<Self> {
        let signalled = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGTERM, Arc::clone(&signalled))?;
        signal_hook::flag::register(SIGINT, Arc::clone(&signalled))?;
        let packets = File::options().write(true).open(packets)?;
        fcntl_setfl(&packets, fcntl_getfl(&packets)? | OFlags::NONBLOCK)?;
        // More room is a help, and no need.
        let _ = fcntl_setpipe_size(&packets, ROOM);
        Ok(Pipes {
            packets,
            control: None,
            messages: VecDeque::new(),
            signalled,
            over: false,
            parent: getppid(),
            stopped_at: None,
        })
    }

    /// Opens the toolbar's pipes, too.
    pub(crate) fn open_control(&mut self, input: &Path, output: &Path) -> io::Result<()> {
        self.control = Some(Control::open(input, output)?);
        Ok(())
    }

    /// Whether there is a toolbar.
    pub(crate) fn has_control(&self) -> bool {
        self.control.is_some()
    }

    /// Tells the toolbar something, if there is one.
    pub(crate) fn tell(&mut self, control: u8, command: Command, payload: &str) {
        if let Some(pipe) = &mut self.control {
            pipe.tell(control, command, payload);
        }
    }

    /// The next message of the toolbar.
    pub(crate) fn message(&mut self) -> Option<Message> {
        let message = self.messages.pop_front();
        self.over |= message == Some(Message::Quit);
        message
    }

    /// Whether the capture is to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.over || self.signalled.load(Ordering::Relaxed)
    }

    /// Waits for so long (nothing: for ever), or until something is told.
    pub(crate) fn wait(&mut self, span: Option<Duration>) -> io::Result<()> {
        self.look(span.map_or(LOOK, |span| span.min(LOOK)))
    }

    /// Waits until the toolbar is there, if there is one to come. Wireshark's window opens its pipe some time after the
    /// capture has begun, and hangs for ever if the program has ended before.
    pub(crate) fn await_toolbar(&mut self) {
        let end = Instant::now() + TOOLBAR;
        while self.control.as_ref().is_some_and(|control| !control.is_initialized())
            && !self.is_stopped()
            && Instant::now() < end
        {
            if self.wait(None).is_err() {
                return;
            }
        }
    }

    /// Looks at the pipes for at most so long.
    fn look(&mut self, timeout: Duration) -> io::Result<()> {
        let mut fds = vec![PollFd::new(&self.packets, PollFlags::empty())];
        if let Some(control) = &mut self.control {
            control.flush();
            fds.push(PollFd::new(control.input(), PollFlags::IN));
            fds.extend(control.output().map(|output| PollFd::new(output, PollFlags::empty())));
        }
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        // Wireshark's dumpcap outlives it as long as no packet comes, and with it the pipe.
        self.over |= getppid() != self.parent;
        match poll(&mut fds, Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let closed = PollFlags::ERR | PollFlags::HUP;
        let told: Vec<PollFlags> = fds.iter().map(PollFd::revents).collect();
        self.over |=
            told[0].intersects(closed) || told.get(2).is_some_and(|output| output.intersects(closed));
        if let Some(control) = &mut self.control
            && told.get(1).is_some_and(|input| !input.is_empty())
        {
            self.over |= !control.read(&mut self.messages);
        }
        Ok(())
    }

    /// Writes packets, as fast as they are taken. Gives up when the reader is gone, or takes nothing after the end was
    /// asked for.
    ///
    /// # Errors
    /// [`ErrorKind::BrokenPipe`] then.
    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.packets.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.look(NAP)?;
                    if self.is_stopped()
                        && self.stopped_at.get_or_insert_with(Instant::now).elapsed() > LAST_WORDS
                    {
                        return Err(ErrorKind::BrokenPipe.into());
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
