//! When a class takes place: every so many weeks at certain weekdays and times, or on single dates. A part of a class;
//! [`Recurrence::check`] is called when a class is written, [`Recurrence::starts`] when its occurrences are laid out.
//!
//! All of it is said in local time. The zone matters only when starts are computed, so a class at 18:30 stays at
//! 18:30 when the clocks change, and when its studio moves to another zone.

mod check;
mod starts;

use serde::{Deserialize, Serialize};
pub use starts::{Start, instant_of, monday_of};
use utoipa::ToSchema;

use crate::wire::civil::{Date, TimeOfDay, Weekday};

/// When a class takes place, in local time: week after week, with `starts_on` and `weekly`, or on single dates, with
/// `dates`. One of the two, not both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"starts_on": "2026-01-05", "weekly": [{"weekday": "tuesday", "start_time": "07:30"}]}))]
pub struct Recurrence {
    /// The first day on which it may take place. Required with `weekly`. `every_weeks` counts from the week of this
    /// day; weeks start on Monday.
    pub starts_on: Option<Date>,
    /// The last day on which it may take place. When null, the class goes on.
    pub ends_on: Option<Date>,
    /// The weekly start times: up to 50, without duplicates.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub weekly: Vec<WeeklySlot>,
    /// 1 for every week, 2 for every other week, up to 52. Only with `weekly`.
    #[serde(default = "every_week")]
    #[schema(minimum = 1, maximum = 52)]
    pub every_weeks: i64,
    /// Days to skip, such as holidays: up to 500.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub except_on: Vec<Date>,
    /// The dates of a class that does not repeat weekly: up to 500, without duplicates.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub dates: Vec<DatedSlot>,
}

/// A start time on a day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklySlot {
    /// The day of the week.
    pub weekday: Weekday,
    /// When it starts, in the class's time zone.
    pub start_time: TimeOfDay,
}

/// A start time on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatedSlot {
    /// The day.
    pub date: Date,
    /// When it starts, in the class's time zone.
    pub start_time: TimeOfDay,
}

fn every_week() -> i64 {
    1
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::wire::{schema, text::TextFormat};

    /// Where the schema finds fault with a recurrence.
    fn faults(sent: &Value) -> Vec<String> {
        let options = TextFormat::register(jsonschema::draft202012::options());
        let validator = options.build(&schema::inlined::<Recurrence>()).unwrap();
        validator.iter_errors(sent).map(|error| error.instance_path().to_string()).collect()
    }

    #[test]
    fn what_is_left_out_is_filled_in_and_all_of_it_is_answered() {
        let sent = json!({"starts_on": "2026-01-05", "weekly": [{"weekday": "monday", "start_time": "07:00"}]});
        assert_eq!(faults(&sent), [""; 0]);
        let read: Recurrence = serde_json::from_value(sent.clone()).unwrap();
        let answered = json!({"starts_on": "2026-01-05", "ends_on": null, "weekly": sent["weekly"], "every_weeks": 1,
            "except_on": [], "dates": []});
        assert_eq!(serde_json::to_value(read).unwrap(), answered);
    }

    #[test]
    fn the_schema_says_what_each_field_may_hold() {
        let slot = json!({"weekday": "monday", "start_time": "07:00"});
        let wrong = [
            (json!({"starts_on": "2026-02-29"}), "/starts_on"),
            (json!({"ends_on": "1899-12-31"}), "/ends_on"),
            (json!({"every_weeks": 0}), "/every_weeks"),
            (json!({"every_weeks": 53}), "/every_weeks"),
            (json!({"weekly": vec![slot.clone(); 51]}), "/weekly"),
            (json!({"weekly": [{"weekday": "Monday", "start_time": "07:00"}]}), "/weekly/0/weekday"),
            (json!({"weekly": [{"weekday": "monday", "start_time": "24:00"}]}), "/weekly/0/start_time"),
            (json!({"weekly": [{"weekday": "monday"}]}), "/weekly/0"),
            (json!({"except_on": vec!["2026-01-05"; 501]}), "/except_on"),
            (json!({"dates": [{"date": "2026-1-5", "start_time": "7:00"}]}), "/dates/0/date /dates/0/start_time"),
            (json!({"dates": [{"date": "2026-01-05", "start_time": "07:00", "end_time": "08:00"}]}), "/dates/0"),
            (json!({"time_zone": "Europe/Lisbon"}), ""),
        ];
        for (sent, at) in wrong {
            assert_eq!(faults(&sent).join(" "), at, "{sent}");
            assert!(!faults(&sent).is_empty(), "{sent}");
        }
    }
}
