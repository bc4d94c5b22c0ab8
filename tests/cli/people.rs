//! `members export`, and bookings whose counts a file tells wrongly.

use std::fs;

use serde_json::{Value, json};

use super::gateway::Home;

/// The demo's studio, and its bookings as they are exported.
fn demo() -> (Home, Vec<Value>) {
    let home = Home::on_sqlite();
    assert_eq!(home.demo_here(&[]).stop().0, Some(0));
    let out = home.path("out").display().to_string();
    home.run(&["export", "--studio", "casa-prana", &out]).done();
    let text = fs::read_to_string(home.path("out/bookings.jsonl")).expect("a file");
    (home, text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

#[test]
fn all_that_is_kept_of_a_person_is_printed_and_no_hash() {
    let (home, bookings) = demo();
    let waits = bookings.iter().find(|row| row["status"] == "waiting").expect("somebody waits");
    let member = waits["membership_id"].as_str().expect("an id");
    let kept = home.run(&["members", "export", member, "--studio", "casa-prana"]).json();
    let email = kept["membership"]["email"].as_str().expect("an address");
    assert_eq!(home.run(&["members", "export", email, "--studio", "casa-prana"]).json(), kept);
    let own = bookings.iter().filter(|row| row["membership_id"] == member).count();
    let shown = kept["bookings"].as_array().expect("bookings");
    assert_eq!(shown.len(), own);
    let shown = shown.iter().find(|row| row["id"] == waits["id"]).expect("the one that waits");
    assert_eq!((&shown["status"], &shown["queue_number"]), (&json!("waiting"), &waits["queue_number"]));
    assert!(shown["class_name"].is_string() && shown["local_start"].is_string(), "{shown}");
    assert_eq!(kept["account"], json!({"password_set_at": null, "language": null, "consent_withdrawn": false}));
    assert_eq!(kept["calendar_feed"], json!(null));
    assert!(!kept.to_string().contains("_hash"), "{kept}");
    home.run(&["members", "export", "nobody@member.example", "--studio", "casa-prana"]).fails(1);
    home.run(&["members", "export", "nobody", "--studio", "casa-prana"]).fails(2);
    home.run(&["members", "erase", member, "--studio", "casa-prana", "--yes"]).done();
    let erased = home.run(&["members", "export", member, "--studio", "casa-prana"]).json();
    let statuses = erased["bookings"].as_array().expect("bookings").iter().map(|row| row["status"].clone());
    assert!(statuses.collect::<Vec<_>>().iter().all(|status| status == "cancelled"), "{erased}");
}

#[test]
fn what_an_occurrence_counts_is_counted_and_never_taken_from_a_file() {
    let (home, bookings) = demo();
    let schedule = home.path("out/schedule.jsonl");
    let text = fs::read_to_string(&schedule).expect("a file");
    let count = |id: &str, statuses: &[&str]| {
        let of = bookings.iter().filter(|row| row["occurrence_id"] == id);
        of.filter(|row| statuses.contains(&row["status"].as_str().expect("a status"))).count()
    };
    let mut wrong = Vec::new();
    for line in text.lines() {
        let mut row: Value = serde_json::from_str(line).expect("JSON");
        let id = row["id"].as_str().expect("an id");
        let counted = (count(id, &["booked"]), count(id, &["waiting"]));
        assert_eq!((row["booked_count"].clone(), row["waiting_count"].clone()), (json!(counted.0), json!(counted.1)));
        row["booked_count"] = json!(9);
        row.as_object_mut().expect("a row").remove("waiting_count");
        wrong.push(row.to_string());
    }
    fs::write(&schedule, wrong.join("\n")).expect("written");
    home.studio("casa");
    let out = home.path("out").display().to_string();
    home.run(&["import", "--studio", "casa", &out]).done();
    let again = home.path("again").display().to_string();
    home.run(&["export", "--studio", "casa", &again]).done();
    assert_eq!(fs::read_to_string(home.path("again/schedule.jsonl")).expect("a file"), text);
}
