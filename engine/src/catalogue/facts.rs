//! The facts that speak for a cause or against it.

use crate::catalogue::diagnosis::Diagnosis;
use crate::catalogue::findings::Value;
use crate::catalogue::terms::Param;

pub use crate::catalogue::terms::FactKind;

/// Something in the capture that speaks for a cause or against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub kind: FactKind,
    /// The frame that shows it; 0 where no single one does.
    pub frame: u32,
    /// The connection of that frame.
    pub stream: u32,
    /// The finding that shows it, where one does.
    pub diagnosis: Option<Diagnosis>,
    /// Its numbers.
    pub params: Vec<(Param, Value)>,
}

impl Fact {
    pub(crate) fn new(kind: FactKind, stream: u32, frame: u32) -> Fact {
        Fact { kind, frame, stream, diagnosis: None, params: Vec::new() }
    }

    pub(crate) fn with(mut self, name: Param, value: Value) -> Fact {
        self.params.push((name, value));
        self
    }

    pub(crate) fn count(self, n: usize) -> Fact {
        self.with(Param::Count, Value::Count(n as u64))
    }

    pub(crate) fn known(self, n: usize) -> Fact {
        self.with(Param::Known, Value::Count(n as u64))
    }

    pub(crate) fn span(self, nanoseconds: i64) -> Fact {
        self.with(Param::Span, Value::Duration(nanoseconds.max(0)))
    }
}
