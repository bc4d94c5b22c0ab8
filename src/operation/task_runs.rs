//! How the background tasks fare: when each did its work last, how long that took, how often it failed, how often it is due. The server's tasks say so
//! here, and the metrics read it.

use std::{sync::atomic::AtomicU64, time::Duration};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
};

use crate::store::instant::Instant;

/// The runs of all tasks. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct TaskRuns {
    last_success: Family<TaskLabel, Gauge>,
    failures: Family<TaskLabel, Counter>,
    intervals: Family<TaskLabel, Gauge>,
    durations: Family<TaskLabel, Gauge<f64, AtomicU64>>,
}

/// A task's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct TaskLabel {
    task: &'static str,
}

impl TaskRuns {
    /// Says how often a task is due, in whole seconds and at least one.
    pub fn is_due_every(&self, task: &'static str, period: Duration) {
        let seconds = i64::try_from(period.as_secs()).unwrap_or(i64::MAX).max(1);
        self.intervals.get_or_create(&TaskLabel { task }).set(seconds);
        // From zero on, so that the first failure shows as one.
        drop(self.failures.get_or_create(&TaskLabel { task }));
    }

    /// Says that a task did its work, or that it failed.
    pub fn ran(&self, task: &'static str, succeeded: bool, at: Instant) {
        if succeeded {
            self.last_success.get_or_create(&TaskLabel { task }).set(at.seconds());
        } else {
            self.failures.get_or_create(&TaskLabel { task }).inc();
        }
    }

    /// Says how long a run took.
    pub fn took(&self, task: &'static str, span: Duration) {
        self.durations.get_or_create(&TaskLabel { task }).set(span.as_secs_f64());
    }

    /// When each task did its work last, in seconds since 1970.
    pub fn last_success(&self) -> Family<TaskLabel, Gauge> {
        self.last_success.clone()
    }

    /// How often each task failed.
    pub fn failures(&self) -> Family<TaskLabel, Counter> {
        self.failures.clone()
    }

    /// How many seconds the last run of each task took.
    pub fn durations(&self) -> Family<TaskLabel, Gauge<f64, AtomicU64>> {
        self.durations.clone()
    }

    /// The seconds after which each task is due again.
    pub fn intervals(&self) -> Family<TaskLabel, Gauge> {
        self.intervals.clone()
    }
}
