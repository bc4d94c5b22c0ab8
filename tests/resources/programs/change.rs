//! `PATCH /v1/programs/{programId}`

use serde_json::{Value, json};

use super::{create, house, id, spring, stranger, with};
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_patch_changes_what_it_names_and_clears_what_is_null(studio: Studio) {
    let house = house(&studio).await;
    let row = create(&house.server, with(spring(), json!({"instructor_ids": [house.instructor]}))).await;
    let path = format!("/v1/programs/{}", id(&row));
    let reply = house.server.patch(&path, json!({"name": "Summer", "status": "archived", "starts_on": null, "instructor_ids": null, "price": {"amount": 1}})).await;
    let changed = reply.expect(200);
    let wanted = with(
        row.clone(),
        json!({"name": "Summer", "status": "archived", "starts_on": null, "instructor_ids": [],
        "price": {"amount": 1, "currency": "EUR"}, "version": 2, "updated_at": changed["updated_at"]}),
    );
    assert_eq!(changed, wanted);
    assert_eq!(
        (reply.header("etag"), &changed["slug"]),
        ("\"2\"", &json!("spring")),
        "a slug stays when the name changes"
    );
    assert_eq!(house.server.patch(&path, json!({"slug": null})).await.expect(200)["slug"], "summer");
}

#[apply(on_both_engines!)]
async fn what_is_there_and_what_is_sent_must_fit_together(studio: Studio) {
    let house = house(&studio).await;
    let row = create(&house.server, spring()).await;
    let path = format!("/v1/programs/{}", id(&row));
    assert_eq!(house.server.patch(&path, json!({"starts_on": "2026-05-12"})).await.faults(), ["/ends_on"]);
    assert_eq!(
        house.server.patch(&path, json!({"instructor_ids": ["ins_01jdc9x0aetqt8q3yv0gcm1v5k"]})).await.faults(),
        ["/instructor_ids/0"]
    );
    assert_eq!(
        house.server.patch(&path, json!({"name": null, "id": "prg_x", "classes": [{"id": "cls_x"}]})).await.faults(),
        ["/classes", "/id", "/name"]
    );
    create(&house.server, json!({"name": "Other", "external_id": "other"})).await;
    house.server.patch(&path, json!({"external_id": "other"})).await.is_problem(409, "conflict");
    house.server.patch(&path, json!({"slug": "other"})).await.is_problem(409, "conflict");
    assert_eq!(house.server.get(&format!("/v1/programs?id={}", id(&row))).await.rows(), [row]);
}

#[apply(on_both_engines!)]
async fn if_match_guards_against_a_lost_update(studio: Studio) {
    let house = house(&studio).await;
    let row = create(&house.server, spring()).await;
    let path = format!("/v1/programs/{}", id(&row));
    let seen = house.server.clone().with("if-match", "\"1\"");
    let call = |capacity: i64| seen.patch(&path, json!({"capacity": capacity}));
    let replies = futures_util::future::join_all((1..11).map(call)).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        reply.is_problem(412, "version_mismatch");
    }
}

#[apply(on_both_engines!)]
async fn another_studios_program_is_not_found_and_a_dry_run_changes_nothing(studio: Studio) {
    let house = house(&studio).await;
    let row = create(&house.server, spring()).await;
    let path = format!("/v1/programs/{}", id(&row));
    let theirs = stranger(&studio).await;
    theirs.patch(&path, json!({"name": "Mine"})).await.is_problem(404, "not_found");
    theirs.get(&path).await.is_problem(404, "not_found");
    let told = house.server.patch(&format!("{path}?dry_run=true"), json!({"name": "New"})).await.expect(200);
    assert_eq!((&told["result"]["name"], &told["result"]["version"]), (&json!("New"), &json!(2)));
    let whole = house.server.get(&path).await.expect(200);
    assert_eq!(whole, with(row, json!({"classes": Value::Array(vec![]), "more_classes": false})));
}
