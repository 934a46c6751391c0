//! What speaks for a cause and against it.

use crate::catalogue::facts::Fact;

/// What speaks for a cause and against it.
#[derive(Debug, Default)]
pub(super) struct Weight {
    pub(super) speaks_for: Vec<Fact>,
    pub(super) is_proof: bool,
    pub(super) against: Option<Fact>,
    /// Without facts it is not even a suspect here.
    pub(super) absurd: bool,
}

impl Weight {
    /// Something that speaks for it, if it is so.
    pub(super) fn speaks(&mut self, fact: impl Into<Option<Fact>>) -> &mut Weight {
        self.speaks_for.extend(fact.into());
        self
    }

    /// Something that nothing else can produce, if it is so.
    pub(super) fn proves(&mut self, fact: impl Into<Option<Fact>>) -> &mut Weight {
        let fact = fact.into();
        self.is_proof |= fact.is_some();
        self.speaks_for.extend(fact);
        self
    }

    /// Something that speaks against it, if it is so.
    pub(super) fn against(&mut self, fact: impl Into<Option<Fact>>) -> &mut Weight {
        if self.against.is_none() {
            self.against = fact.into();
        }
        self
    }

    /// It is no suspect unless something speaks for it.
    pub(super) fn only_with_facts(&mut self) -> &mut Weight {
        self.absurd = true;
        self
    }
}
