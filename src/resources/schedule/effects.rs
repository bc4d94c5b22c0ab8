//! What a change of a class does to its occurrences, as answers tell it.

use std::{collections::BTreeSet, ops::AddAssign};

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::model::{Occurrence, OccurrenceId, OccurrenceStatus};
use crate::store::{instant::Instant, row::Row};

/// How many occurrences an answer names at most.
const MAX_KEPT_IDS: usize = 100;

/// What a change did to the future occurrences of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Effects {
    /// How many stayed as they were: somebody edited or booked them, or nothing changes for them.
    pub kept: usize,
    /// How many were changed: another time, duration, location, room, instructor or capacity.
    pub moved: usize,
    /// How many were cancelled.
    pub cancelled: usize,
    /// How many take place that did not before: new ones, and ones that an earlier change had cancelled.
    pub created: usize,
    /// Those of `kept` that differ from the class because somebody edited or booked them: the first 100, by start. The
    /// `overridden` of each lists the fields that differ.
    #[schema(value_type = Vec<OccurrenceId>, max_items = 100)]
    pub kept_ids: KeptIds,
    /// How many bookings were cancelled: of occurrences that are cancelled, and of members whose membership does not cover the
    /// new day. Those who waited are counted, too.
    pub bookings_cancelled: usize,
}

/// Occurrences that stay behind their class, in the order of their start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptIds(BTreeSet<(Instant, OccurrenceId)>);

impl KeptIds {
    /// Adds an occurrence.
    pub fn insert(&mut self, row: &Row<Occurrence>) {
        self.0.insert((row.fields.starts_at, row.id));
    }
}

impl Serialize for KeptIds {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().take(MAX_KEPT_IDS).map(|(_, id)| id))
    }
}

impl Effects {
    /// Counts an occurrence that follows its class.
    pub fn count(&mut self, before: &Row<Occurrence>, after: &Row<Occurrence>) {
        match before.fields.status {
            OccurrenceStatus::Cancelled => self.created += 1,
            OccurrenceStatus::Scheduled if before.fields == after.fields => self.kept += 1,
            OccurrenceStatus::Scheduled => self.moved += 1,
        }
    }
}

impl AddAssign for Effects {
    fn add_assign(&mut self, other: Self) {
        self.kept += other.kept;
        self.moved += other.moved;
        self.cancelled += other.cancelled;
        self.created += other.created;
        self.bookings_cancelled += other.bookings_cancelled;
        self.kept_ids.0.extend(other.kept_ids.0);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_first_hundred_are_named_by_their_start() {
        let start = Instant::from_micros(1_800_000_000_000_000);
        let at = |minutes| (start.plus(Duration::from_mins(minutes)), OccurrenceId::new(start));
        let all: BTreeSet<_> = (0..150).rev().map(at).collect();
        let first: Vec<_> = all.iter().take(100).map(|(_, id)| *id).collect();
        assert_eq!(serde_json::to_value(KeptIds(all)).unwrap(), serde_json::json!(first));
    }
}
