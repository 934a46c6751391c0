//! `conn_state` and `history` in the notation of Zeek's conn.log, so that both can be compared.
//!
//! Zeek judges a connection by its control bits alone. So its states are kept apart from what the diagnosis
//! makes of the same packets: to Zeek a forged RST ends a connection as a genuine one does.
//!
//! What differs from Zeek on purpose: a connection is not cut in two by Zeek's timers; copies of packets that the
//! capture made do not count; a wrong checksum counts only where the sender's checksums are right otherwise; and
//! where the opening was not captured, who is the originator is [`Connection`]'s guess, not Zeek's.

use crate::bounds;
use crate::connection::{Connection, Seen};
use crate::rules::notes::Notes as RuleNotes;
use crate::side::Side;
use crate::wire::seq::Seq;

/// What Zeek would say of a connection.
#[derive(Debug, Default)]
pub(crate) struct Record {
    zeek: Zeek,
    notes: Option<Box<Notes>>,
}

/// What Zeek would say of an ordinary connection, in eight bytes.
///
/// Side the lowest bit on: the first eleven letters in five bits each, and the states of originator and responder in
/// four each. More letters are in [`Notes`], which only a troubled connection has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Zeek(u64);

/// The state of an endpoint as Zeek sees it. Every segment counts, whatever its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It has sent nothing yet.
    Inactive,
    /// The originator has sent a SYN.
    SynSent,
    /// The originator has begun with a SYN-ACK.
    SynAckSent,
    /// It began in the midst of the connection.
    Partial,
    /// Both have sent a SYN, whether the third ACK was seen or not.
    Established,
    /// It was established and has sent a FIN.
    Closed,
    /// It has sent a FIN without having been established; or a FIN and a RST, and then the other side its FIN.
    ClosedOddly,
    /// It has sent a RST.
    Reset,
    /// It has sent a FIN, and then a RST.
    ResetAfterFin,
}

impl State {
    const ALL: [State; 9] = [
        State::Inactive,
        State::SynSent,
        State::SynAckSent,
        State::Partial,
        State::Established,
        State::Closed,
        State::ClosedOddly,
        State::Reset,
        State::ResetAfterFin,
    ];

    /// Nothing shows that it takes part from the beginning.
    fn is_inactive(self) -> bool {
        matches!(self, State::Inactive | State::Partial)
    }

    /// After its FIN.
    fn closed(self) -> State {
        if self == State::Established { State::Closed } else { State::ClosedOddly }
    }

    fn is_closed(self) -> bool {
        matches!(self, State::Closed | State::ClosedOddly)
    }

    fn is_reset(self) -> bool {
        matches!(self, State::Reset | State::ResetAfterFin)
    }

    /// What it acknowledges and sends can be trusted: Zeek believes in gaps only then.
    fn is_clean(self) -> bool {
        matches!(self, State::Established | State::Closed)
    }
}

/// What a connection needs beyond [`Zeek`] once its history is not an ordinary one.
#[derive(Debug, Default)]
struct Notes {
    /// The letters from the twelfth on.
    more: Vec<u8>,
    /// How often each of [`COUNTED`] was seen, by side.
    counts: [[u32; COUNTED.len()]; 2],
    /// The sequence number of the newest SYN, FIN and RST of each side, where it is not the endpoint's first.
    newest: [[Option<Seq>; 3]; 2],
}

const LETTERS: &[u8; 16] = b"?shadfrtwgcqi^??";
/// These come again at the tenth, the hundredth … time.
const COUNTED: &[u8; 4] = b"cgtw";
const CAPITAL: u8 = 16;
/// So many letters are in [`Zeek`].
const INLINE: u32 = 11;
/// And so many in all; what comes later is left out.
const MOST: usize = 64;

impl Record {
    fn notes(&mut self) -> &mut Notes {
        self.notes.get_or_insert_default()
    }

    /// What it is while nothing more than ordinary letters are known: equal where all that Zeek would say is.
    pub(crate) fn ordinary(&self) -> Zeek {
        self.zeek
    }
}

impl Zeek {
    const BITS_OF_LETTERS: u32 = 5 * INLINE;
    /// 1 in the place of each letter.
    const ONES: u64 = 0x0004_2108_4210_8421;

    /// The letters that it holds itself, as codes.
    fn letters(self) -> impl Iterator<Item = u8> {
        (0..INLINE).map(move |n| (self.0 >> (5 * n)) as u8 & 31).take_while(|&code| code != 0)
    }

    /// Whether that letter is among those that it holds itself: where its code is taken off each of them, one is zero.
    fn holds(self, code: u8) -> bool {
        let rest = (self.0 & ((1 << Self::BITS_OF_LETTERS) - 1)) ^ (Self::ONES * u64::from(code));
        rest.wrapping_sub(Self::ONES) & !rest & (Self::ONES << 4) != 0
    }

    /// How many letters it holds itself.
    fn count(self) -> u32 {
        let letters = self.0 & ((1 << Self::BITS_OF_LETTERS) - 1);
        (u64::BITS - letters.leading_zeros()).div_ceil(5)
    }

    /// The states of originator and responder.
    fn ends(self) -> [State; 2] {
        let bits = (self.0 >> Self::BITS_OF_LETTERS) as usize;
        [bits & 15, bits >> 4 & 15].map(|at| State::ALL.get(at).copied().unwrap_or(State::Inactive))
    }

    fn set_ends(&mut self, [o, r]: [State; 2]) {
        let letters = self.0 & ((1 << Self::BITS_OF_LETTERS) - 1);
        self.0 = letters | (o as u64 | (r as u64) << 4) << Self::BITS_OF_LETTERS;
    }
}

/// The letters of the connection so far, as codes.
fn codes(record: &Record) -> impl Iterator<Item = u8> {
    let more = record.notes.iter().flat_map(|notes| notes.more.iter().copied());
    record.zeek.letters().chain(more)
}

/// What happened in a connection, a letter for each kind of event, capital for the originator.
///
/// `s` SYN, `h` SYN-ACK, `a` pure ACK, `d` payload, `f` FIN, `r` RST, `c` wrong checksum, `g` gap, `t` resent payload,
/// `w` zero window, `i` FIN with RST, `q` SYN with FIN or RST, `^` the first packet came from the responder. `a`, `d`,
/// `i` and `q` stand once for each side; `s`, `h`, `f` and `r` again when their sequence number is another than the
/// last time; `c`, `g`, `t` and `w` at the first, tenth, hundredth … time.
#[must_use]
pub(crate) fn history(record: &Record) -> String {
    let letter = |code: u8| {
        let letter = LETTERS[usize::from(code & (CAPITAL - 1))] as char;
        if code & CAPITAL != 0 { letter.to_ascii_uppercase() } else { letter }
    };
    let mut history = String::with_capacity(INLINE as usize);
    history.extend(codes(record).map(letter));
    history
}

fn code(letter: u8, from: Side) -> u8 {
    let code = LETTERS.iter().position(|&l| l == letter).unwrap_or(0) as u8;
    if from == Side::Client && letter != b'^' { code | CAPITAL } else { code }
}

fn push(record: &mut Record, letter: u8, from: Side) {
    let code = code(letter, from);
    let n = record.zeek.count();
    if n < INLINE {
        record.zeek.0 |= u64::from(code) << (5 * n);
        return;
    }
    let more = &mut record.notes().more;
    if more.len() < MOST - INLINE as usize {
        more.push(code);
    }
}

fn has(record: &Record, letter: u8, from: Side) -> bool {
    let code = code(letter, from);
    record.zeek.holds(code) || record.notes.as_ref().is_some_and(|notes| notes.more.contains(&code))
}

fn push_once(record: &mut Record, letter: u8, from: Side) {
    if !has(record, letter, from) {
        push(record, letter, from);
    }
}

/// Counts one of [`COUNTED`], and notes each power of ten.
fn count(record: &mut Record, letter: u8, from: Side) {
    let Some(kind) = COUNTED.iter().position(|&l| l == letter) else { return };
    let count = &mut record.notes().counts[from as usize][kind];
    *count = count.saturating_add(1);
    if 10u32.pow(count.ilog10()) == *count {
        push(record, letter, from);
    }
}

/// Kinds of segments whose sequence numbers are compared.
#[derive(Clone, Copy)]
enum Kind {
    Syn,
    Fin,
    Rst,
}

/// Notes a segment of which there may be several: when it is the first of its kind, or has another number than the
/// one before.
fn push_new(record: &mut Record, c: &Connection, letter: u8, kind: Kind, seq: Seq, seen: &Seen<'_>) {
    let end = c.end(seen.from);
    // What the endpoint knows needs no memory here.
    let first = match kind {
        Kind::Syn => end.has_isn.then_some(end.isn),
        Kind::Fin => end.fin.is_set().then(|| end.fin_seq()),
        Kind::Rst => None,
    };
    let noted = record.notes.as_ref().and_then(|notes| notes.newest[seen.from as usize][kind as usize]);
    let before = noted.or(first);
    let known_there = before.is_none() && !seen.stray && !matches!(kind, Kind::Rst);
    if before != Some(seq) {
        push(record, letter, seen.from);
        if !known_there {
            record.notes().newest[seen.from as usize][kind as usize] = Some(seq);
        }
    }
}

/// Notes a segment that neither `c` nor the rules have taken in yet.
pub(crate) fn note(record: &mut Record, c: &Connection, rules: &RuleNotes, seen: &Seen<'_>) {
    let (segment, from) = (seen.segment, seen.from);
    let flags = segment.flags;
    if record.zeek.0 == 0 && from == Side::Server {
        push(record, b'^', from);
    }
    if c.is_corrupted(segment, from) {
        return count(record, b'c', from);
    }
    match (flags.syn(), flags.fin(), flags.rst()) {
        (_, true, true) => push_once(record, b'i', from),
        (true, true, false) | (true, false, true) => push_once(record, b'q', from),
        (true, false, false) => {
            push_new(record, c, if flags.ack() { b'h' } else { b's' }, Kind::Syn, segment.seq, seen);
        }
        (false, true, false) => push_new(record, c, b'f', Kind::Fin, segment.seq + segment.len, seen),
        (false, false, true) => push_new(record, c, b'r', Kind::Rst, segment.seq, seen),
        (false, false, false) if segment.len > 0 => push_once(record, b'd', from),
        (false, false, false) if flags.ack() => push_once(record, b'a', from),
        (false, false, false) => {}
    }
    let ends = record.zeek.ends();
    let (this, other) = (ends[from as usize], ends[from.other() as usize]);
    if segment.window == 0 && !flags.rst() && !this.is_reset() && !other.is_closed() {
        count(record, b'w', from);
    }
    if seen.old && segment.len > 0 && !this.is_reset() {
        count(record, b't', from);
    }
    let ends = after(ends, seen);
    record.zeek.set_ends(ends);
    if ends.into_iter().all(State::is_clean) {
        for _ in 0..gaps(c, rules, seen) {
            count(record, b'g', from.other());
        }
    }
}

/// How many pieces of the other side's data this segment is the first to acknowledge, of which nothing was seen.
fn gaps(c: &Connection, rules: &RuleNotes, seen: &Seen<'_>) -> usize {
    let ack = seen.segment.ack;
    let (reader, writer) = (c.end(seen.from), c.end(seen.from.other()));
    if !seen.segment.flags.ack() || (reader.acked_any && !ack.after(reader.acked)) {
        return 0;
    }
    let beyond = (1..=bounds::MOST_UNSEEN).contains(&ack.since(writer.next));
    usize::from(beyond && !writer.fin.is_set()) + rules.holes_below(seen.from.other(), ack)
}

/// The states of originator and responder after a segment.
fn after([o, r]: [State; 2], seen: &Seen<'_>) -> [State; 2] {
    match seen.from {
        Side::Client => {
            let (o, r) = sends(o, r, seen);
            [o, r]
        }
        Side::Server => {
            let (r, o) = sends(r, o, seen);
            [o, r]
        }
    }
}

/// The state of the sender of a segment, and of the other side.
fn sends(this: State, other: State, seen: &Seen<'_>) -> (State, State) {
    let flags = seen.segment.flags;
    let (this, other) = match this {
        State::Inactive if flags.syn() => match (seen.from, flags.ack()) {
            (Side::Client, false) => (State::SynSent, other),
            (Side::Client, true) => (State::SynAckSent, other),
            (Side::Server, _) if other == State::SynSent => (State::Established, State::Established),
            (Side::Server, _) => (State::Established, other),
        },
        State::Inactive if flags.fin() => (this, other),
        // Some answer the SYN with a plain ACK before the SYN-ACK.
        State::Inactive if other == State::SynSent && seen.segment.len == 0 => (this, other),
        // Where there is a SYN-ACK, only the SYN was not captured.
        State::Inactive if flags.ack() && other == State::Established => (State::Established, other),
        State::Inactive => (State::Partial, other),
        State::Partial if other == State::Inactive && flags.syn() && !flags.ack() => (State::SynSent, other),
        _ => (this, other),
    };
    match this {
        State::Reset | State::ResetAfterFin => (this, other),
        State::Closed | State::ClosedOddly if flags.rst() && !other.is_closed() => {
            (State::ResetAfterFin, other)
        }
        State::Closed | State::ClosedOddly => (this, other),
        _ if flags.rst() => (State::Reset, other),
        // A FIN and a RST are answered with a FIN after all: that was an ordinary end.
        _ if flags.fin() && other == State::ResetAfterFin => (this.closed(), State::ClosedOddly),
        _ if flags.fin() => (this.closed(), other),
        _ => (this, other),
    }
}

/// The state of a connection, in the order in which Zeek tests for it.
#[must_use]
pub(crate) fn conn_state(record: &Record, c: &Connection) -> &'static str {
    let [o, r] = record.zeek.ends();
    let no_data = c.ends.iter().all(|end| end.bytes() == 0);
    let either = |yes, if_so, if_not| if yes { if_so } else { if_not };
    match (o, r) {
        (State::SynSent | State::SynAckSent, r) if r.is_reset() => "REJ",
        (o, r) if r.is_reset() && o.is_reset() && no_data => "REJ",
        (o, r) if r.is_reset() => either(o.is_inactive(), "RSTRH", "RSTR"),
        (o, r) if o.is_reset() && r.is_inactive() => either(only_syn_and_rst(record), "RSTOS0", "OTH"),
        (o, _) if o.is_reset() => "RSTO",
        (o, r) if o.is_closed() && r.is_closed() => "SF",
        (o, r) if o.is_closed() => either(r.is_inactive(), "SH", "S2"),
        (o, r) if r.is_closed() => either(o.is_inactive(), "SHR", "S3"),
        (State::SynSent, State::Inactive) => "S0",
        (State::Established, State::Established) => "S1",
        _ => "OTH",
    }
}

/// The originator's SYN comes first, and then its RST, with no sign in between that it was answered.
fn only_syn_and_rst(record: &Record) -> bool {
    let history = history(record);
    let after_syn = history.trim_start_matches('^').strip_prefix('S');
    after_syn.and_then(|letters| letters.chars().find(|&l| "HAFGIQR".contains(l))) == Some('R')
}
