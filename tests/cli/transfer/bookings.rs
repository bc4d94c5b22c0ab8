//! Bookings, as an export has them, with what no studio can have.

use std::fs;

use serde_json::{Value, json};

use super::{exported, rows_of, said};
use crate::cli::gateway::{Home, on_both_engines};

/// Changes the export's bookings of these lines, and imports it into a new studio; what is said of it.
fn refused(home: &Home, change: impl Fn(&mut Vec<Value>)) -> String {
    let file = home.path("out/bookings.jsonl");
    let whole = fs::read_to_string(&file).expect("the bookings");
    let mut lines: Vec<Value> = whole.lines().map(|line| serde_json::from_str(line).expect("a row")).collect();
    change(&mut lines);
    let changed: Vec<_> = lines.iter().map(Value::to_string).collect();
    fs::write(&file, changed.join("\n")).expect("the file is written");
    let ended = home.run(&["import", "--studio", "copy", &home.path("out").display().to_string()]);
    fs::write(&file, whole).expect("the file is written");
    said(home, ended)
}

#[apply(on_both_engines!)]
fn a_booking_that_no_studio_can_have_is_told_with_its_line_and_nothing_is_taken(home: Home) {
    assert_eq!(home.demo_here(&[]).stop().0, Some(0));
    home.studio("copy");
    exported(&home, "casa-prana", "out");
    let waits =
        |lines: &[Value]| -> Vec<usize> { (0..lines.len()).filter(|at| lines[*at]["status"] == "waiting").collect() };
    let said = refused(&home, |lines| {
        let [first, second] = waits(lines)[..] else { panic!("not two who wait") };
        lines[second]["queue_number"] = lines[first]["queue_number"].clone();
    });
    assert!(
        said.contains("out/bookings.jsonl:")
            && said.matches("queue_number: is taken: somebody else waits").count() == 2,
        "{said}"
    );
    let said = refused(&home, |lines| {
        let last = waits(lines)[1];
        lines[last]["queue_number"] = json!(i64::MAX);
    });
    assert!(said.contains("queue_number: must be at most 1000000000"), "{said}");
    let cancelled = rows_of(&home, "casa-prana", "schedule").into_iter().find(|row| row["status"] == "cancelled");
    let cancelled = cancelled.expect("the demo has one")["id"].clone();
    for status in ["booked", "waiting", "attended"] {
        let said = refused(&home, |lines| {
            lines[0]["occurrence_id"] = cancelled.clone();
            lines[0]["status"] = json!(status);
            lines[0]["queue_number"] = json!(1);
        });
        assert!(said.contains("out/bookings.jsonl:1: status: must be that of a cancelled booking"), "{said}");
    }
    assert!(rows_of(&home, "copy", "bookings").is_empty() && rows_of(&home, "copy", "classes").is_empty());
    home.run(&["import", "--studio", "copy", &home.path("out").display().to_string()]).done();
    assert!(!rows_of(&home, "copy", "bookings").is_empty(), "as it was, it is taken");
}
