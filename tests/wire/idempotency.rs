//! `Idempotency-Key`: a write that is sent again happens once.

use std::time::Duration;

use axum::{body::Body, http::Method};
use flow_gateway::{
    access::{
        keys::{self, Replacement},
        scope::Scope::{InstructorsRead, InstructorsWrite, LocationsRead, LocationsWrite},
    },
    operation::write::idempotency,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::studio::{Client, Reply, Studio, on_both_engines, secret};

const LIST: &str = "/v1/instructors";

trait Retries {
    /// The same caller with an `Idempotency-Key`.
    fn once(&self, key: &str) -> Client;
}

impl Retries for Client {
    fn once(&self, key: &str) -> Client {
        self.clone().with("idempotency-key", key)
    }
}

async fn writer(studio: &Studio) -> Client {
    studio.server(&[InstructorsRead, InstructorsWrite, LocationsRead, LocationsWrite]).await
}

fn anna() -> Value {
    json!({"display_name": "Anna"})
}

/// The second answer is the first one again, byte for byte, and says so.
#[track_caller]
fn is_replay(again: &Reply, first: &Reply) {
    assert_eq!((again.status, &again.body), (first.status, &first.body), "{again:?}");
    for name in ["content-type", "etag", "cache-control", "vary", "location"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
}

#[track_caller]
fn happened(reply: &Reply, status: u16) {
    reply.expect(status);
    assert_eq!(reply.header("idempotency-replayed"), "", "{reply:?}");
}

async fn count(caller: &Client) -> usize {
    caller.get(LIST).await.rows().len()
}

#[apply(on_both_engines!)]
async fn each_write_is_replayed_byte_for_byte(studio: Studio) {
    let server = writer(&studio).await;
    let create = server.once("create");
    let first = create.post("/v1/locations", json!({"name": "Alfama", "metadata": {"b": "1", "a": "2"}})).await;
    happened(&first, 201);
    is_replay(&create.post("/v1/locations", json!({"name": "Alfama", "metadata": {"b": "1", "a": "2"}})).await, &first);
    let path = format!("/v1/locations/{}", first.json()["id"].as_str().unwrap());

    let change = server.once("change");
    let changed = change.patch(&path, json!({"name": "Bairro Alto"})).await;
    happened(&changed, 200);
    server.patch(&path, json!({"name": "Chiado"})).await.expect(200);
    is_replay(&change.patch(&path, json!({"name": "Bairro Alto"})).await, &changed);
    assert_eq!(server.get("/v1/locations").await.rows()[0]["name"], "Chiado");
    is_replay(&create.post("/v1/locations", json!({"name": "Alfama", "metadata": {"b": "1", "a": "2"}})).await, &first);

    let remove = server.once("remove");
    let removed = remove.delete(&path).await;
    happened(&removed, 204);
    is_replay(&remove.delete(&path).await, &removed);
    server.delete(&path).await.is_problem(404, "not_found");
    is_replay(&change.patch(&path, json!({"name": "Bairro Alto"})).await, &changed);
}

#[apply(on_both_engines!)]
async fn a_retry_that_would_be_refused_now_is_still_answered_as_the_first_was(studio: Studio) {
    let server = writer(&studio).await;
    let row = server.post(LIST, anna()).await.expect(201);
    let path = format!("{LIST}/{}", row["id"].as_str().unwrap());
    let change = server.once("k").with("if-match", "\"1\"");
    let first = change.patch(&path, json!({"bio": "x"})).await;
    happened(&first, 200);
    is_replay(&change.patch(&path, json!({"bio": "x"})).await, &first);
    let named = server.once("l");
    let first = named.post(LIST, json!({"display_name": "B", "external_id": "e"})).await;
    happened(&first, 201);
    is_replay(&named.post(LIST, json!({"display_name": "B", "external_id": "e"})).await, &first);
}

#[apply(on_both_engines!)]
async fn another_request_with_the_same_key_is_refused(studio: Studio) {
    let server = writer(&studio).await;
    let row = server.post("/v1/locations", json!({"name": "Alfama"})).await.expect(201);
    let path = format!("/v1/locations/{}", row["id"].as_str().unwrap());
    let once = server.once("k");
    happened(&once.patch(&path, json!({"name": "Chiado"})).await, 200);
    let send = async |method: Method, path: &str, body: &'static str| {
        once.send(method, path, Body::from(body), Some("application/json")).await
    };
    let reused = [
        once.delete(&path).await,
        once.post("/v1/locations", json!({"name": "Chiado"})).await,
        once.post(LIST, anna()).await,
        once.patch(&format!("{path}?dry_run=false"), json!({"name": "Chiado"})).await,
        once.patch(&path, json!({"name": "Graça"})).await,
        once.patch(&path, json!({})).await,
        send(Method::PATCH, &path, "{ \"name\":\"Chiado\"}").await,
        // What cannot even be read is another request, too.
        send(Method::PATCH, &path, "{\"name\":").await,
        send(Method::PATCH, &path, "").await,
        once.patch(&path, json!({"nmae": "Chiado"})).await,
        once.send(Method::PATCH, &path, Body::from("x"), Some("text/plain")).await,
    ];
    for reply in reused {
        reply.is_problem(422, "idempotency_key_reused");
        assert_eq!(reply.header("idempotency-replayed"), "");
    }
    let rows = server.get("/v1/locations").await.rows();
    assert_eq!((rows.len(), &rows[0]["name"], &rows[0]["version"]), (1, &json!("Chiado"), &json!(2)));
    assert_eq!(count(&server).await, 0);
}

#[apply(on_both_engines!)]
async fn a_key_is_one_value_of_visible_ascii(studio: Studio) {
    let server = writer(&studio).await;
    for bad in [String::new(), " ".into(), "a b".into(), "x".repeat(256), "tab\there".into()] {
        server.once(&bad).post(LIST, anna()).await.is_problem(400, "malformed_request");
    }
    server.once("a").with_another("idempotency-key", "b").post(LIST, anna()).await.is_problem(400, "malformed_request");
    server.once("a").with_another("idempotency-key", "a").post(LIST, anna()).await.is_problem(400, "malformed_request");
    assert_eq!(count(&server).await, 0);
    for good in [
        "1".to_owned(),
        "x".repeat(255),
        "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".into(),
        "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"".into(),
    ] {
        happened(&server.once(&good).post(LIST, anna()).await, 201);
    }
    // Reads take no notice of it.
    for _ in 0..2 {
        happened(&server.once("read").get(LIST).await, 200);
    }
    happened(&server.once("read").post(LIST, anna()).await, 201);
}

#[apply(on_both_engines!)]
async fn what_was_refused_or_failed_is_not_recorded(studio: Studio) {
    let server = writer(&studio).await;
    let once = server.once("k");
    once.post(LIST, json!({})).await.is_problem(422, "validation_failed");
    once.send(Method::POST, LIST, Body::from("{"), Some("application/json")).await.is_problem(400, "malformed_request");
    once.send(Method::POST, LIST, Body::from("{}"), Some("text/plain")).await.is_problem(415, "unsupported_media_type");
    once.patch("/v1/instructors/ins_01jdc9x0aetqt8q3yv0gcm1v5k", json!({})).await.is_problem(404, "not_found");
    let row = server.post(LIST, json!({"display_name": "B", "external_id": "e"})).await.expect(201);
    once.post(LIST, json!({"display_name": "C", "external_id": "e"})).await.is_problem(409, "conflict");
    let path = format!("{LIST}/{}", row["id"].as_str().unwrap());
    once.clone().with("if-match", "\"9\"").patch(&path, json!({"bio": "x"})).await.is_problem(412, "version_mismatch");
    happened(&once.post(LIST, anna()).await, 201);
    assert_eq!(once.post(LIST, anna()).await.header("idempotency-replayed"), "true");
}

#[apply(on_both_engines!)]
async fn a_dry_run_is_never_recorded_nor_replayed(studio: Studio) {
    let server = writer(&studio).await;
    let once = server.once("k");
    let dry = format!("{LIST}?dry_run=true");
    happened(&once.post(&dry, anna()).await, 200);
    happened(&once.post(&dry, json!({"display_name": "B"})).await, 200);
    let first = once.post(LIST, anna()).await;
    happened(&first, 201);
    happened(&once.post(&dry, anna()).await, 200);
    is_replay(&once.post(LIST, anna()).await, &first);
    assert_eq!(count(&server).await, 1);
}

#[apply(on_both_engines!)]
async fn a_rotation_does_not_break_a_retry(studio: Studio) {
    let old = studio.key(secret(&[InstructorsRead, InstructorsWrite])).await;
    let server = studio.management_client().with_key(old.minted.reveal());
    let first = server.once("k").post(LIST, anna()).await;
    happened(&first, 201);
    let home = &*studio.app.access.keyring;
    let next = keys::rotate(home, studio.id, old.stored.id, Replacement::default(), "a test", studio.clock.now())
        .await
        .unwrap();
    keys::revoke(home, studio.id, old.stored.id, None, "a test", studio.clock.now()).await.unwrap();
    let last = keys::rotate(home, studio.id, next.stored.id, Replacement::default(), "a test", studio.clock.now())
        .await
        .unwrap();
    server.once("k").post(LIST, anna()).await.is_problem(401, "revoked_key");
    for key in [&next, &last] {
        let server = studio.management_client().with_key(key.minted.reveal());
        is_replay(&server.once("k").post(LIST, anna()).await, &first);
        server.once("k").post(LIST, json!({"display_name": "B"})).await.is_problem(422, "idempotency_key_reused");
    }
}

#[apply(on_both_engines!)]
async fn a_key_of_another_line_or_studio_has_keys_of_its_own(studio: Studio) {
    let theirs = studio.server_of(studio.neighbour().await, &[InstructorsRead, InstructorsWrite]).await;
    let (one, other) = (writer(&studio).await, writer(&studio).await);
    let made = [
        one.once("k").post(LIST, anna()).await,
        other.once("k").post(LIST, anna()).await,
        theirs.once("k").post(LIST, anna()).await,
    ];
    for reply in &made {
        happened(reply, 201);
    }
    assert_eq!((count(&one).await, count(&theirs).await), (2, 1));
}

#[apply(on_both_engines!)]
async fn the_scope_is_judged_again_before_a_replay(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead, InstructorsWrite])).await;
    let once = studio.management_client().with_key(key.minted.reveal()).with("idempotency-key", "k");
    happened(&once.post(LIST, anna()).await, 201);
    let to = keys::Narrowing { scopes: Some([InstructorsRead].into_iter().collect()), ..keys::Narrowing::default() };
    keys::narrow(&*studio.app.access.keyring, studio.id, key.stored.id, to, "test", studio.clock.now()).await.unwrap();
    once.post(LIST, anna()).await.is_problem(403, "insufficient_scope");
    once.clone()
        .with("origin", "https://studio.example")
        .post(LIST, anna())
        .await
        .is_problem(403, "secret_key_in_browser");
}

#[apply(on_both_engines!)]
async fn of_many_at_once_on_two_instances_one_happens(studio: Studio) {
    let other = studio.second_instance().await;
    let key = studio.key(secret(&[InstructorsRead, InstructorsWrite])).await;
    let here = studio.management_client().with_key(key.minted.reveal()).with("idempotency-key", "k");
    let there = other.management_client().with_key(key.minted.reveal()).with("idempotency-key", "k");
    let replies = join_all(
        (0..50).map(|number| if number % 2 == 0 { &here } else { &there }).map(|caller| caller.post(LIST, anna())),
    )
    .await;
    let (first, rest): (Vec<_>, Vec<_>) =
        replies.iter().partition(|reply| reply.status == 201 && reply.header("idempotency-replayed").is_empty());
    assert_eq!(first.len(), 1);
    for reply in rest {
        if reply.status == 409 {
            reply.is_problem(409, "idempotency_in_progress");
        } else {
            is_replay(reply, first[0]);
        }
    }
    assert_eq!(count(&here).await, 1);
    is_replay(&there.post(LIST, anna()).await, first[0]);
}

#[apply(on_both_engines!)]
async fn of_many_different_requests_at_once_with_one_key_one_happens(studio: Studio) {
    let server = writer(&studio).await;
    let once = server.once("k");
    let replies =
        join_all((0..30).map(|number| once.post(LIST, json!({"display_name": format!("Instructor {number}")})))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    replies
        .iter()
        .filter(|reply| reply.status == 422)
        .for_each(|reply| drop(reply.is_problem(422, "idempotency_key_reused")));
    assert!(replies.iter().all(|reply| [201, 409, 422].contains(&reply.status.as_u16())));
    assert_eq!(count(&server).await, 1);
}

#[apply(on_both_engines!)]
async fn an_answer_is_kept_for_24_hours_and_removed_after_25(studio: Studio) {
    let server = writer(&studio).await;
    let once = server.once("k");
    let first = once.post(LIST, anna()).await;
    let sweep = async |hours| {
        let now = studio.clock.now().plus(Duration::from_hours(hours));
        idempotency::sweep(&studio.app.db, now).await.expect("swept");
    };
    sweep(24).await;
    is_replay(&once.post(LIST, anna()).await, &first);
    sweep(26).await;
    let second = once.post(LIST, anna()).await;
    happened(&second, 201);
    assert!(second.header("idempotency-replayed").is_empty());
    assert_eq!(count(&server).await, 2);
}
