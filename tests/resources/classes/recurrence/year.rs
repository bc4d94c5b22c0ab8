//! One weekly class through the whole of 2026, in three zones, on the night when their clocks change.

use jiff::{ToSpan, civil::date};

use super::{shown, starts, weekly};

/// Every Sunday has its start, `weeks` of them at `usually` and all others at `otherwise`; those around the changes are
/// as written.
fn walk(zone: &str, slot: &str, (usually, weeks): (&str, usize), otherwise: &str, around: [&str; 6]) {
    let year = starts(&weekly(&[slot]), "2026-01-01", "2027-01-01", zone);
    let lines = shown(&year);
    let at = |time: &str| lines.iter().filter(|line| line.ends_with(time)).count();
    assert_eq!((at(usually), at(otherwise)), (weeks, 52 - weeks), "{zone}: {lines:#?}");
    for line in around {
        assert!(lines.iter().any(|held| held == line), "{zone}: {line} is not among {lines:#?}");
    }
    let sundays = date(2026, 1, 4).series(7.days());
    assert!(year.iter().map(|start| start.local.date()).eq(sundays.take(52)), "{zone}: {lines:#?}");
}

#[test]
fn berlin_at_half_past_two() {
    let around = [
        "2026-03-22 02:30 > 2026-03-22 01:30Z",
        "2026-03-29 02:30 > 2026-03-29 01:30Z",
        "2026-04-05 02:30 > 2026-04-05 00:30Z",
        "2026-10-18 02:30 > 2026-10-18 00:30Z",
        "2026-10-25 02:30 > 2026-10-25 00:30Z",
        "2026-11-01 02:30 > 2026-11-01 01:30Z",
    ];
    walk("Europe/Berlin", "sunday 02:30", ("00:30Z", 30), "01:30Z", around);
}

#[test]
fn santiago_at_half_past_midnight() {
    let around = [
        "2026-03-29 00:30 > 2026-03-29 03:30Z",
        "2026-04-05 00:30 > 2026-04-05 04:30Z",
        "2026-04-12 00:30 > 2026-04-12 04:30Z",
        "2026-08-30 00:30 > 2026-08-30 04:30Z",
        "2026-09-06 00:30 > 2026-09-06 04:30Z",
        "2026-09-13 00:30 > 2026-09-13 03:30Z",
    ];
    walk("America/Santiago", "sunday 00:30", ("04:30Z", 23), "03:30Z", around);
}

#[test]
fn lord_howe_at_a_quarter_past_two() {
    let around = [
        "2026-03-29 02:15 > 2026-03-28 15:15Z",
        "2026-04-05 02:15 > 2026-04-04 15:45Z",
        "2026-04-12 02:15 > 2026-04-11 15:45Z",
        "2026-09-27 02:15 > 2026-09-26 15:45Z",
        "2026-10-04 02:15 > 2026-10-03 15:45Z",
        "2026-10-11 02:15 > 2026-10-10 15:15Z",
    ];
    walk("Australia/Lord_Howe", "sunday 02:15", ("15:45Z", 27), "15:15Z", around);
}
