//! A member's calendar, as the `icalendar` package of Python reads it.

use serde_json::json;

use super::{
    calendar_mail::{ICALENDAR, read},
    python_with,
};
use crate::{
    members::{
        bookings::{at, book, crowd, with_a_class},
        calendar::made,
    },
    resources::{classes::id, schedule::at as instant},
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn python_reads_the_calendar_that_was_written(studio: Studio) {
    let Some(python) = python_with("icalendar") else { return ICALENDAR.is_missing() };
    let name = format!("Yin; Yang, „Zoë“ \\ {}", "Übung ".repeat(12));
    let (studio, house, occurrence) = with_a_class(studio, json!({"name": name.trim()})).await;
    let mut tx = studio.app.db.begin().await.unwrap();
    let text = "update studios set name = 'Casa; Yoga, „Zoë“ \\ One' where id = $1";
    tx.on().query(text).bind(studio.id).execute().await.unwrap();
    tx.commit().await.unwrap();
    let member = crowd(&studio, 1).await.remove(0).at(&studio).await;
    let next = house.occurrences(&json!({"id": occurrence["class_id"]})).await[1].clone();
    let [first, second] = [book(&member, &occurrence).await.expect(201), book(&member, &next).await.expect(201)];
    member.delete(&at(&second)).await.expect(200);
    let calendar = studio.members_client().get(&made(&member).await).await;
    let calendar = String::from_utf8(calendar.body.to_vec()).unwrap();
    let time = |row: &serde_json::Value, field: &str| {
        instant(row, field).timestamp().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    };
    let event = |booking, row, sequence: i64, status: &str| {
        json!({"uid": format!("{}@{}", id(booking), studio.id), "sequence": sequence, "status": status,
            "summary": name.trim(), "start": time(row, "starts_at"), "end": time(row, "ends_at")})
    };
    let events = [event(&first, &occurrence, 0, "CONFIRMED"), event(&second, &next, 1, "CANCELLED")];
    let name = "Casa; Yoga, „Zoë“ \\ One";
    let expected = json!({"name": [name, name], "refreshed": 3600.0, "method": false, "errors": [],
        "events": events});
    assert_eq!(read(&python, "calendar_feed.py", &calendar), expected);
}
