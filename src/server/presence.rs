//! Whether a connection is at work, and the word to leave when it is not.
//!
//! Called by the connection for each request and each answer that waits for its client, and by [`super::shares`] when
//! somebody else needs the room. Promises that no request that has begun is ended by this, and no answer to one.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// The number of requests that stands for "it leaves".
const LEAVING: usize = usize::MAX;

/// A connection, as others see it.
#[derive(Debug, Default)]
pub(super) struct Presence {
    requests: AtomicUsize,
    /// Requests so far.
    begun: AtomicUsize,
    leave: Notify,
}

/// A request or an answer at work; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct AtWork(Arc<Presence>);

impl Presence {
    /// Begins a request; `None` where the connection has been told to leave.
    pub(super) fn begin(self: &Arc<Self>) -> Option<AtWork> {
        let at_work = self.resume()?;
        self.begun.fetch_add(1, Ordering::Relaxed);
        Some(at_work)
    }

    /// Goes on with the answer to a request that was begun; `None` where the connection has been told to leave.
    pub(super) fn resume(self: &Arc<Self>) -> Option<AtWork> {
        // There is no number above `LEAVING`.
        let stays = |requests: usize| requests.checked_add(1);
        self.requests.fetch_update(Ordering::AcqRel, Ordering::Acquire, stays).ok()?;
        Some(AtWork(Arc::clone(self)))
    }

    /// How many requests have begun so far: another number means another answer.
    pub(super) fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    /// Tells the connection to leave, if no request is at work on it. False also where it was told already.
    pub(super) fn leave(&self) -> bool {
        let idle = self.requests.compare_exchange(0, LEAVING, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if idle {
            self.leave.notify_one();
        }
        idle
    }

    /// Returns once it has been told to leave.
    pub(super) async fn told_to_leave(&self) {
        self.leave.notified().await;
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_at_work_stays_and_an_idle_one_leaves_once() {
        let presence = Arc::new(Presence::default());
        let work = presence.begin();
        assert!(work.is_some() && !presence.leave());
        let answer = presence.resume();
        drop(work);
        assert!(answer.is_some() && !presence.leave(), "an answer that is not sent whole is at work, too");
        drop(answer);
        assert_eq!(presence.begun(), 1);
        assert!(presence.leave() && !presence.leave());
        assert!(presence.begin().is_none());
    }
}
