//! Local times of the classes of a location, across the days when its clocks change.

use std::time::Duration;

use flow_gateway::store::instant::Instant;
use serde_json::json;

use super::{House, each, id, weekly, with};
use crate::support::studio::on_both_engines;

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
}
