//! Who takes part in an occurrence, and what a member takes part in: for the pages of the studio's staff. Staff book with [`book`](super::book) as [`Booker::Staff`](super::Booker),
//! cancel with [`cancel`](super::cancel) as [`CancelledBy::Staff`], and note who came with [`mark`](super::attendance::mark).

use serde::Deserialize;

use super::model::{BookingId, BookingStatus, CancelledBy};
use crate::{
    resources::{members::MembershipId, schedule::OccurrenceId},
    store::{error::StoreError, instant::Instant, record::Record, studio::StudioOn},
    wire::text::Email,
};

/// A booking of an occurrence, with the member's name.
#[derive(Clone, Debug, Deserialize)]
pub struct RosterEntry {
    /// The booking.
    pub id: BookingId,
    /// Its version.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// What has become of it.
    pub status: BookingStatus,
    /// The order of the waiting list.
    pub queue_number: Option<i64>,
    /// When a place was offered.
    pub offered_at: Option<Instant>,
    /// When it was cancelled.
    pub cancelled_at: Option<Instant>,
    /// By whom.
    pub cancelled_by: Option<CancelledBy>,
    /// The member.
    pub membership_id: MembershipId,
    /// The member's first name.
    pub first_name: Option<String>,
    /// The member's last name.
    pub last_name: Option<String>,
    /// The member's address.
    pub email: Email,
}

impl Record for RosterEntry {}

/// What an entry is read from.
const ENTRIES: &str = "select b.id as id, b.version as version, b.created_at as created_at, b.status as status, \
    b.queue_number as queue_number, b.offered_at as offered_at, b.cancelled_at as cancelled_at, \
    b.cancelled_by as cancelled_by, b.membership_id as membership_id, m.first_name as first_name, \
    m.last_name as last_name, m.email as email \
    from bookings as b join members as m on m.studio_id = b.studio_id and m.id = b.membership_id \
    where b.studio_id = $1 and b.occurrence_id = $2";

/// The bookings of an occurrence that were not cancelled: those that have a place by name, then the waiting list in its order.
pub async fn roster(on: StudioOn<'_>, occurrence: OccurrenceId) -> Result<Vec<RosterEntry>, StoreError> {
    let text = format!(
        "{ENTRIES} and b.cancelled_at is null order by b.status = 'waiting', \
        case when b.status = 'waiting' then b.queue_number else 0 end, \
        coalesce(m.last_name, ''), coalesce(m.first_name, ''), b.id"
    );
    on.query(text).bind(occurrence).all().await
}

/// The cancelled bookings of an occurrence, the last ones first.
pub async fn cancelled(
    on: StudioOn<'_>,
    occurrence: OccurrenceId,
    limit: usize,
) -> Result<Vec<RosterEntry>, StoreError> {
    let text =
        format!("{ENTRIES} and b.cancelled_at is not null order by b.cancelled_at desc, b.id desc limit {limit}");
    on.query(text).bind(occurrence).all().await
}

/// A booking of a member, with the class that it is of.
#[derive(Clone, Debug, Deserialize)]
pub struct MemberHistoryEntry {
    /// The occurrence.
    pub occurrence_id: OccurrenceId,
    /// The name of its class.
    pub class_name: String,
    /// When it begins.
    pub starts_at: Instant,
    /// What has become of the booking.
    pub status: BookingStatus,
}

impl Record for MemberHistoryEntry {}

/// The bookings of a member, the last classes first, cancelled ones included.
pub async fn history(
    on: StudioOn<'_>,
    membership: MembershipId,
    limit: usize,
) -> Result<Vec<MemberHistoryEntry>, StoreError> {
    let text = format!(
        "select b.occurrence_id as occurrence_id, c.name as class_name, b.starts_at as starts_at, b.status as status \
        from bookings as b join occurrences as o on o.studio_id = b.studio_id and o.id = b.occurrence_id \
        join classes as c on c.studio_id = o.studio_id and c.id = o.class_id \
        where b.studio_id = $1 and b.membership_id = $2 order by b.starts_at desc, b.id desc limit {limit}"
    );
    on.query(text).bind(membership).all().await
}
