//! `GET /v1/me/bookings` and `GET /v1/me/schedule`

use serde_json::{Value, json};

use super::{BOOKINGS, at, book, crowd, minutes_before, with_a_class};
use crate::{
    resources::{
        classes::{each, weekly, with},
        schedule::at as instant,
    },
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn a_member_lists_their_own_bookings_by_start_and_one_that_runs_is_upcoming(studio: Studio) {
    let (studio, house, monday) = with_a_class(studio, json!({})).await;
    let tuesday = house.occurrences(&house.class(weekly("tuesday", "18:30")).await).await[0].clone();
    let wednesday = house.occurrences(&house.class(weekly("wednesday", "18:30")).await).await[0].clone();
    let members = crowd(&studio, 2).await;
    let anna = members[0].at(&studio).await;
    for occurrence in [&wednesday, &monday, &tuesday] {
        book(&anna, occurrence).await.expect(201);
    }
    book(&members[1].at(&studio).await, &monday).await.expect(201);
    // Tuesday's class runs for half an hour.
    minutes_before(&studio, &tuesday, 0);
    studio.pass(std::time::Duration::from_mins(30));
    let anna = members[0].at(&studio).await;
    let of = async |query: &str| each(&anna.get(&format!("{BOOKINGS}{query}")).await.rows(), "occurrence_id");
    let ids = |occurrences: &[&Value]| occurrences.iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    assert_eq!(of("").await, ids(&[&monday, &tuesday, &wednesday]));
    assert_eq!(of("?when=past").await, ids(&[&monday]));
    assert_eq!(of("?when=upcoming").await, ids(&[&tuesday, &wednesday]));
    let page = anna.get(&format!("{BOOKINGS}?when=upcoming&limit=1")).await;
    let cursor = page.expect(200)["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(of(&format!("?when=upcoming&limit=1&cursor={cursor}")).await, ids(&[&wednesday]));
    anna.get(&format!("{BOOKINGS}?when=past&cursor={cursor}")).await.is_problem(400, "malformed_request");
    anna.get(&format!("{BOOKINGS}?when=now")).await.is_problem(400, "malformed_request");
    studio.pass(std::time::Duration::from_mins(30));
    let anna = members[0].at(&studio).await;
    let upcoming = anna.get(&format!("{BOOKINGS}?when=upcoming")).await.rows();
    assert_eq!(each(&upcoming, "occurrence_id"), ids(&[&wednesday]), "at its end a class is over");
    assert_eq!(page.header("cache-control"), "no-store");
}

#[apply(on_both_engines!)]
async fn a_class_that_is_moved_takes_its_bookings_along(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 4})).await;
    let anna = crowd(&studio, 1).await.remove(0).at(&studio).await;
    let booking = book(&anna, &occurrence).await.expect(201);
    let later = instant(&occurrence, "starts_at").plus(std::time::Duration::from_hours(2));
    let moved = house.reschedule(&occurrence, json!({"starts_at": later.to_string()})).await;
    let now = anna.get(&at(&booking)).await.expect(200);
    assert_eq!((&now["starts_at"], &now["ends_at"]), (&moved["starts_at"], &moved["ends_at"]));
    assert_eq!((&now["status"], &moved["booked_count"]), (&json!("booked"), &json!(1)));
    assert_eq!(now["occurrence"]["local_start"], moved["local_start"]);
    // A class that changes its time leaves what is booked where it is.
    let class = format!("/v1/classes/{}", occurrence["class_id"].as_str().unwrap());
    let patch = json!({"recurrence": {"weekly": [{"weekday": "thursday", "start_time": "09:00"}]}});
    let changed = house.server.patch(&class, patch).await.expect(200);
    assert_eq!(changed["effects"]["kept"], 1);
    assert_eq!(anna.get(&at(&booking)).await.expect(200)["starts_at"], moved["starts_at"]);
}

#[apply(on_both_engines!)]
async fn the_schedule_pages_and_filters_as_on_the_website(studio: Studio) {
    let (studio, house, _) = with_a_class(studio, json!({})).await;
    house.class(with(weekly("tuesday", "10:00"), json!({"visibility": "members"}))).await;
    house.class(with(weekly("tuesday", "11:00"), json!({"visibility": "hidden"}))).await;
    let anna = crowd(&studio, 1).await.remove(0).at(&studio).await;
    let (mut seen, mut path) = (Vec::new(), "/v1/me/schedule?limit=10".to_owned());
    loop {
        let page = anna.get(&path).await;
        assert_eq!(page.header("cache-control"), "no-store");
        let page = page.expect(200);
        seen.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/me/schedule?limit=10&cursor={cursor}");
    }
    assert_eq!(seen.len(), 24);
    let mut starts = each(&seen, "starts_at");
    starts.sort_by_key(ToString::to_string);
    assert_eq!(starts, each(&seen, "starts_at"));
    assert!(seen.iter().all(|row| row["booking"]["open"] == true), "{seen:?}");
    anna.get("/v1/me/schedule?visibility=hidden").await.is_problem(400, "malformed_request");
}
