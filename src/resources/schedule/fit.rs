//! What becomes of a class's occurrences to come when the class changes. A pure function; `follow` writes what it says.
//!
//! Those that somebody edited or booked keep as they are, but for places that are added, and cover the start that they pair with. The others take place
//! as the class says now: at the start that they pair with, or not at all. A start that nothing pairs with is new. What was
//! held today covers a start of today, so that a class that is moved later is not held twice.

use std::time::Duration;

use jiff::civil::{Date, DateTime};

use super::{
    clocks::{Clocks, local},
    effects::Effects,
    layout::ClassPlan,
    model::{NOT_PLANNED, Occurrence, OccurrenceId, OccurrenceStatus},
    pairing::{PairingDistance, pair},
};
use crate::store::{moment::Moment, row::Row};

/// An occurrence of a coming start, or of one of today.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The occurrence.
    pub row: Row<Occurrence>,
    /// Whether somebody edited it.
    pub is_edited: bool,
    /// Whether it has begun.
    pub has_begun: bool,
    /// Whether its planned start has passed.
    pub start_has_passed: bool,
}

impl Standing {
    /// Whether it keeps as it is, whatever its class says now.
    pub(super) fn is_kept(&self) -> bool {
        self.is_edited || self.has_begun || self.row.fields.is_booked()
    }

    /// Whether it was held, or would have been, when its class planned it or later.
    pub(super) fn is_over(&self) -> bool {
        self.has_begun && self.start_has_passed
    }

    pub(super) fn takes_place(&self) -> bool {
        self.row.fields.status == OccurrenceStatus::Scheduled
    }

    fn reach(&self) -> PairingDistance {
        match (self.is_kept(), self.takes_place()) {
            (true, true) if !self.is_over() => PairingDistance::OwnWeek,
            // What was held, or was called off by hand, counts for its day and for no other.
            (true, _) => PairingDistance::OwnDay,
            (false, true) => PairingDistance::AnyWeek,
            // Cancelled by an earlier change of the class: there again once the class plans it again.
            (false, false) => PairingDistance::OwnStart,
        }
    }

    /// Whether it was laid out without a room or an instructor that was taken.
    fn has_given_way(&self) -> bool {
        let gave = |field: &String| field == "room_id" || field == "instructor_id";
        !self.is_kept() && self.takes_place() && self.row.fields.overridden.iter().any(gave)
    }
}

/// What has to be written after a class has changed.
#[derive(Debug, Default)]
pub struct Fitted {
    /// How many of each, but for those that give way.
    pub effects: Effects,
    /// Rows that stay where they are, and tell another thing; and those that do not take place any more.
    pub told: Vec<Row<Occurrence>>,
    /// Rows that take place otherwise.
    pub moved: Vec<Row<Occurrence>>,
    /// Rows that are new.
    pub created: Vec<Row<Occurrence>>,
    /// Rows that are laid out without their room or instructor where these are taken.
    pub giving_way: Vec<GivingWay>,
}

/// A row that is laid out with as much of its room and instructor as is free.
#[derive(Debug)]
pub struct GivingWay {
    /// The row that was there; none, when it is new.
    pub before: Option<Row<Occurrence>>,
    /// With all that its class says.
    pub wanted: Row<Occurrence>,
}

impl GivingWay {
    /// The row that was there, out of everybody's way until it is known what is free.
    pub fn aside(&self) -> Option<Row<Occurrence>> {
        self.before.as_ref()?;
        let mut row = self.wanted.clone();
        (row.fields.room_id, row.fields.instructor_id) = (None, None);
        Some(row)
    }
}

/// A start that the class plans now.
struct PlannedStart {
    planned: Occurrence,
    gives_way: bool,
}

impl ClassPlan<'_> {
    /// Fits the occurrences to come to the starts that the class plans now, of which those from `until` on are not laid out
    /// yet: they are there to be paired with, and nothing new is made of them.
    pub fn fit(
        &self,
        there: Vec<Standing>,
        planned: Vec<Occurrence>,
        until: Date,
        clocks: &Clocks,
        now: Moment,
    ) -> Fitted {
        let pairs = pairs(&there, &planned);
        let mut slots = slots(planned);
        let mut fitted = Fitted::default();
        for (standing, slot) in there.into_iter().zip(pairs) {
            match slot.and_then(|slot| slots[slot].take()) {
                slot if standing.is_kept() => fitted.keep(self, standing, slot, clocks, now),
                Some(slot) => fitted.follow(standing, slot, now),
                None if standing.takes_place() => fitted.cancel(self, standing.row, clocks, now),
                None => fitted.keep(self, standing, None, clocks, now),
            }
        }
        let until = local(until.at(0, 0, 0, 0));
        let new = slots.into_iter().flatten().filter(|slot| slot.planned.local_start < until);
        fitted.create(new, now);
        fitted
    }
}

/// For each occurrence the position of its planned start.
fn pairs(there: &[Standing], planned: &[Occurrence]) -> Vec<Option<usize>> {
    let start = |occurrence: &Occurrence| occurrence.planned_start.parse::<DateTime>().unwrap_or_default();
    let rows: Vec<_> = there.iter().map(|standing| (start(&standing.row.fields), standing.reach())).collect();
    pair(&rows, &planned.iter().map(start).collect::<Vec<_>>())
}

/// The starts of a class. What the clocks moved onto the one after it, on a single night, has that one give way.
fn slots(planned: Vec<Occurrence>) -> Vec<Option<PlannedStart>> {
    let mut ends_at = None;
    let slot = |planned: Occurrence| {
        let before = ends_at.replace(planned.ends_at);
        Some(PlannedStart { gives_way: before.is_some_and(|before| before > planned.starts_at), planned })
    };
    planned.into_iter().map(slot).collect()
}

impl Fitted {
    /// Those that take place where and when their class says: they have to find their places free.
    pub fn that_follow(&self) -> Vec<&Row<Occurrence>> {
        self.moved.iter().chain(&self.created).collect()
    }

    /// It does not move. What it shows of its class may have changed; that is computed, and not an edit. A class that lets more
    /// people in lets them into what is booked, too.
    fn keep(
        &mut self,
        plan: &ClassPlan<'_>,
        standing: Standing,
        slot: Option<PlannedStart>,
        clocks: &Clocks,
        now: Moment,
    ) {
        let is_counted = standing.takes_place() && !standing.has_begun;
        let is_over = standing.is_over();
        let takes_more = is_counted && !standing.is_edited && plan.has_more_places(&standing.row.fields);
        let mut row = standing.row;
        if is_over && slot.as_ref().is_none_or(|slot| slot.planned.planned_start == row.fields.planned_start) {
            return;
        }
        let before = row.fields.clone();
        if let Some(slot) = slot {
            row.fields.planned_start = slot.planned.planned_start;
        }
        if takes_more {
            row.fields.capacity = plan.capacity();
        }
        plan.update_computed(&mut row.fields, clocks.at(before.location_id));
        if is_counted && takes_more {
            self.effects.moved += 1;
            row = row.edited_since(&before, now);
        } else if is_counted {
            self.effects.kept += 1;
            if !row.fields.overridden.is_empty() {
                self.effects.kept_ids.insert(&row);
            }
        }
        if row.fields != before {
            self.told.push(row.as_changed(now));
        }
    }

    fn follow(&mut self, standing: Standing, slot: PlannedStart, now: Moment) {
        let gives_way = slot.gives_way || standing.has_given_way();
        let before = standing.row;
        // What a studio notes for itself stays with the occurrence.
        let Occurrence { external_id, metadata, note, .. } = before.fields.clone();
        let fields = Occurrence { external_id, metadata, note, ..slot.planned };
        if gives_way {
            let wanted = Row { fields, ..before.clone() };
            self.giving_way.push(GivingWay { before: Some(before), wanted });
            return;
        }
        let after = before.clone().edited(now, fields);
        self.effects.count(&before, &after);
        if after != before {
            self.moved.push(after);
        }
    }

    fn cancel(&mut self, plan: &ClassPlan<'_>, row: Row<Occurrence>, clocks: &Clocks, now: Moment) {
        self.effects.cancelled += 1;
        self.told.push(plan.without(row, NOT_PLANNED, clocks, now));
    }

    fn create(&mut self, slots: impl Iterator<Item = PlannedStart>, now: Moment) {
        // A microsecond apart, so that their ids have their order.
        for (PlannedStart { planned, gives_way }, number) in slots.zip(0..) {
            let id = OccurrenceId::new(now.stamp().plus(Duration::from_micros(number)));
            let row = Row { id, ..Row::new(now.of_row(number), planned) };
            if gives_way {
                self.giving_way.push(GivingWay { before: None, wanted: row });
            } else {
                self.created.push(row);
            }
        }
        self.effects.created += self.created.len();
    }
}

#[cfg(test)]
mod tests;
