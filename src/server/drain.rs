//! Graceful shutdown: new connections are refused, running requests finish, and the rest is cut after a timeout.
//!
//! Every listener and connection holds a [`DrainSignal`]. Promises to end within the given time, plus one second for
//! connections that are cut.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::timeout};

const CUT_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    Draining,
    Cut,
}

/// Ends a group of listeners and their connections.
#[derive(Debug)]
pub(super) struct Drain(watch::Sender<Phase>);

impl Drain {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Phase::Serving))
    }

    /// A receiver for one more listener or connection. The group has ended when all receivers are dropped.
    pub(super) fn signal(&self) -> DrainSignal {
        DrainSignal(self.0.subscribe())
    }

    /// Drains the group. Returns whether everything finished before the timeout.
    pub(super) async fn finish(&self, within: Duration) -> bool {
        self.0.send_replace(Phase::Draining);
        if timeout(within, self.0.closed()).await.is_ok() {
            return true;
        }
        tracing::warn!(connections = self.0.receiver_count(), "drain timeout: cutting connections that did not finish");
        self.0.send_replace(Phase::Cut);
        // A task that blocks its thread cannot be cut; the process exits without it.
        timeout(CUT_TIMEOUT, self.0.closed()).await.ok();
        false
    }
}

/// Tells a listener or a connection to drain, and later to stop.
#[derive(Clone, Debug)]
pub(super) struct DrainSignal(watch::Receiver<Phase>);

impl DrainSignal {
    /// Resolves when no new work should start.
    pub(super) async fn draining(&mut self) {
        self.at_least(Phase::Draining).await;
    }

    /// Resolves when running work must stop.
    pub(super) async fn cut(&mut self) {
        self.at_least(Phase::Cut).await;
    }

    /// A dropped sender counts as the end.
    async fn at_least(&mut self, phase: Phase) {
        self.0.wait_for(|now| *now >= phase).await.ok();
    }
}

/// Whether all surfaces accept connections: true from the start of serving until draining starts.
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
