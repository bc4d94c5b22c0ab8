//! The rolling horizon: as days pass, what comes into view is laid out, once.

use std::time::Duration;

use serde_json::json;

use super::at;
use crate::{
    resources::classes::{House, each, effects, id, on_a_sunday, weekly, with},
    support::studio::on_both_engines,
};

const WEEK: Duration = Duration::from_hours(7 * 24);

#[apply(on_both_engines!)]
async fn two_instances_lay_out_what_comes_into_view_once(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"room_id": house.room}))).await;
    let gone = house.class(weekly("monday", "18:30")).await;
    house.server.delete(&format!("/v1/classes/{}", id(&gone))).await.expect(200);
    let before = house.occurrences(&class).await;
    studio.pass(3 * WEEK);
    let (one, other) = tokio::join!(studio.second_instance(), studio.second_instance());
    let laid_out = async || {
        house.server.get(&format!("/v1/schedule?limit=100&from=2026-01-01&class_id={}", id(&class))).await.rows()
    };
    tokio::join!(one.lay_out_after(0), other.lay_out_after(0));
    let rows = laid_out().await;
    assert_eq!(rows.len(), 15);
    tokio::join!(one.lay_out_after(0), other.lay_out_after(0));
    assert_eq!(laid_out().await, rows, "once more, nothing is left to do");
    assert_eq!(each(&rows[..12], "id"), each(&before, "id"));
    assert!(rows.windows(2).all(|pair| at(&pair[0], "starts_at") < at(&pair[1], "starts_at")));
    assert!(rows.iter().all(|row| row["room_id"] == house.room && row["overridden"] == json!([])));
    assert!(house.occurrences(&gone).await.iter().all(|row| row["status"] == "cancelled"));
}

#[apply(on_both_engines!)]
async fn a_class_that_is_over_is_left_alone_until_it_goes_on(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let day = &studio.clock.now().plus(WEEK).to_string()[..10];
    let once = house
        .class(with(
            weekly("monday", "18:30"),
            json!({"recurrence": {"dates": [{"date": day, "start_time": "10:00"}]}}),
        ))
        .await;
    let text = "select count(*) from classes where studio_id = $1 and laid_out_until is not null";
    let ahead = async || studio.app.db.read().query(text).bind(studio.id).scalar::<i64>().await.unwrap();
    assert_eq!((house.occurrences(&once).await.len(), ahead().await), (1, Some(0)));
    let again = json!({"recurrence": {"starts_on": "2026-01-05", "weekly": [{"weekday": "monday", "start_time": "18:30"}], "dates": []}});
    assert_eq!(house.change(&once, again).await["effects"], effects(0, 1, 0, 11));
    assert_eq!(ahead().await, Some(1));
}

#[apply(on_both_engines!)]
async fn what_lost_its_room_follows_its_class_again_once_an_edit_of_it_is_set_back(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(with(weekly("monday", "18:30"), json!({"room_id": house.room, "capacity": 12}))).await;
    let last = house.occurrences(&class).await.last().unwrap().clone();
    let guest = house.class(weekly("tuesday", "07:00")).await;
    let then = at(&last, "starts_at").plus(WEEK);
    let guests = house.occurrences(&guest).await;
    house.reschedule(&guests[11], json!({"starts_at": then.to_string(), "room_id": house.room})).await;
    studio.lay_out_after(1).await;
    let rows = house.occurrences(&class).await;
    let (by_hand, robbed) = (&rows[0], rows.last().unwrap());
    assert_eq!(robbed["overridden"], json!(["room_id"]));
    // Nobody decided about the room of the one; of the other, somebody did.
    house.reschedule(by_hand, json!({"room_id": null, "capacity": 4})).await;
    house.reschedule(robbed, json!({"capacity": 4, "note": "Half a room."})).await;
    assert_eq!(house.change(&class, json!({"duration_minutes": 50})).await["effects"]["kept"], 2);
    for row in [by_hand, robbed] {
        let set_back =
            json!({"capacity": 12, "ends_at": at(row, "starts_at").plus(Duration::from_mins(50)).to_string()});
        assert_eq!(house.reschedule(row, set_back).await["overridden"], json!(["room_id"]));
    }
    house.server.delete(&format!("/v1/classes/{}", id(&guest))).await.expect(200);
    let changed = house.change(&class, json!({"duration_minutes": 45})).await;
    assert_eq!(changed["effects"]["kept_ids"], json!([id(by_hand)]));
    let rows = house.occurrences(&class).await;
    assert_eq!(
        (&rows.last().unwrap()["room_id"], &rows.last().unwrap()["overridden"]),
        (&json!(house.room), &json!([]))
    );
    assert_eq!((&rows[0]["room_id"], &rows[0]["overridden"]), (&json!(null), &json!(["ends_at", "room_id"])));
}

#[apply(on_both_engines!)]
async fn where_a_room_is_taken_an_occurrence_is_laid_out_without_it(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house
        .class(with(weekly("monday", "18:30"), json!({"room_id": house.room, "instructor_id": house.instructor})))
        .await;
    let last = house.occurrences(&class).await.last().unwrap().clone();
    // A guest takes the room of the week that is not laid out yet, and a week later the instructor.
    let guest = house.class(weekly("tuesday", "07:00")).await;
    let guests = house.occurrences(&guest).await;
    let then = at(&last, "starts_at").plus(WEEK);
    house.reschedule(&guests[11], json!({"starts_at": then.to_string(), "room_id": house.room})).await;
    house
        .reschedule(&guests[10], json!({"starts_at": then.plus(WEEK).to_string(), "instructor_id": house.instructor}))
        .await;
    // A change of the class lays out nothing of that, so that the guest is not in its way.
    studio.pass(WEEK);
    assert_eq!(house.change(&class, json!({"name": "Renamed"})).await["effects"], effects(11, 0, 0, 0));
    assert_eq!(house.change(&class, json!({"capacity": 9})).await["effects"], effects(0, 11, 0, 0));
    studio.lay_out_after(2).await;
    let rows =
        house.server.get(&format!("/v1/schedule?limit=100&from=2026-01-01&class_id={}", id(&class))).await.rows();
    assert_eq!(rows.len(), 15);
    assert_eq!((&rows[12]["room_id"], &rows[12]["overridden"]), (&json!(null), &json!(["room_id"])));
    assert_eq!(
        (&rows[12]["location_id"], &rows[12]["instructor_id"]),
        (&json!(house.location), &json!(house.instructor))
    );
    assert_eq!((&rows[13]["instructor_id"], &rows[13]["overridden"]), (&json!(null), &json!(["instructor_id"])));
    assert_eq!(rows[14]["overridden"], json!([]));
    // Without it, it stays out of the guest's way, until the guest is gone.
    let longer = house.change(&class, json!({"duration_minutes": 45})).await;
    assert_eq!(longer["effects"], effects(0, 12, 0, 0));
    let rows = house.occurrences(&class).await;
    assert_eq!(
        (&rows[9]["room_id"], &rows[9]["overridden"], &rows[10]["instructor_id"]),
        (&json!(null), &json!(["room_id"]), &json!(null))
    );
    house.server.delete(&format!("/v1/classes/{}", id(&guest))).await.expect(200);
    house.change(&class, json!({"capacity": 12})).await;
    let rows = house.occurrences(&class).await;
    assert!(rows.iter().all(|row| row["room_id"] == house.room
        && row["instructor_id"] == house.instructor
        && row["overridden"] == json!([])));
}
