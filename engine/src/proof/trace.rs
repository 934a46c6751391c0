//! What was asked about one frame, condition by condition, and what came of it: for those who want to know why a
//! diagnosis was told, or was not.
//!
//! A rule names its conditions (`needs!`). They are asked in order until one is not met, as `&&` does; where nobody
//! traces the frame, that is all that happens.

use crate::catalogue::Diagnosis;
use crate::proof::claims::Kind;
use crate::side::Side;
use std::cell::RefCell;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The rule behind a diagnosis.
    Diagnosis(Diagnosis),
    /// The same, where it asks about each side in turn.
    OfSide(Diagnosis, Side),
    /// What several rules depend on, such as what a RST is.
    Part(&'static str),
}

impl Asker {
    /// What it is for, if it is for a single diagnosis.
    #[must_use]
    pub fn diagnosis(self) -> Option<Diagnosis> {
        match self {
            Asker::Diagnosis(diagnosis) | Asker::OfSide(diagnosis, _) => Some(diagnosis),
            Asker::Part(_) => None,
        }
    }

    /// The id of its diagnosis, or the name of the part.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Asker::Part(name) => name,
            Asker::Diagnosis(diagnosis) | Asker::OfSide(diagnosis, _) => diagnosis.id(),
        }
    }
}

impl From<Diagnosis> for Asker {
    fn from(diagnosis: Diagnosis) -> Asker {
        Asker::Diagnosis(diagnosis)
    }
}

impl From<(Diagnosis, Side)> for Asker {
    fn from((diagnosis, side): (Diagnosis, Side)) -> Asker {
        Asker::OfSide(diagnosis, side)
    }
}

impl From<&'static str> for Asker {
    fn from(part: &'static str) -> Asker {
        Asker::Part(part)
    }
}

/// One thing that happened while a frame was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A condition was asked.
    Asked {
        /// By whom.
        by: Asker,
        /// The condition.
        what: &'static str,
        /// Whether it is met.
        met: bool,
    },
    /// What came of it.
    Concluded {
        /// By whom.
        by: Asker,
        /// What.
        what: &'static str,
    },
    /// It was told, about that frame.
    Told(Diagnosis, u32),
    /// What was told of that frame was changed, such as its certainty or its evidence.
    Changed(Diagnosis, u32),
    /// What was told of that frame was taken back.
    TakenBack(Diagnosis, u32),
    /// Something is taken for true from now on.
    Claimed(Kind),
    /// What was taken for true since that frame is not.
    Refuted(Kind, u32),
}

/// Takes down what happens while a frame is taken in. It is handed about as [`Tracing`].
#[derive(Debug, Default)]
pub struct Tracer {
    steps: RefCell<Vec<Step>>,
}

impl Tracer {
    /// One more step.
    #[cold]
    pub(crate) fn note(&self, step: Step) {
        if let Ok(mut steps) = self.steps.try_borrow_mut() {
            steps.push(step);
        }
    }

    /// All steps, in order.
    pub(crate) fn into_steps(self) -> Vec<Step> {
        self.steps.into_inner()
    }
}

/// What rules hand about: [`Untraced`] for all frames but those that are traced, so that nothing but the conditions
/// themselves is asked of the others.
pub(crate) trait Tracing: Copy {
    /// What takes it down, where the frame is traced.
    fn tracer(&self) -> Option<&Tracer>;

    /// One more step, worked out only where the frame is traced.
    #[inline]
    fn step(&self, step: impl FnOnce() -> Step) {
        if let Some(tracer) = self.tracer() {
            tracer.note(step());
        }
    }
}

/// Nobody asked for this frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Untraced;

impl Tracing for Untraced {
    #[inline]
    fn tracer(&self) -> Option<&Tracer> {
        None
    }
}

impl Tracing for &Tracer {
    fn tracer(&self) -> Option<&Tracer> {
        Some(self)
    }
}

/// Whether a condition is met, noted where the frame is traced.
#[inline]
pub(crate) fn met(trace: impl Tracing, by: impl Into<Asker>, what: &'static str, met: bool) -> bool {
    trace.step(|| Step::Asked { by: by.into(), what, met });
    met
}

/// The same for what may be there or not.
#[inline]
pub(crate) fn known<T>(
    trace: impl Tracing,
    by: impl Into<Asker>,
    what: &'static str,
    it: Option<T>,
) -> Option<T> {
    met(trace, by, what, it.is_some());
    it
}

/// What came of several conditions, noted where the frame is traced.
#[inline]
pub(crate) fn concluded(trace: impl Tracing, by: impl Into<Asker>, what: &'static str) {
    trace.step(|| Step::Concluded { by: by.into(), what });
}

/// Whether all these conditions are met, asked in order until one is not.
macro_rules! needs {
    ($trace:expr, $by:expr; $($what:literal => $condition:expr),+ $(,)?) => {
        $($crate::proof::trace::met($trace, $by, $what, $condition))&&+
    };
}
pub(crate) use needs;
