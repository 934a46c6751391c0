//! HTTP/1 faults that the transport shows the effect of (RFC 9112).

use super::Context;
use crate::catalogue::Diagnosis;
use crate::connection::{Connection, From, Seen};
use crate::endpoint::Mark;
use crate::findings::{Finding, Told, Value};
use crate::http::{self, Direction, Event, Newline};

/// What this tracker keeps about an HTTP connection.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    open: Option<Box<Http>>,
}

#[derive(Debug, Default)]
struct Http {
    directions: [Direction; 2],
    heads: Heads,
    /// The request whose head is not complete.
    unfinished: Mark,
    /// A fault of the request that the server has not yet reacted to.
    fault: Option<Told>,
    stream: Option<Told>,
    stream_began: i64,
    stream_parts: u32,
}

/// Whether each unanswered request is a HEAD: 32 of them are told apart (pipelining).
#[derive(Clone, Copy, Debug, Default)]
struct Heads {
    /// The oldest in the lowest bit.
    bits: u32,
    count: u8,
}

impl Heads {
    fn push(&mut self, is_head: bool) {
        if u32::from(self.count) < u32::BITS {
            self.bits |= u32::from(is_head) << self.count;
            self.count += 1;
        }
    }

    fn pop(&mut self) -> bool {
        let is_head = self.bits & 1 == 1;
        self.bits >>= 1;
        self.count = self.count.saturating_sub(1);
        is_head
    }
}

/// A server that closes on an unfinished request sooner has another reason, nanoseconds.
const PATIENCE: i64 = 1_000_000_000;

pub(crate) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    if seen.stray || seen.segment.flags.syn() && seen.segment.len == 0 {
        return;
    }
    if seen.segment.len > 0 && seen.from == From::Client && c.client().bytes() == 0 && begins(c, seen) {
        c.http.open = Some(Box::default());
    }
    let Some(mut http) = c.http.open.take() else { return };
    if seen.segment.len > 0 {
        read(c, &mut http, seen, context);
    }
    if seen.from == From::Server && (seen.segment.flags.fin() || seen.segment.flags.rst()) {
        closed(c, &mut http, seen, context);
        return;
    }
    // Once nothing can be said of either direction any more, its memory is given back.
    let over = http.directions.iter().all(Direction::at_the_end);
    if !over || http.stream.is_some() || http.fault.is_some() {
        c.http.open = Some(http);
    }
}

fn begins(c: &Connection, seen: &Seen<'_>) -> bool {
    c.http.open.is_none() && !c.server().fin.is_set() && http::begins_request(seen.segment.payload)
}

fn read(c: &mut Connection, http: &mut Http, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let sender = c.end(seen.from);
    let side = seen.from as usize;
    let skip = if sender.seen { sender.next.since(segment.seq) } else { 0 };
    let skip = if segment.flags.syn() { 0 } else { skip };
    if skip >= segment.len as i32 {
        return;
    }
    let cut = segment.payload.len() < segment.len as usize;
    if skip < 0 || cut || sender.unseen {
        // A gap, not captured, or cut by the snap length: what follows cannot be understood.
        http.directions[side].stop();
        return;
    }
    let is_request = seen.from == From::Client;
    let payload = &segment.payload[skip as usize..];
    if is_request && !http.directions[side].in_head() {
        http.unfinished = Mark::of(segment);
        if payload.starts_with(b"HEAD ") {
            http.heads.push(true);
        } else if http::begins_request(payload) {
            http.heads.push(false);
        }
    }
    let has_stream = http.stream.is_some();
    let mut direction = std::mem::take(&mut http.directions[side]);
    let mut heads = http.heads;
    direction.read(payload, is_request, || heads.pop(), |event| tell(c, http, seen, event, context));
    http.directions[side] = direction;
    http.heads = heads;
    if !is_request && has_stream {
        http.stream_parts += 1;
        let mean = (segment.time - http.stream_began) / i64::from(http.stream_parts);
        context.store.amend(http.stream, |finding| {
            finding.set("parts", Value::Count(http.stream_parts.into()));
            finding.set("every", Value::Duration(mean));
        });
    }
}

fn tell(c: &mut Connection, http: &mut Http, seen: &Seen<'_>, event: Event, context: &mut Context<'_>) {
    let segment = seen.segment;
    let who = Value::Side(seen.from.side());
    let new = |d: Diagnosis| Finding::new(d, c, segment).of(seen.from).with("who", who);
    match event {
        Event::Request => {}
        Event::StrayNewline(newline) => {
            let kind = if newline == Newline::Bare { "newline_bare" } else { "newline_doubled" };
            let finding = new(Diagnosis::HttpHeaderNewline)
                .with("kind", Value::Term(kind))
                .with("reaction", Value::Term("no_reaction"));
            http.fault = context.store.tell(c, finding);
        }
        Event::Malformed => {
            let finding = new(Diagnosis::HttpMalformed).with("reaction", Value::Term("no_reaction"));
            http.fault = context.store.tell(c, finding);
        }
        Event::BadChunk => {
            let finding = new(Diagnosis::HttpBadChunk);
            context.store.tell(c, finding);
        }
        Event::Response { status, compressed_stream } => {
            if status == 400 {
                reaction(http, segment.frame, "answered_400", context);
            }
            if compressed_stream {
                let finding = new(Diagnosis::HttpStreamCompressed);
                http.stream = context.store.tell(c, finding);
                http.stream_began = segment.time;
            }
        }
    }
}

fn reaction(http: &mut Http, frame: u32, how: &'static str, context: &mut Context<'_>) {
    context.store.amend(http.fault.take(), |finding| {
        finding.set("reaction", Value::Term(how));
        *finding = finding.clone().evidence("reaction", frame);
    });
}

/// The server closes: was all said that had been announced?
fn closed(c: &mut Connection, http: &mut Http, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    reaction(http, segment.frame, "closed", context);
    let request = http.unfinished;
    let waited = segment.time - request.time;
    let client_open = !c.client().fin.is_set();
    if http.directions[0].in_head() && client_open && waited >= PATIENCE {
        let finding = Finding::new(Diagnosis::HttpRequestIncomplete, c, segment)
            .about(request.frame)
            .of(From::Client)
            .evidence("reaction", segment.frame)
            .with("waited", Value::Duration(waited));
        context.store.tell(c, finding);
    }
    let whole = !c.server().gap && segment.flags.fin();
    if let Some(missing) = http.directions[1].missing().filter(|_| whole) {
        let finding = Finding::new(Diagnosis::HttpLengthMismatch, c, segment)
            .of(From::Server)
            .with("who", Value::Side(From::Server.side()))
            .with("bytes", Value::Bytes(missing));
        context.store.tell(c, finding);
    }
}
