//! HTTP/1 faults that the transport shows the effect of (RFC 9112).

use super::Context;
use crate::catalogue::Diagnosis;
use crate::connection::{Connection, From, Seen};
use crate::endpoint::{Endpoint, Facts, Mark};
use crate::findings::{Finding, Told, Value};
use crate::http::{self, Direction, Event, Held, Newline};

/// What this tracker keeps about every connection, in 22 bytes.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, packed(2))]
pub(crate) struct Notes {
    directions: [Direction; 2],
    heads: Heads,
}

/// What it keeps where there was something to tell.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// A fault of the request that the server has not yet reacted to.
    fault: Option<Told>,
    stream: Option<Stream>,
}

/// A compressed stream of events.
#[derive(Clone, Copy, Debug)]
struct Stream {
    told: Option<Told>,
    began: i64,
    parts: u32,
}

/// Whether each unanswered request is a HEAD: 31 of them are told apart (pipelining).
///
/// A bit each, the oldest the lowest, and a 1 above the newest; no bit at all where there is none.
#[derive(Clone, Copy, Debug, Default)]
struct Heads(u32);

impl Heads {
    fn push(&mut self, is_head: bool) {
        let mark = self.0.max(1).ilog2();
        if mark < u32::BITS - 1 {
            self.0 = (self.0 & !(1 << mark)) | u32::from(is_head) << mark | 2 << mark;
        }
    }

    fn pop(&mut self) -> bool {
        let is_head = self.0 > 1 && self.0 & 1 == 1;
        self.0 >>= 1;
        is_head
    }
}

/// A server that closes on an unfinished request sooner has another reason, nanoseconds.
const PATIENCE: i64 = 1_000_000_000;

pub(crate) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    if seen.stray || segment.flags.syn() && segment.len == 0 {
        return;
    }
    if segment.len > 0 && seen.from == From::Client && c.client().bytes() == 0 && begins(c, seen) {
        c.http.directions.iter_mut().for_each(Direction::begin);
    }
    if !c.http.directions[0].begun() {
        return;
    }
    if segment.len > 0 {
        read(c, seen, context);
    }
    let from_server = seen.from == From::Server;
    if from_server && (segment.flags.fin() || segment.flags.rst()) {
        closed(c, seen, context);
    }
    if segment.flags.rst() || (from_server && segment.flags.fin()) {
        c.http.directions.iter_mut().for_each(Direction::stop);
        context.unfinished.forget(c.number);
    }
}

fn begins(c: &Connection, seen: &Seen<'_>) -> bool {
    !c.http.directions[0].begun() && !c.server().fin.is_set() && http::begins_request(seen.segment.payload)
}

fn read(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let sender = c.end(seen.from);
    let side = seen.from as usize;
    let mut direction = c.http.directions[side];
    let skip = if sender.seen { sender.next.since(segment.seq) } else { 0 };
    let skip = if segment.flags.syn() { 0 } else { skip };
    if skip >= segment.len as i32 {
        return;
    }
    let mut held =
        if direction.may_hold() { context.unfinished.take(c.number, seen.from) } else { Held::default() };
    let cut = segment.payload.len() < segment.len as usize;
    if skip < 0 || cut || sender.is(Facts::UNSEEN) {
        // A gap, not captured, or cut by the snap length: what follows cannot be understood.
        c.http.directions[side].stop();
        return;
    }
    let is_request = seen.from == From::Client;
    let payload = &segment.payload[skip as usize..];
    let mut heads = c.http.heads;
    // Told from the start of a segment, also where a gap keeps the requests from being read.
    if is_request && held.is_empty() && http::begins_request(payload) {
        heads.push(payload.starts_with(b"HEAD "));
    }
    let at = Mark::of(segment);
    let stream = c.details.as_mut().and_then(|d| d.http.stream.as_mut()).filter(|_| !is_request);
    if let Some(stream) = stream {
        stream.parts += 1;
        let mean = (segment.time - stream.began) / i64::from(stream.parts);
        context.store.amend(stream.told, |finding| {
            finding.set("parts", Value::Count(stream.parts.into()));
            finding.set("every", Value::Duration(mean));
        });
    }
    direction.read(payload, at, &mut held, is_request, || heads.pop(), |event| tell(c, seen, event, context));
    if !context.unfinished.put(c.number, seen.from, held) {
        direction.stop();
    }
    c.http.directions[side] = direction;
    c.http.heads = heads;
}

fn tell(c: &mut Connection, seen: &Seen<'_>, event: Event, context: &mut Context<'_>) {
    let segment = seen.segment;
    let who = Value::Side(seen.from.side());
    let new = |c: &Connection, d| Finding::new(d, c, segment).of(seen.from).with("who", who);
    match event {
        Event::Request => {}
        Event::StrayNewline(newline) => {
            let kind = if newline == Newline::Bare { "newline_bare" } else { "newline_doubled" };
            let finding = new(c, Diagnosis::HttpHeaderNewline)
                .with("kind", Value::Term(kind))
                .with("reaction", Value::Term("no_reaction"));
            c.details().http.fault = context.store.tell(c, finding);
        }
        Event::Malformed => {
            let finding = new(c, Diagnosis::HttpMalformed).with("reaction", Value::Term("no_reaction"));
            c.details().http.fault = context.store.tell(c, finding);
        }
        Event::BadChunk => {
            let finding = new(c, Diagnosis::HttpBadChunk);
            context.store.tell(c, finding);
        }
        Event::Response { status, compressed_stream } => {
            if status == 400 {
                reaction(c, segment.frame, "answered_400", context);
            }
            if compressed_stream {
                let finding = new(c, Diagnosis::HttpStreamCompressed);
                let told = context.store.tell(c, finding);
                c.details().http.stream = Some(Stream { told, began: segment.time, parts: 0 });
            }
        }
    }
}

fn reaction(c: &mut Connection, frame: u32, how: &'static str, context: &mut Context<'_>) {
    let fault = c.details.as_mut().and_then(|d| d.http.fault.take());
    context.store.amend(fault, |finding| {
        finding.set("reaction", Value::Term(how));
        *finding = finding.clone().evidence("reaction", frame);
    });
}

/// The server closes: was all said that had been announced?
fn closed(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    reaction(c, segment.frame, "closed", context);
    let request = context.unfinished.get(c.number, From::Client).map(|held| held.began);
    let lacks = |end: &Endpoint| end.facts.intersects(Facts::GAP | Facts::UNSEEN);
    let asked = !lacks(c.client());
    let in_head = request.filter(|_| asked && c.http.directions[0].at_head() && !c.client().fin.is_set());
    if let Some(request) = in_head.filter(|request| segment.time - request.time >= PATIENCE) {
        let finding = Finding::new(Diagnosis::HttpRequestIncomplete, c, segment)
            .about(request.frame)
            .of(From::Client)
            .evidence("reaction", segment.frame)
            .with("waited", Value::Duration(segment.time - request.time));
        context.store.tell(c, finding);
    }
    let server = c.server();
    let whole = asked && segment.flags.fin() && !lacks(server) && !segment.seq.after(server.next);
    if let Some(missing) = c.http.directions[1].missing().filter(|_| whole) {
        let finding = Finding::new(Diagnosis::HttpLengthMismatch, c, segment)
            .of(From::Server)
            .with("who", Value::Side(From::Server.side()))
            .with("bytes", Value::Bytes(missing));
        context.store.tell(c, finding);
    }
}
