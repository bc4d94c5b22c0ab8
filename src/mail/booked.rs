//! A booking and its class, as mails and calendars tell of them. Read when a mail is sent or shown.

use serde::Deserialize;

use super::wording::one_line;
use crate::{
    store::{error::StoreError, id::StudioId, instant::Instant, record::Record, studio::StudioOn},
    wire::{calendar::CalendarEntry, text::TimeZone},
};

/// A booking and the class that it is for, as members see them.
#[derive(Clone, Debug, Deserialize)]
pub struct BookedClass {
    /// The booking's id.
    pub id: String,
    /// Counts its edits.
    pub version: i64,
    /// When it was last changed.
    pub updated_at: Instant,
    /// What has become of it.
    pub status: String,
    /// Who cancelled it, or what did.
    pub cancelled_by: Option<String>,
    /// When the class begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// The zone of its local times.
    pub time_zone: TimeZone,
    /// Its name.
    pub class_name: String,
    /// Why it does not take place.
    pub cancel_reason: Option<String>,
    /// The name of the place.
    pub location_name: Option<String>,
    /// The name of the room.
    pub room_name: Option<String>,
    /// Street and number of the place.
    pub street: Option<String>,
    /// Its city.
    pub city: Option<String>,
}

impl Record for BookedClass {}

/// What a [`BookedClass`] is read from, as `b`.
const BOOKED_CLASS: &str = "select b.id as id, b.version as version, b.updated_at as updated_at, b.status as status, \
    b.cancelled_by as cancelled_by, b.starts_at as starts_at, b.ends_at as ends_at, o.time_zone as time_zone, \
    c.name as class_name, o.cancel_reason as cancel_reason, l.name as location_name, r.name as room_name, \
    l.address ->> 'line1' as street, l.address ->> 'city' as city from bookings as b \
    join occurrences as o on o.studio_id = b.studio_id and o.id = b.occurrence_id \
    join classes as c on c.studio_id = o.studio_id and c.id = o.class_id \
    left join locations as l on l.studio_id = o.studio_id and l.id = o.location_id \
    left join rooms as r on r.studio_id = o.studio_id and r.id = o.room_id \
    where b.studio_id = $1";

/// The most bookings that are not cancelled in one calendar.
const MOST_BOOKED: usize = 1000;
/// The most that are.
const MOST_CANCELLED: usize = 100;

/// The booking of this id.
pub(super) async fn find(on: StudioOn<'_>, id: &str) -> Result<Option<BookedClass>, StoreError> {
    let text = format!("select {{row}} from ({BOOKED_CLASS} and b.id = $2) as booked");
    on.query(text).bind(id.to_owned()).optional().await
}

/// The bookings in a member's calendar, by their start: those that begin after an instant, and of the cancelled ones the latest that
/// were cancelled after another. A place in a waiting list is in no calendar, nor is one that was given up and may never have been
/// more. Each of the two is read along an index, so that it costs no more however often a member booked and cancelled.
///
/// # Errors
/// When the database fails.
pub async fn in_calendar(
    mut on: StudioOn<'_>,
    membership_id: &str,
    begins_after: Instant,
    cancelled_after: Instant,
) -> Result<Vec<BookedClass>, StoreError> {
    let counts = format!(
        "{BOOKED_CLASS} and b.membership_id = $2 and b.starts_at > $3 and b.cancelled_at is null and b.status <> 'waiting' \
        order by b.starts_at desc, b.id desc limit {MOST_BOOKED}"
    );
    let statement = on.again().query(counts).bind(membership_id.to_owned()).bind(begins_after);
    let mut booked: Vec<BookedClass> = statement.all().await?;
    let cancelled = format!(
        "{BOOKED_CLASS} and b.membership_id = $2 and b.updated_at > $3 and b.cancelled_at > $3 and b.starts_at > $4 \
        and (b.queue_number is null or b.status = 'late_cancelled') order by b.updated_at desc, b.id desc limit {MOST_CANCELLED}"
    );
    let statement = on.query(cancelled).bind(membership_id.to_owned()).bind(cancelled_after).bind(begins_after);
    booked.extend(statement.all::<BookedClass>().await?);
    booked.sort_by(|one, other| (one.starts_at, &one.id).cmp(&(other.starts_at, &other.id)));
    Ok(booked)
}

impl BookedClass {
    /// Whether it waits for a place.
    pub(super) fn is_waiting(&self) -> bool {
        self.status == "waiting"
    }

    /// Whether it is over.
    fn is_cancelled(&self) -> bool {
        matches!(self.status.as_str(), "cancelled" | "late_cancelled")
    }

    /// The room, the place and its address, as far as they are known.
    pub(super) fn place(&self) -> Option<String> {
        let parts = [&self.room_name, &self.location_name, &self.street, &self.city];
        let parts: Vec<_> = parts.into_iter().flatten().map(|part| one_line(part)).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The same to a calendar program. One booking has one id in every file, and its edits count the changes.
    pub fn entry(&self, studio: (StudioId, &str), as_of: Instant) -> CalendarEntry {
        let (studio_id, studio_name) = studio;
        CalendarEntry {
            uid: format!("{}@{studio_id}", self.id),
            sequence: self.version - 1,
            as_of,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            summary: one_line(&self.class_name),
            location: self.place(),
            description: one_line(studio_name),
            is_cancelled: self.is_cancelled(),
            invitation: None,
        }
    }
}
