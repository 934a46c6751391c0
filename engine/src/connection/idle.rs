//! When a connection was idle: no packet of either side, though nothing was outstanding.

use crate::mark::Mark;
use crate::side::Side;

/// The newest pause of a connection, and the longest after which it went on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Idle {
    /// How long the newest was, nanoseconds.
    pub span: i64,
    /// The packet that ended it.
    pub ended: Mark,
    /// The longest pause after which the other side answered by something else than a RST, nanoseconds.
    pub survived: i64,
    ended_by: Option<Side>,
}

impl Idle {
    /// A pause as long as this is one, nanoseconds: sooner, hosts and applications merely take their time.
    pub(crate) const LEAST: i64 = 1_000_000_000;

    /// A packet of that side comes `span` after the one before; `quiet`: nothing was outstanding.
    pub(crate) fn packet(&mut self, from: Side, at: Mark, span: i64, quiet: bool, is_rst: bool) {
        if quiet && span >= Self::LEAST {
            (self.span, self.ended, self.ended_by) = (span, at, Some(from));
        } else if self.ended_by.is_some_and(|by| by != from) && !is_rst {
            self.survived = self.survived.max(self.span);
            self.ended_by = None;
        }
    }

    /// Since the newest pause the side that did not end it was not heard, but for RSTs.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.ended_by.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::Idle;
    use crate::mark::Mark;
    use crate::side::Side;

    #[test]
    fn a_pause_is_survived_once_the_other_side_answers() {
        let at = |frame| Mark { frame, time: 0 };
        let mut idle = Idle::default();
        idle.packet(Side::Client, at(2), Idle::LEAST - 1, true, false);
        idle.packet(Side::Client, at(3), Idle::LEAST, false, false);
        assert!(!idle.is_last() && idle.span == 0);
        idle.packet(Side::Client, at(4), Idle::LEAST, true, false);
        assert!(idle.is_last() && idle.ended.frame == 4);
        idle.packet(Side::Client, at(5), 0, true, false);
        idle.packet(Side::Server, at(6), 0, true, true);
        assert!(idle.is_last() && idle.survived == 0);
        idle.packet(Side::Server, at(7), 0, true, false);
        assert!(!idle.is_last());
        assert_eq!((idle.span, idle.survived), (Idle::LEAST, Idle::LEAST));
    }
}
