//! The same work on many things, on all cores, with the answers in the order of the things.
//!
//! Workers take the next thing as they become free, so one giant file among many small ones holds
//! up one worker and nothing else. One thing is done right here, without starting a thread.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many workers use all cores.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// `work(state, 0)` to `work(state, count - 1)` on up to `workers` threads, each with its own
/// state.
pub fn map<S, T: Send>(
    count: usize,
    workers: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> T + Sync,
) -> Vec<T> {
    let workers = workers.min(count);
    if workers <= 1 {
        let mut state = state();
        return (0..count).map(|i| work(&mut state, i)).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut state = state();
        let mut done = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count {
                return done;
            }
            done.push((i, work(&mut state, i)));
        }
    };
    let mut all: Vec<Option<T>> = (0..count).map(|_| None).collect();
    thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(run)).collect();
        let mine = run();
        let theirs = others.into_iter().flat_map(|other| match other.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        for (i, answer) in theirs.chain(mine) {
            all[i] = Some(answer);
        }
    });
    // Every index below `count` was handed out once and its worker came back.
    all.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_order_and_each_thing_is_done_once() {
        for workers in [0, 1, 2, 7] {
            for count in [0, 1, 2, 100] {
                let answers = map(count, workers, || 0, |_, i| i * 3);
                assert_eq!(answers, (0..count).map(|i| i * 3).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn each_worker_keeps_its_own_state() {
        let counts = map(
            1000,
            4,
            || 0usize,
            |seen, _| {
                *seen += 1;
                *seen
            },
        );
        // Each worker counts up from one, so as many ones as workers that got something to do.
        assert!((1..=4).contains(&counts.iter().filter(|&&n| n == 1).count()));
    }
}
