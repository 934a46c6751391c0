//! What the capture itself did, and what is normal.

use super::limits;
use super::questions::{had_ended, wrong_rst};
use super::scene::Scene;
use super::weight::Weight;
use crate::catalogue::facts::FactKind;
use crate::catalogue::terms::{Param, Term};
use crate::catalogue::{Cause, Diagnosis as D};

pub(super) fn weigh(cause: Cause, s: &Scene<'_>, w: &mut Weight) {
    match cause {
        Cause::CaptureGroChecksum => {
            w.proves(s.is(&[D::CaptureOffload]).then(|| s.itself()));
            // That its receiver drops it is what the finding says.
            w.against(s.is(&[D::LossCorrupted]).then(|| s.fact(FactKind::NeverAcked)));
            w.against(s.is(&[D::CaptureDroppedPackets]).then(|| s.fact(FactKind::NotThere)));
        }
        Cause::CaptureMissedPackets => {
            w.speaks(s.is(&[D::CaptureDroppedPackets]).then(|| s.itself()));
            w.speaks(s.told_fact(D::CaptureDroppedPackets).filter(|_| !s.is(&[D::CaptureDroppedPackets])));
        }
        Cause::CaptureOneDirectionOnly => {
            w.proves(s.is(&[D::CaptureOneDirection]).then(|| s.itself()));
            w.speaks(s.told_fact(D::CaptureOneDirection).filter(|_| !s.is(&[D::CaptureOneDirection])));
            let both = s.me.ends.iter().all(|end| end.last.is_set() && end.last.frame != end.rst.frame);
            w.against((both && !s.is(&[D::CaptureOneDirection])).then(|| s.fact(FactKind::BothDirections)));
        }
        Cause::CaptureSamePacketTwice => {
            w.proves(s.is(&[D::CaptureCopies]).then(|| s.itself()));
            w.speaks(s.is(&[D::CaptureDuplicate]).then(|| s.itself()));
            w.speaks(s.told_fact(D::CaptureCopies).filter(|_| !s.is(&[D::CaptureCopies])));
        }
        Cause::CaptureTooLate => {
            let late = s.c.started_late.is_some();
            w.against((!late && s.me.syn.is_set()).then(|| s.fact(FactKind::WholeInFile)));
            w.against(s.moved().map(|(fact, _)| fact));
            w.proves(s.is(&[D::CaptureStartedLate]).then(|| s.itself()));
            let before = s.term(Param::Reading) == Some(Term::BeforeCapture);
            w.speaks(before.then(|| s.itself()));
        }
        Cause::NormalChallengeAck => {
            let ended = s.told_any(&[D::ResetAbort, D::ResetNoSuchConnection, D::ResetAfterClose]);
            let challenged = s.term(Param::How) == Some(Term::RstChallenged);
            w.against(wrong_rst(s));
            w.against((!ended).then(|| s.fact(FactKind::NoSecondRst)));
            w.speaks((ended && challenged).then(|| s.itself()));
        }
        Cause::NormalFinRidesOnAck => {
            // The other's FIN came in between.
            let crossed = s.who().is_some_and(|side| {
                let (own, peer) = (s.me.end(side).fin, s.me.end(side.other()).fin);
                own.is_set() && peer.is_set() && own.frame < peer.frame
            });
            let waited = s.duration(Param::Waited).unwrap_or(0);
            let soon = waited < limits::LEAST_TIMEOUT;
            w.proves((crossed && soon && s.is(&[D::CloseFinRetransmitted])).then(|| s.itself()));
            w.against((!soon).then(|| s.fact(FactKind::OtherTimer).span(waited)));
        }
        _ => {
            let both = s.me.ends.iter().all(|end| end.fin.is_set()) || s.told_any(&[D::ResetAbort]);
            let lost = s.me.ends.iter().any(|end| end.outstanding);
            let late = s.is(&[D::ResetLate]);
            let ended = had_ended(s);
            w.against((lost && !late).then(|| s.fact(FactKind::NeverAcked)));
            w.speaks((late && both && !lost).then(|| s.itself()));
            w.speaks(ended.filter(|_| !late));
            if !late && !both {
                w.only_with_facts();
            }
        }
    }
}
