//! What somebody is told before they revoke a key: who called with it, what its replacement has taken over, and when the next call
//! is to be expected.

use std::time::Duration;

use flow_gateway::access::{keys::Created, scope::Scope::InstructorsRead, sessions::stored::Role};

use super::keys::{Form, shown};
use crate::support::studio::{Studio, on_both_engines, secret};

const DAY: Duration = Duration::from_hours(24);

async fn called(studio: &Studio, key: &str) {
    let server = studio.management_client().with_key(key).from("203.0.113.9");
    server.get("/v1/instructors").await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
}

/// A key that a job calls each night at ten past three, at the noon after the tenth time.
async fn nightly(studio: &Studio) -> Created {
    studio.set_clock("2026-11-01T03:10:00Z".parse().unwrap());
    let key = studio.key(secret(&[InstructorsRead])).await;
    for night in 0..10 {
        if night > 0 {
            studio.pass(DAY);
        }
        called(studio, key.minted.reveal()).await;
    }
    studio.set_clock("2026-11-10T12:00:00Z".parse().unwrap());
    key
}

#[apply(on_both_engines!)]
async fn the_page_says_who_called_what_is_taken_over_and_when_the_next_call_is_to_be_expected(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let old = nightly(&studio).await;
    let owner = studio.signed_in(Role::Owner).await;
    let path = format!("/studio/api-keys/{}/revocation", old.stored.id);
    let says = async |sentences: &[&str]| {
        let page = owner.open(&path).await.html();
        for sentence in sentences {
            assert!(page.contains(sentence), "{sentence}: {page}");
        }
    };
    let day = "Called with this key: 0 in the last hour, 1 in the last day, from 203.0.113.0/24.";
    let nothing = "This key has no replacement, so nothing takes over its calls.";
    let next = "Its next call is expected on 11 Nov 2026, 03:00.";
    says(&[day, nothing, "Calls of this key: once a day at about 03:00.", next]).await;

    let rotation = format!("/studio/api-keys/{}/rotation", old.stored.id);
    let new = shown(&Form::of(&owner, &rotation).await.send(&owner, &rotation, &[]).await);
    let covered = |served| {
        format!("The new key has served {served} of 1 operations and {served} of 1 networks that the old key served")
    };
    says(&[day, &covered(0), "Calls of the old key: once a day at about 03:00.", next]).await;
    called(&studio, &new).await;
    // The old key was called a moment ago, which nobody has written yet.
    let late = studio.management_client().with_key(old.minted.reveal()).from("203.0.113.9");
    late.get("/v1/instructors").await.expect(200);
    says(&[&covered(1), "1 in the last hour, 2 in the last day, from 203.0.113.0/24.", "used in the last hour"]).await;
}
