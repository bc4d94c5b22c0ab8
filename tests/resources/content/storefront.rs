//! `GET /v1/content` on the Storefront

use std::time::Duration;

use serde_json::{Value, json};

use super::{CONTENT, neck, path, piece};
use crate::{
    resources::{
        classes::{each, id, with},
        plans,
    },
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn a_website_sees_public_fields_of_what_is_published_for_everyone_and_nothing_else(studio: Studio) {
    let server = studio.server(CONTENT).await;
    let plan = id(&plans::plan(&server, "Unlimited", json!({})).await);
    let row = piece(&studio, "Neck", neck()).await;
    let secret = |more: Value| {
        with(json!({"status": "published", "media_url": "https://media.studio.example/secret.mp4"}), more)
    };
    for (title, more) in [
        ("draft", secret(json!({"status": "draft", "published_at": "2020-01-01T00:00:00Z"}))),
        ("archived", secret(json!({"status": "archived", "published_at": "2020-01-01T00:00:00Z"}))),
        ("members", secret(json!({"access": "members"}))),
        ("plans", secret(json!({"access": "plans", "plan_ids": [plan]}))),
    ] {
        piece(&studio, title, more).await;
    }
    let website = studio.website().await;
    let reply = website.get("/v1/content").await;
    assert_eq!(
        reply.rows(),
        [json!({
            "id": row["id"], "title": "Neck", "description": "For the tram, the desk, and the evening after both.", "kind": "audio",
            "media_url": "https://media.studio.example/neck.mp3", "thumbnail_url": "https://studio.example/neck.jpg", "duration_seconds": 612,
            "instructor_id": null, "program_id": null, "tags": ["Mobility", "Ânimo"], "published_at": "2020-03-01T09:00:00.000000Z",
        })]
    );
    for query in ["access=members", "status=draft", "plan_id=x"] {
        website.get(&format!("/v1/content?{query}")).await.is_problem(400, "malformed_request");
    }
    // What was public a moment ago is not any more.
    server.patch(&path(&row), json!({"access": "members"})).await.expect(200);
    assert!(website.get("/v1/content").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn what_is_to_be_published_later_is_shown_from_then_on(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let website = studio.website().await;
    let later = studio.clock.now().plus(Duration::from_hours(1)).to_string();
    piece(&studio, "Later", json!({"status": "published", "published_at": later})).await;
    studio.pass(Duration::from_hours(1) - Duration::from_micros(1));
    let before = website.get("/v1/content").await;
    assert!(before.rows().is_empty());
    studio.pass(Duration::from_micros(1));
    let after = website.clone().with("if-none-match", before.header("etag")).get("/v1/content").await;
    assert_eq!(each(&after.rows(), "title"), [json!("Later")]);
}

#[apply(on_both_engines!)]
async fn filters_narrow_it_and_never_widen(studio: Studio) {
    let server = studio.server(CONTENT).await;
    let instructor = id(&server.post("/v1/instructors", json!({"display_name": "Anna"})).await.expect(201));
    piece(&studio, "Neck", neck()).await;
    piece(&studio, "Back", json!({"status": "published", "instructor_id": instructor, "tags": ["Yin"]})).await;
    piece(&studio, "Hidden back", json!({"instructor_id": instructor, "tags": ["Yin"]})).await;
    let website = studio.website().await;
    for query in [format!("instructor_id={instructor}"), "tag=Yin".into(), "kind=video".into(), "q=back".into()] {
        assert_eq!(
            each(&website.get(&format!("/v1/content?{query}")).await.rows(), "title"),
            [json!("Back")],
            "{query}"
        );
    }
    assert!(website.get("/v1/content?program_id=prg_01jdc9x0aetqt8q3yv0gcm1v5k").await.rows().is_empty());
}
