//! Which row a line is about, and what becomes of it.

use std::fs;

use serde_json::{Value, json};

use super::{import, refusal, rows, tally};
use crate::cli::gateway::on_both_engines;

const ANNA: &str = r#"{"external_id": "crm-1", "display_name": "Anna", "bio": "Vinyasa.", "metadata": {"a": "1"}}"#;

#[apply(on_both_engines!)]
fn a_line_with_a_known_external_id_changes_what_it_names_and_keeps_the_rest(home: Home) {
    home.studio("casa");
    assert_eq!(tally(&home, "instructors.jsonl", ANNA, &[]), [1, 0, 0]);
    let before = rows(&home, "instructors");
    assert_eq!(tally(&home, "instructors.jsonl", ANNA, &[]), [0, 0, 1]);
    assert_eq!(rows(&home, "instructors"), before, "nothing is an edit that changes nothing");
    let lines =
        "{\"external_id\": \"crm-1\", \"position\": 3, \"metadata\": {\"b\": \"2\"}}\n\n{\"display_name\": \"Ben\"}\n";
    assert_eq!(tally(&home, "instructors.jsonl", lines, &[]), [1, 1, 0]);
    let row = rows(&home, "instructors").remove(0);
    assert_eq!((&row["id"], &row["version"], &row["bio"]), (&before[0]["id"], &json!(2), &json!("Vinyasa.")));
    assert_eq!((&row["position"], &row["metadata"]), (&json!(3), &json!({"a": "1", "b": "2"})));
    tally(&home, "instructors.jsonl", r#"{"external_id": "crm-1", "bio": null}"#, &[]);
    assert_eq!(rows(&home, "instructors")[0]["bio"], Value::Null);
}

#[apply(on_both_engines!)]
fn a_line_with_a_known_id_is_that_row_and_one_with_an_unknown_id_gets_it(home: Home) {
    home.studio("casa");
    let line = r#"{"id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k", "version": 7, "created_at": "2020-01-31T18:00:00Z", "display_name": "Anna"}"#;
    assert_eq!(tally(&home, "instructors.jsonl", line, &[]), [1, 0, 0]);
    let row = rows(&home, "instructors").remove(0);
    assert_eq!((&row["id"], &row["version"]), (&json!("ins_01jdc9x0aetqt8q3yv0gcm1v5k"), &json!(7)));
    assert_eq!(
        (&row["created_at"], &row["updated_at"]),
        (&json!("2020-01-31T18:00:00.000000Z"), &json!("2020-01-31T18:00:00.000000Z"))
    );
    let line =
        r#"{"id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k", "version": 3, "display_name": "Anna B.", "external_id": "a"}"#;
    assert_eq!(tally(&home, "instructors.jsonl", line, &[]), [0, 1, 0]);
    assert_eq!(rows(&home, "instructors")[0]["version"], 8, "a version never comes back");
    let other = r#"{"id": "ins_01jdc9x0aetqt8q3yv0gcm1v5m", "display_name": "Ben", "external_id": "a"}"#;
    assert!(refusal(&home, "instructors.jsonl", other).contains("instructors.jsonl:1: external_id: is taken"));
}

#[apply(on_both_engines!)]
fn a_new_class_is_laid_out_unless_its_occurrences_come_along(home: Home) {
    home.studio("casa");
    let class = r#"{"name": "Yin", "external_id": "yin", "duration_minutes": 60,
            "recurrence": {"starts_on": "2026-01-05", "weekly": [{"weekday": "monday", "start_time": "18:30"}]}}"#
        .replace('\n', " ");
    let told = import(&home, "classes.jsonl", &class, &["--json"]).json();
    assert_eq!(told["occurrences_laid_out"], rows(&home, "schedule").len());
    assert!((11..=13).contains(&rows(&home, "schedule").len()));
    let first = rows(&home, "schedule");
    // A class that changes takes its occurrences along, as it does on Management.
    tally(&home, "classes.jsonl", r#"{"external_id": "yin", "capacity": 9}"#, &[]);
    assert!(rows(&home, "schedule").iter().all(|row| row["capacity"] == 9));
    assert_eq!(rows(&home, "schedule").len(), first.len());
}

#[apply(on_both_engines!)]
fn a_dry_run_tells_what_it_would_do_and_does_nothing(home: Home) {
    home.studio("casa");
    import(&home, "instructors.jsonl", ANNA, &[]).done();
    let before = rows(&home, "instructors");
    let lines =
        format!("{ANNA}\n{}\n{}", r#"{"display_name": "Ben"}"#, r#"{"display_name": "Cem"}"#).replace("Vinyasa", "Yin");
    let ended = import(&home, "instructors.jsonl", &lines, &["--dry-run", "--json"]);
    assert_eq!(
        ended.json(),
        json!({"studio": home.run(&["studio", "show", "casa", "--json"]).json()["id"], "dry_run": true,
        "files": [{"resource": "instructors", "file": home.path("instructors.jsonl").display().to_string(), "created": 2, "changed": 1, "unchanged": 0,
            "lines": [{"line": 1, "id": before[0]["id"], "overrides": ["bio"], "keeps": []}]}],
        "occurrences_laid_out": 0})
    );
    assert_eq!(rows(&home, "instructors"), before);
    let ended = import(&home, "instructors.jsonl", &lines, &["--dry-run"]);
    assert!(ended.err.contains("dry run"), "{ended:?}");
    assert!(ended.done().contains("instructors  2        1"));
    import(&home, "instructors.jsonl", r#"{"display_name": ""}"#, &["--dry-run"]).fails(1);
}

#[apply(on_both_engines!)]
fn a_schedule_of_one_class_leaves_the_occurrences_of_another(home: Home) {
    home.studio("casa");
    let class = |name: &str, id: &str, version: u8| {
        json!({"id": id, "version": version, "name": name, "duration_minutes": 60,
        "recurrence": {"starts_on": "2026-01-05", "weekly": [{"weekday": "monday", "start_time": "07:00"}]}})
        .to_string()
    };
    let (one, other) = ("cls_01jdc9x0aetqt8q3yv0gcm1v5k", "cls_01jdc9x0aetqt8q3yv0gcm1v5m");
    tally(&home, "classes.jsonl", &format!("{}\n{}", class("One", one, 1), class("Other", other, 1)), &[]);
    let of =
        |class: &str| rows(&home, "schedule").into_iter().filter(|row| row["class_id"] == class).collect::<Vec<_>>();
    let (before, mut came) = (of(one), of(other).remove(0));
    came["version"] = json!(2);
    came["note"] = json!("Bring a blanket");
    let directory = home.path("newer");
    fs::create_dir(&directory).expect("a directory");
    fs::write(directory.join("classes.jsonl"), class("One, renamed", one, 2)).expect("a file");
    fs::write(directory.join("schedule.jsonl"), came.to_string()).expect("a file");
    home.run(&["import", "--studio", "casa", &directory.display().to_string()]).done();
    assert_eq!(of(one), before);
    assert_eq!(of(other)[0]["note"], "Bring a blanket");
}

#[apply(on_both_engines!)]
fn a_room_stays_in_its_location(home: Home) {
    home.studio("casa");
    let (here, there) = ("loc_01jdc9x0aetqt8q3yv0gcm1v5k", "loc_01jdc9x0aetqt8q3yv0gcm1v5m");
    tally(
        &home,
        "locations.jsonl",
        &format!("{}\n{}", json!({"id": here, "name": "Here"}), json!({"id": there, "name": "There"})),
        &[],
    );
    let room = |location: &str, version: u8| {
        json!({"id": "room_01jdc9x0aetqt8q3yv0gcm1v5k", "version": version, "name": "Attic", "location_id": location})
            .to_string()
    };
    tally(&home, "rooms.jsonl", &room(here, 1), &[]);
    for elsewhere in [there, "loc_01jdc9x0aetqt8q3yv0gcm1v5n"] {
        assert!(refusal(&home, "rooms.jsonl", &room(elsewhere, 9)).contains("rooms.jsonl:1: location_id: "));
    }
    assert_eq!(rows(&home, "rooms")[0]["location_id"], here);
}
