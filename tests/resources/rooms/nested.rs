//! A room is in one location of one studio, and no other path leads to it.

use flow_gateway::access::scope::Scope::{LocationsRead, LocationsWrite};
use serde_json::json;

use super::location;
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_room_is_not_found_in_another_location(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let (here, there) = (location(&server).await, location(&server).await);
    let row = server.post(&format!("{here}/rooms"), json!({"name": "Garden"})).await.expect(201);
    let wrong = format!("{there}/rooms/{}", row["id"].as_str().unwrap());
    server.patch(&wrong, json!({"name": "Moved"})).await.is_problem(404, "not_found");
    server.patch(&wrong, json!({})).await.is_problem(404, "not_found");
    server.delete(&wrong).await.is_problem(404, "not_found");
    server.delete(&format!("{wrong}?dry_run=true")).await.is_problem(404, "not_found");
    assert_eq!(server.get(&format!("{here}/rooms")).await.rows(), [row]);
}

#[apply(on_both_engines!)]
async fn a_room_of_another_location_tells_nothing_of_its_version(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let (here, there) = (location(&server).await, location(&server).await);
    let row = server.post(&format!("{here}/rooms"), json!({"name": "Garden"})).await.expect(201);
    let wrong = format!("{there}/rooms/{}", row["id"].as_str().unwrap());
    let guarded = server.with("if-match", "\"9\"");
    guarded.patch(&wrong, json!({"name": "Moved"})).await.is_problem(404, "not_found");
    guarded.delete(&wrong).await.is_problem(404, "not_found");
}

#[apply(on_both_engines!)]
async fn an_unknown_location_has_no_rooms(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let row = server.post(&format!("{}/rooms", location(&server).await), json!({"name": "Garden"})).await.expect(201);
    let room = row["id"].as_str().unwrap();
    for unknown in ["loc_01jdc9x0aetqt8q3yv0gcm1v5k", "nowhere", "room_01jdc9x0aetqt8q3yv0gcm1v5k", "%2e%2e"] {
        let rooms = format!("/v1/locations/{unknown}/rooms");
        server.get(&rooms).await.is_problem(404, "not_found");
        server.post(&rooms, json!({"name": "Garden"})).await.is_problem(404, "not_found");
        server.patch(&format!("{rooms}/{room}"), json!({"name": "Moved"})).await.is_problem(404, "not_found");
        server.delete(&format!("{rooms}/{room}")).await.is_problem(404, "not_found");
    }
}

#[apply(on_both_engines!)]
async fn another_studios_rooms_are_not_found_by_any_path(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let theirs = studio.server_of(studio.neighbour().await, &[LocationsRead, LocationsWrite]).await;
    let (ours, foreign) = (location(&server).await, location(&theirs).await);
    let row = theirs.post(&format!("{foreign}/rooms"), json!({"name": "Theirs", "external_id": "r"})).await.expect(201);
    let room = row["id"].as_str().unwrap();
    server.get(&format!("{foreign}/rooms")).await.is_problem(404, "not_found");
    server.post(&format!("{foreign}/rooms"), json!({"name": "Mine"})).await.is_problem(404, "not_found");
    for path in [format!("{foreign}/rooms/{room}"), format!("{ours}/rooms/{room}")] {
        server.patch(&path, json!({"name": "Mine"})).await.is_problem(404, "not_found");
        server.delete(&path).await.is_problem(404, "not_found");
    }
    assert_eq!(theirs.get(&format!("{foreign}/rooms")).await.rows(), [row]);
    server.post(&format!("{ours}/rooms"), json!({"name": "Ours", "external_id": "r"})).await.expect(201);
}
