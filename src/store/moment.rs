//! When a write happens. Rows take their `updated_at` from here, so that who follows `updated_since` from the latest one that
//! they have seen misses no committed change, whatever the clocks say and however many instances write.
//!
//! A transaction takes its moment at its very start ([`Db::begin_write`](super::db::Db::begin_write)): later than every
//! moment that was given out before. On SQLite, where one writes at a time, that is the order in which changes are seen. On
//! PostgreSQL, where a write that began later may be seen first, a list of changes waits for those that began before
//! ([`Statement::in_commit_order`](super::db::Statement::in_commit_order)).

use std::time::Duration;

use super::instant::Instant;

/// The time of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What the clock shows: it decides what is past, and what day it is.
    pub clock: Instant,
    /// What rows take: later than all that were given out before, so that a clock that is set back does not hide a row.
    stamp: Instant,
    /// The last instant that this write may give out.
    last: Instant,
}

impl Moment {
    /// Of a write that may give out so many instants, from `stamp` on, a microsecond apart.
    pub(super) fn new(clock: Instant, stamp: Instant, instants: u32) -> Self {
        let last = stamp.plus(Duration::from_micros(u64::from(instants.saturating_sub(1))));
        Self { clock, stamp, last }
    }

    /// The instant that rows take.
    pub fn stamp(self) -> Instant {
        self.stamp
    }

    /// The moment of the row that comes `number` rows after the first, as far as there are instants left: who follows many
    /// rows goes on behind those that they have seen.
    pub fn of_row(self, number: u64) -> Self {
        Self { stamp: self.stamp.plus(Duration::from_micros(number)).min(self.last), ..self }
    }

    /// A moment of its own, for tests of pure functions.
    #[cfg(test)]
    pub fn at(instant: Instant) -> Self {
        Self::new(instant, instant, 1)
    }
}
