//! Refusals of one kind from one network, logged together: the first few as they are, the others as one line with their
//! count. A client that is refused ten thousand times a second shall not fill the disk.
//!
//! Called for every answer that refuses. Promises that none goes unsaid: what was counted is logged when its period has
//! ended, at the latest when the server has drained. Its memory is bounded.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;
use tokio::time::Instant;

use crate::{access::surface::Surface, wire::problem::Code};

/// Lines that are written as they are, of one kind in one period.
const FIRST: u64 = 5;
/// How long refusals are counted together.
const PERIOD: Duration = Duration::from_secs(10);
/// Kinds that are counted at once; beyond, all others are one.
const KINDS: usize = 4096;

/// What refusals have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Refused {
    pub(super) surface: Surface,
    pub(super) network: IpNet,
    pub(super) code: Code,
}

/// Whether a refusal has a line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frequency {
    /// One of the first.
    Seldom,
    /// It is counted, and nothing more.
    TooOften,
}

/// The counts of one server. Clones count together.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeats(Arc<Mutex<RefusalCounts>>);

#[derive(Debug, Default)]
struct RefusalCounts {
    since: Option<Instant>,
    kinds: HashMap<Refused, u64>,
    /// Of kinds for which there was no room.
    others: u64,
}

impl Repeats {
    /// Counts a refusal; the first of a new period logs what the last one has counted.
    pub(super) fn seen(&self, refused: Refused, now: Instant) -> Frequency {
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

    /// Logs what was counted once its period has ended, also when nobody is refused any more; until the task is aborted.
    pub(super) async fn keep_logging(self) {
        loop {
            tokio::time::sleep(PERIOD).await;
            self.log();
        }
    }

    /// Logs what was counted so far.
    pub(super) fn log(&self) {
        let counted = std::mem::take(&mut *self.lock());
        counted.log();
    }

    fn lock(&self) -> MutexGuard<'_, RefusalCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RefusalCounts {
    fn count(&mut self, refused: Refused) -> Frequency {
        if self.kinds.len() >= KINDS && !self.kinds.contains_key(&refused) {
            self.others += 1;
            return Frequency::TooOften;
        }
        let times = self.kinds.entry(refused).or_default();
        *times += 1;
        if *times > FIRST { Frequency::TooOften } else { Frequency::Seldom }
    }

    fn log(self) {
        let seconds = PERIOD.as_secs();
        for (Refused { surface, network, code }, times) in self.kinds.into_iter().filter(|(_, times)| *times > FIRST) {
            tracing::info!(
                target: "flow_gateway::request",
                surface = surface.name(),
                network = %network,
                code = code.name(),
                refused = times - FIRST,
                seconds,
                "more requests of this kind were refused than have a line of their own"
            );
        }
        if self.others > 0 {
            let refused = self.others;
            tracing::info!(target: "flow_gateway::request", refused, seconds, "requests of many kinds were refused");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(network: &str) -> Refused {
        Refused { surface: Surface::Management, network: network.parse().expect("a network"), code: Code::MissingKey }
    }

    #[test]
    fn the_first_few_of_a_kind_have_lines_and_each_period_begins_anew() {
        let repeats = Repeats::default();
        let start = Instant::now();
        let lines =
            |network: &str, at| (0..100).filter(|_| repeats.seen(from(network), at) == Frequency::Seldom).count();
        assert_eq!(lines("192.0.2.0/24", start), 5);
        assert_eq!((lines("192.0.2.0/24", start), lines("198.51.100.0/24", start)), (0, 5));
        assert_eq!(lines("192.0.2.0/24", start + PERIOD), 5);
    }

    #[test]
    fn a_crowd_of_networks_takes_no_more_than_its_room() {
        let mut counts = RefusalCounts::default();
        for network in 0..2 * u32::try_from(KINDS).expect("few") {
            let network = IpNet::new_assert(std::net::Ipv4Addr::from(network << 8).into(), 24);
            counts.count(Refused { network, ..from("192.0.2.0/24") });
        }
        assert_eq!((counts.kinds.len(), counts.others), (KINDS, KINDS as u64));
    }
}
