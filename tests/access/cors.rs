//! What a website's pages can call and read, and which preflights are counted.

use axum::body::Body;
use flow_gateway::{
    access::{
        key::{KeyKind, mint},
        keys::NewKey,
        scope::Scope::{self, InstructorsRead, InstructorsWrite},
    },
    server::{Accepting, Metrics, ops},
};

use crate::support::studio::{Client, Reply, Studio, on_both_engines, publishable, secret};

const SITE: &str = "https://studio.example";
const LIST: &str = "/v1/instructors";
const EXPOSED: &str = "ETag, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id";

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
