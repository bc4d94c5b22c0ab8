//! `POST /v1/programs`

use flow_gateway::access::scope::Scope::ProgramsWrite;
use serde_json::{Value, json};

use super::{class_of, create, house, id, spring, stranger, weekly, with};
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_created_program_has_what_was_sent_and_is_listed(studio: Studio) {
    let house = house(&studio).await;
    let sent = with(spring(), json!({"instructor_ids": [house.instructor]}));
    let reply = house.server.post("/v1/programs", sent.clone()).await;
    let row = reply.expect(201);
    for (field, value) in sent.as_object().unwrap() {
        assert_eq!(&row[field], value, "{field}");
    }
    assert!(row["id"].as_str().unwrap().starts_with("prg_"));
    assert_eq!(reply.header("etag"), "\"1\"");
    assert_eq!(house.server.get("/v1/programs").await.rows(), [row]);
}

#[apply(on_both_engines!)]
async fn what_is_not_sent_has_its_default_and_is_never_absent(studio: Studio) {
    let server = studio.server(&[ProgramsWrite]).await;
    let row = create(&server, json!({"name": "Yôga à Noite"})).await;
    let mut rest = row.as_object().unwrap().clone();
    for known in ["id", "version", "created_at", "updated_at"] {
        rest.remove(known);
    }
    assert_eq!(
        Value::Object(rest),
        json!({
            "external_id": null, "metadata": {}, "name": "Yôga à Noite", "slug": "yoga-a-noite", "description": null, "kind": "course",
            "starts_on": null, "ends_on": null, "image_url": null, "instructor_ids": [], "price": null, "capacity": null,
            "visibility": "public", "status": "draft",
        })
    );
}

#[apply(on_both_engines!)]
async fn every_fault_is_named_at_once(studio: Studio) {
    let house = house(&studio).await;
    let theirs = stranger(&studio).await.post("/v1/instructors", json!({"display_name": "Theirs"})).await.expect(201);
    let faults = house.server.post("/v1/programs", json!({
        "name": " ", "kind": "camp", "starts_on": "2026-02-30", "instructor_ids": ["cls_01jdc9x0aetqt8q3yv0gcm1v5k"], "capacity": 0,
        "price": {"amount": -1, "currency": "EUR"}, "classes": [], "version": 2,
    })).await.faults();
    assert_eq!(
        faults,
        ["/capacity", "/classes", "/instructor_ids/0", "/kind", "/name", "/price/amount", "/starts_on", "/version"]
    );
    let sent = with(
        spring(),
        json!({"ends_on": "2026-03-01",
        "instructor_ids": [house.instructor, theirs["id"], "ins_01jdc9x0aetqt8q3yv0gcm1v5k", house.instructor]}),
    );
    let faults = house.server.post("/v1/programs", sent).await.faults();
    assert_eq!(faults, ["/ends_on", "/instructor_ids/1", "/instructor_ids/2", "/instructor_ids/3"]);
    assert!(house.server.get("/v1/programs").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn a_program_may_last_one_day(studio: Studio) {
    let server = studio.server(&[ProgramsWrite]).await;
    create(&server, json!({"name": "A day", "starts_on": "2026-03-02", "ends_on": "2026-03-02"})).await;
}

#[apply(on_both_engines!)]
async fn a_taken_slug_or_external_id_is_a_conflict_and_another_studio_has_its_own(studio: Studio) {
    let server = studio.server(&[ProgramsWrite]).await;
    create(&server, spring()).await;
    for (field, value) in [("external_id", "crm-1"), ("slug", "spring")] {
        let reply = server.post("/v1/programs", json!({"name": "B", field: value})).await;
        assert_eq!(reply.is_problem(409, "conflict")["errors"][0]["pointer"], format!("/{field}"));
    }
    assert_eq!(create(&server, json!({"name": "Spring"})).await["slug"], "spring-2");
    create(&stranger(&studio).await, spring()).await;
}

#[apply(on_both_engines!)]
async fn of_many_with_one_external_id_at_once_one_is_created(studio: Studio) {
    let house = house(&studio).await;
    let body = json!({"name": "Spring", "external_id": "one"});
    let replies =
        futures_util::future::join_all((0..20).map(|_| house.server.post("/v1/programs", body.clone()))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        reply.is_problem(409, "conflict");
    }
    assert_eq!(house.server.get("/v1/programs").await.rows().len(), 1);
}

#[apply(on_both_engines!)]
async fn a_retry_with_its_key_creates_once_and_a_dry_run_nothing(studio: Studio) {
    let house = house(&studio).await;
    let told = house.server.post("/v1/programs?dry_run=true", spring()).await.expect(200);
    assert_eq!((&told["dry_run"], &told["result"]["slug"]), (&json!(true), &json!("spring")));
    assert!(house.server.get("/v1/programs").await.rows().is_empty());
    let retrying = house.server.clone().with("idempotency-key", "spring");
    let (first, again) = (retrying.post("/v1/programs", spring()).await, retrying.post("/v1/programs", spring()).await);
    assert_eq!((first.expect(201), again.header("idempotency-replayed")), (again.expect(201), "true"));
    assert_eq!(house.server.get("/v1/programs").await.rows().len(), 1);
}

#[apply(on_both_engines!)]
async fn a_class_names_a_program_of_its_studio(studio: Studio) {
    let house = house(&studio).await;
    let ours = create(&house.server, spring()).await;
    let theirs = create(&stranger(&studio).await, spring()).await;
    let class = class_of(&house, &ours, json!({})).await;
    assert_eq!(class["program_id"], ours["id"]);
    let sent = with(weekly("monday", "18:30"), json!({"program_id": theirs["id"]}));
    assert_eq!(house.server.post("/v1/classes", sent).await.faults(), ["/program_id"]);
    let path = format!("/v1/classes/{}", id(&class));
    assert_eq!(house.server.patch(&path, json!({"program_id": theirs["id"]})).await.faults(), ["/program_id"]);
    assert_eq!(house.server.patch(&path, json!({"program_id": null})).await.expect(200)["program_id"], Value::Null);
}
