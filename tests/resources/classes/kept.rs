//! What becomes of the occurrences that somebody edited or booked, and of the weeks that they are in, when their class
//! changes.

use serde_json::{Value, json};

use super::{House, book, each, id, on_a_sunday, weekly, with};
use crate::support::studio::on_both_engines;

/// A recurrence of these slots.
fn at(slots: &[(&str, &str)]) -> Value {
    let slots: Vec<_> = slots.iter().map(|(weekday, time)| json!({"weekday": weekday, "start_time": time})).collect();
    json!({"recurrence": {"starts_on": "2026-01-05", "weekly": slots}})
}

/// What a change tells that it did.
fn effects(kept: usize, moved: usize, cancelled: usize, created: usize) -> Value {
    json!({"kept": kept, "moved": moved, "cancelled": cancelled, "created": created})
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

on_both_engines! {
    async fn what_it_tells_of_its_class_is_no_edit_of_its_own(studio: Studio) {
        let studio = on_a_sunday(studio).await;
        let house = House::of(&studio).await;
        let class = house.class(with(weekly("tuesday", "18:30"), json!({"room_id": house.room}))).await;
        let before = house.occurrences(&class).await;
        book(&studio, &before[3], 1).await;
        let noted = house.reschedule(&before[4], json!({"note": "Bring a blanket."})).await;
        let kept = [&before[3], &noted].map(id);
        let edits = async || {
            let rows = house.occurrences(&class).await;
            let of = |id: &String| rows.iter().find(|row| row["id"] == id.as_str()).expect("it is there").clone();
            kept.each_ref().map(|id| (of(id)["version"].clone(), of(id)["updated_at"].clone(), of(id)["overridden"].clone()))
        };
        let [booked, edited] = edits().await;
        studio.pass(std::time::Duration::from_secs(1));
        house.change(&class, json!({"capacity": 9})).await;
        house.change(&class, at(&[("tuesday", "18:45")])).await;
        let zone = json!({"time_zone": "Europe/Berlin"});
        house.server.patch(&format!("/v1/locations/{}", house.location), zone).await.expect(200);
        let told = |row: &(Value, Value, Value), overridden: Value| (row.0.clone(), row.1.clone(), overridden);
        assert_eq!(
            edits().await,
            [told(&booked, json!(["starts_at", "capacity"])), told(&edited, json!(["starts_at", "capacity", "note"]))]
        );
    }

    async fn it_stands_for_its_start_and_nothing_is_laid_out_beside_it(studio: Studio) {
        let studio = on_a_sunday(studio).await;
        let house = House::of(&studio).await;
        let class = house.class(with(weekly("tuesday", "18:30"), json!({"room_id": house.room}))).await;
        let before = house.occurrences(&class).await;
        book(&studio, &before[3], 1).await;
        house.reschedule(&before[4], json!({"status": "cancelled", "cancel_reason": "Holiday."})).await;
        let moved = house.reschedule(&before[5], json!({"capacity": 4})).await;
        for (time, day) in [("20:00", "tuesday"), ("18:45", "tuesday"), ("18:45", "friday"), ("18:30", "monday")] {
            let changed = house.change(&class, at(&[(day, time)])).await;
            assert_eq!(changed["effects"], effects(2, 9, 0, 0), "{day} {time}");
            let after = house.occurrences(&class).await;
            assert_eq!((after.len(), dates(&after).len()), (12, 11), "{day} {time}");
            for (kept, overridden) in [(&before[3], json!(["starts_at"])), (&before[4], json!(["starts_at", "status"])), (&moved, json!(["starts_at", "capacity"]))] {
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

    async fn where_a_week_has_no_start_its_row_moves_to_the_nearest_and_a_booked_one_stays(studio: Studio) {
        let studio = on_a_sunday(studio).await;
        let house = House::of(&studio).await;
        let day = |days: u64| studio.clock.now().plus(std::time::Duration::from_hours(24 * days)).to_string()[..10].to_owned();
        let on = |dates: &[u64]| json!({"recurrence": {"starts_on": null, "weekly": [], "dates":
            dates.iter().map(|days| json!({"date": day(*days), "start_time": "10:00"})).collect::<Vec<_>>()}});
        let class = house.class(with(weekly("monday", "09:00"), json!({"recurrence": on(&[2, 16])["recurrence"]}))).await;
        let before = house.occurrences(&class).await;
        book(&studio, &before[0], 1).await;
        // Somebody counts on the first; the new date is there all the same.
        assert_eq!(house.change(&class, on(&[9, 30])).await["effects"], effects(1, 1, 0, 1));
        let after = house.occurrences(&class).await;
        assert_eq!(dates(&after), [day(2), day(9), day(30)]);
        assert_eq!(same(&after, &before[1])["local_start"], format!("{}T10:00", day(9)));
    }

    async fn any_edit_counts_as_one(studio: Studio) {
        let studio = on_a_sunday(studio).await;
        let house = House::of(&studio).await;
        let class = house.class(weekly("monday", "18:30")).await;
        let before = house.occurrences(&class).await;
        let edits = [json!({"external_id": "o-1"}), json!({"metadata": {"a": "b"}}), json!({"note": "Bring a blanket."})];
        for (row, edit) in before.iter().zip(&edits) {
            house.reschedule(row, edit.clone()).await;
        }
        // Neither of these is one.
        house.reschedule(&before[3], json!({})).await;
        house.reschedule(&before[4], json!({"status": "scheduled"})).await;
        assert_eq!(house.change(&class, at(&[("monday", "20:00")])).await["effects"], effects(3, 9, 0, 0));
        let after = house.occurrences(&class).await;
        assert_eq!(each(&after[..3], "starts_at"), each(&before[..3], "starts_at"));
        let fewer = house.change(&class, json!({"recurrence": {"ends_on": &before[0]["local_start"].as_str().unwrap()[..10]}})).await;
        assert_eq!(fewer["effects"], effects(3, 0, 9, 0));
    }

    async fn a_substitute_is_not_forgotten_when_the_class_has_the_same_for_a_while(studio: Studio) {
        let studio = on_a_sunday(studio).await;
        let house = House::of(&studio).await;
        let other = id(&house.server.post("/v1/instructors", json!({"display_name": "Bea"})).await.expect(201));
        let class = house.class(with(weekly("monday", "18:30"), json!({"instructor_id": house.instructor}))).await;
        let date = house.occurrences(&class).await[2].clone();
        house.reschedule(&date, json!({"instructor_id": other})).await;
        assert_eq!(house.change(&class, json!({"instructor_id": other})).await["effects"], effects(1, 11, 0, 0));
        assert_eq!(house.occurrences(&class).await[2]["overridden"], json!([]));
        house.change(&class, json!({"instructor_id": house.instructor})).await;
        let now = house.occurrences(&class).await[2].clone();
        assert_eq!((&now["instructor_id"], &now["overridden"]), (&json!(other), &json!(["instructor_id"])));
    }

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
            rows.iter_mut().for_each(|row| row["updated_at"] = Value::Null);
            rows
        };
        assert_eq!(but_for_changes(house.occurrences(&class).await), but_for_changes(after));
    }
}
