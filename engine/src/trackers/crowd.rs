//! What only many connections together show: scans, floods, and SYNs that a live host ignores.

use super::Context;
use crate::catalogue::Diagnosis;
use crate::connection::{Connection, From, Seen};
use crate::findings::{Finding, Told, Value};
use crate::flow::Socket;
use crate::summary::Vantage;
use hashbrown::{HashMap, HashSet};
use std::net::IpAddr;

/// What is known across connections. Bounded: what does not fit is not counted.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    sources: HashMap<IpAddr, Source>,
    listeners: HashMap<Socket, Listener>,
    /// Hosts next to which the capture was taken.
    near: HashSet<IpAddr>,
}

/// One host that opens connections.
#[derive(Debug, Default)]
struct Source {
    /// Ports and hosts at which it failed, hashed.
    failed: HashSet<u64>,
    hosts: HashSet<IpAddr>,
    first: i64,
    succeeded: u32,
    told: Option<Told>,
}

/// One port that is connected to.
#[derive(Debug, Default)]
struct Listener {
    /// When the present window of time began, nanoseconds.
    since: i64,
    opened: u32,
    completed: u32,
    told: Option<Told>,
}

/// So many hosts or listeners are watched at once.
const MOST: usize = 1 << 14;
/// Failed attempts at so many different ports or hosts make a scan.
const SCAN: usize = 15;
/// Within so long, nanoseconds.
const SCAN_WITHIN: i64 = 60_000_000_000;
/// So many connections left half-open make a flood.
const FLOOD: u32 = 64;
/// Within so long, nanoseconds.
const FLOOD_WITHIN: i64 = 5_000_000_000;

/// A new SYN.
pub(crate) fn syn(c: &mut Connection, seen: &Seen<'_>, crowd: &mut Crowd, context: &mut Context<'_>) {
    let segment = seen.segment;
    if !segment.is_syn() || seen.from != From::Client {
        return;
    }
    if c.syn().is_set() {
        ignored(c, seen, crowd, context);
        return;
    }
    let Some(listener) = entry(&mut crowd.listeners, c.tuple.dst) else { return };
    if segment.time - listener.since > FLOOD_WITHIN {
        *listener = Listener { since: segment.time, ..Listener::default() };
    }
    listener.opened += 1;
    let half_open = listener.opened.saturating_sub(listener.completed);
    let flood = half_open >= FLOOD && half_open >= 4 * listener.completed;
    if !flood {
        return;
    }
    let span = Value::Duration(segment.time - listener.since);
    if listener.told.is_some() {
        context.store.amend(listener.told, |finding| {
            finding.set("count", Value::Count(half_open.into()));
            finding.set("span", span);
        });
        return;
    }
    let finding = Finding::new(Diagnosis::HandshakeSynFlood, c, segment)
        .of(From::Server)
        .with("listener", Value::Socket(c.tuple.dst.into()))
        .with("count", Value::Count(half_open.into()))
        .with("span", span);
    listener.told = context.store.tell(c, finding);
}

/// The SYN again at a host next to the capture point: it arrived, and nobody answered.
fn ignored(c: &mut Connection, seen: &Seen<'_>, crowd: &Crowd, context: &mut Context<'_>) {
    let given = matches!(c.vantage_given, Some(Vantage::Server | Vantage::Both));
    let at_server = given || crowd.near.contains(&c.tuple.dst.ip);
    if c.server().last.is_set() || !at_server || c.handshake.syn_repeats > 0 {
        return;
    }
    let finding = Finding::new(Diagnosis::HandshakeSynIgnored, c, seen.segment)
        .about(c.syn().frame)
        .of(From::Server)
        .evidence("syn_again", seen.segment.frame)
        .with("waited", Value::Duration(seen.segment.time - c.syn().time));
    context.store.tell(c, finding);
}

/// After a segment was taken in: has the handshake come to an end?
pub(crate) fn after(
    c: &mut Connection,
    seen: &Seen<'_>,
    completed: bool,
    crowd: &mut Crowd,
    context: &mut Context<'_>,
) {
    let segment = seen.segment;
    let shown = completed || segment.is_syn_ack();
    if shown && c.vantage() == Vantage::Server && crowd.near.len() < MOST {
        crowd.near.insert(c.tuple.dst.ip);
    }
    if completed && let Some(listener) = crowd.listeners.get_mut(&c.tuple.dst) {
        listener.completed += 1;
    }
    if seen.from == From::Client
        && segment.len > 0
        && c.client().bytes() == u64::from(segment.len)
        && let Some(source) = crowd.sources.get_mut(&c.tuple.src.ip)
    {
        source.succeeded += 1;
    }
    let refused =
        segment.flags.rst() && c.client().bytes() == 0 && c.server().bytes() == 0 && c.syn().is_set();
    if refused {
        if let Some(listener) = crowd.listeners.get_mut(&c.tuple.dst) {
            listener.completed += 1;
        }
        failed(c, segment.time, crowd, context);
    }
}

/// An attempt came to nothing.
fn failed(c: &mut Connection, time: i64, crowd: &mut Crowd, context: &mut Context<'_>) {
    let (src, dst) = (c.tuple.src.ip, c.tuple.dst);
    let Some(source) = entry(&mut crowd.sources, src) else { return };
    if source.failed.is_empty() || time - source.first > SCAN_WITHIN {
        *source = Source { first: time, told: source.told, ..Source::default() };
    }
    if source.failed.len() < 1 << 16 {
        source.failed.insert(hash(dst));
        source.hosts.insert(dst.ip);
    }
    let (targets, hosts) = (source.failed.len(), source.hosts.len());
    if targets < SCAN || (source.succeeded as usize) * 2 > targets {
        return;
    }
    let span = Value::Duration(time - source.first);
    if source.told.is_some() {
        context.store.amend(source.told, |finding| {
            finding.set("count", Value::Count(targets as u64));
            finding.set("hosts", Value::Count(hosts as u64));
            finding.set("span", span);
        });
        return;
    }
    let syn = c.syn().frame;
    let finding = Finding::at(Diagnosis::HandshakeScan, c, syn)
        .proved_by(c.last().frame.max(syn))
        .of(From::Client)
        .with("source", Value::Address(src))
        .with("count", Value::Count(targets as u64))
        .with("hosts", Value::Count(hosts as u64))
        .with("span", span);
    let told = context.store.tell(c, finding);
    if let Some(source) = crowd.sources.get_mut(&src) {
        source.told = told;
    }
}

fn hash(target: Socket) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = std::hash::DefaultHasher::new();
    target.hash(&mut hasher);
    hasher.finish()
}

fn entry<K: std::hash::Hash + Eq, V: Default>(map: &mut HashMap<K, V>, key: K) -> Option<&mut V> {
    if map.len() >= MOST && !map.contains_key(&key) {
        return None;
    }
    Some(map.entry(key).or_default())
}
