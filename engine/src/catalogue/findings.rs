//! What was found: a diagnosis with its subject, the frame that proves it, and the evidence.

use crate::catalogue::diagnosis::{Certainty, Diagnosis, Effect, Severity};
use crate::catalogue::terms::{Param, Role, Term};
use crate::flags::Flags;
use crate::side::{Party, Side};
use std::num::NonZeroU32;

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
    Party(Party),
    /// Host address.
    Address(std::net::IpAddr),
    /// A few characters from a packet.
    Text(Excerpt),
    /// Host address and port.
    Socket(std::net::SocketAddr),
    /// The control bits of a header.
    Flags(Flags),
    /// A word or clause that the catalogue's texts hold per language.
    Term(Term),
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
    /// Why its severity is not the catalogue's.
    pub because: Option<Term>,
    /// How sure it is.
    pub certainty: Certainty,
    /// What it did to the connection.
    pub effect: Effect,
    /// The connection.
    pub stream: u32,
    /// The frame that it is about.
    pub subject: u32,
    /// TCP layer of the subject within its frame.
    pub layer: u8,
    /// The first frame at which it could be known; at least `subject` in ordinary captures.
    pub trigger: u32,
    /// When it was told, nanoseconds since the first packet of the capture; 0 for what follows from the whole connection.
    pub told_at: i64,
    /// Whom it speaks of.
    pub side: Party,
    /// The frames that show it, in order.
    pub evidence: Vec<Evidence>,
    /// Named parameters, in the order in which they were told.
    pub params: Vec<(Param, Value)>,
}

impl Finding {
    /// A finding about `frame`, known from what the whole connection lacks.
    pub(crate) fn at(diagnosis: Diagnosis, stream: u32, frame: u32) -> Finding {
        Finding {
            diagnosis,
            severity: diagnosis.severity(),
            because: None,
            certainty: diagnosis.certainty(),
            effect: diagnosis.effect(),
            stream,
            subject: frame,
            layer: 0,
            trigger: frame,
            told_at: 0,
            side: Party::Path,
            evidence: Vec::new(),
            params: Vec::new(),
        }
    }

    pub(crate) fn layer(mut self, layer: u8) -> Finding {
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
    pub(crate) fn side(mut self, side: Party) -> Finding {
        self.side = side;
        self
    }

    /// It speaks of who sent.
    pub(crate) fn of(self, from: Side) -> Finding {
        self.side(from.party())
    }

    /// Adds a frame that shows it, as [`Finding::show`] does.
    pub(crate) fn evidence(mut self, role: Role, frame: u32) -> Finding {
        self.show(role, frame);
        self
    }

    /// Adds a frame that shows it, unless that frame was never seen or plays this part already.
    pub(crate) fn show(&mut self, role: Role, frame: u32) {
        let evidence = Evidence { frame, role };
        if frame != 0 && self.evidence.len() < Self::MOST_EVIDENCE && !self.evidence.contains(&evidence) {
            self.evidence.push(evidence);
        }
    }

    /// Sets a parameter of its texts.
    pub(crate) fn with(mut self, name: Param, value: Value) -> Finding {
        self.set(name, value);
        self
    }

    /// Is as bad as that, and not as the catalogue says, for a reason.
    pub(crate) fn rate(&mut self, severity: Severity, because: Term) {
        self.severity = severity;
        self.because = (severity != self.diagnosis.severity()).then_some(because);
    }

    /// The connection has recovered from it: it is no worse than that, and only slowed it down.
    pub(crate) fn recovered(&mut self, severity: Severity, because: Term) {
        self.rate(severity, because);
        self.effect = Effect::Slowed;
    }

    /// It did nothing, after all: the connection goes on.
    pub(crate) fn did_nothing(&mut self) {
        self.effect = Effect::None;
    }

    /// Is as bad as the catalogue says, after all.
    pub(crate) fn rate_as_usual(&mut self) {
        self.severity = self.diagnosis.severity();
        self.because = None;
    }

    /// Is so sure.
    pub(crate) fn sure(mut self, certainty: Certainty) -> Finding {
        self.certainty = certainty;
        self
    }

    /// Sets or changes a parameter.
    pub(crate) fn set(&mut self, name: Param, value: Value) {
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
    pub fn param(&self, name: Param) -> Option<Value> {
        self.params.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }
}

/// A finding that was told, by number, to be changed or taken back when more is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told(NonZeroU32);

impl Told {
    pub(crate) fn new(index: u32) -> Option<Told> {
        index.checked_add(1).and_then(NonZeroU32::new).map(Told)
    }

    pub(crate) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}
