//! The waiting list.

use serde_json::json;

use super::{at, book, counts, crowd, late_from, minutes_before, on_the_website, seen, wait, with_a_class};
use crate::support::studio::{Client, Studio, on_both_engines};

async fn position(client: &Client, booking: &serde_json::Value) -> (serde_json::Value, serde_json::Value) {
    let row = client.get(&at(booking)).await.expect(200);
    (row["status"].clone(), row["position"].clone())
}

async fn clients(studio: &Studio, count: u32) -> Vec<Client> {
    let mut clients = Vec::new();
    for member in crowd(studio, count).await {
        clients.push(member.at(studio).await);
    }
    clients
}

#[apply(on_both_engines!)]
async fn who_waits_has_a_position_and_gets_the_place_that_becomes_free(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = clients(&studio, 4).await;
    let booked = wait(&members[0], &occurrence).await.expect(201);
    assert_eq!((&booked["status"], &booked["position"]), (&json!("booked"), &json!(null)), "a free class is booked");
    let first = wait(&members[1], &occurrence).await.expect(201);
    let second = wait(&members[2], &occurrence).await.expect(201);
    assert_eq!((&first["status"], &first["position"], &second["position"]), (&json!("waiting"), &json!(1), &json!(2)));
    wait(&members[1], &occurrence).await.is_problem(409, "already_booked");
    let public = on_the_website(&studio, &occurrence).await;
    assert_eq!((&public["spots_left"], &public["waiting_count"]), (&json!(0), &json!(2)));
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 2));
    members[0].delete(&at(&booked)).await.expect(200);
    assert_eq!(position(&members[1], &first).await, (json!("booked"), json!(null)));
    assert_eq!(position(&members[2], &second).await, (json!("waiting"), json!(1)));
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 1));
    // Who leaves the list and comes again stands at its end.
    let third = wait(&members[3], &occurrence).await.expect(201);
    let left = members[2].delete(&at(&second)).await.expect(200);
    assert_eq!((&left["status"], &left["position"]), (&json!("cancelled"), &json!(null)));
    let again = wait(&members[2], &occurrence).await.expect(201);
    assert_eq!((position(&members[3], &third).await.1, &again["position"]), (json!(1), &json!(2)));
}

#[apply(on_both_engines!)]
async fn more_places_of_the_occurrence_the_class_or_the_room_go_to_who_waits(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = clients(&studio, 4).await;
    for member in &members {
        wait(member, &occurrence).await.expect(201);
    }
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 3));
    let class = json!({"id": occurrence["class_id"]});
    let changed = house.change(&class, json!({"capacity": 2})).await;
    assert_eq!(changed["effects"]["kept_ids"], json!([]));
    assert_eq!(counts(&studio, &house, &occurrence).await, (2, 2));
    let raised = house.reschedule(&occurrence, json!({"capacity": 3})).await;
    assert_eq!((&raised["booked_count"], &raised["waiting_count"]), (&json!(3), &json!(1)));
    let room = format!("/v1/locations/{}/rooms/{}", house.location, house.room);
    house.server.patch(&room, json!({"capacity": 3})).await.expect(200);
    house.reschedule(&occurrence, json!({"capacity": 9, "room_id": house.room})).await;
    assert_eq!(counts(&studio, &house, &occurrence).await, (3, 1), "the room holds no more");
    house.server.patch(&room, json!({"capacity": 4})).await.expect(200);
    assert_eq!(counts(&studio, &house, &occurrence).await, (4, 0));
    let path = format!("/v1/schedule/{}", crate::resources::classes::id(&occurrence));
    house.server.patch(&path, json!({"capacity": 3})).await.is_problem(409, "capacity_below_booked");
    let told = house.server.patch(&room, json!({"capacity": 3})).await.is_problem(409, "capacity_below_booked");
    assert_eq!(told["occurrence_id"], occurrence["id"]);
    let lowered = house.change(&class, json!({"capacity": 1})).await;
    assert_eq!(lowered["status"], "active");
    assert_eq!(counts(&studio, &house, &occurrence).await, (4, 0), "what is booked keeps its places");
}

#[apply(on_both_engines!)]
async fn later_than_the_limit_a_place_is_offered_to_the_first_and_to_nobody_else(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    late_from(&studio, 60).await;
    let people = crowd(&studio, 4).await;
    let booked = book(&people[0].at(&studio).await, &occurrence).await.expect(201);
    let first = wait(&people[1].at(&studio).await, &occurrence).await.expect(201);
    let second = wait(&people[2].at(&studio).await, &occurrence).await.expect(201);
    minutes_before(&studio, &occurrence, 30);
    let mut members = Vec::new();
    for person in &people {
        members.push(person.at(&studio).await);
    }
    assert_eq!(members[0].delete(&at(&booked)).await.expect(200)["status"], "late_cancelled");
    assert_eq!(counts(&studio, &house, &occurrence).await, (0, 2), "it is not given");
    assert_eq!(on_the_website(&studio, &occurrence).await["spots_left"], 0, "nor is it anybody's");
    book(&members[3], &occurrence).await.is_problem(409, "class_full");
    book(&members[2], &occurrence).await.is_problem(409, "already_booked");
    assert_eq!(seen(&members[2], &occurrence).await["booking"]["code"], "already_booked");
    let offered = seen(&members[1], &occurrence).await;
    assert_eq!((&offered["booking"]["open"], &offered["booking_id"]), (&json!(true), &first["id"]));
    let taken = book(&members[1], &occurrence).await.expect(201);
    assert_eq!((&taken["id"], &taken["status"], &taken["position"]), (&first["id"], &json!("booked"), &json!(null)));
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 1));
    // One who waits and does not want the offered place leaves it to the next.
    members[1].delete(&at(&first)).await.expect(200);
    members[2].delete(&at(&second)).await.expect(200);
    book(&members[3], &occurrence).await.expect(201);
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0));
}

#[apply(on_both_engines!)]
async fn exactly_at_the_limit_a_place_is_still_given(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    late_from(&studio, 60).await;
    let people = crowd(&studio, 2).await;
    let booked = book(&people[0].at(&studio).await, &occurrence).await.expect(201);
    wait(&people[1].at(&studio).await, &occurrence).await.expect(201);
    minutes_before(&studio, &occurrence, 60);
    assert_eq!(people[0].at(&studio).await.delete(&at(&booked)).await.expect(200)["status"], "cancelled");
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0));
}
