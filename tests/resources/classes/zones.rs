//! Local times of the classes of a location, across the days when its clocks change.

use std::time::Duration;

use flow_gateway::{resources::studios, store::instant::Instant};
use serde_json::json;

use super::{House, book, each, id, on_a_sunday, weekly, with};
use crate::{resources::schedule::at, support::studio::on_both_engines};

on_both_engines! {
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
        let hours = each(&laid_out, "starts_at").iter().map(|at| at.as_str().unwrap()[11..16].to_owned()).collect::<Vec<_>>();
        assert_eq!(hours, [vec!["17:30"; 4], vec!["16:30"; 8]].concat());
        assert!(laid_out.iter().all(|row| row["local_start"].as_str().unwrap().ends_with("T18:30") && row["time_zone"] == "Europe/Berlin"));
        let moved = house.change(&class, json!({"location_id": null})).await;
        assert_eq!(moved["effects"], json!({"kept": 0, "moved": 12, "cancelled": 0, "created": 0}), "Lisbon has another hour");
    }

    async fn when_a_location_is_in_another_zone_its_occurrences_keep_their_hour(studio: Studio) {
        let studio = on_a_sunday(studio).await;
        let house = House::of(&studio).await;
        let here = |time: &str| with(weekly("monday", time), json!({"room_id": house.room}));
        let (early, late) = (house.class(here("18:30")).await, house.class(here("19:30")).await);
        let elsewhere = house.class(weekly("monday", "18:30")).await;
        let (before, untouched) = (house.occurrences(&early).await, house.occurrences(&elsewhere).await);
        house.reschedule(&before[2], json!({"note": "Bring a blanket."})).await;
        book(&studio, &before[3], 5).await;
        // The later class is out of the way of what stays.
        for occurrence in &house.occurrences(&late).await[2..4] {
            house.reschedule(occurrence, json!({"status": "cancelled"})).await;
        }
        let (place, patch) = (format!("/v1/locations/{}", house.location), json!({"time_zone": "Europe/Berlin"}));
        let told = house.server.patch(&format!("{place}?dry_run=true"), patch.clone()).await.expect(200);
        assert_eq!(told["effects"], json!({"kept": 2, "moved": 20, "cancelled": 0, "created": 0}));
        assert_eq!(each(&house.occurrences(&early).await, "starts_at"), each(&before, "starts_at"));
        let changed = house.server.patch(&place, patch.clone()).await.expect(200);
        assert_eq!((&changed["time_zone"], &changed["version"], changed.get("effects")), (&patch["time_zone"], &json!(2), None));
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

    async fn a_zone_that_would_move_a_class_onto_what_stays_is_refused_whole(studio: Studio) {
        let studio = on_a_sunday(studio).await;
        let house = House::of(&studio).await;
        let here = |time: &str| with(weekly("monday", time), json!({"room_id": house.room}));
        let (early, late) = (house.class(here("18:30")).await, house.class(here("19:30")).await);
        let stays = house.occurrences(&early).await[3].clone();
        book(&studio, &stays, 5).await;
        let (place, patch) = (format!("/v1/locations/{}", house.location), json!({"time_zone": "Europe/Berlin"}));
        let before = house.occurrences(&late).await;
        assert_eq!(house.server.patch(&place, patch.clone()).await.is_problem(409, "room_conflict")["occurrence_id"], stays["id"]);
        assert_eq!(house.occurrences(&late).await, before);
        assert_eq!(house.server.get("/v1/locations").await.rows()[0]["time_zone"], json!(null));
    }

    async fn when_the_studio_is_in_another_zone_the_classes_by_its_clocks_follow(studio: Studio) {
        let studio = on_a_sunday(studio).await;
        let house = House::of(&studio).await;
        let madrid = id(&house.server.post("/v1/locations", json!({"name": "Madrid", "time_zone": "Europe/Madrid"})).await.expect(201));
        let class = async |location: &str| house.class(with(weekly("monday", "18:30"), json!({"location_id": location}))).await;
        let classes = [house.class(weekly("monday", "18:30")).await, class(&house.location).await, class(&madrid).await];
        let starts = async || {
            let mut all = Vec::new();
            for class in &classes {
                all.push(at(&house.occurrences(class).await[1], "starts_at"));
            }
            all
        };
        let before = starts().await;
        let mut tx = studio.app.db.begin().await.unwrap();
        let current = studios::lock(tx.on(), studio.id).await.unwrap().unwrap();
        let fields = studios::Studio { time_zone: "Europe/Berlin".parse().unwrap(), ..current.fields.clone() };
        studios::change(&mut tx, current, fields, studio.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let hour = Duration::from_hours(1);
        assert_eq!(starts().await, [before[0].minus(hour), before[1].minus(hour), before[2]]);
    }
}
