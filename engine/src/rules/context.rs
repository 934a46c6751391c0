//! What a rule may use beside the connection and the segment.

use super::notes::Notes;
use crate::book::Book;
use crate::catalogue::Diagnosis;
use crate::catalogue::findings::Finding;
use crate::connection::Connection;
use crate::connection::flight::SentPool;
use crate::proof::store::Telling;
use crate::settings::Thresholds;
use crate::wire::http::Unfinished;
use crate::wire::icmp::IcmpError;

/// What a rule may use beside the connection and the segment.
pub(crate) struct Context<'a, T> {
    /// Where findings and claims go.
    pub(crate) store: Telling<'a>,
    /// What the rules keep about this connection.
    pub(crate) notes: &'a mut Notes,
    /// All segments in flight.
    pub(crate) pool: &'a SentPool,
    /// What is known beyond this connection.
    pub(crate) book: &'a mut Book,
    /// Heads of HTTP messages that go on in segments to come.
    pub(crate) unfinished: &'a mut Unfinished,
    /// From when on things are worth telling.
    pub(crate) thresholds: &'a Thresholds,
    /// Takes down what is asked, where the frame is traced.
    pub(crate) trace: T,
}

/// A finding about an ICMP error.
pub(crate) fn of_icmp(error: &IcmpError, diagnosis: Diagnosis, c: &Connection) -> Finding {
    c.finding_at(diagnosis, error.at.frame).layer(error.layer)
}
