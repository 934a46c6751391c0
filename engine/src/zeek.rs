//! `conn_state` and `history` in the notation of Zeek's conn.log, so that both can be compared.

use crate::connection::{Connection, From, Seen};
use crate::endpoint::Endpoint;

/// What happened in a connection, a letter for each kind of event, capital for the originator.
///
/// `s` SYN, `h` SYN-ACK, `a` pure ACK, `d` payload, `f` FIN, `r` RST, `t` resent payload, `w` zero window, `g` gap,
/// `q` several of SYN, FIN and RST at once, `c` wrong checksum, `^` the first packet came from the responder. `a`, `d`
/// and `q` stand once for each side; `s`, `h`, `f` and `r` again when their sequence number differs; the others the
/// first time only (Zeek: also the 10th, the 100th, …).
///
/// Five bits a letter: twelve letters fit, what comes later is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct History(u64);

const LETTERS: &[u8; 16] = b"?shadfrtwgqc^???";
const CAPITAL: u8 = 16;
const MOST: u32 = 12;

impl History {
    fn letters(self) -> impl Iterator<Item = u8> {
        (0..MOST).map(move |n| (self.0 >> (5 * n)) as u8 & 31).take_while(|&code| code != 0)
    }

    fn code(letter: u8, from: From) -> u8 {
        let code = LETTERS.iter().position(|&l| l == letter).unwrap_or(0) as u8;
        if from == From::Client && letter != b'^' { code | CAPITAL } else { code }
    }

    fn push(&mut self, letter: u8, from: From) {
        let n = self.letters().count() as u32;
        if n < MOST {
            self.0 |= u64::from(Self::code(letter, from)) << (5 * n);
        }
    }

    fn push_once(&mut self, letter: u8, from: From) {
        let code = Self::code(letter, from);
        if !self.letters().any(|c| c == code) {
            self.push(letter, from);
        }
    }

    /// Notes a segment that `c` has not taken in yet.
    pub(crate) fn note(&mut self, c: &Connection, seen: &Seen<'_>) {
        let (segment, from) = (seen.segment, seen.from);
        let (sender, flags) = (c.end(from), segment.flags);
        if self.0 == 0 && from == From::Server {
            self.push(b'^', from);
        }
        if c.is_corrupted(segment, from) {
            return self.push_once(b'c', from);
        }
        match (flags.syn(), flags.fin(), flags.rst()) {
            (true, true, _) | (true, _, true) | (_, true, true) => self.push_once(b'q', from),
            (true, false, false) if !sender.has_isn || segment.seq != sender.isn => {
                self.push(if flags.ack() { b'h' } else { b's' }, from);
            }
            (false, false, true) if !c.rst(from).is_set() => self.push(b'r', from),
            _ => {}
        }
        if flags.rst() || (flags.syn() && segment.len == 0) {
            return;
        }
        if segment.len > 0 {
            if segment.seq.after(sender.next) && sender.seen && !seen.stray {
                self.push_once(b'g', from);
            }
            self.push_once(if seen.resends.is_some() { b't' } else { b'd' }, from);
        }
        if segment.is_pure_ack() {
            self.push_once(b'a', from);
        }
        if segment.window == 0 && flags.ack() && !flags.fin() {
            self.push_once(b'w', from);
        }
        if flags.fin()
            && !flags.syn()
            && (!sender.fin.is_set() || segment.seq + segment.len != sender.fin_seq())
        {
            self.push(b'f', from);
        }
    }
}

impl std::fmt::Display for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for code in self.letters() {
            let letter = LETTERS[usize::from(code & (CAPITAL - 1))] as char;
            let letter = if code & CAPITAL != 0 { letter.to_ascii_uppercase() } else { letter };
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

/// The state of a connection, in the order in which Zeek tests for it.
#[must_use]
pub(crate) fn conn_state(c: &Connection) -> &'static str {
    let (o, r) = (c.client(), c.server());
    let (o_reset, r_reset) = (ended_by_rst(c, From::Client), ended_by_rst(c, From::Server));
    let (o_closed, r_closed) = (closed(c, From::Client), closed(c, From::Server));
    let silent = |e: &Endpoint| !e.last.is_set();
    let syn_only = c.syn().is_set() && !r.has_isn;
    if r_reset && (syn_only || (o_reset && o.bytes() + r.bytes() == 0)) {
        return "REJ";
    }
    if r_reset {
        return if silent(o) || !o.has_isn && o.bytes() == 0 { "RSTRH" } else { "RSTR" };
    }
    if o_reset {
        return match (silent(r), o.has_isn && o.bytes() == 0 && !o.fin.is_set()) {
            (true, true) => "RSTOS0",
            (true, false) => "OTH",
            (false, _) => "RSTO",
        };
    }
    match (o_closed, r_closed) {
        (true, true) => "SF",
        (true, false) => {
            if silent(r) {
                "SH"
            } else {
                "S2"
            }
        }
        (false, true) => {
            if silent(o) {
                "SHR"
            } else {
                "S3"
            }
        }
        (false, false) if o.has_isn && silent(r) && !o.acked_any => "S0",
        (false, false) if o.has_isn && r.has_isn => "S1",
        (false, false) => "OTH",
    }
}

/// Ended by a RST of that side; a side that had sent its FIN before counts as closed.
fn ended_by_rst(c: &Connection, from: From) -> bool {
    let (end, peer) = (c.end(from), c.end(from.other()));
    c.rst(from).is_set() && !end.fin.is_set() && !(peer.fin.is_set() && peer.fin.frame < c.rst(from).frame)
}

/// That side has closed, or has answered the other's FIN with a RST.
fn closed(c: &Connection, from: From) -> bool {
    c.end(from).fin.is_set() || c.rst(from).is_set()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_once_and_twelve_fit() {
        let mut history = History::default();
        history.push(b's', From::Client);
        history.push(b'h', From::Server);
        for _ in 0..3 {
            history.push_once(b'a', From::Client);
            history.push_once(b'd', From::Server);
        }
        assert_eq!(history.to_string(), "ShAd");
        for _ in 0..20 {
            history.push(b'f', From::Client);
        }
        assert_eq!(history.to_string(), "ShAdFFFFFFFF");
    }
}
