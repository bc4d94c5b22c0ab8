//! What must hold of a recurrence beyond the limits of each field. Called by the rules of classes, which put the
//! recurrence's own place before each pointer. Names every fault at once.

use std::{collections::HashMap, hash::Hash};

use super::Recurrence;
use crate::wire::problem::Fault;

impl Recurrence {
    /// What is wrong with it; pointers are relative to the recurrence, and empty for it as a whole. Of what is not
    /// `sound`, such as `weekly`, it is not known what was meant, so no other field is judged by it.
    pub fn check(&self, sound: impl Fn(&str) -> bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        if sound("weekly") && sound("dates") {
            match (self.weekly.is_empty(), self.dates.is_empty()) {
                (true, true) => faults.push(Fault::at("", "must have slots in `weekly`, or else in `dates`")),
                (false, false) => faults.push(Fault::at("/dates", "must be empty where `weekly` is not")),
                (false, true) => self.check_weekly(&sound, &mut faults),
                (true, false) => self.check_dates(&sound, &mut faults),
            }
        }
        if sound("starts_on") && sound("ends_on") && self.ends_before_it_starts() {
            faults.push(Fault::at("/ends_on", "must not be before `starts_on`"));
        }
        if sound("weekly") {
            find_repeats("/weekly", &self.weekly, &mut faults);
        }
        if sound("except_on") {
            find_repeats("/except_on", &self.except_on, &mut faults);
        }
        if sound("dates") {
            find_repeats("/dates", &self.dates, &mut faults);
        }
        faults
    }

    fn check_weekly(&self, sound: impl Fn(&str) -> bool, faults: &mut Vec<Fault>) {
        if !sound("starts_on") {
            return;
        }
        let Some(first) = self.starts_on else {
            return faults.push(Fault::at("/starts_on", "is required with `weekly`"));
        };
        let is_known = ["ends_on", "every_weeks", "except_on"].into_iter().all(sound);
        if is_known && !self.ends_before_it_starts() && !self.goes_on(first.civil()) {
            let never = "never takes place: from `starts_on` to `ends_on`, every day of `weekly` is in `except_on`, or \
                         there is none";
            faults.push(Fault::at("", never));
        }
    }

    fn check_dates(&self, sound: impl Fn(&str) -> bool, faults: &mut Vec<Fault>) {
        const ONLY_WEEKLY: &str = "is only allowed with `weekly`";
        if sound("every_weeks") && self.every_weeks != super::every_week() {
            faults.push(Fault::at("/every_weeks", ONLY_WEEKLY));
        }
        if sound("except_on") && !self.except_on.is_empty() {
            faults.push(Fault::at("/except_on", ONLY_WEEKLY));
        }
        let (first, last) = (self.starts_on.filter(|_| sound("starts_on")), self.ends_on.filter(|_| sound("ends_on")));
        for (index, slot) in self.dates.iter().enumerate() {
            if first.is_some_and(|first| slot.date < first) {
                faults.push(Fault::at(format!("/dates/{index}/date"), "must not be before `starts_on`"));
            }
            if last.is_some_and(|last| slot.date > last) {
                faults.push(Fault::at(format!("/dates/{index}/date"), "must not be after `ends_on`"));
            }
        }
    }

    fn ends_before_it_starts(&self) -> bool {
        self.starts_on.zip(self.ends_on).is_some_and(|(first, last)| last < first)
    }
}

fn find_repeats<T: Eq + Hash>(list: &str, entries: &[T], faults: &mut Vec<Fault>) {
    let mut seen = HashMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let first = *seen.entry(entry).or_insert(index);
        if first != index {
            faults.push(Fault::at(format!("{list}/{index}"), format!("is the same as entry {first}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pointers(recurrence: Value) -> Vec<String> {
        let recurrence: Recurrence = serde_json::from_value(recurrence).unwrap();
        recurrence.check(|_| true).into_iter().map(|fault| fault.pointer).collect()
    }

    fn on(weekday: &str) -> Value {
        json!([{"weekday": weekday, "start_time": "18:30"}])
    }

    fn at(date: &str) -> Value {
        json!({"date": date, "start_time": "18:30"})
    }

    #[test]
    fn weekly_slots_or_single_dates_are_in_order() {
        assert_eq!(pointers(json!({"starts_on": "2026-01-05", "weekly": on("monday")})), [""; 0]);
        assert_eq!(pointers(json!({"dates": [at("2026-01-05")]})), [""; 0]);
        let bounded = json!({"starts_on": "2026-01-05", "ends_on": "2026-01-05", "dates": [at("2026-01-05")]});
        assert_eq!(pointers(bounded), [""; 0]);
    }

    #[test]
    fn it_has_one_of_them_and_what_goes_with_it() {
        assert_eq!(pointers(json!({"starts_on": "2026-01-05"})), [""]);
        assert_eq!(pointers(json!({"weekly": on("monday")})), ["/starts_on"]);
        let both = json!({"starts_on": "2026-01-05", "weekly": on("monday"), "dates": [at("2026-01-05")]});
        assert_eq!(pointers(both), ["/dates"]);
        let strays = json!({"dates": [at("2026-01-05")], "every_weeks": 2, "except_on": ["2026-01-05"]});
        assert_eq!(pointers(strays), ["/every_weeks", "/except_on"]);
    }

    #[test]
    fn it_lies_between_its_first_and_last_day() {
        let backwards = json!({"starts_on": "2026-01-06", "ends_on": "2026-01-05", "weekly": on("monday")});
        assert_eq!(pointers(backwards), ["/ends_on"]);
        let outside = json!({"starts_on": "2026-02-01", "ends_on": "2026-02-28",
            "dates": [at("2026-01-31"), at("2026-02-01"), at("2026-02-28"), at("2026-03-01")]});
        assert_eq!(pointers(outside), ["/dates/0/date", "/dates/3/date"]);
    }

    #[test]
    fn nothing_stands_in_it_twice() {
        let slot = on("monday")[0].clone();
        let twice =
            json!({"starts_on": "2026-01-05", "weekly": [slot, slot], "except_on": ["2026-02-02", "2026-02-02"]});
        assert_eq!(pointers(twice), ["/weekly/1", "/except_on/1"]);
        assert_eq!(pointers(json!({"dates": [at("2026-01-05"), at("2026-01-06"), at("2026-01-05")]})), ["/dates/2"]);
    }

    #[test]
    fn it_takes_place_at_least_once() {
        let tuesday_to_sunday = json!({"starts_on": "2026-01-06", "ends_on": "2026-01-11", "weekly": on("monday")});
        assert_eq!(pointers(tuesday_to_sunday), [""]);
        let excepted = json!({"starts_on": "2026-01-05", "ends_on": "2026-01-11", "weekly": on("monday"),
            "except_on": ["2026-01-05"]});
        assert_eq!(pointers(excepted), [""]);
        let after_the_last_monday = json!({"starts_on": "2199-12-31", "weekly": on("monday")});
        assert_eq!(pointers(after_the_last_monday), [""]);
    }
}
