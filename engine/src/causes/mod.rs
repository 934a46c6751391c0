//! Why it happened: the causes that can explain a finding, each weighed by the facts of the whole capture.
//!
//! A fact against excludes a cause, whatever speaks for it. Of those that remain, the ones that something speaks for are
//! shown first, then the usual suspects of the diagnosis. Facts are counted by kind, not added up: there are no data to
//! weigh them with, and a reader can check a reason but not a percentage. What a capture cannot show is no fact.

mod application;
mod balancer;
mod capture;
mod client;
mod firewall;
mod forger;
mod host;
mod limits;
mod listener;
mod nat;
mod path;
mod questions;
mod roots;
mod scene;
mod stack;
mod weight;
mod words;

pub(crate) use roots::root;
pub(crate) use scene::{Others, Scene, moved_from};

use crate::catalogue::cause::{self, Cause};
use crate::catalogue::diagnosis::{Certainty, Diagnosis};
use crate::catalogue::facts::{Fact, FactKind};
use std::cmp::Reverse;
use weight::Weight;

/// What a cause of a finding comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Something speaks for it, nothing against it.
    Supported,
    /// Nothing speaks for it or against it.
    Open,
    /// Something speaks against it.
    Excluded,
}

impl Verdict {
    /// `supported`, `open` or `excluded`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Supported => "supported",
            Verdict::Open => "open",
            Verdict::Excluded => "excluded",
        }
    }
}

/// A cause of a finding, with what decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The cause.
    pub cause: Cause,
    /// What it comes to.
    pub verdict: Verdict,
    /// How sure it is, where it is not excluded.
    pub certainty: Certainty,
    /// What speaks for it; or, where it is excluded, against it.
    pub facts: Vec<Fact>,
}

/// The causes of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Causes {
    /// Those to be shown, best first; three at most.
    pub shown: Vec<Candidate>,
    /// Those that something speaks against.
    pub excluded: Vec<Candidate>,
}

impl Causes {
    /// The best one.
    #[must_use]
    pub fn top(&self) -> Option<Cause> {
        self.shown.first().map(|candidate| candidate.cause)
    }
}

/// At most so many are shown.
const MOST: usize = 3;
/// Behind a likely one, at most so many open ones.
const OPEN_BEHIND_LIKELY: usize = 2;

/// Weighs the causes that can explain the scene's finding.
pub(crate) fn weigh(scene: &Scene<'_>) -> Causes {
    let diagnosis = scene.finding.diagnosis;
    let mut causes = Causes::default();
    let mut shown: Vec<(Candidate, usize)> = Vec::new();
    for &cause in Cause::candidates(diagnosis) {
        let mut weight = Weight::default();
        scene.weigh(cause, &mut weight);
        let Weight { speaks_for, is_proof, against, absurd } = weight;
        if let Some(fact) = against {
            let (verdict, certainty) = (Verdict::Excluded, Certainty::Proved);
            causes.excluded.push(Candidate { cause, verdict, certainty, facts: vec![fact] });
            continue;
        }
        let (verdict, certainty) = match () {
            () if is_proof => (Verdict::Supported, Certainty::Proved),
            () if !speaks_for.is_empty() => (Verdict::Supported, Certainty::Likely),
            () => (Verdict::Open, Certainty::Possible),
        };
        let rank = cause::usual(diagnosis).iter().position(|usual| *usual == cause);
        if verdict == Verdict::Open && (rank.is_none() || absurd) {
            continue;
        }
        let candidate = Candidate { cause, verdict, certainty, facts: speaks_for };
        shown.push((candidate, rank.unwrap_or(usize::MAX)));
    }
    shown.sort_by_key(|(it, rank)| {
        let kinds = kinds(&it.facts);
        (Reverse(it.certainty), it.cause.family() != "capture", Reverse(kinds), *rank)
    });
    let best = shown.first().map(|(it, _)| it.certainty);
    let mut open = 0;
    causes.shown = shown
        .into_iter()
        .map(|(it, _)| it)
        .filter(|it| match best {
            Some(Certainty::Proved) => it.certainty == Certainty::Proved,
            Some(Certainty::Likely) if it.verdict == Verdict::Open => {
                open += 1;
                open <= OPEN_BEHIND_LIKELY
            }
            _ => true,
        })
        .take(if best == Some(Certainty::Proved) { 1 } else { MOST })
        .collect();
    causes
}

fn kinds(facts: &[Fact]) -> usize {
    let mut kinds: Vec<FactKind> = facts.iter().map(|fact| fact.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.len()
}

impl Scene<'_> {
    fn weigh(&self, cause: Cause, w: &mut Weight) {
        match cause.family() {
            "host" => host::weigh(cause, self, w),
            "stack" | "paws" => stack::weigh(cause, self, w),
            "port" | "listener" => listener::weigh(cause, self, w),
            "app" | "pool" => application::weigh(cause, self, w),
            "client" => client::weigh(cause, self, w),
            "firewall" => firewall::weigh(cause, self, w),
            "nat" | "ipvs" | "dnat" | "conntrack" => nat::weigh(cause, self, w),
            "balancer" | "address" => balancer::weigh(cause, self, w),
            "mtu" | "lro" | "tunnel" | "path" | "route" => path::weigh(cause, self, w),
            "forger" => forger::weigh(cause, self, w),
            _ => capture::weigh(cause, self, w),
        }
    }
}

/// The diagnosis has causes at all; those that have none explain themselves.
#[must_use]
pub fn has_any(diagnosis: Diagnosis) -> bool {
    !Cause::candidates(diagnosis).is_empty()
}
