//! The nights on which clocks change, and the day that never was.

use serde_json::json;

use super::{recurrence, shown, starts, weekly};

fn held(slots: &[&str], from: &str, until: &str, zone: &str) -> Vec<String> {
    shown(&starts(&weekly(slots), from, until, zone))
}

#[test]
fn a_skipped_time_moves_forward_by_the_gap() {
    let night = held(&["sunday 01:30", "sunday 02:30", "sunday 04:30"], "2026-03-29", "2026-03-30", "Europe/Berlin");
    assert_eq!(
        night,
        [
            "2026-03-29 01:30 > 2026-03-29 00:30Z",
            "2026-03-29 02:30 > 2026-03-29 01:30Z",
            "2026-03-29 04:30 > 2026-03-29 02:30Z"
        ]
    );
}

#[test]
fn starts_are_in_the_order_of_the_day_when_one_was_moved_past_another() {
    let night = held(&["sunday 02:30", "sunday 03:15"], "2026-03-29", "2026-03-30", "Europe/Berlin");
    assert_eq!(night, ["2026-03-29 03:15 > 2026-03-29 01:15Z", "2026-03-29 02:30 > 2026-03-29 01:30Z"]);
}

#[test]
fn a_moved_start_that_meets_another_is_one_with_it() {
    let night = held(&["sunday 02:30", "sunday 03:30"], "2026-03-29", "2026-03-30", "Europe/Berlin");
    assert_eq!(night, ["2026-03-29 03:30 > 2026-03-29 01:30Z"]);
    let excepted = recurrence(json!({"dates": [{"date": "2026-03-29", "start_time": "02:30"},
        {"date": "2026-03-29", "start_time": "03:30"}]}));
    assert_eq!(shown(&starts(&excepted, "2026-03-29", "2026-03-30", "Europe/Berlin")), night);
}

#[test]
fn a_repeated_time_is_held_the_first_time() {
    let night = held(&["sunday 01:30", "sunday 02:30", "sunday 03:00"], "2026-10-25", "2026-10-26", "Europe/Berlin");
    assert_eq!(
        night,
        [
            "2026-10-25 01:30 > 2026-10-24 23:30Z",
            "2026-10-25 02:30 > 2026-10-25 00:30Z",
            "2026-10-25 03:00 > 2026-10-25 02:00Z"
        ]
    );
}

#[test]
fn a_skipped_midnight_loses_nothing() {
    let cases = [
        ("America/Santiago", "2024-09-08", "sunday 00:00", "2024-09-08 04:00Z"),
        ("America/Santiago", "2024-09-08", "sunday 00:59", "2024-09-08 04:59Z"),
        ("Africa/Cairo", "2024-04-26", "friday 00:15", "2024-04-25 22:15Z"),
        ("Asia/Beirut", "2024-03-31", "sunday 00:00", "2024-03-30 22:00Z"),
    ];
    for (zone, night, slot, at) in cases {
        let next = super::day(night).tomorrow().unwrap().to_string();
        assert_eq!(
            held(&[slot], night, &next, zone),
            [format!("{night} {} > {at}", &slot[slot.len() - 5..])],
            "{zone}"
        );
    }
}

#[test]
fn a_midnight_shown_twice_belongs_to_the_evening_before() {
    // Saturday's last hour comes twice; Sunday starts once.
    let night = held(&["saturday 23:30", "sunday 00:00"], "2024-04-06", "2024-04-08", "America/Santiago");
    assert_eq!(night, ["2024-04-06 23:30 > 2024-04-07 02:30Z", "2024-04-07 00:00 > 2024-04-07 04:00Z"]);
    // St. John's went from 00:01 back to 23:01: midnight itself came before.
    let night = held(&["saturday 23:30", "sunday 00:00"], "2010-11-06", "2010-11-08", "America/St_Johns");
    assert_eq!(night, ["2010-11-06 23:30 > 2010-11-07 02:00Z", "2010-11-07 00:00 > 2010-11-07 02:30Z"]);
}

#[test]
fn a_gap_that_ends_at_midnight_moves_a_start_into_the_next_day() {
    let slots = ["saturday 23:30", "sunday 00:15"];
    let moved = "2024-03-30 23:30 > 2024-03-31 01:30Z";
    assert_eq!(held(&slots, "2024-03-30", "2024-03-31", "America/Nuuk"), [""; 0]);
    assert_eq!(
        held(&slots, "2024-03-31", "2024-04-01", "America/Nuuk"),
        ["2024-03-31 00:15 > 2024-03-31 01:15Z", moved]
    );
    let met = held(&["saturday 23:30", "sunday 00:30"], "2024-03-30", "2024-04-01", "America/Nuuk");
    assert_eq!(met, ["2024-03-31 00:30 > 2024-03-31 01:30Z"]);
    let sunday_is_off = recurrence(json!({"starts_on": "2024-01-01", "except_on": ["2024-03-31"], "weekly": [
        {"weekday": "saturday", "start_time": "23:30"}, {"weekday": "sunday", "start_time": "00:30"}]}));
    assert_eq!(shown(&starts(&sunday_is_off, "2024-03-30", "2024-04-01", "America/Nuuk")), [moved]);
}

#[test]
fn half_an_hour_is_skipped_and_repeated_in_lord_howe() {
    let slots = ["sunday 01:45", "sunday 02:15"];
    let spring = held(&slots, "2024-10-06", "2024-10-07", "Australia/Lord_Howe");
    assert_eq!(spring, ["2024-10-06 01:45 > 2024-10-05 15:15Z", "2024-10-06 02:15 > 2024-10-05 15:45Z"]);
    let autumn = held(&slots, "2024-04-07", "2024-04-08", "Australia/Lord_Howe");
    assert_eq!(autumn, ["2024-04-07 01:45 > 2024-04-06 14:45Z", "2024-04-07 02:15 > 2024-04-06 15:45Z"]);
}

#[test]
fn casablanca_turns_back_for_ramadan_and_forward_after_it() {
    let slots = ["sunday 02:30"];
    assert_eq!(held(&slots, "2024-03-10", "2024-03-11", "Africa/Casablanca"), ["2024-03-10 02:30 > 2024-03-10 01:30Z"]);
    assert_eq!(held(&slots, "2024-03-17", "2024-03-18", "Africa/Casablanca"), ["2024-03-17 02:30 > 2024-03-17 02:30Z"]);
    assert_eq!(held(&slots, "2024-04-14", "2024-04-15", "Africa/Casablanca"), ["2024-04-14 02:30 > 2024-04-14 02:30Z"]);
    assert_eq!(held(&slots, "2024-04-21", "2024-04-22", "Africa/Casablanca"), ["2024-04-21 02:30 > 2024-04-21 01:30Z"]);
}

#[test]
fn the_day_that_samoa_left_out_is_made_up_for_on_the_next() {
    let moved = "2011-12-30 18:30 > 2011-12-31 04:30Z";
    assert_eq!(held(&["friday 18:30"], "2011-12-31", "2012-01-01", "Pacific/Apia"), [moved]);
    assert_eq!(held(&["friday 18:30"], "2011-12-30", "2011-12-31", "Pacific/Apia"), [""; 0]);
    let every_evening = ["thursday 18:30", "friday 18:30", "saturday 18:30"];
    assert_eq!(
        held(&every_evening, "2011-12-29", "2012-01-01", "Pacific/Apia"),
        ["2011-12-29 18:30 > 2011-12-30 04:30Z", "2011-12-31 18:30 > 2011-12-31 04:30Z"]
    );
}

#[test]
fn a_change_of_rules_that_moves_no_clock_moves_no_class() {
    // Nuuk went from its old standard time to a new one at that hour; both are two hours behind.
    let shown_once = "2023-10-28 23:00 > 2023-10-29 01:00Z";
    assert_eq!(held(&["saturday 23:00"], "2023-10-28", "2023-10-29", "America/Nuuk"), [shown_once]);
}
