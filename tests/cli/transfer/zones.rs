//! An import that sets a location's clocks to another zone, with some of the schedule or all of it.

use std::{collections::BTreeMap, fs};

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::{but_for_changes, exported, import, rows, said};
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

fn hours_after(row: &Value, field: &str, hours: i64) -> String {
    let at: Timestamp = row[field].as_str().expect("a time").parse().expect("an instant");
    format!("{:.6}", at.checked_add(hours.hours()).expect("an instant"))
}

/// The row as it is an hour later, where the clocks show the same: in the Azores.
fn in_the_azores(row: &Value) -> Value {
    let mut row = row.clone();
    for field in ["starts_at", "ends_at"] {
        row[field] = json!(hours_after(&row, field, 1));
    }
    row["time_zone"] = json!("Atlantic/Azores");
    row["version"] = json!(row["version"].as_i64().expect("a version") + 1);
    row
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

/// Rows without what every edit changes.
fn plain(rows: &[Value]) -> Vec<Value> {
    let plain = |row: &Value| {
        let mut row = row.clone();
        row.as_object_mut().expect("a row").retain(|name, _| name != "updated_at");
        row
    };
    rows.iter().map(plain).collect()
}

on_both_engines! {
    fn what_did_not_come_along_follows_and_what_did_stands_as_its_line_says(home: Home) {
        a_house(&home);
        let noted = json!({"id": of(&home, "early")[5]["id"], "capacity": 3}).to_string();
        import(&home, "schedule.jsonl", &noted, &[]).done();
        let (early, late, away) = (of(&home, "early"), of(&home, "late"), of(&home, "away"));
        // One is brought where it takes place from now on, one as it is, and one that is new, where another moves away.
        let line = in_the_azores(&early[2]);
        let id = "cls_01jdc9x0aetqt8q3yv0gcm1v5k";
        let mut class = class("new", "08:00", &early[0]["room_id"]);
        class["id"] = json!(id);
        let mut new = in_the_azores(&early[7]);
        for (field, value) in [("id", json!("occ_01jdc9x0aetqt8q3yv0gcm1v5k")), ("version", json!(1)), ("class_id", json!(id)),
            ("starts_at", early[7]["starts_at"].clone()), ("ends_at", early[7]["ends_at"].clone())] {
            new[field] = value;
        }
        for field in ["planned_start", "local_start"] {
            new[field] = json!(early[7][field].as_str().expect("a time").replace("T09:", "T08:"));
        }
        let lines = [line.clone(), early[3].clone(), new.clone()];
        let directory = files(&home, "in", &[("locations", &[moved(&home)]), ("classes", &[class]), ("schedule", &lines)]);
        home.run(&["import", "--studio", "casa", &directory]).done();

        let after = of(&home, "early");
        assert_eq!(plain(&after[2..4]), plain(&[line, early[3].clone()]));
        let mut wanted: Vec<_> = early.iter().map(in_the_azores).collect();
        wanted[3] = early[3].clone();
        for field in ["starts_at", "ends_at", "version"] {
            wanted[5][field] = early[5][field].clone();
        }
        wanted[5]["local_start"] = json!(early[5]["local_start"].as_str().expect("a time").replace("T09:", "T08:"));
        wanted[5]["overridden"] = json!(["starts_at", "capacity"]);
        assert_eq!(plain(&after), plain(&wanted));
        assert_eq!(plain(&of(&home, "new")), plain(&[new]));
        assert_eq!(plain(&of(&home, "late")), plain(&late.iter().map(in_the_azores).collect::<Vec<_>>()));
        assert_eq!(of(&home, "away"), away);

        // Once more, it changes nothing; and all of it is the same elsewhere.
        let before = exported(&home, "casa", "once");
        home.run(&["import", "--studio", "casa", &directory]).done();
        assert_eq!(exported(&home, "casa", "twice"), before);
        home.studio("other");
        home.run(&["import", "--studio", "other", &home.path("once").display().to_string()]).done();
        assert_eq!(exported(&home, "other", "copy"), before);
    }

    fn a_copy_that_is_brought_up_to_date_is_the_same_to_the_byte(home: Home) {
        a_house(&home);
        let Some(there) = (if home.url.starts_with("sqlite") { Home::on_postgres() } else { Some(Home::on_sqlite()) }) else { return };
        there.studio("casa");
        let into_there = |directory: &str| there.run(&["import", "--studio", "casa", &home.path(directory).display().to_string(), "--json"]).json();
        exported(&home, "casa", "old");
        into_there("old");
        let lines = [in_the_azores(&of(&home, "early")[2])];
        let directory = files(&home, "in", &[("locations", &[moved(&home)]), ("schedule", &lines)]);
        home.run(&["import", "--studio", "casa", &directory]).done();
        let new: BTreeMap<_, _> = exported(&home, "casa", "new");
        into_there("new");
        assert_eq!(but_for_changes(&exported(&there, "casa", "copy")), but_for_changes(&new));
        for file in into_there("new")["files"].as_array().expect("files") {
            assert_eq!((&file["created"], &file["changed"]), (&json!(0), &json!(0)), "{file}");
        }
        assert_eq!(but_for_changes(&exported(&there, "casa", "again")), but_for_changes(&new));
    }

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
}
