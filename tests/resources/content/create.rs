//! What import may write.

use serde_json::{Value, json};

use super::{CONTENT, neck, piece};
use crate::{
    resources::{
        classes::{id, with},
        plans,
    },
    support::{
        made,
        studio::{Studio, on_both_engines},
    },
};

/// The pointers of what is wrong with a piece.
async fn faults(studio: &Studio, sent: Value) -> Vec<String> {
    let problem = made::content(studio, studio.id, with(json!({"title": "Neck"}), sent)).await.expect_err("a refusal");
    problem.errors().iter().map(|fault| fault.pointer.clone()).collect()
}

#[apply(on_both_engines!)]
async fn a_piece_has_what_was_sent_and_the_rest_by_default(studio: Studio) {
    let server = studio.server(CONTENT).await;
    let instructor = id(&server.post("/v1/instructors", json!({"display_name": "Anna"})).await.expect(201));
    let program = id(&server.post("/v1/programs", json!({"name": "Spring"})).await.expect(201));
    let plan = id(&plans::plan(&server, "Unlimited", json!({})).await);
    let sent = with(
        neck(),
        json!({"instructor_id": instructor, "program_id": program, "access": "plans", "plan_ids": [plan]}),
    );
    let whole = piece(&studio, "Neck", sent.clone()).await;
    for (field, value) in sent.as_object().unwrap() {
        assert_eq!(&whole[field], value, "{field}");
    }
    let bare = piece(&studio, "Back", json!({})).await;
    let mut rest = bare.as_object().unwrap().clone();
    for known in ["id", "version", "created_at", "updated_at"] {
        rest.remove(known);
    }
    assert_eq!(
        Value::Object(rest),
        json!({
            "external_id": null, "metadata": {}, "title": "Back", "description": null, "kind": "video", "media_url": null,
            "thumbnail_url": null, "duration_seconds": null, "instructor_id": null, "program_id": null, "tags": [], "access": "public",
            "plan_ids": [], "status": "draft", "published_at": null,
        })
    );
    assert!(bare["id"].as_str().unwrap().starts_with("cnt_"));
    assert_eq!(server.get("/v1/content").await.rows(), [whole, bare]);
}

#[apply(on_both_engines!)]
async fn what_it_names_is_there_and_plans_go_with_access_to_plans(studio: Studio) {
    let server = studio.server(CONTENT).await;
    let theirs = studio.server_of(studio.neighbour().await, CONTENT).await;
    let plan = id(&plans::plan(&server, "Unlimited", json!({})).await);
    let stranger = id(&plans::plan(&theirs, "Theirs", json!({})).await);
    let instructor = id(&theirs.post("/v1/instructors", json!({"display_name": "Anna"})).await.expect(201));
    let program = id(&theirs.post("/v1/programs", json!({"name": "Spring"})).await.expect(201));
    let foreign = json!({"instructor_id": instructor, "program_id": program, "access": "plans", "plan_ids": [plan, stranger, plan]});
    assert_eq!(faults(&studio, foreign).await, ["/instructor_id", "/program_id", "/plan_ids/1", "/plan_ids/2"]);
    assert_eq!(faults(&studio, json!({"access": "plans"})).await, ["/plan_ids"]);
    for access in ["public", "members"] {
        assert_eq!(faults(&studio, json!({"access": access, "plan_ids": [plan]})).await, ["/plan_ids"]);
    }
    assert_eq!(
        faults(
            &studio,
            json!({"kind": "film", "media_url": "ftp://x", "duration_seconds": 0, "tags": [" "], "title": "\u{0}"})
        )
        .await
        .len(),
        5
    );
    assert!(server.get("/v1/content").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn a_taken_external_id_is_a_conflict(studio: Studio) {
    piece(&studio, "Neck", neck()).await;
    made::content(&studio, studio.id, with(json!({"title": "Back"}), neck())).await.expect_err("taken");
    let neighbour = studio.neighbour().await;
    made::content(&studio, neighbour, with(json!({"title": "Back"}), neck())).await.expect("theirs");
}
