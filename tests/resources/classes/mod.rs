//! Classes, through both surfaces.

mod cancel;
mod change;
mod create;
mod kept;
mod list;
mod recurrence;
mod storefront;
mod year;
mod zones;

use std::time::Duration;

use flow_gateway::access::scope::Scope;
use serde_json::{Value, json};

use crate::support::studio::{Client, Reply, Studio};

/// Every scope that the timetable has to do with.
pub const TIMETABLE: &[Scope] = &[
    Scope::ClassesRead,
    Scope::ClassesWrite,
    Scope::InstructorsRead,
    Scope::InstructorsWrite,
    Scope::LocationsRead,
    Scope::LocationsWrite,
    Scope::ScheduleRead,
    Scope::ScheduleWrite,
];

/// A weekly class with nothing but what is required, that has begun long ago.
pub fn weekly(weekday: &str, start_time: &str) -> Value {
    json!({"name": "Vinyasa", "duration_minutes": 60, "recurrence": {
        "starts_on": "2026-01-05", "weekly": [{"weekday": weekday, "start_time": start_time}]}})
}

/// A class with more fields.
pub fn with(mut class: Value, more: Value) -> Value {
    if let (Value::Object(class), Value::Object(more)) = (&mut class, more) {
        class.extend(more);
    }
    class
}

/// The same studio at noon of a Sunday, where time stands still: there is a full week ahead, on whichever day this runs.
pub async fn on_a_sunday(studio: Studio) -> Studio {
    const DAY: i64 = 86_400_000_000;
    let studio = studio.with_a_clock_that_stands().await;
    // 4 January 1970 was a Sunday.
    let since = (studio.clock.now().micros() - 3 * DAY - DAY / 2).rem_euclid(7 * DAY);
    studio.pass(Duration::from_micros(u64::try_from(7 * DAY - since).unwrap()));
    studio
}

/// The id of a row.
pub fn id(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_owned()
}

/// A house with a room and an instructor.
pub struct House {
    pub server: Client,
    pub location: String,
    pub room: String,
    pub instructor: String,
}

impl House {
    pub async fn of(studio: &Studio) -> Self {
        Self::with(studio.server(TIMETABLE).await).await
    }

    pub async fn with(server: Client) -> Self {
        let location = id(&server.post("/v1/locations", json!({"name": "Alfama"})).await.expect(201));
        let rooms = format!("/v1/locations/{location}/rooms");
        let room = id(&server.post(&rooms, json!({"name": "Garden room"})).await.expect(201));
        let instructor = id(&server.post("/v1/instructors", json!({"display_name": "Anna"})).await.expect(201));
        Self { server, location, room, instructor }
    }

    /// Creates a class.
    pub async fn class(&self, class: Value) -> Value {
        self.server.post("/v1/classes", class).await.expect(201)
    }

    /// The occurrences to come of a class.
    pub async fn occurrences(&self, class: &Value) -> Vec<Value> {
        self.server.get(&format!("/v1/schedule?limit=100&class_id={}", id(class))).await.rows()
    }

    /// Changes a class.
    pub async fn change(&self, class: &Value, patch: Value) -> Value {
        self.server.patch(&format!("/v1/classes/{}", id(class)), patch).await.expect(200)
    }

    /// Changes an occurrence.
    pub async fn reschedule(&self, occurrence: &Value, patch: Value) -> Value {
        self.server.patch(&format!("/v1/schedule/{}", id(occurrence)), patch).await.expect(200)
    }
}

/// How many occurrences a change says that it kept, moved, cancelled and created.
#[derive(Debug)]
pub struct Counts([usize; 4]);

/// The counts of `effects`; which occurrences it kept is compared by itself.
pub fn effects(kept: usize, moved: usize, cancelled: usize, created: usize) -> Counts {
    Counts([kept, moved, cancelled, created])
}

impl PartialEq<Counts> for Value {
    fn eq(&self, counts: &Counts) -> bool {
        ["kept", "moved", "cancelled", "created"].map(|count| self[count].clone()) == counts.0.map(Value::from)
    }
}

/// Says that so many have booked, as bookings will.
pub async fn book(studio: &Studio, occurrence: &Value, count: i64) {
    let mut tx = studio.app.db.begin().await.unwrap();
    let text = "update occurrences set booked_count = $2 where id = $1";
    tx.on().query(text).bind(id(occurrence)).bind(count).execute().await.unwrap();
    tx.commit().await.unwrap();
}

/// Calls until it is answered: a crowd that waits too long for its turn is asked to come again.
pub async fn persist(call: impl AsyncFn() -> Reply) -> Reply {
    loop {
        let reply = call().await;
        if reply.status != 503 {
            return reply;
        }
        // Whoever is refused at once lets the others go on.
        tokio::task::yield_now().await;
    }
}

/// The same field of many rows.
pub fn each(rows: &[Value], field: &str) -> Vec<Value> {
    rows.iter().map(|row| row[field].clone()).collect()
}
