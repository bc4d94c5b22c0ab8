//! `PATCH /v1/content/{contentId}`

use std::time::Duration;

use serde_json::{Value, json};

use super::{CONTENT, neck, path, piece};
use crate::{
    resources::{classes::id, plans},
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn a_patch_keeps_what_is_absent_and_clears_what_is_null(studio: Studio) {
    let server = studio.server(CONTENT).await;
    let before = piece(&studio, "Neck", neck()).await;
    let reply = server
        .patch(
            &path(&before),
            json!({"title": "Shoulders", "media_url": null, "kind": null, "tags": null, "metadata": {"b": "2"}}),
        )
        .await;
    let mut wanted = before.clone();
    wanted["title"] = json!("Shoulders");
    wanted["media_url"] = json!(null);
    wanted["kind"] = json!("video");
    wanted["tags"] = json!([]);
    wanted["metadata"] = json!({"b": "2", "source": "cms"});
    wanted["version"] = json!(2);
    wanted["updated_at"] = reply.expect(200)["updated_at"].clone();
    assert_eq!((reply.expect(200), reply.header("etag")), (wanted.clone(), "\"2\""));
    assert_eq!(server.patch(&path(&before), json!({"title": "Shoulders"})).await.expect(200), wanted, "no edit");
    assert_eq!(server.get("/v1/content").await.rows(), [wanted]);
}

#[apply(on_both_engines!)]
async fn it_is_published_from_the_first_time_on(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = studio.server(CONTENT).await;
    let draft = piece(&studio, "Neck", json!({})).await;
    let set = async |patch: Value| server.patch(&path(&draft), patch).await.expect(200)["published_at"].clone();
    studio.pass(Duration::from_hours(1));
    let first = json!(studio.clock.now().to_string());
    assert_eq!(set(json!({"status": "published"})).await, first);
    studio.pass(Duration::from_hours(1));
    assert_eq!(set(json!({"status": "archived"})).await, first);
    assert_eq!(set(json!({"status": "published"})).await, first, "the first time stays");
    assert_eq!(set(json!({"published_at": "2020-01-01T01:00:00+01:00"})).await, "2020-01-01T00:00:00.000000Z");
    assert_eq!(set(json!({"published_at": null})).await, json!(studio.clock.now().to_string()), "cleared, it is now");
    assert_eq!(set(json!({"status": "draft", "published_at": null})).await, json!(null));
}

#[apply(on_both_engines!)]
async fn access_leaves_its_plans_behind_and_never_opens_what_was_for_some(studio: Studio) {
    let server = studio.server(CONTENT).await;
    let plan = id(&plans::plan(&server, "Unlimited", json!({})).await);
    let row = piece(&studio, "Neck", json!({"access": "plans", "plan_ids": [plan]})).await;
    assert_eq!(server.patch(&path(&row), json!({"plan_ids": []})).await.faults(), ["/plan_ids"]);
    assert_eq!(
        server.patch(&path(&row), json!({"access": "members", "plan_ids": [plan]})).await.faults(),
        ["/plan_ids"]
    );
    assert_eq!(server.patch(&path(&row), json!({"access": "members"})).await.expect(200)["plan_ids"], json!([]));
    assert_eq!(server.patch(&path(&row), json!({"plan_ids": [plan]})).await.faults(), ["/plan_ids"]);
    assert_eq!(server.patch(&path(&row), json!({"access": "plans"})).await.faults(), ["/plan_ids"]);
    assert_eq!(
        server.patch(&path(&row), json!({"access": "plans", "plan_ids": [plan]})).await.expect(200)["plan_ids"],
        json!([plan])
    );
    assert_eq!(server.patch(&path(&row), json!({"access": null})).await.expect(200)["access"], "public");
    let faults = server
        .patch(
            &path(&row),
            json!({"instructor_id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k", "program_id": "prg_01jdc9x0aetqt8q3yv0gcm1v5k"}),
        )
        .await
        .faults();
    assert_eq!(faults, ["/instructor_id", "/program_id"]);
}

#[apply(on_both_engines!)]
async fn every_fault_of_a_patch_is_named(studio: Studio) {
    let server = studio.server(CONTENT).await;
    let row = piece(&studio, "Neck", json!({})).await;
    let faults = server.patch(&path(&row), json!({"title": null, "id": "x", "kind": "film", "media_url": "javascript:alert(1)", "duration_seconds": 604_801,
        "tags": ["", 7], "access": "some", "plan_ids": ["x"], "status": "live", "published_at": "soon", "colour": 1, "description": "\u{0}"})).await.faults();
    assert_eq!(
        faults,
        [
            "/access",
            "/colour",
            "/description",
            "/duration_seconds",
            "/id",
            "/kind",
            "/media_url",
            "/plan_ids/0",
            "/published_at",
            "/status",
            "/tags/0",
            "/tags/1",
            "/title"
        ]
    );
}

#[apply(on_both_engines!)]
async fn only_what_is_ours_and_as_we_saw_it_is_changed(studio: Studio) {
    let server = studio.server(CONTENT).await;
    let row = piece(&studio, "Neck", json!({})).await;
    let theirs = studio.server_of(studio.neighbour().await, CONTENT).await;
    theirs.patch(&path(&row), json!({"title": "Mine"})).await.is_problem(404, "not_found");
    server
        .clone()
        .with("if-match", "\"2\"")
        .patch(&path(&row), json!({"title": "B"}))
        .await
        .is_problem(412, "version_mismatch");
    let told = server.patch(&format!("{}?dry_run=true", path(&row)), json!({"status": "published"})).await.expect(200);
    assert!(told["result"]["published_at"].is_string());
    assert_eq!(server.get("/v1/content").await.rows(), std::slice::from_ref(&row));
    server.clone().with("if-match", "\"1\"").patch(&path(&row), json!({"title": "B"})).await.expect(200);
    piece(&studio, "Back", json!({"external_id": "taken"})).await;
    let reply = server.patch(&path(&row), json!({"external_id": "taken"})).await;
    assert_eq!(reply.is_problem(409, "conflict")["errors"][0]["pointer"], "/external_id");
}
