//! `POST /v1/classes`

use serde_json::json;

use super::{House, TIMETABLE, effects, id, on_a_sunday, weekly, with};
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_class_is_laid_out_for_twelve_weeks(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let sent = with(
        weekly("monday", "18:30"),
        json!({"description": "Slow.", "room_id": house.room, "instructor_id": house.instructor,
        "capacity": 12, "price": {"amount": 1800, "currency": "EUR"}, "tags": ["Flow"], "level": "beginner",
        "booking_window": {"opens_minutes_before": 20160, "closes_minutes_before": 30}}),
    );
    let reply = house.server.post("/v1/classes", sent.clone()).await;
    let class = reply.expect(201);
    assert_eq!(
        (reply.header("etag"), &class["status"], &class["visibility"]),
        ("\"1\"", &json!("active"), &json!("public"))
    );
    assert_eq!(class["location_id"], house.location, "the room's");
    for field in ["description", "capacity", "price", "tags", "level", "booking_window"] {
        assert_eq!(class[field], sent[field], "{field}");
    }
    let laid_out = house.occurrences(&class).await;
    assert_eq!(laid_out.len(), 12);
    for occurrence in &laid_out {
        assert!(occurrence["local_start"].as_str().unwrap().ends_with("T18:30"), "{occurrence}");
        for field in ["room_id", "instructor_id", "location_id", "capacity"] {
            assert_eq!(occurrence[field], class[field], "{field}");
        }
        assert_eq!((&occurrence["time_zone"], &occurrence["overridden"]), (&json!("Europe/Lisbon"), &json!([])));
        assert_eq!((&occurrence["status"], &occurrence["booked_count"]), (&json!("scheduled"), &json!(0)));
    }
    assert_eq!(house.server.get("/v1/classes").await.rows(), [class]);
}

#[apply(on_both_engines!)]
async fn every_reference_and_the_recurrence_are_faulted_at_once(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let stranger = House::with(studio.server_of(studio.neighbour().await, TIMETABLE).await).await;
    let sent = json!({"name": "Vinyasa", "duration_minutes": 60, "instructor_id": stranger.instructor, "location_id": stranger.location,
        "room_id": stranger.room, "program_id": "prg_01jdc9x0aetqt8q3yv0gcm1v5k",
        "booking_window": {"opens_minutes_before": 30, "closes_minutes_before": 60},
        "recurrence": {"weekly": [{"weekday": "monday", "start_time": "07:00"}]}});
    let faults = house.server.post("/v1/classes", sent).await.faults();
    assert_eq!(
        faults,
        [
            "/booking_window/closes_minutes_before",
            "/instructor_id",
            "/location_id",
            "/program_id",
            "/recurrence/starts_on",
            "/room_id"
        ]
    );
    let elsewhere = id(&house.server.post("/v1/locations", json!({"name": "Elsewhere"})).await.expect(201));
    let sent = with(weekly("monday", "07:00"), json!({"room_id": house.room, "location_id": elsewhere}));
    assert_eq!(house.server.post("/v1/classes", sent).await.faults(), ["/room_id"]);
    let sent = json!({"name": " ", "duration_minutes": 4, "capacity": 0, "status": "cancelled", "recurrence": {"every_weeks": 0}});
    assert_eq!(
        house.server.post("/v1/classes", sent).await.faults(),
        ["/capacity", "/duration_minutes", "/name", "/recurrence", "/recurrence/every_weeks", "/status"]
    );
    assert!(house.server.get("/v1/classes").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn a_taken_room_or_instructor_is_refused_and_the_other_is_named(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"room_id": house.room}))).await;
    let other = house.occurrences(&class).await[0]["id"].clone();
    let late = with(weekly("monday", "19:15"), json!({"room_id": house.room}));
    assert_eq!(house.server.post("/v1/classes", late).await.is_problem(409, "room_conflict")["occurrence_id"], other);
    let behind = with(weekly("monday", "19:30"), json!({"room_id": house.room, "instructor_id": house.instructor}));
    let behind = house.class(behind).await;
    let other = house.occurrences(&behind).await[0]["id"].clone();
    let taught = with(weekly("monday", "20:00"), json!({"instructor_id": house.instructor}));
    assert_eq!(
        house.server.post("/v1/classes", taught).await.is_problem(409, "instructor_conflict")["occurrence_id"],
        other
    );
    assert_eq!(house.server.get("/v1/classes").await.rows().len(), 2);
    assert_eq!(house.server.get("/v1/schedule?limit=100").await.rows().len(), 24);
    house.class(weekly("monday", "18:30")).await;
}

#[apply(on_both_engines!)]
async fn the_ends_of_the_calendar_and_the_shortest_of_classes_are_taken(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let slots: Vec<_> = (0..50)
        .map(|number| json!({"weekday": "monday", "start_time": format!("{:02}:{:02}", number / 10, number % 10 * 5)}))
        .collect();
    let at = |date: &str| json!([{"date": date, "start_time": "23:59"}]);
    let taken = [
        (json!({"starts_on": "1900-01-01", "weekly": slots}), 5, 600),
        (
            json!({"starts_on": "1900-01-01", "weekly": [{"weekday": "sunday", "start_time": "23:59"}], "every_weeks": 52}),
            720,
            1,
        ),
        (json!({"starts_on": "2199-12-31", "weekly": [{"weekday": "tuesday", "start_time": "23:59"}]}), 720, 0),
        (json!({"dates": at("2199-12-31")}), 720, 0),
        (json!({"dates": at("1900-01-01")}), 720, 0),
    ];
    for (recurrence, minutes, most) in taken {
        let sent = json!({"name": "Far", "duration_minutes": minutes, "instructor_id": house.instructor, "recurrence": recurrence});
        let told = house.server.post("/v1/classes?dry_run=true", sent.clone()).await.expect(200);
        let created = told["effects"]["created"].as_i64().unwrap();
        assert!((created == most) || (most == 1 && created == 0), "{sent}: {created}");
    }
    let row = house.occurrences(&house.class(weekly("monday", "18:30")).await).await[0].clone();
    let path = format!("/v1/schedule/{}", id(&row));
    for starts_at in ["2199-12-31T23:59:59Z", "2100-02-28T23:59:59.999999Z"] {
        house.server.patch(&format!("{path}?dry_run=true"), json!({"starts_at": starts_at})).await.expect(200);
    }
    assert_eq!(house.server.patch(&path, json!({"starts_at": "9999-12-30T22:00:00Z"})).await.faults(), ["/starts_at"]);
    house.server.patch(&path, json!({"starts_at": "1900-01-01T00:00:00Z"})).await.is_problem(409, "occurrence_in_past");
    assert_eq!(
        house.server.patch(&path, json!({"starts_at": null, "ends_at": null, "capacity": 10001})).await.faults(),
        ["/capacity", "/ends_at", "/starts_at"]
    );
}

#[apply(on_both_engines!)]
async fn a_class_is_not_in_the_way_of_itself(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let twice = json!({"recurrence": {"starts_on": "2026-01-05", "weekly": [
        {"weekday": "friday", "start_time": "18:00"}, {"weekday": "friday", "start_time": "18:30"}]}});
    let overlapping = with(weekly("friday", "18:00"), twice);
    house.class(overlapping.clone()).await;
    let faults = house.server.post("/v1/classes", with(overlapping, json!({"room_id": house.room}))).await.faults();
    assert_eq!(faults, ["/recurrence"]);
    let far = json!({"room_id": house.room, "recurrence": {"dates": [
        {"date": "2032-05-01", "start_time": "10:00"}, {"date": "2032-05-01", "start_time": "10:30"}]}});
    assert_eq!(house.server.post("/v1/classes", with(weekly("friday", "18:00"), far)).await.faults(), ["/recurrence"]);
}

#[apply(on_both_engines!)]
async fn a_taken_external_id_is_a_conflict_and_another_studio_has_its_own(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let sent = with(weekly("monday", "18:30"), json!({"external_id": "one"}));
    house.class(sent.clone()).await;
    let reply = house.server.post("/v1/classes", sent.clone()).await;
    assert_eq!(reply.is_problem(409, "conflict")["errors"][0]["pointer"], "/external_id");
    let theirs = studio.server_of(studio.neighbour().await, TIMETABLE).await;
    theirs.post("/v1/classes", sent).await.expect(201);
}

#[apply(on_both_engines!)]
async fn a_dry_run_tells_what_would_be_created_and_creates_nothing(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let told = house.server.post("/v1/classes?dry_run=true", weekly("monday", "18:30")).await.expect(200);
    assert_eq!(told["effects"], effects(0, 0, 0, 12));
    assert_eq!((&told["dry_run"], &told["result"]["name"]), (&json!(true), &json!("Vinyasa")));
    assert!(house.server.get("/v1/classes").await.rows().is_empty());
    assert!(house.server.get("/v1/schedule").await.rows().is_empty());
}

#[apply(on_both_engines!)]
async fn of_two_hundred_that_want_one_slot_at_once_one_wins(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let wanted = |slot: usize| {
        with(weekly("monday", ["07:00", "12:00", "17:00", "20:00"][slot % 4]), json!({"room_id": house.room}))
    };
    let replies = futures_util::future::join_all(
        (0..200).map(async |number| house.server.post("/v1/classes", wanted(number)).await),
    )
    .await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 4);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        reply.is_problem(409, "room_conflict");
    }
    assert_eq!(house.server.get("/v1/schedule?limit=100").await.rows().len(), 48);
}
