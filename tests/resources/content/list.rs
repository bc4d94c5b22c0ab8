//! `GET /v1/content`

use serde_json::{Value, json};

use super::{CONTENT, neck, piece};
use crate::{
    resources::{
        classes::{each, id},
        plans,
    },
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn each_filter_narrows_the_list(studio: Studio) {
    let server = studio.server(CONTENT).await;
    let instructor = id(&server.post("/v1/instructors", json!({"display_name": "Anna"})).await.expect(201));
    let program = id(&server.post("/v1/programs", json!({"name": "Spring"})).await.expect(201));
    let plan = id(&plans::plan(&server, "Unlimited", json!({})).await);
    let neck = piece(&studio, "Nacken über Nacht", neck()).await;
    let back = piece(
        &studio,
        "Back",
        json!({"instructor_id": instructor, "program_id": program, "access": "plans", "plan_ids": [plan],
        "published_at": "2019-01-01T00:00:00Z"}),
    )
    .await;
    let found = async |query: &str| each(&server.get(&format!("/v1/content?{query}")).await.rows(), "id");
    for query in [
        "status=published",
        "kind=audio",
        "access=public",
        "tag=Mobility",
        "tag=%C3%82nimo",
        "q=%C3%9CBER",
        "external_id=cms-1",
        "published_since=2020-03-01T09:00:00Z",
    ] {
        assert_eq!(found(query).await, [neck["id"].clone()], "{query}");
    }
    for query in [
        "status=draft",
        "kind=video",
        "access=plans",
        &format!("instructor_id={instructor}"),
        &format!("program_id={program}"),
        &format!("plan_id={plan}"),
        "q=ACK&kind=video",
    ] {
        assert_eq!(found(query).await, [back["id"].clone()], "{query}");
    }
    assert_eq!(found("published_since=2019-01-01T00:00:00Z").await.len(), 2);
    for none in [
        "status=archived",
        "access=members",
        "tag=mobility",
        "tag=Mob",
        "tag=%22",
        "plan_id=pln_01jdc9x0aetqt8q3yv0gcm1v5k",
    ] {
        assert!(found(none).await.is_empty(), "{none}");
    }
    for wrong in ["status=live", "kind=film", "access=all", "instructor_id=x", "published_since=soon", "plan_ids=x"] {
        server.get(&format!("/v1/content?{wrong}")).await.is_problem(400, "malformed_request");
    }
    let theirs = studio.server_of(studio.neighbour().await, CONTENT).await;
    assert!(theirs.get("/v1/content").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn pages_lead_through_every_row_once(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = studio.server(CONTENT).await;
    let mut made = Vec::new();
    for number in 0..5 {
        studio.pass(std::time::Duration::from_micros(1));
        made.push(piece(&studio, &format!("Piece {number}"), json!({})).await["id"].clone());
    }
    let mut seen: Vec<Value> = Vec::new();
    let mut path = "/v1/content?limit=2".to_owned();
    loop {
        let page = server.get(&path).await.expect(200);
        seen.extend(each(page["data"].as_array().unwrap(), "id"));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/content?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, made);
}
