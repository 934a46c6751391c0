//! The ordinary milestones of a connection, read off its marks whenever they are asked for: nothing is stored
//! for them, so that a healthy connection costs no more than its two sides.

use crate::catalogue::Diagnosis;
use crate::catalogue::findings::{Finding, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::connection::endpoint::{Endpoint, Facts};
use crate::connection::{Connection, Course};
use crate::proof::trace::{Tracing, known, met, needs};
use crate::side::{Party, Side};

/// Whether one of the milestones can be about that frame; cheaper than to work them out.
pub(crate) fn may_be_about(c: &Connection, frame: u32) -> bool {
    frame == c.first.frame
        || frame == c.handshake.third_ack.frame
        || c.ends.iter().any(|end| frame == end.fin.frame || frame == end.fin_acked.frame)
}

/// All milestones that the connection has passed; each is about the frame that proves it.
pub(crate) fn passed(c: &Connection, trace: impl Tracing, out: &mut Vec<Finding>) {
    out.extend(
        [started_late(c, trace), completed(c, trace), closed(c, trace)]
            .into_iter()
            .flatten()
            .map(|finding| Finding { layer: c.layer, ..finding }),
    );
}

/// The capture ends, at `now`, with the connection open.
pub(crate) fn incomplete(c: &Connection, now: i64, trace: impl Tracing) -> Option<Finding> {
    let opened = c.handshake.third_ack.is_set() || (!c.syn().is_set() && !c.handshake.syn_ack.is_set());
    let ended = c.succeeded || c.is_reset() || c.ends.iter().any(|e| e.fin.is_set());
    let open = needs!(trace, Diagnosis::CloseIncomplete;
        "it was opened, as far as was seen" => opened,
        "it has not ended" => !ended,
    );
    open.then(|| {
        let last = c.last();
        c.finding_at(Diagnosis::CloseIncomplete, last.frame)
            .with(Param::Idle, Value::Duration(now - last.time))
    })
}

/// It was open before the capture began.
fn started_late(c: &Connection, trace: impl Tracing) -> Option<Finding> {
    let amid = "it begins with something else than a SYN or RST";
    let from = known(trace, Diagnosis::CaptureStartedLate, amid, c.started_late)?;
    Some(c.finding_at(Diagnosis::CaptureStartedLate, c.first.frame).of(from))
}

/// The client has acknowledged the SYN-ACK.
fn completed(c: &Connection, trace: impl Tracing) -> Option<Finding> {
    let handshake = &c.handshake;
    let third_ack = handshake.third_ack.get().filter(|ack| ack.frame > handshake.syn_ack.frame);
    let behind = "the third ACK was seen, behind the SYN-ACK";
    let third_ack = known(trace, Diagnosis::HandshakeCompleted, behind, third_ack)?;
    if !needs!(trace, Diagnosis::HandshakeCompleted;
        "the SYN-ACK was seen" => handshake.syn_ack.is_set(),
        "no RST says that the server never got that ACK" => !c.never_established(),
    ) {
        return None;
    }
    let carrier = if c.client().fin.frame == third_ack.frame {
        Term::CarriedByFin
    } else if handshake.course.contains(Course::THIRD_ACK_HAS_DATA) {
        Term::CarriedByData
    } else {
        Term::CarriedByAck
    };
    let finding = c
        .finding_at(Diagnosis::HandshakeCompleted, third_ack.frame)
        .side(Party::Client)
        .evidence(Role::Syn, c.syn().frame)
        .evidence(Role::SynAck, handshake.syn_ack.frame)
        .with(Param::Carrier, Value::Term(carrier));
    // Measured: told as it is.
    Some(match c.rtt() {
        Some(rtt) => finding.with(Param::Rtt, Value::Duration(rtt)),
        None => finding,
    })
}

/// Both sides have closed: crossing each other, or in order with the last ACK seen.
fn closed(c: &Connection, trace: impl Tracing) -> Option<Finding> {
    let [client, server] = &c.ends;
    let (from, first, second) = if client.fin.frame <= server.fin.frame {
        (Side::Client, client, server)
    } else {
        (Side::Server, server, client)
    };
    if !met(trace, "close", "both sides have sent their FIN", first.fin.is_set()) {
        return None;
    }
    let crosses = second.is(Facts::FIN_CROSSES);
    if met(trace, Diagnosis::CloseSimultaneous, "neither FIN acknowledges the other", crosses) {
        return Some(crossed(c, first, second));
    }
    let last_ack = known(trace, "close", "the last ACK was seen", second.fin_acked.get())?;
    let four = first.fin_acked.frame < second.fin.frame;
    let before = "the first FIN was acknowledged before the second came";
    // The capture may show the ACK ahead of the FIN.
    let last = last_ack.frame.max(second.fin.frame);
    let finding = |diagnosis| c.finding_at(diagnosis, last).of(from).evidence(Role::Fin, first.fin.frame);
    let finding = if met(trace, Diagnosis::CloseFourSegments, before, four) {
        finding(Diagnosis::CloseFourSegments).evidence(Role::FinAck, first.fin_acked.frame)
    } else {
        met(trace, Diagnosis::CloseThreeSegments, "the second FIN acknowledges the first", true);
        finding(Diagnosis::CloseThreeSegments)
    };
    Some(
        finding
            .evidence(Role::Fin, second.fin.frame)
            .with(Param::Who, Value::Party(from.party()))
            .with(Param::Took, Value::Duration(last_ack.time - first.fin.time)),
    )
}

/// Neither FIN acknowledges the other.
fn crossed(c: &Connection, first: &Endpoint, second: &Endpoint) -> Finding {
    c.finding_at(Diagnosis::CloseSimultaneous, second.fin.frame)
        .evidence(Role::Fin, first.fin.frame)
        .evidence(Role::Fin, second.fin.frame)
        .with(Param::Apart, Value::Duration(second.fin.time - first.fin.time))
}
