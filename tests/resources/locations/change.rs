//! `PATCH /v1/locations/{locationId}`

use flow_gateway::access::scope::Scope::{LocationsRead, LocationsWrite};
use serde_json::{Value, json};

use super::alfama;
use crate::support::studio::{Client, on_both_engines};

/// A location with every field, and the path that names it.
async fn create(server: &Client) -> (Value, String) {
    let row = server.post("/v1/locations", alfama()).await.expect(201);
    let path = format!("/v1/locations/{}", row["id"].as_str().unwrap());
    (row, path)
}

#[apply(on_both_engines!)]
async fn each_field_is_changed_by_itself(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let (mut wanted, path) = create(&server).await;
    let changes = [
        ("external_id", json!("crm-8")),
        ("name", json!("Bairro Alto")),
        ("kind", json!("online")),
        ("time_zone", json!("Atlantic/Azores")),
        ("latitude", json!(37.5)),
        ("longitude", json!(-25.25)),
        ("phone", json!("+351 29 000 0000")),
        ("email", json!("b@studio.example")),
        ("description", json!("Quiet.")),
        ("directions", json!("Uphill.")),
        ("status", json!("archived")),
    ];
    for (number, (field, value)) in changes.into_iter().enumerate() {
        let reply = server.patch(&path, json!({field: value})).await;
        wanted[field] = value;
        wanted["version"] = json!(number + 2);
        wanted["updated_at"] = reply.expect(200)["updated_at"].clone();
        assert_eq!(reply.expect(200), wanted);
        assert_eq!(reply.header("etag"), format!("\"{}\"", number + 2));
    }
    assert_eq!(server.get("/v1/locations").await.rows(), [wanted]);
}

#[apply(on_both_engines!)]
async fn each_field_is_cleared_by_null(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let (_, path) = create(&server).await;
    for (field, cleared) in [
        ("external_id", json!(null)),
        ("metadata", json!({})),
        ("kind", json!("physical")),
        ("address", json!(null)),
        ("time_zone", json!(null)),
        ("phone", json!(null)),
        ("email", json!(null)),
        ("description", json!(null)),
        ("directions", json!(null)),
        ("status", json!("active")),
    ] {
        assert_eq!(server.patch(&path, json!({field: null})).await.expect(200)[field], cleared, "{field}");
    }
    let row = server.patch(&path, json!({"latitude": null, "longitude": null})).await.expect(200);
    assert_eq!((&row["latitude"], &row["longitude"]), (&Value::Null, &Value::Null));
    assert_eq!(server.patch(&path, json!({"name": null})).await.faults(), ["/name"]);
}

#[apply(on_both_engines!)]
async fn an_address_is_patched_part_by_part(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let (row, path) = create(&server).await;
    let mut wanted = row["address"].clone();
    for (part, value) in [
        ("line1", "Rua Nova 1"),
        ("line2", "R/C"),
        ("city", "Porto"),
        ("region", "Norte"),
        ("postal_code", "4000-001"),
        ("country", "ES"),
    ] {
        wanted[part] = json!(value);
        assert_eq!(
            server.patch(&path, json!({"address": {part: value}})).await.expect(200)["address"],
            wanted,
            "{part}"
        );
    }
    let cleared = server.patch(&path, json!({"address": {"line2": null, "region": null}})).await.expect(200);
    assert_eq!(
        cleared["address"],
        json!({"line1": "Rua Nova 1", "city": "Porto", "postal_code": "4000-001", "country": "ES"})
    );
    assert_eq!(server.get("/v1/locations").await.rows()[0]["address"], cleared["address"]);
    assert_eq!(
        server.patch(&path, json!({"address": {"country": "pt", "town": "x"}})).await.faults(),
        ["/address/country", "/address/town"]
    );
    assert_eq!(server.patch(&path, json!({"address": "Rua Nova 1"})).await.faults(), ["/address"]);
    // After it was cleared, the next patch starts an address anew.
    server.patch(&path, json!({"address": null})).await.expect(200);
    assert_eq!(
        server.patch(&path, json!({"address": {"city": "Faro"}})).await.expect(200)["address"],
        json!({"city": "Faro"})
    );
}

#[apply(on_both_engines!)]
async fn a_position_stays_whole(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let (row, path) = create(&server).await;
    assert_eq!(server.patch(&path, json!({"latitude": null})).await.faults(), ["/latitude"]);
    assert_eq!(server.patch(&path, json!({"longitude": null})).await.faults(), ["/longitude"]);
    assert_eq!(
        server.patch(&path, json!({"latitude": 91, "longitude": "west"})).await.faults(),
        ["/latitude", "/longitude"]
    );
    assert_eq!(server.get("/v1/locations").await.rows(), [row]);
    assert_eq!(
        server.patch(&path, json!({"latitude": 1.123_456_789})).await.expect(200)["latitude"].as_f64(),
        Some(1.123_456_8)
    );
}

#[apply(on_both_engines!)]
async fn a_position_that_differs_beyond_the_seventh_decimal_is_no_edit(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let (row, path) = create(&server).await;
    assert_eq!(server.patch(&path, json!({"latitude": 38.710_900_001})).await.expect(200), row);
    assert_eq!(
        server.patch(&path, json!({"address": {"city": "Lisboa"}, "metadata": {"nothing": null}})).await.expect(200),
        row
    );
}

#[apply(on_both_engines!)]
async fn only_the_version_that_if_match_names_is_changed(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let (_, path) = create(&server).await;
    let matching = |tag: &str| server.clone().with("if-match", tag);
    matching("\"1\"").patch(&path, json!({"name": "2"})).await.expect(200);
    matching("\"1\"").patch(&path, json!({"name": "3"})).await.is_problem(412, "version_mismatch");
    matching("\"7\", \"2\"").patch(&path, json!({"name": "3"})).await.expect(200);
}

#[apply(on_both_engines!)]
async fn a_row_that_is_not_there_or_not_ours_is_not_found(studio: Studio) {
    let server = studio.server(&[LocationsWrite]).await;
    let theirs = studio.server_of(studio.neighbour().await, &[LocationsRead, LocationsWrite]).await;
    let (row, path) = create(&theirs).await;
    for path in [
        path.as_str(),
        "/v1/locations/loc_01jdc9x0aetqt8q3yv0gcm1v5k",
        "/v1/locations/nobody",
        "/v1/locations/ins_01jdc9x0aetqt8q3yv0gcm1v5k",
        "/v1/locations/%F0%9F%A7%98",
    ] {
        server.patch(path, json!({"name": "mine now"})).await.is_problem(404, "not_found");
        server.delete(path).await.is_problem(404, "not_found");
    }
    assert_eq!(theirs.get("/v1/locations").await.rows(), [row]);
}

#[apply(on_both_engines!)]
async fn a_taken_external_id_is_a_conflict_and_ones_own_is_not(studio: Studio) {
    let server = studio.server(&[LocationsWrite]).await;
    let (_, path) = create(&server).await;
    server.post("/v1/locations", json!({"name": "B", "external_id": "b"})).await.expect(201);
    let reply = server.patch(&path, json!({"external_id": "b"})).await;
    assert_eq!(reply.is_problem(409, "conflict")["errors"][0]["pointer"], "/external_id");
    server.patch(&path, json!({"external_id": "crm-7", "name": "A"})).await.expect(200);
}

#[apply(on_both_engines!)]
async fn a_dry_run_changes_nothing(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let (row, path) = create(&server).await;
    let told = server.patch(&format!("{path}?dry_run=true"), json!({"name": "B"})).await.expect(200);
    assert_eq!((&told["result"]["name"], &told["result"]["version"]), (&json!("B"), &json!(2)));
    assert_eq!(server.get("/v1/locations").await.rows(), [row]);
}
