//! `PATCH /v1/classes/{classId}`

use serde_json::{Value, json};

use super::{House, TIMETABLE, book, each, effects, id, on_a_sunday, weekly, with};
use crate::{resources::schedule::at, support::studio::on_both_engines};

/// The recurrence of two weekdays.
fn on(days: [&str; 2]) -> Value {
    let slots = days.map(|day| json!({"weekday": day, "start_time": "18:30"}));
    json!({"recurrence": {"starts_on": "2026-01-05", "weekly": slots}})
}

#[apply(on_both_engines!)]
async fn occurrences_follow_except_those_that_were_edited_or_booked(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"capacity": 12}))).await;
    let before = house.occurrences(&class).await;
    house.reschedule(&before[2], json!({"capacity": 3})).await;
    book(&studio, &before[3], 5).await;
    let patch = json!({"recurrence": {"weekly": [{"weekday": "thursday", "start_time": "09:00"}]}});
    let told = house.server.patch(&format!("/v1/classes/{}?dry_run=true", id(&class)), patch.clone()).await.expect(200);
    let unchanged = house.occurrences(&class).await;
    assert_eq!(each(&unchanged, "starts_at"), each(&before, "starts_at"));
    let changed = house.change(&class, patch).await;
    assert_eq!(changed["effects"], told["effects"]);
    assert_eq!(changed["effects"]["kept_ids"], json!([id(&before[2]), id(&before[3])]));
    assert_eq!(changed["version"], 2);
    assert_eq!(changed["effects"], effects(2, 10, 0, 0));
    let after = house.occurrences(&class).await;
    for kept in [&before[2], &before[3]] {
        let now = after.iter().find(|row| row["id"] == kept["id"]).unwrap();
        assert_eq!(now["starts_at"], kept["starts_at"]);
    }
    let moved = after.iter().filter(|row| row["local_start"].as_str().unwrap().ends_with("T09:00"));
    assert_eq!((moved.count(), after.len()), (10, 12));
    assert!(before.iter().all(|row| after.iter().any(|now| now["id"] == row["id"])), "none is lost");
    assert_eq!(house.server.get("/v1/classes").await.rows()[0].get("effects"), None);
}

#[apply(on_both_engines!)]
async fn fewer_times_cancel_and_more_times_create(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), on(["monday", "wednesday"]))).await;
    let fewer =
        house.change(&class, json!({"recurrence": {"weekly": [{"weekday": "monday", "start_time": "18:30"}]}})).await;
    assert_eq!(fewer["effects"], effects(12, 0, 12, 0));
    let after = house.occurrences(&class).await;
    let gone: Vec<_> = after.iter().filter(|row| row["status"] == "cancelled").collect();
    assert_eq!((after.len(), gone.len()), (24, 12));
    assert!(
        gone.iter().all(|row| row["cancel_reason"].is_string() && row["overridden"] == json!(["status"])),
        "{gone:?}"
    );
    let more = house.change(&class, on(["monday", "wednesday"])).await;
    assert_eq!(more["effects"], effects(12, 0, 0, 12));
    let again = house.occurrences(&class).await;
    assert_eq!(again.len(), 24);
    assert!(
        again.iter().all(|row| row["status"] == "scheduled"
            && row["cancel_reason"].is_null()
            && row["overridden"] == json!([]))
    );
}

#[apply(on_both_engines!)]
async fn what_is_shared_follows_and_a_substitute_stays(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let other = id(&house.server.post("/v1/instructors", json!({"display_name": "Bea"})).await.expect(201));
    let class = house.class(with(weekly("monday", "18:30"), json!({"instructor_id": house.instructor}))).await;
    let before = house.occurrences(&class).await;
    let substituted = house.reschedule(&before[1], json!({"instructor_id": other})).await;
    assert_eq!(substituted["overridden"], json!(["instructor_id"]));
    let changed = house.change(&class, json!({"room_id": house.room, "duration_minutes": 75})).await;
    assert_eq!(changed["effects"], effects(1, 11, 0, 0));
    assert_eq!(changed["location_id"], house.location);
    let after = house.occurrences(&class).await;
    assert_eq!((&after[0]["room_id"], &after[0]["version"]), (&json!(house.room), &json!(2)));
    assert_eq!(after[1]["room_id"], Value::Null);
    assert_eq!(after[1]["overridden"], json!(["ends_at", "instructor_id", "location_id", "room_id"]));
    // The same again changes nothing.
    let again = house.change(&class, json!({"duration_minutes": 75, "capacity": null})).await;
    assert_eq!((&again["version"], &again["effects"]["kept_ids"]), (&changed["version"], &json!([])));
    assert_eq!(again["effects"], effects(12, 0, 0, 0));
}

#[apply(on_both_engines!)]
async fn a_change_that_clashes_is_refused_whole(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    house.class(with(weekly("tuesday", "18:30"), json!({"room_id": house.room}))).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"room_id": house.room}))).await;
    let before = house.server.get("/v1/schedule?limit=100").await.rows();
    let path = format!("/v1/classes/{}", id(&class));
    let onto_tuesday = json!({"recurrence": {"weekly": [{"weekday": "tuesday", "start_time": "18:00"}]}});
    house.server.patch(&path, onto_tuesday).await.is_problem(409, "room_conflict");
    assert_eq!(house.server.get("/v1/schedule?limit=100").await.rows(), before);
    assert_eq!(
        house.server.patch(&path, json!({"recurrence": {"starts_on": null}})).await.faults(),
        ["/recurrence/starts_on"]
    );
    house.server.clone().with("if-match", "\"7\"").patch(&path, json!({})).await.is_problem(412, "version_mismatch");
    let theirs = studio.server_of(studio.neighbour().await, TIMETABLE).await;
    theirs.patch(&path, json!({"name": "Mine"})).await.is_problem(404, "not_found");
}

#[apply(on_both_engines!)]
async fn a_room_brings_its_location_along_and_a_location_leaves_the_room(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let housed = house.change(&class, json!({"room_id": house.room})).await;
    assert_eq!(housed["location_id"], house.location);
    let elsewhere = id(&house.server.post("/v1/locations", json!({"name": "Elsewhere"})).await.expect(201));
    let left = house.change(&class, json!({"location_id": elsewhere})).await;
    assert_eq!((&left["location_id"], &left["room_id"]), (&json!(elsewhere), &Value::Null));
    let both = json!({"location_id": elsewhere, "room_id": house.room});
    assert_eq!(house.server.patch(&format!("/v1/classes/{}", id(&class)), both).await.faults(), ["/room_id"]);
}

#[apply(on_both_engines!)]
async fn what_was_moved_forward_and_has_begun_is_not_held_again(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let first = house.occurrences(&class).await[0].clone();
    let soon = (studio.clock.now()).plus(std::time::Duration::from_mins(10)).to_string();
    house.reschedule(&first, json!({"starts_at": soon})).await;
    studio.pass(std::time::Duration::from_mins(20));
    let changed = house.change(&class, json!({"capacity": 9})).await;
    assert_eq!(changed["effects"], effects(0, 11, 0, 0));
    let later =
        house.change(&class, json!({"recurrence": {"weekly": [{"weekday": "tuesday", "start_time": "07:00"}]}})).await;
    assert_eq!(later["effects"], effects(0, 11, 0, 0), "nor at another time of its week");
    let begun = house.server.get(&format!("/v1/schedule?id={}", id(&first))).await.rows()[0].clone();
    assert_eq!((&begun["starts_at"], &begun["overridden"]), (&json!(soon), &json!(["starts_at", "capacity"])));
    studio.lay_out_after(1).await;
    assert_eq!(house.occurrences(&class).await.len(), 12);
}

#[apply(on_both_engines!)]
async fn what_was_moved_out_of_a_start_that_has_passed_takes_no_other_start_of_its_week(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let first = house.occurrences(&class).await[0].clone();
    let thursday = at(&first, "starts_at").plus(std::time::Duration::from_hours(3 * 24)).to_string();
    house.reschedule(&first, json!({"starts_at": thursday})).await;
    // Tuesday: the start that the first one was moved out of has passed.
    studio.pass(std::time::Duration::from_hours(48));
    let slots = json!([{"weekday": "monday", "start_time": "18:30"}, {"weekday": "saturday", "start_time": "10:00"}]);
    let changed = house.change(&class, json!({"recurrence": {"weekly": slots}})).await;
    assert_eq!(changed["effects"], effects(12, 0, 0, 12));
    let week: Vec<_> = house.occurrences(&class).await.into_iter().take(3).collect();
    let times: Vec<_> = week.iter().map(|row| row["planned_start"].as_str().unwrap()[10..].to_owned()).collect();
    assert_eq!(times, ["T18:30", "T10:00", "T18:30"]);
}
