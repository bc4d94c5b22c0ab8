//! `GET /v1/classes` and `GET /v1/schedule` of the Storefront

use serde_json::{Value, json};

use super::{House, book, each, id, on_a_sunday, weekly, with};
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn only_public_classes_that_still_take_place_are_shown(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let website = studio.website().await;
    let seen = |visibility: &str| {
        with(
            weekly("monday", "18:30"),
            json!({"visibility": visibility, "metadata": {"secret": "x"}, "external_id": visibility}),
        )
    };
    let public = house.class(with(seen("public"), json!({"level": "beginner", "location_id": house.location}))).await;
    house.class(seen("members")).await;
    house.class(seen("hidden")).await;
    let gone = house.class(weekly("tuesday", "07:00")).await;
    house.server.delete(&format!("/v1/classes/{}", id(&gone))).await.expect(200);
    let shown = website.get("/v1/classes").await.rows();
    assert_eq!(each(&shown, "id"), [public["id"].clone()]);
    let mut fields: Vec<_> = shown[0].as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "booking_window",
            "capacity",
            "description",
            "duration_minutes",
            "id",
            "image_url",
            "instructor_id",
            "level",
            "location_id",
            "name",
            "price",
            "program_id",
            "recurrence",
            "room_id",
            "tags"
        ]
    );
    assert_eq!(website.get("/v1/classes?level=advanced").await.rows(), [Value::Null; 0]);
    assert_eq!(
        website.get(&format!("/v1/classes?location_id={}&level=beginner", house.location)).await.rows().len(),
        1
    );
    let schedule = website.get("/v1/schedule?limit=100").await.rows();
    let of = |class: &Value| schedule.iter().filter(|row| row["class_id"] == class["id"]).count();
    assert_eq!((schedule.len(), of(&public), of(&gone)), (24, 12, 12));
    assert!(schedule.iter().all(|row| (row["status"] == "cancelled") == (row["class_id"] == gone["id"])));
}

#[apply(on_both_engines!)]
async fn an_occurrence_shows_how_many_places_are_left(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let website = studio.website().await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"capacity": 12}))).await;
    let first = house.occurrences(&class).await[0].clone();
    book(&studio, &first, 5).await;
    let shown = website.get(&format!("/v1/schedule?class_id={}&limit=1", id(&class))).await.rows();
    assert_eq!((&shown[0]["id"], &shown[0]["spots_left"]), (&first["id"], &json!(7)));
    let mut fields: Vec<_> = shown[0].as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "cancel_reason",
            "capacity",
            "class_id",
            "ends_at",
            "id",
            "instructor_id",
            "local_start",
            "location_id",
            "room_id",
            "spots_left",
            "starts_at",
            "status",
            "time_zone",
            "waiting_count"
        ]
    );
}

#[apply(on_both_engines!)]
async fn occurrences_are_shown_while_their_class_is_public(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let website = studio.website().await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"visibility": "hidden"}))).await;
    let shown = async || website.get("/v1/schedule?limit=100&from=2026-01-01").await.rows().len();
    assert_eq!(shown().await, 0);
    house
        .server
        .patch(&format!("/v1/classes/{}?dry_run=true", id(&class)), json!({"visibility": "public"}))
        .await
        .expect(200);
    assert_eq!(shown().await, 0);
    house.change(&class, json!({"visibility": "public"})).await;
    assert_eq!(shown().await, 12);
    // What an edit lays out, what comes into view, and what has taken place.
    house
        .change(
            &class,
            json!({"recurrence": {"weekly": [
        {"weekday": "monday", "start_time": "18:30"}, {"weekday": "friday", "start_time": "07:00"}]}}),
        )
        .await;
    assert_eq!(shown().await, 24);
    studio.lay_out_after(2).await;
    assert_eq!(shown().await, 28);
    for (visibility, count) in [("members", 0), ("public", 28), ("hidden", 0)] {
        house.change(&class, json!({"visibility": visibility, "capacity": 10 + count})).await;
        assert_eq!(shown().await, count, "{visibility}");
    }
    studio.lay_out_after(2).await;
    assert_eq!(shown().await, 0);
}

#[apply(on_both_engines!)]
async fn a_note_is_the_studios_and_a_reason_is_everyones(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let website = studio.website().await;
    let class = house.class(weekly("monday", "18:30")).await;
    let first = house.occurrences(&class).await[0].clone();
    house
        .reschedule(&first, json!({"status": "cancelled", "cancel_reason": "Flu.", "note": "Anna owes a session."}))
        .await;
    let shown = website.get("/v1/schedule?limit=1").await;
    assert_eq!(shown.rows()[0]["cancel_reason"], "Flu.");
    assert!(!shown.expect(200).to_string().contains("Anna owes"));
}
