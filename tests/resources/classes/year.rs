//! A class keeps its hour through a whole year, laid out month by month as the days pass, right across the nights when its
//! clocks change.

use std::{collections::BTreeSet, time::Duration};

use flow_gateway::store::instant::Instant;
use jiff::{ToSpan, civil::date, tz};
use serde_json::json;

use super::{House, id, weekly, with};
use crate::{resources::schedule::at, support::studio::on_both_engines};

/// A zone, an hour that its clocks skip on one Sunday, what they show then, the Sunday when they are set back, and how many
/// minutes they are ahead of UTC at that hour, the first time where they show it twice.
const HOURS: [(&str, &str, &str, &str, &str, i64); 3] = [
    ("Europe/Berlin", "02:30", "2027-03-28", "03:30", "2027-10-31", 120),
    ("America/Santiago", "00:30", "2027-09-05", "01:30", "2027-04-04", -240),
    ("Australia/Lord_Howe", "02:15", "2027-10-03", "02:45", "2027-04-04", 630),
];

#[apply(on_both_engines!)]
async fn every_sunday_of_a_year_is_held_once_at_its_hour(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let begin: Instant = "2027-01-02T12:00:00Z".parse().unwrap();
    studio.pass(Duration::from_micros(
        u64::try_from(begin.micros() - studio.clock.now().micros()).expect("still before 2027"),
    ));
    let house = House::of(&studio).await;
    let mut classes = Vec::new();
    for (zone, hour, ..) in HOURS {
        let place = id(&house.server.post("/v1/locations", json!({"name": zone, "time_zone": zone})).await.expect(201));
        classes.push(house.class(with(weekly("sunday", hour), json!({"location_id": place}))).await);
    }
    for _ in 0..13 {
        studio.lay_out_after(4).await;
    }
    for (class, (zone, hour, skipped, instead, set_back, ahead)) in classes.iter().zip(HOURS) {
        let rows =
            house.server.get(&format!("/v1/schedule?limit=100&from=2027-01-01&class_id={}", id(class))).await.rows();
        let sundays = date(2027, 1, 3).series(7.days());
        // This Sunday has begun at Lord Howe, or will; and twelve weeks are laid out behind the last month.
        assert!((64..=65).contains(&rows.len()), "{zone}: {} rows", rows.len());
        let first = rows[0]["local_start"].as_str().unwrap()[..10].to_owned();
        for (row, sunday) in rows.iter().zip(sundays.skip_while(|sunday| sunday.to_string() != first)) {
            let shown = if sunday.to_string() == skipped { instead } else { hour };
            assert_eq!((&row["local_start"], &row["time_zone"]), (&json!(format!("{sunday}T{shown}")), &json!(zone)));
            assert_eq!((&row["planned_start"], &row["overridden"]), (&json!(format!("{sunday}T{hour}")), &json!([])));
            let clock = tz::TimeZone::get(zone).unwrap().to_datetime(at(row, "starts_at").timestamp());
            assert_eq!(clock.strftime("%Y-%m-%dT%H:%M").to_string(), format!("{sunday}T{shown}"), "{zone}");
            if sunday.to_string() == set_back {
                let named: jiff::civil::DateTime = format!("{sunday}T{hour}").parse().unwrap();
                let first_shown = tz::TimeZone::UTC.to_timestamp(named.saturating_sub(ahead.minutes())).unwrap();
                assert_eq!(at(row, "starts_at").timestamp(), first_shown, "{zone}");
            }
        }
        let days: BTreeSet<_> = rows.iter().map(|row| &row["local_start"].as_str().unwrap()[..10]).collect();
        assert_eq!(days.len(), rows.len(), "{zone}: each Sunday once");
        assert!(days.contains(skipped) && days.contains(set_back), "{zone}: both nights are in it");
    }
}
