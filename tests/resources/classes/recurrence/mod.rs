//! When a class takes place, whatever the clocks do.

mod clock_changes;
mod promises;
mod weeks;
mod year;

use flow_gateway::resources::classes::recurrence::{Recurrence, Start};
use jiff::{civil::Date, tz::TimeZone};
use serde_json::{Value, json};

/// A class that takes place every week from 2000 on, at `weekday HH:MM`.
fn weekly(slots: &[&str]) -> Recurrence {
    let slot = |text: &&str| {
        let (weekday, start_time) = text.split_once(' ').expect("a weekday and a time");
        json!({"weekday": weekday, "start_time": start_time})
    };
    let slots: Vec<Value> = slots.iter().map(slot).collect();
    recurrence(json!({"starts_on": "2000-01-01", "weekly": slots}))
}

fn recurrence(sent: Value) -> Recurrence {
    let recurrence: Recurrence = serde_json::from_value(sent).expect("a recurrence");
    assert!(recurrence.check(|_| true).is_empty(), "{:?}", recurrence.check(|_| true));
    recurrence
}

fn starts(recurrence: &Recurrence, from: &str, until: &str, zone: &str) -> Vec<Start> {
    let zone = TimeZone::get(zone).expect("a zone");
    recurrence.starts(day(from), day(until), &zone)
}

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

/// `named local time > instant`, to the minute.
fn shown(starts: &[Start]) -> Vec<String> {
    let line = |start: &Start| {
        let at = start.at.to_string();
        assert_eq!(&at[16..], ":00.000000Z", "a whole minute");
        format!("{} > {}Z", start.local.strftime("%F %R"), at[..16].replace('T', " "))
    };
    starts.iter().map(line).collect()
}
