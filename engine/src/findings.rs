//! What was found: a diagnosis with its subject, the frame that proves it, and the evidence.

use crate::catalogue::{Diagnosis, Language, Severity};
use crate::connection::{Connection, From};
use crate::segment::{Flags, Segment};
use hashbrown::HashMap;
use std::num::NonZeroU32;

/// Whom a finding speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The side that opened the connection.
    Client,
    /// The side that was connected to.
    Server,
    /// The network between them, or something on it.
    Path,
}

impl Side {
    /// `client`, `server` or `path`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Client => "client",
            Side::Server => "server",
            Side::Path => "path",
        }
    }

    /// The side across the connection; the path is across from itself.
    #[must_use]
    pub fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
            Side::Path => Side::Path,
        }
    }
}

/// The part that a frame plays as evidence; its words are in the catalogue's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Role(pub &'static str);

/// One frame that supports a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Frame number.
    pub frame: u32,
    /// What this frame is, e.g. "the repeated SYN-ACK".
    pub role: Role,
}

/// The value of a parameter of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number of something.
    Count(u64),
    /// A number of bytes.
    Bytes(u64),
    /// A time span in nanoseconds, not negative.
    Duration(i64),
    /// A frame number.
    Frame(u32),
    /// Client, server or path.
    Side(Side),
    /// Host address.
    Address(std::net::IpAddr),
    /// A few characters from a packet.
    Text(Excerpt),
    /// Host address and port.
    Socket(std::net::SocketAddr),
    /// The control bits of a header.
    Flags(Flags),
    /// A word or clause that the catalogue's texts hold per language.
    Term(&'static str),
}

/// The first characters of a payload, printable ones only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excerpt {
    bytes: [u8; Excerpt::MOST],
    length: u8,
}

impl Excerpt {
    /// Longer texts are cut.
    const MOST: usize = 46;

    /// Takes what is printable ASCII, and a dot for the rest.
    #[must_use]
    pub fn of(payload: &[u8]) -> Excerpt {
        let mut bytes = [0; Self::MOST];
        let length = payload.len().min(Self::MOST);
        for (to, &from) in bytes.iter_mut().zip(payload) {
            *to = if from.is_ascii_graphic() || from == b' ' { from } else { b'.' };
        }
        Excerpt { bytes, length: length as u8 }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

/// One diagnosis told about one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub diagnosis: Diagnosis,
    /// How bad it is in this case; the catalogue's severity unless the course of things changed it.
    pub severity: Severity,
    /// The connection.
    pub stream: u32,
    /// The frame that it is about.
    pub subject: u32,
    /// TCP layer of the subject within its frame.
    pub layer: u8,
    /// The first frame at which it could be known; at least `subject` in ordinary captures.
    pub trigger: u32,
    /// Whom it speaks of.
    pub side: Side,
    /// The frames that show it, in order.
    pub evidence: Vec<Evidence>,
    /// Named parameters, in the order in which they were told.
    pub params: Vec<(&'static str, Value)>,
}

impl Finding {
    /// A finding about `segment`, which also proves it.
    pub(crate) fn new(diagnosis: Diagnosis, connection: &Connection, segment: &Segment<'_>) -> Finding {
        Finding::at(diagnosis, connection, segment.frame).layer(segment.layer)
    }

    /// A finding about `frame`, known from what the whole connection lacks.
    pub(crate) fn at(diagnosis: Diagnosis, connection: &Connection, frame: u32) -> Finding {
        Finding {
            diagnosis,
            severity: diagnosis.severity(),
            stream: connection.number,
            subject: frame,
            layer: 0,
            trigger: frame,
            side: Side::Path,
            evidence: Vec::new(),
            params: Vec::new(),
        }
    }

    fn layer(mut self, layer: u8) -> Finding {
        self.layer = layer;
        self
    }

    /// It is about that frame, not about the one that proves it.
    pub(crate) fn about(mut self, frame: u32) -> Finding {
        self.subject = frame;
        self
    }

    /// It could be known from that frame on.
    pub(crate) fn proved_by(mut self, frame: u32) -> Finding {
        self.trigger = frame;
        self
    }

    /// It speaks of that side.
    pub(crate) fn side(mut self, side: Side) -> Finding {
        self.side = side;
        self
    }

    /// It speaks of who sent.
    pub(crate) fn of(self, from: From) -> Finding {
        self.side(from.side())
    }

    /// Adds a frame that shows it, unless that frame was never seen or plays this part already.
    pub(crate) fn evidence(mut self, role: &'static str, frame: u32) -> Finding {
        let evidence = Evidence { frame, role: Role(role) };
        if frame != 0 && self.evidence.len() < Self::MOST_EVIDENCE && !self.evidence.contains(&evidence) {
            self.evidence.push(evidence);
        }
        self
    }

    /// Sets a parameter of its texts.
    pub(crate) fn with(mut self, name: &'static str, value: Value) -> Finding {
        self.set(name, value);
        self
    }

    /// Sets or changes a parameter.
    pub(crate) fn set(&mut self, name: &'static str, value: Value) {
        // A capture may show an ACK ahead of what it acknowledges.
        let value = if let Value::Duration(span) = value { Value::Duration(span.max(0)) } else { value };
        match self.params.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => *old = value,
            None => self.params.push((name, value)),
        }
    }

    /// More frames than this are not named one by one.
    const MOST_EVIDENCE: usize = 16;

    /// A parameter by name.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<Value> {
        self.params.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }

    /// What happened, in one sentence with its numbers.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        crate::catalogue::texts(language).message(self)
    }

    /// Likely causes, most likely first.
    #[must_use]
    pub fn why(&self, language: Language) -> Vec<String> {
        crate::catalogue::texts(language).why(self)
    }

    /// What to look at next.
    #[must_use]
    pub fn check(&self, language: Language) -> Vec<String> {
        crate::catalogue::texts(language).check(self)
    }
}

/// A finding that was told, to be changed or taken back when more is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told(NonZeroU32);

impl Told {
    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

#[derive(Debug)]
struct Record {
    finding: Finding,
    withdrawn: bool,
    next_of_stream: u32,
    next_about: u32,
    next_proved: u32,
}

/// Everything that was told, with an index by frame and one by connection.
#[derive(Debug, Default)]
pub(crate) struct Store {
    records: Vec<Record>,
    about: HashMap<(u32, u8), u32>,
    proved: HashMap<(u32, u8), u32>,
}

impl Store {
    /// In place of a finding's number: there is none.
    pub(crate) const NONE: u32 = u32::MAX;

    /// A flood of findings must not exhaust memory: beyond so many, only the connections are told of.
    const MOST: usize = 4 << 20;

    /// Keeps a finding. `None` when there are too many.
    pub(crate) fn tell(&mut self, connection: &mut Connection, finding: Finding) -> Option<Told> {
        if self.records.len() >= Self::MOST {
            return None;
        }
        let at = self.records.len() as u32;
        let layer = finding.layer;
        let next_about = self.about.insert((finding.subject, layer), at).unwrap_or(Self::NONE);
        let next_proved = self.proved.insert((finding.trigger, layer), at).unwrap_or(Self::NONE);
        let next_of_stream = std::mem::replace(&mut connection.first_finding, at);
        self.records.push(Record { finding, withdrawn: false, next_of_stream, next_about, next_proved });
        NonZeroU32::new(at + 1).map(Told)
    }

    /// Changes what was told; its subject and trigger stay.
    pub(crate) fn amend(&mut self, told: Option<Told>, change: impl FnOnce(&mut Finding)) {
        if let Some(record) = told.and_then(|t| self.records.get_mut(t.index())) {
            change(&mut record.finding);
        }
    }

    /// Takes back what turned out otherwise.
    pub(crate) fn withdraw_all(&mut self, told: impl IntoIterator<Item = Told>) {
        told.into_iter().for_each(|told| self.withdraw(&mut Some(told)));
    }

    /// Takes it back, where it was told.
    pub(crate) fn withdraw(&mut self, told: &mut Option<Told>) {
        if let Some(record) = told.take().and_then(|t| self.records.get_mut(t.index())) {
            record.withdrawn = true;
        }
    }

    fn chain(&self, first: Option<u32>, next: fn(&Record) -> u32) -> impl Iterator<Item = &Finding> {
        let mut at = first.unwrap_or(Self::NONE);
        std::iter::from_fn(move || {
            let record = self.records.get(at as usize)?;
            at = next(record);
            Some(record)
        })
        .filter(|r| !r.withdrawn)
        .map(|r| &r.finding)
    }

    /// What is about a frame.
    pub(crate) fn about(&self, frame: u32, layer: u8) -> impl Iterator<Item = &Finding> {
        self.chain(self.about.get(&(frame, layer)).copied(), |r| r.next_about)
    }

    /// What a frame was the first to prove.
    pub(crate) fn proved_by(&self, frame: u32, layer: u8) -> impl Iterator<Item = &Finding> {
        self.chain(self.proved.get(&(frame, layer)).copied(), |r| r.next_proved)
    }

    /// What was told of a connection.
    pub(crate) fn of(&self, connection: &Connection) -> impl Iterator<Item = &Finding> {
        self.chain(Some(connection.first_finding), |r| r.next_of_stream)
    }
}
