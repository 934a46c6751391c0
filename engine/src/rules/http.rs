//! HTTP/1 faults that the transport shows the effect of (RFC 9112).

use crate::bounds;
use crate::catalogue::findings::{Told, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Diagnosis, Severity};
use crate::connection::endpoint::Facts;
use crate::connection::{Connection, Seen};
use crate::mark::Mark;
use crate::proof::causality::{Known, Missing};
use crate::proof::trace::{Tracing, concluded, known, met, needs};
use crate::rules::context::Context;
use crate::rules::notes::{Notes, Stream};
use crate::side::Side;
use crate::wire::http;
use crate::wire::http::{Direction, Event, Held, Newline};

pub(crate) fn segment(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    if !needs!(context.trace, "http";
        "it is of this connection, not of an older one on these ports" => !seen.stray,
        "its receiver does not refuse it" => !seen.refused,
        "it is no SYN without data" => !(segment.flags.syn() && segment.len == 0),
    ) {
        return;
    }
    if seen.from == Side::Client && c.client().bytes() == 0 && begins(c, context.notes, seen) {
        context.notes.http.directions.iter_mut().for_each(Direction::begin);
    }
    let begun = context.notes.http.directions[0].begun();
    if !met(context.trace, "http", "the connection began with a request of HTTP/1", begun) {
        return;
    }
    if segment.len > 0 {
        read(c, seen, context);
    }
    let from_server = seen.from == Side::Server;
    if from_server && (segment.flags.fin() || segment.flags.rst()) {
        closed(c, seen, context);
    }
    // Behind a RST that ends it nothing comes; behind one that does not, the reading goes on.
    if segment.flags.rst() {
        context.unfinished.may_go(c.number);
    } else if from_server && segment.flags.fin() {
        context.notes.http.directions.iter_mut().for_each(Direction::stop);
        context.unfinished.forget(c.number);
    }
}

fn begins(c: &Connection, notes: &Notes, seen: &Seen<'_>) -> bool {
    !notes.http.directions[0].begun()
        && !c.server().fin.is_set()
        && http::begins_request(seen.segment.payload)
}

fn read(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let sender = c.end(seen.from);
    let side = seen.from as usize;
    let mut direction = context.notes.http.directions[side];
    let skip = if sender.seen { sender.next.since(segment.seq) } else { 0 };
    let skip = if segment.flags.syn() { 0 } else { skip };
    if skip >= segment.len as i32 {
        return;
    }
    let mut held =
        if direction.may_hold() { context.unfinished.take(c.number, seen.from) } else { Held::default() };
    let cut = segment.payload.len() < segment.len as usize;
    if !needs!(context.trace, "http";
        "no gap is before it" => skip >= 0,
        "all of its payload was captured" => !cut,
        "nothing of its sender was acknowledged unseen" => !sender.is(Facts::UNSEEN),
    ) {
        // A gap, not captured, or cut by the snap length: what follows cannot be understood.
        context.notes.http.directions[side].stop();
        return;
    }
    let is_request = seen.from == Side::Client;
    if is_request {
        expected_in_vain(c, seen, context);
    }
    let payload = &segment.payload[skip as usize..];
    let mut heads = context.notes.http.heads;
    // Told from the start of a segment, also where a gap keeps the requests from being read.
    if is_request && held.is_empty() && http::begins_request(payload) {
        heads.push(payload.starts_with(b"HEAD "));
    }
    concluded(context.trace, "http", "its payload is read");
    let at = segment.mark();
    let stream = context.notes.details.as_mut().and_then(|d| d.http.stream.as_mut()).filter(|_| !is_request);
    if let Some(stream) = stream {
        stream.parts += 1;
        let mean = (segment.time - stream.began) / i64::from(stream.parts);
        context.store.amend(stream.told, |finding| {
            finding.set(Param::Parts, Value::Count(stream.parts.into()));
            finding.set(Param::Every, Value::Duration(mean));
        });
    }
    direction.read(payload, at, &mut held, is_request, || heads.pop(), |event| tell(c, seen, event, context));
    if !context.unfinished.put(c.number, seen.from, held) {
        direction.stop();
    }
    context.notes.http.directions[side] = direction;
    context.notes.http.heads = heads;
}

fn tell(c: &Connection, seen: &Seen<'_>, event: Event, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let who = Value::Party(seen.from.party());
    let new = |c: &Connection, d| c.finding(d, segment).of(seen.from).with(Param::Who, who);
    match event {
        Event::Request { expects, asks_to_wait } => {
            concluded(context.trace, "http", "a request");
            if expects {
                context.notes.details().http.expects = segment.mark();
            }
            if asks_to_wait {
                context.notes.details().app.asks_to_wait = segment.mark();
            }
        }
        // One newline may seem two faults: an empty line, and another one behind it.
        Event::StrayNewline(_) if has_fault(context.notes) => {}
        Event::StrayNewline(newline) => {
            met(
                context.trace,
                Diagnosis::HttpHeaderNewline,
                "a line ends with one newline too many, or a bare one",
                true,
            );
            let kind = if newline == Newline::Bare { Term::NewlineBare } else { Term::NewlineDoubled };
            let finding = new(c, Diagnosis::HttpHeaderNewline)
                .with(Param::Kind, Value::Term(kind))
                .with(Param::Reaction, Value::Term(Term::NoReaction));
            fault(context.store.tell(finding), context);
        }
        Event::Malformed => {
            met(context.trace, Diagnosis::HttpMalformed, "it breaks the grammar of HTTP/1", true);
            let finding =
                new(c, Diagnosis::HttpMalformed).with(Param::Reaction, Value::Term(Term::NoReaction));
            fault(context.store.tell(finding), context);
        }
        Event::BadChunk => {
            met(context.trace, Diagnosis::HttpBadChunk, "the length of a chunk makes no sense", true);
            let finding = new(c, Diagnosis::HttpBadChunk);
            context.store.tell(finding);
        }
        Event::Response { status, compressed_stream } => {
            concluded(context.trace, "http", "the head of a response");
            let compressed = "it is a compressed stream of events";
            met(context.trace, Diagnosis::HttpStreamCompressed, compressed, compressed_stream);
            if let Some(details) = &mut context.notes.details {
                details.http.expects = Mark::default();
            }
            if status >= 200 {
                reaction(segment.frame, Term::ServerAnswered, Some(status), context);
            }
            if compressed_stream {
                let finding = new(c, Diagnosis::HttpStreamCompressed);
                let told = context.store.tell(finding);
                context.notes.details().http.stream = Some(Stream { told, began: segment.time, parts: 0 });
            }
        }
    }
}

fn fault(told: Option<Told>, context: &mut Context<'_, impl Tracing>) {
    let http = &mut context.notes.details().http;
    (http.fault, http.reacted) = (told, false);
}

/// A fault was told of a request, and the server has not reacted to it yet.
fn has_fault(notes: &Notes) -> bool {
    notes.details.as_ref().is_some_and(|details| details.http.fault.is_some() && !details.http.reacted)
}

/// The first reaction to a fault counts, unless a later one says that it was one: 400.
fn reaction(frame: u32, how: Term, status: Option<u16>, context: &mut Context<'_, impl Tracing>) {
    let Some(details) = &mut context.notes.details else { return };
    let http = &mut details.http;
    if http.reacted && status != Some(400) {
        return;
    }
    context.store.add(http.fault, move |finding| {
        finding.set(Param::Reaction, Value::Term(how));
        if let Some(status) = status {
            finding.set(Param::Code, Value::Count(status.into()));
        }
        finding.show(Role::Reaction, frame);
    });
    http.reacted |= http.fault.is_some() && !context.store.is_under_a_claim();
}

/// The body follows a head that had asked for 100 Continue, without it.
fn expected_in_vain(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let Some(details) = &mut context.notes.details else { return };
    let head = std::mem::take(&mut details.http.expects);
    let pause = seen.segment.time - head.time;
    let server = c.server();
    if !needs!(context.trace, Diagnosis::HttpExpectUnanswered;
        "the request before it expects 100 Continue" => head.is_set(),
        "the server has sent no answer" => server.said.time < head.time,
        "an answer had time to come" => !c.may_cross(head.time, seen.segment.time),
        "it comes after a pause" => pause >= bounds::EXPECT_PAUSE,
        "nothing of the server is missing" => server.is_whole(),
    ) {
        return;
    }
    let mut finding = c
        .finding(Diagnosis::HttpExpectUnanswered, seen.segment)
        .of(Side::Server)
        .evidence(Role::Request, head.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Peer, Value::Party(Side::Server.party()))
        .with(Param::Waited, Value::Duration(pause));
    if pause < bounds::EXPECT_LONG {
        finding.rate(Severity::Note, Term::ShortPause);
    }
    context.store.tell(finding);
}

/// The server closes: was all said that had been announced?
fn closed(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    // Where the client has closed, that is what the server answers.
    if !c.client().fin.is_set() {
        reaction(segment.frame, Term::Closed, None, context);
    }
    let request = context.unfinished.get(c.number, Side::Client).map(|held| held.began);
    let lacks = |side| c.would_show(Missing::Of(side)) == Known::No;
    let asked = !lacks(Side::Client);
    let in_head =
        request.filter(|_| asked && context.notes.http.directions[0].at_head() && !c.client().fin.is_set());
    let in_head = known(context.trace, Diagnosis::HttpRequestIncomplete, "a request has no end yet", in_head);
    let patient = |request: &Mark| {
        let patient = segment.time - request.time >= bounds::PATIENCE;
        met(context.trace, Diagnosis::HttpRequestIncomplete, "the server has waited for long", patient)
    };
    if let Some(request) = in_head.filter(patient) {
        let finding = c
            .finding(Diagnosis::HttpRequestIncomplete, segment)
            .about(request.frame)
            .of(Side::Client)
            .evidence(Role::Reaction, segment.frame)
            .with(Param::Waited, Value::Duration(segment.time - request.time));
        context.store.tell(finding);
    }
    let server = c.server();
    let whole = needs!(context.trace, Diagnosis::HttpLengthMismatch;
        "nothing of the client is missing" => asked,
        "it has FIN" => segment.flags.fin(),
        "nothing of the server is missing" => !lacks(Side::Server),
        "nor is anything right before it" => !segment.seq.after(server.next),
    );
    let missing = context.notes.http.directions[1].missing().filter(|_| whole);
    let announced = "less came of the response than it had announced";
    if let Some(missing) = known(context.trace, Diagnosis::HttpLengthMismatch, announced, missing) {
        let finding = c
            .finding(Diagnosis::HttpLengthMismatch, segment)
            .of(Side::Server)
            .with(Param::Who, Value::Party(Side::Server.party()))
            .with(Param::Bytes, Value::Bytes(missing));
        context.store.tell(finding);
    }
}
