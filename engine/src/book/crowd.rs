//! What only many connections together show: who fails where, and who leaves handshakes half-open.

use crate::bounds;
use crate::catalogue::findings::Told;
use crate::wire::tuple::Socket;
use hashbrown::{HashMap, HashSet};
use std::net::IpAddr;

/// What is known across connections. Bounded: what does not fit is not counted.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    pub(crate) sources: HashMap<IpAddr, Source>,
    pub(crate) listeners: HashMap<Socket, Listener>,
    /// Hosts next to which the capture was taken.
    pub(crate) near: HashSet<IpAddr>,
}

/// One host that opens connections.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Ports and hosts at which it failed, hashed, with the newest connection that did.
    pub(crate) failed: HashMap<u64, u32>,
    pub(crate) hosts: HashSet<IpAddr>,
    pub(crate) first: i64,
    pub(crate) succeeded: u32,
    pub(crate) told: Option<Told>,
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
    /// The connection `stream` from `source` to `target` had been counted as failed, and has not. What was told of a scan
    /// that is none without it.
    pub(crate) fn has_not_failed(&mut self, source: IpAddr, target: Socket, stream: u32) -> Option<Told> {
        let source = self.sources.get_mut(&source)?;
        if source.failed.get(&hash(target)) != Some(&stream) {
            return None;
        }
        source.failed.remove(&hash(target));
        if let Some(listener) = self.listeners.get_mut(&target) {
            listener.completed = listener.completed.saturating_sub(1);
        }
        if source.is_scan() { None } else { source.told.take() }
    }
}

impl Source {
    /// It has failed at so many that it was after none of them in particular.
    pub(crate) fn is_scan(&self) -> bool {
        let targets = self.failed.len();
        targets >= bounds::SCAN && self.succeeded as usize * bounds::SCAN_SHARE <= targets
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
