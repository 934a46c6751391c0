//! Everything that was told, with an index by frame and one by connection, and the claims that it hangs on.

use crate::catalogue::Diagnosis;
use crate::catalogue::findings::{Finding, Told};
use crate::proof::claims::{Claim, Claims, Kind};
use crate::proof::trace::{Step, Tracer};
use hashbrown::HashMap;
use std::borrow::Cow;

/// What a claim adds to a finding that does not hang on it.
type Addition = Box<dyn Fn(&mut Finding) + Send + Sync>;

struct Record {
    finding: Finding,
    /// It goes when that is refuted.
    hangs_on: Option<Claim>,
    /// Taken back, or hidden as long as that claim stands.
    hidden: Hidden,
    /// What holds only as long as a claim stands.
    additions: Vec<(Claim, Addition)>,
    next_of_stream: u32,
    next_about: u32,
    next_proved: u32,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("finding", &self.finding)
            .field("hidden", &self.hidden)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug)]
enum Hidden {
    No,
    Always,
    While(Claim),
}

/// Everything that was told, with an index by frame and one by connection.
#[derive(Debug, Default)]
pub(crate) struct Store {
    records: Vec<Record>,
    about: HashMap<(u32, u8), u32>,
    proved: HashMap<(u32, u8), u32>,
    claims: Claims,
    /// When what is told now is told, nanoseconds since the first packet.
    pub(crate) now: i64,
}

/// Where the findings and claims of one connection begin: the newest of each, by number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
    finding: u32,
    claim: u32,
}

impl Default for Heads {
    fn default() -> Heads {
        Heads { finding: Store::NONE, claim: Claims::NONE }
    }
}

impl Heads {
    /// Nothing was told of the connection.
    pub(crate) fn is_empty(&self) -> bool {
        self.finding == Store::NONE
    }
}

impl Store {
    /// In place of a finding's number: there is none.
    const NONE: u32 = u32::MAX;

    /// A flood of findings must not exhaust memory: beyond so many, only the connections are told of.
    const MOST: usize = 4 << 20;

    /// Where all that is told of the connection with these heads goes.
    pub(crate) fn of_connection<'a>(
        &'a mut self,
        heads: &'a mut Heads,
        trace: Option<&'a Tracer>,
    ) -> Telling<'a> {
        Telling { store: self, heads, under: None, trace }
    }

    fn is_shown(&self, record: &Record) -> bool {
        let hidden = match record.hidden {
            Hidden::No => false,
            Hidden::Always => true,
            Hidden::While(claim) => self.claims.stands(claim),
        };
        !hidden && record.hangs_on.is_none_or(|claim| self.claims.stands(claim))
    }

    /// As it is to be shown, with what the standing claims add to it.
    fn shown<'a>(&self, record: &'a Record) -> Cow<'a, Finding> {
        if record.additions.is_empty() {
            return Cow::Borrowed(&record.finding);
        }
        let mut finding = record.finding.clone();
        for (_, add) in record.additions.iter().filter(|(claim, _)| self.claims.stands(*claim)) {
            add(&mut finding);
        }
        Cow::Owned(finding)
    }

    fn chain(&self, first: Option<u32>, next: fn(&Record) -> u32) -> impl Iterator<Item = Cow<'_, Finding>> {
        let mut at = first.unwrap_or(Self::NONE);
        std::iter::from_fn(move || {
            let record = self.records.get(at as usize)?;
            at = next(record);
            Some(record)
        })
        .filter(|record| self.is_shown(record))
        .map(|record| self.shown(record))
    }

    /// What is about a frame.
    pub(crate) fn about(&self, frame: u32, layer: u8) -> impl Iterator<Item = Finding> {
        self.chain(self.about.get(&(frame, layer)).copied(), |r| r.next_about).map(Cow::into_owned)
    }

    /// What a frame was the first to prove.
    pub(crate) fn proved_by(&self, frame: u32, layer: u8) -> impl Iterator<Item = Finding> {
        self.chain(self.proved.get(&(frame, layer)).copied(), |r| r.next_proved).map(Cow::into_owned)
    }

    /// What was told of a connection.
    pub(crate) fn of(&self, heads: &Heads) -> impl Iterator<Item = Cow<'_, Finding>> + use<'_> {
        self.chain(Some(heads.finding), |r| r.next_of_stream)
    }

    /// What was claimed of a connection, newest first: what, because of which frame, and whether it stands.
    pub(crate) fn claims_of(&self, heads: &Heads) -> impl Iterator<Item = (Kind, u32, bool)> {
        self.claims.of(heads.claim)
    }
}

/// Takes in what the rules tell and claim of one connection.
#[derive(Debug)]
pub(crate) struct Telling<'a> {
    store: &'a mut Store,
    heads: &'a mut Heads,
    /// What all that is told now hangs on.
    under: Option<Claim>,
    /// Takes it down, where the frame is traced.
    trace: Option<&'a Tracer>,
}

impl Telling<'_> {
    fn note(&self, step: impl FnOnce() -> Step) {
        if let Some(trace) = self.trace {
            trace.note(step());
        }
    }

    /// The same, of what was told of some frame.
    fn note_of(&self, told: Option<Told>, step: fn(Diagnosis, u32) -> Step) {
        if let Some((trace, told)) = self.trace.zip(told)
            && let Some(record) = self.store.records.get(told.index())
        {
            trace.note(step(record.finding.diagnosis, record.finding.subject));
        }
    }

    /// Keeps a finding. `None` when there are too many.
    pub(crate) fn tell(&mut self, mut finding: Finding) -> Option<Told> {
        if self.store.records.len() >= Store::MOST {
            return None;
        }
        self.note(|| Step::Told(finding.diagnosis, finding.subject));
        finding.told_at = self.store.now;
        let (store, hangs_on) = (&mut *self.store, self.under);
        let at = store.records.len() as u32;
        let layer = finding.layer;
        let next_about = store.about.insert((finding.subject, layer), at).unwrap_or(Store::NONE);
        let next_proved = store.proved.insert((finding.trigger, layer), at).unwrap_or(Store::NONE);
        let next_of_stream = std::mem::replace(&mut self.heads.finding, at);
        store.records.push(Record {
            finding,
            hangs_on,
            hidden: Hidden::No,
            additions: Vec::new(),
            next_of_stream,
            next_about,
            next_proved,
        });
        Told::new(at)
    }

    /// Changes what was told; its subject and trigger stay.
    pub(crate) fn amend(&mut self, told: Option<Told>, change: impl FnOnce(&mut Finding)) {
        self.note_of(told, Step::Changed);
        if let Some(record) = told.and_then(|t| self.store.records.get_mut(t.index())) {
            change(&mut record.finding);
        }
    }

    /// Adds to what was told what holds as long as the present claim stands; without one, for good.
    pub(crate) fn add(
        &mut self,
        told: Option<Told>,
        addition: impl Fn(&mut Finding) + Send + Sync + 'static,
    ) {
        self.note_of(told, Step::Changed);
        let Some(record) = told.and_then(|t| self.store.records.get_mut(t.index())) else { return };
        match self.under {
            Some(claim) => record.additions.push((claim, Box::new(addition))),
            None => addition(&mut record.finding),
        }
    }

    /// Takes it back, where it was told: for good, or as long as the present claim stands.
    pub(crate) fn withdraw(&mut self, told: Option<Told>) {
        self.note_of(told, Step::TakenBack);
        if let Some(record) = told.and_then(|t| self.store.records.get_mut(t.index())) {
            record.hidden = self.under.map_or(Hidden::Always, Hidden::While);
        }
    }

    /// Takes back all that was told about a frame, for good.
    pub(crate) fn withdraw_about(&mut self, frame: u32, layer: u8) {
        let mut at = self.store.about.get(&(frame, layer)).copied();
        while let Some(told) = at.and_then(Told::new) {
            self.withdraw(Some(told));
            at = self.store.records.get(told.index()).map(|record| record.next_about);
        }
    }

    /// Claims something because of a frame. It follows from the present claim, if there is one.
    pub(crate) fn claim(&mut self, kind: Kind, frame: u32) -> Option<Claim> {
        self.note(|| Step::Claimed(kind));
        self.store.claims.open(&mut self.heads.claim, kind, frame, self.under)
    }

    /// Claims something, and tells what follows from it.
    pub(crate) fn claim_and_tell(&mut self, kind: Kind, finding: Finding) -> Option<Claimed> {
        let claim = self.claim(kind, finding.trigger)?;
        let told = self.under(Some(claim), |telling| telling.tell(finding));
        Some(Claimed { claim, told })
    }

    /// What `tell` tells hangs on that claim.
    pub(crate) fn under<T>(&mut self, claim: Option<Claim>, tell: impl FnOnce(&mut Telling<'_>) -> T) -> T {
        let under = claim.or(self.under);
        let mut telling = Telling { store: self.store, heads: self.heads, under, trace: self.trace };
        tell(&mut telling)
    }

    /// From now on all hangs on that claim, until the next call.
    pub(crate) fn begin_under(&mut self, claim: Option<Claim>) {
        self.under = claim;
    }

    /// What is told now may be taken back with a claim.
    pub(crate) fn is_under_a_claim(&self) -> bool {
        self.under.is_some()
    }

    /// A claim does not hold: all that hangs on it goes.
    pub(crate) fn refute(&mut self, claim: Option<Claim>) {
        if let Some(claim) = claim {
            if let Some((trace, (kind, frame))) = self.trace.zip(self.store.claims.what(claim)) {
                trace.note(Step::Refuted(kind, frame));
            }
            self.store.claims.refute(claim);
        }
    }
}

/// A claim with what was told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) claim: Claim,
    pub(crate) told: Option<Told>,
}

#[cfg(test)]
mod tests {
    use super::{Heads, Store};
    use crate::catalogue::Diagnosis;
    use crate::catalogue::findings::Finding;
    use crate::proof::claims::Kind;

    #[test]
    fn what_hangs_on_a_claim_goes_and_comes_with_it() {
        let (mut store, mut heads) = (Store::default(), Heads::default());
        assert!(heads.is_empty());
        let finding = |diagnosis, frame| Finding::at(diagnosis, 0, frame);
        let mut telling = store.of_connection(&mut heads, None);
        let plain = telling.tell(finding(Diagnosis::ResetAbort, 5));
        let claim = telling.claim(Kind::Reset, 6);
        assert!(!telling.is_under_a_claim());
        telling.under(claim, |telling| {
            assert!(telling.is_under_a_claim());
            telling.tell(finding(Diagnosis::CloseStorm, 6));
            telling.withdraw(plain);
            // It follows from that.
            telling.claim(Kind::BlackHole, 7);
        });
        let told = |store: &Store, heads: &Heads| store.of(heads).map(|f| f.diagnosis).collect::<Vec<_>>();
        assert!(!heads.is_empty());
        assert_eq!(told(&store, &heads), [Diagnosis::CloseStorm]);
        assert_eq!(store.about(6, 0).count(), 1);
        let claims = |store: &Store, heads: &Heads| store.claims_of(heads).collect::<Vec<_>>();
        assert_eq!(claims(&store, &heads), [(Kind::BlackHole, 7, true), (Kind::Reset, 6, true)]);
        store.of_connection(&mut heads, None).refute(claim);
        assert_eq!(told(&store, &heads), [Diagnosis::ResetAbort]);
        assert_eq!((store.about(6, 0).count(), store.proved_by(5, 0).count()), (0, 1));
        assert_eq!(claims(&store, &heads), [(Kind::BlackHole, 7, false), (Kind::Reset, 6, false)]);
        store.of_connection(&mut heads, None).withdraw_about(5, 0);
        assert!(told(&store, &heads).is_empty());
    }
}
