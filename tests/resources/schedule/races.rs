//! Two hundred writes at once: each slot has exactly one winner.

use futures_util::future::join_all;
use serde_json::json;

use crate::{
    resources::classes::{House, each, id, on_a_sunday, persist, weekly},
    support::studio::on_both_engines,
};

on_both_engines! {
    async fn of_many_who_want_a_room_at_one_time_one_gets_it(studio: Studio) {
        let studio = on_a_sunday(studio).await;
        let house = House::of(&studio).await;
        let mut wanted = Vec::new();
        for _ in 0..20 {
            let class = house.class(weekly("monday", "18:30")).await;
            wanted.extend(house.occurrences(&class).await.into_iter().take(10));
        }
        let take = async |number: usize, path: String| {
            let patch = if number.is_multiple_of(2) { json!({"room_id": house.room}) } else { json!({"instructor_id": house.instructor}) };
            persist(async || house.server.patch(&path, patch.clone()).await).await
        };
        let paths = wanted.iter().map(|row| format!("/v1/schedule/{}", id(row)));
        let replies = join_all(paths.enumerate().map(|(number, path)| take(number, path))).await;
        for reply in replies.iter().filter(|reply| reply.status != 200) {
            assert!(["room_conflict", "instructor_conflict"].contains(&reply.json()["code"].as_str().unwrap()), "{reply:?}");
        }
        // Of ten slots, five are wanted by twenty for the room, and five for the instructor.
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 10);
        for filter in ["room_id", "instructor_id"] {
            let of = if filter == "room_id" { &house.room } else { &house.instructor };
            let mut starts = each(&house.server.get(&format!("/v1/schedule?limit=100&{filter}={of}")).await.rows(), "starts_at");
            assert_eq!(starts.len(), 5);
            starts.dedup();
            assert_eq!(starts.len(), 5, "each at a time of its own");
        }
    }
}
