//! Local times of the classes of a location, across the days when its clocks change.

use std::time::Duration;

use flow_gateway::{
    resources::studios,
    store::{instant::Instant, turns::WriteTx},
};
use serde_json::json;

use super::{House, book, each, effects, id, on_a_sunday, weekly, with};
use crate::{resources::schedule::at, support::studio::on_both_engines};

#[apply(on_both_engines!)]
async fn a_class_keeps_its_hour_when_its_locations_clocks_change(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    // Berlin's clocks change on 29 March 2027.
    let start: Instant = "2027-03-01T12:00:00Z".parse().unwrap();
    let ahead = start.micros() - studio.clock.now().micros();
    studio.pass(Duration::from_micros(u64::try_from(ahead).expect("still before 2027")));
    let house = House::of(&studio).await;
    let berlin = json!({"name": "Berlin", "time_zone": "Europe/Berlin"});
    let berlin = id(&house.server.post("/v1/locations", berlin).await.expect(201));
    let class = house.class(with(weekly("wednesday", "18:30"), json!({"location_id": berlin}))).await;
    let laid_out = house.occurrences(&class).await;
    let hours =
        each(&laid_out, "starts_at").iter().map(|at| at.as_str().unwrap()[11..16].to_owned()).collect::<Vec<_>>();
    assert_eq!(hours, [vec!["17:30"; 4], vec!["16:30"; 8]].concat());
    assert!(
        laid_out
            .iter()
            .all(|row| row["local_start"].as_str().unwrap().ends_with("T18:30") && row["time_zone"] == "Europe/Berlin")
    );
    let moved = house.change(&class, json!({"location_id": null})).await;
    assert_eq!(moved["effects"], effects(0, 12, 0, 0), "Lisbon has another hour");
}

#[apply(on_both_engines!)]
async fn when_a_location_is_in_another_zone_its_occurrences_keep_their_hour(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let here = |time: &str| with(weekly("monday", time), json!({"room_id": house.room}));
    let (early, late) = (house.class(here("18:30")).await, house.class(here("19:30")).await);
    let elsewhere = house.class(weekly("monday", "18:30")).await;
    let (before, untouched) = (house.occurrences(&early).await, house.occurrences(&elsewhere).await);
    house.reschedule(&before[2], json!({"capacity": 8})).await;
    book(&studio, &before[3], 5).await;
    // The later class is out of the way of what stays.
    for occurrence in &house.occurrences(&late).await[2..4] {
        house.reschedule(occurrence, json!({"status": "cancelled"})).await;
    }
    let (place, patch) = (format!("/v1/locations/{}", house.location), json!({"time_zone": "Europe/Berlin"}));
    let told = house.server.patch(&format!("{place}?dry_run=true"), patch.clone()).await.expect(200);
    assert_eq!(told["effects"], effects(2, 20, 0, 0));
    assert_eq!(each(&house.occurrences(&early).await, "starts_at"), each(&before, "starts_at"));
    let changed = house.server.patch(&place, patch.clone()).await.expect(200);
    assert_eq!(
        (&changed["time_zone"], &changed["version"], changed.get("effects")),
        (&patch["time_zone"], &json!(2), None)
    );
    let hour = Duration::from_hours(1);
    for (index, (was, is)) in before.iter().zip(&house.occurrences(&early).await).enumerate() {
        let keeps = index == 2 || index == 3;
        let then = if keeps { at(was, "starts_at") } else { at(was, "starts_at").minus(hour) };
        assert_eq!((at(is, "starts_at"), &is["time_zone"]), (then, &patch["time_zone"]), "{is}");
        assert!(is["local_start"].as_str().unwrap().ends_with(if keeps { "T19:30" } else { "T18:30" }), "{is}");
        assert_eq!(is["overridden"].as_array().unwrap().contains(&json!("starts_at")), keeps, "{is}");
    }
    assert_eq!(house.occurrences(&elsewhere).await, untouched);
    let back = house.server.patch(&format!("{place}?dry_run=true"), json!({"name": "Same clocks"})).await.expect(200);
    assert_eq!(back["effects"], json!({}));
}

#[apply(on_both_engines!)]
async fn a_zone_that_would_move_a_class_onto_what_stays_is_refused_whole(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let here = |time: &str| with(weekly("monday", time), json!({"room_id": house.room}));
    let (early, late) = (house.class(here("18:30")).await, house.class(here("19:30")).await);
    let stays = house.occurrences(&early).await[3].clone();
    book(&studio, &stays, 5).await;
    let (place, patch) = (format!("/v1/locations/{}", house.location), json!({"time_zone": "Europe/Berlin"}));
    let before = house.occurrences(&late).await;
    assert_eq!(
        house.server.patch(&place, patch.clone()).await.is_problem(409, "room_conflict")["occurrence_id"],
        stays["id"]
    );
    assert_eq!(house.occurrences(&late).await, before);
    assert_eq!(house.server.get("/v1/locations").await.rows()[0]["time_zone"], json!(null));
}

#[apply(on_both_engines!)]
async fn when_the_studio_is_in_another_zone_the_classes_by_its_clocks_follow(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let madrid = id(&house
        .server
        .post("/v1/locations", json!({"name": "Madrid", "time_zone": "Europe/Madrid"}))
        .await
        .expect(201));
    let class =
        async |location: &str| house.class(with(weekly("monday", "18:30"), json!({"location_id": location}))).await;
    let classes = [house.class(weekly("monday", "18:30")).await, class(&house.location).await, class(&madrid).await];
    let starts = async || {
        let mut all = Vec::new();
        for class in &classes {
            all.push(at(&house.occurrences(class).await[1], "starts_at"));
        }
        all
    };
    let before = starts().await;
    let mut tx = studio.app.turns.begin(&studio.app.db, &studio.clock, studio.id, 1).await.unwrap();
    let current = studios::find(tx.on()).await.unwrap().unwrap();
    let fields = studios::Studio { time_zone: "Europe/Berlin".parse().unwrap(), ..current.fields.clone() };
    studios::change(&mut tx, current, fields).await.unwrap();
    tx.commit().await.unwrap();
    let hour = Duration::from_hours(1);
    assert_eq!(starts().await, [before[0].minus(hour), before[1].minus(hour), before[2]]);
}

#[apply(on_both_engines!)]
async fn an_occurrence_that_takes_place_elsewhere_tells_the_local_time_there(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let website = studio.website().await;
    let place = async |name: &str, zone: &str| {
        id(&house.server.post("/v1/locations", json!({"name": name, "time_zone": zone})).await.expect(201))
    };
    let (berlin, tokyo) = (place("Berlin", "Europe/Berlin").await, place("Tokyo", "Asia/Tokyo").await);
    let class = house.class(with(weekly("monday", "18:30"), json!({"location_id": berlin}))).await;
    let first = house.occurrences(&class).await[1].clone();
    let local = |row: &serde_json::Value, zone: &str| {
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        zone.to_datetime(at(row, "starts_at").timestamp()).strftime("%Y-%m-%dT%H:%M").to_string()
    };
    let away = house.reschedule(&first, json!({"location_id": tokyo})).await;
    assert_eq!((&away["local_start"], &away["time_zone"]), (&json!(local(&first, "Asia/Tokyo")), &json!("Asia/Tokyo")));
    assert_eq!(
        (&away["starts_at"], &away["planned_start"], &away["overridden"]),
        (&first["starts_at"], &first["planned_start"], &json!(["location_id"]))
    );
    let shown = website.get(&format!("/v1/schedule?id={}", id(&first))).await.rows()[0].clone();
    assert_eq!((&shown["local_start"], &shown["time_zone"]), (&away["local_start"], &away["time_zone"]));
    // It follows the clocks there, and no others.
    house.server.patch(&format!("/v1/locations/{tokyo}"), json!({"time_zone": "America/New_York"})).await.expect(200);
    let told = async || house.server.get(&format!("/v1/schedule?id={}", id(&first))).await.rows()[0].clone();
    let now = told().await;
    assert_eq!(
        (&now["local_start"], &now["time_zone"]),
        (&json!(local(&first, "America/New_York")), &json!("America/New_York"))
    );
    assert_eq!(
        (&now["starts_at"], &now["planned_start"], &now["overridden"]),
        (&first["starts_at"], &first["planned_start"], &json!(["location_id"]))
    );
    house.server.patch(&format!("/v1/locations/{berlin}"), json!({"time_zone": "Europe/Athens"})).await.expect(200);
    let now = told().await;
    assert_eq!(
        (&now["time_zone"], &now["starts_at"], &now["overridden"]),
        (&json!("America/New_York"), &first["starts_at"], &json!(["starts_at", "location_id"]))
    );
    house.change(&class, json!({"capacity": 3})).await;
    assert_eq!(told().await["local_start"], now["local_start"]);
    // Nowhere in particular, it goes by the studio's clocks; back again, by those of its class.
    let nowhere = house.reschedule(&first, json!({"location_id": null})).await;
    assert_eq!(
        (&nowhere["local_start"], &nowhere["time_zone"]),
        (&json!(local(&first, "Europe/Lisbon")), &json!("Europe/Lisbon"))
    );
    let back = house.reschedule(&first, json!({"location_id": berlin})).await;
    assert_eq!(back["time_zone"], "Europe/Athens");
}

#[apply(on_both_engines!)]
async fn what_only_the_clocks_make_overlap_is_laid_out_without_its_room(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    // Berlin's clocks skip the hour from 02:00 on 28 March 2027.
    let start: Instant = "2027-03-01T12:00:00Z".parse().unwrap();
    studio.pass(Duration::from_micros(
        u64::try_from(start.micros() - studio.clock.now().micros()).expect("still before 2027"),
    ));
    let house = House::of(&studio).await;
    let berlin = json!({"time_zone": "Europe/Berlin"});
    house.server.patch(&format!("/v1/locations/{}", house.location), berlin.clone()).await.expect(200);
    let slots = json!([{"weekday": "sunday", "start_time": "02:30"}, {"weekday": "sunday", "start_time": "03:15"}]);
    let sent = json!({"name": "Night", "duration_minutes": 45, "room_id": house.room, "recurrence": {"starts_on": "2026-01-05", "weekly": slots}});
    let class = house.class(sent).await;
    let without = async || {
        let rows = house.occurrences(&class).await;
        let without: Vec<_> = rows.into_iter().filter(|row| row["room_id"].is_null()).collect();
        assert!(
            without
                .iter()
                .all(|row| row["overridden"] == json!(["room_id"]) && row["location_id"] == json!(house.location))
        );
        each(&without, "local_start")
    };
    // 02:30 is held at 03:30, when the one at 03:15 has begun.
    assert_eq!(without().await, [json!("2027-03-28T03:30")]);
    assert_eq!(house.change(&class, json!({"name": "Still night"})).await["effects"]["kept"], 24);
    assert_eq!(house.change(&class, json!({"capacity": 5})).await["effects"]["moved"], 24);
    assert_eq!(without().await, [json!("2027-03-28T03:30")]);
    // In New York that night was on the 14th.
    let told = house
        .server
        .patch(&format!("/v1/locations/{}?dry_run=true", house.location), json!({"time_zone": "America/New_York"}))
        .await
        .expect(200);
    assert_eq!(told["effects"]["moved"], 24);
    house
        .server
        .patch(&format!("/v1/locations/{}", house.location), json!({"time_zone": "America/New_York"}))
        .await
        .expect(200);
    assert_eq!(without().await, [json!("2027-03-14T03:30")]);
    let longer = house.server.patch(&format!("/v1/classes/{}", id(&class)), json!({"duration_minutes": 60})).await;
    assert_eq!(longer.faults(), ["/recurrence"], "this is what the class says itself");
}
