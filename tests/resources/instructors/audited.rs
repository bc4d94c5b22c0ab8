//! What keys do to instructors is in the audit log, without personal data.

use flow_gateway::{
    access::scope::Scope,
    store::{
        audit::{self, AuditFilter},
        filter::LogOrder,
    },
};
use serde_json::json;

use crate::support::studio::{on_both_engines, secret};

#[apply(on_both_engines!)]
async fn a_keys_change_of_an_instructor_leaves_one_row_that_names_nobody(studio: Studio) {
    let key = studio.key(secret(&[Scope::InstructorsWrite])).await;
    let id = key.stored.id.to_string();
    let server = studio.management_client().with_key(key.minted.reveal()).from("192.0.2.7");
    let anna = json!({"display_name": "Anna Berg", "email": "anna@studio.example", "position": 3});
    server.post("/v1/instructors?dry_run=true", anna.clone()).await.expect(200);
    let row = server.post("/v1/instructors", anna).await.expect(201);
    let path = format!("/v1/instructors/{}", row["id"].as_str().unwrap());
    let change = json!({"status": "inactive", "phone": "+351 91 111 1111"});
    server.patch(&format!("{path}?dry_run=true"), change.clone()).await.expect(200);
    for _ in 0..2 {
        server.patch(&path, change.clone()).await.expect(200);
    }
    server.patch(&path, json!({"status": "nonsense"})).await.is_problem(422, "validation_failed");
    let filter = AuditFilter { by: Some(id), ..AuditFilter::default() };
    let rows = audit::list(studio.app.db.of(studio.id), &filter, LogOrder::Oldest(None), 100).await.unwrap();
    let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, ["instructors.create", "instructors.change"], "none where nothing changed");
    assert!(rows.iter().all(|entry| entry.subject.id == row["id"] && entry.from == "192.0.2.0/24".parse().ok()));
    assert_eq!(rows[0].after, Some(json!({"status": "active", "position": 3})));
    assert_eq!(rows[1].before, Some(json!({"status": "active"})));
    assert_eq!(rows[1].after, Some(json!({"status": "inactive", "personal_fields": ["phone"]})));
    let told = serde_json::to_string(&rows).expect("JSON");
    for personal in ["Anna", "anna@", "+351"] {
        assert!(!told.contains(personal), "{personal} is in {told}");
    }
}
