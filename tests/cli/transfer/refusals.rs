//! A line that is not right is named by its file, its line and its field, and nothing is half done.

use std::fs;

use serde_json::json;

use super::{import, refusal, rows, said, tally};
use crate::cli::gateway::{Home, on_both_engines};

#[apply(on_both_engines!)]
fn a_bad_line_in_the_middle_leaves_nothing(home: Home) {
    home.studio("casa");
    let mut lines: Vec<_> =
        (0..400).map(|number| json!({"display_name": format!("Number {number}")}).to_string()).collect();
    lines[250] = r#"{"display_name": "Anna", "email": "nobody", "links": {"web": "no"}, "colour": 7}"#.into();
    lines[251] = r#"{"display_name": "Anna""#.into();
    lines[252] = r#"{"display_name": "Anna", "display_name": "Berta"}"#.into();
    let said = refusal(&home, "instructors.jsonl", &lines.join("\n"));
    for told in [
        "nothing was imported",
        "instructors.jsonl:251: email: must be an e-mail address",
        "instructors.jsonl:251: links.web: must be",
        "instructors.jsonl:251: colour: is not a field here",
        "instructors.jsonl:252: is not JSON",
        "instructors.jsonl:253: display_name: appears twice in its object",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(!said.contains("nobody,"), "values are not repeated");
    assert!(rows(&home, "instructors").is_empty());
}

#[apply(on_both_engines!)]
fn what_only_the_database_knows_leaves_nothing_either(home: Home) {
    home.studio("casa");
    home.studio("other");
    let path = home.write("instructors.jsonl", r#"{"display_name": "Theirs", "id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k"}"#);
    home.run(&["import", "--studio", "other", &path]).done();
    let directory = home.path("in");
    fs::create_dir(&directory).expect("a directory");
    let write = |name: &str, lines: &[&str]| fs::write(directory.join(name), lines.join("\n")).expect("a file");
    write("locations.jsonl", &[r#"{"name": "Alfama", "id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k"}"#]);
    write("rooms.jsonl", &[r#"{"name": "Attic", "location_id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k"}"#]);
    write(
        "programs.jsonl",
        &[
            r#"{"name": "Good"}"#,
            r#"{"name": "Bad", "instructor_ids": ["ins_01jdc9x0aetqt8q3yv0gcm1v5k"]}"#,
            r#"{"name": "Worse", "starts_on": "2026-03-02", "ends_on": "2026-03-01", "slug": "good"}"#,
        ],
    );
    fs::write(directory.join("notes.txt"), "not ours").expect("a file");
    let said = said(&home, home.run(&["import", "--studio", "casa", &directory.display().to_string()]));
    assert!(said.contains("in/programs.jsonl:2: instructor_ids.0: names no instructor of this studio"), "{said}");
    assert!(said.contains("in/programs.jsonl:3: ends_on: must not be before `starts_on`"), "{said}");
    for resource in ["locations", "rooms", "programs"] {
        assert!(rows(&home, resource).is_empty(), "{resource}");
    }
}

#[apply(on_both_engines!)]
fn rows_that_a_line_names_have_to_be_there(home: Home) {
    home.studio("casa");
    let nowhere = r#"{"name": "Attic", "location_id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k"}"#;
    assert!(
        refusal(&home, "rooms.jsonl", nowhere).contains("rooms.jsonl:1: location_id: names no location of this studio")
    );
    assert!(refusal(&home, "rooms.jsonl", r#"{"name": "Attic"}"#).contains("rooms.jsonl:1: location_id: is required"));
    let occurrence = json!({"class_id": "cls_01jdc9x0aetqt8q3yv0gcm1v5k", "planned_start": "2026-12-01T18:00", "starts_at": "2026-12-01T18:00:00Z",
        "ends_at": "2026-12-01T19:00:00Z", "local_start": "2026-12-01T19:00", "time_zone": "Europe/Lisbon", "booked_count": 0, "overridden": []});
    let said = refusal(&home, "schedule.jsonl", &occurrence.to_string());
    assert!(said.contains("schedule.jsonl:1: class_id: names no class of this studio"), "{said}");
    assert!(said.contains("schedule.jsonl:1: local_start: is not the local time"), "{said}");
}

#[apply(on_both_engines!)]
fn two_lines_of_one_row_are_told(home: Home) {
    home.studio("casa");
    let lines = "{\"display_name\": \"A\", \"external_id\": \"x\"}\n{\"display_name\": \"B\", \"slug\": \"b\"}\n\
        {\"display_name\": \"C\", \"external_id\": \"x\"}\n{\"display_name\": \"D\", \"slug\": \"b\"}";
    let said = refusal(&home, "instructors.jsonl", lines);
    assert!(said.contains("instructors.jsonl:3: external_id: is that of line 1, too"), "{said}");
    assert!(said.contains("instructors.jsonl:4: slug: is that of line 2, too"), "{said}");
    import(&home, "instructors.jsonl", r#"{"display_name": "B", "slug": "b"}"#, &[]).done();
    assert!(
        refusal(&home, "instructors.jsonl", r#"{"display_name": "D", "slug": "b"}"#)
            .contains("instructors.jsonl:1: slug: is taken")
    );
}

#[apply(on_both_engines!)]
fn a_row_that_two_lines_are_about_is_told(home: Home) {
    home.studio("casa");
    let anna = r#"{"display_name": "Anna", "external_id": "a", "id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k"}"#;
    import(&home, "instructors.jsonl", anna, &[]).done();
    let before = rows(&home, "instructors");
    // Also where the two stand far from each other.
    for between in [0, 450] {
        let mut lines = vec![r#"{"id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k", "bio": "Yin."}"#.to_owned()];
        lines.extend((0..between).map(|number| json!({"display_name": format!("Number {number}")}).to_string()));
        lines.push(r#"{"external_id": "a", "bio": "Vinyasa."}"#.into());
        let said = refusal(&home, "instructors.jsonl", &lines.join("\n"));
        assert!(
            said.contains(&format!("instructors.jsonl:{}: external_id: is the row of line 1, too", between + 2)),
            "{said}"
        );
        assert_eq!(rows(&home, "instructors"), before);
    }
}

#[apply(on_both_engines!)]
fn what_has_not_happened_yet_is_no_past(home: Home) {
    home.studio("casa");
    let line = r#"{"display_name": "Anna", "version": 4503599627370497, "created_at": "2190-01-01T00:00:00Z", "updated_at": "2190-01-01T00:00:00Z"}"#;
    assert!(
        refusal(&home, "instructors.jsonl", line)
            .contains("instructors.jsonl:1: version: must be at most 4503599627370496")
    );
    let said = refusal(&home, "instructors.jsonl", &line.replace("4503599627370497", "4503599627370496"));
    for told in [
        "instructors.jsonl:1: created_at: must not be in the future",
        "instructors.jsonl:1: updated_at: must not be in the future",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

// JSON's numbers are exact up to 2^53: a row that comes in is exact after its edits, too.
#[apply(on_both_engines!)]
fn a_row_that_comes_with_the_highest_version_can_be_edited_and_exported(home: Home) {
    home.studio("casa");
    let anna = r#"{"display_name": "Anna", "id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k", "version": 4503599627370496}"#;
    import(&home, "instructors.jsonl", anna, &[]).done();
    let edit = r#"{"id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k", "bio": "Yin."}"#;
    import(&home, "instructors.jsonl", edit, &[]).done();
    let row = rows(&home, "instructors").remove(0);
    assert_eq!(row["version"], 4_503_599_627_370_497_u64);
    assert_eq!(tally(&home, "instructors.jsonl", &row.to_string(), &[]), [0, 0, 1], "it is read back here");
}

#[apply(on_both_engines!)]
fn classes_that_want_one_room_at_one_time_are_refused(home: Home) {
    home.studio("casa");
    import(&home, "locations.jsonl", r#"{"name": "Alfama", "id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k"}"#, &[]).done();
    let room = r#"{"name": "Attic", "id": "room_01jdc9x0aetqt8q3yv0gcm1v5k", "location_id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k"}"#;
    import(&home, "rooms.jsonl", room, &[]).done();
    let class = json!({"name": "Yin", "duration_minutes": 60, "room_id": "room_01jdc9x0aetqt8q3yv0gcm1v5k",
        "recurrence": {"starts_on": "2026-01-05", "weekly": [{"weekday": "monday", "start_time": "18:30"}]}})
    .to_string();
    let said = refusal(&home, "classes.jsonl", &format!("{class}\n{class}"));
    assert!(said.contains("classes.jsonl:2: room_id: The room is taken at that time"), "{said}");
    assert!(rows(&home, "classes").is_empty() && rows(&home, "schedule").is_empty());
}

#[test]
fn what_cannot_be_meant_is_wrong_usage() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let run = |args: &[&str]| home.run(&[&["import", "--studio", "casa"][..], args].concat());
    let file = home.write("people.jsonl", "{}");
    assert!(run(&[&file]).fails(2).contains("--as"));
    assert!(run(&[&file, "--as", "unicorns"]).fails(2).contains("instructors"));
    assert!(run(&[&file, "--as", "instructors"]).fails(1).contains("people.jsonl:1: display_name: is required"));
    assert!(run(&[&home.write("instructors.xlsx", "")]).fails(2).contains(".csv"));
    assert!(run(&[&home.path("nothing.csv").display().to_string()]).fails(2).contains("nothing.csv"));
    let directory = home.path("in");
    fs::create_dir(&directory).expect("a directory");
    let directory = directory.display().to_string();
    assert!(run(&[&directory]).fails(2).contains("holds no file to import"));
    for name in ["instructors.csv", "instructors.jsonl"] {
        fs::write(home.path("in").join(name), "").expect("a file");
    }
    assert!(run(&[&directory]).fails(2).contains("the same resource"));
}

#[test]
fn a_line_without_an_end_does_not_fill_the_memory() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let endless = format!("{{\"display_name\": \"{}", "a".repeat(3 * 1024 * 1024));
    assert!(
        refusal(&home, "instructors.jsonl", &endless).contains("instructors.jsonl:1: is longer than a line may be")
    );
    let endless = format!("display_name,bio\n\"Anna\",\"{}", "a".repeat(3 * 1024 * 1024));
    assert!(refusal(&home, "instructors.csv", &endless).contains("instructors.csv:2: is longer than a line may be"));
}
