//! `POST /v1/instructors`

use flow_gateway::access::scope::Scope::{InstructorsRead, InstructorsWrite};
use serde_json::{Value, json};

use super::anna;
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_created_instructor_has_what_was_sent_and_is_listed(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let reply = server.post("/v1/instructors", anna()).await;
    let row = reply.expect(201);
    for (field, value) in anna().as_object().unwrap() {
        assert_eq!(&row[field], value, "{field}");
    }
    assert_eq!(row["version"], 1);
    assert_eq!(reply.header("etag"), "\"1\"");
    assert_eq!(row["created_at"], row["updated_at"]);
    assert!(row["id"].as_str().unwrap().starts_with("ins_"));
    assert_eq!(server.get("/v1/instructors").await.rows(), [row]);
}

#[apply(on_both_engines!)]
async fn what_is_not_sent_has_its_default_and_is_never_absent(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    let row = server.post("/v1/instructors", json!({"display_name": "Zoë Ångström"})).await.expect(201);
    let mut rest = row.as_object().unwrap().clone();
    for known in ["id", "version", "created_at", "updated_at"] {
        rest.remove(known);
    }
    assert_eq!(
        Value::Object(rest),
        json!({
            "external_id": null, "metadata": {}, "display_name": "Zoë Ångström", "first_name": null, "last_name": null,
            "slug": "zoe-angstrom", "bio": null, "photo_url": null, "email": null, "phone": null, "specialties": [],
            "links": {}, "status": "active", "position": 0,
        })
    );
}

#[apply(on_both_engines!)]
async fn every_fault_is_named_at_once(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let faults = server.post("/v1/instructors", json!({
        "id": "ins_1", "dispaly_name": "typo", "email": "nobody", "photo_url": "javascript:alert(1)", "slug": "Not A Slug",
        "specialties": ["ok", 7], "links": {"web": "no"}, "metadata": {"a": 1}, "status": "gone", "position": -1, "bio": "nul \u{0}",
    })).await.faults();
    assert_eq!(
        faults,
        [
            "/bio",
            "/dispaly_name",
            "/display_name",
            "/email",
            "/id",
            "/links/web",
            "/metadata/a",
            "/photo_url",
            "/position",
            "/slug",
            "/specialties/1",
            "/status"
        ]
    );
    assert!(server.get("/v1/instructors").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn null_is_as_good_as_absent_where_a_field_may_be(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    let nulls =
        json!({"display_name": "A", "status": null, "position": null, "metadata": null, "links": null, "bio": null});
    let row = server.post("/v1/instructors", nulls).await.expect(201);
    assert_eq!((&row["status"], &row["position"], &row["metadata"]), (&json!("active"), &json!(0), &json!({})));
    let faults = server.post("/v1/instructors", json!({"display_name": null, "typo": null})).await.faults();
    assert_eq!(faults, ["/display_name", "/typo"]);
}

#[apply(on_both_engines!)]
async fn a_whole_number_may_be_written_with_a_point(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    let row = server.post("/v1/instructors", json!({"display_name": "A", "position": 3.0})).await.expect(201);
    assert_eq!(row["position"], json!(3));
    assert_eq!(
        server.post("/v1/instructors", json!({"display_name": "A", "position": 3.5})).await.faults(),
        ["/position"]
    );
}

#[apply(on_both_engines!)]
async fn what_is_not_an_object_of_json_is_refused(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    let send = async |body: &'static str, kind: Option<&str>| {
        server.send("POST".parse().unwrap(), "/v1/instructors", body.into(), kind).await
    };
    send("{", Some("application/json")).await.is_problem(400, "malformed_request");
    send("", Some("application/json")).await.is_problem(400, "malformed_request");
    send("[[[[[[[[[[", Some("application/json")).await.is_problem(400, "malformed_request");
    assert_eq!(send("[]", Some("application/json")).await.faults(), [""]);
    assert_eq!(send("null", Some("application/json")).await.faults(), [""]);
    send("{}", None).await.is_problem(415, "unsupported_media_type");
    send("{}", Some("text/plain")).await.is_problem(415, "unsupported_media_type");
    send("{}", Some("application/merge-patch+json")).await.is_problem(415, "unsupported_media_type");
    send(r#"{"display_name": "\ud800"}"#, Some("application/json")).await.is_problem(400, "malformed_request");
}

#[apply(on_both_engines!)]
async fn a_taken_slug_or_external_id_is_a_conflict_that_says_which(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    server.post("/v1/instructors", anna()).await.expect(201);
    let reply = server.post("/v1/instructors", json!({"display_name": "B", "external_id": "crm-1"})).await;
    assert_eq!(reply.is_problem(409, "conflict")["errors"][0]["pointer"], "/external_id");
    let reply = server.post("/v1/instructors", json!({"display_name": "B", "slug": "anna"})).await;
    assert_eq!(reply.is_problem(409, "conflict")["errors"][0]["pointer"], "/slug");
}

#[apply(on_both_engines!)]
async fn the_same_slug_and_external_id_are_free_in_another_studio(studio: Studio) {
    let neighbour = studio.neighbour().await;
    for server in [studio.server(&[InstructorsWrite]).await, studio.server_of(neighbour, &[InstructorsWrite]).await] {
        server.post("/v1/instructors", anna()).await.expect(201);
    }
}

#[apply(on_both_engines!)]
async fn many_of_one_name_at_once_get_slugs_of_their_own(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let created = futures_util::future::join_all(
        (0..20).map(|_| server.post("/v1/instructors", json!({"display_name": "Anna"}))),
    )
    .await;
    for reply in &created {
        reply.expect(201);
    }
    let mut slugs: Vec<_> =
        server.get("/v1/instructors?limit=100").await.rows().iter().map(|row| row["slug"].to_string()).collect();
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), 20);
}

#[apply(on_both_engines!)]
async fn of_many_with_one_external_id_at_once_one_is_created(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let body = json!({"display_name": "Anna", "external_id": "one"});
    let replies = futures_util::future::join_all((0..20).map(|_| server.post("/v1/instructors", body.clone()))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        reply.is_problem(409, "conflict");
    }
    assert_eq!(server.get("/v1/instructors").await.rows().len(), 1);
}

#[apply(on_both_engines!)]
async fn a_dry_run_says_what_it_would_do_and_changes_nothing(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let told = server.post("/v1/instructors?dry_run=true", anna()).await.expect(200);
    assert_eq!(
        (&told["dry_run"], &told["result"]["slug"], &told["effects"]),
        (&json!(true), &json!("anna"), &json!({}))
    );
    assert!(server.get("/v1/instructors").await.rows().is_empty());
    assert_eq!(server.post("/v1/instructors?dry_run=true", json!({})).await.faults(), ["/display_name"]);
    server.post("/v1/instructors?dry_run=perhaps", anna()).await.is_problem(400, "malformed_request");
    server.post("/v1/instructors?dryrun=true", anna()).await.is_problem(400, "malformed_request");
}
