//! `GET /v1/locations` on the Storefront

use flow_gateway::access::scope::Scope::LocationsWrite;
use serde_json::json;

use super::alfama;
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_website_sees_locations_in_use_with_their_rooms_and_nothing_else(studio: Studio) {
    let server = studio.server(&[LocationsWrite]).await;
    let row = server.post("/v1/locations", alfama()).await.expect(201);
    let rooms = format!("/v1/locations/{}/rooms", row["id"].as_str().unwrap());
    let room = server.post(&rooms, json!({"name": "Garden", "capacity": 12, "amenities": ["mats"], "external_id": "r", "metadata": {"secret": "note"}})).await.expect(201);
    server.post(&rooms, json!({"name": "Old", "status": "archived"})).await.expect(201);
    let gone = server.post("/v1/locations", json!({"name": "Gone", "status": "archived"})).await.expect(201);
    server
        .post(&format!("/v1/locations/{}/rooms", gone["id"].as_str().unwrap()), json!({"name": "Hidden"}))
        .await
        .expect(201);
    let reply = studio.website().await.get("/v1/locations").await;
    assert_eq!(
        reply.rows(),
        [json!({
            "id": row["id"], "name": "Alfama", "kind": "physical", "address": alfama()["address"], "time_zone": "Europe/Lisbon", "latitude": 38.7109,
            "longitude": -9.1305, "phone": "+351 21 000 0000", "email": "alfama@studio.example", "description": "Two rooms above the river.",
            "directions": "Tram 28, second door.",
            "rooms": [{"id": room["id"], "name": "Garden", "capacity": 12, "amenities": ["mats"]}],
            "more_rooms": false,
        })]
    );
}

#[apply(on_both_engines!)]
async fn rooms_stay_with_their_location_on_every_page(studio: Studio) {
    let server = studio.server(&[LocationsWrite]).await;
    for number in 0..5 {
        let row = server
            .post(
                "/v1/locations",
                json!({"name": format!("L{number}"), "kind": if number % 2 == 0 { "physical" } else { "online" }}),
            )
            .await
            .expect(201);
        for room in 0..number {
            server
                .post(
                    &format!("/v1/locations/{}/rooms", row["id"].as_str().unwrap()),
                    json!({"name": format!("L{number} R{room}")}),
                )
                .await
                .expect(201);
        }
    }
    let website = studio.website().await;
    let (mut seen, mut path) = (Vec::new(), "/v1/locations?limit=2".to_owned());
    loop {
        let page = website.get(&path).await.expect(200);
        seen.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/locations?limit=2&cursor={cursor}");
    }
    let told: Vec<_> = seen
        .iter()
        .map(|row| (row["name"].as_str().unwrap().to_owned(), row["rooms"].as_array().unwrap().len()))
        .collect();
    assert_eq!(
        told,
        [("L0", 0), ("L1", 1), ("L2", 2), ("L3", 3), ("L4", 4)].map(|(name, rooms)| (name.to_owned(), rooms))
    );
    assert!(seen.iter().all(|row| {
        row["rooms"]
            .as_array()
            .unwrap()
            .iter()
            .all(|room| room["name"].as_str().unwrap().starts_with(row["name"].as_str().unwrap()))
    }));
    assert_eq!(website.get("/v1/locations?kind=online").await.rows().len(), 2);
    website.get("/v1/locations?status=archived").await.is_problem(400, "malformed_request");
}

#[apply(on_both_engines!)]
async fn a_location_of_very_many_rooms_shows_the_first_hundred_and_says_so(studio: Studio) {
    let server = studio.server(&[LocationsWrite]).await;
    let rooms = format!(
        "/v1/locations/{}/rooms",
        server.post("/v1/locations", alfama()).await.expect(201)["id"].as_str().unwrap()
    );
    for number in 0..101 {
        server.post(&rooms, json!({"name": format!("R{number:03}")})).await.expect(201);
    }
    let shown = studio.website().await.get("/v1/locations").await.rows().remove(0);
    assert_eq!((shown["rooms"].as_array().unwrap().len(), &shown["more_rooms"]), (100, &json!(true)));
    assert_eq!((&shown["rooms"][0]["name"], &shown["rooms"][99]["name"]), (&json!("R000"), &json!("R099")));
}

#[apply(on_both_engines!)]
async fn another_studios_website_sees_none_of_it(studio: Studio) {
    let theirs = studio.server_of(studio.neighbour().await, &[LocationsWrite]).await;
    theirs.post("/v1/locations", alfama()).await.expect(201);
    assert!(studio.website().await.get("/v1/locations").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn a_changed_room_changes_what_a_website_holds(studio: Studio) {
    let server = studio.server(&[LocationsWrite]).await;
    let row = server.post("/v1/locations", alfama()).await.expect(201);
    let website = studio.website().await;
    let tag = website.get("/v1/locations").await.header("etag").to_owned();
    let holding = website.with("if-none-match", &tag);
    assert_eq!(holding.get("/v1/locations").await.status, 304);
    server
        .post(&format!("/v1/locations/{}/rooms", row["id"].as_str().unwrap()), json!({"name": "Garden"}))
        .await
        .expect(201);
    assert_eq!(holding.get("/v1/locations").await.rows()[0]["rooms"].as_array().unwrap().len(), 1);
}
