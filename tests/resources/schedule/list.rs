//! `GET /v1/schedule`

use std::time::Duration;

use serde_json::{Value, json};

use super::at;
use crate::{
    resources::classes::{House, TIMETABLE, each, id, on_a_sunday, weekly, with},
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn pages_lead_through_all_by_their_start(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    for (day, time) in [("friday", "07:00"), ("monday", "07:00"), ("monday", "07:00"), ("wednesday", "20:00")] {
        house.class(weekly(day, time)).await;
    }
    let (mut seen, mut path) = (Vec::new(), "/v1/schedule?limit=7".to_owned());
    loop {
        let page = house.server.get(&path).await.expect(200);
        seen.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/schedule?limit=7&cursor={cursor}");
    }
    let places: Vec<_> = seen.iter().map(|row| (at(row, "starts_at"), id(row))).collect();
    assert_eq!(places.len(), 48);
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
    let website = studio.website().await;
    assert_eq!(each(&website.get("/v1/schedule?limit=100").await.rows(), "id"), each(&seen, "id"));
}

#[apply(on_both_engines!)]
async fn a_range_is_of_instants_or_of_days_of_the_studio(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "00:30")).await;
    let all = house.occurrences(&class).await;
    let day = |index: usize| all[index]["local_start"].as_str().unwrap()[..10].to_owned();
    let website = studio.website().await;
    for caller in [&house.server, &website] {
        let found =
            async |query: String| each(&caller.get(&format!("/v1/schedule?limit=100&{query}")).await.rows(), "id");
        assert_eq!(found(format!("from={}&to={}", day(2), day(4))).await, each(&all[2..=4], "id"));
        let (from, to) = (all[2]["starts_at"].as_str().unwrap(), all[4]["starts_at"].as_str().unwrap());
        assert_eq!(found(format!("from={from}&to={to}")).await, each(&all[2..4], "id"));
        assert_eq!(found(format!("to={}", day(0))).await, each(&all[..1], "id"));
        assert!(found(format!("from={}&to={}", day(4), day(2))).await.is_empty());
        for wrong in ["from=tomorrow", "to=2026-13-01", "from=2026-1-1", "from=", "until=2026-01-01"] {
            caller.get(&format!("/v1/schedule?{wrong}")).await.is_problem(400, "malformed_request");
        }
    }
}

#[apply(on_both_engines!)]
async fn the_days_of_one_location_are_by_its_clocks(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let far = json!({"name": "Auckland", "time_zone": "Pacific/Auckland"});
    let far = id(&house.server.post("/v1/locations", far).await.expect(201));
    let room =
        id(&house.server.post(&format!("/v1/locations/{far}/rooms"), json!({"name": "Harbour"})).await.expect(201));
    // A Tuesday morning there is a Monday evening in Lisbon.
    let class = house.class(with(weekly("tuesday", "06:30"), json!({"room_id": room}))).await;
    let third = house.occurrences(&class).await[2].clone();
    let day = &third["local_start"].as_str().unwrap()[..10];
    let before = third["starts_at"].as_str().unwrap()[..10].to_owned();
    assert_ne!(day, before);
    let website = studio.website().await;
    for caller in [&house.server, &website] {
        let on = async |day: &str, filter: &str| {
            each(&caller.get(&format!("/v1/schedule?from={day}&to={day}{filter}")).await.rows(), "id")
        };
        for filter in
            [format!("&location_id={far}"), format!("&room_id={room}"), format!("&location_id={far}&room_id={room}")]
        {
            assert_eq!(on(day, &filter).await, [third["id"].clone()], "{filter}");
            assert!(on(&before, &filter).await.is_empty(), "{filter}");
        }
        assert_eq!(on(&before, "").await, [third["id"].clone()]);
        assert_eq!(on(&before, &format!("&class_id={}", id(&class))).await, [third["id"].clone()]);
    }
}

#[apply(on_both_engines!)]
async fn each_filter_narrows_the_list(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house
        .class(with(weekly("monday", "18:30"), json!({"room_id": house.room, "instructor_id": house.instructor})))
        .await;
    house.class(weekly("monday", "18:30")).await;
    for query in [
        format!("class_id={}", id(&class)),
        format!("instructor_id={}", house.instructor),
        format!("location_id={}", house.location),
        format!("room_id={}", house.room),
    ] {
        let rows = house.server.get(&format!("/v1/schedule?limit=100&{query}")).await.rows();
        assert!(rows.len() == 12 && rows.iter().all(|row| row["class_id"] == class["id"]), "{query}");
    }
    let first = house.occurrences(&class).await[0].clone();
    house.reschedule(&first, json!({"status": "cancelled"})).await;
    let cancelled = house.server.get("/v1/schedule?status=cancelled").await.rows();
    assert_eq!(each(&cancelled, "id"), [first["id"].clone()]);
    let public = studio.website().await.get(&format!("/v1/schedule?id={}", id(&first))).await.rows();
    assert_eq!((&public[0]["status"], &public[0]["spots_left"]), (&json!("cancelled"), &Value::Null));
    assert_eq!(house.server.get("/v1/schedule?status=scheduled&limit=100").await.rows().len(), 23);
    let theirs = studio.server_of(studio.neighbour().await, TIMETABLE).await;
    assert!(theirs.get("/v1/schedule").await.rows().is_empty());
    theirs.patch(&format!("/v1/schedule/{}", id(&first)), json!({"note": "x"})).await.is_problem(404, "not_found");
}

#[apply(on_both_engines!)]
async fn what_has_begun_is_listed_only_when_it_is_asked_for(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let all = house.occurrences(&class).await;
    studio.pass(Duration::from_hours(8 * 24));
    let now = house.occurrences(&class).await;
    assert!(now.len() < 12 + 2 && !each(&now, "id").contains(&all[0]["id"]));
    let found = house.server.get(&format!("/v1/schedule?id={}", id(&all[0]))).await.rows();
    assert_eq!(each(&found, "id"), [all[0]["id"].clone()]);
    let day = &all[0]["local_start"].as_str().unwrap()[..10];
    assert_eq!(house.server.get(&format!("/v1/schedule?from={day}&to={day}")).await.rows(), [all[0].clone()]);
    assert_ne!(all[0], Value::Null);
}
