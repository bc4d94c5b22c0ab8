//! `DELETE /v1/classes/{classId}`

use serde_json::json;

use super::{House, TIMETABLE, effects, id, on_a_sunday, weekly, with};
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_cancelled_class_takes_its_occurrences_with_it_and_frees_the_room(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let sent = with(weekly("monday", "18:30"), json!({"room_id": house.room}));
    let class = house.class(sent.clone()).await;
    let path = format!("/v1/classes/{}", id(&class));
    let told = house.server.delete(&format!("{path}?dry_run=true")).await.expect(200);
    assert_eq!(told["effects"], effects(0, 0, 12, 0));
    assert_eq!(house.server.get("/v1/classes").await.rows(), std::slice::from_ref(&class));
    let cancelled = house.server.delete(&path).await.expect(200);
    assert_eq!((&cancelled["status"], &cancelled["version"]), (&json!("cancelled"), &json!(2)));
    assert_eq!(cancelled["effects"], told["effects"]);
    assert_eq!(house.server.get("/v1/classes").await.rows()[0].get("effects"), None);
    let occurrences = house.occurrences(&class).await;
    assert!(occurrences.iter().all(|row| row["status"] == "cancelled"
        && row["cancel_reason"].is_string()
        && row["overridden"] == json!(["status"])));
    let again = house.server.delete(&path).await.expect(200);
    assert_eq!((&again["version"], &again["updated_at"]), (&cancelled["version"], &cancelled["updated_at"]));
    assert_eq!(again["effects"], effects(0, 0, 0, 0), "again, nothing changes");
    house.server.patch(&path, json!({"name": "Again"})).await.is_problem(409, "conflict");
    let reinstated = format!("/v1/schedule/{}", id(&occurrences[0]));
    house.server.patch(&reinstated, json!({"status": "scheduled"})).await.is_problem(409, "conflict");
    house.class(sent).await;
}

#[apply(on_both_engines!)]
async fn only_what_is_ours_and_as_we_saw_it_is_cancelled(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let class = house.class(weekly("monday", "18:30")).await;
    let path = format!("/v1/classes/{}", id(&class));
    studio.server_of(studio.neighbour().await, TIMETABLE).await.delete(&path).await.is_problem(404, "not_found");
    house.server.clone().with("if-match", "\"2\"").delete(&path).await.is_problem(412, "version_mismatch");
    assert_eq!(house.server.get("/v1/classes").await.rows(), [class]);
}
