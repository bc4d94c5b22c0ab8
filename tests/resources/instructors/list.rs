//! `GET /v1/instructors`

use flow_gateway::access::scope::Scope::{InstructorsRead, InstructorsWrite};
use serde_json::{Value, json};

use super::anna;
use crate::support::studio::{Client, on_both_engines};

async fn create(server: &Client, number: usize) -> Value {
    let body = json!({"display_name": format!("Instructor {number}"), "external_id": format!("e{number}")});
    server.post("/v1/instructors", body).await.expect(201)
}

#[apply(on_both_engines!)]
async fn pages_lead_through_every_row_once_while_rows_are_added_and_changed(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let mut wanted = Vec::new();
    for number in 0..7 {
        wanted.push(create(&server, number).await["id"].clone());
    }
    let mut seen = Vec::new();
    let mut path = "/v1/instructors?limit=3".to_owned();
    loop {
        let page = server.get(&path).await.expect(200);
        seen.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/instructors?limit=3&cursor={cursor}");
        let first = wanted[0].as_str().unwrap().to_owned();
        server.patch(&format!("/v1/instructors/{first}"), json!({"position": seen.len()})).await.expect(200);
        if seen.len() == 3 {
            wanted.push(create(&server, 7).await["id"].clone());
        }
    }
    assert_eq!(seen, wanted);
}

#[apply(on_both_engines!)]
async fn instructors_are_found_by_their_names(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let anna = server.post("/v1/instructors", anna()).await.expect(201);
    let ben = server
        .post("/v1/instructors", json!({"display_name": "Ben", "first_name": "Benedikt", "last_name": "Ávila"}))
        .await
        .expect(201);
    let found = async |query: &str| server.get(&format!("/v1/instructors?{query}")).await.rows();
    assert_eq!(found("q=ANNA").await, [anna]);
    assert_eq!(found("q=%C3%81vila%20ben").await, std::slice::from_ref(&ben));
    assert_eq!(found("q=dikt&status=active").await, [ben]);
    assert_eq!(found("q=ben%20nobody").await, Vec::<Value>::new());
}

#[apply(on_both_engines!)]
async fn a_full_last_page_has_no_next_cursor(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    for number in 0..3 {
        create(&server, number).await;
    }
    assert_eq!(server.get("/v1/instructors?limit=3").await.expect(200)["next_cursor"], Value::Null);
    assert_eq!(server.get("/v1/instructors?limit=0").await.rows().len(), 1);
    assert_eq!(server.get("/v1/instructors?limit=-4").await.rows().len(), 1);
    assert_eq!(server.get("/v1/instructors?limit=5000000000000000000000").await.rows().len(), 3);
}

#[apply(on_both_engines!)]
async fn filters_find_rows_by_id_external_id_change_and_status(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let (one, two) = (create(&server, 1).await, create(&server, 2).await);
    let found = async |query: String| server.get(&format!("/v1/instructors?{query}")).await.rows();
    assert_eq!(found(format!("id={}", two["id"].as_str().unwrap())).await, std::slice::from_ref(&two));
    assert_eq!(found("external_id=e1".into()).await, std::slice::from_ref(&one));
    assert_eq!(found("external_id=nobody".into()).await, Vec::<Value>::new());
    let path = format!("/v1/instructors/{}", one["id"].as_str().unwrap());
    let changed = server.patch(&path, json!({"status": "inactive"})).await.expect(200);
    let since = format!("/v1/instructors?updated_since={}", changed["updated_at"].as_str().unwrap());
    assert_eq!(server.changes(&since).await, std::slice::from_ref(&changed));
    assert_eq!(found("status=inactive".into()).await, [changed]);
    assert_eq!(found("status=active".into()).await, [two]);
}

#[apply(on_both_engines!)]
async fn a_query_that_is_not_understood_is_refused(studio: Studio) {
    let server = studio.server(&[InstructorsRead]).await;
    for query in [
        "limit=ten",
        "cursor=made-up",
        "cursor=",
        "id=cls_01jdc9x0aetqt8q3yv0gcm1v5k",
        "updated_since=yesterday",
        "status=gone",
        "statsu=active",
        "status=active&status=active",
    ] {
        let reply = server.get(&format!("/v1/instructors?{query}")).await;
        reply.is_problem(400, "malformed_request");
        let (name, told) = (query.split('=').next().unwrap(), reply.json()["detail"].as_str().unwrap().to_owned());
        assert!(told.contains(name) || told.contains("twice"), "{query}: {told}");
    }
    server.get("/v1/instructors?external_id=%00").await.is_problem(422, "validation_failed");
}

#[apply(on_both_engines!)]
async fn an_instant_that_no_engine_can_hold_is_refused_and_the_outermost_are_taken(studio: Studio) {
    let server = studio.server(&[InstructorsRead]).await;
    for instant in [
        "-004800-01-01T00:00:00Z",
        "-000001-12-31T23:59:59Z",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00%2B00:01",
        "9999-12-31T23:59:60Z",
        "2026-12-01%2010:00:00Z",
        "2026-12-01T10:00Z",
        "%2B002026-12-01T10:00:00Z",
        "2026-12-01T10:00:00%2B00:00[Europe/Lisbon]",
        "2026-12-01T10:00:00%2B25:00",
    ] {
        server.get(&format!("/v1/instructors?updated_since={instant}")).await.is_problem(400, "malformed_request");
    }
    for instant in ["0001-01-01T00:00:00Z", "9999-12-30T00:00:00Z"] {
        server.get(&format!("/v1/instructors?updated_since={instant}")).await.expect(200);
    }
}

#[apply(on_both_engines!)]
async fn a_cursor_opens_no_other_list_filter_or_studio(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    create(&server, 1).await;
    create(&server, 2).await;
    let page = server.get("/v1/instructors?limit=1").await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
    assert_eq!(server.get(&format!("/v1/instructors?limit=50&cursor={cursor}")).await.rows().len(), 1);
    server.get(&format!("/v1/instructors?status=active&cursor={cursor}")).await.is_problem(400, "malformed_request");
    let theirs = studio.server_of(studio.neighbour().await, &[InstructorsRead]).await;
    theirs.get(&format!("/v1/instructors?cursor={cursor}")).await.is_problem(400, "malformed_request");
}

#[apply(on_both_engines!)]
async fn another_studios_rows_are_never_listed(studio: Studio) {
    let theirs = studio.server_of(studio.neighbour().await, &[InstructorsRead, InstructorsWrite]).await;
    let row = theirs.post("/v1/instructors", anna()).await.expect(201);
    let server = studio.server(&[InstructorsRead]).await;
    assert!(server.get("/v1/instructors").await.rows().is_empty());
    assert!(server.get(&format!("/v1/instructors?id={}", row["id"].as_str().unwrap())).await.rows().is_empty());
    assert!(server.get("/v1/instructors?external_id=crm-1").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn an_answer_to_a_key_is_private_and_says_what_is_left_of_its_rate(studio: Studio) {
    let reply = studio.server(&[InstructorsRead]).await.get("/v1/instructors").await;
    assert!(reply.header("cache-control").starts_with("private"));
    assert_eq!(reply.header("vary"), "Origin, Authorization");
    assert_eq!(reply.header("ratelimit-policy"), "\"key\";q=20000;w=2");
    assert!(reply.header("ratelimit").starts_with("\"key\";r=19999;t="));
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("access-control-allow-origin"), "");
    assert_eq!(reply.header("etag"), "");
}
