//! A finding with what the capture holds around it, and the questions that several causes ask of it.

use super::limits;
use crate::book::lines::{Line, Opening};
use crate::catalogue::Diagnosis;
use crate::catalogue::facts::{Fact, FactKind};
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::connection::Connection;
use crate::side::{Party, Side};
use crate::wire::seq::Seq;
use crate::wire::tuple::Socket;
use std::net::IpAddr;

/// All connections of a capture.
pub(crate) trait Others {
    fn at_listener(&self, listener: Socket) -> Vec<u32>;
    fn of_client(&self, client: Socket) -> Vec<u32>;
    fn of_host(&self, host: IpAddr) -> Vec<u32>;
    fn line(&self, number: u32) -> Line;
}

/// A finding with what the capture holds around it.
pub(crate) struct Scene<'a> {
    pub(crate) finding: &'a Finding,
    pub(crate) c: &'a Connection,
    /// All that was told of the connection, in order.
    pub(crate) own: &'a [Finding],
    /// The connection's own line.
    pub(crate) me: &'a Line,
    pub(crate) others: &'a dyn Others,
    /// When the capture ends, nanoseconds.
    pub(crate) now: i64,
    /// When what the finding tells began, nanoseconds, as far as its frames tell.
    pub(crate) at: i64,
}

/// So many connections of a host or listener are looked at, the newest before and those after: enough to see what it did at
/// the time, and no flood takes long.
const MOST_LINES: usize = 256;

impl<'a> Scene<'a> {
    // What the finding says.

    pub(crate) fn is(&self, diagnoses: &[Diagnosis]) -> bool {
        diagnoses.contains(&self.finding.diagnosis)
    }

    pub(crate) fn duration(&self, name: Param) -> Option<i64> {
        match self.finding.param(name) {
            Some(Value::Duration(span)) => Some(span),
            _ => None,
        }
    }

    pub(crate) fn number(&self, name: Param) -> Option<u64> {
        match self.finding.param(name) {
            Some(Value::Count(n) | Value::Bytes(n)) => Some(n),
            _ => None,
        }
    }

    pub(crate) fn term(&self, name: Param) -> Option<Term> {
        match self.finding.param(name) {
            Some(Value::Term(term)) => Some(term),
            _ => None,
        }
    }

    /// Whom the parameter `who` names, or else of whom the finding speaks.
    pub(crate) fn who(&self) -> Option<Side> {
        let party = match self.finding.param(Param::Who) {
            Some(Value::Party(party)) => party,
            _ => self.finding.side,
        };
        match party {
            Party::Client => Some(Side::Client),
            Party::Server => Some(Side::Server),
            Party::Path => None,
        }
    }

    pub(crate) fn evidence(&self, role: Role) -> Option<u32> {
        self.finding.evidence.iter().find(|e| e.role == role).map(|e| e.frame)
    }

    // What else was told of the connection.

    /// That diagnosis was told of this connection.
    pub(crate) fn told(&self, diagnosis: Diagnosis) -> Option<&'a Finding> {
        self.own.iter().find(|finding| finding.diagnosis == diagnosis)
    }

    /// How often.
    pub(crate) fn times(&self, diagnosis: Diagnosis) -> usize {
        self.own.iter().filter(|finding| finding.diagnosis == diagnosis).count()
    }

    /// The fact that it was.
    pub(crate) fn told_fact(&self, diagnosis: Diagnosis) -> Option<Fact> {
        self.told(diagnosis).map(|finding| Fact {
            diagnosis: Some(diagnosis),
            ..Fact::new(FactKind::Told, finding.stream, finding.subject)
        })
    }

    /// The finding itself shows it.
    pub(crate) fn itself(&self) -> Fact {
        Fact {
            diagnosis: Some(self.finding.diagnosis),
            ..Fact::new(FactKind::ShowsItself, self.finding.stream, self.finding.subject)
        }
    }

    pub(crate) fn fact(&self, kind: FactKind) -> Fact {
        Fact::new(kind, self.finding.stream, self.finding.subject)
    }

    /// A fact that another frame of this connection shows.
    pub(crate) fn fact_at(&self, kind: FactKind, frame: u32) -> Fact {
        Fact::new(kind, self.finding.stream, frame)
    }

    // Where it was captured.

    pub(crate) fn is_beside(&self, side: Side) -> bool {
        self.c.is_beside(side)
    }

    /// Captured beside that side: what goes to it in the capture has arrived.
    pub(crate) fn arrived(&self, receiver: Side) -> Option<Fact> {
        self.is_beside(receiver).then(|| self.fact(FactKind::Arrived))
    }

    pub(crate) fn ip(&self, side: Side) -> IpAddr {
        self.me.socket(side).ip
    }

    pub(crate) fn listener(&self) -> Socket {
        self.me.tuple.dst
    }

    // Other connections.

    fn lines(&self, numbers: &[u32]) -> Vec<Line> {
        let at = numbers.partition_point(|n| *n < self.me.number);
        let from = at.saturating_sub(MOST_LINES / 2);
        let until = (at + MOST_LINES / 2).min(numbers.len());
        let others = numbers[from..until].iter().filter(|n| **n != self.me.number);
        others.map(|n| self.others.line(*n)).collect()
    }

    /// The other connections to the same listener, oldest first.
    pub(crate) fn at_listener(&self) -> Vec<Line> {
        self.lines(&self.others.at_listener(self.listener()))
    }

    /// The other connections of the client's own address and port, whomever they are with.
    pub(crate) fn of_client_port(&self) -> Vec<Line> {
        self.lines(&self.others.of_client(self.me.tuple.src))
    }

    /// The other connections with that host.
    pub(crate) fn with_host(&self, host: IpAddr) -> Vec<Line> {
        self.lines(&self.others.of_host(host))
    }

    /// The connection before on the same addresses and ports.
    pub(crate) fn before(&self) -> Option<Line> {
        self.c.before().map(|before| self.others.line(before.number))
    }

    /// Another connection of the same client to the same listener dealt with something between those times.
    pub(crate) fn served_beside(&self, since: i64, until: i64) -> Option<Line> {
        let mine = self.ip(Side::Client);
        self.at_listener().into_iter().find(|l| l.tuple.src.ip == mine && l.is_served_between(since, until))
    }

    /// That host sent anything to anybody between those times, on another connection.
    pub(crate) fn host_heard(&self, host: IpAddr, since: i64, until: i64) -> Option<Fact> {
        self.with_host(host).into_iter().find_map(|line| {
            let side = line.side_of(host)?;
            let last = line.end(side).last;
            let heard = last.is_set() && last.time >= since && line.first.time <= until;
            // A RST in its name may be anybody's.
            let real = line.end(side).rst.frame != last.frame || line.end(side).ttl != 0;
            (heard && real).then(|| Fact::new(FactKind::HostAnswers, line.number, last.frame))
        })
    }

    /// The TTLs that host has shown on other connections and on this one, RSTs aside, with a connection that shows them.
    pub(crate) fn ttls_of(&self, side: Side) -> Vec<(u8, Fact)> {
        let host = self.ip(side);
        let mut ttls: Vec<(u8, Fact)> = Vec::new();
        let mut add = |line: &Line| {
            let Some(side) = line.side_of(host) else { return };
            let end = line.end(side);
            for ttl in [end.ttl, end.ttls[0], end.ttls[1]] {
                if ttl != 0 && !ttls.iter().any(|(known, _)| *known == ttl) {
                    let frame =
                        if end.last.frame == end.rst.frame { line.first.frame } else { end.last.frame };
                    ttls.push((ttl, Fact::new(FactKind::TtlDiffers, line.number, frame)));
                }
            }
        };
        add(self.me);
        self.with_host(host).iter().for_each(add);
        ttls
    }

    /// The fastest answer of the server's host to a SYN, of any of its ports, nanoseconds, other connections only.
    pub(crate) fn fastest_answer(&self) -> Option<(i64, Line)> {
        let host = self.ip(Side::Server);
        let lines = self.with_host(host).into_iter();
        lines
            .filter(|line| line.tuple.dst.ip == host && line.syn.is_set() && line.syn_ack.is_set())
            .filter(|line| line.syn_repeats == 0)
            .map(|line| (line.syn_ack.time - line.syn.time, line))
            .filter(|(took, _)| *took > 0)
            .min_by_key(|(took, _)| *took)
    }

    // How long it had been idle.

    /// How long the connection had been idle before what the finding tells, nanoseconds; 0 where it was not.
    pub(crate) fn idle(&self) -> i64 {
        let said = self.duration(Param::Idle);
        let noted = self.me.idle.is_last().then_some(self.me.idle.span);
        said.into_iter().chain(noted).max().unwrap_or(0)
    }

    /// It was not idle for as long as any device waits.
    pub(crate) fn not_idle(&self) -> Option<Fact> {
        let known = self.c.segments > 1 && self.c.started_late.is_none() || self.me.idle.span > 0;
        let idle = self.idle();
        (known && idle < limits::NO_DEVICE_FORGETS)
            .then(|| self.fact(FactKind::NotIdle).with(Param::Idle, Value::Duration(idle)))
    }

    /// It was idle for as long as that.
    pub(crate) fn was_idle(&self) -> Option<Fact> {
        let idle = self.idle();
        let frame = self.me.idle.ended.frame;
        let known = limits::fitting(idle)?;
        Some(
            self.fact_at(FactKind::IdleAsKnown, frame)
                .with(Param::Idle, Value::Duration(idle))
                .with(Param::Limit, Value::Duration(known)),
        )
    }

    /// Of the connections with the same server host, all that were idle up to some span went on, and all that were idle longer
    /// failed; two or more each.
    pub(crate) fn idle_parts(&self) -> Option<Fact> {
        use Diagnosis as D;
        let (mut survived, mut failed) = (Vec::new(), Vec::new());
        let lines = self.with_host(self.ip(Side::Server));
        for line in lines.iter().chain([self.me]) {
            let lost = [
                D::PathIdleStateLost,
                D::ResetByMiddlebox,
                D::ResetInjected,
                D::ResetNoSuchConnection,
                D::LossStalled,
            ];
            if line.idle.is_last() && lost.into_iter().any(|d| line.has(d)) {
                failed.push(line.idle.span);
            }
            if line.idle.survived > 0 {
                survived.push(line.idle.survived);
            }
        }
        let (longest, shortest) = (survived.iter().max().copied()?, failed.iter().min().copied()?);
        (survived.len() >= 2 && failed.len() >= 2 && longest < shortest).then(|| {
            self.fact(FactKind::IdleParts)
                .span(longest)
                .with(Param::Idle, Value::Duration(shortest))
                .count(failed.len())
                .known(survived.len())
        })
    }

    // How the listener fared.

    /// Other connections to the listener that it took, with a SYN between those times.
    pub(crate) fn taken(&self, since: i64, until: i64) -> Vec<Line> {
        let within = |line: &Line| {
            let at = line.syn.time;
            line.syn.is_set() && (since..=until).contains(&at)
        };
        self.at_listener().into_iter().filter(|l| l.opening == Opening::Taken && within(l)).collect()
    }

    /// Other connections to the listener that are stuck or ignored at the same time.
    pub(crate) fn stuck_beside(&self) -> Vec<Line> {
        let (since, until) =
            (self.me.first.time - limits::SAME_TROUBLE, self.me.last.time + limits::SAME_TROUBLE);
        let stuck = |line: &Line| {
            let ignored = line.has(Diagnosis::HandshakeSynIgnored)
                || line.opening == Opening::Unanswered && line.syn.is_set()
                || line.has(Diagnosis::HandshakeAcceptQueueOverflow)
                || line.syn_ack.is_set() && line.end(Side::Client).bytes > 0 && {
                    let served = if line.served.is_set() { line.served.time } else { line.last.time };
                    served - line.third_ack.time >= limits::STUCK && line.has(Diagnosis::LossTimeout)
                };
            ignored && line.last.time >= since && line.first.time <= until
        };
        self.at_listener().into_iter().filter(stuck).collect()
    }

    /// By then the server had shown nothing but its SYN-ACK.
    pub(crate) fn never_served(&self) -> bool {
        let served = self.me.served;
        self.me.syn_ack.is_set() && (!served.is_set() || served.time > self.at)
    }

    /// The numbers of this connection go on on other addresses or ports, or those of another on these.
    pub(crate) fn moved(&self) -> Option<(Fact, Finding)> {
        if let Some(finding) = self.told(Diagnosis::PathAddressChanged) {
            return Some((self.fact_at(FactKind::GoesOnHere, finding.subject), finding.clone()));
        }
        let beside = self.of_client_port().into_iter().chain(self.at_listener());
        beside.filter(|line| line.opening == Opening::Late || line.syn.frame == 0).find_map(|line| {
            let finding = moved_from(&line, self.me)?;
            let fact = Fact::new(FactKind::GoesOnElsewhere, line.number, line.first.frame);
            Some((fact, finding))
        })
    }
}

/// The connection `stray` begins with a segment that goes on from where `old` stopped: its sender, its receiver or a
/// translation between them has another address or port now. The finding about `stray`.
pub(crate) fn moved_from(stray: &Line, old: &Line) -> Option<Finding> {
    if stray.number == old.number || stray.syn.is_set() || stray.first.time <= old.first.time {
        return None;
    }
    let changed = Side::BOTH.into_iter().filter(|&side| stray.socket(side) != old.socket(side));
    let changed: Vec<Side> = changed.collect();
    let [changed] = changed[..] else { return None };
    let finding = |answer| {
        Finding::at(Diagnosis::PathAddressChanged, stray.number, stray.first.frame)
            .of(changed)
            .with(Param::Who, Value::Party(changed.party()))
            .with(Param::Source, Value::Socket(stray.socket(changed).into()))
            .with(Param::Listener, Value::Socket(old.socket(changed).into()))
            .with(Param::How, Value::Term(answer))
    };
    if stray.syn_ack.frame == stray.first.frame {
        // It answers exactly the SYN that has no answer.
        let answers = changed == Side::Server && !old.syn_ack.is_set() && old.syn.is_set();
        return (answers && stray.ack == old.isn + 1)
            .then(|| finding(Term::MovedFromFirst).evidence(Role::Syn, old.syn.frame));
    }
    if stray.opening != Opening::Late && stray.syn_ack.is_set() {
        return None;
    }
    let from = stray.first_from;
    let (sender, receiver) = (old.end(from), old.end(from.other()));
    let known = stray.ack != Seq::default()
        && old.opening != Opening::Unanswered
        && sender.last.is_set()
        && receiver.last.is_set();
    // What its sender said last on the old ports: nothing behind that was captured there.
    let next = stray.first_seq == sender.next
        || sender.fin.is_set() && stray.first_seq == sender.next - 1
        || sender.said.time > stray.first.time && stray.first_seq.before(sender.next) && {
            sender.next.since(stray.first_seq) <= limits::SAID_SINCE
        };
    let acknowledges = !stray.ack.before(sender.acked - limits::BEHIND) && !stray.ack.after(receiver.next);
    // A copy of the same packet, captured before and behind a translation, comes within microseconds.
    let apart = stray.first.time - sender.last.time;
    let copy = (-limits::COPY..limits::COPY).contains(&apart);
    let both = stray.ack.since(sender.acked).unsigned_abs() as usize <= limits::WINDOW;
    (known && next && acknowledges && both && !copy)
        .then(|| finding(Term::MovedLater).evidence(Role::Before, old.last.frame.min(stray.first.frame)))
}
