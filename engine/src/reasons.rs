//! Why things happened: what the whole capture knows of the causes of a finding.

use crate::book::lines::{Entry, Line, Notebook};
use crate::catalogue::Diagnosis;
use crate::catalogue::findings::Finding;
use crate::causes::{self, Causes, Others, Scene};
use crate::connection::Connection;
use crate::engine::Engine;
use crate::mark::Mark;
use crate::wire::tuple::Socket;
use hashbrown::HashMap;
use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::MutexGuard;

/// All connections, and who has which.
struct View<'a> {
    engine: &'a Engine,
    book: RefCell<MutexGuard<'a, Notebook>>,
}

impl Others for View<'_> {
    fn at_listener(&self, listener: Socket) -> Vec<u32> {
        self.book.borrow().index.at_listener(listener).to_vec()
    }

    fn of_client(&self, client: Socket) -> Vec<u32> {
        self.book.borrow().index.of_client(client).to_vec()
    }

    fn of_host(&self, host: IpAddr) -> Vec<u32> {
        self.book.borrow().index.of_host(host).to_vec()
    }

    fn line(&self, number: u32) -> Line {
        let mut book = self.book.borrow_mut();
        if book.lines.len() >= Notebook::MOST {
            book.lines.clear();
        }
        let line = || self.engine.line(number);
        book.lines.entry(number).or_insert_with(line).clone()
    }
}

/// Why what was found of one connection may have happened.
#[derive(Clone, Debug, Default)]
pub struct Reasons {
    /// All that was told of it, in order.
    own: Vec<Finding>,
    /// Of each diagnosis, those of the last finding that was looked at on its own.
    same: HashMap<Diagnosis, Causes>,
}

impl Reasons {
    /// So many findings of a diagnosis are looked at on their own: what comes again and again has the reasons of the last of
    /// them.
    const EACH: usize = 16;

    /// All that was told of the connection, in order.
    #[must_use]
    pub fn told(&self) -> &[Finding] {
        &self.own
    }

    /// The finding that one of them follows from: its id and the frame that it is about. `None` for a root.
    #[must_use]
    pub fn root_of(&self, finding: &Finding) -> Option<(Diagnosis, u32)> {
        causes::root(finding, &self.own).map(|root| (root.diagnosis, root.subject))
    }

    /// The causes of one of its findings.
    pub fn of(&mut self, engine: &Engine, finding: &Finding) -> Causes {
        if !causes::has_any(finding.diagnosis) {
            return Causes::default();
        }
        let mut same = self.own.iter().filter(|other| other.diagnosis == finding.diagnosis);
        let last = same.nth(Self::EACH - 1).filter(|last| last.subject < finding.subject);
        let Some(last) = last else { return engine.causes_among(finding, &self.own) };
        if let Some(causes) = self.same.get(&finding.diagnosis) {
            return causes.clone();
        }
        let causes = engine.causes_among(last, &self.own);
        self.same.insert(finding.diagnosis, causes.clone());
        causes
    }
}

impl Engine {
    /// What it takes to ask for the causes of a connection's findings, as far as the capture is known by now.
    #[must_use]
    pub fn reasons(&self, stream: u32) -> Reasons {
        Reasons { own: self.findings_of(stream), same: HashMap::new() }
    }

    /// Why what was found may have happened, as far as the capture is known by now: the causes best first, and those that
    /// something in it excludes. Empty for a finding that explains itself.
    #[must_use]
    pub fn causes(&self, finding: &Finding) -> Causes {
        self.reasons(finding.stream).of(self, finding)
    }

    fn causes_among(&self, finding: &Finding, own: &[Finding]) -> Causes {
        let Some((c, now)) = self.connection(finding.stream) else { return Causes::default() };
        let me = Entry::of(c, own.iter());
        let view = View { engine: self, book: RefCell::new(self.notebook()) };
        let at = time_of(c, finding);
        causes::weigh(&Scene { finding, c, own, me: &me, others: &view, now, at })
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
