//! From a class to its occurrences: which ones it plans, and in which fields one of them differs. Pure functions;
//! the rules of classes and the sweep ahead call them.

use jiff::{
    ToSpan,
    civil::{Date, DateTime},
    tz,
};

use super::{
    clocks::{Clocks, Zone, local},
    model::{Occurrence, OccurrenceStatus},
};
use crate::{
    resources::classes::{
        Class, ClassId,
        recurrence::{Start, monday_of},
    },
    store::{instant::Instant, moment::Moment, row::Row},
    wire::fields::Metadata,
};

/// How far ahead occurrences are laid out.
pub const WEEKS_AHEAD: i64 = 12;
/// How long a class has to be looked at to see whether it overlaps itself, when it names single dates: all of them.
const ALL_WEEKS: i64 = 200 * 53;

/// A class, with what its occurrences are made of.
pub struct ClassPlan<'c> {
    id: ClassId,
    class: &'c Class,
    zone: Zone,
}

impl<'c> ClassPlan<'c> {
    /// The plan of a class whose local times are of this zone.
    pub fn new(id: ClassId, class: &'c Class, zone: Zone) -> Self {
        Self { id, class, zone }
    }

    /// The class.
    pub fn class_id(&self) -> ClassId {
        self.id
    }

    /// The local time of the class.
    pub fn local_time(&self, now: Instant) -> String {
        self.zone.shown(now)
    }

    /// Today, in the time zone of the class.
    pub fn today(&self, now: Instant) -> Date {
        self.zone.date(now)
    }

    /// The first local date that is not laid out yet at this time.
    pub fn horizon(&self, now: Instant) -> Date {
        self.today(now).saturating_add(WEEKS_AHEAD.weeks())
    }

    /// The end of the last local week of which anything is laid out: an occurrence may stand for a start of its week that
    /// itself is not laid out yet.
    pub fn end_of_weeks<'r>(there: impl IntoIterator<Item = &'r Row<Occurrence>>, laid_out_until: Date) -> Date {
        let planned = there.into_iter().filter_map(|row| row.fields.planned_start.parse::<DateTime>().ok());
        let last = planned.map(DateTime::date).max().unwrap_or(Date::MIN);
        monday_of(last.max(laid_out_until.saturating_sub(1.day()))).saturating_add(1.week())
    }

    /// What is noted once everything is laid out up to a local date: nothing, where nothing more is to come.
    pub fn note(&self, laid_out_until: Date) -> Option<Date> {
        // What the clocks moved into that day is named by the day before.
        self.class.recurrence.goes_on(laid_out_until.saturating_sub(1.day())).then_some(laid_out_until)
    }

    /// Whether it is going to take place later than what is laid out by now.
    pub fn goes_on(&self, now: Instant) -> bool {
        self.note(self.horizon(now)).is_some()
    }

    /// The occurrences that the class plans from one local date to another, without those that have begun.
    pub fn between(&self, from: Date, until: Date, now: Instant) -> Vec<Occurrence> {
        let starts = self.class.recurrence.starts(from, until, self.zone.rules());
        starts.iter().filter(|start| start.at > now).map(|start| self.occurrence(start)).collect()
    }

    /// Whether it names a time before the end of the one before. That the clocks move a start onto the next one, on a
    /// single night, is not counted: it is nothing that the class says.
    pub fn overlaps_itself(&self, now: Instant) -> bool {
        let recurrence = &self.class.recurrence;
        // A weekly class is the same in each of its weeks; the second shows how the first one ends.
        let weeks =
            if recurrence.weekly.is_empty() { ALL_WEEKS } else { (2 * recurrence.every_weeks + 1).max(WEEKS_AHEAD) };
        let today = self.today(now);
        let from = recurrence.starts_on.map_or(today, |first| first.civil().max(today));
        // UTC's clocks never change.
        let starts = recurrence.starts(from, from.saturating_add(weeks.weeks()), &tz::TimeZone::UTC);
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
            local_start: self.zone.shown(start.at),
            time_zone: self.zone.name().clone(),
            instructor_id: class.instructor_id,
            location_id: class.location_id,
            room_id: class.room_id,
            capacity: class.capacity,
            booked_count: 0,
            waiting_count: 0,
            status: OccurrenceStatus::Scheduled,
            cancel_reason: None,
            note: None,
            overridden: Vec::new(),
            effective_capacity: None,
        }
    }

    /// How many may take part.
    pub fn capacity(&self) -> Option<i64> {
        self.class.capacity
    }

    /// Whether the class lets more people in than an occurrence whose capacity nobody set by hand.
    pub fn has_more_places(&self, occurrence: &Occurrence) -> bool {
        let more = |before: i64| self.class.capacity.is_none_or(|capacity| capacity > before);
        occurrence.capacity.is_some_and(more)
    }

    fn end_of(&self, start: Instant) -> Instant {
        Instant::from_micros(start.micros() + self.class.duration_minutes * 60_000_000)
    }

    /// An occurrence of the class that does not take place any more, since the class says so.
    pub fn without(&self, row: Row<Occurrence>, reason: &str, clocks: &Clocks, now: Moment) -> Row<Occurrence> {
        let cancel_reason = Some(reason.to_owned());
        let mut fields = Occurrence { status: OccurrenceStatus::Cancelled, cancel_reason, ..row.fields.clone() };
        self.update_computed(&mut fields, clocks.at(row.fields.location_id));
        row.edited(now, fields)
    }

    /// Updates what an occurrence takes from its class and from the zone of its location: its local start, and the fields in
    /// which it differs. This is not an edit.
    pub fn update_computed(&self, occurrence: &mut Occurrence, zone: &Zone) {
        occurrence.local_start = zone.shown(occurrence.starts_at);
        occurrence.time_zone = zone.name().clone();
        occurrence.overridden = self.overridden_in(occurrence);
    }

    /// The fields in which an occurrence differs from what the class plans for it. One that the class does not plan any
    /// more differs in its start, unless it does not take place.
    pub fn overridden_in(&self, occurrence: &Occurrence) -> Vec<String> {
        let takes_place = occurrence.status == OccurrenceStatus::Scheduled;
        let planned_at = self.planned_instant(&occurrence.planned_start);
        let lasts = occurrence.ends_at.micros() - occurrence.starts_at.micros();
        let differs = [
            ("starts_at", planned_at.map_or(takes_place, |planned_at| planned_at != occurrence.starts_at)),
            ("ends_at", lasts != self.class.duration_minutes * 60_000_000),
            ("instructor_id", occurrence.instructor_id != self.class.instructor_id),
            ("location_id", occurrence.location_id != self.class.location_id),
            ("room_id", occurrence.room_id != self.class.room_id),
            ("capacity", occurrence.capacity != self.class.capacity),
            ("status", !takes_place),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field.to_owned()).collect()
    }

    /// When a planned local start is, if the class still plans it.
    pub(super) fn planned_instant(&self, planned_start: &str) -> Option<Instant> {
        let day = planned_start.parse::<DateTime>().ok()?.date();
        // Where the clocks skip a whole day, the class is held on the next.
        let starts = self.class.recurrence.starts(day, day.saturating_add(2.days()), self.zone.rules());
        starts.iter().find(|start| local(start.local) == planned_start).map(|start| start.at)
    }
}
