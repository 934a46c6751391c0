//! What is taken for true until a packet refutes it.
//!
//! "This side has reset the connection", "the third ACK was lost": what is told, changed or hidden because of such a
//! claim hangs on it, and goes with it when it is refuted. So no rule keeps a list of what to take back.

use std::num::NonZeroU32;

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A side has sent the RST that came in its name.
    Reset,
    /// A RST that came in the name of a side was not sent by it.
    Forged,
    /// The SYN has no answer.
    SynUnanswered,
    /// The client did not get the SYN-ACK.
    SynAckLost,
    /// The server did not get the third ACK, or ignored it.
    ThirdAckLost,
    /// The client never sent the third ACK, or it was lost before the capture point.
    ThirdAckMissing,
    /// A FIN completes the handshake.
    FinCompletes,
    /// Something on the path has forgotten the idle connection.
    IdleStateLost,
    /// Segments of full size do not pass.
    BlackHole,
    /// A copy of data was lost behind the capture point.
    LostDownstream,
    /// A receiver refuses what was sent to it.
    Refused,
    /// The capture lacks what is acknowledged.
    CaptureLacks,
}

impl Kind {
    /// A few words, as `--trace` prints them.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Kind::Reset => "a side has reset the connection",
            Kind::Forged => "a RST was forged",
            Kind::SynUnanswered => "the SYN has no answer",
            Kind::SynAckLost => "the SYN-ACK was lost",
            Kind::ThirdAckLost => "the third ACK was lost or ignored",
            Kind::ThirdAckMissing => "the third ACK never came by",
            Kind::FinCompletes => "a FIN completes the handshake",
            Kind::IdleStateLost => "the path has forgotten the idle connection",
            Kind::BlackHole => "segments of full size do not pass",
            Kind::LostDownstream => "a copy was lost behind the capture point",
            Kind::Refused => "its receiver refuses it",
            Kind::CaptureLacks => "the capture lacks what is acknowledged",
        }
    }
}

/// A claim, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Claim(NonZeroU32);

#[derive(Clone, Copy, Debug)]
struct Record {
    kind: Kind,
    /// The frame that gave rise to it.
    frame: u32,
    /// The claim that it follows from.
    on: Option<Claim>,
    refuted: bool,
    /// The claim before it of the same connection.
    next_of_stream: u32,
}

/// All claims of a capture.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    records: Vec<Record>,
}

impl Claims {
    /// In place of a claim's number: there is none.
    pub(crate) const NONE: u32 = u32::MAX;
    /// A flood of claims must not exhaust memory: beyond so many, nothing more is claimed, 80 MB.
    const MOST: usize = 4 << 20;

    /// Claims something because of a frame. `first`: the newest claim of the connection. `None` when there are too many.
    pub(crate) fn open(
        &mut self,
        first: &mut u32,
        kind: Kind,
        frame: u32,
        on: Option<Claim>,
    ) -> Option<Claim> {
        if self.records.len() >= Self::MOST {
            return None;
        }
        let at = self.records.len() as u32;
        let next_of_stream = std::mem::replace(first, at);
        self.records.push(Record { kind, frame, on, refuted: false, next_of_stream });
        NonZeroU32::new(at + 1).map(Claim)
    }

    /// It does not hold.
    pub(crate) fn refute(&mut self, claim: Claim) {
        if let Some(record) = self.records.get_mut(claim.0.get() as usize - 1) {
            record.refuted = true;
        }
    }

    /// What is claimed, and because of which frame.
    pub(crate) fn what(&self, claim: Claim) -> Option<(Kind, u32)> {
        self.records.get(claim.0.get() as usize - 1).map(|record| (record.kind, record.frame))
    }

    /// Nothing has refuted it so far, nor what it follows from.
    pub(crate) fn stands(&self, claim: Claim) -> bool {
        let mut next = Some(claim);
        while let Some(claim) = next {
            match self.records.get(claim.0.get() as usize - 1) {
                Some(record) if !record.refuted => next = record.on,
                _ => return false,
            }
        }
        true
    }

    /// The claims of a connection, newest first: what is claimed, because of which frame, and whether it stands.
    pub(crate) fn of(&self, first: u32) -> impl Iterator<Item = (Kind, u32, bool)> {
        let mut at = first;
        std::iter::from_fn(move || {
            let record = self.records.get(at as usize)?;
            let claim = Claim(NonZeroU32::MIN.saturating_add(at));
            at = record.next_of_stream;
            Some((record.kind, record.frame, self.stands(claim)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Claims, Kind};
    use std::collections::HashSet;

    #[test]
    fn what_follows_from_a_claim_falls_with_it() {
        let mut claims = Claims::default();
        let (mut first, mut of_another) = (Claims::NONE, Claims::NONE);
        let reset = claims.open(&mut first, Kind::Reset, 5, None).unwrap();
        let other = claims.open(&mut of_another, Kind::Refused, 6, None).unwrap();
        let follows = claims.open(&mut first, Kind::IdleStateLost, 7, Some(reset)).unwrap();
        assert_eq!(claims.what(follows), Some((Kind::IdleStateLost, 7)));
        let all = |claims: &Claims| claims.of(first).collect::<Vec<_>>();
        assert_eq!(all(&claims), [(Kind::IdleStateLost, 7, true), (Kind::Reset, 5, true)]);
        claims.refute(reset);
        assert_eq!(all(&claims), [(Kind::IdleStateLost, 7, false), (Kind::Reset, 5, false)]);
        assert!(claims.stands(other) && !claims.stands(follows) && !claims.stands(reset));
        // What is refuted alone leaves that which it follows from.
        let again = claims.open(&mut first, Kind::Reset, 8, None).unwrap();
        let follows = claims.open(&mut first, Kind::BlackHole, 9, Some(again)).unwrap();
        claims.refute(follows);
        assert!(claims.stands(again) && !claims.stands(follows));
    }

    #[test]
    fn each_kind_has_words_of_its_own() {
        let all = [
            Kind::Reset,
            Kind::Forged,
            Kind::SynUnanswered,
            Kind::SynAckLost,
            Kind::ThirdAckLost,
            Kind::ThirdAckMissing,
            Kind::FinCompletes,
            Kind::IdleStateLost,
            Kind::BlackHole,
            Kind::LostDownstream,
            Kind::Refused,
            Kind::CaptureLacks,
        ];
        assert_eq!(all.map(Kind::words).into_iter().collect::<HashSet<_>>().len(), all.len());
        assert!(all.iter().all(|kind| kind.words().len() > 10));
    }
}
