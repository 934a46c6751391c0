//! What only many connections together show: who fails where, and who leaves handshakes half-open.

use crate::bounds;
use crate::catalogue::findings::Told;
use crate::wire::tuple::Socket;
use hashbrown::{HashMap, HashSet};
use std::collections::VecDeque;
use std::net::IpAddr;

/// What is known across connections. Bounded: what does not fit is not counted.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    pub(crate) sources: HashMap<IpAddr, Source>,
    pub(crate) listeners: HashMap<Socket, Listener>,
    /// Hosts next to which the capture was taken.
    pub(crate) near: HashSet<IpAddr>,
    /// Attempts that nobody has answered yet, the oldest first.
    pub(crate) waiting: VecDeque<Attempt>,
}

/// One host that opens connections.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Ports and hosts at which it failed, hashed, with the newest connection that did.
    pub(crate) failed: HashMap<u64, u32>,
    pub(crate) hosts: HashSet<IpAddr>,
    pub(crate) ports: HashSet<u16>,
    pub(crate) first: i64,
    pub(crate) succeeded: u32,
    pub(crate) told: Option<Told>,
}

/// An attempt to connect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    pub(crate) source: IpAddr,
    pub(crate) target: Socket,
    pub(crate) stream: u32,
    /// When its SYN was captured, nanoseconds.
    pub(crate) time: i64,
}

/// One port that is connected to.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    /// When the present window of time began, nanoseconds.
    pub(crate) since: i64,
    pub(crate) opened: u32,
    pub(crate) completed: u32,
    pub(crate) told: Option<Told>,
}

impl Crowd {
    /// The connection `stream` from `source` to `target` was ended by a RST, as it seemed, and was not. What was told of a
    /// scan that is none without it.
    pub(crate) fn was_not_reset(&mut self, source: IpAddr, target: Socket, stream: u32) -> Option<Told> {
        let counted = self.sources.get(&source)?.failed.get(&hash(target)) == Some(&stream);
        if let Some(listener) = self.listeners.get_mut(&target).filter(|_| counted) {
            listener.completed = listener.completed.saturating_sub(1);
        }
        self.has_not_failed(source, target, stream)
    }

    /// The connection `stream` from `source` to `target` was answered. What was told of a scan that is none without it.
    pub(crate) fn has_not_failed(&mut self, source: IpAddr, target: Socket, stream: u32) -> Option<Told> {
        // It is one of the newest, mostly.
        if let Some(at) = self.waiting.iter().rposition(|attempt| attempt.stream == stream) {
            self.waiting.remove(at);
        }
        let source = self.sources.get_mut(&source).filter(|source| !source.failed.is_empty())?;
        let target = hash(target);
        if source.failed.get(&target) != Some(&stream) {
            return None;
        }
        source.failed.remove(&target);
        if source.is_scan() { None } else { source.told.take() }
    }

    /// One more attempt begins to wait for an answer, and those that have waited as long as a client does before it sends its
    /// SYN again have failed. Whether one of the same source has.
    pub(crate) fn waits(&mut self, attempt: Attempt) -> bool {
        let mut any = false;
        let now = attempt.time;
        while let Some(failed) = self.waiting.pop_front_if(|it| now - it.time >= bounds::SYN_RTO) {
            any |= failed.source == attempt.source;
            self.fails(failed, now);
        }
        if self.waiting.len() < MOST {
            self.waiting.push_back(attempt);
        }
        any
    }

    /// An attempt came to nothing.
    pub(crate) fn fails(&mut self, attempt: Attempt, now: i64) {
        let Some(source) = entry(&mut self.sources, attempt.source) else { return };
        if source.failed.is_empty() || now - source.first > bounds::SCAN_WITHIN {
            *source = Source { first: now, told: source.told, ..Source::default() };
        }
        if source.failed.len() < 1 << 16 {
            source.failed.insert(hash(attempt.target), attempt.stream);
            source.hosts.insert(attempt.target.ip);
            source.ports.insert(attempt.target.port);
        }
    }
}

impl Listener {
    /// So many of the present window are left half-open.
    pub(crate) fn half_open(&self) -> u32 {
        self.opened.saturating_sub(self.completed)
    }

    /// Many handshakes are not completed, and few are.
    pub(crate) fn is_flooded(&self) -> bool {
        self.half_open() >= bounds::FLOOD && self.half_open() >= bounds::FLOOD_SHARE * self.completed
    }
}

impl Source {
    /// It has failed at so many that it was after none of them in particular: many ports of few hosts, or many hosts on few
    /// ports. Peers of a peer-to-peer network that are gone have each a port of its own.
    pub(crate) fn is_scan(&self) -> bool {
        let targets = self.failed.len();
        let spread = self.hosts.len().min(self.ports.len());
        targets >= bounds::SCAN
            && spread * bounds::SCAN_SPREAD <= targets
            && self.succeeded as usize * bounds::SCAN_SHARE <= targets
    }
}

/// So many hosts or listeners are watched at once.
pub(crate) const MOST: usize = 1 << 14;
pub(crate) fn hash(target: Socket) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = std::hash::DefaultHasher::new();
    target.hash(&mut hasher);
    hasher.finish()
}

pub(crate) fn entry<K: std::hash::Hash + Eq, V: Default>(map: &mut HashMap<K, V>, key: K) -> Option<&mut V> {
    if map.len() >= MOST && !map.contains_key(&key) {
        return None;
    }
    Some(map.entry(key).or_default())
}
