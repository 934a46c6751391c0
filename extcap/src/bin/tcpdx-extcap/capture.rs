//! `--capture`: lessons go into the pipe.
//!
//! The pipe is opened first and always gets a capture's head, even if the arguments turn out to be wrong:
//! Wireshark 4.0 waits for it without end.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tcpdx_extcap::{Language, Stream, write_empty};

use crate::arguments::Arguments;
use crate::clock::{Clock, Pace};
use crate::filter;
use crate::interface::Interface;
use crate::lesson::{Course, Lesson};
use crate::message::Command;
use crate::pipes::Pipes;
use crate::programme::Programme;
use crate::texts::text;
use crate::toolbar::{self, Wish};

/// So much is written at once when packets need not wait.
const FULL: usize = 1 << 18;
/// Packets that may pass without a look at the pipes.
const LOOK_EVERY: u32 = 1_024;
/// Between the last packet of a lesson and the next lesson.
const GAP: Duration = Duration::from_secs(1);

/// Runs the capture to its end, or until it is stopped.
pub(crate) fn capture(arguments: &Arguments, user: Language) -> Result<(), String> {
    let path = arguments.fifo.as_deref().ok_or("--capture needs --fifo PATH, the pipe to write to")?;
    let mut pipes = Pipes::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if let (Some(input), Some(output)) = (&arguments.control_in, &arguments.control_out) {
        pipes.open_control(input, output).map_err(|error| format!("{}: {error}", input.display()))?;
    }
    match Show::new(arguments, user, &mut pipes).and_then(|mut show| show.run()) {
        Ok(()) | Err(Failure::Closed) => {
            pipes.await_toolbar();
            Ok(())
        }
        Err(Failure::Told(message)) => {
            let mut head = Vec::new();
            // A reader that is gone needs none.
            let _ = write_empty(&mut head).map(|()| pipes.write(&head));
            pipes.await_toolbar();
            Err(message)
        }
    }
}

/// Why a capture ends before its end.
enum Failure {
    /// The reader is gone: no failure.
    Closed,
    /// One line for the user.
    Told(String),
}

impl From<String> for Failure {
    fn from(line: String) -> Self {
        Failure::Told(line)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::Told(error.to_string()),
        }
    }
}

impl From<tcpdx_extcap::Error> for Failure {
    fn from(error: tcpdx_extcap::Error) -> Self {
        Failure::Told(error.to_string())
    }
}

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The packet that was waited for, or another in its place.
    Packet,
    /// The next lesson.
    Next,
    /// The end.
    Stop,
}

/// A capture that runs.
struct Show<'a> {
    pipes: &'a mut Pipes,
    clock: Clock,
    course: Course,
    programme: Programme,
    filter: &'a str,
    language: Language,
    /// The toolbar was used.
    guided: bool,
    /// Packets since the pipes were looked at.
    unlooked: u32,
}

impl<'a> Show<'a> {
    fn new(arguments: &'a Arguments, user: Language, pipes: &'a mut Pipes) -> Result<Self, Failure> {
        let interface = Interface::named(arguments.interface.as_deref().or(Some(Interface::Lesson.name())))?;
        let course = Course::chosen(arguments)?;
        Ok(Show {
            pipes,
            clock: Clock::new(course.pace),
            course,
            programme: Programme::chosen(interface, arguments, user)?,
            filter: arguments.filter.as_deref().unwrap_or_default(),
            language: user,
            guided: false,
            unlooked: 0,
        })
    }

    fn run(&mut self) -> Result<(), Failure> {
        loop {
            let lesson = self.programme.lesson()?;
            let title = lesson.title.clone();
            let mut stream = self.open(lesson)?;
            // What happens before the first packet is not waited for.
            self.clock.set(stream.next_at()?.unwrap_or_default());
            self.log("playing", &[("what", &title)]);
            let mut turn = self.play(&mut stream)?;
            stream.finish()?;
            self.send(&mut stream)?;
            if turn == Turn::Packet {
                turn = self.linger()?;
            }
            if turn != Turn::Next {
                return Ok(());
            }
            self.programme.advance(stream.last_at() + GAP)?;
        }
    }

    fn open(&self, lesson: Lesson) -> Result<Stream, Failure> {
        let filter = filter::compile(self.filter, lesson.options.encapsulation)
            .map_err(|message| format!("capture filter `{}`: {message}", self.filter))?;
        Ok(Stream::new(lesson.scenario, lesson.options, lesson.connections, filter)?)
    }

    /// Plays a lesson, as often as it is to be played.
    fn play(&mut self, stream: &mut Stream) -> Result<Turn, Failure> {
        self.send(stream)?;
        let mut round = 1;
        loop {
            while let Some(time) = stream.next_at()? {
                match self.wait_for(time, stream)? {
                    Turn::Packet => {}
                    turn => return Ok(turn),
                }
                if stream.next_at()? == Some(time) {
                    stream.write_next()?;
                    if !self.clock.is_instant() || stream.buffer().len() >= FULL {
                        self.send(stream)?;
                    }
                }
            }
            if round == self.course.rounds {
                return Ok(Turn::Packet);
            }
            // There may have been no packet at all to wait for.
            self.look_at_times()?;
            if let Some(turn) = self.heed(Some(stream))? {
                return Ok(turn);
            }
            round += 1;
            stream.begin_again()?;
            self.log("again", &[("round", &round.to_string())]);
        }
    }

    /// Waits until a packet is due, or something else is to be done.
    fn wait_for(&mut self, time: Duration, stream: &mut Stream) -> Result<Turn, Failure> {
        loop {
            if self.clock.is_instant() {
                self.clock.set(time);
                self.look_at_times()?;
            }
            if let Some(turn) = self.heed(Some(stream))? {
                return Ok(turn);
            }
            match self.clock.until(time) {
                Some(Duration::ZERO) => return Ok(Turn::Packet),
                left => self.pipes.wait(left)?,
            }
        }
    }

    /// Without waits, too, it has to be noticed that Wireshark is gone or the toolbar is used, even where a filter lets
    /// nothing through.
    fn look_at_times(&mut self) -> Result<(), Failure> {
        self.unlooked += 1;
        if self.unlooked == LOOK_EVERY {
            self.unlooked = 0;
            self.pipes.wait(Some(Duration::ZERO))?;
        }
        Ok(())
    }

    /// At the end of a lesson: whoever has a toolbar may want another.
    fn linger(&mut self) -> Result<Turn, Failure> {
        self.pipes.await_toolbar();
        if let Some(turn) = self.heed(None)? {
            return Ok(turn);
        }
        if !self.pipes.has_control() || self.course.pace == Pace::Instant && !self.guided {
            return Ok(Turn::Stop);
        }
        self.log("over", &[]);
        loop {
            if let Some(turn) = self.heed(None)? {
                return Ok(turn);
            }
            self.pipes.wait(None)?;
        }
    }

    /// Does what the toolbar asks for.
    fn heed(&mut self, mut stream: Option<&mut Stream>) -> Result<Option<Turn>, Failure> {
        while let Some(message) = self.pipes.message() {
            let Some(wish) = toolbar::wish(&message) else { continue };
            self.guided = true;
            match wish {
                Wish::Next => return Ok(Some(Turn::Next)),
                Wish::PauseOrResume => self.pause_or_resume(),
                Wish::Speed(pace) => {
                    self.clock.set_pace(pace.unwrap_or(self.course.pace));
                    self.log("speed", &[("what", toolbar::speed_name(pace, self.language))]);
                }
                Wish::Lose => {
                    if let Some(stream) = &mut stream {
                        let lost = stream.lose_next(self.clock.now())?;
                        self.log(if lost { "losing" } else { "no-loss" }, &[]);
                    }
                }
            }
        }
        Ok(self.pipes.is_stopped().then_some(Turn::Stop))
    }

    fn pause_or_resume(&mut self) {
        let paused = !self.clock.is_paused();
        self.clock.set_paused(paused);
        let label = if paused { "control.resume.label" } else { "control.pause.label" };
        self.pipes.tell(toolbar::PAUSE, Command::Set, text(self.language, label));
        self.log(if paused { "paused" } else { "resumed" }, &[]);
    }

    /// Everything that was captured goes out.
    fn send(&mut self, stream: &mut Stream) -> Result<(), Failure> {
        let buffer = stream.buffer();
        self.pipes.write(buffer)?;
        buffer.clear();
        Ok(())
    }

    /// A line for the toolbar's log, with its words filled in.
    fn log(&mut self, key: &str, words: &[(&str, &str)]) {
        if !self.pipes.has_control() {
            return;
        }
        let time = format!("{:.3} s", self.clock.now().as_secs_f64());
        let mut line = text(self.language, &format!("log.{key}")).replace("{time}", &time);
        for (word, value) in words {
            line = line.replace(&format!("{{{word}}}"), value);
        }
        self.pipes.tell(toolbar::LOG, Command::Add, &format!("{line}\n"));
    }
}
