//! `PATCH /v1/plans/{planId}`

use flow_gateway::access::scope::Scope::{PlansRead, PlansWrite};
use serde_json::json;

use super::{plan, unlimited};
use crate::{resources::classes::id, support::studio::on_both_engines};

#[apply(on_both_engines!)]
async fn a_patch_keeps_what_is_absent_and_clears_what_is_null(studio: Studio) {
    let server = studio.server(&[PlansRead, PlansWrite]).await;
    let before = server.post("/v1/plans", unlimited()).await.expect(201);
    let path = format!("/v1/plans/{}", id(&before));
    let sent = json!({"name": "Quarter", "price": {"amount": 25500}, "class_credits": null, "billing_interval": null, "billing_interval_count": null, "trial_days": 7});
    let reply = server.patch(&path, sent).await;
    let mut wanted = before.clone();
    wanted["name"] = json!("Quarter");
    wanted["price"] = json!({"amount": 25500, "currency": "EUR"});
    wanted["class_credits"] = json!(null);
    wanted["billing_interval_count"] = json!(1);
    wanted["trial_days"] = json!(7);
    wanted["version"] = json!(2);
    wanted["updated_at"] = reply.expect(200)["updated_at"].clone();
    assert_eq!((reply.expect(200), reply.header("etag")), (wanted.clone(), "\"2\""));
    assert_eq!(server.patch(&path, json!({"name": "Quarter"})).await.expect(200), wanted, "no edit");
    assert_eq!(server.get("/v1/plans").await.rows(), [wanted]);
}

#[apply(on_both_engines!)]
async fn faults_of_the_patch_and_of_the_whole_are_named(studio: Studio) {
    let server = studio.server(&[PlansWrite]).await;
    let path = format!("/v1/plans/{}", id(&plan(&server, "Quarter", json!({"billing_interval_count": 3})).await));
    assert_eq!(
        server.patch(&path, json!({"name": null, "price": null, "version": 3, "kind": "pass"})).await.faults(),
        ["/kind", "/name", "/price", "/version"]
    );
    assert_eq!(server.patch(&path, json!({"price": {"currency": null}})).await.faults(), ["/price/currency"]);
    assert_eq!(server.patch(&path, json!({"billing_interval": "once"})).await.faults(), ["/billing_interval_count"]);
    server.patch(&path, json!({"billing_interval": "once", "billing_interval_count": 1})).await.expect(200);
    assert_eq!(
        server.patch(&path, json!({"program_ids": ["prg_01jdc9x0aetqt8q3yv0gcm1v5k"]})).await.faults(),
        ["/program_ids/0"]
    );
}

#[apply(on_both_engines!)]
async fn only_what_is_ours_and_as_we_saw_it_is_changed(studio: Studio) {
    let server = studio.server(&[PlansRead, PlansWrite]).await;
    let row = plan(&server, "Pack", json!({})).await;
    let path = format!("/v1/plans/{}", id(&row));
    studio
        .server_of(studio.neighbour().await, &[PlansWrite])
        .await
        .patch(&path, json!({"name": "Mine"}))
        .await
        .is_problem(404, "not_found");
    server
        .clone()
        .with("if-match", "\"2\"")
        .patch(&path, json!({"name": "B"}))
        .await
        .is_problem(412, "version_mismatch");
    let told = server.patch(&format!("{path}?dry_run=true"), json!({"name": "B"})).await.expect(200);
    assert_eq!((&told["result"]["name"], &told["result"]["version"]), (&json!("B"), &json!(2)));
    assert_eq!(server.get("/v1/plans").await.rows(), [row]);
    server.clone().with("if-match", "\"1\"").patch(&path, json!({"name": "B"})).await.expect(200);
}

#[apply(on_both_engines!)]
async fn of_many_changes_to_one_version_at_once_one_wins(studio: Studio) {
    let server = studio.server(&[PlansWrite]).await;
    let path = format!("/v1/plans/{}", id(&plan(&server, "Pack", json!({})).await));
    let guarded = server.clone().with("if-match", "\"1\"");
    let replies =
        futures_util::future::join_all((1..21).map(|position| guarded.patch(&path, json!({"position": position}))));
    assert_eq!(replies.await.iter().filter(|reply| reply.status == 200).count(), 1);
}
