//! Recurrences: starts stand in their span, in order and once; spans that meet miss none and share none; and whatever a
//! plain count of the days finds takes place, and nothing else.
#![no_main]

use std::collections::BTreeSet;

use flow_gateway::{
    resources::classes::recurrence::{Recurrence, instant_of, monday_of},
    wire::civil::Date as Day,
};
use jiff::{
    ToSpan,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use libfuzzer_sys::{arbitrary, fuzz_target};
use serde_json::{Value, json};

const ZONES: [&str; 10] = [
    "Europe/Lisbon",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "America/Nuuk",
    "Antarctica/Troll",
    "UTC",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Days and minutes are counted, so that most inputs are recurrences.
#[derive(Debug, arbitrary::Arbitrary)]
struct Input {
    zone: u8,
    from: u16,
    spans: [u8; 2],
    starts_on: Option<u16>,
    ends_after: Option<u16>,
    weekly: Vec<(u8, u16)>,
    every_weeks: u8,
    except_on: Vec<u8>,
    dates: Vec<(u8, u16)>,
}

fuzz_target!(|input: Input| {
    let Some(recurrence) = recurrence(&input) else { return };
    let _ = recurrence.check(|_| true);
    let zone = TimeZone::get(ZONES[usize::from(input.zone) % ZONES.len()]).expect("a zone");
    let from = day(input.from);
    let between = from.saturating_add(i64::from(input.spans[0]).days());
    let until = between.saturating_add(i64::from(input.spans[1]).days());
    let all = recurrence.starts(from, until, &zone);
    assert!(all.is_sorted_by(|one, other| one.at < other.at), "in order, and each once: {all:?}");
    let mut parts = recurrence.starts(from, between, &zone);
    parts.extend(recurrence.starts(between, until, &zone));
    assert_eq!(all, parts, "spans that meet");
    if !all.is_empty() {
        assert!(recurrence.goes_on(from.saturating_sub(1.day())));
    }
    let shown = |local: &DateTime| zone.to_datetime(instant_of(*local, &zone));
    let held = |local: &DateTime| (from..until).contains(&shown(local).date());
    let counted: BTreeSet<DateTime> =
        named(&recurrence, from.saturating_sub(1.day()), until).filter(held).map(|local| shown(&local)).collect();
    let found: BTreeSet<DateTime> = all.iter().map(|start| shown(&start.local)).collect();
    assert_eq!(found, counted, "a plain count of the days");
});

fn recurrence(input: &Input) -> Option<Recurrence> {
    // What the schema bounds.
    if input.weekly.len() > 50 || input.dates.len() > 500 || input.except_on.len() > 500 {
        return None;
    }
    let first = input.starts_on.unwrap_or(input.from);
    let near = |days: u8| day(first.saturating_add(u16::from(days)));
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let weekly = input.weekly.iter().map(|(weekday, minute)| {
        json!({"weekday": WEEKDAYS[usize::from(*weekday) % 7], "start_time": time(*minute)})
    });
    let dates =
        input.dates.iter().map(|(days, minute)| json!({"date": near(*days).to_string(), "start_time": time(*minute)}));
    let sent = json!({
        "starts_on": input.starts_on.map(|days| day(days).to_string()),
        "ends_on": input.ends_after.map(|days| day(first.saturating_add(days)).to_string()),
        "weekly": weekly.collect::<Value>(),
        "every_weeks": i64::from(input.every_weeks % 52) + 1,
        "except_on": input.except_on.iter().map(|days| near(*days).to_string()).collect::<Value>(),
        "dates": dates.collect::<Value>(),
    });
    Some(serde_json::from_value(sent).expect("it has the form"))
}

/// The day that is so many behind 1 January 1970.
fn day(days: u16) -> Date {
    Date::constant(1970, 1, 1).saturating_add(i64::from(days).days())
}

/// All that a recurrence names, found by looking at each day.
fn named(recurrence: &Recurrence, from: Date, until: Date) -> impl Iterator<Item = DateTime> {
    let days = from.series(1.day()).take_while(move |day| *day < until);
    days.flat_map(move |day| times(recurrence, day).into_iter().map(move |time| day.to_datetime(time)))
}

fn times(recurrence: &Recurrence, day: Date) -> Vec<Time> {
    let is_it = |other: &Day| other.civil() == day;
    let mut times: Vec<Time> =
        recurrence.dates.iter().filter(|slot| is_it(&slot.date)).map(|slot| slot.start_time.civil()).collect();
    let Some(first) = recurrence.starts_on.map(Day::civil) else { return times };
    let has_ended = recurrence.ends_on.is_some_and(|last| last.civil() < day);
    let weeks = (monday_of(day) - monday_of(first)).get_days() / 7;
    if day < first || has_ended || i64::from(weeks) % recurrence.every_weeks != 0 || recurrence.except_on.iter().any(is_it)
    {
        return times;
    }
    let weekday = day.weekday().to_monday_zero_offset();
    let on_it = recurrence.weekly.iter().filter(|slot| slot.weekday.days_after_monday() == weekday);
    times.extend(on_it.map(|slot| slot.start_time.civil()));
    times
}
