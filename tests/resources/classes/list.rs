//! `GET /v1/classes`

use serde_json::{Value, json};

use super::{House, TIMETABLE, each, id, on_a_sunday, weekly, with};
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn each_filter_narrows_the_list(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    let named = |name: &str, more: Value| with(with(weekly("monday", "18:30"), json!({"name": name})), more);
    let plain = house.class(named("Yin 100%", json!({}))).await;
    let housed = house
        .class(named(
            "Vinyasa am Morgen",
            json!({"room_id": house.room, "instructor_id": house.instructor,
        "level": "advanced", "visibility": "members", "external_id": "v-1"}),
        ))
        .await;
    let gone = house.class(named("Ânimo", json!({}))).await;
    house.server.delete(&format!("/v1/classes/{}", id(&gone))).await.expect(200);
    let found = async |query: &str| each(&house.server.get(&format!("/v1/classes?{query}")).await.rows(), "id");
    for query in [
        format!("room_id={}", house.room),
        format!("location_id={}", house.location),
        format!("instructor_id={}", house.instructor),
        "level=advanced".into(),
        "visibility=members".into(),
        "external_id=v-1".into(),
        "q=VINYASA".into(),
        format!("id={}", id(&housed)),
    ] {
        assert_eq!(found(&query).await, [housed["id"].clone()], "{query}");
    }
    assert_eq!(found("status=cancelled").await, [gone["id"].clone()]);
    // In every script, and each sign for itself.
    for query in ["q=%C3%82ni", "q=%C3%A2NI"] {
        assert_eq!(found(query).await, [gone["id"].clone()], "{query}");
    }
    assert_eq!(found("q=100%25").await, [plain["id"].clone()]);
    for none in ["_", "%25%25", "*", "%3F", "%5D", "%5B", "%5E", "%5B%5Ea%5D", "%5C", "-", "%27", "%7C", "%28"] {
        assert!(found(&format!("q={none}")).await.is_empty(), "{none}");
    }
    house.server.get("/v1/classes?q=").await.is_problem(400, "malformed_request");
    house.server.get(&format!("/v1/classes?q={}", "a".repeat(65))).await.is_problem(400, "malformed_request");
    assert!(found("program_id=prg_01jdc9x0aetqt8q3yv0gcm1v5k").await.is_empty());
    assert_eq!(found("").await.len(), 3);
    house.server.get("/v1/classes?room_id=nowhere").await.is_problem(400, "malformed_request");
    let theirs = studio.server_of(studio.neighbour().await, TIMETABLE).await;
    assert!(theirs.get("/v1/classes").await.rows().is_empty());
}
