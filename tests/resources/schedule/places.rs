//! `DELETE` of a location or a room that classes use, or have used.

use std::time::Duration;

use serde_json::json;

use crate::{
    resources::classes::{House, id, on_a_sunday, weekly, with},
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn a_place_that_is_going_to_be_used_stays_and_one_used_before_is_archived(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"room_id": house.room}))).await;
    let (location, room) =
        (format!("/v1/locations/{}", house.location), format!("/v1/locations/{}/rooms/{}", house.location, house.room));
    house.server.delete(&location).await.is_problem(409, "location_in_use");
    house.server.delete(&room).await.is_problem(409, "room_in_use");
    house.server.delete(&format!("{room}?dry_run=true")).await.is_problem(409, "room_in_use");
    studio.pass(Duration::from_hours(8 * 24));
    house.server.delete(&format!("/v1/classes/{}", id(&class))).await.expect(200);
    for path in [&room, &location] {
        let kept = house.server.delete(path).await.expect(200);
        assert_eq!((&kept["status"], &kept["version"]), (&json!("archived"), &json!(2)));
        assert_eq!(house.server.delete(path).await.expect(200), kept);
    }
    let unused = id(&house.server.post("/v1/locations", json!({"name": "Unused"})).await.expect(201));
    house.server.delete(&format!("/v1/locations/{unused}")).await.expect(204);
}

#[apply(on_both_engines!)]
async fn a_class_beyond_the_horizon_keeps_its_place(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let once = json!({"name": "Retreat", "duration_minutes": 60, "room_id": house.room, "recurrence": {"dates": [{"date": "2098-06-01", "start_time": "10:00"}]}});
    let class = house.class(once).await;
    assert!(house.occurrences(&class).await.is_empty());
    let (location, room) =
        (format!("/v1/locations/{}", house.location), format!("/v1/locations/{}/rooms/{}", house.location, house.room));
    house.server.delete(&room).await.is_problem(409, "room_in_use");
    house.server.delete(&location).await.is_problem(409, "location_in_use");
    house.server.delete(&format!("/v1/classes/{}", id(&class))).await.expect(200);
    assert_eq!(house.server.delete(&room).await.expect(200)["status"], "archived");
}

#[apply(on_both_engines!)]
async fn a_place_that_is_going_to_be_used_is_not_archived_by_a_change_either(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"room_id": house.room}))).await;
    let (location, room) =
        (format!("/v1/locations/{}", house.location), format!("/v1/locations/{}/rooms/{}", house.location, house.room));
    let archived = json!({"status": "archived"});
    house
        .server
        .patch(&location, json!({"status": "archived", "time_zone": "Asia/Tokyo"}))
        .await
        .is_problem(409, "location_in_use");
    house.server.patch(&room, archived.clone()).await.is_problem(409, "room_in_use");
    house.server.patch(&room, json!({"name": "Attic"})).await.expect(200);
    house.server.delete(&format!("/v1/classes/{}", id(&class))).await.expect(200);
    for path in [&room, &location] {
        assert_eq!(house.server.patch(path, archived.clone()).await.expect(200)["status"], "archived");
        house.server.patch(path, json!({"name": "Once", "status": "archived"})).await.expect(200);
    }
}

#[apply(on_both_engines!)]
async fn a_dry_run_tells_how_many_rooms_would_go(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let (location, rooms) =
        (format!("/v1/locations/{}", house.location), format!("/v1/locations/{}/rooms", house.location));
    house.server.post(&rooms, json!({"name": "Attic"})).await.expect(201);
    let told = house.server.delete(&format!("{location}?dry_run=true")).await.expect(200);
    assert_eq!(told, json!({"dry_run": true, "result": null, "effects": {"rooms_removed": 2}}));
    assert_eq!(house.server.get(&rooms).await.rows().len(), 2);
    let class = house.class(with(weekly("monday", "18:30"), json!({"room_id": house.room}))).await;
    house.server.delete(&format!("/v1/classes/{}", id(&class))).await.expect(200);
    let told = house.server.delete(&format!("{location}?dry_run=true")).await.expect(200);
    assert_eq!((&told["result"]["status"], &told["effects"]), (&json!("archived"), &json!({"rooms_removed": 0})));
}
