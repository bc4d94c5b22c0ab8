//! What becomes of a class's occurrences to come when the class changes. A pure function; `follow` writes what it says.
//!
//! Those that somebody edited or booked keep as they are, and cover the start that they pair with. The others take place
//! as the class says now: at the start that they pair with, or not at all. A start that nothing pairs with is new.

use std::ops::AddAssign;

use jiff::civil::{Date, DateTime};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    clocks::Clocks,
    layout::{Plan, local},
    model::{NOT_PLANNED, Occurrence, OccurrenceId, OccurrenceStatus},
    pairing::{Reach, pair},
};
use crate::store::{instant::Instant, row::Row};

/// What a change did to the occurrences to come of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Effects {
    /// They are as they were: because somebody edited or booked them, or because nothing changes for them.
    pub kept: usize,
    /// They take place otherwise: at another time, for longer or shorter, elsewhere, with another instructor, or for more
    /// or fewer people.
    pub moved: usize,
    /// They do not take place any more.
    pub cancelled: usize,
    /// They take place and did not before: new ones, and ones that an earlier change had cancelled.
    pub created: usize,
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
    }
}

/// An occurrence to come, as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The occurrence.
    pub row: Row<Occurrence>,
    /// Whether somebody edited it.
    pub is_edited: bool,
}

impl Standing {
    fn is_kept(&self) -> bool {
        self.is_edited || self.row.fields.booked_count > 0
    }

    fn takes_place(&self) -> bool {
        self.row.fields.status == OccurrenceStatus::Scheduled
    }

    fn reach(&self) -> Reach {
        match (self.is_kept(), self.takes_place()) {
            (true, _) => Reach::OwnWeek,
            (false, true) => Reach::AnyWeek,
            // Cancelled by an earlier change of the class: there again once the class plans it again.
            (false, false) => Reach::OwnStart,
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
    #[must_use]
    pub fn aside(&self) -> Option<Row<Occurrence>> {
        self.before.as_ref()?;
        let mut row = self.wanted.clone();
        (row.fields.room_id, row.fields.instructor_id) = (None, None);
        Some(row)
    }
}

/// A start that the class plans now.
struct Slot {
    planned: Occurrence,
    gives_way: bool,
}

impl Plan<'_> {
    /// Fits the occurrences to come to the starts that the class plans now, of which those from `until` on are not laid out
    /// yet: they are there to be paired with, and nothing new is made of them.
    #[must_use]
    pub fn fit(
        &self,
        there: Vec<Standing>,
        planned: Vec<Occurrence>,
        until: Date,
        clocks: &Clocks,
        now: Instant,
    ) -> Fitted {
        let pairs = pairs(&there, &planned);
        let mut slots = slots(planned);
        let mut fitted = Fitted::default();
        for (standing, slot) in there.into_iter().zip(pairs) {
            match slot.and_then(|slot| slots[slot].take()) {
                slot if standing.is_kept() => fitted.keep(self, standing, slot, clocks),
                Some(slot) => fitted.follow(standing, slot, now),
                None if standing.takes_place() => fitted.cancel(self, standing.row, clocks, now),
                None => fitted.keep(self, standing, None, clocks),
            }
        }
        let until = local(until.at(0, 0, 0, 0));
        let new = slots.into_iter().flatten().filter(|slot| slot.planned.local_start < until);
        fitted.create(new, now);
        fitted
    }
}

/// For each occurrence the place of the start that it stands for.
fn pairs(there: &[Standing], planned: &[Occurrence]) -> Vec<Option<usize>> {
    let start = |occurrence: &Occurrence| occurrence.planned_start.parse::<DateTime>().unwrap_or_default();
    let rows: Vec<_> = there.iter().map(|standing| (start(&standing.row.fields), standing.reach())).collect();
    pair(&rows, &planned.iter().map(start).collect::<Vec<_>>())
}

/// The starts of a class. What the clocks moved onto the one after it, on a single night, has that one give way.
fn slots(planned: Vec<Occurrence>) -> Vec<Option<Slot>> {
    let mut ends_at = None;
    let slot = |planned: Occurrence| {
        let before = ends_at.replace(planned.ends_at);
        Some(Slot { gives_way: before.is_some_and(|before| before > planned.starts_at), planned })
    };
    planned.into_iter().map(slot).collect()
}

impl Fitted {
    /// Those that take place where and when their class says: they have to find their places free.
    #[must_use]
    pub fn that_follow(&self) -> Vec<&Row<Occurrence>> {
        self.moved.iter().chain(&self.created).collect()
    }

    fn keep(&mut self, plan: &Plan<'_>, standing: Standing, slot: Option<Slot>, clocks: &Clocks) {
        self.effects.kept += usize::from(standing.takes_place());
        let mut row = standing.row;
        let before = row.fields.clone();
        if let Some(slot) = slot {
            row.fields.planned_start = slot.planned.planned_start;
        }
        plan.tell(&mut row.fields, clocks.at(before.location_id));
        if row.fields != before {
            self.told.push(row);
        }
    }

    fn follow(&mut self, standing: Standing, slot: Slot, now: Instant) {
        let gives_way = slot.gives_way || standing.has_given_way();
        let before = standing.row;
        let Occurrence { external_id, metadata, .. } = before.fields.clone();
        let fields = Occurrence { external_id, metadata, ..slot.planned };
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

    fn cancel(&mut self, plan: &Plan<'_>, row: Row<Occurrence>, clocks: &Clocks, now: Instant) {
        self.effects.cancelled += 1;
        self.told.push(plan.without(row, NOT_PLANNED, clocks, now));
    }

    fn create(&mut self, slots: impl Iterator<Item = Slot>, now: Instant) {
        // A microsecond apart, so that their ids have their order.
        let moments = (now.micros()..).map(Instant::from_micros);
        for (Slot { planned, gives_way }, moment) in slots.zip(moments) {
            let row = Row { id: OccurrenceId::new(moment), ..Row::new(now, planned) };
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
mod tests {
    use std::collections::BTreeSet;

    use proptest::{collection::vec, prelude::*, sample::select};
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        resources::classes::{Class, ClassId},
        wire::text::TimeZone,
    };

    const WEEKDAYS: [&str; 4] = ["monday", "tuesday", "friday", "sunday"];
    const ZONES: [&str; 4] = ["Europe/Lisbon", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"];

    /// A Wednesday; within the twelve weeks that follow, the clocks of all four zones change.
    fn now() -> Instant {
        "2027-02-10T12:00:00Z".parse().unwrap()
    }

    fn the_class() -> ClassId {
        "cls_01jdc9x0aetqt8q3yv0gcm1v5k".parse().unwrap()
    }

    fn clocks(zone: &str) -> Clocks {
        Clocks::of_the_studio(zone.parse::<TimeZone>().unwrap())
    }

    fn class(weekly: &[(&str, &str)], more: &Value) -> Class {
        let slots: Vec<_> =
            weekly.iter().map(|(weekday, time)| json!({"weekday": weekday, "start_time": time})).collect();
        let mut recurrence = json!({"starts_on": "2026-01-05", "weekly": slots});
        recurrence.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(json!({"name": "Vinyasa", "duration_minutes": 60, "recurrence": recurrence})).unwrap()
    }

    /// Fits what is there to a class, and says what is there then.
    fn fitted(class: &Class, zone: &str, there: &[Standing]) -> (Fitted, Vec<Standing>) {
        let clocks = clocks(zone);
        let plan = Plan::new(the_class(), class, clocks.at(None).clone());
        let until = plan.horizon(now());
        let end = Plan::end_of_weeks(there.iter().map(|standing| &standing.row), until);
        let planned = plan.between(plan.today(now()), end, now());
        let fitted = plan.fit(there.to_vec(), planned, until, &clocks, now());
        let gave_way = fitted.giving_way.iter().map(|giving| &giving.wanted);
        let written: Vec<_> = fitted.told.iter().chain(fitted.that_follow()).chain(gave_way).collect();
        let mut then: Vec<_> = there.to_vec();
        for row in written {
            match then.iter_mut().find(|standing| standing.row.id == row.id) {
                Some(standing) => standing.row = row.clone(),
                None => then.push(Standing { row: row.clone(), is_edited: false }),
            }
        }
        (fitted, then)
    }

    fn starts(there: &[Standing]) -> Vec<&str> {
        let scheduled = there.iter().filter(|standing| standing.takes_place());
        scheduled.map(|standing| standing.row.fields.local_start.as_str()).collect()
    }

    #[test]
    fn what_is_booked_covers_the_start_of_its_week_and_is_no_start_more() {
        let lisbon = ZONES[0];
        let (_, mut there) = fitted(&class(&[("tuesday", "18:30")], &json!({})), lisbon, &[]);
        there[3].row.fields.booked_count = 1;
        there[4].is_edited = true;
        there[4].row.fields.status = OccurrenceStatus::Cancelled;
        let before = there.clone();
        let (fitted, then) = fitted(&class(&[("friday", "20:00")], &json!({})), lisbon, &there);
        // This week's Friday is still to come, and its Tuesday is over.
        assert_eq!(fitted.effects, Effects { kept: 1, moved: 10, cancelled: 0, created: 1 });
        assert_eq!(starts(&then)[3], starts(&before)[3]);
        let kept = &then[3].row.fields;
        assert_eq!(
            (kept.planned_start.as_str(), &kept.overridden),
            ("2027-03-12T20:00", &vec!["starts_at".to_owned()])
        );
        assert_eq!(then[4].row.fields.overridden, ["starts_at", "status"]);
    }

    #[test]
    fn rows_move_within_their_week() {
        let (_, there) = fitted(&class(&[("monday", "09:00")], &json!({})), ZONES[0], &[]);
        let more = class(&[("monday", "10:00"), ("friday", "09:00")], &json!({}));
        let (fitted, then) = fitted(&more, ZONES[0], &there);
        assert_eq!((fitted.effects.moved, fitted.effects.cancelled), (12, 0));
        for (was, is) in there.iter().zip(&then) {
            assert_eq!(is.row.fields.local_start, was.row.fields.local_start.replace("T09", "T10"));
        }
    }

    /// What may happen to some occurrences before a class changes.
    fn happen(there: &mut [Standing], edits: &[(usize, u8)]) {
        for (at, edit) in edits {
            let count = there.len().max(1);
            let Some(standing) = there.get_mut(at % count) else { return };
            let fields = &mut standing.row.fields;
            match edit {
                0 => fields.booked_count = 2,
                1 => standing.is_edited = true,
                2 => (standing.is_edited, fields.status) = (true, OccurrenceStatus::Cancelled),
                _ => {
                    standing.is_edited = true;
                    fields.starts_at = fields.starts_at.plus(std::time::Duration::from_hours(30));
                    fields.ends_at = fields.ends_at.plus(std::time::Duration::from_hours(30));
                }
            }
        }
    }

    prop_compose! {
        fn any_class()(
            weekly in vec((select(&WEEKDAYS[..]), select(&["01:30", "02:15", "09:00", "09:45", "20:00"][..])), 1..4),
            every_weeks in 1..3_i64,
            except in prop::bool::ANY,
        ) -> Class {
            let weekly: BTreeSet<_> = weekly.into_iter().collect();
            let except = if except { json!(["2027-02-19", "2027-03-28"]) } else { json!([]) };
            class(&weekly.into_iter().collect::<Vec<_>>(), &json!({"every_weeks": every_weeks, "except_on": except}))
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_changed_class_is_followed_once_and_no_more(
            (before, after) in (any_class(), any_class()),
            (zone, other) in (select(&ZONES[..]), select(&ZONES[..])),
            edits in vec((0..40_usize, 0..4_u8), 0..8),
        ) {
            let (_, mut there) = fitted(&before, zone, &[]);
            happen(&mut there, &edits);
            let (first, then) = fitted(&after, other, &there);
            // Nobody's edit or booking is touched.
            for was in there.iter().filter(|standing| standing.is_kept()) {
                let is = &then.iter().find(|is| is.row.id == was.row.id).unwrap().row;
                prop_assert_eq!((is.fields.starts_at, is.fields.status, is.version), (was.row.fields.starts_at, was.row.fields.status, was.row.version));
            }
            // Each start is stood for once, also by what is cancelled, and every one that is laid out is stood for.
            let planned: Vec<_> = then.iter().map(|standing| standing.row.fields.planned_start.clone()).collect();
            let once: BTreeSet<_> = planned.iter().collect();
            prop_assert_eq!(once.len(), planned.len());
            let clocks = clocks(other);
            let plan = Plan::new(the_class(), &after, clocks.at(None).clone());
            for slot in plan.between(plan.today(now()), plan.horizon(now()), now()) {
                prop_assert!(once.contains(&slot.planned_start), "{} is missing", slot.planned_start);
            }
            // What takes place and is nobody's is where the class says.
            for standing in then.iter().filter(|standing| !standing.is_kept() && standing.takes_place()) {
                prop_assert!(standing.row.fields.overridden.is_empty());
                prop_assert_eq!(plan.overridden_in(&standing.row.fields), Vec::<String>::new());
            }
            let Effects { kept, moved, cancelled, .. } = first.effects;
            let gave_way = first.giving_way.iter().filter(|giving| giving.before.as_ref().is_some_and(|row| row.fields.status == OccurrenceStatus::Scheduled)).count();
            prop_assert_eq!(kept + moved + cancelled + gave_way, there.iter().filter(|standing| standing.takes_place()).count());
            // The same again changes nothing.
            let (again, _) = fitted(&after, other, &then);
            let Effects { kept, moved, cancelled, created } = again.effects;
            let gave_way = again.giving_way.iter().all(|giving| giving.before.as_ref() == Some(&giving.wanted));
            prop_assert_eq!((moved, cancelled, created, again.told.len(), gave_way), (0, 0, 0, 0, true));
            prop_assert_eq!(kept + again.giving_way.len(), then.iter().filter(|standing| standing.takes_place()).count());
        }
    }
}
