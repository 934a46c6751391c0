//! The notation of conversations: a line a packet, as one would write it on a board.
//!
//! ```text
//! told: The third ACK is lost behind the capture point.
//! tap: client
//! 0.000 C S
//! 0.020 S S.
//! +0.001 C . lost          # captured, and lost behind
//! 1.020 S S.
//! ```
//!
//! A line is a time in seconds (`+` since the line before), who sends (`C`, `S`; `C2`, `S2` of a second connection),
//! tcpdump's letters for the control bits (`S F R P E W U`, `.` for ACK, `none`), and what differs from what a
//! Linux host would send there:
//!
//! | word | means |
//! | --- | --- |
//! | `len=100`, `"GET / …\r\n"`, `"\x17\x03"` | payload |
//! | `seq=1 ack=1` | numbers, relative to the first of their side |
//! | `win=0 ttl=64 id=7 urg=1 ecn=3` | fields of the headers; `id` counts from the side's first packet, `no-id` is 0 |
//! | `sack=101-201,1-51` | SACK blocks, relative to the other side's first number |
//! | `-mss -sack -ts -ws -all` | without these options; `ws=2 mss=536` with these values |
//! | `tfo tfo=8 mptcp opt=030310` | Fast Open (cookie of 8 bytes), MPTCP, bytes of the options area |
//! | `sent=0.010` | sent at that time, which its timestamp says, and overtaken on the way |
//! | `lost` | captured, and lost behind the capture point |
//! | `unseen` | lost before the capture point: not in the capture |
//! | `missed` | arrived, but the capture lacks it |
//! | `forged` | its supposed sender knows nothing of it: its numbers do not count |
//! | `new` | begins a new connection on these ports: another first sequence number |
//! | `differs` | other payload bytes than those sent before with these numbers |
//! | `bad-checksum`, `unfinished` | a wrong checksum; only the sum of the pseudo-header in its place |
//! | `cut=20`, `offset=4`, `link=7` | so much payload captured, header length, VLAN |
//! | `mac=1-9` | from which MAC address to which |
//! | `moved=C`, `moved=S` | the client has another port on the way, the server another address |
//!
//! `ICMP 3/1 quotes=S mtu=1400` is a router's error about the newest packet of that side; `copy link=7` the packet
//! before once more; `later` only lets time pass. `each 20 ports every 0.1` (or `clients`) repeats the indented lines
//! behind it: to one server port after another, from one client after another, or the `same` again from other ports; `peers`
//! are servers of which each has an address and a port of its own.
//!
//! `handshake` stands for the three segments of one, with a round trip of 20 ms.
//!
//! `tap:` is where the capture is taken (`client`, `server`, `middle`, or `loopback` where a host talks to itself),
//! `vantage:` what the user says of that, `port:` is the server's, `without:` names options that neither side has,
//! `begins: open` makes the connection older than the capture. `of:` is the diagnosis whose causes are looked at (`causes/`).

use std::collections::HashMap;

/// The two conversations of a diagnosis.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) told: Conversation,
    pub(crate) look_alike: Conversation,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Conversation {
    /// What happens, in a sentence.
    pub(crate) about: String,
    /// `tap`, `vantage`, `port`, `without`, `begins`, `of`.
    pub(crate) settings: HashMap<String, String>,
    pub(crate) lines: Vec<Line>,
}

#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Nanoseconds since the beginning.
    pub(crate) time: i64,
    /// A number for its connection, 1 unless the line names another; those of `each` begin at 1000, and go on with the next.
    pub(crate) connection: u32,
    /// What `each` repeats over: `ports`, `peers` or `clients`.
    pub(crate) each: Option<&'static str>,
    pub(crate) what: What,
    pub(crate) words: Words,
    pub(crate) comment: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// From the client (0) or server (1), with these control bits.
    Segment(usize, u8),
    /// An error about the newest packet of the connection.
    Icmp(u8, u8),
    Copy,
    Later,
}

/// `key=value`, words alone, and one text in quotes under `""`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words(HashMap<String, String>);

impl Words {
    pub(crate) fn has(&self, word: &str) -> bool {
        self.0.contains_key(word)
    }

    pub(crate) fn text(&self, word: &str) -> Option<&str> {
        self.0.get(word).map(String::as_str)
    }

    pub(crate) fn number(&self, word: &str) -> Option<u32> {
        let value = self.0.get(word).filter(|v| !v.is_empty())?;
        Some(value.parse().unwrap_or_else(|_| panic!("{word}={value} is no number")))
    }

    /// `mac=1-9`: from and to which MAC address; 0 where it is not said.
    pub(crate) fn stations(&self) -> [u64; 2] {
        self.ranges("mac").first().map_or([0; 2], |(from, to)| [u64::from(*from), u64::from(*to)])
    }

    /// `1-101,201-301`
    pub(crate) fn ranges(&self, word: &str) -> Vec<(u32, u32)> {
        let number = |n: &str| n.parse::<u32>().unwrap_or_else(|_| panic!("{word}: {n} is no number"));
        let blocks = self.text(word).into_iter().flat_map(|v| v.split(','));
        blocks.filter_map(|b| b.split_once('-')).map(|(l, r)| (number(l), number(r))).collect()
    }
}

impl Pair {
    pub(crate) fn parse(source: &str) -> Result<Pair, String> {
        let at = source.find("\nlook-alike:").ok_or("no line `look-alike:`")?;
        let (told, look_alike) = (&source[..at], &source[at + 1..]);
        Ok(Pair {
            told: Conversation::parse(told, "told")?,
            look_alike: Conversation::parse(look_alike, "look-alike")?,
        })
    }
}

impl Conversation {
    pub(crate) fn parse(source: &str, kind: &str) -> Result<Conversation, String> {
        let mut conversation = Conversation::default();
        let mut last = 0i64;
        let mut each: Option<Each> = None;
        let mut first_of_each = 1000;
        for text in source.lines().filter(|l| !l.trim().is_empty()) {
            let wrong = |message: &str| format!("{kind}: `{text}`: {message}");
            if let Some((key, value)) =
                text.split_once(": ").filter(|(k, _)| k.chars().all(|c| c.is_alphabetic() || c == '-'))
            {
                match key {
                    _ if key == kind => conversation.about = value.trim().into(),
                    "tap" | "vantage" | "without" | "begins" | "port" | "of" => {
                        conversation.settings.insert(key.into(), value.trim().into());
                    }
                    _ => return Err(wrong("unknown setting")),
                }
                continue;
            }
            let indented = text.starts_with(' ');
            if !indented && let Some(each) = each.take() {
                last = each.repeat(&mut conversation.lines);
            }
            if let Some(rest) = text.strip_prefix("each ") {
                let next = Each::parse(rest, first_of_each, last)
                    .ok_or_else(|| wrong("each N ports|peers|clients|same every T"))?;
                first_of_each += next.times;
                each = Some(next);
                last = 0;
                continue;
            }
            for text in conversation.spelled_out(text) {
                let line = Line::parse(&text, last).map_err(|e| wrong(&e))?;
                last = line.time;
                match &mut each {
                    Some(each) => each.lines.push(line),
                    None => conversation.lines.push(line),
                }
            }
        }
        if let Some(each) = each {
            each.repeat(&mut conversation.lines);
        }
        if conversation.about.is_empty() || conversation.lines.is_empty() {
            return Err(format!("{kind}: a sentence and packets are needed"));
        }
        Ok(conversation)
    }
}

impl Conversation {
    /// `handshake` as its three segments: 20 ms to the far side and back, 0.1 ms to the near one.
    fn spelled_out(&self, text: &str) -> Vec<String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let &[time, handshake] = words.as_slice() else { return vec![text.into()] };
        let Some(n) = handshake.strip_prefix("handshake") else { return vec![text.into()] };
        let (to_server, to_client) = match self.settings.get("tap").map(String::as_str) {
            Some("server") => ("0.0001", "0.020"),
            Some("middle") => ("0.010", "0.010"),
            _ => ("0.020", "0.0001"),
        };
        vec![format!("{time} C{n} S"), format!("+{to_server} S{n} S."), format!("+{to_client} C{n} .")]
    }
}

/// Lines that are repeated.
struct Each {
    /// The number of the first connection.
    first: u32,
    times: u32,
    over: &'static str,
    every: i64,
    since: i64,
    lines: Vec<Line>,
}

impl Each {
    fn parse(rest: &str, first: u32, since: i64) -> Option<Each> {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let &[times, over, "every", every] = words.as_slice() else { return None };
        let over = ["ports", "peers", "clients", "same"].into_iter().find(|o| *o == over)?;
        let (times, every) = (times.parse().ok()?, seconds(every)?);
        Some(Each { first, times, over, every, since, lines: Vec::new() })
    }

    /// Appends all of it, in the order of time; returns when it ends.
    fn repeat(self, lines: &mut Vec<Line>) -> i64 {
        let mut all: Vec<Line> = (0..self.times)
            .flat_map(|n| {
                let since = self.since + i64::from(n) * self.every;
                self.lines.iter().map(move |line| Line {
                    time: since + line.time,
                    connection: self.first + n,
                    each: Some(self.over),
                    ..line.clone()
                })
            })
            .collect();
        all.sort_by_key(|l| l.time);
        let end = all.last().map_or(self.since, |l| l.time);
        lines.extend(all);
        end
    }
}

impl Line {
    fn parse(text: &str, last: i64) -> Result<Line, String> {
        let (text, comment) = match text.split_once(" # ") {
            Some((text, comment)) => (text, comment.trim()),
            None => (text, ""),
        };
        let mut tokens = tokens(text).into_iter();
        let time = tokens.next().ok_or("no time")?;
        let time = match time.strip_prefix('+') {
            Some(since) => last + seconds(since).ok_or("no time")?,
            None => seconds(&time).ok_or("no time")?,
        };
        let who = tokens.next().ok_or("who?")?;
        let letters = who.trim_end_matches(|c: char| c.is_ascii_digit());
        let connection = who[letters.len()..].parse().unwrap_or(1);
        let what = match letters {
            "C" | "S" => {
                let flags = tokens.next().ok_or("no control bits")?;
                What::Segment(
                    usize::from(letters == "S"),
                    control_bits(&flags).ok_or("unknown control bits")?,
                )
            }
            "ICMP" => {
                let kind = tokens.next().ok_or("no type/code")?;
                let (kind, code) = kind.split_once('/').ok_or("no type/code")?;
                What::Icmp(kind.parse().map_err(|_| "no type")?, code.parse().map_err(|_| "no code")?)
            }
            "copy" => What::Copy,
            "later" => What::Later,
            _ => return Err("who? C, S, ICMP, copy or later".into()),
        };
        let words = tokens.map(|t| match t.split_once('=') {
            _ if t.starts_with('"') => (String::new(), t[1..].to_owned()),
            Some((key, value)) => (key.to_owned(), value.to_owned()),
            None => (t, String::new()),
        });
        let words = Words(words.collect());
        const KNOWN: [&str; 36] = [
            "",
            "no-id",
            "len",
            "seq",
            "ack",
            "win",
            "ttl",
            "id",
            "urg",
            "ecn",
            "sack",
            "-mss",
            "-sack",
            "-ts",
            "-ws",
            "-all",
            "ws",
            "mss",
            "tfo",
            "mptcp",
            "opt",
            "sent",
            "lost",
            "unseen",
            "missed",
            "forged",
            "new",
            "differs",
            "bad-checksum",
            "unfinished",
            "cut",
            "offset",
            "link",
            "mac",
            "moved",
            "quotes",
        ];
        if let Some(word) = words.0.keys().find(|w| !KNOWN.contains(&w.as_str()) && *w != "mtu") {
            return Err(format!("unknown word {word}"));
        }
        Ok(Line { time, connection, each: None, what, words, comment: comment.to_owned() })
    }
}

/// Splits at spaces, but not within quotes; a text in quotes keeps its opening quote and loses its escapes.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        if c == ' ' {
            chars.next();
        } else if c == '"' {
            chars.next();
            let mut token = String::from('"');
            while let Some(c) = chars.next().filter(|c| *c != '"') {
                token.push(match c {
                    '\\' => match chars.next() {
                        Some('r') => '\r',
                        Some('n') => '\n',
                        Some('t') => '\t',
                        Some('x') => {
                            let mut digit = || chars.next().and_then(|c| c.to_digit(16)).unwrap_or_default();
                            let byte = digit() << 4 | digit();
                            char::from_u32(byte)
                                .filter(char::is_ascii)
                                .expect("\\x with two digits, below 80")
                        }
                        Some(other) => other,
                        None => '\\',
                    },
                    other => other,
                });
            }
            tokens.push(token);
        } else {
            let mut token = String::new();
            while let Some(c) = chars.next_if(|c| *c != ' ') {
                token.push(c);
            }
            tokens.push(token);
        }
    }
    tokens
}

/// Seconds with up to nine decimals, as nanoseconds.
fn seconds(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals: i64 = format!("{decimals:0<9}").parse().ok()?;
    Some(whole.parse::<i64>().ok()? * 1_000_000_000 + decimals)
}

/// tcpdump's letters.
fn control_bits(text: &str) -> Option<u8> {
    if text == "none" {
        return Some(0);
    }
    text.chars().try_fold(0u8, |bits, c| Some(bits | 1 << "FSRP.UEW".find(c)?))
}
