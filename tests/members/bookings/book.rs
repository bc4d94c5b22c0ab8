//! `POST /v1/me/bookings`

use std::time::Duration;

use serde_json::json;

use super::{
    BOOKINGS, at, back_office, book, counts, crowd, minutes_before, now, on_the_website, seen, wait, with_a_class,
};
use crate::{
    resources::{
        classes::{House, id, weekly, with},
        schedule::at as instant,
    },
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn a_booking_takes_a_place_that_everybody_sees_taken(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 2})).await;
    let members = crowd(&studio, 2).await;
    let (anna, rui) = (members[0].at(&studio).await, members[1].at(&studio).await);
    let website = studio.website().await;
    let path = format!("/v1/schedule?id={}", id(&occurrence));
    let before = website.get(&path).await;
    assert_eq!(before.rows()[0]["spots_left"], 2);
    let open = seen(&anna, &occurrence).await;
    assert_eq!(
        (&open["booking"]["open"], &open["booking"]["code"], &open["booking_id"]),
        (&json!(true), &json!(null), &json!(null))
    );
    assert_eq!(open["booking"]["closes_at"], occurrence["starts_at"]);
    let booking = book(&anna, &occurrence).await.expect(201);
    assert_eq!(
        (&booking["status"], &booking["position"], &booking["cancelled_at"]),
        (&json!("booked"), &json!(null), &json!(null))
    );
    assert_eq!(booking["overlaps"], json!([]));
    assert_eq!((&booking["occurrence"]["id"], &booking["class_name"]), (&occurrence["id"], &json!("Vinyasa")));
    assert!(booking["id"].as_str().unwrap().starts_with("bkg_"), "{booking}");
    assert_eq!(anna.get(&at(&booking)).await.expect(200), booking);
    rui.get(&at(&booking)).await.is_problem(404, "not_found");
    let after = website.clone().with("if-none-match", before.header("etag")).get(&path).await;
    assert_eq!(after.rows()[0]["spots_left"], 1, "the answer from before is not the current one");
    let row = now(&house, &occurrence).await;
    assert_eq!((&row["booked_count"], &row["version"]), (&json!(1), &occurrence["version"]));
    assert!(row["updated_at"].as_str() > occurrence["updated_at"].as_str(), "it is listed as changed");
    let mine = seen(&anna, &occurrence).await;
    assert_eq!((&mine["booking"]["code"], &mine["booking_id"]), (&json!("already_booked"), &booking["id"]));
    book(&rui, &occurrence).await.expect(201);
    assert_eq!(on_the_website(&studio, &occurrence).await["spots_left"], 0);
    assert_eq!(counts(&studio, &house, &occurrence).await, (2, 0));
}

#[apply(on_both_engines!)]
async fn each_refusal_is_told_beforehand_with_the_code_that_booking_answers(studio: Studio) {
    let (studio, house, first) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = crowd(&studio, 2).await;
    let (anna, rui) = (members[0].at(&studio).await, members[1].at(&studio).await);
    let refused = async |occurrence: &serde_json::Value, code: &str| {
        studio.pass(Duration::from_secs(1));
        let told = seen(&anna, occurrence).await["booking"].clone();
        assert_eq!((&told["open"], &told["code"]), (&json!(false), &json!(code)));
        book(&anna, occurrence).await.is_problem(409, code);
    };
    book(&rui, &first).await.expect(201);
    refused(&first, "class_full").await;
    let window = json!({"booking_window": {"opens_minutes_before": 60, "closes_minutes_before": 30}});
    let class = house.class(with(weekly("tuesday", "10:00"), window)).await;
    let tuesdays = house.occurrences(&class).await;
    refused(&tuesdays[0], "booking_not_open").await;
    let cancelled = house.reschedule(&tuesdays[1], json!({"status": "cancelled"})).await;
    refused(&cancelled, "occurrence_cancelled").await;
    let member = format!("/v1/members/{}", members[0].id);
    house.server.patch(&member, json!({"status": "paused"})).await.expect(200);
    let another = house.occurrences(&house.class(weekly("wednesday", "10:00")).await).await;
    refused(&another[0], "membership_not_active").await;
    house.server.patch(&member, json!({"status": "active"})).await.expect(200);
    book(&anna, &another[0]).await.expect(201);
    refused(&another[0], "already_booked").await;
    house
        .server
        .patch(&member, json!({"ends_on": &another[0]["local_start"].as_str().unwrap()[..10]}))
        .await
        .expect(200);
    assert_eq!(seen(&anna, &another[0]).await["booking"]["code"], "already_booked", "the last day counts");
    refused(&another[1], "membership_not_active").await;
    minutes_before(&studio, &tuesdays[0], 60);
    let anna = members[0].at(&studio).await;
    assert_eq!(seen(&anna, &tuesdays[0]).await["booking"]["open"], true, "open from the minute on");
    minutes_before(&studio, &tuesdays[0], 30);
    let refused = async |code: &str| {
        studio.pass(Duration::from_secs(1));
        let anna = members[0].at(&studio).await;
        let row = seen(&anna, &tuesdays[0]).await;
        assert_eq!(row["booking"]["code"], code);
        book(&anna, &tuesdays[0]).await.is_problem(409, code);
    };
    refused("booking_closed").await;
    minutes_before(&studio, &tuesdays[0], 0);
    refused("occurrence_in_past").await;
}

#[apply(on_both_engines!)]
async fn a_window_of_no_minutes_means_the_start(studio: Studio) {
    let window = json!({"booking_window": {"closes_minutes_before": 0}});
    let (studio, _, occurrence) = with_a_class(studio, window).await;
    let members = crowd(&studio, 1).await;
    let starts_at = instant(&occurrence, "starts_at");
    studio.set_clock(starts_at.minus(Duration::from_micros(1)));
    let anna = members[0].at(&studio).await;
    assert_eq!(seen(&anna, &occurrence).await["booking"]["closes_at"], occurrence["starts_at"]);
    studio.set_clock(starts_at);
    book(&members[0].at(&studio).await, &occurrence).await.is_problem(409, "occurrence_in_past");
    studio.set_clock(starts_at.minus(Duration::from_micros(1)));
    book(&anna, &occurrence).await.expect(201);
}

#[apply(on_both_engines!)]
async fn members_book_what_is_public_or_for_members_and_nothing_of_other_studios(studio: Studio) {
    let (studio, house, _) = with_a_class(studio, json!({})).await;
    let anna = crowd(&studio, 1).await.remove(0).at(&studio).await;
    let of = async |house: &House, visibility: &str| {
        let class = house.class(with(weekly("friday", "10:00"), json!({"visibility": visibility}))).await;
        house.occurrences(&class).await[0].clone()
    };
    let for_members = of(&house, "members").await;
    assert_eq!(seen(&anna, &for_members).await["class_name"], "Vinyasa");
    assert!(studio.website().await.get(&format!("/v1/schedule?id={}", id(&for_members))).await.rows().is_empty());
    book(&anna, &for_members).await.expect(201);
    let hidden = of(&house, "hidden").await;
    assert!(anna.get(&format!("/v1/me/schedule?id={}", id(&hidden))).await.rows().is_empty());
    let neighbour = House::with(back_office(&studio, studio.neighbour().await).await).await;
    let foreign = of(&neighbour, "public").await;
    let nowhere = json!({"id": "occ_01jdc9x0aetqt8q3yv0gcm1v5k"});
    for occurrence in [hidden, foreign, nowhere] {
        assert_eq!(book(&anna, &occurrence).await.faults(), ["/occurrence_id"]);
    }
    assert_eq!(anna.post(BOOKINGS, json!({})).await.faults(), ["/occurrence_id"]);
    let wrong = json!({"occurrence_id": "occ_1", "wait": "yes", "membership_id": "mbr_1"});
    assert_eq!(anna.post(BOOKINGS, wrong).await.faults(), ["/membership_id", "/occurrence_id", "/wait"]);
}

#[apply(on_both_engines!)]
async fn a_class_without_a_capacity_has_no_number_of_places(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({})).await;
    for member in crowd(&studio, 3).await {
        wait(&member.at(&studio).await, &occurrence).await.expect(201);
    }
    assert_eq!(on_the_website(&studio, &occurrence).await["spots_left"], json!(null));
    assert_eq!(counts(&studio, &house, &occurrence).await, (3, 0));
    let room = format!("/v1/locations/{}/rooms/{}", house.location, house.room);
    house.reschedule(&occurrence, json!({"room_id": house.room})).await;
    house.server.patch(&room, json!({"capacity": 2})).await.is_problem(409, "capacity_below_booked");
    house.server.patch(&room, json!({"capacity": 3})).await.expect(200);
    assert_eq!(on_the_website(&studio, &occurrence).await["spots_left"], 0, "the room is full");
    let late = crowd(&studio, 1).await.remove(0).at(&studio).await;
    book(&late, &occurrence).await.is_problem(409, "class_full");
}

#[apply(on_both_engines!)]
async fn a_retry_with_one_key_is_one_booking_and_without_one_too(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 5})).await;
    let members = crowd(&studio, 2).await;
    let anna = members[0].at(&studio).await.with("idempotency-key", "a");
    let (first, again) = (book(&anna, &occurrence).await, book(&anna, &occurrence).await);
    assert_eq!((first.expect(201), again.header("idempotency-replayed")), (again.expect(201), "true"));
    wait(&anna, &occurrence).await.is_problem(422, "idempotency_key_reused");
    let rui = members[1].at(&studio).await;
    book(&rui.clone().with("idempotency-key", "a"), &occurrence).await.expect(201);
    book(&rui, &occurrence).await.is_problem(409, "already_booked");
    assert_eq!(counts(&studio, &house, &occurrence).await, (2, 0));
    let dry = rui.post(&format!("{BOOKINGS}?dry_run=true"), json!({"occurrence_id": occurrence["id"]})).await;
    dry.is_problem(409, "already_booked");
}

#[apply(on_both_engines!)]
async fn two_classes_at_one_time_may_be_booked_and_the_answer_says_so(studio: Studio) {
    let (studio, house, first) = with_a_class(studio, json!({})).await;
    let anna = crowd(&studio, 1).await.remove(0).at(&studio).await;
    let same_time = house.class(weekly("monday", "19:00")).await;
    let other = house.occurrences(&same_time).await[0].clone();
    let behind = house.class(weekly("monday", "19:30")).await;
    let behind = house.occurrences(&behind).await[0].clone();
    let one = book(&anna, &first).await.expect(201);
    let two = book(&anna, &other).await.expect(201);
    let three = book(&anna, &behind).await.expect(201);
    assert_eq!((&two["overlaps"], &three["overlaps"]), (&json!([one["id"]]), &json!([two["id"]])));
    anna.delete(&at(&two)).await.expect(200);
    assert_eq!(anna.get(&at(&one)).await.expect(200)["overlaps"], json!([]));
}
