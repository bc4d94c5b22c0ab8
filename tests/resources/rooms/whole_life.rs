//! `/v1/locations/{locationId}/rooms`: created, listed, changed, removed.

use std::slice::from_ref;

use flow_gateway::access::scope::Scope::{LocationsRead, LocationsWrite};
use serde_json::{Value, json};

use super::location;
use crate::support::studio::on_both_engines;

fn garden() -> Value {
    json!({"external_id": "crm-9", "metadata": {"floor": "2"}, "name": "Garden room", "capacity": 18, "amenities": ["Mats", "Shower"], "status": "active"})
}

#[apply(on_both_engines!)]
async fn a_created_room_has_what_was_sent_and_is_listed_in_its_location(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let (here, there) = (location(&server).await, location(&server).await);
    let reply = server.post(&format!("{here}/rooms"), garden()).await;
    let row = reply.expect(201);
    for (field, value) in garden().as_object().unwrap() {
        assert_eq!(&row[field], value, "{field}");
    }
    assert_eq!((&row["version"], reply.header("etag")), (&json!(1), "\"1\""));
    assert!(row["id"].as_str().unwrap().starts_with("room_"));
    assert!(here.ends_with(row["location_id"].as_str().unwrap()));
    assert_eq!(server.get(&format!("{here}/rooms")).await.rows(), [row]);
    assert!(server.get(&format!("{there}/rooms")).await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn what_is_not_sent_has_its_default(studio: Studio) {
    let server = studio.server(&[LocationsWrite]).await;
    let row = server.post(&format!("{}/rooms", location(&server).await), json!({"name": "Attic"})).await.expect(201);
    assert_eq!(
        (&row["capacity"], &row["amenities"], &row["status"], &row["metadata"], &row["external_id"]),
        (&Value::Null, &json!([]), &json!("active"), &json!({}), &Value::Null)
    );
}

#[apply(on_both_engines!)]
async fn every_fault_is_named_at_once(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let rooms = format!("{}/rooms", location(&server).await);
    let faults = server.post(&rooms, json!({"id": "room_1", "location_id": "loc_1", "capacity": 0, "amenities": ["", 7], "status": "gone", "colour": "red"})).await.faults();
    assert_eq!(
        faults,
        ["/amenities/0", "/amenities/1", "/capacity", "/colour", "/id", "/location_id", "/name", "/status"]
    );
    for capacity in [json!(10_001), json!(1.5), json!("7"), json!(-1)] {
        assert_eq!(server.post(&rooms, json!({"name": "A", "capacity": capacity})).await.faults(), ["/capacity"]);
    }
    assert_eq!(server.post(&rooms, json!({"name": "A", "amenities": vec!["a"; 51]})).await.faults(), ["/amenities"]);
    assert!(server.get(&rooms).await.rows().is_empty());
    for capacity in [1, 10_000] {
        server.post(&rooms, json!({"name": "A", "capacity": capacity})).await.expect(201);
    }
}

#[apply(on_both_engines!)]
async fn a_patch_keeps_what_is_absent_and_clears_what_is_null(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let rooms = format!("{}/rooms", location(&server).await);
    let row = server.post(&rooms, garden()).await.expect(201);
    let path = format!("{rooms}/{}", row["id"].as_str().unwrap());
    let mut wanted = row.clone();
    for (number, (field, sent, kept)) in [
        ("name", json!("Attic"), json!("Attic")),
        ("capacity", json!(null), json!(null)),
        ("capacity", json!(7), json!(7)),
        ("amenities", json!(["Piano"]), json!(["Piano"])),
        ("amenities", json!(null), json!([])),
        ("metadata", json!({"floor": null, "door": "3"}), json!({"door": "3"})),
        ("external_id", json!(null), json!(null)),
        ("status", json!("archived"), json!("archived")),
        ("status", json!(null), json!("active")),
    ]
    .into_iter()
    .enumerate()
    {
        let changed = server.patch(&path, json!({field: sent})).await.expect(200);
        wanted[field] = kept;
        wanted["version"] = json!(number + 2);
        wanted["updated_at"] = changed["updated_at"].clone();
        assert_eq!(changed, wanted);
    }
    assert_eq!(server.get(&rooms).await.rows(), [wanted.clone()]);
    assert_eq!(
        server.patch(&path, json!({"name": null, "location_id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k"})).await.faults(),
        ["/location_id", "/name"]
    );
    assert_eq!(server.patch(&path, json!({"name": "Attic"})).await.expect(200), wanted);
}

#[apply(on_both_engines!)]
async fn filters_and_pages_work_inside_one_location(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let (here, there) = (format!("{}/rooms", location(&server).await), format!("{}/rooms", location(&server).await));
    let mut rows = Vec::new();
    for number in 0..3 {
        rows.push(server.post(&here, json!({"name": format!("R{number}"), "external_id": format!("e{number}"), "status": if number == 2 { "archived" } else { "active" }})).await.expect(201));
        server.post(&there, json!({"name": "Elsewhere"})).await.expect(201);
    }
    let found = async |query: &str| server.get(&format!("{here}?{query}")).await.rows();
    assert_eq!(found("status=archived").await, from_ref(&rows[2]));
    assert_eq!(found("external_id=e1").await, from_ref(&rows[1]));
    assert_eq!(found(&format!("id={}", rows[0]["id"].as_str().unwrap())).await, from_ref(&rows[0]));
    server.get(&format!("{here}?kind=online")).await.is_problem(400, "malformed_request");
    let page = server.get(&format!("{here}?limit=2")).await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(found(&format!("limit=2&cursor={cursor}")).await, from_ref(&rows[2]));
    server.get(&format!("{there}?limit=2&cursor={cursor}")).await.is_problem(400, "malformed_request");
}

#[apply(on_both_engines!)]
async fn a_room_is_removed_at_the_version_that_if_match_names(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let rooms = format!("{}/rooms", location(&server).await);
    let row = server.post(&rooms, garden()).await.expect(201);
    let path = format!("{rooms}/{}", row["id"].as_str().unwrap());
    server.clone().with("if-match", "\"2\"").delete(&path).await.is_problem(412, "version_mismatch");
    let told = server.delete(&format!("{path}?dry_run=true")).await.expect(200);
    assert_eq!((&told["dry_run"], &told["result"]), (&json!(true), &Value::Null));
    assert_eq!(server.get(&rooms).await.rows(), [row]);
    let reply = server.clone().with("if-match", "\"1\"").delete(&path).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (204, 0));
    server.delete(&path).await.is_problem(404, "not_found");
    assert!(server.get(&rooms).await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn an_external_id_is_unique_among_all_rooms_of_the_studio(studio: Studio) {
    let server = studio.server(&[LocationsRead, LocationsWrite]).await;
    let (here, there) = (format!("{}/rooms", location(&server).await), format!("{}/rooms", location(&server).await));
    server.post(&here, garden()).await.expect(201);
    assert_eq!(server.post(&there, garden()).await.is_problem(409, "conflict")["errors"][0]["pointer"], "/external_id");
    // A location may share it.
    server.post("/v1/locations", json!({"name": "A", "external_id": "crm-9"})).await.expect(201);
}
