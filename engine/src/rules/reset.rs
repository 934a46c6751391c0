//! Resets of open connections (RFC 9293, 3.5.2; RFC 5961).

use crate::bounds;
use crate::catalogue::findings::{Excerpt, Finding, Told, Value};
use crate::catalogue::terms::{Param, Role, Term};
use crate::catalogue::{Certainty, Diagnosis, Severity};
use crate::connection::endpoint::Facts;
use crate::connection::flight::SentPool;
use crate::connection::resets::Impact;
use crate::connection::{Connection, Seen};
use crate::mark::Mark;
use crate::proof::causality::{Known, Sending};
use crate::proof::claims::{Claim, Kind};
use crate::proof::receiver::{Receipt, Refusal};
use crate::proof::rst::{Rst, Sign};
use crate::proof::trace::{Tracing, known, met, needs};
use crate::rules::context::Context;
use crate::rules::notes::{Notes, Own, Refused};
use crate::side::Side;
use crate::state::State;

/// That side has reset the connection before.
pub(crate) fn reset_before(notes: &Notes, from: Side) -> bool {
    own(notes, from).is_some()
}

fn own(notes: &Notes, from: Side) -> Option<&Own> {
    notes.details.as_ref().and_then(|details| details.reset.own[from as usize].as_ref())
}

/// The RST with which that side has aborted, overtaken by one that answers what came after it: that one tells nothing.
/// Whether it is such a RST.
pub(crate) fn overtaken(
    c: &mut Connection,
    seen: &Seen<'_>,
    context: &mut Context<'_, impl Tracing>,
) -> bool {
    // Once the other side has reset it, too, or both have closed, the abort would have come too late. And a device that has
    // closed its state on a RST goes on to reject what comes.
    let of_device = c.is_odd_ttl(seen.from, seen.segment);
    let late = c.closed() || reset_before(context.notes, seen.from.other());
    if !seen.segment.flags.ack() || seen.stray || late || of_device {
        return false;
    }
    let answers = |own: &Own| own.bare && seen.segment.time - own.sending.at.time <= bounds::IN_FLIGHT;
    if !own(context.notes, seen.from).is_some_and(answers) {
        return false;
    }
    take_back(c, seen.from, context);
    c.forget_rst(seen.from);
    true
}

/// The RST that seemed that side's own was not, or had no effect: all that hangs on it goes.
fn take_back(c: &Connection, from: Side, context: &mut Context<'_, impl Tracing>) -> Option<Own> {
    let own = context.notes.details().reset.own[from as usize].take()?;
    context.store.refute(own.claim);
    let told = context.book.crowd.was_not_reset(c.tuple.src.ip, c.tuple.dst, c.number);
    context.store.withdraw(told);
    Some(own)
}

/// The same RST at once again: it answers another packet of several, or was captured twice.
pub(crate) fn repeats(seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) -> bool {
    let segment = seen.segment;
    let newest = &mut context.notes.details().reset.newest[seen.from as usize];
    let before = newest.replace((segment.seq, segment.time));
    before.is_some_and(|(seq, time)| seq == segment.seq && segment.time - time <= bounds::SAME_MOMENT)
}

/// Takes back what a segment other than a RST refutes: a side that sends on after its RST did not send it, and one that
/// goes on after the other's has refused it.
pub(crate) fn refute(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let Some(details) = &mut context.notes.details else { return };
    details.reset.acks[seen.from as usize] = segment.flags.ack().then_some(segment.ack);
    if seen.stray || seen.refused {
        return;
    }
    goes_on_all_the_same(c, seen, context);
    let own = own(context.notes, seen.from);
    let before = own.is_some_and(|own| c.seems_sent_before(seen.from, &own.sending, segment));
    let goes_on = own.is_some_and(|own| {
        own.attempt == c.handshake.syn_repeats
            && c.seems_sent_after(seen.from, &own.sending, segment)
            && !is_of_kernel(c, own, segment.time)
    });
    let proved =
        goes_on && own.is_some_and(|own| c.sent_after(seen.from, &own.sending, segment) == Known::Yes);
    let own = own.map(|own| own.sending.at.frame);
    // What comes late was sent before, what looks otherwise was sent by somebody else, and no side that has a connection
    // answers or opens another.
    let opens = segment.flags.syn() && c.handshake.third_ack.is_set();
    if !needs!(context.trace, "reset.refute";
        "it was not sent before its sender's own RST" => !before,
        "it does not open a connection beside an open one" => !opens,
        "it is not late: its sender has sent nothing newer" => !c.end(seen.from).has_passed(segment),
        "it looks like its sender's other packets" => c.looks_like_its_sender(seen.from, segment),
    ) {
        return;
    }
    refused(c, seen, context);
    if segment.is_syn() {
        return;
    }
    superseded(c, seen, context);
    outlived(c, seen, context);
    unimpressed(c, seen, context);
    // Who has refused a SYN opens no connection to it.
    let other = seen.from.other();
    let opened = |own: &Own| c.was_opened_after(other, &own.sending, segment) == Known::Yes;
    if self::own(context.notes, other).is_some_and(opened) {
        let sent_on = (Role::GoesOn, c.end(other).last.frame);
        disown(c, other, Sign::GoesOn, sent_on, Certainty::Likely, seen, context);
        c.forget_rst(other);
    }
    // What came behind a RST is taken only by who has not taken that.
    let taken = |own: &Own| c.acknowledges_later(other, &own.sending, segment);
    if self::own(context.notes, other).is_some_and(taken) {
        let sent_on = (Role::GoesOn, c.end(other).said.frame);
        disown(c, other, Sign::GoesOn, sent_on, Certainty::Likely, seen, context);
        c.forget_rst(other);
    }
    // Nothing new comes when both sides have closed. When the other side has reset, a late ACK says nothing, nor does what
    // was on its way when this side answered late packets of the other with a RST.
    let answers = |other: &Own| own.is_some_and(|own| own > other.sending.at.frame);
    let other = self::own(context.notes, other);
    let answered = !proved && other.is_some_and(|other| segment.len == 0 || answers(other));
    if !needs!(context.trace, "reset.refute";
        "the connection is not closed" => !c.closed(),
        "it is no mere ACK, or answer to late packets, after the other side's RST" => !answered,
    ) {
        return;
    }
    followed(c, seen, context);
    let told = context.notes.details().reset.injected[seen.from as usize];
    context.store.amend(told, |finding| {
        if !finding.evidence.iter().any(|e| e.role == Role::GoesOn) {
            finding.show(Role::GoesOn, segment.frame);
        }
    });
    if met(context.trace, Diagnosis::ResetInjected, "its sender goes on after its own RST", goes_on) {
        let certainty = if proved { Certainty::Proved } else { Certainty::Likely };
        let sent_on = (Role::GoesOn, segment.frame);
        disown(c, seen.from, Sign::GoesOn, sent_on, certainty, seen, context);
    }
}

/// The client goes on `now`, and the kernel of its host has sent that RST all the same: a program that makes its own TCP (a
/// scanner, a test) opens a connection of which that knows nothing, so that it refuses the SYN-ACK. The SYN has no MSS then,
/// as that of no kernel; or nobody else answered the SYN-ACK, as who does not know of the RST would have done at once.
fn is_of_kernel(c: &Connection, own: &Own, now: i64) -> bool {
    let rst = own.sending.at;
    let answered = c.handshake.third_ack.get().map_or(now, |ack| ack.time);
    let instead = answered - rst.time > bounds::LONGEST_RTT && c.last_syn_ack().frame < rst.frame;
    own.refuses_syn_ack && (c.client().mss == 0 || instead)
}

/// Blind shots: right behind a RST of that side comes one with a higher number, which its sender has never reached. No stack
/// sends such; who does not see the acknowledgments of what he has set off guesses so where his first shot may miss.
pub(crate) fn never_reached(
    c: &mut Connection,
    seen: &Seen<'_>,
    context: &mut Context<'_, impl Tracing>,
) -> bool {
    let (segment, sender) = (seen.segment, c.end(seen.from));
    let newest = context.notes.details.as_ref().and_then(|d| d.reset.newest[seen.from as usize]);
    let behind =
        newest.is_some_and(|(seq, time)| segment.seq.after(seq) && segment.time - time <= bounds::PROMPT);
    let alike =
        own(context.notes, seen.from).is_none_or(|own| own.bare != segment.flags.ack() && !own.has_marks);
    let lacks = !sender.is_whole() || sender.is(Facts::FIN_UNSEEN);
    let ended = c.rst(seen.from.other()).is_set() || c.ends.iter().all(|end| end.fin.is_set());
    // A FIN that was not captured has a number.
    let shot = 2..=bounds::LARGEST_UNSCALED as i32;
    if !needs!(context.trace, Diagnosis::ResetInjected;
        "one with a lower number came right before" => behind,
        "that was made alike, without its sender's clock or next IP ID" => alike,
        "the connection had not ended otherwise" => !ended,
        "its sender was seen, and nothing of it is missing" => sender.seen && !lacks,
        "its sender has not reached its number, which is in reach of a window"
            => shot.contains(&segment.seq.since(sender.next)),
    ) {
        return false;
    }
    let evidence = (Role::Forged, segment.frame);
    disown(c, seen.from, Sign::NeverReached, evidence, Certainty::Likely, seen, context);
    true
}

/// The RST that seemed that side's own was forged, which `evidence` shows: a frame of that role.
fn disown(
    c: &mut Connection,
    from: Side,
    sign: Sign,
    (role, frame): (Role, u32),
    certainty: Certainty,
    seen: &Seen<'_>,
    context: &mut Context<'_, impl Tracing>,
) {
    let Some(own) = take_back(c, from, context) else { return };
    // What its receiver refuses does its sender no harm: it may have made it, to see who believes it.
    let refused = own.refused != 0 || context.notes.details().reset.refused[from as usize].is_some();
    if refused && own.is_alike || is_of_kernel(c, &own, seen.segment.time) {
        c.forget_rst(from);
        return;
    }
    // Captured beside that host, and no hop away: it left the host.
    let of_host = sign == Sign::GoesOn && c.is_beside(from) && own.ttl == Some(c.end(from).ttl);
    let sign = if of_host { Sign::GoesOnBesideIt } else { sign };
    let at = own.sending.at;
    let mut finding = injected(c, from, sign, at.frame)
        .evidence(role, frame)
        .proved_by(seen.segment.frame)
        .layer(own.layer)
        .sure(certainty);
    // Its receiver may have gone on, too, by now.
    let receiver = c.end(from.other());
    let newest = receiver.said.time.max(receiver.acked_at.time);
    let in_vain = !c.too_soon(from.other(), at.time, newest);
    if in_vain {
        finding.did_nothing();
        c.forget_rst(from);
    }
    let claim = context.store.claim(Kind::Forged, at.frame);
    let told = context.store.under(claim, |store| store.tell(finding));
    c.disown_rst(from);
    let reset = &mut context.notes.details().reset;
    reset.injected[from as usize] = told;
    reset.forged[from as usize] = if in_vain { Mark::default() } else { at };
}

/// The receiver of a forged RST goes on: it has not taken it.
fn unimpressed(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let other = seen.from.other();
    let reset = &mut context.notes.details().reset;
    let (forged, told) = (reset.forged[other as usize], reset.injected[other as usize]);
    let news = seen.segment.len > 0 && !seen.old || seen.segment.ack.after(c.end(seen.from).acked);
    // What waited in its sender's queue beside the capture had been sent before.
    let queued = seen.segment.time - forged.time <= bounds::QUEUED;
    let arrived = !queued && !c.too_soon(seen.from, forged.time, seen.segment.time);
    if !needs!(context.trace, Diagnosis::ResetInjected;
        "a RST was forged in the name of the other side" => forged.is_set(),
        "its receiver sends something new" => news,
        "the forged RST had arrived by then" => arrived,
    ) {
        return;
    }
    reset.forged[other as usize] = Mark::default();
    context.store.amend(told, Finding::did_nothing);
    c.forget_rst(other);
}

/// The client tries anew, and is answered: an earlier attempt was refused, this one is not.
fn superseded(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let attempt = c.handshake.syn_repeats;
    let own = &mut context.notes.details().reset.own[seen.from as usize];
    let Some(own) = own.take_if(|own| own.attempt != attempt) else { return };
    context.store.amend(own.ended, Finding::did_nothing);
    c.forget_rst(seen.from);
}

/// The receiver of a RST that it cannot have taken goes on: it has refused it.
fn refused(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let other = seen.from.other();
    let refused = context.notes.details().reset.refused[other as usize];
    let a_rst = "its sender refuses a RST of the other side, or seems to";
    let Some(refused) = known(context.trace, Diagnosis::ResetIgnored, a_rst, refused) else { return };
    // What was on its way before the RST can have arrived says nothing about it.
    let could_know = !c.hardly_knew(seen.from, refused.at, seen.segment.time);
    if !met(
        context.trace,
        Diagnosis::ResetIgnored,
        "that RST can have arrived before this was sent",
        could_know,
    ) {
        return;
    }
    context.notes.details().reset.refused[other as usize] = None;
    let finding =
        ignored(c, other, &refused).proved_by(seen.segment.frame).evidence(Role::GoesOn, seen.segment.frame);
    context.store.tell(finding);
    c.forget_rst(other);
    if let Some(own) = &mut context.notes.details().reset.own[other as usize] {
        own.refused = seen.segment.time;
    }
}

/// That the receiver of a RST in the name of `from` has refused it.
fn ignored(c: &Connection, from: Side, refused: &Refused) -> Finding {
    let how = match refused.why {
        Refusal::NotNext => Term::RstChallenged,
        Refusal::WrongAck => Term::RstWrongAck,
        Refusal::Signed => Term::RstSigned,
        Refusal::OutsideWindow | Refusal::OldTimestamp | Refusal::Open => Term::RstOutOfWindow,
    };
    c.finding_at(Diagnosis::ResetIgnored, refused.at.frame)
        .layer(refused.layer)
        .of(from.other())
        .with(Param::Who, Value::Party(from.party()))
        .with(Param::Peer, Value::Party(from.other().party()))
        .with(Param::How, Value::Term(how))
}

/// A RST was refused, and none that fits came in its place, as its genuine sender's would have: it ended nothing.
fn outlived(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let Some(own) = &mut context.notes.details().reset.own[seen.from.other() as usize] else { return };
    if !needs!(context.trace, "reset.refute";
        "the other side's RST was refused" => own.refused != 0,
        "no RST that fits has come in its place" => c.settled(seen.segment.time - own.refused, bounds::IN_FLIGHT),
    ) {
        return;
    }
    own.refused = 0;
    let claim = own.claim.take();
    context.store.refute(claim);
}

/// Somebody goes on sending, though the RST must have arrived.
fn followed(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let own = c.rst(seen.from);
    let other = c.rst(seen.from.other());
    let after_own = own.is_set() && segment.time - own.time > bounds::RST_OVERTAKES;
    let after_other =
        other.is_set() && segment.len > 0 && c.settled(segment.time - other.time, bounds::IN_FLIGHT);
    if !needs!(context.trace, Diagnosis::ResetFollowedByTraffic;
        "it comes well after its sender's own RST, or is data well after the other side's"
            => after_own || after_other,
        "it was not told before"
            => !std::mem::replace(&mut context.notes.details().reset.followed_told, true),
    ) {
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

/// Remembers a RST that its receiver refuses, or seems to; one that fits takes that back.
pub(crate) fn note_receipt(seen: &Seen<'_>, receipt: Receipt, context: &mut Context<'_, impl Tracing>) {
    let reset = &mut context.notes.details().reset;
    let side = seen.from as usize;
    let (bare, now) = (!seen.segment.flags.ack(), seen.segment.time);
    let (why, certain) = match receipt {
        Receipt::Refused(why) => (why, true),
        Receipt::Doubtful(why) => (why, false),
        Receipt::Taken | Receipt::Unknown => {
            if let Some(own) = &mut reset.own[side] {
                own.refused = 0;
            }
            // A closed socket answers each segment that was in flight with a RST at its number; the last counts.
            let of_several =
                |before: &Refused| bare && before.bare && now - before.at.time <= bounds::IN_FLIGHT;
            if reset.refused[side].as_ref().is_some_and(of_several) {
                reset.refused[side] = None;
            }
            return;
        }
    };
    // Who has reset the connection answers whatever still comes, at the number that this acknowledges.
    let answers = |own: &Own| {
        let late = reset.acks[seen.from.other() as usize] == Some(seen.segment.seq);
        bare && own.refused == 0 && (late || own.seq == seen.segment.seq)
    };
    if reset.refused[side].is_none() && reset.own[side].as_ref().is_some_and(answers) {
        return;
    }
    reset.refused[side] =
        Some(Refused { at: seen.segment.mark(), layer: seen.segment.layer, why, certain, bare });
}

/// A RST with a message in its payload, or with a vendor's code in its window (NetScaler: 8196 to 9999).
pub(crate) fn with_text(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let trace = context.trace;
    // What was damaged says nothing.
    let whole = !c.is_corrupted(segment, seen.from);
    if !met(trace, Diagnosis::ResetWithText, "its checksum is not wrong", whole) {
        return;
    }
    let code = segment.has_vendor_code();
    let mut finding = c
        .finding(Diagnosis::ResetWithText, segment)
        .of(seen.from)
        .with(Param::Who, Value::Party(seen.from.party()));
    if met(trace, Diagnosis::ResetWithText, "the RST has a payload", segment.len > 0) {
        finding.set(Param::Text, Value::Text(Excerpt::of(segment.payload)));
    } else if met(trace, Diagnosis::ResetWithText, "its window is a vendor's code, without options", code) {
        finding.set(Param::Code, Value::Count(segment.window.into()));
    } else {
        return;
    }
    context.store.tell(finding);
}

/// The answer to what is not in the capture: what that side sent is all there is of the connection. And a RST that its
/// receiver must have refused, where nothing of it has been captured since.
pub(crate) fn pending(c: &Connection, notes: &Notes, trace: impl Tracing, out: &mut Vec<Finding>) {
    for from in Side::BOTH {
        let by = (Diagnosis::ResetBackscatter, from);
        let only = met(trace, by, "the other side sent nothing", c.end(from.other()).packets == 0);
        let what = only.then(|| alone(c, from)).flatten();
        let what = known(trace, by, "it sent RSTs, or a SYN-ACK, and nothing else", what);
        out.extend(what.map(|what| {
            c.finding_at(Diagnosis::ResetBackscatter, c.first.frame)
                .of(from)
                .with(Param::What, Value::Term(what))
        }));
        let refused = notes.details.as_ref().and_then(|details| details.reset.refused[from as usize]);
        let by = (Diagnosis::ResetIgnored, from);
        let refused = known(trace, by, "a RST of it was refused, and nothing came since", refused);
        let certain = |refused: &Refused| {
            needs!(trace, by;
                "nothing that the capture lacks explains it" => refused.certain,
                "it lies outside: inside, not every system refuses it" => refused.why != Refusal::NotNext,
                "no other RST or FIN has closed its receiver" => c.state(from.other()) != State::Closed,
            )
        };
        if let Some(refused) = refused.filter(certain) {
            out.push(ignored(c, from, &refused).sure(Certainty::Likely));
        }
    }
}

/// That side sent RSTs, or a SYN-ACK, however often, and nothing else.
fn alone(c: &Connection, from: Side) -> Option<Term> {
    let sent = c.end(from).originals();
    let syn_acks = u16::from(c.handshake.syn_ack_repeats) + 1;
    if sent == u16::from(c.rsts(from)) {
        Some(Term::AloneRst)
    } else if from == Side::Server
        && c.handshake.syn_ack.is_set()
        && sent == syn_acks + u16::from(c.rsts(from))
    {
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
        Sign::NeverReached => finding.with(Param::Sign, Value::Term(Term::SignNeverReached)),
        Sign::GoesOnBesideIt => finding.with(Param::Sign, Value::Term(Term::SignGoesOnBesideIt)),
    }
}

/// The client goes on with the connection before the one that its SYN seemed to begin: somebody else has sent that, and the
/// RST for the ACK that answered it, to cut that connection off. The claim that the client had lost it, and that RST.
pub(crate) fn older_goes_on(notes: &mut Notes) -> Option<(Claim, Mark)> {
    notes.details.as_mut()?.reset.of_older.take()
}

/// A RST was forged in the name of that side, beside its connection; the other may have taken it.
pub(crate) fn was_cut_off(notes: &mut Notes, from: Side, rst: Mark) {
    let reset = &mut notes.details().reset;
    reset.forged[from as usize] = rst;
    reset.cut_off = Some((from, rst));
}

/// A side goes on, though a SYN and a RST in its name were to cut it off.
fn goes_on_all_the_same(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let cut_off = context.notes.details().reset.cut_off.take();
    let beside = "a RST answered what had answered a SYN beside this connection";
    let Some((from, rst)) = known(context.trace, Diagnosis::ResetInjected, beside, cut_off) else { return };
    let finding = injected(c, from, Sign::GoesOn, rst.frame)
        .evidence(Role::GoesOn, seen.segment.frame)
        .proved_by(seen.segment.frame);
    let claim = context.store.claim(Kind::Forged, rst.frame);
    context.store.under(claim, |store| store.tell(finding));
}

/// What is claimed because of a RST; `None` where it tells nothing of its sender that could be refuted.
pub(crate) fn claim(seen: &Seen<'_>, rst: Rst, context: &mut Context<'_, impl Tracing>) -> Option<Claim> {
    let kind = match rst {
        Rst::Forged(_) | Rst::Middlebox(_) => Kind::Forged,
        Rst::Again | Rst::Unknown => return None,
        _ => Kind::Reset,
    };
    context.store.claim(kind, seen.segment.frame)
}

/// What a RST does.
pub(crate) fn impact(rst: Rst) -> Impact {
    Impact {
        forged: matches!(rst, Rst::Forged(_) | Rst::Middlebox(_)),
        never_established: rst == Rst::NeverEstablished,
    }
}

/// For each diagnosis of a RST, whether that is what it is.
fn asked_of(rst: Rst, trace: impl Tracing) {
    let is = |diagnosis, met| self::met(trace, diagnosis, "that is what the RST is (rst)", met);
    is(Diagnosis::ResetInjected, matches!(rst, Rst::Forged(_)));
    is(Diagnosis::ResetByMiddlebox, matches!(rst, Rst::Middlebox(_)));
    is(Diagnosis::ResetLate, rst == Rst::Late);
    is(Diagnosis::ResetInFinWait, rst == Rst::InFinWait);
    is(Diagnosis::ResetAfterClose, rst == Rst::AfterClose);
    is(
        Diagnosis::ResetNoSuchConnection,
        matches!(rst, Rst::NoSuchConnection | Rst::NeverEstablished | Rst::AfterEnd),
    );
    is(Diagnosis::ResetAbort, rst == Rst::Abort);
}

/// A RST to an open or closing connection.
pub(crate) fn reset(c: &Connection, seen: &Seen<'_>, rst: Rst, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    let from = seen.from;
    let peer = c.end(from.other());
    asked_of(rst, context.trace);
    let diagnosis = match rst {
        Rst::Forged(sign) | Rst::Middlebox(sign) => {
            let mut finding = injected(c, from, sign, segment.frame).layer(segment.layer);
            if let Rst::Middlebox(_) = rst {
                let before = peer.said.time - peer.acked_at.time.max(c.end(from).last.time);
                let newest = peer.last.time.max(c.end(from).last.time);
                let expired = segment.time - newest >= bounds::FORGETS;
                let idle = if expired { segment.time - newest } else { before };
                finding.diagnosis = Diagnosis::ResetByMiddlebox;
                finding.severity = Diagnosis::ResetByMiddlebox.severity();
                if idle >= bounds::FORGETS {
                    finding.set(Param::Idle, Value::Duration(idle));
                }
                let role = if expired { Role::LastHeard } else { Role::Answered };
                finding = finding.evidence(role, peer.last.frame);
            }
            let told = context.store.tell(finding);
            let reset = &mut context.notes.details().reset;
            reset.injected[from as usize] = told;
            reset.forged[from as usize] = segment.mark();
            return;
        }
        Rst::Late => Diagnosis::ResetLate,
        Rst::InFinWait => Diagnosis::ResetInFinWait,
        Rst::AfterClose => Diagnosis::ResetAfterClose,
        Rst::NoSuchConnection | Rst::NeverEstablished | Rst::AfterEnd => Diagnosis::ResetNoSuchConnection,
        Rst::Abort => Diagnosis::ResetAbort,
        _ => return,
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
            // What the other side has said may have been left unread, unless it was answered, and the answer taken.
            let answered = sender.said.time > peer.said.time && peer.acked_at.time > sender.said.time;
            let heard_last = peer.bytes() > 0 && c.may_cross(peer.said.time, sender.last.time);
            let reading = match heard_last && !answered {
                true => Term::MaybeUnread,
                false if peer.bytes() == 0 || answered => Term::OnPurpose,
                false => Term::NoUnread,
            };
            finding.set(Param::Reading, Value::Term(reading));
            finding = finding.evidence(Role::LastHeard, peer.last.frame);
            // A route that changed just before it, or a forger who knows all numbers; or it answers what the capture lacks.
            if c.is_odd_ttl(from, segment) || !segment.flags.ack() {
                finding.certainty = Certainty::Likely;
            }
        }
        Diagnosis::ResetAfterClose | Diagnosis::ResetInFinWait => {
            finding = finding.evidence(Role::Fin, c.end(from).fin.frame)
        }
        Diagnosis::ResetNoSuchConnection => {
            finding = not_known(c, context.notes, from, rst, finding);
            let idle = idle_before(c, from, context.pool).filter(|idle| *idle >= bounds::FORGETS);
            if let Some(idle) = idle.filter(|_| rst != Rst::AfterEnd) {
                finding.set(Param::Idle, Value::Duration(idle));
            }
        }
        _ => {}
    }
    context.store.tell(finding);
}

/// A forged RST that its receiver refuses.
pub(crate) fn in_vain(c: &Connection, seen: &Seen<'_>, rst: Rst, context: &mut Context<'_, impl Tracing>) {
    reset(c, seen, rst, context);
    let reset = &mut context.notes.details().reset;
    reset.forged[seen.from as usize] = Mark::default();
    context.store.amend(reset.injected[seen.from as usize], Finding::did_nothing);
}

/// How long nobody had said anything before the other side sent what the RST of that side answers; `None` where that was
/// sent again.
fn idle_before(c: &Connection, from: Side, pool: &SentPool) -> Option<i64> {
    let (sender, peer) = (c.end(from), c.end(from.other()));
    let answered = peer.flight.iter(pool).next().filter(|sent| sent.repeats == 0 && sender.last.is_set())?;
    Some(answered.time - sender.last.time.max(peer.acked_at.time))
}

/// Why that side knows no such connection.
fn not_known(c: &Connection, notes: &Notes, from: Side, rst: Rst, mut finding: Finding) -> Finding {
    let (sender, peer) = (c.end(from), c.end(from.other()));
    let forged = notes.details.as_ref().map_or(0, |d| d.reset.forged[from.other() as usize].frame);
    if rst == Rst::AfterEnd {
        // Something late, or of others, has reached what is left of it.
        finding.rate(Severity::Note, Term::AfterTheEnd);
        finding.did_nothing();
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
            finding.rate(Severity::Note, Term::HarmlessAnswer);
        }
        Term::BeforeCapture
    } else if sender.bytes() == 0 && !c.handshake.established() && c.handshake.third_ack.is_set() {
        // Only beside it the third ACK was seen to arrive.
        if c.is_beside(from) { Term::KilledEarly } else { Term::EarlyOrNever }
    } else {
        Term::KilledLater
    };
    finding.with(Param::Loser, Value::Party(from.party())).with(Param::Reading, Value::Term(reading))
}

/// Remembers a RST that seems its sender's own, with the claim that all hangs on which was told of it, and with what was
/// told to have ended the connection's opening.
pub(crate) fn note(
    c: &Connection,
    seen: &Seen<'_>,
    rst: Rst,
    claim: Option<Claim>,
    ended: Option<Told>,
    context: &mut Context<'_, impl Tracing>,
) {
    let segment = seen.segment;
    if seen.stray {
        context.notes.details().reset.of_older = claim.map(|claim| (claim, segment.mark()));
        return;
    }
    if matches!(rst, Rst::Forged(_) | Rst::Again | Rst::Unknown) {
        return;
    }
    context.notes.details().reset.own[seen.from as usize].get_or_insert(Own {
        claim,
        ended,
        sending: Sending::of(c, seen),
        seq: segment.seq,
        bare: !segment.flags.ack(),
        has_marks: segment.options.timestamps.is_some() || c.end(seen.from).counts_on(segment),
        is_alike: c.end(seen.from).makes_alike(segment),
        refuses_syn_ack: rst == Rst::RefusesSynAck,
        layer: segment.layer,
        ttl: segment.ip.map(|ip| ip.ttl),
        attempt: c.handshake.syn_repeats,
        refused: 0,
    });
}
