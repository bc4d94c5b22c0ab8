//! Who takes part in an occurrence: for the studio's staff. Staff book with [`book`](super::book) as [`Booker::Staff`](super::Booker),
//! cancel with [`cancel`](super::cancel) as [`CancelledBy::Staff`], and note who came with [`mark`](super::attendance::mark).

use serde::Deserialize;

use super::model::{BookingId, BookingStatus, CancelledBy};
use crate::{
    resources::{members::MembershipId, schedule::OccurrenceId},
    store::{error::StoreError, instant::Instant, record::Record, studio::StudioOn},
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
    pub email: String,
}

impl Record for RosterEntry {}

/// The bookings of an occurrence: those that have a place by name, then the waiting list in its order, then the cancelled ones.
pub async fn roster(on: StudioOn<'_>, occurrence: OccurrenceId) -> Result<Vec<RosterEntry>, StoreError> {
    let text = "select b.id as id, b.version as version, b.created_at as created_at, b.status as status, \
        b.queue_number as queue_number, b.cancelled_at as cancelled_at, b.cancelled_by as cancelled_by, \
        b.membership_id as membership_id, m.first_name as first_name, m.last_name as last_name, m.email as email \
        from bookings as b join members as m on m.studio_id = b.studio_id and m.id = b.membership_id \
        where b.studio_id = $1 and b.occurrence_id = $2 \
        order by b.cancelled_at is not null, b.status = 'waiting', \
        case when b.status = 'waiting' then b.queue_number else 0 end, m.last_name, m.first_name, b.id";
    on.query(text).bind(occurrence).all().await
}
