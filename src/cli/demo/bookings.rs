//! How full the demo's classes are: the next days nearly, those after less. One of them is cancelled, and one is full, with two
//! people who wait.

use serde_json::json;

use crate::{
    cli::Failure,
    operation::write::Change,
    resources::{
        bookings::{self, Booking, BookingStatus},
        members::{Membership, MembershipId, MembershipStatus},
        schedule::{self, Occurrence},
    },
    store::{instant::Instant, row::Row, turns::TimetableTx},
    wire::fields::Metadata,
};

/// From so many days on, nobody has booked yet.
const DAYS_AHEAD: usize = 21;
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// The class that is full.
const FULL: usize = 4;
/// How many wait for it.
const WAITING: usize = 2;

/// Fills the classes, and cancels one.
pub async fn fill(tx: &mut TimetableTx) -> Result<(), Failure> {
    let now = tx.now;
    let text = "select * from occurrences where studio_id = $1 order by starts_at, id";
    let all: Vec<Row<Occurrence>> = tx.query(text).all().await?;
    if let Some(cancelled) = all.get(5) {
        let change = Change::of(json!({"status": "cancelled", "cancel_reason": "The teacher is ill"}));
        schedule::reschedule(tx, cancelled, &change).await?;
    }
    let members = active_members(tx).await?;
    let ids: Vec<_> = all.iter().map(|row| row.id).collect();
    let mut all = schedule::find_all(tx.on(), &ids).await?;
    all.retain(|row| row.fields.is_to_come(now.clock));
    let mut rows = Vec::new();
    for (number, occurrence) in all.iter().enumerate() {
        let places = occurrence.fields.effective_capacity.and_then(|places| usize::try_from(places).ok()).unwrap_or(12);
        let (booked, waiting) = match number {
            FULL => (places, WAITING),
            _ => (booked(number, places, occurrence.fields.starts_at, now.clock), 0),
        };
        let guests = members.iter().cycle().skip(number * 7).take((booked + waiting).min(members.len()));
        for (place, member) in guests.enumerate() {
            let queue_number = place.checked_sub(booked).and_then(|before| i64::try_from(before + 1).ok());
            rows.push(Row::new(now.of_row(rows.len() as u64), booking(occurrence, *member, queue_number)));
        }
    }
    let refused = bookings::import_new(tx, rows).await?;
    refused.into_iter().next().map_or(Ok(()), |(_, problem)| Err(problem.into()))
}

/// Those who can book all that is ahead.
async fn active_members(tx: &mut TimetableTx) -> Result<Vec<MembershipId>, Failure> {
    let text = "select * from members where studio_id = $1 and status = $2 and cancel_on is null order by id";
    let members: Vec<Row<Membership>> = tx.query(text).bind(MembershipStatus::Active).all().await?;
    Ok(members.into_iter().map(|member| member.id).collect())
}

fn booking(occurrence: &Row<Occurrence>, membership_id: MembershipId, queue_number: Option<i64>) -> Booking {
    Booking {
        external_id: None,
        metadata: Metadata::default(),
        occurrence_id: occurrence.id,
        membership_id,
        starts_at: occurrence.fields.starts_at,
        ends_at: occurrence.fields.ends_at,
        status: if queue_number.is_some() { BookingStatus::Waiting } else { BookingStatus::Booked },
        cancelled_at: None,
        cancelled_by: None,
        queue_number,
        offered_at: None,
    }
}

fn booked(number: usize, places: usize, starts_at: Instant, now: Instant) -> usize {
    let ahead = usize::try_from((starts_at.micros() - now.micros()) / DAY_MICROS).unwrap_or_default();
    // Between 55 and 109 percent of what is left after the days ahead, never more than there is.
    let share = 55 + number * 37 % 55;
    (places * share * DAYS_AHEAD.saturating_sub(ahead) / (100 * DAYS_AHEAD)).min(places)
}
