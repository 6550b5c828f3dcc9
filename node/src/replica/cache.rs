//! A small memory of what was read last, bounded in bytes.

use std::collections::HashMap;
use std::hash::Hash as Key;
use std::sync::{Arc, Mutex, MutexGuard};

/// Keeps the values used last, up to a total weight.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    limit: usize,
    inner: Mutex<Inner<K, V>>,
}

#[derive(Debug)]
struct Inner<K, V> {
    weight: usize,
    now: u64,
    values: HashMap<K, Slot<V>>,
}

#[derive(Debug)]
struct Slot<V> {
    value: Arc<V>,
    weight: usize,
    used: u64,
}

impl<K: Copy + Eq + Key, V> Cache<K, V> {
    pub(super) fn new(limit: usize) -> Cache<K, V> {
        let inner = Inner { weight: 0, now: 0, values: HashMap::new() };
        Cache { limit, inner: Mutex::new(inner) }
    }

    pub(super) fn find(&self, key: K) -> Option<Arc<V>> {
        let mut inner = self.lock();
        inner.now += 1;
        let now = inner.now;
        let slot = inner.values.get_mut(&key)?;
        slot.used = now;
        Some(Arc::clone(&slot.value))
    }

    /// Keeps a value, dropping those unused for longest; one over the limit alone is not kept.
    pub(super) fn keep(&self, key: K, value: &Arc<V>, weight: usize) {
        let mut inner = self.lock();
        inner.drop_key(key);
        if weight > self.limit {
            return;
        }
        while inner.weight + weight > self.limit {
            // The count of values is small (limit / weight), so a walk costs less than a list.
            let oldest = inner.values.iter().min_by_key(|(_, slot)| slot.used).map(|(key, _)| *key);
            let Some(oldest) = oldest else { break };
            inner.drop_key(oldest);
        }
        inner.now += 1;
        inner.weight += weight;
        let used = inner.now;
        inner.values.insert(key, Slot { value: Arc::clone(value), weight, used });
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K, V>> {
        self.inner.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl<K: Copy + Eq + Key, V> Inner<K, V> {
    fn drop_key(&mut self, key: K) {
        if let Some(slot) = self.values.remove(&key) {
            self.weight -= slot.weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unused_go_first_and_the_weight_is_bounded() {
        let cache = Cache::new(10);
        for n in 0..3u32 {
            cache.keep(n, &Arc::new(n), 3);
        }
        assert_eq!(cache.find(0).as_deref(), Some(&0));
        cache.keep(3, &Arc::new(3), 3);
        assert_eq!(cache.find(1), None);
        cache.keep(4, &Arc::new(4), 11);
        assert_eq!(cache.find(4), None);
        cache.keep(5, &Arc::new(5), 10);
        let left: Vec<u32> = (0..9).filter(|n| cache.find(*n).is_some()).collect();
        assert_eq!(left, [5]);
        cache.keep(5, &Arc::new(50), 1);
        assert_eq!((cache.find(5).as_deref(), cache.lock().weight), (Some(&50), 1));
    }
}
