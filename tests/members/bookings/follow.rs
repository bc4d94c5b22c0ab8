//! Bookings whose occurrence is moved, or holds more people.

use std::time::Duration;

use serde_json::json;

use super::{at, book, counts, crowd, late_from, now, wait, with_a_class};
use crate::{
    resources::{
        classes::{House, with},
        schedule::at as instant,
    },
    support::studio::on_both_engines,
};

/// Moves an occurrence by a day.
async fn move_by_a_day(house: &House, occurrence: &serde_json::Value) {
    let later = |field| instant(occurrence, field).plus(Duration::from_hours(24)).to_string();
    let times = json!({"starts_at": later("starts_at"), "ends_at": later("ends_at")});
    house.reschedule(occurrence, times).await;
}

#[apply(on_both_engines!)]
async fn a_move_cancels_the_bookings_of_memberships_that_do_not_reach_to_the_new_day(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 2})).await;
    let members = crowd(&studio, 4).await;
    let mut bookings = Vec::new();
    for member in &members {
        bookings.push(wait(&member.at(&studio).await, &occurrence).await.expect(201));
    }
    let last = &occurrence["local_start"].as_str().unwrap()[..10];
    for member in [&members[0], &members[2]] {
        let path = format!("/v1/members/{}", member.id);
        house.server.patch(&path, json!({"ends_on": last})).await.expect(200);
    }
    assert_eq!(counts(&studio, &house, &occurrence).await, (2, 2), "the last day counts");
    move_by_a_day(&house, &occurrence).await;
    let mut status = Vec::new();
    for (member, booking) in members.iter().zip(&bookings) {
        status.push(member.at(&studio).await.get(&at(booking)).await.expect(200)["status"].clone());
    }
    assert_eq!(json!(status), json!(["cancelled", "booked", "cancelled", "booked"]), "the place goes to who is there");
    assert_eq!(counts(&studio, &house, &occurrence).await, (2, 0));
}

#[apply(on_both_engines!)]
async fn a_move_is_listed_as_a_change_of_cancelled_bookings_too(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({})).await;
    let anna = crowd(&studio, 1).await.remove(0).at(&studio).await;
    let booking = book(&anna, &occurrence).await.expect(201);
    let cancelled = anna.delete(&at(&booking)).await.expect(200);
    move_by_a_day(&house, &occurrence).await;
    let moved = anna.get(&at(&booking)).await.expect(200);
    assert_eq!(moved["starts_at"], now(&house, &occurrence).await["starts_at"]);
    assert_eq!(moved["version"], cancelled["version"]);
    assert!(moved["updated_at"].as_str() > cancelled["updated_at"].as_str(), "{moved}");
}

#[apply(on_both_engines!)]
async fn a_class_that_holds_more_again_does_so_where_a_booking_had_kept_places(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 3})).await;
    book(&crowd(&studio, 1).await.remove(0).at(&studio).await, &occurrence).await.expect(201);
    let class = json!({"id": occurrence["class_id"]});
    house.change(&class, json!({"capacity": 2})).await;
    assert_eq!(now(&house, &occurrence).await["capacity"], 3);
    house.change(&class, json!({"capacity": 4})).await;
    assert_eq!(now(&house, &occurrence).await["capacity"], 4);
}

#[apply(on_both_engines!)]
async fn minutes_before_a_time_that_clocks_skip_are_those_that_pass(studio: Studio) {
    let (studio, house, _) = with_a_class(studio, json!({})).await;
    late_from(&studio, 60).await;
    let new_york = json!({"name": "Uptown", "time_zone": "America/New_York"});
    let location = house.server.post("/v1/locations", new_york).await.expect(201);
    let dated = json!({"name": "Dawn", "duration_minutes": 60, "recurrence": {"dates": [{"date": "2031-03-09", "start_time": "03:10"}]}});
    studio.set_clock("2031-03-01T12:00:00Z".parse().unwrap());
    let class = house.class(with(dated, json!({"location_id": location["id"]}))).await;
    let occurrence = house.occurrences(&class).await[0].clone();
    let starts_at = instant(&occurrence, "starts_at");
    let members = crowd(&studio, 2).await;
    let limit = starts_at.minus(Duration::from_hours(1));
    for (member, at_the_time, status) in
        [(&members[0], limit, "cancelled"), (&members[1], limit.plus(Duration::from_micros(1)), "late_cancelled")]
    {
        studio.set_clock(limit.minus(Duration::from_mins(5)));
        let booking = book(&member.at(&studio).await, &occurrence).await.expect(201);
        studio.set_clock(at_the_time);
        assert_eq!(member.at(&studio).await.delete(&at(&booking)).await.expect(200)["status"], status);
    }
}
