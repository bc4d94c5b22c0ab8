//! Works out when a recurrence takes place. Called where occurrences are laid out, moved and foretold.
//!
//! A recurrence names times of a wall clock, and clocks change. Each named time is held exactly once:
//!
//! - Where the clock skips it, the start moves forward by what was skipped: at 02:30 on the night when 02:00 turns into
//!   03:00, it is held at 03:30. The same holds of a whole skipped day: Samoa had no 30 December 2011, so a class of
//!   that day was held at its hour on the 31st.
//! - Where the clock shows it twice, the first one is meant.
//! - Where a moved start meets one that the recurrence has anyway, the two are one, since no class is held twice at
//!   once; it goes by the time that the clock does show.
//!
//! A start belongs to the day on which it is held, so spans that meet share no start, and miss none.
//!
//! The work grows with the span that is asked for, not with the years since the recurrence began.

use std::{
    collections::{BTreeSet, HashSet},
    ops::Range,
};

use jiff::{
    Timestamp, ToSpan,
    civil::{self, DateTime},
    tz::{AmbiguousOffset, TimeZone},
};

use super::Recurrence;
use crate::{store::instant::Instant, wire::civil::Date};

/// One time that a class takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Start {
    /// As the recurrence has it, which the clock may skip on that night.
    pub local: DateTime,
    /// When that is.
    pub at: Instant,
}

impl Recurrence {
    /// When it takes place, from the local day `from` until the day before `until`, in order.
    pub fn starts(&self, from: civil::Date, until: civil::Date, zone: &TimeZone) -> Vec<Start> {
        let asked = from..until;
        // A start of the day before may have been moved into the first day.
        let named = self.named_within(from.saturating_sub(1.day()), until);
        let mut starts: Vec<Start> = named.filter_map(|local| self.start(local, zone, &asked)).collect();
        starts.sort_unstable_by_key(|start| start.at);
        starts.dedup();
        starts
    }

    /// Whether it names any time on this local day or later.
    pub fn goes_on(&self, from: civil::Date) -> bool {
        self.named_within(from, Date::LAST.civil().saturating_add(1.day())).next().is_some()
    }

    /// The start that a named time leads to, if it is held in the span and no other named time leads to it.
    fn start(&self, local: DateTime, zone: &TimeZone, asked: &Range<civil::Date>) -> Option<Start> {
        let at = instant_of(local, zone);
        let shown = zone.to_datetime(at);
        let held_anyway = shown != local && self.names(shown);
        (asked.contains(&shown.date()) && !held_anyway).then(|| Start { local, at: at.into() })
    }

    fn names(&self, local: DateTime) -> bool {
        let day = local.date();
        self.named_within(day, day.saturating_add(1.day())).any(|named| named == local)
    }

    fn named_within(&self, from: civil::Date, until: civil::Date) -> impl Iterator<Item = DateTime> {
        let dated = self.dates.iter().map(|slot| slot.date.civil().to_datetime(slot.start_time.civil()));
        self.weekly_within(from, until).chain(dated.filter(move |local| (from..until).contains(&local.date())))
    }

    /// The times that `weekly` names, week by week, as they are asked for.
    fn weekly_within(&self, from: civil::Date, until: civil::Date) -> impl Iterator<Item = DateTime> {
        let slots: BTreeSet<_> = self.weekly.iter().copied().collect();
        let except: HashSet<_> = self.except_on.iter().map(|date| date.civil()).collect();
        let days = self.days_within(from, until);
        let weeks = self.weeks_from(days.start).take_while(move |monday| *monday < days.end);
        let named = weeks.flat_map(move |monday| {
            let on = move |slot: super::WeeklySlot| {
                let date = monday.saturating_add(slot.weekday.days_after_monday().days());
                date.to_datetime(slot.start_time.civil())
            };
            slots.clone().into_iter().map(on)
        });
        named.filter(move |local| days.contains(&local.date()) && !except.contains(&local.date()))
    }

    /// The part of a span in which `weekly` holds.
    fn days_within(&self, from: civil::Date, until: civil::Date) -> Range<civil::Date> {
        let first = self.starts_on.map_or(until, Date::civil);
        let after_last = self.ends_on.unwrap_or(Date::LAST).civil().saturating_add(1.day());
        from.max(first)..until.min(after_last)
    }

    /// The Mondays of its weeks, from that of `day`'s week on, reached in one step from the first.
    fn weeks_from(&self, day: civil::Date) -> impl Iterator<Item = civil::Date> {
        let first = monday_of(self.starts_on.map_or(day, Date::civil));
        let step = 7 * self.every_weeks.clamp(1, 52);
        let passed = monday_of(day).duration_since(first).as_hours() / 24;
        let next = first.saturating_add((passed + (-passed).rem_euclid(step)).days());
        next.series(step.days())
    }
}

/// When the clocks of a zone show a local time: later by the gap where they skip it, the first time where they show it
/// twice, as RFC 5545 has it and Jiff's `compatible` does. Where a zone changes its rules and moves no clock (Nuuk, in
/// October 2023), Jiff sees an hour shown twice that is not; so the clock has the last word.
///
/// # Panics
/// Beyond the years 1900 to 2199.
pub fn instant_of(local: DateTime, zone: &TimeZone) -> Timestamp {
    let found = zone.to_ambiguous_timestamp(local);
    let shown_twice = matches!(found.offset(), AmbiguousOffset::Fold { .. });
    let first = found.compatible().expect("the years 1900 to 2199 are instants everywhere");
    if shown_twice && zone.to_datetime(first) != local {
        return zone.to_ambiguous_timestamp(local).later().unwrap_or(first);
    }
    first
}

/// The Monday of a day's week.
pub fn monday_of(day: civil::Date) -> civil::Date {
    day.saturating_sub(day.weekday().to_monday_zero_offset().days())
}
