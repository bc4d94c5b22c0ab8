//! `DELETE /v1/me/bookings/{bookingId}`

use std::time::Duration;

use serde_json::json;

use super::{at, book, counts, crowd, late_from, minutes_before, on_the_website, wait, with_a_class};
use crate::{
    resources::classes::{id, with},
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn a_place_of_a_full_class_is_on_the_website_again_at_its_next_read(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = crowd(&studio, 2).await;
    let (anna, rui) = (members[0].at(&studio).await, members[1].at(&studio).await);
    let booking = book(&anna, &occurrence).await.expect(201);
    let website = studio.website().await;
    let path = format!("/v1/schedule?id={}", id(&occurrence));
    let full = website.get(&path).await;
    assert_eq!(full.rows()[0]["spots_left"], 0);
    rui.delete(&at(&booking)).await.is_problem(404, "not_found");
    let cancelled = anna.delete(&at(&booking)).await.expect(200);
    assert_eq!((&cancelled["status"], &cancelled["id"]), (&json!("cancelled"), &booking["id"]));
    assert!(cancelled["cancelled_at"].is_string());
    let free = website.with("if-none-match", full.header("etag")).get(&path).await;
    assert_eq!(free.rows()[0]["spots_left"], 1);
    assert_eq!(anna.delete(&at(&booking)).await.expect(200), cancelled, "cancelled twice changes nothing");
    assert_eq!(counts(&studio, &house, &occurrence).await, (0, 0));
    let again = book(&anna, &occurrence).await.expect(201);
    assert_ne!(again["id"], booking["id"]);
    let stale = anna.clone().with("if-match", "\"7\"").delete(&at(&again)).await;
    stale.is_problem(412, "version_mismatch");
}

#[apply(on_both_engines!)]
async fn what_was_called_off_is_counted_down_once_and_what_has_begun_is_not_cancelled(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = crowd(&studio, 2).await;
    let (anna, rui) = (members[0].at(&studio).await, members[1].at(&studio).await);
    let booking = book(&anna, &occurrence).await.expect(201);
    let waits = wait(&rui, &occurrence).await.expect(201);
    house.reschedule(&occurrence, json!({"status": "cancelled", "cancel_reason": "The teacher is ill"})).await;
    for (client, booking) in [(&anna, &booking), (&rui, &waits)] {
        let row = client.get(&at(booking)).await.expect(200);
        assert_eq!((&row["status"], &row["occurrence"]["status"]), (&json!("cancelled"), &json!("cancelled")));
        assert_eq!(client.delete(&at(booking)).await.expect(200), row);
    }
    assert_eq!(counts(&studio, &house, &occurrence).await, (0, 0));
    house.reschedule(&occurrence, json!({"status": "scheduled"})).await;
    assert_eq!(counts(&studio, &house, &occurrence).await, (0, 0), "who was sent home books again");
    let booking = book(&anna, &occurrence).await.expect(201);
    minutes_before(&studio, &occurrence, 0);
    let anna = members[0].at(&studio).await;
    anna.delete(&at(&booking)).await.is_problem(409, "occurrence_in_past");
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0));
}

#[apply(on_both_engines!)]
async fn the_late_limit_goes_by_the_clocks_of_the_location_and_its_own_minute_is_in_time(studio: Studio) {
    let (studio, house, _) = with_a_class(studio, json!({})).await;
    late_from(&studio, 720).await;
    // In the night before that Sunday, clocks are set forward: twelve hours before 09:00 is 21:00 all the same.
    let new_york = json!({"name": "Uptown", "time_zone": "America/New_York"});
    let location = house.server.post("/v1/locations", new_york).await.expect(201);
    let dated = json!({"name": "Dawn", "duration_minutes": 60, "recurrence": {"dates": [{"date": "2031-03-09", "start_time": "09:00"}]}});
    studio.set_clock("2031-03-01T12:00:00Z".parse().unwrap());
    let class = house.class(with(dated, json!({"location_id": location["id"]}))).await;
    let occurrence = house.occurrences(&class).await[0].clone();
    assert_eq!(occurrence["starts_at"], "2031-03-09T13:00:00.000000Z");
    let limit = "2031-03-09T02:00:00Z".parse::<flow_gateway::store::instant::Instant>().unwrap();
    let members = crowd(&studio, 2).await;
    for (member, at_the_time, status) in
        [(&members[0], limit, "cancelled"), (&members[1], limit.plus(Duration::from_micros(1)), "late_cancelled")]
    {
        studio.set_clock(limit.minus(Duration::from_mins(5)));
        let booking = book(&member.at(&studio).await, &occurrence).await.expect(201);
        studio.set_clock(at_the_time);
        let cancelled = member.at(&studio).await.delete(&at(&booking)).await.expect(200);
        assert_eq!(cancelled["status"], status);
    }
    assert_eq!(on_the_website(&studio, &occurrence).await["spots_left"], json!(null));
}

#[apply(on_both_engines!)]
async fn a_class_that_is_cancelled_cancels_its_bookings(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = crowd(&studio, 2).await;
    let booking = book(&members[0].at(&studio).await, &occurrence).await.expect(201);
    let waits = wait(&members[1].at(&studio).await, &occurrence).await.expect(201);
    let class = format!("/v1/classes/{}", occurrence["class_id"].as_str().unwrap());
    house.server.delete(&format!("{class}?dry_run=true")).await.expect(200);
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 1));
    house.server.delete(&class).await.expect(200);
    assert_eq!(counts(&studio, &house, &occurrence).await, (0, 0));
    for (member, booking) in members.iter().zip([booking, waits]) {
        assert_eq!(member.at(&studio).await.get(&at(&booking)).await.expect(200)["status"], "cancelled");
    }
}
