//! `DELETE /v1/plans/{planId}`

use flow_gateway::access::scope::Scope::{PlansRead, PlansWrite};
use serde_json::json;

use super::plan;
use crate::{resources::classes::id, support::studio::on_both_engines};

#[apply(on_both_engines!)]
async fn an_archived_plan_is_kept_off_sale_and_can_be_brought_back(studio: Studio) {
    let server = studio.server(&[PlansRead, PlansWrite]).await;
    let website = studio.website().await;
    let row = plan(&server, "Pack", json!({"external_id": "p"})).await;
    let path = format!("/v1/plans/{}", id(&row));
    assert_eq!(website.get("/v1/plans").await.rows().len(), 1);
    let reply = server.delete(&path).await;
    let archived = reply.expect(200);
    assert_eq!(
        (&archived["status"], &archived["version"], reply.header("etag")),
        (&json!("archived"), &json!(2), "\"2\"")
    );
    assert_eq!(server.delete(&path).await.expect(200), archived, "again, nothing changes");
    assert!(website.get("/v1/plans").await.rows().is_empty());
    assert_eq!(server.get("/v1/plans?status=archived").await.rows(), std::slice::from_ref(&archived));
    assert_eq!(server.get(&format!("/v1/plans?id={}", id(&row))).await.rows(), [archived]);
    let renamed = server.patch(&path, json!({"name": "Old pack"})).await.expect(200);
    assert_eq!((&renamed["name"], &renamed["status"]), (&json!("Old pack"), &json!("archived")));
    let back = server.patch(&path, json!({"status": "active"})).await.expect(200);
    assert_eq!((&back["status"], &back["version"]), (&json!("active"), &json!(4)));
    assert_eq!(website.get("/v1/plans").await.rows().len(), 1);
}

#[apply(on_both_engines!)]
async fn only_what_is_ours_and_as_we_saw_it_is_archived(studio: Studio) {
    let server = studio.server(&[PlansRead, PlansWrite]).await;
    let row = plan(&server, "Pack", json!({})).await;
    let path = format!("/v1/plans/{}", id(&row));
    studio.server_of(studio.neighbour().await, &[PlansWrite]).await.delete(&path).await.is_problem(404, "not_found");
    server.clone().with("if-match", "\"2\"").delete(&path).await.is_problem(412, "version_mismatch");
    let told = server.delete(&format!("{path}?dry_run=true")).await.expect(200);
    assert_eq!((&told["dry_run"], &told["result"]["status"]), (&json!(true), &json!("archived")));
    assert_eq!(server.get("/v1/plans").await.rows(), [row]);
    server.delete("/v1/plans/pln_01jdc9x0aetqt8q3yv0gcm1v5k").await.is_problem(404, "not_found");
    server.clone().with("if-match", "\"1\"").delete(&path).await.expect(200);
}
