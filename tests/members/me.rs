//! `/v1/me`

use serde_json::json;

use super::{
    RUI, back_office, joined, now, path,
    tokens::{PAGE, page, token},
};
use crate::support::studio::{Client, Studio, on_both_engines};

async fn me(studio: &Studio) -> (Client, serde_json::Value) {
    let (browser, member) = joined(studio).await;
    (page(studio, &token(studio, studio.id, &browser).await), member)
}

#[apply(on_both_engines!)]
async fn a_member_reads_what_is_theirs_and_none_of_the_studios_notes(studio: Studio) {
    let (page, member) = me(&studio).await;
    let server = back_office(&studio, studio.id).await;
    let private =
        json!({"notes": "Mind her knee.", "tags": ["Mornings"], "metadata": {"a": "b"}, "external_id": "crm-7"});
    server.patch(&path(&member), private).await.expect(200);
    let reply = page.get("/v1/me").await;
    let shown = reply.expect(200);
    let mut names: Vec<_> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let own = [
        "birth_date",
        "cancel_on",
        "created_at",
        "email",
        "ends_on",
        "first_name",
        "id",
        "last_name",
        "last_signed_in_at",
        "marketing_consent",
        "phone",
        "plan_id",
        "starts_on",
        "status",
        "updated_at",
        "version",
    ];
    assert_eq!(names, own);
    assert_eq!((&shown["email"], &shown["status"], &shown["id"]), (&json!(RUI), &json!("active"), &member["id"]));
    assert_eq!((reply.header("cache-control"), reply.header("vary")), ("no-store", "Origin, Authorization"));
    assert_eq!(reply.header("access-control-allow-origin"), PAGE, "a browser shows it to pages of this origin alone");
    assert_eq!(reply.header("etag"), format!("\"{}\"", shown["version"]));
}

#[apply(on_both_engines!)]
async fn a_member_changes_their_own_fields_and_no_others(studio: Studio) {
    let (page, member) = me(&studio).await;
    let own = json!({"first_name": "Rui", "last_name": "Alves", "phone": "+351 91 000 0000", "birth_date": "1990-05-17",
        "marketing_consent": true});
    let changed = page.patch("/v1/me", own.clone()).await.expect(200);
    let row = now(&studio, studio.id, &member).await;
    for (field, value) in own.as_object().unwrap() {
        assert_eq!((&changed[field], &row[field]), (value, value), "{field}");
    }
    assert_eq!((&changed["version"], &changed["updated_at"]), (&row["version"], &row["updated_at"]));
    for (field, value) in [
        ("email", json!("other@member.example")),
        ("status", json!("paused")),
        ("plan_id", json!("pln_01jdc9x0aetqt8q3yv0gcm1v5k")),
        ("ends_on", json!("2030-01-01")),
        ("notes", json!("x")),
        ("tags", json!(["x"])),
        ("metadata", json!({"a": "b"})),
        ("external_id", json!("x")),
        ("last_signed_in_at", json!(null)),
    ] {
        let reply = page.patch("/v1/me", json!({(field): value})).await;
        assert_eq!(reply.faults(), [format!("/{field}")], "{field}");
    }
    assert_eq!(page.patch("/v1/me", json!({"birth_date": "2990-01-01"})).await.faults(), ["/birth_date"]);
    assert_eq!(now(&studio, studio.id, &member).await, row, "nothing else was changed");
    let same = page.patch("/v1/me", json!({"first_name": "Rui"})).await.expect(200);
    assert_eq!(same["version"], row["version"]);
    let stale = page.clone().with("if-match", "\"1\"").patch("/v1/me", json!({"first_name": "R"})).await;
    stale.is_problem(412, "version_mismatch");
}

#[apply(on_both_engines!)]
async fn a_consent_that_a_member_withdraws_is_noted_and_found_by_search(studio: Studio) {
    let (page, member) = me(&studio).await;
    page.patch("/v1/me", json!({"marketing_consent": true, "last_name": "Ferreirinha"})).await.expect(200);
    page.patch("/v1/me", json!({"marketing_consent": false})).await.expect(200);
    let text = "select count(*) from members where consent_withdrawn";
    assert_eq!(studio.app.db.read().query(text).scalar::<i64>().await.unwrap(), Some(1));
    let server = back_office(&studio, studio.id).await;
    let found = server.get("/v1/members?q=ferreirinha").await.rows();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["id"], member["id"]);
}

#[apply(on_both_engines!)]
async fn a_retry_with_one_idempotency_key_is_answered_again(studio: Studio) {
    let (page, _) = me(&studio).await;
    let page = page.with("idempotency-key", "a");
    let first = page.patch("/v1/me", json!({"first_name": "Rui"})).await;
    let again = page.patch("/v1/me", json!({"first_name": "Rui"})).await;
    assert_eq!((first.expect(200), again.header("idempotency-replayed")), (again.expect(200), "true"));
}

#[apply(on_both_engines!)]
async fn preflights_are_answered_and_unknown_operations_are_told_to_members_alone(studio: Studio) {
    let preflight = studio
        .members_client()
        .with("origin", PAGE)
        .with("access-control-request-method", "PATCH")
        .call("OPTIONS", "/v1/me")
        .await;
    assert_eq!(preflight.status, 204);
    assert!(preflight.header("access-control-allow-methods").contains("PATCH"));
    for header in ["Authorization", "Content-Type", "If-Match", "Idempotency-Key"] {
        assert!(preflight.header("access-control-allow-headers").contains(header), "{header}");
    }
    assert_eq!(preflight.header("access-control-max-age"), "7200");
    studio.members_client().get("/v1/nowhere").await.is_problem(401, "missing_token");
    let (page, _) = me(&studio).await;
    page.get("/v1/nowhere").await.is_problem(404, "unknown_operation");
    let other = page.delete("/v1/me").await;
    other.is_problem(405, "method_not_allowed");
    assert_eq!(other.header("allow"), "GET, HEAD, PATCH");
}
