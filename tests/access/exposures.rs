//! Secret keys that browsers sent are recorded with their origin, within limits.

use std::time::Duration;

use flow_gateway::access::{
    history::{self, Exposure},
    key::{KeyKind, mint},
    keys::Created,
    scope::Scope::{InstructorsRead, InstructorsWrite},
    unscoped,
};
use serde_json::Value;

use super::forge::half_right;
use crate::support::studio::{Client, Studio, on_both_engines, secret, within};

const SITE: &str = "https://studio.example";
const LIST: &str = "/v1/instructors";

/// Every surface that keys open, by the name that a record gives it.
fn surfaces(studio: &Studio) -> [(&'static str, Client); 3] {
    [
        ("management", studio.management_client()),
        ("storefront", studio.storefront_client()),
        ("api", studio.api_client()),
    ]
}

async fn exposures(studio: &Studio, key: &Created) -> Vec<Exposure> {
    history::exposures(studio.app.db.of(studio.id), key.stored.id).await.expect("exposures")
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
    assert!(history::exposures(studio.app.db.of(neighbour), key.stored.id).await.unwrap().is_empty());
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
