//! `GET /v1/locations`

use std::slice::from_ref;

use flow_gateway::access::scope::Scope::{LocationsRead, LocationsWrite};
use serde_json::{Value, json};

use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn filters_find_rows_by_id_external_id_change_status_and_kind(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let create = async |name: &str, kind: &str| {
        server.post("/v1/locations", json!({"name": name, "kind": kind, "external_id": name})).await.expect(201)
    };
    let (house, link) = (create("house", "physical").await, create("link", "online").await);
    let found = async |query: String| server.get(&format!("/v1/locations?{query}")).await.rows();
    assert_eq!(found(format!("id={}", link["id"].as_str().unwrap())).await, from_ref(&link));
    assert_eq!(found("external_id=house".into()).await, from_ref(&house));
    assert_eq!(found("kind=online".into()).await, from_ref(&link));
    assert_eq!(found("kind=physical&external_id=link".into()).await, Vec::<Value>::new());
    let path = format!("/v1/locations/{}", house["id"].as_str().unwrap());
    let archived = server.patch(&path, json!({"status": "archived"})).await.expect(200);
    let since = format!("/v1/locations?updated_since={}", archived["updated_at"].as_str().unwrap());
    assert_eq!(server.changes(&since).await, from_ref(&archived));
    assert_eq!(found("status=archived".into()).await, from_ref(&archived));
    assert_eq!(found("status=active".into()).await, from_ref(&link));
    assert_eq!(found(String::new()).await, [archived.clone(), link]);
    assert_eq!(found("q=OUS".into()).await, from_ref(&archived));
    assert_eq!(found("q=house+link".into()).await, Vec::<Value>::new());
}

#[apply(on_both_engines!)]
async fn a_query_that_is_not_understood_is_refused(studio: Studio) {
    let server = studio.server(&[LocationsRead]).await;
    for query in [
        "kind=virtual",
        "status=",
        "status=inactive",
        "city=Lisboa",
        "id=room_01jdc9x0aetqt8q3yv0gcm1v5k",
        "kind=online&kind=online",
    ] {
        server.get(&format!("/v1/locations?{query}")).await.is_problem(400, "malformed_request");
    }
}

#[apply(on_both_engines!)]
async fn pages_lead_through_every_row_once(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let mut wanted = Vec::new();
    for number in 0..5 {
        wanted.push(server.post("/v1/locations", json!({"name": format!("Location {number}")})).await.expect(201));
    }
    let (mut seen, mut path) = (Vec::new(), "/v1/locations?limit=2".to_owned());
    loop {
        let page = server.get(&path).await.expect(200);
        seen.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/locations?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, wanted);
}

#[apply(on_both_engines!)]
async fn another_studios_rows_are_never_listed(studio: Studio) {
    let theirs = studio.server_of(studio.neighbour().await, &[LocationsWrite]).await;
    let row = theirs.post("/v1/locations", json!({"name": "Theirs", "external_id": "x"})).await.expect(201);
    let server = studio.server(&[LocationsRead]).await;
    for query in [String::new(), "?external_id=x".into(), format!("?id={}", row["id"].as_str().unwrap())] {
        assert!(server.get(&format!("/v1/locations{query}")).await.rows().is_empty());
    }
}
