//! How serving ends: new connections are refused, work at hand is finished, and what will not finish is cut.
//!
//! Called by the server; every listener and connection holds a [`Stage`]. Promises that ending takes no longer
//! than it was given, and one second more for those that are cut.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::timeout};

const AFTER_THE_CUT: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    Draining,
    Cut,
}

/// The hand that ends a group of listeners and their connections.
#[derive(Debug)]
pub(super) struct Drain(watch::Sender<Phase>);

impl Drain {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Phase::Serving))
    }

    /// A view for one more listener or connection. The group has ended when all views are dropped.
    pub(super) fn stage(&self) -> Stage {
        Stage(self.0.subscribe())
    }

    /// Ends the group. Says whether all of it finished by itself.
    pub(super) async fn finish(&self, within: Duration) -> bool {
        self.0.send_replace(Phase::Draining);
        if timeout(within, self.0.closed()).await.is_ok() {
            return true;
        }
        tracing::warn!(connections = self.0.receiver_count(), "cutting connections that did not finish");
        self.0.send_replace(Phase::Cut);
        // A task that blocks its thread cannot be cut; the process ends without it.
        timeout(AFTER_THE_CUT, self.0.closed()).await.ok();
        false
    }
}

/// How far the end has come, as a listener or a connection sees it.
#[derive(Clone, Debug)]
pub(super) struct Stage(watch::Receiver<Phase>);

impl Stage {
    /// Returns once no new work should be taken.
    pub(super) async fn draining(&mut self) {
        self.at_least(Phase::Draining).await;
    }

    /// Returns once work at hand must be dropped.
    pub(super) async fn cut(&mut self) {
        self.at_least(Phase::Cut).await;
    }

    /// A server that is gone has no more say: that counts as the end.
    async fn at_least(&mut self, phase: Phase) {
        self.0.wait_for(|now| *now >= phase).await.ok();
    }
}

/// Tells whether all surfaces accept connections: false until they do, and again once draining starts.
#[derive(Clone, Debug, Default)]
pub struct Accepting(Arc<AtomicBool>);

impl Accepting {
    /// Whether they do now.
    pub fn now(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, accepting: bool) {
        self.0.store(accepting, Ordering::Relaxed);
    }
}
