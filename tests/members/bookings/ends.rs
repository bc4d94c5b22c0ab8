//! Bookings ahead of a membership that ends or is paused.

use std::time::Duration;

use flow_gateway::{
    resources::members::{self, MembershipId, passing},
    store::turns::WriteTx,
};
use serde_json::{Value, json};

use super::{House, Member, at, book, counts, crowd, wait, with_a_class};
use crate::support::studio::{Client, Studio, on_both_engines};

async fn status(client: &Client, booking: &Value) -> Value {
    client.get(&at(booking)).await.expect(200)["status"].clone()
}

/// A class of one place that the first member has, and the second waits for.
async fn full(studio: Studio) -> (Studio, House, Value, Vec<Member>, [Value; 2]) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = crowd(&studio, 2).await;
    let booked = book(&members[0].at(&studio).await, &occurrence).await.expect(201);
    let waits = wait(&members[1].at(&studio).await, &occurrence).await.expect(201);
    (studio, house, occurrence, members, [booked, waits])
}

#[apply(on_both_engines!)]
async fn a_dry_run_tells_how_many_bookings_a_cancelled_membership_gives_back(studio: Studio) {
    let (studio, house, occurrence, members, [_, waits]) = full(studio).await;
    let path = format!("/v1/members/{}/cancel", members[0].id);
    let told = house.server.post(&format!("{path}?dry_run=true"), json!({})).await.expect(200);
    assert_eq!(told["effects"], json!({"bookings_cancelled": 1}));
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 1));
    house.server.post(&path, json!({})).await.expect(200);
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0), "the place goes to who waits");
    assert_eq!(status(&members[1].at(&studio).await, &waits).await, "booked");
}

#[apply(on_both_engines!)]
async fn a_pause_gives_places_back_which_do_not_come_back_with_its_end(studio: Studio) {
    let (studio, house, occurrence, members, [booked, waits]) = full(studio).await;
    let path = format!("/v1/members/{}", members[0].id);
    let told = house.server.patch(&format!("{path}?dry_run=true"), json!({"status": "paused"})).await.expect(200);
    assert_eq!(told["effects"], json!({"bookings_cancelled": 1}));
    house.server.patch(&path, json!({"status": "paused"})).await.expect(200);
    house.server.patch(&path, json!({"status": "active"})).await.expect(200);
    assert_eq!(status(&members[0].at(&studio).await, &booked).await, "cancelled");
    assert_eq!(status(&members[1].at(&studio).await, &waits).await, "booked");
    let other = format!("/v1/members/{}", members[1].id);
    house.server.patch(&other, json!({"first_name": "Rui"})).await.expect(200);
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0), "another change leaves bookings alone");
}

#[apply(on_both_engines!)]
async fn a_last_day_gives_back_what_lies_behind_it_and_nothing_before(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({})).await;
    let class = json!({"id": occurrence["class_id"]});
    let all = house.occurrences(&class).await;
    let member = crowd(&studio, 1).await.remove(0);
    let client = member.at(&studio).await;
    let first = book(&client, &all[0]).await.expect(201);
    let second = book(&client, &all[1]).await.expect(201);
    let path = format!("/v1/members/{}", member.id);
    let last = &all[0]["local_start"].as_str().unwrap()[..10];
    house.server.patch(&path, json!({"ends_on": last})).await.expect(200);
    assert_eq!((status(&client, &first).await, status(&client, &second).await), (json!("booked"), json!("cancelled")));
    assert_eq!(counts(&studio, &house, &all[1]).await, (0, 0));
}

#[apply(on_both_engines!)]
async fn a_membership_that_ends_by_itself_or_whose_person_is_erased_gives_places_back(studio: Studio) {
    let (studio, house, occurrence, members, [_, waits]) = full(studio).await;
    // A row from elsewhere: it ended yesterday, and nobody has noticed.
    let mut tx = studio.app.db.begin().await.unwrap();
    let text = "update members set ends_on = '2020-01-01' where studio_id = $1 and id = $2";
    tx.on().query(text).bind(studio.id).bind(members[0].id.clone()).execute().await.unwrap();
    tx.commit().await.unwrap();
    passing::expire_due(&studio.app.db, &studio.clock, &studio.app.turns).await.unwrap();
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0));
    assert_eq!(status(&members[1].at(&studio).await, &waits).await, "booked");
    studio.pass(Duration::from_secs(1));
    let id: MembershipId = members[1].id.parse().unwrap();
    let mut tx = studio.app.db.begin().await.unwrap();
    let text = "insert into imported_lines (studio_id, resource, id, external_id, said) \
        values ($1, 'bookings', $2, 'a name', '{}')";
    let booking = waits["id"].as_str().unwrap().to_owned();
    tx.on().query(text).bind(studio.id).bind(booking).execute().await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = studio.app.turns.begin(&studio.app.db, &studio.clock, studio.id, 1).await.unwrap();
    members::erase(&mut tx, id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(counts(&studio, &house, &occurrence).await, (0, 0));
    let text = "select count(*) from imported_lines where studio_id = $1";
    let lines = studio.app.db.of(studio.id).query(text).scalar::<i64>().await.unwrap();
    assert_eq!(lines, Some(0), "what a file said of the person's bookings is forgotten");
}
