//! A row that was read may be sent back whole, with what is to change in it: what the gateway sets is taken when it is
//! what the row has, and refused when it is anything else.

use flow_gateway::access::scope::Scope;
use serde_json::{Value, json};

use crate::{
    resources::classes::{House, id, weekly, with},
    support::{
        made,
        studio::{Client, Studio, on_both_engines},
    },
};

/// A row of each kind that can be changed, as its list shows it, and where it is changed.
async fn rows(studio: &Studio) -> (Client, Vec<(String, Value)>) {
    let House { server, location, .. } = House::with(studio.server(Scope::ALL).await).await;
    let class = id(&server.post("/v1/classes", weekly("monday", "18:30")).await.expect(201));
    server.post("/v1/plans", json!({"name": "Unlimited", "price": {"amount": 1, "currency": "EUR"}})).await.expect(201);
    server.post("/v1/programs", json!({"name": "Summer", "starts_on": "2026-06-01"})).await.expect(201);
    server.post("/v1/members/invites", json!({"email": "rui@member.example", "first_name": "Rui"})).await.expect(201);
    made::content(studio, studio.id, json!({"title": "Neck"})).await.expect("content");
    let rooms = format!("/v1/locations/{location}/rooms");
    let schedule = format!("/v1/schedule?class_id={class}&limit=1");
    let mut rows = Vec::new();
    for list in [
        "/v1/classes",
        "/v1/plans",
        "/v1/programs",
        "/v1/members",
        "/v1/content",
        "/v1/locations",
        &rooms,
        "/v1/instructors",
        &schedule,
    ] {
        let row = server.get(list).await.rows().into_iter().next().expect(list);
        rows.push((format!("{}/{}", list.split('?').next().unwrap(), id(&row)), row));
    }
    (server, rows)
}

#[apply(on_both_engines!)]
async fn a_row_that_is_sent_back_as_it_was_read_changes_nothing(studio: Studio) {
    let (server, rows) = rows(&studio).await;
    for (path, row) in rows {
        let mut kept = server.patch(&path, row.clone()).await.expect(200);
        kept.as_object_mut().unwrap().remove("effects");
        assert_eq!(kept, row, "{path}");
        let dry = server.patch(&format!("{path}?dry_run=true"), row.clone()).await.expect(200);
        assert_eq!(dry["dry_run"], true, "{path}");
    }
}

#[apply(on_both_engines!)]
async fn a_program_that_was_read_with_its_classes_is_sent_back_with_them(studio: Studio) {
    let server = House::with(studio.server(Scope::ALL).await).await.server;
    let program = server.post("/v1/programs", json!({"name": "Summer", "starts_on": "2026-06-01"})).await.expect(201);
    let path = format!("/v1/programs/{}", id(&program));
    let class = with(weekly("monday", "18:30"), json!({"program_id": id(&program)}));
    server.post("/v1/classes", class).await.expect(201);
    let read = server.get(&path).await.expect(200);
    assert_eq!(read["classes"].as_array().map(Vec::len), Some(1));
    assert_eq!(server.patch(&path, read.clone()).await.expect(200), program, "nothing changes");
    let renamed = server.patch(&path, with(read.clone(), json!({"name": "Winter"}))).await.expect(200);
    assert_eq!((&renamed["name"], &renamed["version"]), (&json!("Winter"), &json!(2)));
    let current = server.get(&path).await.expect(200);
    let others = json!({"more_classes": true, "classes": []});
    assert_eq!(server.patch(&path, with(current.clone(), others)).await.faults(), ["/classes", "/more_classes"]);
    assert_eq!(server.get(&path).await.expect(200), current);
    let new = json!({"name": "Autumn", "classes": [], "more_classes": false});
    assert_eq!(server.post("/v1/programs", new).await.faults(), ["/classes", "/more_classes"]);
}

#[apply(on_both_engines!)]
async fn a_row_that_is_sent_back_whole_takes_what_changed_in_it(studio: Studio) {
    let (server, rows) = rows(&studio).await;
    for (path, mut row) in rows {
        row["metadata"] = json!({"seen": "yes"});
        let changed = server.patch(&path, row.clone()).await.expect(200);
        assert_eq!((&changed["version"], &changed["metadata"]), (&json!(2), &row["metadata"]), "{path}");
        // The row has moved on since it was read: the same bytes again are about another version.
        row["metadata"] = json!({"seen": "twice"});
        let faults = server.patch(&path, row.clone()).await.faults();
        assert!(faults.contains(&"/version".to_owned()), "{path}: {faults:?}");
    }
}

#[apply(on_both_engines!)]
async fn what_the_gateway_sets_is_refused_when_it_is_not_what_the_row_has(studio: Studio) {
    let (server, rows) = rows(&studio).await;
    let (occurrence, of_class) =
        rows.last().map(|(path, row)| (path.clone(), row["class_id"].clone())).expect("an occurrence");
    for (path, row) in rows {
        let others = json!({"id": "x", "version": 7, "created_at": "2020-01-01T00:00:00Z", "updated_at": null, "metadata": {"a": "b"}});
        assert_eq!(
            server.patch(&path, others).await.faults(),
            ["/created_at", "/id", "/updated_at", "/version"],
            "{path}"
        );
        let read = server.get(&format!("{}?id={}", path.rsplit_once('/').unwrap().0, id(&row))).await.rows();
        assert_eq!(read, [row], "{path}");
    }
    assert_eq!(
        server.patch(&occurrence, json!({"booked_count": 4, "class_id": of_class})).await.faults(),
        ["/booked_count"]
    );
}

#[apply(on_both_engines!)]
async fn a_creation_names_nothing_that_the_gateway_sets(studio: Studio) {
    let (server, rows) = rows(&studio).await;
    let (_, plan) = rows.iter().find(|(path, _)| path.starts_with("/v1/plans/")).expect("a plan");
    let faults = server.post("/v1/plans", plan.clone()).await.faults();
    assert_eq!(faults, ["/created_at", "/id", "/updated_at", "/version"]);
}
