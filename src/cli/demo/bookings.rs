//! How full the demo's classes are: the next days nearly, those after less. One of them is cancelled.

use serde_json::json;

use crate::{
    cli::Failure,
    operation::write::Change,
    resources::schedule::{self, Occurrence},
    store::{
        instant::Instant,
        row::{self, Row},
        turns::TimetableTx,
    },
};

/// From so many days on, nobody has booked yet.
const DAYS_AHEAD: i64 = 21;
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// Fills the classes, and cancels one.
pub async fn fill(tx: &mut TimetableTx) -> Result<(), Failure> {
    let now = tx.now.clock;
    let text = "select * from occurrences where studio_id = $1 order by starts_at, id";
    let mut all: Vec<Row<Occurrence>> = tx.query(text).all().await?;
    if let Some(cancelled) = all.get(5) {
        let change = Change::of(json!({"status": "cancelled", "cancel_reason": "The teacher is ill"}));
        schedule::reschedule(tx, cancelled, &change).await?;
        all.remove(5);
    }
    for (number, row) in (0..).zip(&mut all) {
        row.fields.booked_count = booked(number, &row.fields, now);
    }
    Ok(row::update_all(tx.on(), &all).await?)
}

fn booked(number: i64, occurrence: &Occurrence, now: Instant) -> i64 {
    let days = (occurrence.starts_at.micros() - now.micros()) / DAY_MICROS;
    let places = occurrence.capacity.unwrap_or(12);
    // Between 55 and 109 percent of what is left after the days ahead, never more than there is.
    let share = 55 + number * 37 % 55;
    (places * share * (DAYS_AHEAD - days).max(0) / (100 * DAYS_AHEAD)).min(places)
}
