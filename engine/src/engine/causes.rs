//! Why things happened: what the whole capture knows of the causes of a finding.

use super::{Case, Engine};
use crate::book::lines::{Index, Line};
use crate::catalogue::Diagnosis;
use crate::catalogue::findings::Finding;
use crate::causes::{self, Causes, Others, Scene};
use crate::connection::Connection;
use crate::mark::Mark;
use crate::proof::trace::{Tracing, Untraced, known};
use crate::rules;
use std::sync::MutexGuard;

/// All connections, and who has which.
struct View<'a> {
    engine: &'a Engine,
    index: MutexGuard<'a, Index>,
}

impl Others for View<'_> {
    fn index(&self) -> &Index {
        &self.index
    }

    fn line(&self, number: u32) -> Line {
        self.engine.line(number)
    }
}

impl Engine {
    /// Why what was found may have happened, as far as the capture is known by now: the causes best first, and those that
    /// something in it excludes. Empty for a finding that explains itself.
    #[must_use]
    pub fn causes(&self, finding: &Finding) -> Causes {
        if !causes::has_any(finding.diagnosis) {
            return Causes::default();
        }
        self.causes_among(finding, &self.findings_of(finding.stream))
    }

    /// The same, where the caller knows already what [`Engine::findings_of`] tells of the connection.
    #[must_use]
    pub fn causes_among(&self, finding: &Finding, own: &[Finding]) -> Causes {
        let Some(case) = self.cases.get(finding.stream as usize) else { return Causes::default() };
        if !causes::has_any(finding.diagnosis) {
            return Causes::default();
        }
        let c = &case.connection;
        let me = Line::of(c, own.iter());
        let view = View { engine: self, index: self.index() };
        let at = time_of(c, finding);
        causes::weigh(&Scene { finding, c, own, me: &me, others: &view, now: self.now_of(c), at })
    }

    /// That the connection goes on from another of the capture, whose address or port has changed.
    pub(super) fn moved(&self, number: u32, trace: impl Tracing) -> Option<Finding> {
        let c = &self.cases.get(number as usize)?.connection;
        let answers = c.handshake.syn_ack.is_set() && c.handshake.syn_ack.frame == c.first.frame;
        if c.started_late.is_none() && !answers || c.syn().is_set() {
            return None;
        }
        let stray = Line::of(c, std::iter::empty());
        let index = self.index();
        let beside = index.of_client(stray.tuple.src).iter().chain(index.at_listener(stray.tuple.dst));
        let older = beside.filter(|n| **n < number).map(|n| &self.cases[*n as usize].connection);
        let mut older = older.map(|old| Line::of(old, std::iter::empty()));
        let found = older.find_map(|old| causes::moved_from(&stray, &old));
        let goes_on = "its first segment goes on from where another connection of one of its ports stopped";
        known(trace, Diagnosis::PathAddressChanged, goes_on, found)
    }

    /// Which connections a host, a listener or a port has, all that there are by now.
    fn index(&self) -> MutexGuard<'_, Index> {
        let mut index = self.index.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while index.known < self.connections() {
            let tuple = self.cases[index.known as usize].connection.tuple;
            index.push(tuple);
        }
        index
    }

    /// What others may need to know of a connection.
    fn line(&self, number: u32) -> Line {
        let Case { connection: c, notes, heads, .. } = &self.cases[number as usize];
        let mut lacking = Vec::new();
        if notes.details.is_some() || !c.is_ordinary() || !c.handshake.established() {
            rules::lacking(c, notes, self.now_of(c), Untraced, &mut lacking);
        }
        let told: Vec<_> = self.shared.store.of(heads).collect();
        Line::of(c, told.iter().map(AsRef::as_ref).chain(&lacking))
    }
}

/// When what is told happened, nanoseconds.
fn time_of(c: &Connection, finding: &Finding) -> i64 {
    let of_ends = c.ends.iter().flat_map(|end| [end.last, end.said, end.acked_at, end.fin, end.fin_acked]);
    let rsts = crate::side::Side::BOTH.map(|side| c.rst(side));
    let marks = of_ends.chain(rsts).chain([
        c.first,
        c.syn(),
        c.last_syn(),
        c.handshake.syn_ack,
        c.handshake.third_ack,
        c.idle.ended,
    ]);
    let mut marks = marks.filter(|mark| mark.is_set() && mark.frame == finding.subject);
    let told = Mark { frame: finding.trigger, time: finding.told_at };
    marks.next().unwrap_or(if finding.told_at != 0 { told } else { c.last() }).time
}
