//! What a change of a class costs that many have booked.

use std::time::Duration;

use flow_gateway::{mail::outbox::MailKind, store::statement_count};
use serde_json::{Value, json};

use super::{counts, crowd, wait, with_a_class};
use crate::{
    resources::{
        classes::{House, id, weekly, with},
        members::outbox,
        schedule::at as instant,
    },
    support::studio::{Studio, on_both_engines},
};

const FEW: usize = 2;
const MANY: usize = 30;

/// A class, of whose first occurrence so many have one place each but the last, who waits.
async fn booked_by(studio: &Studio, house: &House, hour: &str, count: usize) -> Value {
    let class = house.class(with(weekly("monday", hour), json!({"capacity": count - 1}))).await;
    let occurrence = house.occurrences(&class).await[0].clone();
    for member in crowd(studio, u32::try_from(count).unwrap()).await {
        wait(&member.at(studio).await, &occurrence).await.expect(201);
    }
    occurrence
}

/// How many mails of this kind wait to be sent.
async fn told(studio: &Studio, kind: MailKind) -> usize {
    outbox(studio).await.iter().filter(|mail| mail.kind == kind).count()
}

#[apply(on_both_engines!)]
async fn moving_and_cancelling_take_as_many_statements_for_many_bookings_as_for_few(studio: Studio) {
    let (studio, house, _) = with_a_class(studio, json!({})).await;
    let few = booked_by(&studio, &house, "08:00", FEW).await;
    let many = booked_by(&studio, &house, "10:00", MANY).await;
    assert_eq!(told(&studio, MailKind::BookingConfirmed).await, FEW + MANY - 2);
    // What is read once, such as the key, is read.
    house.reschedule(&few, json!({"note": "Bring a towel"})).await;
    let mut taken = Vec::new();
    for occurrence in [&few, &many] {
        let path = format!("/v1/schedule/{}", id(occurrence));
        let to = instant(occurrence, "starts_at").plus(Duration::from_mins(30));
        let (moved, for_move) = statement_count::count(house.server.patch(&path, json!({"starts_at": to}))).await;
        let moved = moved.expect(200);
        assert_ne!(moved["starts_at"], occurrence["starts_at"]);
        let (promoted, for_capacity) =
            statement_count::count(house.server.patch(&path, json!({"capacity": 900}))).await;
        promoted.expect(200);
        assert_eq!(counts(&studio, &house, occurrence).await.1, 0);
        let class = format!("/v1/classes/{}", occurrence["class_id"].as_str().unwrap());
        let (cancelled, for_cancel) = statement_count::count(house.server.delete(&class)).await;
        cancelled.expect(200);
        assert_eq!(counts(&studio, &house, occurrence).await, (0, 0));
        taken.push([for_move, for_capacity, for_cancel]);
    }
    assert!(taken[0].iter().all(|count| *count > 5), "they are counted: {taken:?}");
    // On a slow machine the key is read again, which takes two statements; for each booking one more would be many.
    let is_as_few = taken[0].iter().zip(taken[1]).all(|(few, many)| few.abs_diff(many) <= 2);
    assert!(is_as_few, "to move, to hold more, to cancel: {taken:?}");
    assert_eq!(told(&studio, MailKind::BookingCancelled).await, FEW + MANY, "each is told once");
    assert_eq!(outbox(&studio).await.len(), FEW + MANY);
}

#[apply(on_both_engines!)]
async fn a_dry_run_of_cancelling_tells_how_many_bookings_it_would_cancel(studio: Studio) {
    let (studio, house, _) = with_a_class(studio, json!({})).await;
    let occurrence = booked_by(&studio, &house, "08:00", 3).await;
    let path = format!("/v1/schedule/{}", id(&occurrence));
    let off = json!({"status": "cancelled"});
    let told = house.server.patch(&format!("{path}?dry_run=true"), off.clone()).await.expect(200);
    assert_eq!(told["effects"], json!({"bookings_cancelled": 3}), "those who wait count");
    let class = format!("/v1/classes/{}", occurrence["class_id"].as_str().unwrap());
    let told = house.server.delete(&format!("{class}?dry_run=true")).await.expect(200);
    assert_eq!(
        (&told["effects"]["bookings_cancelled"], &told["result"]["effects"]["bookings_cancelled"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(counts(&studio, &house, &occurrence).await, (2, 1));
    let cancelled = house.server.patch(&path, off).await.expect(200);
    assert_eq!(cancelled.get("effects"), None, "beside the row, a dry run alone tells it");
    assert_eq!(counts(&studio, &house, &occurrence).await, (0, 0));
    assert_eq!(house.server.delete(&class).await.expect(200)["effects"]["bookings_cancelled"], 0);
}
