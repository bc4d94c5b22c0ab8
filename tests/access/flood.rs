//! Floods of made-up keys: one network's do not reach the database for long, and nobody else notices.

use std::time::Duration;

use flow_gateway::{
    access::{
        key::{KeyKind, PresentedKey, mint},
        keys::Created,
        network::Network,
        scope::Scope::InstructorsRead,
    },
    operation::app::Options,
    server,
};
use futures_util::future::join_all;

use super::forge::half_right;
use crate::support::studio::{Client, Studio, on_both_engines, publishable, secret};

const LIST: &str = "/v1/instructors";
const HERE: &str = "203.0.113.9";

fn caller(studio: &Studio, key: &Created) -> Client {
    studio.management_client().with_key(key.minted.reveal()).from(HERE)
}

fn stranger(studio: &Studio) -> Client {
    studio.management_client().with_key(mint(KeyKind::Secret).reveal()).from(HERE)
}

/// Twenty failed look-ups from one network.
async fn flood(studio: &Studio, from: &str) {
    for _ in 0..20 {
        stranger(studio).from(from).get(LIST).await.is_problem(401, "unknown_key");
    }
}

#[tokio::test]
async fn without_rate_limits_floods_are_not_limited_either() {
    let studio = Studio::on_sqlite().await;
    let options = Options { clock: studio.clock.clone(), rate_limits: false, ..Options::default() };
    let (app, _tasks) = server::start(studio.app.db.clone(), options).await.expect("the gateway starts");
    for _ in 0..50 {
        let minted = mint(KeyKind::Secret);
        let claim = PresentedKey::parse(minted.reveal()).expect("a key").claim();
        let found = app.access.keyring.look_up(&claim, Network::ANY).await;
        assert!(matches!(found, Ok(None)), "{:?}", found.err());
    }
}

#[apply(on_both_engines!)]
async fn after_twenty_failed_look_ups_a_network_is_looked_up_for_no_more(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (known, unread) = (studio.key(secret(&[InstructorsRead])).await, studio.key(secret(&[InstructorsRead])).await);
    caller(&studio, &known).get(LIST).await.expect(200);
    let before = studio.app.access.keyring.loads();
    let failed = || studio.app.access.keyring.loads() - before;
    let first = stranger(&studio);
    // The same key again is remembered as unknown, and is no further look-up; but for one, when the server hears just
    // now of the keys that were made above, and reads all of them again.
    for _ in 0..30 {
        first.get(LIST).await.is_problem(401, "unknown_key");
    }
    assert!(failed() <= 2, "{}", failed());
    while failed() < 20 {
        stranger(&studio).get(LIST).await.is_problem(401, "unknown_key");
    }
    let loads = studio.app.access.keyring.loads();
    let reply = stranger(&studio).get(LIST).await;
    reply.is_problem(429, "rate_limited");
    let wait: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{reply:?}");
    assert_eq!(
        (reply.header("ratelimit-policy"), reply.header("ratelimit")),
        ("\"network\";q=20;w=60", format!("\"network\";r=0;t={wait}").as_str())
    );
    assert_eq!(reply.header("www-authenticate"), "");
    stranger(&studio)
        .from("203.0.113.9")
        .with("x-forwarded-for", "192.0.2.1")
        .get(LIST)
        .await
        .is_problem(429, "rate_limited");
    caller(&studio, &unread).get(LIST).await.is_problem(429, "rate_limited");
    assert_eq!(studio.app.access.keyring.loads(), loads);

    // The other networks go on, and what they have brought to memory is served here, too.
    caller(&studio, &unread).from("203.0.113.10").get(LIST).await.expect(200);
    caller(&studio, &unread).get(LIST).await.expect(200);
    caller(&studio, &known).get(LIST).await.expect(200);
    stranger(&studio).from("203.0.113.10").get(LIST).await.is_problem(401, "unknown_key");

    studio.pass(Duration::from_secs(wait));
    stranger(&studio).get(LIST).await.is_problem(401, "unknown_key");
}

#[apply(on_both_engines!)]
async fn one_wrong_key_sent_many_times_at_once_is_no_flood(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let mistyped = stranger(&studio);
    let replies = join_all((0..100).map(|_| mistyped.get(LIST))).await;
    for reply in &replies {
        reply.is_problem(401, "unknown_key");
    }
    stranger(&studio).get(LIST).await.is_problem(401, "unknown_key");
}

#[apply(on_both_engines!)]
async fn a_network_is_an_ipv6_half_and_comes_from_trusted_proxies_alone(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    flood(&studio, "2001:db8::1").await;
    stranger(&studio).from("2001:db8::ffff:1").get(LIST).await.is_problem(429, "rate_limited");
    stranger(&studio).from("2001:db8:0:1::1").get(LIST).await.is_problem(401, "unknown_key");
    for _ in 0..20 {
        stranger(&studio)
            .from("10.0.0.1")
            .with("x-forwarded-for", "198.51.100.1")
            .get(LIST)
            .await
            .is_problem(401, "unknown_key");
    }
    stranger(&studio)
        .from("10.0.0.2")
        .with("x-forwarded-for", "1.2.3.4, 198.51.100.1")
        .get(LIST)
        .await
        .is_problem(429, "rate_limited");
    stranger(&studio)
        .from("10.0.0.1")
        .with("x-forwarded-for", "198.51.100.2")
        .get(LIST)
        .await
        .is_problem(401, "unknown_key");
}

#[apply(on_both_engines!)]
async fn keys_in_use_go_on_in_a_flooded_network_also_when_all_is_read_again(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let known = studio.key(secret(&[InstructorsRead])).await;
    caller(&studio, &known).get(LIST).await.expect(200);
    flood(&studio, HERE).await;
    for _ in 0..3 {
        // Any studio's new key makes every server read its keys again.
        studio.app.access.keyring.forget();
        caller(&studio, &known).get(LIST).await.expect(200);
    }
    stranger(&studio).get(LIST).await.is_problem(429, "rate_limited");
}

#[apply(on_both_engines!)]
async fn publishable_keys_count_like_secret_ones_and_a_page_can_read_why(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    flood(&studio, HERE).await;
    let website = studio.key(publishable()).await;
    let reply = studio
        .storefront_client()
        .with_key(website.minted.reveal())
        .from(HERE)
        .with("origin", "https://studio.example")
        .get(LIST)
        .await;
    reply.is_problem(429, "rate_limited");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
}

#[apply(on_both_engines!)]
async fn a_wrong_secret_part_counts_as_a_key_that_does_not_exist_whether_or_not_its_id_is_in_memory(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (known, unread) = (studio.key(secret(&[InstructorsRead])).await, studio.key(secret(&[InstructorsRead])).await);
    caller(&studio, &known).get(LIST).await.expect(200);
    for (key, network) in [(&known, "203.0.113.11"), (&unread, "203.0.113.12")] {
        let guess = || caller(&studio, key).with_key(&half_right(key.minted.reveal())).from(network);
        let before = studio.app.access.keyring.loads();
        let failed = || studio.app.access.keyring.loads() - before;
        let first = guess();
        // The same guess again is remembered as wrong, and is no further look-up; but for one, when the server hears just
        // now of the keys that were made above.
        for _ in 0..30 {
            first.get(LIST).await.is_problem(401, "unknown_key");
        }
        assert!((1..=2).contains(&failed()), "{}", failed());
        while failed() < 20 {
            guess().get(LIST).await.is_problem(401, "unknown_key");
        }
        guess().get(LIST).await.is_problem(429, "rate_limited");
        stranger(&studio).from(network).get(LIST).await.is_problem(429, "rate_limited");
        assert_eq!(failed(), 20);
    }
    caller(&studio, &known).from("203.0.113.11").get(LIST).await.expect(200);
}

#[apply(on_both_engines!)]
async fn a_flooded_network_does_not_learn_which_ids_exist(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (server, website) = (studio.key(secret(&[InstructorsRead])).await, studio.key(publishable()).await);
    caller(&studio, &server).get(LIST).await.expect(200);
    studio.storefront_client().with_key(website.minted.reveal()).from(HERE).get(LIST).await.expect(200);
    flood(&studio, HERE).await;
    for (surface, key) in [(studio.management_client(), &server), (studio.storefront_client(), &website)] {
        let guess = surface.from(HERE).with_key(&half_right(key.minted.reveal()));
        guess.get(LIST).await.is_problem(429, "rate_limited");
        guess.with_key(key.minted.reveal()).get(LIST).await.expect(200);
    }
}

#[apply(on_both_engines!)]
async fn guesses_that_a_browser_sends_count_as_well(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(secret(&[InstructorsRead])).await;
    caller(&studio, &key).get(LIST).await.expect(200);
    for _ in 0..20 {
        let guess =
            caller(&studio, &key).with_key(&half_right(key.minted.reveal())).with("origin", "https://studio.example");
        guess.get(LIST).await.is_problem(403, "secret_key_in_browser");
    }
    studio.app.access.exposures.written().await;
    stranger(&studio).get(LIST).await.is_problem(429, "rate_limited");
    caller(&studio, &key).get(LIST).await.expect(200);
}

#[apply(on_both_engines!)]
async fn a_thousand_made_up_keys_at_once_leave_no_trace_in_memory(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(secret(&[InstructorsRead])).await;
    caller(&studio, &key).get(LIST).await.expect(200);
    let loads = studio.app.access.keyring.loads();
    let mut replies = Vec::new();
    for _ in 0..4 {
        let strangers: Vec<_> = (0..250).map(|_| stranger(&studio)).collect();
        replies.extend(join_all(strangers.iter().map(|caller| caller.get(LIST))).await);
    }
    let unknown = replies.iter().filter(|reply| reply.status == 401).count();
    let limited = replies.iter().filter(|reply| reply.status == 429).count();
    assert_eq!(unknown + limited, 1000);
    assert_eq!(unknown, 20);
    assert_eq!(studio.app.access.keyring.loads() - loads, 20);
    for block in 0..4 {
        let strangers: Vec<_> =
            (0..250).map(|number| stranger(&studio).from(&format!("198.18.{block}.{number}"))).collect();
        let replies = join_all(strangers.iter().map(|caller| caller.get(LIST))).await;
        assert!(replies.iter().all(|reply| reply.status == 401));
    }
    assert!(studio.app.access.keyring.len() <= 1);
    caller(&studio, &key).get(LIST).await.expect(200);
}
