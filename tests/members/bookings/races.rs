//! Many who want one place at once, on two instances: the count is true, and nobody is booked over it.

use futures_util::future::join_all;
use serde_json::json;

use super::{Member, at, book, counts, crowd, now, wait, with_a_class};
use crate::{
    resources::classes::{id, persist},
    support::studio::{Client, Reply, Studio, on_both_engines},
};

/// Each member at one of the two instances.
async fn spread(members: &[Member], instances: [&Studio; 2]) -> Vec<Client> {
    let mut clients = Vec::new();
    for (number, member) in members.iter().enumerate() {
        clients.push(member.at(instances[number % 2]).await);
    }
    clients
}

fn of_status(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

#[apply(on_both_engines!)]
async fn of_two_hundred_who_want_the_last_place_one_gets_it(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let other = studio.second_instance().await;
    let clients = spread(&crowd(&studio, 200).await, [&studio, &other]).await;
    let replies =
        join_all(clients.iter().map(async |client| persist(async || book(client, &occurrence).await).await)).await;
    for lost in replies.iter().filter(|reply| reply.status != 201) {
        lost.is_problem(409, "class_full");
    }
    assert_eq!(of_status(&replies, 201), 1);
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0));
}

#[apply(on_both_engines!)]
async fn two_first_bookings_at_once_are_both_in(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 2})).await;
    let other = studio.second_instance().await;
    let clients = spread(&crowd(&studio, 2).await, [&studio, &other]).await;
    let (one, two) = tokio::join!(book(&clients[0], &occurrence), book(&clients[1], &occurrence));
    assert_eq!((one.status.as_u16(), two.status.as_u16()), (201, 201));
    assert_eq!(counts(&studio, &house, &occurrence).await, (2, 0));
}

#[apply(on_both_engines!)]
async fn a_double_click_is_one_booking_with_and_without_a_key(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 5})).await;
    let other = studio.second_instance().await;
    let members = crowd(&studio, 2).await;
    let clicks = async |member: &Member| [member.at(&studio).await, member.at(&other).await];
    let without = clicks(&members[0]).await;
    let replies = join_all((0..8).map(|number| book(&without[number % 2], &occurrence))).await;
    assert_eq!((of_status(&replies, 201), of_status(&replies, 409)), (1, 7), "{replies:?}");
    let with = clicks(&members[1]).await.map(|client| client.with("idempotency-key", "one"));
    let replies = join_all((0..8).map(|number| book(&with[number % 2], &occurrence))).await;
    let made: Vec<_> =
        replies.iter().filter(|reply| reply.status == 201).map(|reply| reply.json()["id"].clone()).collect();
    assert!(!made.is_empty() && made.iter().all(|id| *id == made[0]), "{replies:?}");
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        reply.is_problem(409, "idempotency_in_progress");
    }
    assert_eq!(counts(&studio, &house, &occurrence).await, (2, 0));
}

#[apply(on_both_engines!)]
async fn a_capacity_that_is_lowered_beside_bookings_is_never_booked_over(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 40})).await;
    let other = studio.second_instance().await;
    let clients = spread(&crowd(&studio, 60).await, [&studio, &other]).await;
    let path = format!("/v1/schedule/{}", id(&occurrence));
    let room = format!("/v1/locations/{}/rooms/{}", house.location, house.room);
    house.reschedule(&occurrence, json!({"room_id": house.room})).await;
    let lowered = async |number: i64| {
        let (path, capacity) = if number % 2 == 0 { (&path, 38 - number) } else { (&room, 60 - 2 * number) };
        persist(async || house.server.patch(path, json!({"capacity": capacity})).await).await
    };
    let booked = join_all(clients.iter().map(async |client| persist(async || book(client, &occurrence).await).await));
    let (replies, lowered) = tokio::join!(booked, join_all((0..20).map(lowered)));
    for reply in &lowered {
        assert!(reply.status == 200 || reply.is_problem(409, "capacity_below_booked").is_object());
    }
    let row = now(&house, &occurrence).await;
    let (booked, holds) = (row["booked_count"].as_i64().unwrap(), row["effective_capacity"].as_i64().unwrap());
    assert!(booked <= holds, "{row}");
    assert_eq!(i64::try_from(of_status(&replies, 201)).unwrap(), booked);
    assert_eq!(counts(&studio, &house, &occurrence).await, (booked, 0));
}

#[apply(on_both_engines!)]
async fn places_that_are_given_back_at_once_go_to_the_first_who_wait(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 10})).await;
    let other = studio.second_instance().await;
    let clients = spread(&crowd(&studio, 30).await, [&studio, &other]).await;
    let mut bookings = Vec::new();
    for client in &clients {
        bookings.push(wait(client, &occurrence).await.expect(201));
    }
    let cancel = async |number: usize| {
        let client = &clients[number % 10];
        persist(async || client.delete(&at(&bookings[number % 10])).await).await.expect(200)
    };
    // Each of the first ten cancels twice, while others who do not wait yet try to get in.
    let late = spread(&crowd(&studio, 10).await, [&studio, &other]).await;
    let tries = join_all(late.iter().map(async |client| persist(async || book(client, &occurrence).await).await));
    let (_, tries) = tokio::join!(join_all((0..20).map(cancel)), tries);
    for reply in &tries {
        reply.is_problem(409, "class_full");
    }
    assert_eq!(counts(&studio, &house, &occurrence).await, (10, 10));
    for (number, (client, booking)) in clients.iter().zip(&bookings).enumerate().skip(10) {
        let row = client.get(&at(booking)).await.expect(200);
        let status = if number < 20 { "booked" } else { "waiting" };
        assert_eq!(row["status"], status, "{number}");
    }
}

#[apply(on_both_engines!)]
async fn a_class_that_is_cancelled_beside_bookings_has_none(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 40})).await;
    let other = studio.second_instance().await;
    let clients = spread(&crowd(&studio, 30).await, [&studio, &other]).await;
    let path = format!("/v1/schedule/{}", id(&occurrence));
    let cancel = persist(async || house.server.patch(&path, json!({"status": "cancelled"})).await);
    let book_all = join_all(clients.iter().map(async |client| persist(async || book(client, &occurrence).await).await));
    let (replies, cancelled) = tokio::join!(book_all, cancel);
    cancelled.expect(200);
    for lost in replies.iter().filter(|reply| reply.status != 201) {
        lost.is_problem(409, "occurrence_cancelled");
    }
    assert_eq!(counts(&studio, &house, &occurrence).await, (0, 0));
}
