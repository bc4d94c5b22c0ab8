//! `DELETE /v1/locations/{locationId}`

use flow_gateway::access::scope::Scope::{LocationsRead, LocationsWrite};
use serde_json::{Value, json};

use super::alfama;
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_removed_location_is_gone_with_its_rooms(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let row = server.post("/v1/locations", alfama()).await.expect(201);
    let stays = server.post("/v1/locations", json!({"name": "Stays"})).await.expect(201);
    let path = format!("/v1/locations/{}", row["id"].as_str().unwrap());
    let kept = format!("/v1/locations/{}/rooms", stays["id"].as_str().unwrap());
    let room = server.post(&format!("{path}/rooms"), json!({"name": "Garden", "external_id": "r"})).await.expect(201);
    let other = server.post(&kept, json!({"name": "Attic"})).await.expect(201);
    // Whoever follows a location is told of its rooms.
    let stays = server.get(&format!("/v1/locations?id={}", stays["id"].as_str().unwrap())).await.rows().remove(0);
    let reply = server.delete(&path).await;
    assert_eq!((reply.status.as_u16(), reply.body.len(), reply.header("etag")), (204, 0, ""));
    assert_eq!(server.get("/v1/locations").await.rows(), [stays]);
    assert_eq!(server.get(&kept).await.rows(), [other]);
    server.get(&format!("{path}/rooms")).await.is_problem(404, "not_found");
    server
        .patch(&format!("{path}/rooms/{}", room["id"].as_str().unwrap()), json!({}))
        .await
        .is_problem(404, "not_found");
    server.delete(&path).await.is_problem(404, "not_found");
    // What was unique to it is free again.
    server.post("/v1/locations", alfama()).await.expect(201);
    server.post(&kept, json!({"name": "Garden", "external_id": "r"})).await.expect(201);
}

#[apply(on_both_engines!)]
async fn only_the_version_that_if_match_names_is_removed(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let row = server.post("/v1/locations", alfama()).await.expect(201);
    let path = format!("/v1/locations/{}", row["id"].as_str().unwrap());
    server.patch(&path, json!({"name": "B"})).await.expect(200);
    let matching = |tag: &str| server.clone().with("if-match", tag);
    matching("\"1\"").delete(&path).await.is_problem(412, "version_mismatch");
    matching("W/\"2\"").delete(&path).await.is_problem(412, "version_mismatch");
    matching("2").delete(&path).await.is_problem(400, "malformed_request");
    assert_eq!(server.get("/v1/locations").await.rows().len(), 1);
    matching("\"2\"").delete(&path).await.expect(204);
}

#[apply(on_both_engines!)]
async fn a_dry_run_removes_nothing_and_is_judged_like_the_real_thing(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let row = server.post("/v1/locations", alfama()).await.expect(201);
    let path = format!("/v1/locations/{}", row["id"].as_str().unwrap());
    server.post(&format!("{path}/rooms"), json!({"name": "Garden"})).await.expect(201);
    let row = server.get(&format!("/v1/locations?id={}", row["id"].as_str().unwrap())).await.rows().remove(0);
    let told = server.delete(&format!("{path}?dry_run=true")).await.expect(200);
    assert_eq!(
        (&told["dry_run"], &told["result"], &told["effects"]),
        (&json!(true), &Value::Null, &json!({"rooms_removed": 1}))
    );
    server
        .clone()
        .with("if-match", "\"2\"")
        .delete(&format!("{path}?dry_run=true"))
        .await
        .is_problem(412, "version_mismatch");
    server.delete("/v1/locations/loc_01jdc9x0aetqt8q3yv0gcm1v5k?dry_run=true").await.is_problem(404, "not_found");
    assert_eq!(server.get("/v1/locations").await.rows(), [row]);
    assert_eq!(server.get(&format!("{path}/rooms")).await.rows().len(), 1);
}

#[apply(on_both_engines!)]
async fn no_room_is_left_behind_when_one_moves_in_at_the_same_time(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    for _ in 0..5 {
        let row = server.post("/v1/locations", json!({"name": "Alfama"})).await.expect(201);
        let path = format!("/v1/locations/{}", row["id"].as_str().unwrap());
        let rooms_path = format!("{path}/rooms");
        let rooms = futures_util::future::join_all((0..8).map(|_| server.post(&rooms_path, json!({"name": "Garden"}))));
        let (rooms, removed) = futures_util::future::join(rooms, server.delete(&path)).await;
        removed.expect(204);
        assert!(rooms.iter().all(|reply| reply.status == 201 || reply.status == 404), "{rooms:?}");
    }
    assert!(server.get("/v1/locations").await.rows().is_empty());
}
