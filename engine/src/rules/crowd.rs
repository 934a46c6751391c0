//! What only many connections together show: scans, floods, and SYNs that a live host ignores.

use crate::book::crowd::{Attempt, Listener, MOST, entry};
use crate::bounds;
use crate::catalogue::findings::Value;
use crate::catalogue::terms::{Param, Role};
use crate::catalogue::{Certainty, Diagnosis};
use crate::connection::{Connection, Seen};
use crate::proof::trace::{Tracing, met, needs};
use crate::rules::context::Context;
use crate::side::Side;
use crate::state::Vantage;
use crate::wire::segment::Segment;

/// A new SYN.
pub(crate) fn syn(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let segment = seen.segment;
    if !needs!(context.trace, "crowd";
        "it is a SYN" => segment.is_syn(),
        "the client sent it" => seen.from == Side::Client,
    ) {
        return;
    }
    if !met(
        context.trace,
        Diagnosis::HandshakeSynFlood,
        "it is the first of its connection",
        !c.syn().is_set(),
    ) {
        ignored(c, seen, context);
        return;
    }
    attempt(c, segment, context);
    let Some(listener) = entry(&mut context.book.crowd.listeners, c.tuple.dst) else { return };
    if segment.time - listener.since > bounds::FLOOD_WITHIN {
        *listener = Listener { since: segment.time, ..Listener::default() };
    }
    listener.opened += 1;
    let half_open = listener.half_open();
    let many = "many handshakes with this listener are not completed, and few are";
    if !met(context.trace, Diagnosis::HandshakeSynFlood, many, listener.is_flooded()) {
        return;
    }
    let span = Value::Duration(segment.time - listener.since);
    if listener.told.is_some() {
        context.store.amend(listener.told, |finding| {
            finding.set(Param::Count, Value::Count(half_open.into()));
            finding.set(Param::Span, span);
        });
        return;
    }
    let finding = c
        .finding(Diagnosis::HandshakeSynFlood, segment)
        .of(Side::Server)
        .with(Param::Listener, Value::Socket(c.tuple.dst.into()))
        .with(Param::Count, Value::Count(half_open.into()))
        .with(Param::Span, span);
    listener.told = context.store.tell(finding);
}

/// The SYN again at a host next to the capture point: it arrived, and nobody answered.
fn ignored(c: &Connection, seen: &Seen<'_>, context: &mut Context<'_, impl Tracing>) {
    let given = matches!(c.vantage_given, Some(Vantage::Server | Vantage::Both)) || c.tuple.is_on_one_host();
    let at_server = given || context.book.crowd.near.contains(&c.tuple.dst.ip);
    if !needs!(context.trace, Diagnosis::HandshakeSynIgnored;
        "the server was not seen" => !c.server().last.is_set(),
        "the client has acknowledged nothing" => !c.client().acked_any,
        "the capture was taken beside the server, as given, as other connections show, or on the one host of both" => at_server,
        "it is the first repeat" => c.handshake.syn_repeats == 0,
        "it comes as late as by a timer" => seen.segment.time - c.syn().time >= bounds::RTO_MIN,
    ) {
        return;
    }
    let finding = c
        .finding(Diagnosis::HandshakeSynIgnored, seen.segment)
        .about(c.syn().frame)
        .of(Side::Server)
        .evidence(Role::SynAgain, seen.segment.frame)
        .with(Param::Waited, Value::Duration(seen.segment.time - c.syn().time))
        // Else it is inferred, from other connections.
        .sure(if given { Certainty::Proved } else { Certainty::Likely });
    let told = context.store.tell(finding);
    context.notes.details().handshake.syn_ignored = told;
}

/// A new attempt of a source, of whose earlier ones some may have waited in vain.
fn attempt(c: &Connection, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    let any = context.book.crowd.waits(of(c, segment));
    if met(context.trace, Diagnosis::HandshakeScan, "earlier attempts of this source have no answer", any) {
        scan(c, segment.frame, segment, context);
    }
}

fn of(c: &Connection, segment: &Segment<'_>) -> Attempt {
    Attempt { source: c.tuple.src.ip, target: c.tuple.dst, stream: c.number, time: segment.time }
}

/// After a segment was taken in: has the handshake come to an end?
pub(crate) fn after(
    c: &Connection,
    seen: &Seen<'_>,
    completed: bool,
    context: &mut Context<'_, impl Tracing>,
) {
    let segment = seen.segment;
    let shown = completed || segment.is_syn_ack();
    if shown && c.vantage() == Vantage::Server && context.book.crowd.near.len() < MOST {
        context.book.crowd.near.insert(c.tuple.dst.ip);
    }
    // Where the capture lacks the other direction, the client's ACK shows that it was answered.
    let acknowledged = c.handshake.third_ack.frame == segment.frame;
    if segment.is_syn_ack() || acknowledged {
        let told = context.book.crowd.has_not_failed(c.tuple.src.ip, c.tuple.dst, c.number);
        context.store.withdraw(told);
    }
    if acknowledged {
        no_longer_half_open(c, context);
    }
    if seen.from == Side::Client
        && segment.len > 0
        && c.client().bytes() == u64::from(segment.len)
        && let Some(source) = context.book.crowd.sources.get_mut(&c.tuple.src.ip)
    {
        source.succeeded += 1;
    }
    let refused = segment.flags.rst()
        && !seen.refused
        && c.client().bytes() == 0
        && c.server().bytes() == 0
        && c.syn().is_set();
    if met(context.trace, Diagnosis::HandshakeScan, "a RST ends the attempt before any data", refused) {
        no_longer_half_open(c, context);
        context.book.crowd.fails(of(c, segment), segment.time);
        scan(c, c.syn().frame, segment, context);
    }
}

/// A handshake was completed, or ended: what was told of a flood that is none without it goes.
fn no_longer_half_open(c: &Connection, context: &mut Context<'_, impl Tracing>) {
    let Some(listener) = context.book.crowd.listeners.get_mut(&c.tuple.dst) else { return };
    listener.completed += 1;
    if !listener.is_flooded() {
        context.store.withdraw(listener.told.take());
    }
}

/// One more attempt of this source came to nothing, which `segment` shows; `syn` is the newest of it.
fn scan(c: &Connection, syn: u32, segment: &Segment<'_>, context: &mut Context<'_, impl Tracing>) {
    let src = c.tuple.src.ip;
    let Some(source) = context.book.crowd.sources.get_mut(&src) else { return };
    let (targets, hosts) = (source.failed.len(), source.hosts.len());
    if !met(
        context.trace,
        Diagnosis::HandshakeScan,
        "this source has failed at many targets, and at few else",
        source.is_scan(),
    ) {
        return;
    }
    let span = Value::Duration(segment.time - source.first);
    if source.told.is_some() {
        context.store.amend(source.told, |finding| {
            finding.set(Param::Count, Value::Count(targets as u64));
            finding.set(Param::Hosts, Value::Count(hosts as u64));
            finding.set(Param::Span, span);
        });
        return;
    }
    let finding = c
        .finding_at(Diagnosis::HandshakeScan, syn)
        .proved_by(segment.frame)
        .of(Side::Client)
        .with(Param::Source, Value::Address(src))
        .with(Param::Count, Value::Count(targets as u64))
        .with(Param::Hosts, Value::Count(hosts as u64))
        .with(Param::Span, span);
    source.told = context.store.tell(finding);
}
