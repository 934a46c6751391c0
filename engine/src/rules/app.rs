//! What the applications do with the connection.

use crate::bounds;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Certainty, Diagnosis};
use crate::connection::{Connection, Seen};
use crate::mark::Mark;
use crate::proof::causality::{Known, Missing};
use crate::proof::trace::{Tracing, needs};
use crate::rules::context::Context;
use crate::side::Side;
use crate::wire::segment::Segment;

pub(crate) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    if !needs!(context.trace, "app";
        "it is of this connection, not of an older one on these ports" => !seen.stray,
        "its receiver does not refuse it" => !seen.refused,
        "it is no SYN" => !seen.segment.flags.syn(),
    ) {
        return;
    }
    slow_response(c, seen, context);
    urgent(c, seen, context);
}

/// The request was acknowledged at once, and the answer's first byte came much later.
fn slow_response(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let (client, server) = (c.client(), c.server());
    let request = client.said;
    if !needs!(context.trace, Diagnosis::AppSlowResponse;
        "it is known who is the client" => c.sides_known(),
        "the server sent it" => seen.from == Side::Server,
        "it has data" => segment.len > 0,
        "the client has said something before" => request.is_set(),
        "its data is new" => !seen.old,
    ) {
        return;
    }
    let took = segment.time - request.time;
    // The path's part of it is not the server's.
    let worked = c.host_took(Side::Server, request.time, segment.time);
    let acked_after = server.acked_at.time - request.time;
    let at_once = server.acked_any && server.acked.reaches(client.next) && acked_after >= 0;
    // Nothing may be missing, and no loss may explain the wait.
    let first = server.said.time < request.time;
    let complete = segment.seq == server.next
        && c.would_show(Missing::Of(Side::Server)) != Known::No
        && client.acked_at.time <= request.time
        && !segment.ack.after(client.next);
    if !needs!(context.trace, Diagnosis::AppSlowResponse;
        "the client's segments are answered" => client.unanswered < bounds::TELLS,
        "the server took as long as --slow-response says" => worked >= context.thresholds.slow_response,
        "it has acknowledged all of the request" => at_once,
        "the acknowledgment came in a quarter of the time" => acked_after * bounds::AT_ONCE <= took,
        "it is the first of the answer" => first,
        "nothing is missing before it" => complete,
        "the client's window is open" => client.window != 0,
        "its IP ID shows no copies that were lost before it" => copies_lost(c, segment) != Some(true),
    ) {
        return;
    }
    // Beside the server nothing can be lost before the capture point; elsewhere its IP IDs tell, where they count.
    let (cause, certainty) = match c.is_beside(Side::Server) {
        true if c.vantage_given.is_some() => (Term::SlowApplication, Certainty::Proved),
        beside if beside || copies_lost(c, segment).is_some() => (Term::SlowApplication, Certainty::Likely),
        _ => (Term::SlowApplicationOrLoss, Certainty::Possible),
    };
    let finding = c
        .finding(Diagnosis::AppSlowResponse, segment)
        .of(Side::Server)
        .evidence(Role::Request, request.frame)
        .evidence(Role::Ack, server.acked_at.frame)
        .with(Param::Acked, Value::Duration(acked_after))
        .with(Param::Took, Value::Duration(took))
        .with(Param::Cause, Value::Term(cause))
        .sure(certainty);
    context.store.tell(finding);
}

/// The server sent packets that were lost before the capture point, and this may be a later copy of them: its IP IDs,
/// which Linux and others count for each connection, go on by more than one. `None` where they tell nothing: there
/// are none, or they are random, or count the packets of the whole host (Windows, known by its TTL).
fn copies_lost(c: &Connection, segment: &Segment<'_>) -> Option<bool> {
    let server = c.server();
    let id = segment.ip?.id.filter(|&id| id != 0)?;
    let by_connection =
        server.ids_count() && server.ttl != 0 && server.ttl <= bounds::LINUX_TTL && server.ip_id != 0;
    let step = id.wrapping_sub(server.ip_id);
    (by_connection && (1..=bounds::MOST_COPIES).contains(&step)).then_some(step > 1)
}

fn urgent(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    if !needs!(context.trace, Diagnosis::AppUrgentData;
        "it has URG" => seen.segment.flags.urg(),
        "it was not told before of this side"
            => !std::mem::replace(&mut context.notes.details().app.urgent_told[seen.from as usize], true),
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::AppUrgentData, seen.segment)
        .of(seen.from)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Pointer, Value::Count(seen.segment.urgent.into()));
    context.store.tell(finding);
}

/// What the applications have not said so far.
pub(crate) fn pending(c: &Connection, now: i64, trace: impl Tracing, out: &mut Vec<Finding>) {
    let (client, server) = (c.client(), c.server());
    let opened = needs!(trace, "app";
        "the third ACK was seen" => c.handshake.third_ack.is_set(),
        "the SYN-ACK was seen" => c.handshake.syn_ack.is_set(),
        "both sides were seen" => c.both_seen(),
    );
    if !opened {
        return;
    }
    let ack = c.handshake.third_ack;
    let quiet = client.bytes() == 0 && server.bytes() == 0;
    let until = c
        .ends
        .iter()
        .map(|e| e.fin)
        .chain([c.rst(Side::Client), c.rst(Side::Server)])
        .filter_map(Mark::get)
        .map(|m| m.time)
        .min()
        .unwrap_or(now);
    if needs!(trace, Diagnosis::AppServerFirstSilence;
        "neither side has sent data" => quiet,
        "it was so for long" => until - ack.time >= bounds::SILENT,
        "the SYN-ACK was not repeated" => c.handshake.syn_ack_repeats == 0,
    ) {
        out.push(
            c.finding_at(Diagnosis::AppServerFirstSilence, ack.frame)
                .proved_by(c.last().frame)
                .with(Param::Waited, Value::Duration(until - ack.time)),
        );
    }
    let request: Mark = client.said;
    let acked = server.acked_any && server.acked.reaches(client.next) && server.acked_at.time >= request.time;
    let ended = c.is_reset() || c.ends.iter().any(|e| e.fin.is_set());
    let answered = server.said.time >= request.time && server.bytes() > 0;
    let waited = until - request.time;
    if needs!(trace, Diagnosis::AppNoResponse;
        "the client has said something" => request.is_set(),
        "the server has acknowledged it" => acked,
        "the server has sent nothing since" => !answered,
        "the client's segments were answered" => client.unanswered < bounds::TELLS,
        "the connection has ended" => ended,
        "the answer was long in coming" => waited >= bounds::UNANSWERED,
        "the capture may show all of the server" => c.would_show(Missing::Of(Side::Server)) != Known::No,
    ) {
        out.push(
            c.finding_at(Diagnosis::AppNoResponse, request.frame)
                .proved_by(c.last().frame)
                .of(Side::Server)
                .evidence(Role::Ack, server.acked_at.frame)
                .with(Param::Waited, Value::Duration(waited)),
        );
    }
}
