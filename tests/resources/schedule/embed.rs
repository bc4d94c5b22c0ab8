//! `GET /v1/schedule?embed=…` on the Storefront.

use serde_json::{Value, json};

use crate::{
    resources::classes::{House, id, on_a_sunday, weekly, with},
    support::studio::{Client, on_both_engines},
};

const ALL: &str = "/v1/schedule?limit=1&embed=class,instructor,location,room";

/// The next occurrence of a timetable with all that it may embed.
async fn next(website: &Client) -> Value {
    website.get(ALL).await.rows().remove(0)
}

/// A class on Mondays, with instructor, location and room.
async fn monday(house: &House) -> Value {
    let place = json!({"location_id": house.location, "room_id": house.room, "instructor_id": house.instructor});
    house.class(with(weekly("monday", "18:30"), place)).await
}

#[apply(on_both_engines!)]
async fn a_timetable_is_one_call_that_shows_what_the_lists_show(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    monday(&house).await;
    let website = studio.website().await;
    let row = next(&website).await;
    assert_eq!(row["class"], website.get("/v1/classes").await.rows()[0]);
    assert_eq!(row["instructor"], website.get("/v1/instructors").await.rows()[0]);
    let mut location = website.get("/v1/locations").await.rows().remove(0);
    let location = location.as_object_mut().unwrap();
    location.remove("more_rooms");
    assert_eq!(row["room"], location.remove("rooms").unwrap()[0]);
    assert_eq!(row["location"], json!(location));
    let path = format!("/v1/instructors/{}", house.instructor);
    house.server.patch(&path, json!({"display_name": "Anna Berg"})).await.expect(200);
    assert_eq!(next(&website).await["instructor"]["display_name"], "Anna Berg", "a kept answer follows");
}

#[apply(on_both_engines!)]
async fn only_what_is_asked_for_and_public_is_embedded(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = monday(&house).await;
    let website = studio.website().await;
    let plain = website.get("/v1/schedule?limit=1").await.rows().remove(0);
    for absent in ["class", "instructor", "location", "room"] {
        assert_eq!(plain.get(absent), None);
    }
    let some = website.get("/v1/schedule?limit=1&embed=room").await.rows().remove(0);
    assert_eq!((&some["room"]["id"], some.get("location")), (&json!(house.room), None));

    let retire = async |list: &str, row: &str| house.server.delete(&format!("/v1/{list}/{row}")).await.status.as_u16();
    let status = json!({"status": "inactive"});
    house.server.patch(&format!("/v1/instructors/{}", house.instructor), status).await.expect(200);
    let row = next(&website).await;
    assert_eq!((&row["instructor"], &row["instructor_id"]), (&Value::Null, &json!(house.instructor)));
    assert_eq!(row["room"]["id"], json!(house.room));
    assert_eq!(retire(&format!("locations/{}/rooms", house.location), &house.room).await, 409, "it is in use");
    house.change(&class, json!({"room_id": null, "instructor_id": null})).await;
    let row = next(&website).await;
    assert_eq!((&row["instructor"], &row["room"]), (&Value::Null, &Value::Null));
    assert_eq!(row["location"]["id"], json!(house.location));
    assert_eq!(row["class"]["id"], json!(id(&class)));
}

#[apply(on_both_engines!)]
async fn an_unknown_thing_to_embed_is_refused_and_only_websites_embed(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let website = studio.website().await;
    for wrong in ["classes", "class,teacher", "class;room"] {
        let problem = website.get(&format!("/v1/schedule?embed={wrong}")).await.is_problem(400, "malformed_request");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("embed") && detail.contains("instructor"), "{detail}");
    }
    house.server.get(ALL).await.is_problem(400, "malformed_request");
    assert!(website.get("/v1/schedule?embed=").await.rows().is_empty());
}
