//! Resets of open connections (RFC 9293, 3.5.2; RFC 5961).

use crate::bounds;
use crate::catalogue::findings::{Excerpt, Finding, Told, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Diagnosis, Severity};
use crate::connection::endpoint::Endpoint;
use crate::connection::{Connection, Seen};
use crate::proof::rst::{Rst, Sign};
use crate::rules::context::Context;
use crate::rules::notes::{Inexact, Notes, Own};
use crate::side::Side;
use crate::wire::segment::Segment;
use std::cmp::Ordering;

impl Own {
    /// The segment was sent before it, as its timestamp or its IP ID tells, or may have been.
    fn overtook(&self, segment: &Segment<'_>, sender: &Endpoint) -> bool {
        // A RST without a timestamp was sent after what came before it: what follows has a newer one than that, and one
        // by which it left behind the RST, where the clock ticks every millisecond, as nearly all do.
        if let (None, Some((before, time)), Some((this, _))) =
            (self.tsval, self.heard, segment.options.timestamps)
        {
            let since = this.wrapping_sub(before) as i32;
            return since <= 0 || time + i64::from(since) * bounds::TICK < self.at.time;
        }
        segment.order(self.tsval, self.id.filter(|_| sender.ids_count())).is_some_and(Ordering::is_lt)
    }
}

/// That side has reset the connection before.
pub(crate) fn reset_before(notes: &Notes, from: Side) -> bool {
    own(notes, from).is_some()
}

fn own(notes: &Notes, from: Side) -> Option<&Own> {
    notes.details.as_ref().and_then(|details| details.reset.own[from as usize].as_ref())
}

/// The RST with which that side has aborted, overtaken by one that answers what came after it: that one tells nothing.
/// Whether it is such a RST.
pub(crate) fn overtaken(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) -> bool {
    if !seen.segment.flags.ack() || seen.stray {
        return false;
    }
    let Some(details) = &mut context.notes.details else { return false };
    let answers = |own: &mut Own| own.bare && seen.segment.time - own.at.time <= bounds::IN_FLIGHT;
    let Some(own) = details.reset.own[seen.from as usize].take_if(answers) else { return false };
    for told in own.told {
        context.store.withdraw(Some(told));
    }
    c.forget_rst(seen.from);
    true
}

/// The same RST at once again: it answers another packet of several, or was captured twice.
pub(crate) fn repeats(seen: &Seen<'_>, context: &mut Context<'_>) -> bool {
    let segment = seen.segment;
    let newest = &mut context.notes.details().reset.newest[seen.from as usize];
    let before = newest.replace((segment.seq, segment.time));
    before.is_some_and(|(seq, time)| seq == segment.seq && segment.time - time <= bounds::SAME_MOMENT)
}

/// A side that sends on after its RST did not send that RST.
pub(crate) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let side = seen.from as usize;
    let sender = c.end(seen.from);
    // What comes late was sent before.
    let of_before = sender.has_passed(segment)
        || own(context.notes, seen.from).is_some_and(|own| own.overtook(segment, sender));
    if seen.stray || segment.is_syn() || of_before || context.notes.details.is_none() {
        return;
    }
    ignored(c, seen, context);
    outlived(c, seen, context);
    // Nothing new comes when both sides have closed. When the other side has reset, a late ACK says nothing, nor does what
    // was on its way when this side answered late packets of the other with a RST.
    let answers =
        |other: &Own| own(context.notes, seen.from).is_some_and(|own| own.at.frame > other.at.frame);
    if c.closed()
        || own(context.notes, seen.from.other()).is_some_and(|other| segment.len == 0 || answers(other))
    {
        return;
    }
    followed(c, seen, context);
    let Some(details) = &mut context.notes.details else { return };
    let notes = &mut details.reset;
    if let told @ Some(_) = notes.injected[side] {
        context.store.amend(told, |finding| {
            if !finding.evidence.iter().any(|e| e.role == Role::GoesOn) {
                finding.show(Role::GoesOn, segment.frame);
            }
        });
    }
    let Some(own) = &notes.own[side] else { return };
    let later = match (own.tsval, segment.options.timestamps) {
        (Some(rst), Some((this, _))) => this != rst,
        _ => segment.time - own.at.time > bounds::RST_OVERTAKES,
    };
    if !later || own.syns != c.handshake.syn_repeats {
        return;
    }
    let Some(own) = notes.own[side].take() else { return };
    for told in own.told {
        context.store.withdraw(Some(told));
    }
    // Captured beside that host, and no hop away: it left the host.
    let of_host = c.is_beside(seen.from) && own.ttl == Some(c.end(seen.from).ttl);
    let sign = if of_host { Sign::GoesOnBesideIt } else { Sign::GoesOn };
    let mut finding = injected(c, seen.from, sign, own.at.frame)
        .evidence(Role::GoesOn, segment.frame)
        .proved_by(segment.frame);
    finding.layer = own.layer;
    let told = context.store.tell(finding);
    c.forget_rst(seen.from);
    context.notes.details().reset.injected[side] = told;
}

/// The receiver of a RST that was not exact goes on: it has refused it.
fn ignored(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    // What was on its way before the RST can have arrived says nothing about it.
    let on_its_way = c.half(seen.from) / 2;
    let inexact = &mut context.notes.details().reset.inexact[seen.from.other() as usize];
    if !inexact.at.is_set() || seen.segment.time - inexact.at.time <= on_its_way {
        return;
    }
    let inexact = std::mem::take(inexact);
    let how = if inexact.in_window { Term::RstChallenged } else { Term::RstOutOfWindow };
    let mut finding = c
        .finding_at(Diagnosis::ResetIgnored, inexact.at.frame)
        .proved_by(seen.segment.frame)
        .of(seen.from)
        .evidence(Role::GoesOn, seen.segment.frame)
        .with(Param::Who, Value::Party(seen.from.other().party()))
        .with(Param::Peer, Value::Party(seen.from.party()))
        .with(Param::How, Value::Term(how));
    finding.layer = inexact.layer;
    context.store.tell(finding);
    c.forget_rst(seen.from.other());
    if let Some(own) = &mut context.notes.details().reset.own[seen.from.other() as usize] {
        own.refused = seen.segment.time;
    }
}

/// A RST was refused, and none that fits came in its place, as its genuine sender's would have: it ended nothing.
fn outlived(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let answered = 2 * c.rtt().unwrap_or(0) + bounds::IN_FLIGHT;
    let Some(own) = &mut context.notes.details().reset.own[seen.from.other() as usize] else { return };
    if own.refused == 0 || seen.segment.time - own.refused <= answered {
        return;
    }
    own.refused = 0;
    for told in own.told.drain(..) {
        context.store.withdraw(Some(told));
    }
}

/// Somebody goes on sending, though the RST must have arrived.
fn followed(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let own = c.rst(seen.from);
    let other = c.rst(seen.from.other());
    let on_its_way = 2 * c.rtt().unwrap_or(0) + bounds::IN_FLIGHT;
    let after_own = own.is_set() && segment.time - own.time > bounds::RST_OVERTAKES;
    let after_other = other.is_set() && segment.len > 0 && segment.time - other.time > on_its_way;
    if !after_own && !after_other || std::mem::replace(&mut context.notes.details().reset.followed_told, true)
    {
        return;
    }
    let rst = if after_own { own } else { other };
    let finding = c
        .finding(Diagnosis::ResetFollowedByTraffic, segment)
        .of(seen.from)
        .evidence(Role::Rst, rst.frame)
        .with(Param::Who, Value::Party(seen.from.party()))
        .with(Param::Later, Value::Duration(segment.time - rst.time));
    context.store.tell(finding);
}

/// The sequence number of a RST is not the next that its receiver expects.
fn note_inexact(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let (sender, peer) = (c.end(seen.from), c.end(seen.from.other()));
    let open = peer.acked_any && sender.seen && !seen.stray && !c.closed();
    if !open || segment.seq == peer.acked || segment.seq == sender.next {
        if let Some(own) = &mut context.notes.details().reset.own[seen.from as usize] {
            own.refused = 0;
        }
        return;
    }
    let window = c.scaled(seen.from.other(), peer.window).unwrap_or(u32::from(peer.window));
    let ahead = segment.seq.since(peer.acked);
    let in_window = ahead > 0 && (ahead as u32) < window;
    context.notes.details().reset.inexact[seen.from as usize] =
        Inexact { at: segment.mark(), layer: segment.layer, in_window };
}

/// A RST with a message in its payload, or with a vendor's code in its window (NetScaler: 8196 to 9999).
fn with_text(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let code = (8196..=9999).contains(&segment.window) && !segment.options.any && segment.len == 0;
    let mut finding = c
        .finding(Diagnosis::ResetWithText, segment)
        .of(seen.from)
        .with(Param::Who, Value::Party(seen.from.party()));
    if segment.len > 0 {
        finding.set(Param::Text, Value::Text(Excerpt::of(segment.payload)));
    } else if code {
        finding.set(Param::Code, Value::Count(segment.window.into()));
    } else {
        return;
    }
    context.store.tell(finding);
}

/// The answer to what is not in the capture: what that side sent is all there is of the connection.
pub(crate) fn pending(c: &Connection, out: &mut Vec<Finding>) {
    for from in Side::BOTH {
        let what = alone(c, from).filter(|_| c.end(from.other()).packets == 0);
        out.extend(what.map(|what| {
            c.finding_at(Diagnosis::ResetBackscatter, c.first.frame)
                .of(from)
                .with(Param::What, Value::Term(what))
        }));
    }
}

/// That side sent RSTs, or a SYN-ACK, however often, and nothing else.
fn alone(c: &Connection, from: Side) -> Option<Term> {
    let sent = c.end(from).originals();
    let syn_acks = u16::from(c.handshake.syn_ack_repeats) + 1;
    if sent > 0 && sent == u16::from(c.rsts(from)) {
        Some(Term::AloneRst)
    } else if from == Side::Server && c.handshake.syn_ack.is_set() && sent == syn_acks {
        Some(Term::AloneSynAck)
    } else {
        None
    }
}

fn injected(c: &Connection, from: Side, sign: Sign, frame: u32) -> Finding {
    let finding = c
        .finding_at(Diagnosis::ResetInjected, frame)
        .with(Param::Who, Value::Party(from.party()))
        .with(Param::Peer, Value::Party(from.other().party()));
    match sign {
        Sign::Ttl { this, usual } => finding
            .with(Param::Sign, Value::Term(Term::SignTtl))
            .with(Param::Ttl, Value::Count(this.into()))
            .with(Param::Usual, Value::Count(usual.into()))
            .evidence(Role::Genuine, c.end(from).last.frame),
        Sign::GoesOn => finding.with(Param::Sign, Value::Term(Term::SignGoesOn)),
        Sign::GoesOnBesideIt => finding.with(Param::Sign, Value::Term(Term::SignGoesOnBesideIt)),
    }
}

/// A RST to an open or closing connection.
pub(crate) fn reset(c: &Connection, seen: &Seen<'_>, rst: Rst, context: &mut Context<'_>) -> Option<Told> {
    with_text(c, seen, context);
    note_inexact(c, seen, context);
    let segment = seen.segment;
    let from = seen.from;
    let peer = c.end(from.other());
    let diagnosis = match rst {
        Rst::Forged(sign) => {
            let mut finding = injected(c, from, sign, segment.frame);
            finding.layer = segment.layer;
            let told = context.store.tell(finding);
            let notes = &mut context.notes.details().reset;
            notes.injected[from as usize] = told;
            notes.forged[from as usize] = segment.frame;
            return told;
        }
        Rst::Middlebox(sign) => {
            let idle = peer.said.time - peer.acked_at.time.max(c.end(from).last.time);
            let mut finding =
                injected(c, from, sign, segment.frame).evidence(Role::Answered, peer.last.frame);
            finding.diagnosis = Diagnosis::ResetByMiddlebox;
            finding.severity = Diagnosis::ResetByMiddlebox.severity();
            finding.layer = segment.layer;
            finding.set(Param::Idle, Value::Duration(idle.max(0)));
            return context.store.tell(finding);
        }
        Rst::Late => Diagnosis::ResetLate,
        Rst::InFinWait => Diagnosis::ResetInFinWait,
        Rst::AfterClose => Diagnosis::ResetAfterClose,
        Rst::NoSuchConnection | Rst::NeverEstablished | Rst::AfterEnd => Diagnosis::ResetNoSuchConnection,
        Rst::Abort => Diagnosis::ResetAbort,
        _ => return None,
    };
    let mut finding = c
        .finding(diagnosis, segment)
        .of(from)
        .with(Param::Who, Value::Party(from.party()))
        .with(Param::Peer, Value::Party(from.other().party()));
    if diagnosis != Diagnosis::ResetAbort {
        finding = finding.evidence(Role::Answered, peer.last.frame);
    }
    match diagnosis {
        Diagnosis::ResetAbort => {
            let sender = c.end(from);
            let idle = segment.time - peer.last.time;
            finding.set(Param::Idle, Value::Duration(idle));
            finding.set(Param::Unacknowledged, Value::Bytes(sender.data_unacknowledged(peer).into()));
            // Something came last from the other side: it may have been left unread.
            let heard_last = peer.bytes() > 0 && peer.last.time >= sender.last.time - c.rtt().unwrap_or(0);
            finding.set(
                Param::Reading,
                Value::Term(if heard_last { Term::MaybeUnread } else { Term::NoUnread }),
            );
            finding = finding.evidence(Role::LastHeard, peer.last.frame);
        }
        Diagnosis::ResetAfterClose | Diagnosis::ResetInFinWait => {
            finding = finding.evidence(Role::Fin, c.end(from).fin.frame)
        }
        Diagnosis::ResetNoSuchConnection => {
            finding = not_known(c, context.notes, from, rst, finding);
        }
        _ => {}
    }
    context.store.tell(finding)
}

/// Why that side knows no such connection.
fn not_known(c: &Connection, notes: &Notes, from: Side, rst: Rst, mut finding: Finding) -> Finding {
    let (sender, peer) = (c.end(from), c.end(from.other()));
    let forged = notes.details.as_ref().map_or(0, |d| d.reset.forged[from.other() as usize]);
    if rst == Rst::AfterEnd {
        // Something late, or of others, has reached what is left of it.
        finding.severity = Severity::Note;
        let late = Value::Party(from.other().party());
        return if c.closed() {
            finding.with(Param::Reading, Value::Term(Term::ClosedBefore)).with(Param::Woken, late)
        } else {
            finding.with(Param::Reading, Value::Term(Term::ResetBefore)).with(Param::Overtaken, late)
        };
    }
    let reading = if rst == Rst::NeverEstablished {
        Term::NeverEstablished
    } else if forged != 0 {
        finding.set(Param::Forged, Value::Frame(forged));
        finding = finding.evidence(Role::Forged, forged);
        Term::KilledByForged
    } else if c.started_late.is_some() && !sender.seen {
        // An answer to mere ACKs does no harm if it was closed.
        if peer.bytes() == 0 {
            finding.severity = Severity::Note;
        }
        Term::BeforeCapture
    } else if sender.bytes() == 0 && !c.handshake.established() && c.handshake.third_ack.is_set() {
        Term::KilledEarly
    } else {
        Term::KilledLater
    };
    finding.with(Param::Loser, Value::Party(from.party())).with(Param::Reading, Value::Term(reading))
}

/// Remembers a RST that seems its sender's own, with what was told of it.
pub(crate) fn note(c: &Connection, seen: &Seen<'_>, rst: Rst, told: Vec<Told>, context: &mut Context<'_>) {
    if matches!(rst, Rst::Forged(_) | Rst::Again | Rst::Unknown) || seen.stray {
        return;
    }
    let syns = c.handshake.syn_repeats;
    let segment = seen.segment;
    let sender = c.end(seen.from);
    let heard = sender.tsval().map(|tsval| (tsval, sender.last.time));
    context.notes.details().reset.own[seen.from as usize].get_or_insert(Own {
        at: segment.mark(),
        bare: !segment.flags.ack(),
        layer: segment.layer,
        ttl: segment.ip.map(|ip| ip.ttl),
        tsval: segment.options.timestamps.map(|t| t.0),
        heard,
        id: segment.ip_id(),
        syns,
        told,
        refused: 0,
    });
}
