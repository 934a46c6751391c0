//! HTTP/1 as far as the diagnosis needs it (RFC 9112): heads, and where bodies end.
//!
//! Each direction is read from its start, in order, in bounded memory: only an unfinished head or chunk
//! size is held. What is out of order, cut by the snap length or not HTTP ends the reading of that direction.

use httparse::{EMPTY_HEADER, Header, Request, Response, Status};

/// What a direction carried, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A request's head is complete.
    Request,
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
    /// A head begins or goes on.
    #[default]
    Head,
    /// So many bytes of a body are to come.
    Body(u64),
    /// A chunk's size line begins or goes on.
    ChunkSize,
    /// So many bytes of a chunk, with the CR LF behind it, are to come.
    Chunk(u64),
    /// The empty line behind the last chunk, or trailers before it.
    Trailer,
    /// The body goes on until the connection is closed, or nothing more can be said.
    ToTheEnd,
}

/// One direction of an HTTP connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Direction {
    phase: Phase,
    held: Vec<u8>,
    /// Messages whose head was complete.
    pub(crate) messages: u32,
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

impl Direction {
    /// A head was begun and not finished.
    pub(crate) fn in_head(&self) -> bool {
        self.phase == Phase::Head && !self.held.is_empty()
    }

    /// Bytes of the present body that are still to come.
    pub(crate) fn missing(&self) -> Option<u64> {
        match self.phase {
            Phase::Body(left) => Some(left),
            _ => None,
        }
    }

    /// Nothing more is read from this direction.
    pub(crate) fn at_the_end(&self) -> bool {
        self.phase == Phase::ToTheEnd
    }

    /// Nothing more can be read from this direction.
    pub(crate) fn stop(&mut self) {
        self.phase = Phase::ToTheEnd;
        self.held = Vec::new();
    }

    /// Reads what comes next. `to_head` tells whether the next response answers HEAD, and so has no body.
    pub(crate) fn read(
        &mut self,
        mut bytes: &[u8],
        is_request: bool,
        mut to_head: impl FnMut() -> bool,
        mut event: impl FnMut(Event),
    ) {
        while !bytes.is_empty() {
            match self.phase {
                Phase::ToTheEnd => return,
                Phase::Body(left) => {
                    let take = left.min(bytes.len() as u64);
                    bytes = &bytes[take as usize..];
                    self.phase = if left == take { Phase::Head } else { Phase::Body(left - take) };
                }
                Phase::Chunk(left) => {
                    let take = left.min(bytes.len() as u64) as usize;
                    let ends = left == take as u64;
                    if ends && bytes[take - 1] != b'\n' {
                        event(Event::BadChunk);
                        return self.stop();
                    }
                    bytes = &bytes[take..];
                    self.phase = if ends { Phase::ChunkSize } else { Phase::Chunk(left - take as u64) };
                }
                Phase::ChunkSize | Phase::Trailer => {
                    let Some(rest) = self.line(bytes, &mut event) else { return };
                    bytes = rest;
                }
                Phase::Head => {
                    let Some(rest) = self.head(bytes, is_request, &mut to_head, &mut event) else { return };
                    // What follows is held in this direction's own memory when the head was.
                    bytes = &bytes[bytes.len() - rest..];
                }
            }
        }
    }

    /// Takes a chunk size or trailer line; returns what follows it.
    fn line<'a>(&mut self, bytes: &'a [u8], event: &mut impl FnMut(Event)) -> Option<&'a [u8]> {
        let Some(end) = bytes.iter().position(|&b| b == b'\n') else {
            self.held.extend_from_slice(bytes);
            if self.held.len() > LONGEST_SIZE_LINE {
                event(Event::BadChunk);
                self.stop();
            }
            return None;
        };
        let held = std::mem::take(&mut self.held);
        let joined;
        let line = if held.is_empty() {
            &bytes[..end]
        } else {
            joined = [&held, &bytes[..end]].concat();
            &joined
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.phase == Phase::Trailer {
            if line.is_empty() {
                self.phase = Phase::Head;
            }
            return Some(&bytes[end + 1..]);
        }
        let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let ends_well = matches!(line.get(digits), None | Some(b';' | b' ' | b'\t'));
        let size = std::str::from_utf8(&line[..digits]).ok().and_then(|s| u64::from_str_radix(s, 16).ok());
        match size.filter(|_| ends_well && digits <= 15) {
            Some(0) => self.phase = Phase::Trailer,
            Some(size) => self.phase = Phase::Chunk(size + 2),
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
        is_request: bool,
        to_head: &mut impl FnMut() -> bool,
        event: &mut impl FnMut(Event),
    ) -> Option<usize> {
        let before = self.held.len();
        let joined: &[u8] = if before == 0 {
            bytes
        } else {
            self.held.extend_from_slice(bytes);
            &self.held
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
            if self.messages > 0 && is_request && looks_like_headers(text) {
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
                    Ok(Some((length, Event::Request, body)))
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
                        Phase::ToTheEnd
                    } else if none {
                        Phase::Head
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
            Ok(Some((length, head, body))) => {
                let stray = is_request.then(|| bare_newline(&text[..length])).flatten();
                let rest = joined.len() - blank - length;
                let rest = rest.min(bytes.len());
                self.held = Vec::new();
                self.phase = body;
                self.messages += 1;
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
                if before == 0 {
                    self.held.extend_from_slice(bytes);
                }
                None
            }
            Err(httparse::Error::TooManyHeaders) => {
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

/// Where the body ends (RFC 9112, 6.3).
fn body_of(headers: &[Header<'_>], is_response: bool) -> Phase {
    if contains(header(headers, "transfer-encoding"), "chunked") {
        return Phase::ChunkSize;
    }
    let length = header(headers, "content-length")
        .and_then(|v| std::str::from_utf8(v).ok())
        .and_then(|v| v.trim().parse::<u64>().ok());
    match length {
        Some(0) => Phase::Head,
        Some(length) => Phase::Body(length),
        None if header(headers, "upgrade").is_some()
            && contains(header(headers, "connection"), "upgrade") =>
        {
            Phase::Head
        }
        None if is_response => Phase::ToTheEnd,
        None => Phase::Head,
    }
}

fn is_compressed_stream(headers: &[Header<'_>]) -> bool {
    let coding = header(headers, "content-encoding");
    let coded = ["gzip", "deflate", "br", "zstd", "compress"].iter().any(|c| contains(coding, c));
    coded && contains(header(headers, "content-type"), "text/event-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(parts: &[&[u8]], is_request: bool) -> Vec<Event> {
        let mut direction = Direction::default();
        let mut all = Vec::new();
        for part in parts {
            direction.read(part, is_request, || false, |event| all.push(event));
        }
        all
    }

    #[test]
    fn a_head_may_come_byte_by_byte() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let bytes: Vec<&[u8]> = head.chunks(1).collect();
        assert_eq!(events(&bytes, true), [Event::Request]);
    }

    #[test]
    fn newlines_inside_a_head_are_told_from_the_next_message() {
        let doubled: &[u8] = b"GET / HTTP/1.1\r\nAuth: x\r\n\r\nAccept: y\r\n\r\n";
        assert_eq!(events(&[doubled], true), [Event::Request, Event::StrayNewline(Newline::Doubled)]);
        let bare: &[u8] = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nToken: a\n\r\nabc";
        assert_eq!(events(&[bare], true), [Event::Request, Event::StrayNewline(Newline::Bare)]);
        let two: &[u8] = b"GET / HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
        assert_eq!(events(&[two], true), [Event::Request, Event::Request]);
        let body: &[u8] = b"POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\na: b\r\n\n";
        assert_eq!(events(&[body], true), [Event::Request]);
        let unix: &[u8] = b"GET / HTTP/1.1\nHost: a\n\n";
        assert_eq!(events(&[unix], true), [Event::Request]);
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
