//! Keys that were revoked, have expired, or are being replaced.

use std::time::Duration;

use flow_gateway::access::{
    keys::{self, NewKey, Replacement},
    scope::Scope::{self, InstructorsRead, InstructorsWrite},
};
use serde_json::json;

use super::forge::{half_right, sealed};
use crate::support::studio::{on_both_engines, publishable, secret};

const LIST: &str = "/v1/instructors";

#[apply(on_both_engines!)]
async fn that_a_key_is_revoked_or_expired_is_told_to_its_holder_alone(studio: Studio) {
    let revoked = studio.key(secret(Scope::ALL)).await;
    keys::revoke(&*studio.app.access.keyring, studio.id, revoked.stored.id, None, "a test", studio.clock.now())
        .await
        .unwrap();
    let expired = studio.key(NewKey { expires_in: Some(Duration::ZERO), ..secret(Scope::ALL) }).await;
    let alive = studio.key(secret(Scope::ALL)).await;
    for (key, code) in [(&revoked, "revoked_key"), (&expired, "expired_key")] {
        let reply = studio.management_client().with_key(key.minted.reveal()).get(LIST).await;
        reply.is_problem(401, code);
        assert!(reply.header("www-authenticate").starts_with("Bearer realm=\"flow\", error=\"invalid_token\""));
    }
    for key in [&revoked, &expired, &alive] {
        studio
            .management_client()
            .with_key(&half_right(key.minted.reveal()))
            .get(LIST)
            .await
            .is_problem(401, "unknown_key");
        // A publishable key of this id was never made either.
        let as_public = sealed(&key.minted.reveal()[..52].replace("_sk_", "_pk_"));
        studio.storefront_client().with_key(&as_public).get(LIST).await.is_problem(401, "unknown_key");
    }
}

#[apply(on_both_engines!)]
async fn a_key_that_is_both_revoked_and_expired_is_revoked_and_an_end_comes_by_itself(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(NewKey { expires_in: Some(Duration::from_mins(1)), ..secret(&[InstructorsRead]) }).await;
    let server = studio.management_client().with_key(key.minted.reveal());
    studio.pass(Duration::from_micros(59_999_999));
    server.get(LIST).await.expect(200);
    studio.pass(Duration::from_micros(1));
    server.get(LIST).await.is_problem(401, "expired_key");
    keys::revoke(&*studio.app.access.keyring, studio.id, key.stored.id, None, "a test", studio.clock.now())
        .await
        .unwrap();
    server.get(LIST).await.is_problem(401, "revoked_key");
}

#[apply(on_both_engines!)]
async fn a_key_at_its_end_has_no_rate_to_tell_of(studio: Studio) {
    let expired = studio.key(NewKey { expires_in: Some(Duration::ZERO), ..secret(&[InstructorsRead]) }).await;
    let revoked = studio.key(secret(&[InstructorsRead])).await;
    keys::revoke(&studio.app.db, studio.id, revoked.stored.id, None, "a test", studio.clock.now()).await.unwrap();
    for (key, code) in [(expired, "expired_key"), (revoked, "revoked_key")] {
        let reply = studio.management_client().with_key(key.minted.reveal()).get(LIST).await;
        reply.is_problem(401, code);
        assert_eq!((reply.header("ratelimit"), reply.header("vary")), ("", "Origin, Authorization"));
    }
}

#[apply(on_both_engines!)]
async fn answers_to_a_key_that_is_being_replaced_say_so(studio: Studio) {
    let lasting = studio.key(secret(&[InstructorsRead, InstructorsWrite])).await;
    let ending = studio.key(NewKey { expires_in: Some(Duration::from_hours(24)), ..publishable() }).await;
    let server = studio.management_client().with_key(lasting.minted.reveal());
    let website = studio.storefront_client().with_key(ending.minted.reveal());
    for client in [&server, &website] {
        let reply = client.get(LIST).await;
        assert_eq!((reply.header("deprecation"), reply.header("sunset")), ("", ""));
    }
    let (keyring, now) = (&*studio.app.access.keyring, studio.clock.now());
    let fewer = [InstructorsRead].into_iter().collect();
    let new = keys::rotate(
        keyring,
        studio.id,
        lasting.stored.id,
        Replacement { scopes: Some(fewer), ..Replacement::default() },
        "a test",
        now,
    )
    .await
    .unwrap();
    keys::rotate(keyring, studio.id, ending.stored.id, Replacement::default(), "a test", now).await.unwrap();
    let since = format!("@{}", now.seconds());
    let told = server.get(LIST).await;
    assert_eq!((told.header("deprecation"), told.header("sunset")), (since.as_str(), ""));
    assert_eq!(server.get("/v1/nothing").await.header("deprecation"), since);
    let told = website.get(LIST).await;
    assert_eq!(told.header("deprecation"), since);
    let end = ending.stored.expires_at.unwrap().timestamp();
    assert_eq!(told.header("sunset"), end.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());

    let replacement = studio.management_client().with_key(new.minted.reveal());
    let reply = replacement.get(LIST).await;
    assert_eq!((reply.status.as_u16(), reply.header("deprecation")), (200, ""));
    replacement.post(LIST, json!({"display_name": "Anna"})).await.is_problem(403, "insufficient_scope");
    keys::revoke(keyring, studio.id, new.stored.id, None, "a test", now).await.unwrap();
    assert_eq!(server.get(LIST).await.header("deprecation"), "");
}
