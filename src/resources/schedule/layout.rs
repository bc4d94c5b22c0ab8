//! From a class to its occurrences: which there are to be, and what becomes of those that are there when the class
//! changes. Pure functions; the rules of classes and the sweep ahead call them.

use std::{collections::BTreeMap, ops::AddAssign};

use jiff::{
    ToSpan,
    civil::{Date, DateTime},
    tz,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Occurrence, OccurrenceId, OccurrenceStatus};
use crate::{
    resources::classes::{Class, ClassId, recurrence::Start},
    store::{instant::Instant, row::Row},
    wire::{fields::Metadata, text::TimeZone},
};

/// How far ahead occurrences are laid out.
pub const WEEKS_AHEAD: i64 = 12;
/// How long a class has to be looked at to see whether it overlaps itself, when it names single dates: all of them.
const ALL_WEEKS: i64 = 200 * 53;

/// Why an occurrence does not take place that its class does not plan any more.
const NOT_PLANNED: &str = "The class is not planned at this time any more.";

/// What a change of a class did to its occurrences to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Effects {
    /// They keep their time.
    pub kept: usize,
    /// They take place at another time.
    pub moved: usize,
    /// They do not take place any more.
    pub cancelled: usize,
    /// They are new.
    pub created: usize,
}

impl AddAssign for Effects {
    fn add_assign(&mut self, other: Self) {
        self.kept += other.kept;
        self.moved += other.moved;
        self.cancelled += other.cancelled;
        self.created += other.created;
    }
}

/// A class, with what its occurrences are made of.
pub struct Plan<'c> {
    id: ClassId,
    class: &'c Class,
    zone: tz::TimeZone,
    zone_name: TimeZone,
}

impl<'c> Plan<'c> {
    /// The plan of a class whose local times are of this zone.
    #[must_use]
    pub fn new(id: ClassId, class: &'c Class, zone_name: TimeZone) -> Self {
        let zone = tz::TimeZone::get(zone_name.as_str()).unwrap_or(tz::TimeZone::UTC);
        Self { id, class, zone, zone_name }
    }

    /// Today, by the clocks of the class.
    #[must_use]
    pub fn today(&self, now: Instant) -> Date {
        self.zone.to_datetime(now.timestamp()).date()
    }

    /// The first local date that is not laid out yet at this time.
    #[must_use]
    pub fn horizon(&self, now: Instant) -> Date {
        self.today(now).saturating_add(WEEKS_AHEAD.weeks())
    }

    /// The same, but behind all that is laid out already: where the clocks were set to another zone, that is a day ahead.
    #[must_use]
    pub fn horizon_behind(&self, there: &[Row<Occurrence>], now: Instant) -> Date {
        let last = there.iter().filter_map(|row| row.fields.planned_start.parse::<DateTime>().ok()).max();
        last.map_or(Date::MIN, |last| last.date().saturating_add(1.day())).max(self.horizon(now))
    }

    /// What is noted once everything is laid out up to a local date: nothing, where nothing more is to come.
    #[must_use]
    pub fn note(&self, laid_out_until: Date) -> Option<Date> {
        // What the clocks moved into that day is named by the day before.
        self.class.recurrence.goes_on(laid_out_until.saturating_sub(1.day())).then_some(laid_out_until)
    }

    /// Whether it is going to take place later than what is laid out by now.
    #[must_use]
    pub fn goes_on(&self, now: Instant) -> bool {
        self.note(self.horizon(now)).is_some()
    }

    /// The occurrences that the class plans from one local date to another, without those that have begun.
    #[must_use]
    pub fn between(&self, from: Date, until: Date, now: Instant) -> Vec<Occurrence> {
        let starts = self.class.recurrence.starts(from, until, &self.zone);
        starts.iter().filter(|start| start.at > now).map(|start| self.occurrence(start)).collect()
    }

    /// Whether one of its occurrences begins before another ends.
    #[must_use]
    pub fn overlaps_itself(&self, now: Instant) -> bool {
        let recurrence = &self.class.recurrence;
        // A weekly class is the same in each of its weeks; the second shows how the first one ends.
        let weeks =
            if recurrence.weekly.is_empty() { ALL_WEEKS } else { (2 * recurrence.every_weeks + 1).max(WEEKS_AHEAD) };
        let today = self.today(now);
        let from = recurrence.starts_on.map_or(today, |first| first.civil().max(today));
        let starts = recurrence.starts(from, from.saturating_add(weeks.weeks()), &self.zone);
        starts.windows(2).any(|pair| self.end_of(pair[0].at) > pair[1].at)
    }

    fn occurrence(&self, start: &Start) -> Occurrence {
        let class = self.class;
        Occurrence {
            external_id: None,
            metadata: Metadata::default(),
            class_id: self.id,
            planned_start: local(start.local),
            starts_at: start.at,
            ends_at: self.end_of(start.at),
            local_start: self.local_start(start.at),
            time_zone: self.zone_name.clone(),
            instructor_id: class.instructor_id,
            location_id: class.location_id,
            room_id: class.room_id,
            capacity: class.capacity,
            booked_count: 0,
            status: OccurrenceStatus::Scheduled,
            cancel_reason: None,
            note: None,
            overridden: Vec::new(),
        }
    }

    fn end_of(&self, start: Instant) -> Instant {
        Instant::from_micros(start.micros() + self.class.duration_minutes * 60_000_000)
    }

    /// What the clocks of the class show at an instant.
    fn local_start(&self, at: Instant) -> String {
        local(self.zone.to_datetime(at.timestamp()))
    }

    /// Tells in an occurrence what follows from its class: its local start, and where it differs. No edit of its own.
    pub fn tell(&self, occurrence: &mut Occurrence) {
        occurrence.local_start = self.local_start(occurrence.starts_at);
        occurrence.time_zone = self.zone_name.clone();
        occurrence.overridden = self.overridden_in(occurrence);
    }

    /// The fields in which an occurrence differs from what the class plans for it.
    #[must_use]
    pub fn overridden_in(&self, occurrence: &Occurrence) -> Vec<String> {
        let planned_at = self.planned_instant(&occurrence.planned_start);
        let lasts = occurrence.ends_at.micros() - occurrence.starts_at.micros();
        let differs = [
            ("starts_at", Some(occurrence.starts_at) != planned_at),
            ("ends_at", lasts != self.class.duration_minutes * 60_000_000),
            ("instructor_id", occurrence.instructor_id != self.class.instructor_id),
            ("location_id", occurrence.location_id != self.class.location_id),
            ("room_id", occurrence.room_id != self.class.room_id),
            ("capacity", occurrence.capacity != self.class.capacity),
            ("status", occurrence.status == OccurrenceStatus::Cancelled),
            ("note", occurrence.note.is_some()),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field.to_owned()).collect()
    }

    /// When a planned local start is, if the class still plans it.
    fn planned_instant(&self, planned_start: &str) -> Option<Instant> {
        let day = planned_start.parse::<DateTime>().ok()?.date();
        // Where the clocks skip a whole day, the class is held on the next.
        let starts = self.class.recurrence.starts(day, day.saturating_add(2.days()), &self.zone);
        starts.iter().find(|start| local(start.local) == planned_start).map(|start| start.at)
    }

    /// Fits the occurrences to come to what the class plans now. Those that somebody edited or booked keep as they are;
    /// the others stay at a start that is still planned, or move to one that is new, or are cancelled.
    #[must_use]
    pub fn fit(&self, there: Vec<Row<Occurrence>>, planned: Vec<Occurrence>, now: Instant) -> Fitted {
        let mut wanted: BTreeMap<String, Occurrence> =
            planned.into_iter().map(|occurrence| (occurrence.planned_start.clone(), occurrence)).collect();
        let mut fitted = Fitted::default();
        let mut loose = Vec::new();
        for row in there {
            let slot = wanted.remove(&row.fields.planned_start);
            if !row.fields.follows_its_class() {
                fitted.leave(self, row);
            } else if let Some(slot) = slot {
                fitted.stay(row, slot, now);
            } else if row.fields.status == OccurrenceStatus::Scheduled {
                loose.push(row);
            }
        }
        let mut free = wanted.into_values();
        for row in loose {
            match free.next() {
                Some(slot) => fitted.move_to(row, slot, now),
                None => fitted.cancel(row, now),
            }
        }
        fitted.create(free, now);
        fitted
    }
}

/// What has to be written after a class has changed.
#[derive(Debug, Default)]
pub struct Fitted {
    /// How many of each.
    pub effects: Effects,
    /// Rows that changed.
    pub changed: Vec<Row<Occurrence>>,
    /// Rows that are new.
    pub created: Vec<Row<Occurrence>>,
}

impl Fitted {
    /// Those that take place where and when their class says: they have to find their places free.
    #[must_use]
    pub fn that_follow(&self) -> Vec<&Row<Occurrence>> {
        let follows =
            |row: &&Row<Occurrence>| row.fields.status == OccurrenceStatus::Scheduled && row.fields.follows_its_class();
        self.changed.iter().chain(&self.created).filter(follows).collect()
    }

    fn leave(&mut self, plan: &Plan<'_>, mut row: Row<Occurrence>) {
        self.effects.kept += usize::from(row.fields.status == OccurrenceStatus::Scheduled);
        let before = row.fields.clone();
        plan.tell(&mut row.fields);
        if row.fields != before {
            self.changed.push(row);
        }
    }

    fn stay(&mut self, row: Row<Occurrence>, slot: Occurrence, now: Instant) {
        match row.fields.status {
            OccurrenceStatus::Scheduled if row.fields.starts_at == slot.starts_at => self.effects.kept += 1,
            // The same local time, in another zone.
            OccurrenceStatus::Scheduled => self.effects.moved += 1,
            // Cancelled by an earlier change of the class, and planned again.
            OccurrenceStatus::Cancelled => self.effects.created += 1,
        }
        self.follow(row, slot, now);
    }

    fn move_to(&mut self, row: Row<Occurrence>, slot: Occurrence, now: Instant) {
        self.effects.moved += 1;
        self.follow(row, slot, now);
    }

    fn follow(&mut self, row: Row<Occurrence>, slot: Occurrence, now: Instant) {
        let Occurrence { external_id, metadata, .. } = row.fields.clone();
        let version = row.version;
        let row = row.edited(now, Occurrence { external_id, metadata, ..slot });
        if row.version != version {
            self.changed.push(row);
        }
    }

    fn cancel(&mut self, row: Row<Occurrence>, now: Instant) {
        self.effects.cancelled += 1;
        let fields = row.fields.clone();
        let cancel_reason = Some(NOT_PLANNED.to_owned());
        let fields = Occurrence { status: OccurrenceStatus::Cancelled, cancel_reason, ..fields };
        self.changed.push(row.edited(now, fields));
    }

    fn create(&mut self, slots: impl Iterator<Item = Occurrence>, now: Instant) {
        // A microsecond apart, so that their ids have their order.
        let moments = (now.micros()..).map(Instant::from_micros);
        self.created.extend(
            slots.zip(moments).map(|(slot, moment)| Row { id: OccurrenceId::new(moment), ..Row::new(now, slot) }),
        );
        self.effects.created += self.created.len();
    }
}

/// `2026-12-01T18:00`
pub(super) fn local(time: DateTime) -> String {
    time.strftime("%Y-%m-%dT%H:%M").to_string()
}
