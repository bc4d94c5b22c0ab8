//! What holds of every recurrence in every zone, tried on many near the nights when clocks change.

use std::collections::{BTreeMap, BTreeSet};

use flow_gateway::{resources::classes::recurrence::Recurrence, store::instant::Instant};
use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, DateTime, date},
    tz::TimeZone,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

const ZONES: [&str; 10] = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Lisbon",
    "Pacific/Apia",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A recurrence, a zone, and the bounds of two spans that meet.
#[derive(Clone, Debug)]
struct Case {
    recurrence: Recurrence,
    zone: TimeZone,
    from: Date,
    middle: Date,
    until: Date,
}

prop_compose! {
    fn case()(
        zone in select(&ZONES[..]),
        change in 0..60_usize,
        slots in vec((select(&WEEKDAYS[..]), time()), 1..12),
        dates in vec((-40..40_i64, time()), 1..12),
        weekly in prop::bool::weighted(0.8),
        except in vec(-40..40_i64, 0..4),
        every_weeks in 1..4_i64,
        began in -200..20_i64,
        lasts in prop::option::of(0..250_i64),
        (from, first_part, second_part) in (-15..3_i64, 0..20_i64, 0..20_i64),
    ) -> Case {
        let zone = TimeZone::get(zone).unwrap();
        let night = nth_change(&zone, change);
        let text = |days: i64| night.saturating_add(days.days()).to_string();
        let sent = if weekly {
            let slots: Vec<Value> =
                slots.iter().map(|(weekday, time)| json!({"weekday": weekday, "start_time": time})).collect();
            json!({"starts_on": text(began), "ends_on": lasts.map(|days| text(began + days)), "weekly": slots,
                "every_weeks": every_weeks, "except_on": except.into_iter().map(text).collect::<Vec<_>>()})
        } else {
            let dates: Vec<Value> =
                dates.into_iter().map(|(days, time)| json!({"date": text(days), "start_time": time})).collect();
            json!({"dates": dates})
        };
        let after = |days: i64| night.saturating_add((from + days).days());
        let (from, middle, until) = (after(0), after(first_part), after(first_part + second_part));
        Case { recurrence: serde_json::from_value(sent).unwrap(), zone, from, middle, until }
    }
}

/// Mostly in the hours when clocks change.
fn time() -> impl Strategy<Value = String> {
    let hour = prop_oneof![4 => 0..4_u8, 1 => Just(23), 1 => 0..24_u8];
    (hour, select(&[0, 1, 15, 30, 45, 59][..])).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}"))
}

/// The day of one of a zone's changes since 2005.
fn nth_change(zone: &TimeZone, nth: usize) -> Date {
    let since = date(2005, 1, 1).at(0, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).unwrap().timestamp();
    let change = zone.following(since).nth(nth).map(|change| zone.to_datetime(change.timestamp()).date());
    change.unwrap_or(date(2024, 2, 29))
}

/// The times that a recurrence names, found by looking at every single day.
fn named(case: &Case) -> BTreeSet<DateTime> {
    let rule = serde_json::to_value(&case.recurrence).unwrap();
    let days = case.from.saturating_sub(3.days()).series(1.day()).take_while(|day| *day < case.until);
    let mut named = BTreeSet::new();
    for day in days.filter(|day| takes_place_on(&rule, *day)) {
        let weekday = WEEKDAYS[usize::try_from(day.weekday().to_monday_zero_offset()).unwrap()];
        let slots = rule["weekly"].as_array().unwrap().iter().filter(|slot| slot["weekday"] == weekday);
        named.extend(slots.map(|slot| at(day, &slot["start_time"])));
    }
    for slot in rule["dates"].as_array().unwrap() {
        let day = slot["date"].as_str().unwrap().parse().unwrap();
        named.insert(at(day, &slot["start_time"]));
    }
    named
}

fn takes_place_on(rule: &Value, day: Date) -> bool {
    let monday = |day: Date| day.saturating_sub(day.weekday().to_monday_zero_offset().days());
    let Some(first) = rule["starts_on"].as_str().map(|text| text.parse::<Date>().unwrap()) else { return false };
    let last = rule["ends_on"].as_str().map_or(Date::MAX, |text| text.parse().unwrap());
    let weeks = monday(day).duration_since(monday(first)).as_hours() / (7 * 24);
    let excepted = rule["except_on"].as_array().unwrap().contains(&json!(day.to_string()));
    first <= day && day <= last && !excepted && weeks % rule["every_weeks"].as_i64().unwrap() == 0
}

fn at(day: Date, time: &Value) -> DateTime {
    let (hour, minute) = time.as_str().unwrap().split_once(':').unwrap();
    day.at(hour.parse().unwrap(), minute.parse().unwrap(), 0, 0)
}

/// The first instant at which the clock shows this, found by trying the offsets around it; in a gap, what Jiff says.
fn first_shown(zone: &TimeZone, local: DateTime) -> Timestamp {
    let around = TimeZone::UTC.to_timestamp(local).unwrap();
    let offsets = [-26, 0, 26].map(|hours| zone.to_offset(around + SignedDuration::from_hours(hours)));
    let shown = offsets.into_iter().filter_map(|offset| offset.to_timestamp(local).ok());
    shown.filter(|at| zone.to_datetime(*at) == local).min().unwrap_or_else(|| zone.to_timestamp(local).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn starts_are_in_order_and_each_is_there_once(case in case()) {
        let starts = case.recurrence.starts(case.from, case.until, &case.zone);
        prop_assert!(starts.windows(2).all(|pair| pair[0].at < pair[1].at), "{starts:?}");
    }

    #[test]
    fn every_start_is_held_on_a_day_that_was_asked_for(case in case()) {
        for start in case.recurrence.starts(case.from, case.until, &case.zone) {
            let day = case.zone.to_datetime(start.at.timestamp()).date();
            prop_assert!((case.from..case.until).contains(&day), "{start:?}");
        }
    }

    #[test]
    fn two_spans_that_meet_have_what_the_whole_has(case in case()) {
        let mut parts = case.recurrence.starts(case.from, case.middle, &case.zone);
        parts.extend(case.recurrence.starts(case.middle, case.until, &case.zone));
        prop_assert_eq!(parts, case.recurrence.starts(case.from, case.until, &case.zone));
    }

    #[test]
    fn the_clock_shows_the_named_time_unless_it_skips_it(case in case()) {
        for start in case.recurrence.starts(case.from, case.until, &case.zone) {
            let shows = case.zone.to_datetime(start.at.timestamp());
            let skipped = case.zone.to_ambiguous_timestamp(start.local).is_ambiguous();
            prop_assert!(shows == start.local || skipped && shows > start.local, "{start:?} shows {shows}");
        }
    }

    #[test]
    fn every_named_time_is_held_once_and_nothing_else(case in case()) {
        let mut expected: BTreeMap<Instant, DateTime> = BTreeMap::new();
        for local in named(&case) {
            let at = first_shown(&case.zone, local);
            let shows = case.zone.to_datetime(at);
            if (case.from..case.until).contains(&shows.date()) {
                // Of two that meet, the later is the one that the clock shows.
                expected.insert(at.into(), local);
            }
        }
        let starts = case.recurrence.starts(case.from, case.until, &case.zone);
        let held: BTreeMap<_, _> = starts.iter().map(|start| (start.at, start.local)).collect();
        prop_assert_eq!(held, expected);
    }
}
