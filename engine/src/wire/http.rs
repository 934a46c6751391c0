//! HTTP/1 as far as the diagnosis needs it (RFC 9112): heads, and where bodies end.
//!
//! Each direction is read from its start, in order, in bounded memory: only an unfinished head or chunk
//! size is held, apart from the connection. What is out of order, cut by the snap length or not HTTP ends the reading of that direction.

use crate::mark::Mark;
use crate::side::Side;
use hashbrown::HashMap;
use httparse::{EMPTY_HEADER, Header, Request, Response, Status};
use std::collections::VecDeque;

/// What a direction carried, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A request's head is complete.
    Request {
        /// Its body waits for 100 Continue (RFC 9110, 10.1.1).
        expects: bool,
        /// It asks to be answered only when there is something to tell.
        asks_to_wait: bool,
    },
    /// A response's head is complete.
    Response {
        /// The status code.
        status: u16,
        /// A text/event-stream with a content coding.
        compressed_stream: bool,
    },
    /// A newline inside a head that should not be there.
    StrayNewline(Newline),
    /// What stands where a request line, status line or header should.
    Malformed,
    /// The size of a chunk, or the line end behind one, is not there.
    BadChunk,
}

/// How a newline went astray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Newline {
    /// A bare LF among lines that end with CR LF.
    Bare,
    /// An empty line in the midst of the headers: what follows it is headers still.
    Doubled,
}

/// Where the reading stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// It is not HTTP, or has not begun.
    #[default]
    Nothing,
    /// The first head begins or goes on.
    First,
    /// A later head begins or goes on.
    Head,
    /// `left` bytes of a body are to come.
    Body,
    /// A chunk's size line begins or goes on.
    ChunkSize,
    /// `left` bytes of a chunk, with the CR LF behind it, are to come.
    Chunk,
    /// The empty line behind the last chunk, or trailers before it.
    Trailer,
    /// The body goes on until the connection is closed, or nothing more can be said.
    ToTheEnd,
}

/// One direction of a connection, in 9 bytes, as every connection has two.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, packed)]
pub(crate) struct Direction {
    phase: Phase,
    left: u64,
}

/// The part of a head, chunk size or trailer line that was read before the segment with its end came.
#[derive(Debug, Default)]
pub(crate) struct Held {
    bytes: Vec<u8>,
    /// The segment in which it begins; meaningful when there are bytes.
    pub(crate) began: Mark,
}

impl Held {
    /// Nothing is held.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn add(&mut self, bytes: &[u8], at: Mark) {
        if self.is_empty() {
            self.began = at;
        }
        self.bytes.extend_from_slice(bytes);
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// What is held of all connections: of most nothing, and of a busy capture's many at most [`Unfinished::MOST`].
#[derive(Debug, Default)]
pub(crate) struct Unfinished {
    held: HashMap<(u32, Side), Held>,
    /// Connections that seem to have ended: what is held of them makes room for others.
    ended: VecDeque<u32>,
}

impl Unfinished {
    /// At most so many, 64 MB if each were the longest head.
    const MOST: usize = 4096;

    /// What is held of a direction.
    pub(crate) fn get(&self, stream: u32, from: Side) -> Option<&Held> {
        self.held.get(&(stream, from))
    }

    /// Takes out what is held of a direction.
    pub(crate) fn take(&mut self, stream: u32, from: Side) -> Held {
        self.held.remove(&(stream, from)).unwrap_or_default()
    }

    /// Forgets what is held of a connection.
    pub(crate) fn forget(&mut self, stream: u32) {
        for from in Side::BOTH {
            self.take(stream, from);
        }
    }

    /// A connection seems to have ended.
    pub(crate) fn may_go(&mut self, stream: u32) {
        if Side::BOTH.into_iter().any(|from| self.held.contains_key(&(stream, from))) {
            self.ended.push_back(stream);
        }
    }

    /// Puts it back; `false` when there is no room.
    pub(crate) fn put(&mut self, stream: u32, from: Side, held: Held) -> bool {
        if held.is_empty() {
            return true;
        }
        while self.held.len() >= Self::MOST {
            let Some(ended) = self.ended.pop_front() else { return false };
            self.forget(ended);
        }
        self.held.insert((stream, from), held);
        true
    }
}

/// The longest head that is held; servers accept 8 to 64 kB.
const LONGEST_HEAD: usize = 16 << 10;
/// The longest chunk size line with extensions.
const LONGEST_SIZE_LINE: usize = 256;
const MOST_HEADERS: usize = 96;

/// What the first bytes of a client say: an HTTP/1 request?
pub(crate) fn begins_request(bytes: &[u8]) -> bool {
    const METHODS: [&[u8]; 9] =
        [b"GET ", b"POST ", b"PUT ", b"HEAD ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"CONNECT ", b"TRACE "];
    METHODS.iter().any(|m| bytes.starts_with(m))
}

/// Whether the first bytes are the status line of a response, as HTTP/1, SIP and RTSP have it (RFC 9112, 4; RFC 3261, 7.2;
/// RFC 7826, 8.1): it asks for nothing, and in SIP may come from either side.
pub(crate) fn begins_response(bytes: &[u8]) -> bool {
    const LONGEST_NAME: usize = 8;
    let digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    let name = bytes.iter().take(LONGEST_NAME).take_while(|byte| byte.is_ascii_uppercase()).count();
    match bytes[name..] {
        [b'/', major, b'.', minor, b' ', a, b, c, b' ', ..] => name > 0 && digits(&[major, minor, a, b, c]),
        _ => false,
    }
}

impl Direction {
    /// It is read.
    pub(crate) fn begun(self) -> bool {
        self.phase != Phase::Nothing
    }

    /// Begins to read it.
    pub(crate) fn begin(&mut self) {
        self.go(Phase::First, 0);
    }

    /// A part of what it says may be held.
    pub(crate) fn may_hold(self) -> bool {
        matches!(self.phase, Phase::First | Phase::Head | Phase::ChunkSize | Phase::Trailer)
    }

    /// It stands before or in a head.
    pub(crate) fn at_head(self) -> bool {
        matches!(self.phase, Phase::First | Phase::Head)
    }

    /// Bytes of the present body that are still to come.
    pub(crate) fn missing(self) -> Option<u64> {
        (self.phase == Phase::Body).then_some(self.left)
    }

    /// Nothing more can be read from this direction.
    pub(crate) fn stop(&mut self) {
        self.go(Phase::ToTheEnd, 0);
    }

    fn go(&mut self, phase: Phase, left: u64) {
        *self = Direction { phase, left };
    }

    /// Reads what comes next, in the segment `at`. `to_head` tells whether the next response answers HEAD, and
    /// so has no body.
    pub(crate) fn read(
        &mut self,
        mut bytes: &[u8],
        at: Mark,
        held: &mut Held,
        is_request: bool,
        mut to_head: impl FnMut() -> bool,
        mut event: impl FnMut(Event),
    ) {
        while !bytes.is_empty() {
            match self.phase {
                Phase::Nothing | Phase::ToTheEnd => return,
                Phase::Body => {
                    let left = self.left;
                    let take = left.min(bytes.len() as u64);
                    bytes = &bytes[take as usize..];
                    self.go(if left == take { Phase::Head } else { Phase::Body }, left - take);
                }
                Phase::Chunk => {
                    let left = self.left;
                    let take = left.min(bytes.len() as u64) as usize;
                    let ends = left == take as u64;
                    if ends && bytes[take - 1] != b'\n' {
                        event(Event::BadChunk);
                        return self.stop();
                    }
                    bytes = &bytes[take..];
                    self.go(if ends { Phase::ChunkSize } else { Phase::Chunk }, left - take as u64);
                }
                Phase::ChunkSize | Phase::Trailer => {
                    let Some(rest) = self.line(bytes, at, held, &mut event) else { return };
                    bytes = rest;
                }
                Phase::First | Phase::Head => {
                    let rest = self.head(bytes, at, held, is_request, &mut to_head, &mut event);
                    let Some(rest) = rest else { return };
                    bytes = &bytes[bytes.len() - rest..];
                }
            }
        }
    }

    /// Takes a chunk size or trailer line; returns what follows it.
    fn line<'a>(
        &mut self,
        bytes: &'a [u8],
        at: Mark,
        held: &mut Held,
        event: &mut impl FnMut(Event),
    ) -> Option<&'a [u8]> {
        let Some(end) = bytes.iter().position(|&b| b == b'\n') else {
            held.add(bytes, at);
            if held.bytes.len() > LONGEST_SIZE_LINE {
                event(Event::BadChunk);
                held.take();
                self.stop();
            }
            return None;
        };
        let begun = held.take();
        let joined;
        let line = if begun.is_empty() {
            &bytes[..end]
        } else {
            joined = [&begun, &bytes[..end]].concat();
            &joined
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.phase == Phase::Trailer {
            if line.is_empty() {
                self.go(Phase::Head, 0);
            }
            return Some(&bytes[end + 1..]);
        }
        let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let ends_well = matches!(line.get(digits), None | Some(b';' | b' ' | b'\t'));
        let size = std::str::from_utf8(&line[..digits]).ok().and_then(|s| u64::from_str_radix(s, 16).ok());
        match size.filter(|_| ends_well && digits <= 15) {
            Some(0) => self.go(Phase::Trailer, 0),
            Some(size) => self.go(Phase::Chunk, size + 2),
            None => {
                event(Event::BadChunk);
                self.stop();
                return None;
            }
        }
        Some(&bytes[end + 1..])
    }

    /// Takes a head, or its part; returns how many of `bytes` follow it.
    fn head(
        &mut self,
        bytes: &[u8],
        at: Mark,
        held: &mut Held,
        is_request: bool,
        to_head: &mut impl FnMut() -> bool,
        event: &mut impl FnMut(Event),
    ) -> Option<usize> {
        // Taken out, and put back only where the head goes on.
        let mut before = held.take();
        let joined: &[u8] = if before.is_empty() {
            bytes
        } else {
            before.extend_from_slice(bytes);
            &before
        };
        // Between messages, empty lines are to be ignored (RFC 9112, 2.2).
        let blank = joined.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let text = &joined[blank..];
        if text.is_empty() {
            return None;
        }
        let starts_well = if is_request { could_be_request(text) } else { could_be_response(text) };
        if !starts_well {
            // Else another protocol may follow (an upgrade), which is none of this reader's business.
            if self.phase == Phase::Head && is_request && looks_like_headers(text) {
                event(Event::StrayNewline(Newline::Doubled));
            }
            self.stop();
            return None;
        }
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let parsed = if is_request {
            let mut request = Request::new(&mut headers);
            match request.parse(text) {
                Ok(Status::Complete(length)) => {
                    let body = body_of(request.headers, false);
                    let has_body = body != (Phase::Head, 0);
                    let expects = has_body && contains(header(request.headers, "expect"), "100-continue");
                    let asks_to_wait = asks_to_wait(request.path.unwrap_or_default(), request.headers);
                    Ok(Some((length, Event::Request { expects, asks_to_wait }, body)))
                }
                Ok(Status::Partial) => Ok(None),
                Err(error) => Err(error),
            }
        } else {
            let mut response = Response::new(&mut headers);
            match response.parse(text) {
                Ok(Status::Complete(length)) => {
                    let status = response.code.unwrap_or(0);
                    // 101 and a body without length go on to the end; 1xx, 204, 304 and HEAD have none.
                    let none = matches!(status, 100 | 102..=199 | 204 | 304) || (status >= 200 && to_head());
                    let body = if status == 101 {
                        (Phase::ToTheEnd, 0)
                    } else if none {
                        (Phase::Head, 0)
                    } else {
                        body_of(response.headers, true)
                    };
                    let compressed_stream = is_compressed_stream(response.headers);
                    Ok(Some((length, Event::Response { status, compressed_stream }, body)))
                }
                Ok(Status::Partial) => Ok(None),
                Err(error) => Err(error),
            }
        };
        match parsed {
            Ok(Some((length, mut head, (phase, left)))) => {
                let stray = is_request.then(|| bare_newline(&text[..length])).flatten();
                let rest = joined.len() - blank - length;
                let rest = rest.min(bytes.len());
                if let Event::Request { expects, .. } = &mut head {
                    // Who sends the body along does not wait.
                    *expects &= rest == 0;
                }
                self.go(phase, left);
                event(head);
                if let Some(newline) = stray {
                    event(Event::StrayNewline(newline));
                }
                Some(rest)
            }
            Ok(None) if text.len() > LONGEST_HEAD => {
                self.stop();
                None
            }
            Ok(None) => {
                if before.is_empty() {
                    held.add(bytes, at);
                } else {
                    held.bytes = before;
                }
                None
            }
            Err(httparse::Error::TooManyHeaders) => {
                self.stop();
                None
            }
            Err(_) if is_request && has_stray_newline(text) => {
                event(Event::StrayNewline(Newline::Bare));
                self.stop();
                None
            }
            Err(_) => {
                // A first line without a version is HTTP/0.9, or another protocol.
                let line = text.split(|&b| b == b'\n').next().unwrap_or_default();
                if line.windows(5).any(|w| w == b"HTTP/") {
                    event(Event::Malformed);
                }
                self.stop();
                None
            }
        }
    }
}

/// A bare LF in a head whose other lines end with CR LF.
fn bare_newline(head: &[u8]) -> Option<Newline> {
    let mut bare = 0;
    let mut full = 0;
    for (at, _) in head.iter().enumerate().filter(|(_, b)| **b == b'\n') {
        if at > 0 && head[at - 1] == b'\r' { full += 1 } else { bare += 1 }
    }
    (bare > 0 && full > 0).then_some(Newline::Bare)
}

/// The same of a head that cannot be read any further: its lines up to the empty one, if that was captured.
fn has_stray_newline(text: &[u8]) -> bool {
    let empty = text.windows(4).position(|end| end == b"\r\n\r\n");
    let head = &text[..empty.map_or(text.len(), |at| at + 4)];
    let first = head.split(|&b| b == b'\r').next().unwrap_or_default();
    first.windows(7).any(|w| w == b"HTTP/1.") && bare_newline(head).is_some()
}

/// A header line: a token, a colon, and a line end.
fn looks_like_headers(text: &[u8]) -> bool {
    let Some(end) = text.iter().position(|&b| b == b'\n') else { return false };
    let line = &text[..end];
    let Some(colon) = line.iter().position(|&b| b == b':') else { return false };
    colon > 0 && line[..colon].iter().all(|b| b.is_ascii_alphanumeric() || b"-_.!#$%&'*+^`|~".contains(b))
}

fn could_be_request(text: &[u8]) -> bool {
    // A method is a token of letters, mostly capitals, and a space follows it.
    let letters = text.iter().take_while(|b| b.is_ascii_uppercase() || **b == b'-' || **b == b'_').count();
    letters > 0 && letters <= 24 && matches!(text.get(letters), None | Some(b' '))
}

fn could_be_response(text: &[u8]) -> bool {
    let magic = b"HTTP/";
    let n = text.len().min(magic.len());
    text[..n] == magic[..n]
}

fn header<'h>(headers: &'h [Header<'_>], name: &str) -> Option<&'h [u8]> {
    headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value)
}

fn contains(value: Option<&[u8]>, word: &str) -> bool {
    value.is_some_and(|v| v.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes())))
}

/// What follows the head, and its length where that is known (RFC 9112, 6.3).
fn body_of(headers: &[Header<'_>], is_response: bool) -> (Phase, u64) {
    if contains(header(headers, "transfer-encoding"), "chunked") {
        return (Phase::ChunkSize, 0);
    }
    let length = header(headers, "content-length")
        .and_then(|v| std::str::from_utf8(v).ok())
        .and_then(|v| v.trim().parse::<u64>().ok());
    match length {
        Some(0) => (Phase::Head, 0),
        Some(length) => (Phase::Body, length),
        None if header(headers, "upgrade").is_some()
            && contains(header(headers, "connection"), "upgrade") =>
        {
            (Phase::Head, 0)
        }
        None if is_response => (Phase::ToTheEnd, 0),
        None => (Phase::Head, 0),
    }
}

/// In one of the ways in use: RFC 7240, 4.3; Nacos; Consul, etcd, Kubernetes, Telegram and others in the query.
fn asks_to_wait(path: &str, headers: &[Header<'_>]) -> bool {
    const WORDS: [&str; 5] = ["wait=", "watch=", "timeout=", "polling", "longpoll"];
    let asks = |text: &str| WORDS.iter().any(|word| text.contains(word));
    asks(path)
        || header(headers, "long-pulling-timeout").is_some()
        || contains(header(headers, "prefer"), "wait=")
}

fn is_compressed_stream(headers: &[Header<'_>]) -> bool {
    let coding = header(headers, "content-encoding");
    let coded = ["gzip", "deflate", "br", "zstd", "compress"].iter().any(|c| contains(coding, c));
    coded && contains(header(headers, "content-type"), "text/event-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Event = Event::Request { expects: false, asks_to_wait: false };

    fn events(parts: &[&[u8]], is_request: bool) -> Vec<Event> {
        let mut direction = Direction::default();
        direction.begin();
        let mut held = Held::default();
        let mut all = Vec::new();
        for part in parts {
            direction.read(part, Mark::default(), &mut held, is_request, || false, |event| all.push(event));
        }
        all
    }

    #[test]
    fn a_head_may_come_byte_by_byte() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let bytes: Vec<&[u8]> = head.chunks(1).collect();
        assert_eq!(events(&bytes, true), [REQUEST]);
    }

    #[test]
    fn newlines_inside_a_head_are_told_from_the_next_message() {
        let doubled: &[u8] = b"GET / HTTP/1.1\r\nAuth: x\r\n\r\nAccept: y\r\n\r\n";
        assert_eq!(events(&[doubled], true), [REQUEST, Event::StrayNewline(Newline::Doubled)]);
        let bare: &[u8] = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nToken: a\n\r\nabc";
        assert_eq!(events(&[bare], true), [REQUEST, Event::StrayNewline(Newline::Bare)]);
        let two: &[u8] = b"GET / HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
        assert_eq!(events(&[two], true), [REQUEST, REQUEST]);
        let body: &[u8] = b"POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\na: b\r\n\n";
        assert_eq!(events(&[body], true), [REQUEST]);
        let unix: &[u8] = b"GET / HTTP/1.1\nHost: a\n\n";
        assert_eq!(events(&[unix], true), [REQUEST]);
    }

    #[test]
    fn a_bare_newline_is_found_wherever_it_stands() {
        let value: &[u8] = b"GET / HTTP/1.1\r\nToken: a\nb\r\nHost: a\r\n\r\n";
        assert_eq!(events(&[value], true), [Event::StrayNewline(Newline::Bare)]);
        let name: &[u8] = b"GET / HTTP/1.1\r\nTo\nken: a\r\n\r\n";
        assert_eq!(events(&[name], true), [Event::StrayNewline(Newline::Bare)]);
        let line: &[u8] = b"GET /a\nb HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(events(&[line], true), [Event::StrayNewline(Newline::Bare)]);
        let body: &[u8] = b"GET / HTTP/1.1\r\nno colon\r\n\r\na\nb";
        assert_eq!(events(&[body], true), [Event::Malformed]);
    }

    #[test]
    fn chunks_are_followed_across_segments() {
        let head: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let good: [&[u8]; 5] =
            [head, b"5\r\nhel", b"lo\r", b"\n0\r\n", b"\r\nHTTP/1.1 204 No Content\r\n\r\n"];
        let plain = |status| Event::Response { status, compressed_stream: false };
        assert_eq!(events(&good, false), [plain(200), plain(204)]);
        let bad: [&[u8]; 2] = [head, b"5\r\nhello5\r\n"];
        assert_eq!(events(&bad, false), [plain(200), Event::BadChunk]);
    }
}
