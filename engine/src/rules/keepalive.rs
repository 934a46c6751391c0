//! Keep-alive probes of idle connections (RFC 9293, 3.8.4; RFC 1122, 4.2.3.6).

use crate::bounds;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Certainty, Diagnosis, Severity};
use crate::connection::endpoint::Endpoint;
use crate::connection::{Connection, Seen};
use crate::mark::Mark;
use crate::proof::rst::Rst;
use crate::proof::trace::{Tracing, known, met, needs};
use crate::rules::context::Context;
use crate::rules::notes::Notes;
use crate::rules::notes::Probes;
use crate::side::Side;
use crate::wire::segment::Segment;

pub(crate) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    if !needs!(context.trace, "keepalive";
        "it is no RST" => !segment.flags.rst(),
        "it is of this connection, not of an older one on these ports" => !seen.stray,
        "its receiver does not refuse it" => !seen.refused,
    ) {
        return;
    }
    if is_probe(c, segment, seen.from, context.trace) {
        probe(c, segment, seen.from, context);
        return;
    }
    let Some(details) = &mut context.notes.details else { return };
    let notes = &mut details.keepalive;
    // Anything of its own ends a side's line of probes; anything of the peer answers it.
    if segment.seq_len() > 0 {
        let line = &mut notes.lines[seen.from as usize];
        *line = Probes { alone: line.alone.take(), ..Probes::default() };
    }
    // Its echo moves on when something of the peer arrives, captured or not.
    let line = &mut notes.lines[seen.from as usize];
    let echo = segment.options.timestamps.map(|t| t.1);
    if !line.answer.is_set() && line.echo.is_some() && echo != line.echo {
        line.answer = segment.mark();
    }
    let line = &mut notes.lines[seen.from.other() as usize];
    // One lost packet, or one that the capture lacks.
    context.store.amend(line.alone.take(), |finding| finding.rate(Severity::Note, Term::HeardAgain));
    if needs!(context.trace, Diagnosis::KeepaliveAnswer;
        "the other side has sent a probe" => line.probe.is_set(),
        "it has no answer yet" => !line.answer.is_set(),
    ) {
        line.answer = segment.mark();
        let probe = line.probe;
        let prober = c.end(seen.from.other());
        if needs!(context.trace, Diagnosis::KeepaliveAnswer;
            "it is a pure ACK" => segment.is_pure_ack(),
            "it acknowledges all that the other side has sent" => segment.ack == prober.next,
        ) {
            // It echoes the probe's timestamp (RFC 7323, 4.3).
            let echoes = echo.is_some() && echo == prober.tsval() && prober.last.frame == probe.frame;
            let finding = c
                .finding(Diagnosis::KeepaliveAnswer, segment)
                .of(seen.from)
                .evidence(Role::Probe, probe.frame)
                .with(Param::Who, Value::Party(seen.from.party()))
                .with(Param::Took, Value::Duration(segment.time - probe.time))
                .sure(if echoes { Certainty::Proved } else { Certainty::Likely });
            context.store.tell(finding);
        }
    }
}

/// An empty or one-byte segment just below the next sequence number, on a line at rest.
///
/// With a closed window on the other side the same segment is a window probe; while something is in flight, or where it
/// pushes its byte, it is a resend; and an old ACK that was overtaken looks the same but for its timestamp and the rest.
fn is_probe(c: &Connection, segment: &Segment<'_>, from: Side, trace: impl Tracing) -> bool {
    let (sender, peer) = (c.end(from), c.end(from.other()));
    let shape = segment.flags.ack() && !segment.flags.syn() && !segment.flags.fin() && segment.len <= 1;
    needs!(trace, Diagnosis::KeepaliveProbe;
        "it has ACK, neither SYN nor FIN, and a byte at most" => shape,
        "it does not push a byte" => !(segment.len == 1 && segment.flags.psh()),
        "its sender was seen before" => sender.seen,
        "its sender has acknowledged before" => sender.acked_any,
        "it is just below the next number" => segment.seq + 1 == sender.next,
        "it acknowledges nothing new" => segment.ack == sender.acked,
        "the other side's window is open" => peer.window != 0,
        "nothing of its sender is unacknowledged" => sender.all_acknowledged(peer),
        "it does not repeat the number of the SYN while the connection opens"
            => !sender.has_isn || segment.seq != sender.isn || c.handshake.established(),
        "the line is at rest" => at_rest(sender, segment),
    )
}

fn at_rest(sender: &Endpoint, segment: &Segment<'_>) -> bool {
    let quiet = segment.time - sender.last.time;
    is_newest(sender, segment) && !sender.fin.is_set() || quiet >= bounds::IDLE_LINE
}

/// Its timestamp is newer than all before it of its sender, so that it cannot have been overtaken.
fn is_newest(sender: &Endpoint, segment: &Segment<'_>) -> bool {
    sender
        .tsval()
        .zip(segment.options.timestamps)
        .is_some_and(|(last, (this, _))| (this.wrapping_sub(last) as i32) > 0)
}

fn probe(c: &Connection, segment: &Segment<'_>, from: Side, context: &mut Context<'_, impl Tracing>) {
    let ahead = answer_ahead(c, context.notes, segment, from);
    let (sender, peer) = (c.end(from), c.end(from.other()));
    let idle_since = if ahead.is_set() { sender.last.time } else { sender.last.time.max(peer.last.time) };
    let echo = segment.options.timestamps.map(|t| t.1);
    let line = &mut context.notes.details().keepalive.lines[from as usize];
    let before = line.probe;
    // An answer that reaches its sender moves TSecr on: where it stands still, the answer was lost later; where it
    // has moved, there was one, captured or not.
    let known = before.is_set() && echo.is_some();
    let stuck = known && echo == line.echo;
    let answered = line.answer.is_set() || !before.is_set() || (known && !stuck);
    let failed = !answered || stuck;
    line.failed = if failed { line.failed + 1 } else { 0 };
    line.count = line.count.saturating_add(1);
    line.probe = segment.mark();
    line.answer = ahead;
    line.echo = echo;
    let unanswered = needs!(context.trace, Diagnosis::KeepaliveUnanswered;
        "there was a probe before" => before.is_set(),
        "it has no answer" => !answered,
        "an answer had time to come" => segment.time - before.time >= bounds::RATE_LIMIT,
    );
    line.alone = None;
    let alone = line.failed == 1;
    let interval = segment.time - if before.is_set() { before.time } else { idle_since };
    let frequent = needs!(context.trace, Diagnosis::KeepaliveFrequent;
        "there was a probe before" => before.is_set(),
        "it was not told before" => !line.frequent_told,
        "they are no further apart than --keepalive-interval says"
            => interval <= context.thresholds.keepalive_interval,
    );
    line.frequent_told |= frequent;
    line.interval = interval;
    let count = line.count;
    // Nothing else is sent anew and empty below the next sequence number; a byte may be sent again in vain.
    let anew = segment.len == 0 && is_newest(sender, segment);
    let certainty = if anew { Certainty::Proved } else { Certainty::Likely };

    if unanswered {
        let finding = unanswered_finding(c, from, before).proved_by(segment.frame);
        let told = context.store.tell(finding);
        context.notes.details().keepalive.lines[from as usize].alone = told.filter(|_| alone);
    }
    let who = Value::Party(from.party());
    let mut finding = c
        .finding(Diagnosis::KeepaliveProbe, segment)
        .of(from)
        .evidence(Role::ProbeBefore, before.frame)
        .with(Param::Who, who)
        .with(Param::Count, Value::Count(count.into()))
        .with(Param::Idle, Value::Duration(segment.time - idle_since))
        .sure(certainty);
    if before.is_set() {
        finding.set(Param::Interval, Value::Duration(interval));
    }
    context.store.tell(finding);
    if frequent {
        let known = match interval {
            bounds::GO_FROM..=bounds::GO_TO => Term::IntervalGo,
            bounds::HALF_MINUTE_FROM..=bounds::HALF_MINUTE_TO => Term::Interval30s,
            _ => Term::IntervalOther,
        };
        let finding = c
            .finding(Diagnosis::KeepaliveFrequent, segment)
            .of(from)
            .evidence(Role::ProbeBefore, before.frame)
            .with(Param::Who, who)
            .with(Param::Interval, Value::Duration(interval))
            .with(Param::Known, Value::Term(known))
            .sure(certainty);
        context.store.tell(finding);
    }
}

/// The answer to the probe `segment` where the capture shows it ahead of the probe; unset otherwise.
fn answer_ahead(c: &Connection, notes: &Notes, segment: &Segment<'_>, from: Side) -> Mark {
    let (last, before) = (c.end(from.other()).last, c.end(from).last);
    let its_probe = notes.details.as_ref().map(|d| d.keepalive.lines[from.other() as usize].probe);
    let at_once =
        (segment.time - last.time).abs() <= bounds::MIXED_UP && last.time - before.time >= bounds::IDLE_LINE;
    if at_once && its_probe.is_none_or(|probe| probe.frame != last.frame) { last } else { Mark::default() }
}

fn unanswered_finding(c: &Connection, from: Side, probe: Mark) -> Finding {
    c.finding_at(Diagnosis::KeepaliveUnanswered, probe.frame)
        .of(from.other())
        .with(Param::Who, Value::Party(from.party()))
        .with(Param::Peer, Value::Party(from.other().party()))
}

/// Probes in a row of that side whose answers it did not get.
/// None have failed for good before the next is due: what its sender does sooner has another reason.
pub(crate) fn failed(notes: &Notes, from: Side, now: i64) -> u32 {
    let Some(details) = &notes.details else { return 0 };
    let line = &details.keepalive.lines[from as usize];
    if now - line.probe.time < line.interval - line.interval / bounds::TIMER_SLACK {
        return 0;
    }
    let newest = u32::from(line.probe.is_set() && (!line.answer.is_set() || line.failed > 0));
    line.failed + newest
}

/// A RST after probes: the newest of them was not answered either.
pub(crate) fn reset(c: &Connection, seen: &Seen<'_>, rst: Rst, context: &mut Context<'_, impl Tracing>) {
    let gives_up = rst == Rst::KeepaliveTimeout;
    if !met(context.trace, Diagnosis::ResetKeepaliveTimeout, "that is what the RST is (rst)", gives_up) {
        return;
    }
    let failed = failed(context.notes, seen.from, seen.segment.time);
    let line = &context.notes.details().keepalive.lines[seen.from as usize];
    let (probe, answer) = (line.probe, line.answer);
    if met(context.trace, Diagnosis::KeepaliveUnanswered, "the newest probe has no answer", !answer.is_set())
    {
        let finding = unanswered_finding(c, seen.from, probe).proved_by(seen.segment.frame);
        context.store.tell(finding);
    }
    let finding = c
        .finding(Diagnosis::ResetKeepaliveTimeout, seen.segment)
        .of(seen.from.other())
        .evidence(Role::Probe, probe.frame)
        .evidence(Role::Answer, answer.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Peer, Value::Party(seen.from.other().party()))
        .with(Param::Count, Value::Count(failed.into()))
        .with(Param::Reading, Value::Term(if answer.is_set() { Term::AnswersLost } else { Term::NoAnswers }));
    context.store.tell(finding);
}

/// The newest probe has gone without an answer for longer than a round trip and the time to answer takes.
pub(crate) fn pending(c: &Connection, notes: &Notes, now: i64, trace: impl Tracing, out: &mut Vec<Finding>) {
    let trouble = "there was something to note of the connection";
    let details = notes.details.as_ref();
    let Some(details) = known(trace, Diagnosis::KeepaliveUnanswered, trouble, details) else { return };
    if !met(trace, Diagnosis::KeepaliveUnanswered, "both sides were seen", c.both_seen()) {
        return;
    }
    for from in Side::BOTH {
        let line = &details.keepalive.lines[from as usize];
        let due = now - 2 * bounds::RATE_LIMIT;
        if needs!(trace, (Diagnosis::KeepaliveUnanswered, from);
            "it has sent a probe" => line.probe.is_set(),
            "the newest has no answer" => !line.answer.is_set(),
            "it has sent no RST" => !c.rst(from).is_set(),
            "an answer had time to come" => c.had_time(from.other(), line.probe.time, due),
            "the other side was not heard since" => c.end(from.other()).last.time < line.probe.time,
        ) {
            out.push(unanswered_finding(c, from, line.probe).proved_by(c.last().frame));
        }
    }
}
