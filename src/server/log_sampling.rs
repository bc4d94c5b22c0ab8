//! Limits the log lines of refused requests: the first few of a kind are logged one by one, the rest as one line with a
//! count, so that a flood of refused requests does not fill the disk.
//!
//! Promises that every refusal is logged or counted in a log line, at the latest when the server has drained. Memory is
//! bounded.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;
use tokio::time::Instant;

use crate::{access::surface::Surface, wire::problem::Code};

/// Refusals of one kind that are logged one by one in each period.
const LOGGED_PER_KIND: u64 = 5;
/// The period over which refusals are counted.
const PERIOD: Duration = Duration::from_secs(10);
/// Kinds that are counted separately; all others share one count.
const MAX_KINDS: usize = 4096;

/// The kind of a refusal: what is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RefusalKind {
    pub(super) surface: Surface,
    pub(super) network: IpNet,
    pub(super) code: Code,
}

/// Whether a refusal gets its own log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogDecision {
    /// Log it.
    Log,
    /// Only count it.
    CountOnly,
}

/// The counts of one server. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct LogSampler(Arc<Mutex<RefusalCounts>>);

#[derive(Debug, Default)]
struct RefusalCounts {
    since: Option<Instant>,
    kinds: HashMap<RefusalKind, u64>,
    /// Refusals beyond the limit of kinds.
    others: u64,
}

impl LogSampler {
    /// Counts a refusal. The first one of a new period logs the counts of the last.
    pub(super) fn record(&self, refused: RefusalKind, now: Instant) -> LogDecision {
        let mut counts = self.lock();
        let ended = match counts.since {
            Some(since) if now < since + PERIOD => None,
            _ => Some(std::mem::replace(&mut *counts, RefusalCounts { since: Some(now), ..RefusalCounts::default() })),
        };
        let seen = counts.count(refused);
        drop(counts);
        ended.unwrap_or_default().log();
        seen
    }

    /// Logs the counts after each period, until the task is aborted.
    pub(super) async fn keep_logging(self) {
        loop {
            tokio::time::sleep(PERIOD).await;
            self.log();
        }
    }

    /// Logs the counts so far.
    pub(super) fn log(&self) {
        let counted = std::mem::take(&mut *self.lock());
        counted.log();
    }

    fn lock(&self) -> MutexGuard<'_, RefusalCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RefusalCounts {
    fn count(&mut self, refused: RefusalKind) -> LogDecision {
        if self.kinds.len() >= MAX_KINDS && !self.kinds.contains_key(&refused) {
            self.others += 1;
            return LogDecision::CountOnly;
        }
        let times = self.kinds.entry(refused).or_default();
        *times += 1;
        if *times > LOGGED_PER_KIND { LogDecision::CountOnly } else { LogDecision::Log }
    }

    fn log(self) {
        let seconds = PERIOD.as_secs();
        for (RefusalKind { surface, network, code }, times) in
            self.kinds.into_iter().filter(|(_, times)| *times > LOGGED_PER_KIND)
        {
            tracing::info!(
                target: "flow_gateway::request",
                surface = surface.name(),
                network = %network,
                code = code.name(),
                refused = times - LOGGED_PER_KIND,
                seconds,
                "refused more requests of this kind than were logged one by one"
            );
        }
        if self.others > 0 {
            let refused = self.others;
            tracing::info!(target: "flow_gateway::request", refused, seconds, "refused requests of many other kinds");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(network: &str) -> RefusalKind {
        RefusalKind {
            surface: Surface::Management,
            network: network.parse().expect("a network"),
            code: Code::MissingKey,
        }
    }

    #[test]
    fn the_first_few_of_a_kind_have_lines_and_each_period_begins_anew() {
        let sampler = LogSampler::default();
        let start = Instant::now();
        let lines =
            |network: &str, at| (0..100).filter(|_| sampler.record(from(network), at) == LogDecision::Log).count();
        assert_eq!(lines("192.0.2.0/24", start), 5);
        assert_eq!((lines("192.0.2.0/24", start), lines("198.51.100.0/24", start)), (0, 5));
        assert_eq!(lines("192.0.2.0/24", start + PERIOD), 5);
    }

    #[test]
    fn a_crowd_of_networks_takes_no_more_than_its_room() {
        let mut counts = RefusalCounts::default();
        for network in 0..2 * u32::try_from(MAX_KINDS).expect("few") {
            let network = IpNet::new_assert(std::net::Ipv4Addr::from(network << 8).into(), 24);
            counts.count(RefusalKind { network, ..from("192.0.2.0/24") });
        }
        assert_eq!((counts.kinds.len(), counts.others), (MAX_KINDS, MAX_KINDS as u64));
    }
}
