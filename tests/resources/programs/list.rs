//! `GET /v1/programs`

use serde_json::{Value, json};

use super::{create, house, spring, stranger, with};
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn each_filter_narrows_the_list(studio: Studio) {
    let house = house(&studio).await;
    let other = house.server.post("/v1/instructors", json!({"display_name": "Other"})).await.expect(201);
    let plain = create(&house.server, json!({"name": "Plain", "instructor_ids": [other["id"]]})).await;
    let full = create(
        &house.server,
        with(spring(), json!({"visibility": "members", "instructor_ids": [other["id"], house.instructor]})),
    )
    .await;
    let found = async |query: &str| house.server.get(&format!("/v1/programs?{query}")).await.rows();
    for query in [
        "status=published",
        "kind=workshop",
        "visibility=members",
        "q=PRING",
        "starts_from=2026-03-02",
        "starts_to=2026-03-02",
        "starts_from=2026-01-01&starts_to=2026-12-31",
        "external_id=crm-1",
        &format!("instructor_id={}", house.instructor),
    ] {
        assert_eq!(found(query).await, std::slice::from_ref(&full), "{query}");
    }
    assert_eq!(found("status=draft").await, std::slice::from_ref(&plain));
    assert_eq!(found(&format!("instructor_id={}", other["id"].as_str().unwrap())).await, [plain, full]);
    for query in [
        "starts_from=2026-03-03",
        "starts_to=2026-03-01",
        "status=archived",
        "instructor_id=ins_01jdc9x0aetqt8q3yv0gcm1v5k",
    ] {
        assert_eq!(found(query).await, Vec::<Value>::new(), "{query}");
    }
    for query in ["starts_from=soon", "status=gone", "instructor_id=anna", "slug=spring"] {
        house.server.get(&format!("/v1/programs?{query}")).await.is_problem(400, "malformed_request");
    }
    assert!(stranger(&studio).await.get("/v1/programs").await.rows().is_empty());
}
