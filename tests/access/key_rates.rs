//! The rate of a key, and what spends it.

use std::time::Duration;

use flow_gateway::access::{keys::NewKey, scope::Scope::InstructorsRead};

use crate::support::studio::{on_both_engines, publishable, secret};

const LIST: &str = "/v1/instructors";

#[apply(on_both_engines!)]
async fn a_key_that_is_used_from_elsewhere_is_told_its_rate_and_spends_none_of_it(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let fenced =
        NewKey { networks: vec!["192.0.2.0/24".parse().unwrap()], rate_limit: 2, ..secret(&[InstructorsRead]) };
    let server = studio.management_client().with_key(studio.key(fenced).await.minted.reveal());
    let bound = NewKey { origins: vec!["https://studio.example".parse().unwrap()], rate_limit: 2, ..publishable() };
    let website = studio.storefront_client().with_key(studio.key(bound).await.minted.reveal()).from("192.0.2.1");
    let (inside, outside) = (server.clone().from("192.0.2.1"), server.from("198.51.100.1"));
    let elsewhere = website.clone().with("origin", "https://evil.example");
    for (refused, allowed) in [(&outside, &inside), (&elsewhere, &website)] {
        for left in [4, 3, 2] {
            for _ in 0..3 {
                let reply = refused.get(LIST).await;
                assert_eq!((reply.status.as_u16(), reply.header("ratelimit-policy")), (403, "\"key\";q=4;w=2"));
                assert_eq!(reply.header("ratelimit"), format!("\"key\";r={left};t={}", (4 - left + 1) / 2));
            }
            allowed.get(LIST).await.expect(200);
        }
    }
}

#[apply(on_both_engines!)]
async fn a_key_that_used_up_its_rate_waits_as_long_as_it_is_told(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(NewKey { rate_limit: 2, ..secret(&[InstructorsRead]) }).await;
    let server = studio.management_client().with_key(key.minted.reveal());
    for (left, path, status) in [(3, LIST, 200), (2, "/v1/nothing", 404), (1, "/v1/locations", 403), (0, LIST, 200)] {
        let reply = server.clone().from(&format!("192.0.2.{left}")).get(path).await;
        assert_eq!((reply.status.as_u16(), reply.header("ratelimit-policy")), (status, "\"key\";q=4;w=2"));
        assert_eq!(reply.header("ratelimit"), format!("\"key\";r={left};t={}", (4 - left + 1) / 2));
    }
    for path in [LIST, "/v1/nothing"] {
        let reply = server.get(path).await;
        reply.is_problem(429, "rate_limited");
        assert_eq!(
            (reply.header("retry-after"), reply.header("ratelimit"), reply.header("ratelimit-policy")),
            ("1", "\"key\";r=0;t=1", "\"key\";q=4;w=2")
        );
    }
    studio.pass(Duration::from_millis(499));
    server.get(LIST).await.is_problem(429, "rate_limited");
    studio.pass(Duration::from_millis(1));
    server.get(LIST).await.expect(200);
    server.get(LIST).await.is_problem(429, "rate_limited");
    studio.pass(Duration::from_mins(1));
    assert_eq!(server.get(LIST).await.header("ratelimit"), "\"key\";r=3;t=1");
    // What is refused before the rate costs nothing of it.
    for _ in 0..9 {
        server
            .clone()
            .with("origin", "https://studio.example")
            .get(LIST)
            .await
            .is_problem(403, "secret_key_in_browser");
    }
    assert_eq!(server.get(LIST).await.header("ratelimit"), "\"key\";r=2;t=1");
}

#[apply(on_both_engines!)]
async fn a_big_page_and_a_search_take_more_of_the_rate_and_what_is_refused_takes_nothing(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(NewKey { rate_limit: 20, ..secret(&[InstructorsRead]) }).await;
    let server = studio.management_client().with_key(key.minted.reveal());
    for (query, left) in [
        ("", 39),
        ("?limit=25", 38),
        ("?limit=100", 34),
        ("?q=anna", 29),
        ("?q=anna%20maria&limit=100", 19),
        ("?limit=100", 15),
        ("?limit=100", 11),
        ("?limit=100", 7),
        ("?limit=50", 5),
        ("", 4),
    ] {
        let reply = server.get(&format!("{LIST}{query}")).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("ratelimit")),
            (200, &*format!("\"key\";r={left};t={}", (40 - left + 19) / 20)),
            "{query}"
        );
    }
    let refused = server.get(&format!("{LIST}?q=anna")).await;
    refused.is_problem(429, "rate_limited");
    assert_eq!((refused.header("ratelimit"), refused.header("retry-after")), ("\"key\";r=4;t=1", "1"));
    server.get(&format!("{LIST}?limit=100")).await.expect(200);
    server.get(LIST).await.is_problem(429, "rate_limited");
}

#[apply(on_both_engines!)]
async fn a_publishable_keys_rate_is_for_each_visitors_network(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(NewKey { rate_limit: 1, ..publishable() }).await;
    let website = studio.storefront_client().with_key(key.minted.reveal());
    let spend = async |peer: &str| website.clone().from(peer).get(LIST).await.status.as_u16();
    let exhaust = async |peer: &str| [spend(peer).await, spend(peer).await, spend(peer).await];
    assert_eq!(exhaust("192.0.2.1").await, [200, 200, 429]);
    assert_eq!(exhaust("192.0.2.2").await, [200, 200, 429]);
    assert_eq!(exhaust("2001:db8::1").await, [200, 200, 429]);
    assert_eq!(spend("2001:db8::ffff").await, 429);
    assert_eq!(spend("2001:db8:0:1::1").await, 200);
    let forwarded = async |peer: &str, client: &str| {
        website.clone().from(peer).with("x-forwarded-for", client).get(LIST).await.status.as_u16()
    };
    assert_eq!(forwarded("192.0.2.1", "203.0.113.1").await, 429);
    assert_eq!(forwarded("10.0.0.1", "192.0.2.1").await, 429);
    assert_eq!(forwarded("10.0.0.1", "203.0.113.1").await, 200);
    let reply = website.clone().from("192.0.2.1").with("origin", "https://studio.example").get(LIST).await;
    reply.is_problem(429, "rate_limited");
    assert_eq!((reply.header("access-control-allow-origin"), reply.header("retry-after")), ("*", "1"));
}
