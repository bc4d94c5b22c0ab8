//! A refused call is use, too: what the pages of keys say of calls that nobody admits, and of keys whose use nobody knows.

use std::time::Duration;

use flow_gateway::access::{
    keys::{self, Created, Narrowing, NewKey, Replacement},
    scope::Scope::ClassesRead,
    sessions::stored::Role,
};

use crate::support::studio::{Studio, on_both_engines, secret};

const CLASSES: &str = "/v1/classes";

async fn replacement_of(studio: &Studio, old: &Created) -> Created {
    let (keyring, now) = (&*studio.app.access.keyring, studio.clock.now());
    keys::rotate(keyring, studio.id, old.stored.id, Replacement::default(), "a test", now).await.unwrap()
}

#[apply(on_both_engines!)]
async fn a_client_that_gets_403_404_or_429_shows_as_one_that_still_calls(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let old = studio.key(NewKey { rate_limit: 2, ..secret(&[ClassesRead]) }).await;
    replacement_of(&studio, &old).await;
    let client = studio.management_client().with_key(old.minted.reveal()).from("203.0.113.9");
    client.get("/v1/members").await.is_problem(403, "insufficient_scope");
    client.get("/v1/nothing").await.is_problem(404, "unknown_operation");
    for _ in 0..2 {
        client.get(CLASSES).await.expect(200);
    }
    client.get(CLASSES).await.is_problem(429, "rate_limited");
    let owner = studio.signed_in(Role::Owner).await;
    let page = owner.open(&format!("/studio/api-keys/{}/revocation", old.stored.id)).await.html();
    let told = "Called with this key: 5 in the last hour, 5 in the last day, from 203.0.113.0/24.";
    assert!(page.contains(told), "{page}");
    let page = owner.open(&format!("/studio/api-keys/{}/rotation", old.stored.id)).await.html();
    let row = page.split("<td role=\"cell\">Old key ").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row.contains(">5</td>") && row.contains(">3</td>"), "5 calls, 3 of them refused: {row}");
}

#[apply(on_both_engines!)]
async fn a_new_key_outside_its_networks_shows_why_no_call_with_it_was_admitted(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let old = studio.key(secret(&[ClassesRead])).await;
    let server = |key: &Created| studio.management_client().with_key(key.minted.reveal()).from("203.0.113.9");
    server(&old).get(CLASSES).await.expect(200);
    studio.pass(Duration::from_secs(1));
    let new = replacement_of(&studio, &old).await;
    let networks = Some(vec!["192.0.2.0/24".parse().unwrap()]);
    let to = Narrowing { networks, ..Narrowing::default() };
    let (keyring, now) = (&*studio.app.access.keyring, studio.clock.now());
    keys::narrow(keyring, studio.id, new.stored.id, to, "a test", now).await.unwrap();
    server(&new).get(CLASSES).await.is_problem(403, "network_not_allowed");
    let owner = studio.signed_in(Role::Owner).await;
    let page = owner.open(&format!("/studio/api-keys/{}/rotation", old.stored.id)).await.html();
    let refused = "Calls of the new key that were refused: managementListClasses, network_not_allowed, 1.";
    assert!(page.contains(refused) && page.contains("The new key has served 0 of 1 operations"), "{page}");
}

#[apply(on_both_engines!)]
async fn never_used_and_not_known_are_different_words(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let key = studio.key(secret(&[ClassesRead])).await.stored.id;
    let last_used =
        async || owner.open(&format!("/studio/api-keys/{key}")).await.between("<dt>Last used</dt><dd>", "</dd>");
    assert_eq!(last_used().await, "never");
    let mut tx = studio.app.db.begin().await.unwrap();
    let text = "update keys set uses_unknown_before = $2 where id = $1";
    tx.on().query(text).bind(key).bind(studio.clock.now()).execute().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(last_used().await, "not known");
    assert!(!owner.open("/studio/api-keys").await.html().contains("Never used"));
}
