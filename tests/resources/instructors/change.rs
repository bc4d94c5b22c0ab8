//! `PATCH /v1/instructors/{instructorId}`

use flow_gateway::access::scope::Scope::{InstructorsRead, InstructorsWrite};
use serde_json::json;

use super::anna;
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_patch_keeps_what_is_absent_and_clears_what_is_null(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let before = server.post("/v1/instructors", anna()).await.expect(201);
    let path = format!("/v1/instructors/{}", before["id"].as_str().unwrap());
    let reply = server.patch(&path, json!({"bio": null, "first_name": "Ann", "metadata": {"source": null, "tier": "gold"}, "status": "inactive", "position": null})).await;
    let mut wanted = before.clone();
    wanted["bio"] = json!(null);
    wanted["first_name"] = json!("Ann");
    wanted["metadata"] = json!({"tier": "gold"});
    wanted["status"] = json!("inactive");
    wanted["position"] = json!(0);
    wanted["version"] = json!(2);
    wanted["updated_at"] = reply.expect(200)["updated_at"].clone();
    assert_eq!(reply.expect(200), wanted);
    assert_eq!(reply.header("etag"), "\"2\"");
    assert_ne!(wanted["updated_at"], wanted["created_at"]);
    assert_eq!(server.get("/v1/instructors").await.rows(), [wanted]);
}

#[apply(on_both_engines!)]
async fn only_the_version_that_if_match_names_is_changed(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    let row = server.post("/v1/instructors", anna()).await.expect(201);
    let path = format!("/v1/instructors/{}", row["id"].as_str().unwrap());
    let matching = |tag: &str| server.clone().with("if-match", tag);
    matching("\"1\"").patch(&path, json!({"bio": "2"})).await.expect(200);
    matching("\"1\"").patch(&path, json!({"bio": "3"})).await.is_problem(412, "version_mismatch");
    matching("W/\"2\"").patch(&path, json!({"bio": "3"})).await.is_problem(412, "version_mismatch");
    matching("*").patch(&path, json!({"bio": "3"})).await.expect(200);
    matching("3").patch(&path, json!({"bio": "4"})).await.is_problem(400, "malformed_request");
}

#[apply(on_both_engines!)]
async fn of_many_changes_to_one_version_at_once_one_wins(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    let row = server.post("/v1/instructors", anna()).await.expect(201);
    let path = format!("/v1/instructors/{}", row["id"].as_str().unwrap());
    let guarded = server.clone().with("if-match", "\"1\"");
    let replies = futures_util::future::join_all(
        (0..20).map(|position| guarded.patch(&path, json!({"position": position + 10}))),
    );
    assert_eq!(replies.await.iter().filter(|reply| reply.status == 200).count(), 1);
    let unguarded = futures_util::future::join_all(
        (0..20).map(|position| server.patch(&path, json!({"position": position + 100}))),
    );
    for reply in unguarded.await {
        reply.expect(200);
    }
    assert_eq!(server.patch(&path, json!({"bio": "last"})).await.expect(200)["version"], 23);
}

#[apply(on_both_engines!)]
async fn a_required_field_cannot_be_cleared_and_what_the_gateway_sets_cannot_be_sent(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    let row = server.post("/v1/instructors", anna()).await.expect(201);
    let path = format!("/v1/instructors/{}", row["id"].as_str().unwrap());
    let faults = server
        .patch(&path, json!({"display_name": null, "version": 7, "typo": null, "metadata": {"a": {}}}))
        .await
        .faults();
    assert_eq!(faults, ["/display_name", "/metadata/a", "/typo", "/version"]);
    assert_eq!(server.patch(&path, json!({"display_name": "  "})).await.faults(), ["/display_name"]);
    assert_eq!(server.patch(&path, json!([])).await.faults(), [""]);
}

#[apply(on_both_engines!)]
async fn limits_hold_for_the_whole_and_not_only_for_the_patch(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    let many: serde_json::Map<_, _> = (0..50).map(|number| (format!("k{number}"), json!("v"))).collect();
    let row = server.post("/v1/instructors", json!({"display_name": "Anna", "metadata": many})).await.expect(201);
    let path = format!("/v1/instructors/{}", row["id"].as_str().unwrap());
    assert_eq!(server.patch(&path, json!({"metadata": {"one more": "v"}})).await.faults(), ["/metadata"]);
    server.patch(&path, json!({"metadata": {"one more": "v", "k0": null}})).await.expect(200);
}

#[apply(on_both_engines!)]
async fn a_row_that_is_not_there_or_not_ours_is_not_found(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    let neighbour = studio.neighbour().await;
    let theirs = studio.server_of(neighbour, &[InstructorsRead, InstructorsWrite]).await;
    let row = theirs.post("/v1/instructors", anna()).await.expect(201);
    let path = format!("/v1/instructors/{}", row["id"].as_str().unwrap());
    server.patch(&path, json!({"bio": "mine now"})).await.is_problem(404, "not_found");
    server.patch("/v1/instructors/ins_01jdc9x0aetqt8q3yv0gcm1v5k", json!({})).await.is_problem(404, "not_found");
    server.patch("/v1/instructors/nobody", json!({})).await.is_problem(404, "not_found");
    server.patch("/v1/instructors/ins_01jdc9x0aetqt8q3yv0gcm1v5k%00", json!({})).await.is_problem(404, "not_found");
    assert_eq!(theirs.get("/v1/instructors").await.rows(), [row]);
}

#[apply(on_both_engines!)]
async fn a_change_that_changes_nothing_is_no_edit(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    let row = server.post("/v1/instructors", anna()).await.expect(201);
    let path = format!("/v1/instructors/{}", row["id"].as_str().unwrap());
    assert_eq!(server.patch(&path, json!({"bio": row["bio"]})).await.expect(200), row);
    assert_eq!(server.patch(&path, json!({})).await.expect(200), row);
}

#[apply(on_both_engines!)]
async fn a_dry_run_changes_nothing(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let row = server.post("/v1/instructors", anna()).await.expect(201);
    let path = format!("/v1/instructors/{}?dry_run=true", row["id"].as_str().unwrap());
    let told = server.patch(&path, json!({"bio": "new"})).await.expect(200);
    assert_eq!((&told["result"]["bio"], &told["result"]["version"]), (&json!("new"), &json!(2)));
    assert_eq!(server.get("/v1/instructors").await.rows(), [row]);
}
