//! `POST /v1/locations`

use flow_gateway::access::scope::Scope::{LocationsRead, LocationsWrite};
use serde_json::{Value, json};

use super::alfama;
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_created_location_has_what_was_sent_and_is_listed(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let reply = server.post("/v1/locations", alfama()).await;
    let row = reply.expect(201);
    for (field, value) in alfama().as_object().unwrap() {
        assert_eq!(&row[field], value, "{field}");
    }
    assert_eq!((&row["version"], reply.header("etag")), (&json!(1), "\"1\""));
    assert_eq!(row["created_at"], row["updated_at"]);
    assert!(row["id"].as_str().unwrap().starts_with("loc_"));
    assert_eq!(server.get("/v1/locations").await.rows(), [row]);
}

#[apply(on_both_engines!)]
async fn what_is_not_sent_has_its_default_and_is_never_absent(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let row = server
        .post("/v1/locations", json!({"name": "Alfama", "address": null, "latitude": null, "longitude": null}))
        .await
        .expect(201);
    let mut rest = row.as_object().unwrap().clone();
    for known in ["id", "version", "created_at", "updated_at"] {
        rest.remove(known);
    }
    assert_eq!(
        Value::Object(rest),
        json!({
            "external_id": null, "metadata": {}, "name": "Alfama", "kind": "physical", "address": null, "time_zone": null, "latitude": null,
            "longitude": null, "phone": null, "email": null, "description": null, "directions": null, "status": "active",
        })
    );
    assert_eq!(server.get("/v1/locations").await.rows(), [row]);
}

#[apply(on_both_engines!)]
async fn a_location_online_needs_no_address(studio: Studio) {
    let server = studio.server(&[LocationsWrite]).await;
    let row = server
        .post("/v1/locations", json!({"name": "Zoom", "kind": "online", "directions": "The link comes by e-mail."}))
        .await
        .expect(201);
    assert_eq!((&row["kind"], &row["address"]), (&json!("online"), &Value::Null));
}

#[apply(on_both_engines!)]
async fn every_fault_is_named_at_once(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let faults = server.post("/v1/locations", json!({
        "id": "loc_1", "version": 3, "naem": "typo", "kind": "virtual", "status": "gone", "time_zone": "Mars/Base", "latitude": 90.5, "longitude": -180.5,
        "phone": "call me", "email": "nobody", "description": 7, "directions": "nul \u{0}", "external_id": "", "metadata": {"a": 1},
        "address": {"street": "typo", "country": "Portugal", "city": 7},
    })).await.faults();
    assert_eq!(
        faults,
        [
            "/address/city",
            "/address/country",
            "/address/street",
            "/description",
            "/directions",
            "/email",
            "/id",
            "/kind",
            "/latitude",
            "/longitude",
            "/metadata/a",
            "/naem",
            "/name",
            "/phone",
            "/status",
            "/time_zone",
            "/version"
        ]
    );
    assert!(server.get("/v1/locations").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn each_text_has_its_length(studio: Studio) {
    let server = studio.server(&[LocationsWrite]).await;
    for (field, most) in [("name", 120), ("description", 10_000), ("directions", 5000), ("external_id", 255)] {
        let with = |length: usize| {
            let mut body = json!({"name": "Alfama"});
            body[field] = json!("é".repeat(length));
            body
        };
        server.post("/v1/locations", with(most)).await.expect(201);
        assert_eq!(server.post("/v1/locations", with(most + 1)).await.faults(), [format!("/{field}")]);
    }
    for name in ["", "  ", "\t\n"] {
        assert_eq!(server.post("/v1/locations", json!({"name": name})).await.faults(), ["/name"]);
    }
    for (part, most) in [("line1", 200), ("line2", 200), ("city", 120), ("region", 120), ("postal_code", 20)] {
        let reply = server.post("/v1/locations", json!({"name": "A", "address": {part: "x".repeat(most + 1)}})).await;
        assert_eq!(reply.faults(), [format!("/address/{part}")]);
    }
}

#[apply(on_both_engines!)]
async fn a_position_is_whole_or_absent(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    for (half, missing) in [("latitude", "/longitude"), ("longitude", "/latitude")] {
        assert_eq!(server.post("/v1/locations", json!({"name": "A", half: 1.5})).await.faults(), [missing]);
        let mut body = json!({"name": "A", "latitude": null, "longitude": null});
        body[half] = json!(1.5);
        assert_eq!(server.post("/v1/locations", body).await.faults(), [missing]);
    }
    assert!(server.get("/v1/locations").await.rows().is_empty());
    for (latitude, longitude) in [(90.0, 180.0), (-90.0, -180.0), (0.0, 0.0)] {
        let row = server
            .post("/v1/locations", json!({"name": "A", "latitude": latitude, "longitude": longitude}))
            .await
            .expect(201);
        assert_eq!((row["latitude"].as_f64(), row["longitude"].as_f64()), (Some(latitude), Some(longitude)));
    }
}

#[apply(on_both_engines!)]
async fn a_position_is_kept_to_seven_decimals(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    for (sent, kept) in [
        (38.123_456_789, 38.123_456_8),
        (-9.000_000_04, -9.0),
        (0.1 + 0.2, 0.3),
        (38.710_912_3, 38.710_912_3),
        (-0.000_000_01, 0.0),
    ] {
        let row =
            server.post("/v1/locations", json!({"name": "A", "latitude": sent, "longitude": 1})).await.expect(201);
        assert_eq!(row["latitude"].as_f64(), Some(kept));
        let read = server.get(&format!("/v1/locations?id={}", row["id"].as_str().unwrap())).await.rows();
        assert_eq!(read, [row]);
    }
}

#[apply(on_both_engines!)]
async fn a_taken_external_id_is_a_conflict_in_its_studio_alone(studio: Studio) {
    let server = studio.server(&[LocationsWrite]).await;
    server.post("/v1/locations", alfama()).await.expect(201);
    let reply = server.post("/v1/locations", json!({"name": "B", "external_id": "crm-7"})).await;
    assert_eq!(reply.is_problem(409, "conflict")["errors"][0]["pointer"], "/external_id");
    let theirs = studio.server_of(studio.neighbour().await, &[LocationsWrite]).await;
    theirs.post("/v1/locations", alfama()).await.expect(201);
}

#[apply(on_both_engines!)]
async fn a_dry_run_says_what_it_would_do_and_changes_nothing(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let told = server.post("/v1/locations?dry_run=true", alfama()).await.expect(200);
    assert_eq!(
        (&told["dry_run"], &told["result"]["name"], &told["effects"]),
        (&json!(true), &json!("Alfama"), &json!({}))
    );
    assert_eq!(
        server.post("/v1/locations?dry_run=true", json!({"name": "A", "latitude": 1})).await.faults(),
        ["/longitude"]
    );
    assert!(server.get("/v1/locations").await.rows().is_empty());
}
