//! What is kept of a person's bookings, for somebody who asks what that is.

use serde::{Deserialize, Serialize};

use super::model::{BookingId, BookingStatus, CancelledBy};
use crate::{
    resources::members::MembershipId,
    store::{error::StoreError, instant::Instant, record::Record, studio::StudioOn},
    wire::fields::{ExternalId, Metadata},
};

/// A booking, with what it was for.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptBooking {
    /// Its id.
    pub id: BookingId,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// The name of the class.
    pub class_name: String,
    /// When it takes place, in the local time of its location.
    pub local_start: String,
    /// The zone of these.
    pub time_zone: String,
    /// What has become of it.
    pub status: BookingStatus,
    /// When it was cancelled.
    pub cancelled_at: Option<Instant>,
    /// By whom.
    pub cancelled_by: Option<CancelledBy>,
    /// The order of the waiting list.
    pub queue_number: Option<i64>,
    /// When a place was offered.
    pub offered_at: Option<Instant>,
    /// The integrator's own id.
    pub external_id: Option<ExternalId>,
    /// What the integrator noted.
    pub metadata: Metadata,
}

impl Record for KeptBooking {
    const JSON: &'static [&'static str] = &["metadata"];
}

/// The bookings of a member, by their start.
pub async fn kept_of(on: StudioOn<'_>, membership: MembershipId) -> Result<Vec<KeptBooking>, StoreError> {
    let text = "select b.id as id, b.created_at as created_at, b.updated_at as updated_at, c.name as class_name, \
        o.local_start as local_start, o.time_zone as time_zone, b.status as status, b.cancelled_at as cancelled_at, \
        b.cancelled_by as cancelled_by, b.queue_number as queue_number, b.offered_at as offered_at, \
        b.external_id as external_id, b.metadata as metadata from bookings as b \
        join occurrences as o on o.studio_id = b.studio_id and o.id = b.occurrence_id \
        join classes as c on c.studio_id = o.studio_id and c.id = o.class_id \
        where b.studio_id = $1 and b.membership_id = $2 order by b.starts_at, b.id";
    on.query(text).bind(membership).all().await
}
