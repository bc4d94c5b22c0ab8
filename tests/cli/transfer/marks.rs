//! Whether somebody has edited an occurrence is in no answer, and decides whether it follows its class: files tell it.

use std::fs;

use serde_json::{Value, json};

use super::{exported, import, refusal, rows, rows_of, said, tally};
use crate::cli::gateway::{Home, on_both_engines};

/// A class on these days at this time.
fn yin(days: &[&str], time: &str) -> String {
    let weekly: Vec<_> = days.iter().map(|day| json!({"weekday": day, "start_time": time})).collect();
    let recurrence = json!({"starts_on": "2026-01-05", "weekly": weekly});
    json!({"external_id": "yin", "name": "Yin", "duration_minutes": 60, "recurrence": recurrence}).to_string()
}

/// Changes an occurrence by a line that is no later version of it, as somebody would by hand.
fn edit(home: &Home, row: &Value, change: Value) {
    let mut line = change;
    line["id"] = row["id"].clone();
    assert_eq!(tally(home, "schedule.jsonl", &line.to_string(), &[]), [0, 1, 0]);
}

/// The occurrences of the studio `casa`: who each is, when it takes place, whether it does, and its mark.
fn told(home: &Home) -> Vec<[Value; 4]> {
    rows(home, "schedule")
        .iter()
        .map(|row| ["id", "local_start", "status", "edited"].map(|it| row[it].clone()))
        .collect()
}

#[apply(on_both_engines!)]
fn a_class_edit_moves_in_a_copy_what_it_moves_in_the_original(home: Home) {
    let first = Home::on_sqlite();
    first.studio("casa");
    import(&first, "classes.jsonl", &yin(&["monday"], "18:30"), &[]).done();
    let laid_out = rows(&first, "schedule");
    // One that somebody edited and set back, one whose fields do not tell of the edit, and one whose fields do.
    edit(&first, &laid_out[2], json!({"capacity": 3}));
    edit(&first, &laid_out[2], json!({"capacity": null}));
    edit(&first, &laid_out[4], json!({"status": "cancelled", "cancel_reason": "The class was cancelled."}));
    edit(&first, &laid_out[6], json!({"capacity": 5}));
    let original = exported(&first, "casa", "out");
    home.studio("casa");
    for (format, name) in [("csv", "sheets"), ("jsonl", "rows")] {
        let out = first.path(name).display().to_string();
        first.run(&["export", "--studio", "casa", "--format", format, &out]).done();
        home.run(&["import", "--studio", "casa", &out]).done();
        assert_eq!(exported(&home, "casa", name), original, "{name}");
    }
    for home in [&first, &home] {
        import(home, "classes.jsonl", &yin(&["monday"], "20:00"), &[]).done();
    }
    let (moved, copied) = (told(&first), told(&home));
    assert_eq!(moved, copied);
    for (at, [_, start, _, edited]) in moved.iter().enumerate() {
        let is_edited = [4, 6].contains(&at);
        assert_eq!(edited, &json!(is_edited));
        assert!(
            start.as_str().expect("a time").ends_with(if is_edited { "T18:30" } else { "T20:00" }),
            "{at}: {start}"
        );
    }
}

#[apply(on_both_engines!)]
fn a_class_edit_lays_out_in_a_copy_what_it_lays_out_in_the_original(home: Home) {
    let first = Home::on_sqlite();
    first.studio("casa");
    import(&first, "classes.jsonl", &yin(&["monday"], "18:30"), &[]).done();
    exported(&first, "casa", "out");
    home.studio("casa");
    home.run(&["import", "--studio", "casa", &first.path("out").display().to_string()]).done();
    let [original, copy] = [&first, &home].map(|home| {
        import(home, "classes.jsonl", &yin(&["monday", "thursday"], "18:30"), &[]).done();
        told(home).into_iter().map(|[_, start, status, edited]| [start, status, edited]).collect::<Vec<_>>()
    });
    assert!(original.len() >= 23, "{}", original.len());
    assert_eq!(original, copy);
}

#[apply(on_both_engines!)]
fn a_new_row_has_the_mark_of_its_line_and_one_without_is_marked_by_what_it_tells(home: Home) {
    home.studio("casa");
    import(&home, "classes.jsonl", &yin(&["monday"], "18:30"), &[]).done();
    edit(&home, &rows(&home, "schedule")[1], json!({"capacity": 5}));
    exported(&home, "casa", "out");
    let line = rows(&home, "schedule").remove(1);
    for (studio, said, wanted) in [("a", None, true), ("b", Some(false), false), ("c", Some(true), true)] {
        home.studio(studio);
        let mut line = line.clone();
        line.as_object_mut().expect("a row").remove("edited");
        line.as_object_mut().expect("a row").extend(said.map(|edited| ("edited".to_owned(), json!(edited))));
        fs::write(home.path("out/schedule.jsonl"), line.to_string()).expect("a file");
        home.run(&["import", "--studio", studio, &home.path("out").display().to_string()]).done();
        let found = rows_of(&home, studio, "schedule").into_iter().find(|row| row["id"] == line["id"]);
        assert_eq!(found.expect("the row")["edited"], wanted, "{said:?}");
    }
    let wrong = json!({"id": line["id"], "edited": "perhaps"}).to_string();
    assert!(refusal(&home, "schedule.jsonl", &wrong).contains("schedule.jsonl:1: edited: must be"), "{wrong}");
    let elsewhere = import(&home, "classes.jsonl", &json!({"external_id": "yin", "edited": true}).to_string(), &[]);
    assert!(said(&home, elsewhere).contains("classes.jsonl:1: edited: is not a field"));
}

// It lacks its room because that was taken, and somebody changed its capacity; with that set back, nobody has edited it.
#[apply(on_both_engines!)]
fn what_an_occurrence_had_lacked_before_it_was_edited_comes_along(home: Home) {
    home.studio("casa");
    home.studio("copy");
    import(&home, "locations.jsonl", r#"{"name": "Alfama", "id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k"}"#, &[]).done();
    let room = "room_01jdc9x0aetqt8q3yv0gcm1v5k";
    let garden = json!({"name": "Garden", "id": room, "location_id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k"});
    import(&home, "rooms.jsonl", &garden.to_string(), &[]).done();
    let mut class: Value = serde_json::from_str(&yin(&["monday"], "18:30")).expect("a class");
    class["room_id"] = json!(room);
    import(&home, "classes.jsonl", &class.to_string(), &[]).done();
    exported(&home, "casa", "out");
    let mut lines = rows(&home, "schedule");
    for (field, value) in [
        ("room_id", json!(null)),
        ("capacity", json!(5)),
        ("overridden", json!(["capacity", "room_id"])),
        ("gave_way", json!(["room_id"])),
        ("edited", json!(true)),
    ] {
        lines[2][field] = value;
    }
    let text = lines.iter().fold(String::new(), |text, line| text + &line.to_string() + "\n");
    fs::write(home.path("out/schedule.jsonl"), &text).expect("a file");
    home.run(&["import", "--studio", "copy", &home.path("out").display().to_string()]).done();
    assert_eq!(exported(&home, "copy", "again")["schedule.jsonl"], text);
    let path = home.write("schedule.jsonl", &json!({"id": lines[2]["id"], "capacity": null}).to_string());
    home.run(&["import", "--studio", "copy", &path]).done();
    let row = rows_of(&home, "copy", "schedule").remove(2);
    assert_eq!(
        (&row["overridden"], &row["edited"], &row["gave_way"]),
        (&json!(["room_id"]), &json!(false), &json!([]))
    );
}
