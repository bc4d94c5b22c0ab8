//! Whether a connection is idle, and how to close it when it is.
//!
//! Used when another connection needs the slot. Promises that no running request and no unfinished response is cut off.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// The value of `requests` that means "closing".
const CLOSING: usize = usize::MAX;

/// The activity of one connection.
#[derive(Debug, Default)]
pub(super) struct Activity {
    requests: AtomicUsize,
    /// Requests so far.
    begun: AtomicUsize,
    close: Notify,
}

/// A request or response in progress; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Running(Arc<Activity>);

impl Activity {
    /// Starts a request; `None` if the connection is closing.
    pub(super) fn begin(self: &Arc<Self>) -> Option<Running> {
        let running = self.resume()?;
        self.begun.fetch_add(1, Ordering::Relaxed);
        Some(running)
    }

    /// Continues a response; `None` if the connection is closing.
    pub(super) fn resume(self: &Arc<Self>) -> Option<Running> {
        // `checked_add` fails at `CLOSING`, the largest number.
        let stays = |requests: usize| requests.checked_add(1);
        self.requests.fetch_update(Ordering::AcqRel, Ordering::Acquire, stays).ok()?;
        Some(Running(Arc::clone(self)))
    }

    /// How many requests have started, which distinguishes one response from the next.
    pub(super) fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    /// Closes the connection if it is idle. False also if it is closing already.
    pub(super) fn close_if_idle(&self) -> bool {
        let idle = self.requests.compare_exchange(0, CLOSING, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if idle {
            self.close.notify_one();
        }
        idle
    }

    /// Resolves when the connection must close.
    pub(super) async fn closing(&self) {
        self.close.notified().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_at_work_stays_and_an_idle_one_leaves_once() {
        let activity = Arc::new(Activity::default());
        let work = activity.begin();
        assert!(work.is_some() && !activity.close_if_idle());
        let answer = activity.resume();
        drop(work);
        assert!(answer.is_some() && !activity.close_if_idle(), "an answer that is not sent whole is at work, too");
        drop(answer);
        assert_eq!(activity.begun(), 1);
        assert!(activity.close_if_idle() && !activity.close_if_idle());
        assert!(activity.begin().is_none());
    }
}
