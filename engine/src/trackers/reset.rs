//! Resets of open connections (RFC 9293, 3.5.2; RFC 5961).

use super::Context;
use crate::catalogue::Diagnosis;
use crate::connection::{Connection, From, Seen};
use crate::endpoint::Mark;
use crate::findings::{Finding, Told, Value};
use crate::rst::{Rst, Sign};

/// What this tracker keeps: the first RST of each side that seemed its own, and what was told of it.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    own: [Option<Own>; 2],
    injected: [Option<Told>; 2],
}

#[derive(Debug)]
struct Own {
    at: Mark,
    layer: u8,
    tsval: Option<u32>,
    /// SYNs of the client before it, to know a later attempt.
    syns: u8,
    told: Vec<Told>,
}

/// A segment may be overtaken by a RST that was sent after it, by so much, nanoseconds.
const OVERTAKEN: i64 = 10_000_000;

/// That side has reset the connection before.
pub(crate) fn reset_before(c: &Connection, from: From) -> bool {
    c.details.as_ref().is_some_and(|d| d.reset.own[from as usize].is_some())
}

/// A side that sends on after its RST did not send that RST.
pub(crate) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let side = seen.from as usize;
    let Some(details) = &mut c.details else { return };
    let notes = &mut details.reset;
    if seen.stray || segment.is_syn() {
        return;
    }
    if let told @ Some(_) = notes.injected[side] {
        context.store.amend(told, |finding| {
            if !finding.evidence.iter().any(|e| e.role.0 == "goes_on") {
                *finding = finding.clone().evidence("goes_on", segment.frame);
            }
        });
    }
    let Some(own) = &notes.own[side] else { return };
    let later = match (own.tsval, segment.options.timestamps) {
        (Some(rst), Some((this, _))) => (this.wrapping_sub(rst) as i32) > 0,
        _ => segment.time - own.at.time > OVERTAKEN,
    };
    if !later || own.syns != c.handshake.syn_repeats {
        return;
    }
    let Some(own) = notes.own[side].take() else { return };
    for told in own.told {
        context.store.withdraw(&mut Some(told));
    }
    let mut finding = injected(c, seen.from, Sign::GoesOn, own.at.frame)
        .evidence("goes_on", segment.frame)
        .proved_by(segment.frame);
    finding.layer = own.layer;
    let told = context.store.tell(c, finding);
    c.ends[side].rst = Mark::default();
    c.details().reset.injected[side] = told;
}

fn injected(c: &Connection, from: From, sign: Sign, frame: u32) -> Finding {
    let finding = Finding::at(Diagnosis::ResetInjected, c, frame)
        .with("who", Value::Side(from.side()))
        .with("peer", Value::Side(from.other().side()));
    match sign {
        Sign::Ttl { this, usual } => finding
            .with("sign", Value::Term("sign_ttl"))
            .with("ttl", Value::Count(this.into()))
            .with("usual", Value::Count(usual.into()))
            .evidence("genuine", c.end(from).last.frame),
        Sign::GoesOn => finding.with("sign", Value::Term("sign_goes_on")),
    }
}

/// A RST to an open or closing connection.
pub(crate) fn reset(
    c: &mut Connection,
    seen: &Seen<'_>,
    rst: Rst,
    context: &mut Context<'_>,
) -> Option<Told> {
    let segment = seen.segment;
    let from = seen.from;
    let peer = c.end(from.other());
    let diagnosis = match rst {
        Rst::Forged(sign) => {
            let mut finding = injected(c, from, sign, segment.frame);
            finding.layer = segment.layer;
            let told = context.store.tell(c, finding);
            c.details().reset.injected[from as usize] = told;
            return told;
        }
        Rst::Late => Diagnosis::ResetLate,
        Rst::InFinWait => Diagnosis::ResetInFinWait,
        Rst::AfterClose => Diagnosis::ResetAfterClose,
        Rst::NoSuchConnection | Rst::NeverEstablished => Diagnosis::ResetNoSuchConnection,
        Rst::Abort => Diagnosis::ResetAbort,
        _ => return None,
    };
    let mut finding = Finding::new(diagnosis, c, segment)
        .of(from)
        .with("who", Value::Side(from.side()))
        .with("peer", Value::Side(from.other().side()));
    if diagnosis != Diagnosis::ResetAbort {
        finding = finding.evidence("answered", peer.last.frame);
    }
    match diagnosis {
        Diagnosis::ResetAbort => {
            let sender = c.end(from);
            let idle = segment.time - peer.last.time;
            finding.set("idle", Value::Duration(idle));
            finding.set("unacknowledged", Value::Bytes(sender.data_unacknowledged(peer).into()));
            // Something came last from the other side: it may have been left unread.
            let heard_last = peer.bytes > 0 && peer.last.time >= sender.last.time - c.rtt().unwrap_or(0);
            finding.set("reading", Value::Term(if heard_last { "maybe_unread" } else { "no_unread" }));
            finding = finding.evidence("last_heard", peer.last.frame);
        }
        Diagnosis::ResetAfterClose | Diagnosis::ResetInFinWait => {
            finding = finding.evidence("fin", c.end(from).fin.frame)
        }
        Diagnosis::ResetNoSuchConnection => {
            let reading = if rst == Rst::NeverEstablished {
                "never_established"
            } else if c.end(from).bytes == 0 && !c.handshake.established && c.handshake.third_ack.is_set() {
                "killed_early"
            } else {
                "killed_later"
            };
            finding.set("reading", Value::Term(reading));
        }
        _ => {}
    }
    context.store.tell(c, finding)
}

/// Remembers a RST that seems its sender's own, with what was told of it.
pub(crate) fn note(c: &mut Connection, seen: &Seen<'_>, rst: Rst, told: Vec<Told>) {
    if matches!(rst, Rst::Forged(_) | Rst::Again | Rst::Unknown) || seen.stray {
        return;
    }
    let syns = c.handshake.syn_repeats;
    let segment = seen.segment;
    c.details().reset.own[seen.from as usize].get_or_insert(Own {
        at: Mark::of(segment),
        layer: segment.layer,
        tsval: segment.options.timestamps.map(|t| t.0),
        syns,
        told,
    });
}
