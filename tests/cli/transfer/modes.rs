//! The two modes of an import: an export moves into a new studio as it stands, and into any other a line creates or changes
//! a row by Management's rules.

use std::fs;

use serde_json::{Value, json};

use super::{exported, import, rows, rows_of, said, tally};
use crate::cli::gateway::{Home, on_both_engines};

const ANNA: &str = "ins_01jdc9x0aetqt8q3yv0gcm1v5k";
const BEN: &str = "ins_01jdc9x0aetqt8q3yv0gcm1v5m";

/// A line of an instructor who was changed six times, long ago.
fn line(id: &str, name: &str) -> String {
    json!({"id": id, "version": 7, "created_at": "2020-01-31T18:00:00Z", "updated_at": "2020-02-01T18:00:00Z", "display_name": name})
        .to_string()
}

fn said_of(row: &Value) -> [Value; 3] {
    ["version", "created_at", "updated_at"].map(|field| row[field].clone())
}

#[apply(on_both_engines!)]
fn a_line_creates_a_row_as_it_stands_in_a_new_studio_and_as_management_would_in_another(home: Home) {
    home.studio("casa");
    import(&home, "instructors.jsonl", &line(ANNA, "Anna"), &[]).done();
    let wanted = [json!(7), json!("2020-01-31T18:00:00.000000Z"), json!("2020-02-01T18:00:00.000000Z")];
    assert_eq!(said_of(&rows(&home, "instructors")[0]), wanted);
    import(&home, "instructors.jsonl", &line(BEN, "Ben"), &[]).done();
    let ben = rows(&home, "instructors").remove(1);
    let [version, created_at, updated_at] = said_of(&ben);
    assert_eq!((&ben["id"], version), (&json!(BEN), json!(1)));
    assert!(created_at.as_str() > Some("2026") && updated_at.as_str() > Some("2026"), "{ben}");
    // A row of any other resource makes it a studio with rows.
    let plan = json!({"id": "pln_01jdc9x0aetqt8q3yv0gcm1v5k", "version": 7, "name": "Monthly", "price": {"amount": 1, "currency": "EUR"}});
    import(&home, "plans.jsonl", &plan.to_string(), &[]).done();
    assert_eq!(rows(&home, "plans")[0]["version"], 1);
}

#[apply(on_both_engines!)]
fn a_line_of_a_known_row_makes_its_next_version_now_or_nothing(home: Home) {
    home.studio("casa");
    import(&home, "instructors.jsonl", &line(ANNA, "Anna"), &[]).done();
    let before = rows(&home, "instructors");
    assert_eq!(tally(&home, "instructors.jsonl", &line(ANNA, "Anna"), &[]), [0, 0, 1]);
    assert_eq!(rows(&home, "instructors"), before);
    let later = line(ANNA, "Anna B.").replace("\"version\":7", "\"version\":90");
    assert_eq!(tally(&home, "instructors.jsonl", &later, &[]), [0, 1, 0]);
    let [version, created_at, updated_at] = said_of(&rows(&home, "instructors")[0]);
    assert_eq!((version, &created_at), (json!(8), &before[0]["created_at"]));
    assert!(updated_at.as_str() > Some("2026"), "{updated_at}");
}

#[apply(on_both_engines!)]
fn occurrences_come_along_into_a_new_studio_alone(home: Home) {
    home.studio("casa");
    home.studio("other");
    let weekly = [json!({"weekday": "monday", "start_time": "18:30"})];
    let class =
        json!({"name": "Yin", "duration_minutes": 60, "recurrence": {"starts_on": "2026-01-05", "weekly": weekly}});
    import(&home, "classes.jsonl", &class.to_string(), &[]).done();
    exported(&home, "casa", "out");
    let anna = home.write("instructors.jsonl", &line(ANNA, "Anna"));
    home.run(&["import", "--studio", "other", &anna]).done();
    let before = exported(&home, "other", "before");
    let told = said(&home, home.run(&["import", "--studio", "other", &home.path("out").display().to_string()]));
    assert!(told.contains("schedule.jsonl:1: id: names no occurrence of this studio"), "{told}");
    assert_eq!(told.matches("schedule.jsonl").count(), 1, "one fault for the whole file: {told}");
    assert!(told.contains("more lines"), "{told}");
    assert_eq!(exported(&home, "other", "after"), before);
    // Without them, the class lays out its own.
    fs::remove_file(home.path("out/schedule.jsonl")).expect("removed");
    home.run(&["import", "--studio", "other", &home.path("out").display().to_string()]).done();
    assert_eq!(rows_of(&home, "other", "schedule").len(), rows(&home, "schedule").len());
}

#[apply(on_both_engines!)]
fn exports_of_before_are_read(home: Home) {
    let first = Home::on_sqlite();
    first.studio("casa");
    home.studio("casa");
    let weekly = [json!({"weekday": "monday", "start_time": "18:30"})];
    let class =
        json!({"name": "Yin", "duration_minutes": 60, "recurrence": {"starts_on": "2026-01-05", "weekly": weekly}});
    import(&first, "classes.jsonl", &class.to_string(), &[]).done();
    let files = exported(&first, "casa", "out");
    let older = files["schedule.jsonl"].replace(",\"gave_way\":[],\"edited\":false", "");
    assert_ne!(older, files["schedule.jsonl"]);
    fs::write(first.path("out/schedule.jsonl"), older).expect("a file");
    home.run(&["import", "--studio", "casa", &first.path("out").display().to_string()]).done();
    assert_eq!(exported(&home, "casa", "again"), files);
}
