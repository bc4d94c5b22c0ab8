//! `PATCH /v1/schedule/{occurrenceId}`

use std::time::Duration;

use serde_json::{Value, json};

use super::at;
use crate::{
    resources::classes::{House, book, id, on_a_sunday, weekly, with},
    support::studio::{on_both_engines, within},
};

/// So many minutes later than a row begins.
fn later(row: &Value, minutes: u64) -> String {
    at(row, "starts_at").plus(Duration::from_mins(minutes)).to_string()
}

#[apply(on_both_engines!)]
async fn the_end_moves_along_unless_it_is_given(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let first = house.occurrences(&class).await[0].clone();
    let moved = house.reschedule(&first, json!({"starts_at": later(&first, 30)})).await;
    assert_eq!(at(&moved, "ends_at"), at(&first, "ends_at").plus(Duration::from_mins(30)));
    assert!(moved["local_start"].as_str().unwrap().ends_with("T19:00"));
    assert_eq!(
        (&moved["planned_start"], &moved["overridden"], &moved["version"]),
        (&first["planned_start"], &json!(["starts_at"]), &json!(2))
    );
    let longer = house.reschedule(&first, json!({"ends_at": later(&first, 120)})).await;
    assert_eq!((&longer["starts_at"], &longer["overridden"]), (&moved["starts_at"], &json!(["starts_at", "ends_at"])));
    let back = house.reschedule(&first, json!({"starts_at": first["starts_at"], "ends_at": first["ends_at"]})).await;
    assert_eq!(back["overridden"], json!([]));
    let path = format!("/v1/schedule/{}", id(&first));
    for minutes in [0, 4, 721] {
        assert_eq!(house.server.patch(&path, json!({"ends_at": later(&first, minutes)})).await.faults(), ["/ends_at"]);
    }
    let faults = house.server.patch(&path, json!({"class_id": "cls_01jdc9x0aetqt8q3yv0gcm1v5k", "booked_count": 3, "starts_at": "soon", "capacity": 0, "overridden": ["capacity"]})).await.faults();
    assert_eq!(faults, ["/booked_count", "/capacity", "/class_id", "/overridden", "/starts_at"]);
    assert_eq!(
        house
            .server
            .patch(
                &path,
                json!({"room_id": "room_01jdc9x0aetqt8q3yv0gcm1v5k", "instructor_id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k"})
            )
            .await
            .faults(),
        ["/instructor_id", "/room_id"]
    );
}

#[apply(on_both_engines!)]
async fn a_substitute_and_a_room_are_told_as_overridden_and_a_note_is_not(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"capacity": 10}))).await;
    let first = house.occurrences(&class).await[0].clone();
    let patch = json!({"instructor_id": house.instructor, "room_id": house.room, "capacity": 20, "note": "Upstairs.", "external_id": "o-1"});
    let changed = house.reschedule(&first, patch).await;
    assert_eq!(changed["location_id"], house.location);
    assert_eq!(changed["overridden"], json!(["instructor_id", "location_id", "room_id", "capacity"]));
    assert_eq!(house.server.get("/v1/schedule?external_id=o-1").await.rows(), [changed]);
    let told = house
        .server
        .patch(&format!("/v1/schedule/{}?dry_run=true", id(&first)), json!({"note": null}))
        .await
        .expect(200);
    assert_eq!((&told["result"]["note"], &told["effects"]), (&Value::Null, &json!({"bookings_cancelled": 0})));
}

#[apply(on_both_engines!)]
async fn the_capacity_holds_those_who_have_booked(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"capacity": 10}))).await;
    let first = house.occurrences(&class).await[0].clone();
    book(&studio, &first, 6).await;
    let path = format!("/v1/schedule/{}", id(&first));
    house.server.patch(&path, json!({"capacity": 5})).await.is_problem(409, "capacity_below_booked");
    house
        .server
        .patch(&path, json!({"capacity": 5, "instructor_id": house.instructor}))
        .await
        .is_problem(409, "capacity_below_booked");
    assert_eq!(house.reschedule(&first, json!({"capacity": 6})).await["capacity"], 6);
    assert_eq!(house.reschedule(&first, json!({"capacity": null})).await["capacity"], Value::Null);
}

#[apply(on_both_engines!)]
async fn what_is_overbooked_is_changed_in_all_but_a_lower_capacity(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"capacity": 10}))).await;
    let first = house.occurrences(&class).await[0].clone();
    book(&studio, &first, 14).await;
    let path = format!("/v1/schedule/{}", id(&first));
    for edit in [
        json!({"instructor_id": house.instructor}),
        json!({"starts_at": later(&first, 15)}),
        json!({"note": "Full."}),
        json!({"capacity": 10, "room_id": house.room}),
        json!({"status": "cancelled"}),
        json!({"status": "scheduled"}),
        json!({"capacity": 12}),
    ] {
        house.reschedule(&first, edit).await;
    }
    house.server.patch(&path, json!({"capacity": 11})).await.is_problem(409, "capacity_below_booked");
    let website = studio.website().await;
    assert_eq!(website.get(&format!("/v1/schedule?id={}", id(&first))).await.rows()[0]["spots_left"], 0);
    house.reschedule(&first, json!({"capacity": null})).await;
    house.server.patch(&path, json!({"capacity": 13})).await.is_problem(409, "capacity_below_booked");
}

#[apply(on_both_engines!)]
async fn a_room_takes_no_more_than_it_holds(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let room = format!("/v1/locations/{}/rooms/{}", house.location, house.room);
    let class = house.class(with(weekly("monday", "18:30"), json!({"capacity": 10, "room_id": house.room}))).await;
    let first = house.occurrences(&class).await[0].clone();
    book(&studio, &first, 3).await;
    let website = studio.website().await;
    let told = async || {
        let query = format!("/v1/schedule?id={}", id(&first));
        let (ours, public) =
            (house.server.get(&query).await.rows().remove(0), website.get(&query).await.rows().remove(0));
        (ours["capacity"].clone(), ours["effective_capacity"].clone(), public["spots_left"].clone())
    };
    assert_eq!(told().await, (json!(10), json!(10), json!(7)));
    for (holds, effective, left) in [
        (json!(8), json!(8), json!(5)),
        (json!(3), json!(3), json!(0)),
        (json!(30), json!(10), json!(7)),
        (json!(null), json!(10), json!(7)),
    ] {
        let since = studio.clock.now();
        studio.pass(Duration::from_secs(1));
        house.server.patch(&room, json!({"capacity": holds})).await.expect(200);
        assert_eq!(told().await, (json!(10), effective, left), "{holds}");
        // Whoever follows the changes is told: on PostgreSQL, once all that began before has ended, also elsewhere on the server.
        within(Duration::from_secs(20), async || {
            let changed = house
                .server
                .get(&format!("/v1/schedule?limit=100&updated_since={}", since.plus(Duration::from_millis(1))))
                .await
                .rows();
            changed.iter().any(|row| row["id"] == first["id"] && row["version"] == first["version"])
        })
        .await;
    }
    house.server.patch(&room, json!({"capacity": 2})).await.is_problem(409, "capacity_below_booked");
    house.server.patch(&room, json!({"capacity": 5})).await.expect(200);
    let changed = house.reschedule(&first, json!({"capacity": null})).await;
    assert_eq!((&changed["capacity"], &changed["effective_capacity"]), (&Value::Null, &json!(5)));
    assert_eq!(told().await, (Value::Null, json!(5), json!(2)));
    let path = format!("/v1/schedule/{}", id(&first));
    assert_eq!(house.server.patch(&path, json!({"effective_capacity": 9})).await.faults(), ["/effective_capacity"]);
    let outside = house.reschedule(&first, json!({"room_id": null, "status": "cancelled"})).await;
    assert_eq!((&outside["effective_capacity"], told().await.2), (&Value::Null, Value::Null));
}

#[apply(on_both_engines!)]
async fn what_has_begun_or_would_have_is_refused(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let first = house.occurrences(&class).await[0].clone();
    let path = format!("/v1/schedule/{}", id(&first));
    house
        .server
        .patch(&path, json!({"starts_at": studio.clock.now().to_string()}))
        .await
        .is_problem(409, "occurrence_in_past");
    studio.pass(Duration::from_hours(8 * 24));
    house.server.patch(&path, json!({"note": "late"})).await.is_problem(409, "occurrence_in_past");
    house
        .server
        .patch(&path, json!({"starts_at": later(&first, 60 * 24 * 30)}))
        .await
        .is_problem(409, "occurrence_in_past");
}

#[apply(on_both_engines!)]
async fn a_room_or_an_instructor_is_not_in_two_places_at_once(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let taken = house
        .class(with(weekly("monday", "18:30"), json!({"room_id": house.room, "instructor_id": house.instructor})))
        .await;
    let other = house.occurrences(&taken).await[0]["id"].clone();
    let class = house.class(weekly("monday", "19:00")).await;
    let first = house.occurrences(&class).await[0].clone();
    let path = format!("/v1/schedule/{}", id(&first));
    assert_eq!(
        house.server.patch(&path, json!({"room_id": house.room})).await.is_problem(409, "room_conflict")["occurrence_id"],
        other
    );
    let reply = house.server.patch(&path, json!({"instructor_id": house.instructor})).await;
    assert_eq!(reply.is_problem(409, "instructor_conflict")["occurrence_id"], other);
    house.reschedule(&first, json!({"starts_at": later(&first, 30), "room_id": house.room})).await;
    house.server.patch(&path, json!({"starts_at": later(&first, 29)})).await.is_problem(409, "room_conflict");
}

#[apply(on_both_engines!)]
async fn a_cancelled_one_frees_its_room_and_is_reinstated_only_while_it_is_free(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"room_id": house.room}))).await;
    let first = house.occurrences(&class).await[0].clone();
    let other = house.class(weekly("monday", "18:30")).await;
    let guest = house.occurrences(&other).await[0].clone();
    let path = format!("/v1/schedule/{}", id(&first));
    assert_eq!(house.server.patch(&path, json!({"cancel_reason": "Why?"})).await.faults(), ["/cancel_reason"]);
    let cancelled = house.reschedule(&first, json!({"status": "cancelled", "cancel_reason": "Flu."})).await;
    assert_eq!((&cancelled["room_id"], &cancelled["overridden"]), (&json!(house.room), &json!(["status"])));
    house.reschedule(&guest, json!({"room_id": house.room})).await;
    house.server.patch(&path, json!({"status": "scheduled"})).await.is_problem(409, "room_conflict");
    house.reschedule(&first, json!({"note": "Back next week."})).await;
    house.reschedule(&guest, json!({"room_id": null, "location_id": null})).await;
    let reinstated = house.reschedule(&first, json!({"status": "scheduled", "note": null})).await;
    assert_eq!((&reinstated["cancel_reason"], &reinstated["overridden"]), (&Value::Null, &json!([])));
}
