//! A start with other rules of time zones than those that the occurrences were laid out by.

use std::time::Duration;

use flow_gateway::{resources::schedule::zone_rules::fit_all_once, store::instant::Instant};
use serde_json::{Value, json};

use super::at;
use crate::{
    resources::classes::{House, book, each, id, on_a_sunday, weekly, with},
    support::studio::{Studio, on_both_engines},
};

const HOUR: Duration = Duration::from_hours(1);

/// Has an occurrence begin an hour early, as by rules whose clocks are an hour ahead, and says nothing of it.
async fn by_older_rules(studio: &Studio, rows: &[Value]) {
    let mut tx = studio.app.db.begin().await.unwrap();
    for row in rows {
        let [starts_at, ends_at] = ["starts_at", "ends_at"].map(|field| at(row, field).minus(HOUR));
        let text = "update occurrences set starts_at = $2, ends_at = $3 where id = $1";
        tx.on().query(text).bind(id(row)).bind(starts_at).bind(ends_at).execute().await.unwrap();
    }
    tx.on().query("update studios set zone_rules = '1999z'").execute().await.unwrap();
    tx.commit().await.unwrap();
}

async fn fit(studio: &Studio, rules: &str) {
    fit_all_once(&studio.app.db, &studio.clock, &studio.app.turns, rules).await.expect("fitted");
}

fn starts(rows: &[Value]) -> Vec<Instant> {
    rows.iter().map(|row| at(row, "starts_at")).collect()
}

#[apply(on_both_engines!)]
async fn every_occurrence_keeps_the_time_on_the_wall(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"room_id": house.room}))).await;
    let first = house.occurrences(&class).await;
    let moved = json!({"starts_at": at(&first[1], "starts_at").plus(HOUR), "capacity": 4});
    house.reschedule(&first[1], moved).await;
    house.reschedule(&first[2], json!({"instructor_id": house.instructor, "note": "Anna"})).await;
    house.reschedule(&first[4], json!({"status": "cancelled"})).await;
    book(&studio, &first[3], 5).await;
    let before = house.occurrences(&class).await;
    by_older_rules(&studio, &before).await;
    assert_ne!(starts(&house.occurrences(&class).await), starts(&before));
    // Two instances start at once, and one of them does it.
    let other = studio.second_instance().await;
    tokio::join!(fit(&studio, "2026z"), fit(&other, "2026z"));
    let after = house.occurrences(&class).await;
    for field in ["starts_at", "ends_at", "local_start", "overridden", "note", "status", "room_id", "booked_count"] {
        assert_eq!(each(&after, field), each(&before, field), "{field}");
    }
    for (was, is) in before.iter().zip(&after) {
        assert_eq!(is["version"].as_i64(), was["version"].as_i64().map(|version| version + 1), "once");
    }
    fit(&studio, "2026z").await;
    assert_eq!(house.occurrences(&class).await, after, "once more, nothing is left to do");
    // They follow as before: what was edited is still edited, and what was not is not.
    let later =
        json!({"recurrence": {"starts_on": "2026-01-05", "weekly": [{"weekday": "monday", "start_time": "20:00"}]}});
    assert_eq!(
        house.change(&class, later).await["effects"]["kept_ids"],
        json!([id(&first[1]), id(&first[2]), id(&first[3])])
    );
}

#[apply(on_both_engines!)]
async fn what_has_passed_and_what_is_right_stay_as_they_are(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let before = house.occurrences(&class).await;
    studio.pass(Duration::from_hours(8 * 24));
    by_older_rules(&studio, &before[..1]).await;
    fit(&studio, "2026z").await;
    let over = house.server.get(&format!("/v1/schedule?id={}", id(&before[0]))).await.rows().remove(0);
    assert_eq!(at(&over, "starts_at"), at(&before[0], "starts_at").minus(HOUR));
    assert_eq!(house.occurrences(&class).await, before[before.len() - house.occurrences(&class).await.len()..]);
}

#[apply(on_both_engines!)]
async fn where_a_room_is_taken_by_other_rules_what_nobody_edited_gives_way(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"room_id": house.room}))).await;
    let before = house.occurrences(&class).await;
    by_older_rules(&studio, &before[..2]).await;
    // Another class takes the room at the time on the wall.
    let guest = house.class(weekly("monday", "18:30")).await;
    let guests = house.occurrences(&guest).await;
    house.reschedule(&guests[0], json!({"room_id": house.room})).await;
    fit(&studio, "2026z").await;
    let after = house.occurrences(&class).await;
    assert_eq!(starts(&after), starts(&before));
    assert_eq!((&after[0]["room_id"], &after[0]["overridden"]), (&Value::Null, &json!(["room_id"])));
    assert_eq!((&after[1]["room_id"], &after[1]["overridden"]), (&json!(house.room), &json!([])));
}

#[apply(on_both_engines!)]
async fn a_studio_in_a_zone_that_nobody_knows_is_an_error_and_the_others_are_fitted(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let before = house.occurrences(&class).await;
    let neighbour = studio.neighbour().await;
    let theirs = House::with(studio.server_of(neighbour, crate::resources::classes::TIMETABLE).await).await;
    let foreign = theirs.class(weekly("monday", "18:30")).await;
    by_older_rules(&studio, &before).await;
    let mut tx = studio.app.db.begin().await.unwrap();
    for text in [
        "update studios set time_zone = 'Mars/Tharsis' where id = $1",
        "update occurrences set time_zone = 'Mars/Tharsis' where studio_id = $1",
    ] {
        tx.on().query(text).bind(neighbour).execute().await.unwrap();
    }
    tx.commit().await.unwrap();
    let fitted = fit_all_once(&studio.app.db, &studio.clock, &studio.app.turns, "2026z").await;
    assert!(fitted.expect_err("nobody knows that zone").to_string().contains("Mars/Tharsis"));
    assert_eq!(starts(&house.occurrences(&class).await), starts(&before));
    // Nothing is laid out, listed or moved by UTC instead.
    let day = &before[0]["local_start"].as_str().unwrap()[..10];
    theirs.server.get(&format!("/v1/schedule?from={day}")).await.is_problem(500, "internal");
    theirs.server.post("/v1/classes", weekly("monday", "18:30")).await.is_problem(500, "internal");
    theirs
        .server
        .patch(&format!("/v1/classes/{}", id(&foreign)), json!({"capacity": 3}))
        .await
        .is_problem(500, "internal");
}
