//! An import that sets a location's clocks to another zone, with some of the schedule or all of it.

use std::fs;

use serde_json::{Value, json};

use super::{exported, import, rows, said};
use crate::cli::gateway::{Home, on_both_engines};

/// Two classes in one room, an hour apart, and a third elsewhere.
fn a_house(home: &Home) {
    home.studio("casa");
    import(home, "locations.jsonl", r#"{"name": "Alfama", "external_id": "alfama"}"#, &[]).done();
    let location = rows(home, "locations")[0]["id"].clone();
    import(home, "rooms.jsonl", &json!({"name": "Garden", "location_id": location}).to_string(), &[]).done();
    let room = &rows(home, "rooms")[0]["id"];
    let classes = [class("early", "09:00", room), class("late", "10:00", room), class("away", "09:00", &Value::Null)];
    import(home, "classes.jsonl", &classes.map(|class| class.to_string()).join("\n"), &[]).done();
}

fn class(name: &str, time: &str, room: &Value) -> Value {
    json!({"external_id": name, "name": name, "duration_minutes": 60, "room_id": room,
        "recurrence": {"starts_on": "2026-01-05", "weekly": [{"weekday": "monday", "start_time": time}]}})
}

/// The occurrences of a class, by their local starts.
fn of(home: &Home, class: &str) -> Vec<Value> {
    let classes = rows(home, "classes");
    let class = &classes.iter().find(|row| row["external_id"] == class).expect("the class")["id"];
    let mut schedule: Vec<_> = rows(home, "schedule").into_iter().filter(|row| row["class_id"] == *class).collect();
    schedule.sort_by_key(|row| row["starts_at"].to_string());
    schedule
}

/// A directory with these files.
fn files(home: &Home, name: &str, files: &[(&str, &[Value])]) -> String {
    fs::create_dir(home.path(name)).expect("a directory");
    for (file, rows) in files {
        let lines: Vec<_> = rows.iter().map(Value::to_string).collect();
        home.write(&format!("{name}/{file}.jsonl"), &lines.join("\n"));
    }
    home.path(name).display().to_string()
}

fn moved(home: &Home) -> Value {
    let mut location = rows(home, "locations")[0].clone();
    location["time_zone"] = json!("Atlantic/Azores");
    location["version"] = json!(2);
    location
}

#[apply(on_both_engines!)]
fn what_follows_onto_what_was_brought_is_refused_at_the_location(home: Home) {
    a_house(&home);
    let before = exported(&home, "casa", "before");
    // It stays an hour early, where the other class moves to.
    let mut stays = of(&home, "late")[4].clone();
    stays["version"] = json!(2);
    stays["note"] = json!("As ever.");
    stays["overridden"] = json!([]);
    let directory = files(&home, "in", &[("locations", &[moved(&home)]), ("schedule", &[stays])]);
    let said = said(&home, home.run(&["import", "--studio", "casa", &directory]));
    assert!(said.contains("locations.jsonl:1") && said.contains("room"), "{said}");
    assert_eq!(exported(&home, "casa", "after"), before);
}
