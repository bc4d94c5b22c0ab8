//! `GET /v1/classes` and `GET /v1/schedule` of the Storefront

use serde_json::{Value, json};

use super::{House, book, each, id, on_a_sunday, weekly, with};
use crate::support::studio::on_both_engines;

on_both_engines! {
    async fn only_public_classes_that_still_take_place_are_shown(studio: Studio) {
        let studio = on_a_sunday(studio).await;
        let house = House::of(&studio).await;
        let website = studio.website().await;
        let seen = |visibility: &str| with(weekly("monday", "18:30"), json!({"visibility": visibility, "metadata": {"secret": "x"}, "external_id": visibility}));
        let public = house.class(with(seen("public"), json!({"level": "beginner", "location_id": house.location}))).await;
        house.class(seen("members")).await;
        house.class(seen("hidden")).await;
        let gone = house.class(weekly("tuesday", "07:00")).await;
        house.server.delete(&format!("/v1/classes/{}", id(&gone))).await.expect(200);
        let shown = website.get("/v1/classes").await.rows();
        assert_eq!(each(&shown, "id"), [public["id"].clone()]);
        let mut fields: Vec<_> = shown[0].as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["booking_window", "capacity", "description", "duration_minutes", "id", "image_url", "instructor_id", "level",
            "location_id", "name", "price", "program_id", "recurrence", "room_id", "tags"]);
        assert_eq!(website.get("/v1/classes?level=advanced").await.rows(), [Value::Null; 0]);
        assert_eq!(website.get(&format!("/v1/classes?location_id={}&level=beginner", house.location)).await.rows().len(), 1);
        let schedule = website.get("/v1/schedule?limit=100").await.rows();
        let of = |class: &Value| schedule.iter().filter(|row| row["class_id"] == class["id"]).count();
        assert_eq!((schedule.len(), of(&public), of(&gone)), (24, 12, 12));
        assert!(schedule.iter().all(|row| (row["status"] == "cancelled") == (row["class_id"] == gone["id"])));
    }

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
        assert_eq!(fields, ["cancel_reason", "capacity", "class_id", "ends_at", "id", "instructor_id", "local_start", "location_id", "note",
            "room_id", "spots_left", "starts_at", "status", "time_zone"]);
    }
}
