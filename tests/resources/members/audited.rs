//! What keys do to members is in the audit log, without personal data.

use flow_gateway::store::{
    audit::{self, AuditFilter, Entry},
    filter::LogOrder,
};
use serde_json::json;

use super::{PEOPLE, clara, path};
use crate::support::studio::{Studio, on_both_engines, secret};

async fn rows(studio: &Studio, key: &str) -> Vec<Entry> {
    let filter = AuditFilter { by: Some(key.to_owned()), ..AuditFilter::default() };
    audit::list(studio.app.db.of(studio.id), &filter, LogOrder::Oldest(None), 100).await.expect("rows")
}

#[apply(on_both_engines!)]
async fn a_keys_change_of_a_member_leaves_one_row_that_names_nobody(studio: Studio) {
    let key = studio.key(secret(PEOPLE)).await;
    let id = key.stored.id.to_string();
    let server = studio.management_client().with_key(key.minted.reveal()).from("192.0.2.7");
    server.post("/v1/members/invites?dry_run=true", clara()).await.expect(200);
    let member = server.post("/v1/members/invites", clara()).await.expect(201);
    let at = path(&member);
    server.patch(&format!("{at}?dry_run=true"), json!({"status": "active"})).await.expect(200);
    server.patch(&at, json!({"status": "active", "phone": "+351 91 111 1111"})).await.expect(200);
    server.patch(&at, json!({"status": "active"})).await.expect(200);
    server.patch(&at, json!({"status": "nonsense"})).await.is_problem(422, "validation_failed");
    for _ in 0..2 {
        server.post(&format!("{at}/cancel"), json!({"reason": "Moves to Porto"})).await.expect(200);
    }
    let rows = rows(&studio, &id).await;
    let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, ["members.invite", "members.change", "members.cancel"], "none where nothing changed");
    for row in &rows {
        assert_eq!((row.subject.id.as_str(), row.from), (member["id"].as_str().unwrap(), "192.0.2.0/24".parse().ok()));
    }
    assert_eq!(rows[1].before, Some(json!({"status": "invited"})));
    assert_eq!(rows[1].after, Some(json!({"status": "active", "personal_fields": ["phone"]})));
    let told = serde_json::to_string(&rows).expect("JSON");
    for personal in ["lara", "Nunes", "+351", "1990-", " knee", "Porto", "crm-"] {
        assert!(!told.contains(personal), "{personal} is in {told}");
    }
}
