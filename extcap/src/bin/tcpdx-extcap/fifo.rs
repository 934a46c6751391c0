//! The pipe to Wireshark, and the ways in which it ends.
//!
//! Wireshark ends a capture with SIGTERM, by closing its end, or by dying. An idle program would not notice the
//! last two: whoever waits here looks at the pipe while waiting.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use signal_hook::consts::{SIGINT, SIGTERM};

/// How long a look at the pipe takes at most.
const LOOK: Duration = Duration::from_millis(100);
/// How long the block that is being written may take to go out after a signal.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The writing end of the pipe.
pub(crate) struct Fifo {
    file: File,
    stopped: Arc<AtomicBool>,
}

impl Fifo {
    /// Opens the pipe; from here on SIGTERM and SIGINT end the capture in order.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGTERM, Arc::clone(&stopped))?;
        signal_hook::flag::register(SIGINT, Arc::clone(&stopped))?;
        let file = File::options().write(true).open(path)?;
        fcntl_setfl(&file, fcntl_getfl(&file)? | OFlags::NONBLOCK)?;
        Ok(Fifo { file, stopped })
    }

    /// Whether a signal has asked for the end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Waits until then. False when the capture is to end before.
    pub(crate) fn wait_until(&self, then: Instant) -> io::Result<bool> {
        loop {
            if self.is_stopped() {
                return Ok(false);
            }
            let left = then.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(true);
            }
            if self.poll(PollFlags::empty(), left.min(LOOK))?.intersects(PollFlags::ERR | PollFlags::HUP) {
                return Ok(false);
            }
        }
    }

    fn poll(&self, wanted: PollFlags, timeout: Duration) -> io::Result<PollFlags> {
        let mut fds = [PollFd::new(&self.file, wanted)];
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) => Ok(fds[0].revents()),
            Err(rustix::io::Errno::INTR) => Ok(PollFlags::empty()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Write for &Fifo {
    /// Waits for room; gives up when the reader is gone, or takes nothing after a signal.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut stopped_at = None;
        loop {
            match (&self.file).write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return done,
            }
            if self.is_stopped() && stopped_at.get_or_insert_with(Instant::now).elapsed() > LAST_WORDS {
                return Err(ErrorKind::BrokenPipe.into());
            }
            self.poll(PollFlags::OUT, LOOK)?;
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
