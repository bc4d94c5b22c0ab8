//! Which days a recurrence names, in a zone where nothing ever changes.

use std::time::Instant;

use serde_json::{Value, json};

use super::{recurrence, shown, starts};

fn days(sent: Value, from: &str, until: &str) -> Vec<String> {
    let starts = starts(&recurrence(sent), from, until, "UTC");
    shown(&starts).into_iter().map(|line| line[..10].to_owned()).collect()
}

#[test]
fn weeks_are_counted_from_the_monday_before_the_first_day() {
    // 2026-01-07 is a Wednesday: its week's Monday is over, its Sunday belongs to it.
    let every_other = json!({"starts_on": "2026-01-07", "every_weeks": 2, "weekly": [
        {"weekday": "sunday", "start_time": "10:00"}, {"weekday": "monday", "start_time": "10:00"}]});
    let expected = ["2026-01-11", "2026-01-19", "2026-01-25", "2026-02-02"];
    assert_eq!(days(every_other.clone(), "2026-01-01", "2026-02-08"), expected);
    assert_eq!(days(every_other.clone(), "2026-01-12", "2026-01-19"), [""; 0], "a whole week between");
    assert_eq!(days(every_other, "2026-01-14", "2026-01-20"), ["2026-01-19"], "asked from the middle of it");
}

#[test]
fn the_first_and_the_last_day_count_and_exceptions_do_not() {
    let rule = json!({"starts_on": "2026-01-05", "ends_on": "2026-01-26", "except_on": ["2026-01-12", "2026-01-13"],
        "weekly": [{"weekday": "monday", "start_time": "00:00"}]});
    assert_eq!(days(rule, "2000-01-01", "2200-01-01"), ["2026-01-05", "2026-01-19", "2026-01-26"]);
}

#[test]
fn single_dates_come_in_order_whatever_the_order_they_were_sent_in() {
    let rule = json!({"dates": [{"date": "2026-03-02", "start_time": "09:00"},
        {"date": "2026-01-05", "start_time": "09:00"}, {"date": "2026-02-03", "start_time": "09:00"}]});
    assert_eq!(days(rule.clone(), "2026-01-05", "2026-03-02"), ["2026-01-05", "2026-02-03"]);
    assert_eq!(days(rule, "2026-01-06", "2026-03-03"), ["2026-02-03", "2026-03-02"]);
}

#[test]
fn any_span_can_be_asked_for() {
    let rule = json!({"starts_on": "2199-12-30", "every_weeks": 52, "weekly": [
        {"weekday": "monday", "start_time": "23:59"}, {"weekday": "tuesday", "start_time": "23:59"}]});
    assert_eq!(days(rule.clone(), "-009999-01-01", "9999-12-31"), ["2199-12-30", "2199-12-31"]);
    assert_eq!(days(rule.clone(), "2199-12-31", "2199-12-31"), [""; 0], "an empty one");
    assert_eq!(days(rule.clone(), "9999-12-31", "-009999-01-01"), [""; 0], "one that ends before it starts");
    assert_eq!(days(rule, "9999-12-30", "9999-12-31"), [""; 0], "one long after");
}

/// Were the weeks in between walked, the second would take a few thousand times as long.
#[test]
fn a_day_two_centuries_on_costs_no_more_than_the_first() {
    let slots: Vec<_> = (10..60).map(|past| json!({"weekday": "friday", "start_time": format!("18:{past}")})).collect();
    let rule = recurrence(json!({"starts_on": "2000-01-01", "weekly": slots}));
    let quickest = |from, until| {
        let tries = (0..20).map(|_| {
            let began = Instant::now();
            assert_eq!(starts(&rule, from, until, "UTC").len(), 50);
            began.elapsed()
        });
        tries.min().unwrap()
    };
    let (early, late) = (quickest("2000-01-07", "2000-01-08"), quickest("2199-12-27", "2199-12-28"));
    assert!(late < early * 50, "{late:?} after {early:?}");
}
