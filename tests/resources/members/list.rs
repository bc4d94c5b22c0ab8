//! `GET /v1/members`

use serde_json::{Value, json};

use super::{PEOPLE, clara, invite, member, monthly, path};
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn members_are_found_by_what_one_knows_of_them(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let plan = monthly(&server).await;
    let clara = server.post("/v1/members/invites", clara()).await.expect(201);
    let rui = member(&server, "rui@other.example").await;
    let rui = server
        .patch(&path(&rui), json!({"plan_id": plan["id"], "last_name": "Ávila", "tags": ["Yin", "Mornings"]}))
        .await
        .expect(200);
    let found = async |query: &str| server.get(&format!("/v1/members?{query}")).await.rows();
    let (one, other, both) = ([clara.clone()], [rui.clone()], [clara.clone(), rui.clone()]);
    assert_eq!(found("").await, both);
    assert_eq!(found("status=invited").await, one);
    assert_eq!(found("status=active").await, other);
    assert_eq!(found(&format!("plan_id={}", plan["id"].as_str().unwrap())).await, other);
    assert_eq!(found("email=clara.NUNES@member.example").await, one);
    assert_eq!(found("external_id=crm-7").await, one);
    assert_eq!(found(&format!("id={}", rui["id"].as_str().unwrap())).await, other);
    let since = format!("/v1/members?updated_since={}", rui["updated_at"].as_str().unwrap());
    assert_eq!(server.changes(&since).await, other);
    assert_eq!(found("tag=Mornings").await, both);
    assert_eq!(found("tag=Yin").await, other);
    assert_eq!(found("q=nun").await, one);
    assert_eq!(found("q=%C3%A1VI").await, other);
    assert_eq!(found("q=EXAMPLE").await, both);
    assert_eq!(found("q=Clara%20Nunes").await, one);
    assert_eq!(found("q=nunes+cla+member").await, one);
    assert_eq!(found("q=clara+%C3%A1vila").await, Vec::<Value>::new());
    assert_eq!(found("marketing_consent=true").await, one);
    assert_eq!(found("marketing_consent=false").await, other);
    let today = rui["starts_on"].as_str().unwrap();
    assert_eq!(found(&format!("starts_from={today}")).await, other);
    assert_eq!(found("starts_from=2026-01-15&starts_to=2026-01-15").await, one);
    assert_eq!(found("ends_from=2000-01-01").await, Vec::<Value>::new());
    server.patch(&path(&rui), json!({"ends_on": "2190-05-31"})).await.expect(200);
    let rui = server.post(&format!("{}/cancel", path(&rui)), json!({"when": "period_end"})).await.expect(200);
    let other = [rui.clone()];
    for range in [
        "ends_from=2190-05-31",
        "ends_to=2190-05-31",
        "cancels_from=2190-05-01&cancels_to=2190-05-31",
        "ends_from=2190-05-01&status=active&q=rui",
    ] {
        assert_eq!(found(range).await, other, "{range}");
    }
    for range in ["ends_from=2190-06-01", "ends_to=2190-05-30", "cancels_from=2190-06-01"] {
        assert_eq!(found(range).await, Vec::<Value>::new(), "{range}");
    }
    assert_eq!(found("q=nobody").await, Vec::<Value>::new());
    assert_eq!(found("email=nobody@member.example").await, Vec::<Value>::new());
    for query in [
        "email=clara",
        "status=gone",
        "plan_id=mbr_1",
        "tags=Yin",
        "ends_from=1.1.2026",
        "marketing_consent=yes",
        "q=%20",
    ] {
        server.get(&format!("/v1/members?{query}")).await.is_problem(400, "malformed_request");
    }
}

#[apply(on_both_engines!)]
async fn a_studio_sees_its_own_members_alone(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    invite(&server, "rui@member.example").await;
    let theirs = studio.server_of(studio.neighbour().await, PEOPLE).await;
    assert!(theirs.get("/v1/members").await.rows().is_empty());
    assert!(theirs.get("/v1/members?email=rui@member.example").await.rows().is_empty());
}
