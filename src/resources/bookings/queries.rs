//! The queries of bookings.

use serde::Deserialize;

use super::model::{Booking, BookingId, BookingStatus};
use crate::{
    resources::{members::MembershipId, schedule::OccurrenceId},
    store::{
        error::StoreError,
        instant::Instant,
        moment::Moment,
        record::Record,
        row::{self, Row},
        studio::{StudioOn, StudioTx},
    },
};

/// The statuses that take a place, in SQL.
const HAS_A_PLACE: &str = "status in ('booked', 'attended', 'no_show')";

/// How many rows are written in one statement.
pub const AT_ONCE: usize = 1000;

/// Takes a place of an occurrence, unless it is full: then nothing is changed, and the answer is `false`. `had_waited` is for
/// somebody whose place in the waiting list is given up for it.
pub async fn take_place(tx: &mut StudioTx, id: OccurrenceId, had_waited: bool) -> Result<bool, StoreError> {
    let now = tx.now.stamp();
    let text = "update occurrences set booked_count = booked_count + 1, waiting_count = waiting_count - $3, \
        updated_at = case when updated_at > $4 then updated_at else $4 end \
        where studio_id = $1 and id = $2 and status = 'scheduled' \
        and (capacity is null or booked_count < capacity) \
        and not exists (select 1 from rooms where rooms.studio_id = $1 and rooms.id = occurrences.room_id \
        and rooms.capacity <= occurrences.booked_count)";
    let statement = tx.query(text).bind(id).bind(i64::from(had_waited)).bind(now);
    Ok(statement.execute().await? > 0)
}

/// Counts the bookings of these occurrences anew; those whose counts differ are listed as changed.
pub async fn recount(tx: &mut StudioTx, ids: &[OccurrenceId]) -> Result<(), StoreError> {
    let now = tx.now.stamp();
    let text = counting("updated_at = case when updated_at > $2 then updated_at else $2 end");
    tx.query(text).bind(now).one_of("id", ids).execute().await.map(drop)
}

/// The same for rows that come from a file: they keep their time of change.
pub async fn recount_imported(tx: &mut StudioTx, ids: &[OccurrenceId]) -> Result<(), StoreError> {
    tx.query(counting("updated_at = updated_at")).one_of("id", ids).execute().await.map(drop)
}

/// The statement that counts bookings anew.
fn counting(sets: &str) -> String {
    let count = |which: &str| {
        format!(
            "(select count(*) from bookings as b where b.studio_id = $1 and b.occurrence_id = occurrences.id and b.{which})"
        )
    };
    let (booked, waiting) = (count(HAS_A_PLACE), count("status = 'waiting'"));
    format!(
        "update occurrences set booked_count = {booked}, waiting_count = {waiting}, {sets} where studio_id = $1 \
        and (booked_count <> {booked} or waiting_count <> {waiting})"
    )
}

/// A member's booking of an occurrence that was not cancelled.
pub async fn find_of(
    on: StudioOn<'_>,
    occurrence: OccurrenceId,
    membership: MembershipId,
) -> Result<Option<Row<Booking>>, StoreError> {
    let text = "select {row} from bookings where studio_id = $1 and occurrence_id = $2 and membership_id = $3 \
        and cancelled_at is null";
    on.query(text).bind(occurrence).bind(membership).optional().await
}

/// A member's bookings of these occurrences that were not cancelled.
pub async fn of_member_in(
    on: StudioOn<'_>,
    membership: MembershipId,
    occurrences: &[OccurrenceId],
) -> Result<Vec<Row<Booking>>, StoreError> {
    if occurrences.is_empty() {
        return Ok(Vec::new());
    }
    let text = "select * from bookings where studio_id = $1 and membership_id = $2 and cancelled_at is null";
    on.query(text).bind(membership).one_of("occurrence_id", occurrences).all().await
}

/// How often a member cancelled an occurrence, or left its waiting list.
#[derive(Debug, Deserialize)]
pub struct CancelledTimes {
    /// Which.
    pub occurrence_id: OccurrenceId,
    /// How often.
    pub times: i64,
}

impl Record for CancelledTimes {}

/// How often a member cancelled each of these occurrences, as far as they did.
pub async fn cancelled_by(
    on: StudioOn<'_>,
    membership: MembershipId,
    occurrences: &[OccurrenceId],
) -> Result<Vec<CancelledTimes>, StoreError> {
    if occurrences.is_empty() {
        return Ok(Vec::new());
    }
    let text = "select occurrence_id, count(*) as times from bookings where studio_id = $1 and membership_id = $2 \
        and cancelled_by = 'member'";
    let statement = on.query(text).bind(membership).one_of("occurrence_id", occurrences);
    statement.then(" group by occurrence_id").all().await
}

/// The first of an occurrence's waiting list, in its order.
pub async fn waiting(on: StudioOn<'_>, id: OccurrenceId, limit: i64) -> Result<Vec<Row<Booking>>, StoreError> {
    let text = format!(
        "select * from bookings where studio_id = $1 and occurrence_id = $2 and status = 'waiting' \
        order by queue_number limit {limit}"
    );
    on.query(text).bind(id).all().await
}

/// The number of who waits next.
pub async fn next_queue_number(on: StudioOn<'_>, id: OccurrenceId) -> Result<i64, StoreError> {
    let text = "select coalesce(max(queue_number), 0) + 1 from bookings where studio_id = $1 and occurrence_id = $2";
    Ok(on.query(text).bind(id).scalar::<i64>().await?.unwrap_or(1))
}

/// A member's bookings of what has not begun, without the cancelled ones.
pub async fn ahead_of(
    on: StudioOn<'_>,
    membership: MembershipId,
    now: Instant,
) -> Result<Vec<Row<Booking>>, StoreError> {
    let text = "select * from bookings where studio_id = $1 and membership_id = $2 and starts_at > $3 \
        and cancelled_at is null order by starts_at, id";
    on.query(text).bind(membership).bind(now).all().await
}

/// The same of several members.
pub async fn ahead_of_all(
    on: StudioOn<'_>,
    memberships: &[MembershipId],
    now: Instant,
) -> Result<Vec<Row<Booking>>, StoreError> {
    if memberships.is_empty() {
        return Ok(Vec::new());
    }
    let text = "select * from bookings where studio_id = $1 and starts_at > $2 and cancelled_at is null";
    on.query(text).bind(now).one_of("membership_id", memberships).then(" order by starts_at, id").all().await
}

/// The bookings of these occurrences that say another time than the occurrence, or one that does not take place; without the
/// cancelled ones.
pub async fn out_of_step(on: StudioOn<'_>, ids: &[OccurrenceId]) -> Result<Vec<Row<Booking>>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = "select b.* from bookings as b join occurrences as o on o.studio_id = b.studio_id and o.id = b.occurrence_id \
        where b.studio_id = $1 and b.cancelled_at is null \
        and (o.status <> 'scheduled' or o.starts_at <> b.starts_at or o.ends_at <> b.ends_at)";
    let statement = on.query(text).one_of("b.occurrence_id", ids);
    statement.then(" order by b.id").all().await
}

/// Gives all bookings of these occurrences their times, cancelled ones included: each that had another is listed as changed.
pub async fn copy_times(tx: &mut StudioTx, ids: &[OccurrenceId]) -> Result<(), StoreError> {
    let now = tx.now.stamp();
    let text = "update bookings set starts_at = o.starts_at, ends_at = o.ends_at, \
        updated_at = case when bookings.updated_at > $2 then bookings.updated_at else $2 end from occurrences as o \
        where bookings.studio_id = $1 and o.studio_id = $1 and o.id = bookings.occurrence_id \
        and (o.starts_at <> bookings.starts_at or o.ends_at <> bookings.ends_at)";
    tx.query(text).bind(now).one_of("bookings.occurrence_id", ids).execute().await.map(drop)
}

/// Those of these occurrences in which somebody waits.
pub async fn waited_for(on: StudioOn<'_>, ids: &[OccurrenceId], now: Moment) -> Result<Vec<OccurrenceId>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = "select id from occurrences where studio_id = $1 and waiting_count > 0 and status = 'scheduled' \
        and starts_at > $2";
    let found = on.query(text).bind(now.clock).one_of("id", ids).then(" order by id").all::<WaitedFor>().await?;
    Ok(found.into_iter().map(|found| found.id).collect())
}

#[derive(Deserialize)]
struct WaitedFor {
    id: OccurrenceId,
}

impl Record for WaitedFor {}

/// A position in a waiting list, counted from 1.
#[derive(Debug, Deserialize)]
pub struct QueuePosition {
    /// Whose.
    pub id: BookingId,
    /// Which.
    pub position: i64,
}

impl Record for QueuePosition {}

/// The positions of those of these bookings that wait.
pub async fn positions(on: StudioOn<'_>, ids: &[BookingId]) -> Result<Vec<QueuePosition>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = "select b.id as id, (select count(*) from bookings as w where w.studio_id = $1 \
        and w.occurrence_id = b.occurrence_id and w.status = 'waiting' and w.queue_number <= b.queue_number) as position \
        from bookings as b where b.studio_id = $1 and b.status = $2";
    on.query(text).bind(BookingStatus::Waiting).one_of("b.id", ids).all().await
}

/// The time of a booking.
#[derive(Debug, Deserialize)]
pub struct BookedTime {
    /// The booking.
    pub id: BookingId,
    /// When its occurrence begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
}

impl Record for BookedTime {}

/// The times of what the member of this booking has booked and that begins between two instants; without the cancelled ones.
pub async fn booked_between(
    on: StudioOn<'_>,
    of: BookingId,
    (from, until): (Instant, Instant),
) -> Result<Vec<BookedTime>, StoreError> {
    let text = "select id, starts_at, ends_at from bookings where studio_id = $1 and membership_id = \
        (select membership_id from bookings where studio_id = $1 and id = $2) \
        and starts_at > $3 and starts_at < $4 and cancelled_at is null";
    on.query(text).bind(of).bind(from).bind(until).all().await
}

/// Writes the next versions of many bookings, each with an instant of its own, as far as there are any left.
pub async fn update_all(tx: &mut StudioTx, bookings: &mut [Row<Booking>]) -> Result<(), StoreError> {
    row::spread(bookings, tx.now);
    for chunk in bookings.chunks(AT_ONCE) {
        row::update_all(tx.on(), chunk).await?;
    }
    Ok(())
}

/// Forgets what integrators noted at a person's bookings, and what lines of imports said of them.
pub async fn forget_person(tx: &mut StudioTx, membership: MembershipId) -> Result<(), StoreError> {
    let text = "delete from imported_lines where studio_id = $1 and resource = 'bookings' and id in \
        (select id from bookings where studio_id = $1 and membership_id = $2)";
    tx.query(text).bind(membership).execute().await?;
    let text = "update bookings set external_id = null, metadata = '{}' where studio_id = $1 and membership_id = $2";
    tx.query(text).bind(membership).execute().await.map(drop)
}
