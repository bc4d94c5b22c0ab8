//! `GET /v1/programs/{programId}`

use serde_json::{Value, json};

use super::{class_of, create, house, id, spring, weekly, with};
use crate::{resources::classes::each, support::studio::on_both_engines};

#[apply(on_both_engines!)]
async fn a_program_is_shown_with_its_classes_and_its_version(studio: Studio) {
    let house = house(&studio).await;
    let row = create(&house.server, spring()).await;
    let other = create(&house.server, json!({"name": "Other"})).await;
    let hidden = class_of(&house, &row, json!({"visibility": "hidden"})).await;
    let cancelled = class_of(&house, &row, json!({"name": "Gone"})).await;
    let mut cancelled = house.server.delete(&format!("/v1/classes/{}", id(&cancelled))).await.expect(200);
    cancelled.as_object_mut().unwrap().remove("effects");
    class_of(&house, &other, json!({})).await;
    house.class(weekly("friday", "07:00")).await;
    let path = format!("/v1/programs/{}", id(&row));
    let reply = house.server.get(&path).await;
    assert_eq!(reply.expect(200), with(row.clone(), json!({"classes": [hidden, cancelled], "more_classes": false})));
    assert_eq!(reply.header("etag"), "\"1\"");
    house.server.clone().with("if-match", reply.header("etag")).patch(&path, json!({"capacity": 3})).await.expect(200);
    assert_eq!(house.server.get(&path).await.header("etag"), "\"2\"");
    let nobody = "/v1/programs/prg_01jdc9x0aetqt8q3yv0gcm1v5k";
    house.server.get(nobody).await.is_problem(404, "not_found");
    house.server.get("/v1/programs/spring").await.is_problem(404, "not_found");
}

#[apply(on_both_engines!)]
async fn of_very_many_classes_the_first_are_shown_and_the_list_has_them_all(studio: Studio) {
    let house = house(&studio).await;
    let row = create(&house.server, spring()).await;
    let mut made = Vec::new();
    for number in 0..101 {
        // All over by now, so that nothing is laid out.
        let past = json!({"name": format!("Class {number}"), "duration_minutes": 60, "program_id": row["id"],
            "recurrence": {"dates": [{"date": "2020-01-05", "start_time": "10:00"}]}});
        made.push(house.class(past).await["id"].clone());
    }
    let shown = house.server.get(&format!("/v1/programs/{}", id(&row))).await.expect(200);
    assert_eq!(
        (each(shown["classes"].as_array().unwrap(), "id"), &shown["more_classes"]),
        (made[..100].to_vec(), &Value::Bool(true))
    );
    let shown = studio.website().await.get(&format!("/v1/programs/{}", id(&row))).await.expect(200);
    assert_eq!((shown["classes"].as_array().unwrap().len(), &shown["more_classes"]), (100, &Value::Bool(true)));
}
