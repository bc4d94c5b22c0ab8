//! What a replacement has taken over.

use std::time::Duration;

use flow_gateway::access::{
    coverage::{Coverage, Rotation, coverage},
    keys::{self, Created, Replacement},
    scope::Scope::{InstructorsRead, LocationsRead, LocationsWrite},
    stored::KeyId,
};
use jiff::tz::TimeZone;
use serde_json::json;

use crate::support::studio::{Client, Studio, on_both_engines, secret};

const DAY: Duration = Duration::from_hours(24);

fn server(studio: &Studio, key: &Created, from: &str) -> Client {
    studio.management_client().with_key(key.minted.reveal()).from(from)
}

async fn rotate(studio: &Studio, old: &Created) -> Created {
    let by = "a test";
    keys::rotate(&*studio.app.access.keyring, studio.id, old.stored.id, Replacement::default(), by, studio.clock.now())
        .await
        .expect("made")
}

async fn covered(studio: &Studio, id: KeyId) -> Coverage {
    let db = &studio.app.db;
    studio.app.access.usage.write(db).await.expect("written");
    let keys = keys::list(db.of(studio.id)).await.expect("keys");
    let zone = TimeZone::get("Europe/Lisbon").expect("a zone");
    let rotation = Rotation::of(&keys, id, studio.clock.now()).expect("a rotation");
    coverage(db, studio.id, rotation, &zone, studio.clock.now()).await.expect("told")
}

/// A key that was used each night for ten days, for two operations, from two networks; and its replacement.
async fn rotation(studio: &Studio) -> (Created, Created) {
    studio.set_clock("2026-11-01T03:10:00Z".parse().expect("an instant"));
    let old = studio.key(secret(&[InstructorsRead, LocationsRead])).await;
    for _ in 0..10 {
        server(studio, &old, "192.0.2.7").get("/v1/instructors").await.expect(200);
        server(studio, &old, "198.51.100.7").get("/v1/locations").await.expect(200);
        // What was refused is no part of what the old key served.
        server(studio, &old, "203.0.113.7")
            .post("/v1/locations", json!({}))
            .await
            .is_problem(403, "insufficient_scope");
        studio.app.access.usage.write(&studio.app.db).await.expect("written");
        studio.pass(DAY);
    }
    let new = rotate(studio, &old).await;
    (old, new)
}

#[apply(on_both_engines!)]
async fn coverage_says_which_operations_and_networks_the_replacement_has_served(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (old, new) = rotation(&studio).await;
    let told = covered(&studio, old.stored.id).await;
    assert_eq!((told.old, told.new), (old.stored.id, new.stored.id));
    let operations = |told: &Coverage| -> Vec<_> {
        told.operations.iter().map(|row| (row.operation.clone(), row.covered, row.old_calls, row.new_calls)).collect()
    };
    let networks = |told: &Coverage| -> Vec<_> {
        let mut rows: Vec<_> = told.networks.iter().map(|row| (row.network.to_string(), row.covered)).collect();
        rows.sort();
        rows
    };
    let (lists, places) = ("managementListInstructors".to_owned(), "managementListLocations".to_owned());
    assert_eq!(operations(&told), [(lists.clone(), false, 10, 0), (places.clone(), false, 10, 0)]);
    assert_eq!(networks(&told), [("192.0.2.0/24".to_owned(), false), ("198.51.100.0/24".to_owned(), false)]);

    server(&studio, &new, "192.0.2.200").get("/v1/instructors").await.expect(200);
    server(&studio, &new, "192.0.2.200").post("/v1/locations", json!({})).await.is_problem(403, "insufficient_scope");
    // Asked about the replacement, it tells of the same rotation.
    let told = covered(&studio, new.stored.id).await;
    assert_eq!((told.old, told.new), (old.stored.id, new.stored.id));
    assert_eq!(operations(&told), [(lists, true, 10, 1), (places, false, 10, 0)]);
    assert_eq!(networks(&told), [("192.0.2.0/24".to_owned(), true), ("198.51.100.0/24".to_owned(), false)]);
    let refused: Vec<_> = told.refused.iter().map(|row| (row.operation.as_str(), row.outcome.as_str())).collect();
    assert_eq!(refused, [("managementCreateLocation", "insufficient_scope")]);
}

#[apply(on_both_engines!)]
async fn a_job_of_every_night_is_not_idle_at_noon(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (old, _) = rotation(&studio).await;
    studio.set_clock("2026-11-10T12:00:00Z".parse().expect("an instant"));
    let told = covered(&studio, old.stored.id).await.next_call;
    assert_eq!(told.pattern.to_string(), "once a day at about 03:00");
    assert_eq!(told.next_at, Some("2026-11-11T03:00:00Z".parse().expect("an instant")));
    assert_eq!(told.missed_at, None);
}

#[apply(on_both_engines!)]
async fn what_was_served_more_than_thirty_days_ago_need_not_be_taken_over(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (old, _) = rotation(&studio).await;
    studio.pass(31 * DAY);
    let told = covered(&studio, old.stored.id).await;
    assert!(told.operations.is_empty() && told.networks.is_empty(), "{told:?}");
    assert_eq!(told.next_call.pattern.to_string(), "no calls");
}

#[apply(on_both_engines!)]
async fn a_key_of_two_rotations_is_the_old_one_while_its_replacement_lives(studio: Studio) {
    let first = studio.key(secret(&[LocationsWrite])).await;
    let second = rotate(&studio, &first).await;
    let third = rotate(&studio, &second).await;
    let told = covered(&studio, second.stored.id).await;
    assert_eq!((told.old, told.new), (second.stored.id, third.stored.id));
    let keyring = &*studio.app.access.keyring;
    keys::revoke(keyring, studio.id, third.stored.id, None, "a test", studio.clock.now()).await.expect("revoked");
    let told = covered(&studio, second.stored.id).await;
    assert_eq!((told.old, told.new), (first.stored.id, second.stored.id));
}
