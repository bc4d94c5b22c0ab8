//! What becomes of the occurrences that somebody edited or booked, and of the weeks that they are in, when their class
//! changes.

use flow_gateway::store::db::Engine;
use serde_json::{Value, json};

use super::{House, book, each, effects, id, on_a_sunday, weekly, with};
use crate::support::studio::on_both_engines;

/// A recurrence of these slots.
fn at(slots: &[(&str, &str)]) -> Value {
    let slots: Vec<_> = slots.iter().map(|(weekday, time)| json!({"weekday": weekday, "start_time": time})).collect();
    json!({"recurrence": {"starts_on": "2026-01-05", "weekly": slots}})
}

/// The row with the same id.
fn same<'r>(rows: &'r [Value], row: &Value) -> &'r Value {
    rows.iter().find(|now| now["id"] == row["id"]).expect("it is still there")
}

/// The local days on which they take place.
fn dates(rows: &[Value]) -> Vec<String> {
    let scheduled = rows.iter().filter(|row| row["status"] == "scheduled");
    scheduled.map(|row| row["local_start"].as_str().unwrap()[..10].to_owned()).collect()
}

#[apply(on_both_engines!)]
async fn what_it_tells_of_its_class_is_no_edit_of_its_own(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("tuesday", "18:30"), json!({"room_id": house.room}))).await;
    let before = house.occurrences(&class).await;
    book(&studio, &before[3], 1).await;
    let taught = house.reschedule(&before[4], json!({"instructor_id": house.instructor})).await;
    let kept = [&before[3], &taught].map(id);
    let edits = async || {
        let rows = house.occurrences(&class).await;
        let of = |id: &String| rows.iter().find(|row| row["id"] == id.as_str()).expect("it is there").clone();
        kept.each_ref().map(|id| (of(id)["version"].clone(), of(id)["overridden"].clone()))
    };
    let [booked, edited] = edits().await;
    studio.pass(std::time::Duration::from_secs(1));
    house.change(&class, json!({"capacity": 9})).await;
    house.change(&class, at(&[("tuesday", "18:45")])).await;
    let zone = json!({"time_zone": "Europe/Berlin"});
    house.server.patch(&format!("/v1/locations/{}", house.location), zone).await.expect(200);
    let told = |row: &(Value, Value), overridden: Value| (row.0.clone(), overridden);
    assert_eq!(
        edits().await,
        [
            told(&booked, json!(["starts_at", "capacity"])),
            told(&edited, json!(["starts_at", "instructor_id", "capacity"]))
        ]
    );
}

#[apply(on_both_engines!)]
async fn it_stands_for_its_start_and_nothing_is_laid_out_beside_it(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("tuesday", "18:30"), json!({"room_id": house.room}))).await;
    let before = house.occurrences(&class).await;
    book(&studio, &before[3], 1).await;
    house.reschedule(&before[4], json!({"status": "cancelled", "cancel_reason": "Holiday."})).await;
    let moved = house.reschedule(&before[5], json!({"capacity": 4})).await;
    for time in ["20:00", "18:45"] {
        let changed = house.change(&class, at(&[("tuesday", time)])).await;
        assert_eq!(changed["effects"], effects(2, 9, 0, 0), "{time}");
        assert_eq!(changed["effects"]["kept_ids"], json!([id(&before[3]), id(&moved)]));
        let after = house.occurrences(&class).await;
        assert_eq!((after.len(), dates(&after).len()), (12, 11), "{time}");
        for (kept, overridden) in [
            (&before[3], json!(["starts_at"])),
            (&before[4], json!(["starts_at", "status"])),
            (&moved, json!(["starts_at", "capacity"])),
        ] {
            let now = same(&after, kept);
            assert_eq!((&now["starts_at"], &now["overridden"]), (&kept["starts_at"], &overridden), "{now}");
            assert!(now["planned_start"].as_str().unwrap().ends_with(time), "{now}");
        }
    }
    let back = house.change(&class, at(&[("tuesday", "18:30")])).await;
    assert_eq!(back["effects"], effects(2, 9, 0, 0));
    let after = house.occurrences(&class).await;
    assert_eq!(each(&after, "starts_at"), each(&before, "starts_at"));
    assert_eq!((&after[3]["overridden"], &after[4]["overridden"]), (&json!([]), &json!(["status"])));
    // And the weeks ahead know nothing of it.
    studio.lay_out_after(2).await;
    assert_eq!(house.occurrences(&class).await.len(), 12);
}

#[apply(on_both_engines!)]
async fn every_row_moves_within_its_week(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "09:00")).await;
    let before = house.occurrences(&class).await;
    let changed = house.change(&class, at(&[("monday", "10:00"), ("friday", "09:00")])).await;
    assert_eq!(changed["effects"], effects(0, 12, 0, 12));
    let after = house.occurrences(&class).await;
    for was in &before {
        let expected = was["local_start"].as_str().unwrap().replace("T09:00", "T10:00");
        assert_eq!(same(&after, was)["local_start"], expected);
    }
    let fewer = house.change(&class, at(&[("friday", "11:00")])).await;
    assert_eq!(fewer["effects"], effects(0, 12, 12, 0));
    let then = house.occurrences(&class).await;
    assert!(before.iter().all(|was| same(&then, was)["status"] == "cancelled"), "the Fridays' own rows moved");
}

#[apply(on_both_engines!)]
async fn where_a_week_has_no_start_its_row_moves_to_the_nearest_and_a_booked_one_stays(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let day =
        |days: u64| studio.clock.now().plus(std::time::Duration::from_hours(24 * days)).to_string()[..10].to_owned();
    let on = |dates: &[u64]| {
        json!({"recurrence": {"starts_on": null, "weekly": [], "dates":
        dates.iter().map(|days| json!({"date": day(*days), "start_time": "10:00"})).collect::<Vec<_>>()}})
    };
    let class = house.class(with(weekly("monday", "09:00"), json!({"recurrence": on(&[2, 16])["recurrence"]}))).await;
    let before = house.occurrences(&class).await;
    book(&studio, &before[0], 1).await;
    // Somebody counts on the first; the new date is there all the same.
    assert_eq!(house.change(&class, on(&[9, 30])).await["effects"], effects(1, 1, 0, 1));
    let after = house.occurrences(&class).await;
    assert_eq!(dates(&after), [day(2), day(9), day(30)]);
    assert_eq!(same(&after, &before[1])["local_start"], format!("{}T10:00", day(9)));
}

#[apply(on_both_engines!)]
async fn what_is_called_off_by_hand_counts_for_its_day_alone(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("tuesday", "18:30")).await;
    let before = house.occurrences(&class).await;
    let off = house.reschedule(&before[4], json!({"status": "cancelled", "cancel_reason": "Holiday."})).await;
    let both = house.change(&class, at(&[("tuesday", "18:30"), ("thursday", "18:30")])).await;
    assert_eq!(both["effects"], effects(11, 0, 0, 12));
    for (day, created) in [("friday", 0), ("monday", 0)] {
        assert_eq!(house.change(&class, at(&[(day, "18:30")])).await["effects"]["created"], created, "{day}");
        let after = house.occurrences(&class).await;
        assert_eq!(dates(&after).len(), 12, "every week has its {day}");
        let now = same(&after, &off);
        assert_eq!(
            (&now["status"], &now["planned_start"], &now["overridden"]),
            (&off["status"], &off["planned_start"], &json!(["status"]))
        );
    }
    // Back on its day, it is still called off.
    house.change(&class, at(&[("tuesday", "20:00")])).await;
    let after = house.occurrences(&class).await;
    assert_eq!((dates(&after).len(), &same(&after, &off)["status"]), (11, &off["status"]));
}

#[apply(on_both_engines!)]
async fn what_a_studio_notes_for_itself_is_no_edit_and_stays(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let before = house.occurrences(&class).await;
    let edits = [
        json!({"external_id": "o-1"}),
        json!({"metadata": {"calendar": "ev1"}}),
        json!({"note": "Bring a blanket."}),
        json!({}),
    ];
    for (row, edit) in before.iter().zip(&edits) {
        assert_eq!(house.reschedule(row, edit.clone()).await["overridden"], json!([]));
    }
    let changed = house.change(&class, at(&[("monday", "19:00")])).await;
    assert_eq!((changed["effects"]["moved"].clone(), changed["effects"]["kept_ids"].clone()), (json!(12), json!([])));
    let after = house.occurrences(&class).await;
    let noted = (&after[0]["external_id"], &after[1]["metadata"], &after[2]["note"]);
    assert_eq!(noted, (&edits[0]["external_id"], &edits[1]["metadata"], &edits[2]["note"]));
}

#[apply(on_both_engines!)]
async fn what_is_set_back_to_what_the_class_plans_follows_again(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"capacity": 10}))).await;
    let before = house.occurrences(&class).await;
    let other = json!({"starts_at": before[0]["starts_at"].as_str().unwrap().replace(":30:", ":45:")});
    let edits = [
        other,
        json!({"status": "cancelled", "cancel_reason": "Flu."}),
        json!({"capacity": 4}),
        json!({"instructor_id": house.instructor}),
        json!({"room_id": house.room}),
        json!({"ends_at": before[5]["ends_at"].as_str().unwrap().replace(":30:", ":45:")}),
    ];
    for (row, edit) in before.iter().zip(&edits) {
        assert_ne!(house.reschedule(row, edit.clone()).await["overridden"], json!([]), "{edit}");
    }
    let all = house.change(&class, json!({"capacity": 12})).await;
    assert_eq!(
        all["effects"]["kept_ids"],
        json!(each(&before[..1], "id").into_iter().chain(each(&before[2..6], "id")).collect::<Vec<_>>())
    );
    for (row, edit) in before.iter().zip(&edits) {
        let mut back: serde_json::Map<_, _> =
            edit.as_object().unwrap().keys().map(|field| (field.clone(), row[field].clone())).collect();
        back.extend([("location_id".to_owned(), Value::Null), ("capacity".to_owned(), json!(12))]);
        assert_eq!(house.reschedule(row, json!(back)).await["overridden"], json!([]), "{edit}");
    }
    let moved = house.change(&class, at(&[("monday", "20:00")])).await;
    assert_eq!((moved["effects"]["moved"].clone(), moved["effects"]["kept_ids"].clone()), (json!(12), json!([])));
}

#[apply(on_both_engines!)]
async fn what_its_class_comes_to_equal_follows_again(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let other = id(&house.server.post("/v1/instructors", json!({"display_name": "Bea"})).await.expect(201));
    let class = house.class(with(weekly("monday", "18:30"), json!({"instructor_id": house.instructor}))).await;
    let date = house.occurrences(&class).await[2].clone();
    house.reschedule(&date, json!({"instructor_id": other})).await;
    let taken_over = house.change(&class, json!({"instructor_id": other})).await;
    assert_eq!(taken_over["effects"], effects(1, 11, 0, 0));
    assert_eq!(taken_over["effects"]["kept_ids"], json!([]), "nothing is left of what was changed by hand");
    assert_eq!(house.occurrences(&class).await[2]["overridden"], json!([]));
    assert_eq!(house.change(&class, at(&[("monday", "20:00")])).await["effects"], effects(0, 12, 0, 0));
    house.change(&class, json!({"instructor_id": house.instructor})).await;
    let now = house.occurrences(&class).await[2].clone();
    assert_eq!((&now["instructor_id"], &now["overridden"]), (&json!(house.instructor), &json!([])));
}

#[apply(on_both_engines!)]
async fn what_an_older_database_marked_as_edited_and_equals_its_plan_follows_again(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let before = house.occurrences(&class).await;
    let mut tx = studio.app.db.begin().await.unwrap();
    for (row, overridden) in before.iter().zip([json!([]), json!(["note"]), json!(["capacity", "note"])]) {
        let told = match tx.on().engine() {
            Engine::Sqlite => "$2",
            Engine::Postgres => "cast($2 as jsonb)",
        };
        let text = format!("update occurrences set edited = true, note = 'Old.', overridden = {told} where id = $1");
        tx.on().query(text).bind(id(row)).bind(overridden.to_string()).execute().await.unwrap();
    }
    let step = match tx.on().engine() {
        Engine::Sqlite => include_str!("../../../migrations/sqlite/0010_edits_and_zone_rules.sql"),
        Engine::Postgres => include_str!("../../../migrations/postgres/0010_edits_and_zone_rules.sql"),
    };
    for text in step.split(';').filter(|text| text.contains("update occurrences")) {
        tx.on().query(text).execute().await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(each(&house.occurrences(&class).await[..3], "overridden"), [json!([]), json!([]), json!(["capacity"])]);
    let changed = house.change(&class, at(&[("monday", "20:00")])).await;
    assert_eq!(changed["effects"]["kept_ids"], json!([id(&before[2])]));
}

#[apply(on_both_engines!)]
async fn an_excepted_day_names_the_occurrence_that_somebody_edited(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let before = house.occurrences(&class).await;
    house.reschedule(&before[2], json!({"capacity": 4})).await;
    let holidays = |days: &[usize]| {
        let days: Vec<_> =
            days.iter().map(|day| before[*day]["local_start"].as_str().unwrap()[..10].to_owned()).collect();
        json!({"recurrence": {"except_on": days}})
    };
    let path = format!("/v1/classes/{}?dry_run=true", id(&class));
    let told = house.server.patch(&path, holidays(&[2, 4])).await.expect(200);
    let changed = house.change(&class, holidays(&[2, 4])).await;
    assert_eq!(changed["effects"], told["effects"]);
    assert_eq!(changed["effects"], effects(11, 0, 1, 0));
    assert_eq!(changed["effects"]["kept_ids"], json!([id(&before[2])]));
    let after = house.occurrences(&class).await;
    assert_eq!(
        (&after[2]["status"], &after[2]["overridden"]),
        (&json!("scheduled"), &json!(["starts_at", "capacity"]))
    );
    // The holidays are taken back: what was called off is there again, and what was kept is where it belongs.
    let back = house.change(&class, holidays(&[])).await;
    assert_eq!(back["effects"], effects(11, 0, 0, 1));
    assert_eq!(house.occurrences(&class).await[2]["overridden"], json!(["capacity"]));
}

#[apply(on_both_engines!)]
async fn a_class_that_is_moved_later_is_not_held_twice_on_one_day(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("sunday", "18:30")).await;
    let first = house.occurrences(&class).await[0].clone();
    let since = crate::resources::schedule::at(&first, "starts_at").micros() - studio.clock.now().micros();
    // Half of today's session is over.
    studio.pass(std::time::Duration::from_micros(u64::try_from(since).unwrap()) + std::time::Duration::from_mins(30));
    assert_eq!(house.change(&class, at(&[("sunday", "20:00")])).await["effects"], effects(0, 11, 0, 0));
    studio.lay_out_after(0).await;
    let day = &first["local_start"].as_str().unwrap()[..10];
    let today = house.server.get(&format!("/v1/schedule?from={day}&to={day}")).await.rows();
    assert_eq!(each(&today, "starts_at"), [first["starts_at"].clone()]);
    assert_eq!(today[0]["version"], 1);
    // A second time of the same day is another one, and another weekday is, too.
    let twice = house.change(&class, at(&[("sunday", "20:00"), ("sunday", "21:30"), ("saturday", "10:00")])).await;
    assert_eq!(twice["effects"]["created"], 24, "{}", twice["effects"]);
}

#[apply(on_both_engines!)]
async fn a_change_that_occurrences_take_nothing_from_leaves_them_alone(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"room_id": house.room}))).await;
    let before = house.occurrences(&class).await;
    house.reschedule(&before[1], json!({"status": "cancelled"})).await;
    let after = house.occurrences(&class).await;
    let renamed = house.change(&class, json!({"name": "Renamed", "tags": ["New"], "level": "advanced"})).await;
    assert_eq!(renamed["effects"], effects(11, 0, 0, 0));
    assert_eq!(house.occurrences(&class).await, after);
    // Other people see them from now on: whoever follows the schedule is told, and nothing else is different.
    let hidden = house.change(&class, json!({"visibility": "hidden"})).await;
    assert_eq!(hidden["effects"], effects(11, 0, 0, 0));
    let but_for_changes = |mut rows: Vec<Value>| {
        for row in &mut rows {
            row["updated_at"] = Value::Null;
        }
        rows
    };
    assert_eq!(but_for_changes(house.occurrences(&class).await), but_for_changes(after));
}
