//! Browsers: a secret key never works in one, and a website can read what it may and why it may not.

use std::time::Duration;

use axum::body::Body;
use flow_gateway::{
    access::{
        history::{self, Exposure},
        key::{KeyKind, mint},
        keys::{self, Created, NewKey},
        scope::Scope::{self, InstructorsRead, InstructorsWrite},
        unscoped,
    },
    server::{Accepting, Metrics, ops},
};
use serde_json::Value;

use super::forge::half_right;
use crate::support::studio::{Client, Reply, Studio, on_both_engines, publishable, secret, within};

const SITE: &str = "https://studio.example";
const LIST: &str = "/v1/instructors";
const EXPOSED: &str = "ETag, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id";

/// Every surface that keys open, by the name that a record gives it.
fn surfaces(studio: &Studio) -> [(&'static str, Client); 3] {
    [
        ("management", studio.management_client()),
        ("storefront", studio.storefront_client()),
        ("api", studio.api_client()),
    ]
}

async fn exposures(studio: &Studio, key: &Created) -> Vec<Exposure> {
    history::exposures(studio.app.db.read(), studio.id, key.stored.id).await.expect("exposures")
}

/// All of an answer that does not differ from one call to the next.
fn lasting(reply: &Reply) -> (u16, Value, Vec<(String, String)>) {
    let mut body = reply.json();
    body["request_id"] = Value::Null;
    let headers = reply.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (reply.status.as_u16(), body, headers.collect())
}

fn assert_no_cors(reply: &Reply) {
    let found = reply.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
    assert_eq!(found, None, "{reply:?}");
}

async fn preflight(client: &Client, path: &str) -> Reply {
    let asks = client.clone().with("origin", "https://anyone.example").with("access-control-request-method", "GET");
    asks.with("access-control-request-headers", "authorization")
        .send("OPTIONS".parse().unwrap(), path, Body::empty(), None)
        .await
}

fn is_preflight_answer(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), reply.body.len()), (204, 0), "{reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    let twice = reply.headers.keys().find(|name| reply.headers.get_all(*name).iter().count() > 1 && *name != "vary");
    assert_eq!(twice, None, "a browser takes no answer that says it twice: {reply:?}");
    assert_eq!(reply.header("access-control-max-age"), "7200");
    assert_eq!(
        reply.header("access-control-allow-headers"),
        "Authorization, Content-Type, If-None-Match, X-Request-Id"
    );
    assert!(!reply.headers.contains_key("access-control-allow-credentials"), "{reply:?}");
}

#[apply(on_both_engines!)]
async fn a_secret_key_with_a_browsers_marks_is_refused_alike_whether_it_exists_or_not(studio: Studio) {
    let key = studio.key(secret(Scope::ALL)).await;
    let revoked = studio.key(secret(Scope::ALL)).await;
    keys::revoke(&studio.app.db, studio.id, revoked.stored.id, None, "a test", studio.clock.now()).await.unwrap();
    let expired = studio.key(NewKey { expires_in: Some(Duration::ZERO), ..secret(Scope::ALL) }).await;
    let fenced = studio.key(NewKey { networks: vec!["198.51.100.0/24".parse().unwrap()], ..secret(Scope::ALL) }).await;
    let texts = [
        key.minted.reveal().to_owned(),
        mint(KeyKind::Secret).reveal().to_owned(),
        half_right(key.minted.reveal()),
        revoked.minted.reveal().to_owned(),
        expired.minted.reveal().to_owned(),
        fenced.minted.reveal().to_owned(),
    ];
    for (_, client) in surfaces(&studio) {
        for (mark, value) in [
            ("origin", SITE),
            ("origin", "null"),
            ("origin", ""),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "none"),
            ("sec-fetch-site", ""),
        ] {
            for path in [LIST, "/v1/nothing"] {
                let mut told = Vec::new();
                for text in &texts {
                    let reply = client.clone().with_key(text).with(mark, value).get(path).await;
                    reply.is_problem(403, "secret_key_in_browser");
                    assert_eq!(reply.header("ratelimit"), "");
                    told.push(lasting(&reply));
                }
                assert!(told.iter().all(|other| *other == told[0]), "{told:#?}");
            }
        }
    }
}

#[apply(on_both_engines!)]
async fn sec_fetch_mode_alone_is_no_browsers_mark(studio: Studio) {
    let server = studio.server(&[InstructorsRead]).await;
    server.with("sec-fetch-mode", "cors").get(LIST).await.expect(200);
}

#[apply(on_both_engines!)]
async fn a_whole_secret_key_from_a_browser_is_recorded_with_its_origin_and_surface(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let seen = async |surface: &str, origin: &str, count: i64| {
        exposures(&studio, &key)
            .await
            .into_iter()
            .find(|found| (found.surface.as_str(), found.origin.as_str(), found.count) == (surface, origin, count))
    };
    let recorded = async |surface, origin, count| {
        within(Duration::from_secs(5), async || seen(surface, origin, count).await.is_some()).await;
        seen(surface, origin, count).await.unwrap()
    };
    let [management, storefront, api] = surfaces(&studio).map(|(_, client)| client.with_key(key.minted.reveal()));
    management.clone().with("origin", SITE).get(LIST).await.is_problem(403, "secret_key_in_browser");
    let first = recorded("management", SITE, 1).await;
    storefront.with("origin", SITE).get(LIST).await.is_problem(403, "secret_key_in_browser");
    recorded("storefront", SITE, 1).await;
    // On the shared port, a secret key meets Management.
    api.with("origin", SITE).get(LIST).await.is_problem(403, "secret_key_in_browser");
    // Once a minute, and when the server ends: what was counted is kept until then.
    assert!(seen("management", SITE, 1).await.is_some());
    studio.app.access.exposures.written().await;
    let again = recorded("management", SITE, 2).await;
    assert_eq!(again.first_seen_at, first.first_seen_at);
    assert!(again.last_seen_at > first.last_seen_at);
    management
        .clone()
        .with("sec-fetch-site", "same-site")
        .post(LIST, Value::Null)
        .await
        .is_problem(403, "secret_key_in_browser");
    recorded("management", "unknown", 1).await;
    assert_eq!(exposures(&studio, &key).await.len(), 3);
    management.get(LIST).await.expect(200);
}

#[apply(on_both_engines!)]
async fn a_key_that_stands_in_the_origin_is_not_kept_encoded_or_not(studio: Studio) {
    for encoded in [false, true] {
        let key = studio.key(secret(&[InstructorsRead])).await;
        let text = key.minted.reveal();
        let in_origin = if encoded { text.replace('_', "%5F") } else { text.to_owned() };
        let client = studio.management_client().with_key(text).with("origin", &format!("{SITE}/{in_origin}"));
        client.get(LIST).await.is_problem(403, "secret_key_in_browser");
        within(Duration::from_secs(5), async || !exposures(&studio, &key).await.is_empty()).await;
        assert_eq!(exposures(&studio, &key).await[0].origin, format!("{SITE}/{}", key.stored.masked()));
    }
}

#[apply(on_both_engines!)]
async fn invented_origins_are_noted_up_to_a_bound_and_known_ones_go_on_being_counted(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let mut tx = studio.app.db.begin().await.unwrap();
    for number in (0..510).chain([0]) {
        let origin = format!("https://{number}.example");
        unscoped::note_exposure(tx.on(), key.stored.id, origin, "management", studio.clock.now(), 1).await.unwrap();
    }
    tx.commit().await.unwrap();
    let noted = exposures(&studio, &key).await;
    assert_eq!(noted.len(), 500);
    assert!(noted.iter().any(|exposure| exposure.origin == "https://0.example" && exposure.count == 2));
}

#[apply(on_both_engines!)]
async fn who_has_a_key_and_invents_origins_has_few_of_them_written_and_every_call_counted(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let client = studio.management_client().with_key(key.minted.reveal());
    for number in 0..60 {
        client
            .clone()
            .with("origin", &format!("https://{number}.example"))
            .get(LIST)
            .await
            .is_problem(403, "secret_key_in_browser");
    }
    studio.app.access.exposures.written().await;
    let noted = exposures(&studio, &key).await;
    assert_eq!(noted.len(), 21, "twenty, and all others as one");
    assert_eq!(noted.iter().map(|exposure| exposure.count).sum::<i64>(), 60);
    assert!(noted.iter().any(|exposure| exposure.origin == "other" && exposure.count == 40));
}

#[apply(on_both_engines!)]
async fn what_is_written_late_does_not_turn_back_when_a_key_was_last_seen(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let now = studio.clock.now();
    let mut tx = studio.app.db.begin().await.unwrap();
    for at in [now, now.minus(Duration::from_mins(1)), now.plus(Duration::from_secs(1))] {
        unscoped::note_exposure(tx.on(), key.stored.id, SITE.into(), "management", at, 1).await.unwrap();
        if at < now {
            let seen = "select count(*) from key_exposures where key_id = $1 and last_seen_at = $2";
            let count = tx.on().query(seen).bind(key.stored.id).bind(now).scalar::<i64>().await.unwrap();
            assert_eq!(count, Some(1));
        }
    }
    tx.commit().await.unwrap();
    let seen = &exposures(&studio, &key).await[0];
    assert_eq!((seen.last_seen_at, seen.count), (now.plus(Duration::from_secs(1)), 3));
}

#[apply(on_both_engines!)]
async fn a_made_up_or_half_right_key_from_a_browser_is_not_recorded(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let later = studio.key(secret(&[InstructorsRead])).await;
    let client = studio.management_client().with("origin", SITE);
    for text in [half_right(key.minted.reveal()), mint(KeyKind::Secret).reveal().to_owned()] {
        client.clone().with_key(&text).get(LIST).await.is_problem(403, "secret_key_in_browser");
    }
    // Reports are looked up in their order: once a later one is recorded, the earlier ones have been judged.
    client.with_key(later.minted.reveal()).get(LIST).await.is_problem(403, "secret_key_in_browser");
    within(Duration::from_secs(5), async || !exposures(&studio, &later).await.is_empty()).await;
    assert!(exposures(&studio, &key).await.is_empty());
}

#[apply(on_both_engines!)]
async fn a_half_right_key_does_not_hide_the_right_one(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let client = studio.management_client().with("origin", SITE);
    let half = client.clone().with_key(&half_right(key.minted.reveal()));
    let whole = client.with_key(key.minted.reveal());
    let calls = (0..20).map(|_| half.get(LIST));
    futures_util::future::join(futures_util::future::join_all(calls), whole.get(LIST)).await;
    within(Duration::from_secs(5), async || !exposures(&studio, &key).await.is_empty()).await;
}

#[apply(on_both_engines!)]
async fn another_studio_does_not_see_where_a_key_was_exposed(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    studio
        .management_client()
        .with_key(key.minted.reveal())
        .with("origin", SITE)
        .get(LIST)
        .await
        .is_problem(403, "secret_key_in_browser");
    within(Duration::from_secs(5), async || !exposures(&studio, &key).await.is_empty()).await;
    let neighbour = studio.neighbour().await;
    assert!(history::exposures(studio.app.db.read(), neighbour, key.stored.id).await.unwrap().is_empty());
}

#[apply(on_both_engines!)]
async fn a_preflight_is_answered_to_any_origin_without_a_key(studio: Studio) {
    for client in [studio.storefront_client(), studio.api_client()] {
        for path in [LIST, "/v1/nothing", "/v1/instructors/ins_1"] {
            is_preflight_answer(&preflight(&client, path).await);
        }
    }
    for client in [studio.storefront_client(), studio.api_client()] {
        for path in ["/v1/instructors?key=flow_pk_1", "/v1/flow%5Fsk_1", "/docs?key=flow_sk_1"] {
            let reply = preflight(&client, path).await;
            reply.is_problem(400, "malformed_request");
            assert_eq!(reply.header("access-control-allow-origin"), "*", "a page can read why");
        }
    }
    let reply = preflight(&studio.management_client(), LIST).await;
    reply.is_problem(401, "missing_key");
    assert_no_cors(&reply);
    // What is no preflight needs a key like any other call.
    studio.storefront_client().with("origin", SITE).call("OPTIONS", LIST).await.is_problem(401, "missing_key");
    studio.website().await.with("origin", SITE).call("OPTIONS", LIST).await.is_problem(405, "method_not_allowed");
}

#[apply(on_both_engines!)]
async fn no_answer_repeats_a_cors_header_since_browsers_refuse_two(studio: Studio) {
    let key = studio.key(publishable()).await;
    for client in [studio.storefront_client(), studio.api_client().with("origin", SITE)] {
        let answers = [
            preflight(&client, "/v1/config").await,
            client.get("/v1/config").await,
            client.with_key(key.minted.reveal()).get("/v1/config").await,
        ];
        for reply in answers {
            let cors: Vec<_> =
                reply.headers.keys().filter(|name| name.as_str().starts_with("access-control-")).collect();
            assert!(!cors.is_empty(), "{reply:?}");
            for name in cors {
                assert_eq!(reply.headers.get_all(name).iter().count(), 1, "{name}: {reply:?}");
            }
        }
    }
}

#[apply(on_both_engines!)]
async fn a_page_can_read_the_storefronts_answers_and_errors(studio: Studio) {
    let website = studio.website().await.with("origin", SITE);
    let replies = [
        website.get(LIST).await,
        website.get("/v1/nothing").await,
        website.get("/v1/instructors?limit=x").await,
        website.call("POST", LIST).await,
        website.clone().with_key("flow_pk_1").get(LIST).await,
        website.clone().with_key(mint(KeyKind::Publishable).reveal()).get(LIST).await,
        studio.storefront_client().with("origin", SITE).get(LIST).await,
        studio.storefront_client().with("origin", SITE).get("/v1/instructors?key=flow_pk_1").await,
    ];
    assert_eq!(replies.each_ref().map(|reply| reply.status.as_u16()), [200, 404, 400, 405, 401, 401, 401, 400]);
    for reply in &replies {
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{reply:?}");
        assert_eq!(reply.header("access-control-expose-headers"), EXPOSED);
        assert!(!reply.headers.contains_key("access-control-allow-credentials"), "{reply:?}");
    }
    let server = studio.server(Scope::ALL).await;
    for reply in
        [server.get(LIST).await, server.get("/v1/nothing").await, server.clone().with("origin", SITE).get(LIST).await]
    {
        assert_no_cors(&reply);
    }
}

#[apply(on_both_engines!)]
async fn a_publishable_key_serves_the_origins_that_it_allows(studio: Studio) {
    let origins = [SITE, "https://shop.example:8443", "http://localhost:3000"];
    let bound = NewKey { origins: origins.map(|origin| origin.parse().unwrap()).into(), ..publishable() };
    let key = studio.key(bound).await;
    for client in [studio.storefront_client(), studio.api_client()] {
        let website = client.with_key(key.minted.reveal());
        website.get(LIST).await.expect(200);
        for origin in origins {
            website.clone().with("origin", origin).get(LIST).await.expect(200);
        }
        for origin in [
            "https://evil.example",
            "null",
            "",
            "http://studio.example",
            "https://studio.example:8443",
            "https://studio.example.evil.example",
            "https://sub.studio.example",
            "https://studio.example/",
            "https://shop.example",
            "https://STUDIO.example",
            "http://localhost",
        ] {
            let reply = website.clone().with("origin", origin).get(LIST).await;
            reply.is_problem(403, "origin_not_allowed");
            assert!(reply.header("www-authenticate").contains("invalid_token"));
            assert_eq!(reply.header("access-control-allow-origin"), "*");
            assert_eq!(reply.header("vary"), "Origin, Authorization");
        }
    }
    // Two different origins count as none; the same origin twice counts as one.
    let website = studio.storefront_client().with_key(key.minted.reveal()).with("origin", SITE);
    website.clone().with_another("origin", SITE).get(LIST).await.expect(200);
    for other in ["https://evil.example", origins[1]] {
        website.clone().with_another("origin", other).get(LIST).await.is_problem(403, "origin_not_allowed");
        let turned = studio.storefront_client().with_key(key.minted.reveal()).with("origin", other);
        turned.with_another("origin", SITE).get(LIST).await.is_problem(403, "origin_not_allowed");
    }
    let anyone = studio.website().await;
    for origin in [SITE, "null", "https://evil.example"] {
        anyone.clone().with("origin", origin).with("sec-fetch-site", "cross-site").get(LIST).await.expect(200);
    }
}

#[apply(on_both_engines!)]
async fn on_the_shared_port_the_keys_kind_decides(studio: Studio) {
    let server = studio.key(secret(&[InstructorsRead, InstructorsWrite])).await;
    let website = studio.key(publishable()).await;
    let (server, website) =
        (studio.api_client().with_key(server.minted.reveal()), studio.api_client().with_key(website.minted.reveal()));
    let row = server
        .post(LIST, serde_json::json!({"display_name": "Anna", "email": "anna@studio.example"}))
        .await
        .expect(201);
    let listed = server.get(LIST).await;
    assert_eq!(listed.rows(), [row]);
    assert_no_cors(&listed);
    assert_no_cors(&server.get("/v1/nothing").await);
    let shown = website.clone().with("origin", SITE).get(LIST).await;
    assert_eq!(shown.rows()[0].get("email"), None);
    assert_eq!(shown.header("access-control-allow-origin"), "*");
    website.call("POST", LIST).await.is_problem(405, "method_not_allowed");
    studio.api_client().get(LIST).await.is_problem(401, "missing_key");
    let reply = studio.api_client().with("origin", SITE).get(LIST).await;
    reply.is_problem(401, "missing_key");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn a_page_that_wants_to_call_management_is_counted_by_its_origin() {
    let studio = Studio::on_sqlite().await;
    let metrics = Metrics::new();
    let pages = ops::pages(studio.app.clone(), Accepting::default(), metrics.clone());
    let asks = async |client: Client, origin: &str, headers: &str| {
        let page = client.with("origin", origin).with("access-control-request-method", "GET");
        page.with("access-control-request-headers", headers).call("OPTIONS", LIST).await
    };
    for headers in ["authorization", "content-type, Authorization"] {
        let reply = asks(studio.management_client(), SITE, headers).await;
        reply.is_problem(401, "missing_key");
        assert_no_cors(&reply);
    }
    asks(studio.management_client(), "https://other.example", "authorization").await;
    // No credential would come, or the key itself will: there it is found out.
    asks(studio.management_client(), SITE, "content-type").await;
    asks(studio.api_client(), SITE, "authorization").await;
    let hostile = asks(studio.management_client(), "x\"} 1 \\ flow_sk_0123456789", "authorization").await;
    hostile.is_problem(401, "missing_key");
    drop(pages);
    let page = metrics.encode();
    for line in [
        r#"flow_management_preflights_total{origin="https://studio.example"} 2"#,
        r#"flow_management_preflights_total{origin="https://other.example"} 1"#,
        r#"flow_management_preflights_total{origin="other"} 1"#,
    ] {
        assert!(page.contains(line), "{line} is missing in:\n{page}");
    }
}

#[tokio::test]
async fn a_page_that_calls_again_and_again_is_counted_and_written_once_a_minute() {
    let studio = Studio::on_sqlite().await;
    let key = studio.key(secret(&[InstructorsRead])).await;
    let page = studio.management_client().with_key(key.minted.reveal()).with("origin", SITE);
    page.get(LIST).await.is_problem(403, "secret_key_in_browser");
    within(Duration::from_secs(5), async || !exposures(&studio, &key).await.is_empty()).await;
    for _ in 0..50 {
        page.get(LIST).await.is_problem(403, "secret_key_in_browser");
    }
    assert_eq!(exposures(&studio, &key).await[0].count, 1, "not on each call");
    assert_eq!(studio.app.access.exposures.waiting(), 1);
    studio.app.access.exposures.written().await;
    assert_eq!((exposures(&studio, &key).await[0].count, studio.app.access.exposures.waiting()), (51, 0));
}

#[tokio::test]
async fn an_exposure_is_recorded_once_the_database_takes_it() {
    let studio = Studio::on_sqlite().await;
    let key = studio.key(secret(&[InstructorsRead, InstructorsWrite])).await;
    let caller = studio.management_client().with_key(key.minted.reveal());
    caller.get(LIST).await.expect(200);
    let held = studio.app.db.begin().await.expect("the writer");
    caller.clone().with("origin", SITE).get(LIST).await.is_problem(403, "secret_key_in_browser");
    // What is written later has given up by now, and so has the first attempt at this.
    for _ in 0..2 {
        caller.post(LIST, serde_json::json!({"display_name": "A"})).await.is_problem(503, "unavailable");
    }
    assert!(exposures(&studio, &key).await.is_empty());
    assert_eq!(studio.app.access.exposures.waiting(), 1);
    drop(held);
    studio.app.access.exposures.written().await;
    assert_eq!(exposures(&studio, &key).await[0].origin, SITE);
}
