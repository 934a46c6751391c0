//! What follows from what: of the findings of a connection, some only say in another way what one of them has brought about.

use crate::catalogue::diagnosis::Diagnosis as D;
use crate::catalogue::findings::Finding;
use crate::catalogue::terms::Param;

/// The roots that a diagnosis can follow from, the nearest first.
fn roots(diagnosis: D) -> &'static [D] {
    match diagnosis {
        D::HandshakeSynackRetransmitted => &[
            D::HandshakeAcceptQueueOverflow,
            D::HandshakeThirdAckLost,
            D::HandshakeThirdAckMissing,
            D::HandshakeDeferAccept,
            D::HandshakeSynackLost,
            D::HandshakeSynackIgnored,
        ],
        D::HandshakeSynRetransmitted => &[
            D::HandshakeSynIgnored,
            D::HandshakeSynUnanswered,
            D::HandshakeSynackLost,
            D::HandshakeSynackIgnored,
            D::HandshakeRejected,
        ],
        D::HandshakeServerNeverEstablished => {
            &[D::HandshakeAcceptQueueOverflow, D::HandshakeThirdAckLost, D::HandshakeThirdAckMissing]
        }
        D::LossTimeout | D::LossTailProbe => &[
            D::LossStalled,
            D::PathPmtuBlackHole,
            D::PathIdleStateLost,
            D::PathBlackout,
            D::ResetRetransmissionTimeout,
            D::HandshakeAcceptQueueOverflow,
            D::HandshakeThirdAckLost,
            D::LossCorrupted,
            D::LossStaleTimestamp,
        ],
        D::LossStalled => &[
            D::ResetRetransmissionTimeout,
            D::PathPmtuBlackHole,
            D::PathIdleStateLost,
            D::PathBlackout,
            D::HandshakeAcceptQueueOverflow,
        ],
        D::LossSpurious => &[D::PathBlackout],
        D::CloseFinRetransmitted => &[D::CloseFinUnanswered, D::CloseLastAckLost],
        D::CloseDataLost => &[
            D::ResetInjected,
            D::ResetByMiddlebox,
            D::ResetAfterClose,
            D::ResetAbort,
            D::ResetNoSuchConnection,
            D::ResetRetransmissionTimeout,
        ],
        D::ResetNoSuchConnection => &[
            D::PathAddressChanged,
            D::ResetInjected,
            D::HandshakeAcceptQueueOverflow,
            D::HandshakeServerNeverEstablished,
        ],
        D::ResetFollowedByTraffic => &[D::ResetInjected],
        D::FlowWindowFull => &[D::FlowZeroWindow, D::FlowNeverReopened],
        _ => &[],
    }
}

/// The finding that this one follows from, among all that were told of the connection; `None` where it is a root itself.
pub(crate) fn root<'a>(finding: &Finding, own: &'a [Finding]) -> Option<&'a Finding> {
    // What speaks of the other side is another matter, unless one of the two speaks of nobody.
    let of_same = |other: &&Finding| {
        let (one, two) = (finding.param(Param::Who), other.param(Param::Who));
        one.is_none() || two.is_none() || one == two || finding.diagnosis.family() != other.diagnosis.family()
    };
    roots(finding.diagnosis).iter().find_map(|root| {
        let candidates = own.iter().filter(|other| other.diagnosis == *root).filter(of_same);
        // The nearest before it, or else the first.
        let before = candidates.clone().rfind(|other| other.subject <= finding.subject);
        before.or_else(|| candidates.clone().next())
    })
}

#[cfg(test)]
mod tests {
    use super::{root, roots};
    use crate::catalogue::diagnosis::Diagnosis as D;
    use crate::catalogue::findings::Finding;

    #[test]
    fn each_chain_of_consequences_ends_in_a_root() {
        for diagnosis in D::ALL.iter().copied() {
            let mut reached = vec![diagnosis];
            while let Some(next) = reached.iter().flat_map(|d| roots(*d)).find(|d| !reached.contains(d)) {
                reached.push(*next);
            }
            assert!(!reached.iter().flat_map(|d| roots(*d)).any(|d| *d == diagnosis), "{}", diagnosis.id());
        }
    }

    #[test]
    fn the_nearest_root_before_it_is_named() {
        let at = |diagnosis, frame| Finding::at(diagnosis, 0, frame);
        let own = [
            at(D::PathBlackout, 5),
            at(D::LossTimeout, 6),
            at(D::LossStalled, 8),
            at(D::LossTimeout, 9),
            at(D::PathBlackout, 20),
        ];
        let of = |n: usize| root(&own[n], &own).map(|root| (root.diagnosis, root.subject));
        assert_eq!(of(0), None);
        assert_eq!(of(1), Some((D::LossStalled, 8)));
        assert_eq!(of(2), Some((D::PathBlackout, 5)));
        assert_eq!(of(3), Some((D::LossStalled, 8)));
    }
}
