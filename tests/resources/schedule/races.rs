//! Hundreds of writes at once: each slot has exactly one winner, each loser is told who won, and nobody is sent away.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::at;
use crate::{
    resources::classes::{House, TIMETABLE, each, id, on_a_sunday, weekly, with},
    support::studio::{Client, Reply, on_both_engines},
};

/// Everything that is going to take place.
async fn whole_schedule(server: &Client) -> Vec<Value> {
    let (mut rows, mut path) = (Vec::new(), "/v1/schedule?limit=100&status=scheduled".to_owned());
    loop {
        let page = server.get(&path).await.expect(200);
        rows.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { return rows };
        path = format!("/v1/schedule?limit=100&status=scheduled&cursor={cursor}");
    }
}

/// No room and no instructor is in two places at once.
fn nothing_clashes(rows: &[Value]) {
    for (index, one) in rows.iter().enumerate() {
        let meanwhile = rows[index + 1..].iter().take_while(|other| at(other, "starts_at") < at(one, "ends_at"));
        for other in meanwhile {
            for place in ["room_id", "instructor_id"] {
                assert!(one[place].is_null() || one[place] != other[place], "{place}: {one} and {other}");
            }
        }
    }
}

/// Each is done, or refused for another occurrence that it names.
fn won_or_told_who_did(replies: &[Reply], rows: &[Value]) -> usize {
    let lost: Vec<_> = replies.iter().filter(|reply| !reply.status.is_success()).collect();
    for reply in &lost {
        assert_eq!(reply.status, 409, "{reply:?}");
        let problem = reply.json();
        assert!(["room_conflict", "instructor_conflict"].contains(&problem["code"].as_str().unwrap()), "{problem}");
        assert!(rows.iter().any(|row| row["id"] == problem["occurrence_id"]), "{problem}");
    }
    replies.len() - lost.len()
}

async fn second_room(house: &House) -> String {
    id(&house
        .server
        .post(&format!("/v1/locations/{}/rooms", house.location), json!({"name": "Attic"}))
        .await
        .expect(201))
}

#[apply(on_both_engines!)]
async fn of_many_who_want_a_room_at_one_time_one_gets_it(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let mut wanted = Vec::new();
    for _ in 0..25 {
        let class = house.class(weekly("monday", "18:30")).await;
        wanted.extend(house.occurrences(&class).await.into_iter().take(10));
    }
    let take = async |number: usize, row: &Value| {
        let patch = if number.is_multiple_of(2) {
            json!({"room_id": house.room})
        } else {
            json!({"instructor_id": house.instructor})
        };
        house.server.patch(&format!("/v1/schedule/{}", id(row)), patch).await
    };
    let replies = join_all(wanted.iter().enumerate().map(|(number, row)| take(number, row))).await;
    let rows = whole_schedule(&house.server).await;
    nothing_clashes(&rows);
    // Of ten slots, five are wanted by twenty-five for the room, and five for the instructor.
    assert_eq!(won_or_told_who_did(&replies, &rows), 10);
    for filter in ["room_id", "instructor_id"] {
        let of = if filter == "room_id" { &house.room } else { &house.instructor };
        let mut starts =
            each(&house.server.get(&format!("/v1/schedule?limit=100&{filter}={of}")).await.rows(), "starts_at");
        assert_eq!(starts.len(), 5);
        starts.dedup();
        assert_eq!(starts.len(), 5, "each at a time of its own");
    }
}

#[apply(on_both_engines!)]
async fn classes_and_occurrences_that_are_written_at_once_never_clash(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let other = second_room(&house).await;
    let (mut classes, mut occurrences) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        let class = house.class(weekly("tuesday", "12:00")).await;
        occurrences.extend(house.occurrences(&class).await);
        classes.push(class);
    }
    let times = ["07:00", "07:30", "09:00", "11:45", "12:30", "18:00"];
    let two_instances = [house.server.clone(), studio.second_instance().await.server(TIMETABLE).await];
    let write = async |number: usize| {
        let server = &two_instances[number % 2];
        let room = if number.is_multiple_of(3) { &other } else { &house.room };
        let class = with(
            weekly("tuesday", times[number % times.len()]),
            json!({"room_id": room, "instructor_id": house.instructor}),
        );
        match number % 5 {
            0 => server.post("/v1/classes", class).await,
            1 => {
                server
                    .patch(&format!("/v1/classes/{}", id(&classes[number % classes.len()])), json!({"room_id": room}))
                    .await
            }
            _ => {
                let row = &occurrences[number % occurrences.len()];
                let starts_at = at(row, "starts_at").plus(std::time::Duration::from_mins(15 * (number as u64 % 20)));
                server
                    .patch(
                        &format!("/v1/schedule/{}", id(row)),
                        json!({"starts_at": starts_at.to_string(), "room_id": room}),
                    )
                    .await
            }
        }
    };
    let replies = join_all((0..250).map(write)).await;
    let rows = whole_schedule(&house.server).await;
    nothing_clashes(&rows);
    let won = won_or_told_who_did(&replies, &rows);
    assert!((10..250).contains(&won), "{won}");
}

#[apply(on_both_engines!)]
async fn a_crowd_at_one_timetable_leaves_the_other_studios_their_connections(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let row = house.occurrences(&class).await[0].clone();
    let neighbour = House::with(studio.server_of(studio.neighbour().await, TIMETABLE).await).await;
    let (occurrence, patch) = (format!("/v1/schedule/{}", id(&row)), json!({"room_id": house.room}));
    // Somebody holds the studio, in another instance; its crowd waits, and the neighbour does not notice.
    let mut held = studio.app.db.begin().await.unwrap();
    let is_shared = matches!(held, flow_gateway::store::db::Tx::Postgres(_));
    held.on().query("select id from studios where id = $1 {lock}").bind(studio.id).execute().await.unwrap();
    let crowd = join_all((0..100).map(async |_| house.server.patch(&occurrence, patch.clone()).await));
    let others = async {
        if is_shared {
            for _ in 0..3 {
                neighbour.class(weekly("monday", "18:30")).await;
            }
        }
        drop(held);
    };
    let (replies, ()) = tokio::join!(crowd, others);
    assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
}
