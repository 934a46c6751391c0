//! What the applications do with the connection.

use crate::bounds;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Certainty, Diagnosis, Severity};
use crate::connection::endpoint::Facts;
use crate::connection::{Connection, Seen};
use crate::mark::Mark;
use crate::proof::causality::{Known, Missing};
use crate::proof::trace::{Tracing, met, needs};
use crate::rules::context::Context;
use crate::rules::notes::Notes;
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
    if seen.segment.len > 0 {
        waits_on_purpose(seen, context);
        slow_response(c, seen, context);
    }
    urgent(c, seen, context);
}

/// Ports of services in which each side speaks when it has something to say: shells and screens, messages, tunnels, stations
/// that report, and routers that only show that they are there (IANA: ssh, telnet, bgp, login, shell, msdp, ldp, openvpn,
/// mqtt, iec-104, ms-wbt-server, xmpp, rfb, ircd, dnp).
const CONVERSE: [u16; 15] =
    [22, 23, 179, 513, 514, 639, 646, 1194, 1883, 2404, 3389, 5222, 5900, 6667, 20000];

/// Its service is not one of requests and responses.
fn converses(c: &Connection) -> bool {
    CONVERSE.contains(&c.tuple.dst.port)
}

/// The client asks in Redis's words to be answered only when there is something to tell.
fn waits_on_purpose(seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    const BLOCKING: [&[u8]; 9] = [
        b"BLPOP",
        b"BRPOP",
        b"BLMOVE",
        b"BLMPOP",
        b"BZPOPMIN",
        b"BZPOPMAX",
        b"BZMPOP",
        b"BLOCK",
        b"SUBSCRIBE",
    ];
    const FIRST: usize = 64;
    let payload = seen.segment.payload;
    let asks = seen.from == Side::Client && payload.first() == Some(&b'*') && {
        let first = &payload[..payload.len().min(FIRST)];
        BLOCKING.iter().any(|word| first.windows(word.len()).any(|at| at.eq_ignore_ascii_case(word)))
    };
    if met(context.trace, Diagnosis::AppSlowResponse, "the client asks to be kept waiting", asks) {
        context.notes.details().app.asks_to_wait = seen.segment.mark();
    }
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
    let by_fin = is_acked_with_later_fin(c);
    let acked = server.acked_any && server.acked.reaches(client.next) && acked_after >= 0;
    let at_once = by_fin || acked_after <= took / bounds::AT_ONCE;
    // Nothing may be missing, and no loss may explain the wait.
    let first = server.said.time < request.time;
    let complete = || {
        segment.seq == server.next
            && c.would_show(Missing::Of(Side::Server)) != Known::No
            && client.acked_at.time <= request.time
            && !segment.ack.after(client.next)
    };
    if !needs!(context.trace, Diagnosis::AppSlowResponse;
        "the client's segments are answered" => client.unanswered < bounds::TELLS,
        "the server took as long as --slow-response says" => worked >= context.thresholds.slow_response,
        "its service is one of requests and responses" => !converses(c),
        "the client has asked for something" => !client.is(Facts::SAYS_NO_REQUEST),
        "it does not speak unasked" => server.unanswered < bounds::TELLS,
        "it has acknowledged all of the request" => acked,
        "the acknowledgment came in a quarter of the time" => at_once,
        "it is the first of the answer" => first,
        "nothing is missing before it" => complete(),
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
    let mut finding = c
        .finding(Diagnosis::AppSlowResponse, segment)
        .of(Side::Server)
        .evidence(Role::Request, request.frame)
        .with(Param::Took, Value::Duration(took))
        .with(Param::Cause, Value::Term(cause))
        .sure(certainty);
    if !by_fin {
        finding.show(Role::Ack, server.acked_at.frame);
        finding.set(Param::Acked, Value::Duration(acked_after));
    }
    let app = context.notes.details.as_ref().map(|details| details.app).unwrap_or_default();
    // A gateway that gives up its backend says so, after as long each time, too.
    let failed = segment.payload.starts_with(b"HTTP/1.") && segment.payload.get(9) == Some(&b'5');
    let alike = app.wait >= bounds::HELD && (took - app.wait).abs() <= app.wait / bounds::ALIKE;
    let by = "app.held";
    let again = met(
        context.trace,
        by,
        "it took as long the time before, as where a server holds it back",
        alike && !failed,
    );
    let asked = app.asks_to_wait.frame == request.frame;
    if met(context.trace, by, "it was held on purpose", again || asked) {
        finding.rate(Severity::Note, Term::HeldOnPurpose);
    }
    if again {
        context.store.amend(app.slow, |finding| finding.rate(Severity::Note, Term::HeldOnPurpose));
    }
    let told = context.store.tell(finding);
    let app = &mut context.notes.details().app;
    (app.slow, app.wait) = (told, if failed { 0 } else { took });
}

/// The newest acknowledgment of the client is of its FIN, which came behind the request: when that was acknowledged is not
/// known any more, but that it was.
fn is_acked_with_later_fin(c: &Connection) -> bool {
    let client = c.client();
    client.fin_acked.is_set() && client.fin.frame != client.said.frame
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
pub(crate) fn pending(c: &Connection, notes: &Notes, now: i64, trace: impl Tracing, out: &mut Vec<Finding>) {
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
    let until = ending(c).0.get().map_or(now, |end| end.time);
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
    no_response(c, notes, now, trace, out);
}

/// The request was acknowledged, and nothing came for long: until somebody left, or the capture ended.
fn no_response(c: &Connection, notes: &Notes, now: i64, trace: impl Tracing, out: &mut Vec<Finding>) {
    let (client, server) = (c.client(), c.server());
    let request: Mark = client.said;
    let acked = server.acked.reaches(client.data_end()) && server.acked_at.time >= request.time;
    let answered = server.said.time >= request.time;
    let (end, by_client) = ending(c);
    let waited = end.get().map_or(now, |end| end.time) - request.time;
    // In HTTP a client waits for an answer for certain; others may only tell, and then be silent.
    let asks = notes.http.heads.any();
    let patience = match end.is_set() {
        true if asks && by_client => bounds::GIVES_UP_WAITING,
        true => bounds::UNANSWERED,
        false if asks => bounds::UNANSWERED,
        false => i64::MAX,
    };
    if !needs!(trace, Diagnosis::AppNoResponse;
        "the client has said something" => request.is_set(),
        "the server has acknowledged it" => acked,
        "the server has sent nothing since" => !answered,
        "its service is one of requests and responses" => !converses(c),
        "the client has asked for something" => !client.facts.intersects(Facts::SAYS_GOODBYE | Facts::SAYS_NO_REQUEST),
        "the client's segments were answered" => client.unanswered < bounds::TELLS,
        "the server's window is open" => server.window != 0,
        "the answer was long in coming" => waited >= patience,
        "the capture may show all of the server" => c.would_show(Missing::Of(Side::Server)) != Known::No,
    ) {
        return;
    }
    let (how, certainty) = match end.is_set() {
        true => (Term::UntilItEnded, Certainty::Proved),
        false => (Term::UntilCaptureEnds, Certainty::Likely),
    };
    out.push(
        c.finding_at(Diagnosis::AppNoResponse, request.frame)
            .proved_by(c.last().frame)
            .of(Side::Server)
            .evidence(Role::Ack, if is_acked_with_later_fin(c) { 0 } else { server.acked_at.frame })
            .with(Param::Waited, Value::Duration(waited))
            .with(Param::How, Value::Term(how))
            .sure(certainty),
    );
}

/// The first FIN or RST, and whether the client sent it; unset where there is none.
fn ending(c: &Connection) -> (Mark, bool) {
    let of =
        |side| [c.end(side).fin, c.rst(side)].into_iter().filter_map(Mark::get).map(move |mark| (mark, side));
    let first = Side::BOTH.into_iter().flat_map(of).min_by_key(|(mark, _)| mark.time);
    first.map_or((Mark::default(), false), |(mark, side)| (mark, side == Side::Client))
}
