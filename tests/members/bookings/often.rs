//! A member who books and cancels the same occurrence again and again.

use flow_gateway::resources::bookings::{self, Booker, NewBooking};
use serde_json::json;

use super::{at, book, counts, crowd, seen, wait, with_a_class};
use crate::{
    resources::classes::id,
    support::studio::{Studio, on_both_engines},
};

/// So often it may be cancelled.
const MOST: usize = 5;

/// How many rows there are of an occurrence.
async fn rows(studio: &Studio, occurrence: &serde_json::Value) -> i64 {
    let text = "select count(*) from bookings where studio_id = $1 and occurrence_id = $2";
    studio.app.db.of(studio.id).query(text).bind(id(occurrence)).scalar::<i64>().await.unwrap().unwrap()
}

#[apply(on_both_engines!)]
async fn who_cancelled_an_occurrence_five_times_books_it_no_more_and_is_told_so_beforehand(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = crowd(&studio, 2).await;
    let (anna, rui) = (members[0].at(&studio).await, members[1].at(&studio).await);
    for _ in 0..MOST {
        assert_eq!(seen(&anna, &occurrence).await["booking"]["open"], true);
        let booking = book(&anna, &occurrence).await.expect(201);
        anna.delete(&at(&booking)).await.expect(200);
    }
    let told = seen(&anna, &occurrence).await["booking"].clone();
    assert_eq!((&told["open"], &told["code"]), (&json!(false), &json!("booking_closed")));
    for refused in [book(&anna, &occurrence).await, wait(&anna, &occurrence).await] {
        refused.is_problem(409, "booking_closed");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("cancelled this class 5 times"), "{detail}");
    }
    assert_eq!(rows(&studio, &occurrence).await, 5);
    let next = house.occurrences(&json!({"id": occurrence["class_id"]})).await[1].clone();
    book(&anna, &next).await.expect(201);
    book(&rui, &occurrence).await.expect(201);
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0));
}

#[apply(on_both_engines!)]
async fn leaving_the_waiting_list_counts_too_and_a_place_that_comes_is_taken_all_the_same(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = crowd(&studio, 3).await;
    let mut clients = Vec::new();
    for member in &members {
        clients.push(member.at(&studio).await);
    }
    let place = book(&clients[0], &occurrence).await.expect(201);
    for _ in 1..MOST {
        let waits = wait(&clients[1], &occurrence).await.expect(201);
        clients[1].delete(&at(&waits)).await.expect(200);
    }
    let last = wait(&clients[1], &occurrence).await.expect(201);
    clients[0].delete(&at(&place)).await.expect(200);
    assert_eq!(clients[1].get(&at(&last)).await.expect(200)["status"], "booked");
    clients[1].delete(&at(&last)).await.expect(200);
    wait(&clients[1], &occurrence).await.is_problem(409, "booking_closed");
    // The studio's own cancellations are not the member's, and its staff are not bound.
    let booker = Booker::Staff(members[1].id.parse().unwrap());
    let wanted = NewBooking { occurrence_id: id(&occurrence).parse().unwrap(), wait: false };
    let mut tx = studio.app.turns.begin(&studio.app.db, &studio.clock, studio.id, 1).await.unwrap();
    bookings::book(&mut tx, booker, &wanted).await.unwrap();
    flow_gateway::store::turns::WriteTx::commit(tx).await.unwrap();
    for _ in 0..=MOST {
        house.reschedule(&occurrence, json!({"status": "cancelled"})).await;
        house.reschedule(&occurrence, json!({"status": "scheduled"})).await;
        book(&clients[2], &occurrence).await.expect(201);
    }
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0));
}
