//! What a booking is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    resources::{members::MembershipId, schedule::OccurrenceId},
    store::{
        bind::bind_as_word,
        id::{Id, Named},
        instant::Instant,
        row::Resource,
    },
    wire::{
        fields::{ExternalId, Metadata},
        input::input,
    },
};

/// The id of a booking.
pub type BookingId = Id<Booking>;

/// A member's place in an occurrence, or in its waiting list; cancelled ones are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Booking {
    /// Your own id of this row, unique among the studio's bookings.
    pub external_id: Option<ExternalId>,
    /// Up to 50 pairs of short texts for your own use. Never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// The occurrence.
    pub occurrence_id: OccurrenceId,
    /// Who booked.
    pub membership_id: MembershipId,
    /// When the occurrence begins.
    #[schema(read_only)]
    pub starts_at: Instant,
    /// When it ends.
    #[schema(read_only)]
    pub ends_at: Instant,
    /// What has become of it.
    #[serde(default)]
    pub status: BookingStatus,
    /// When it was cancelled.
    #[schema(read_only)]
    pub cancelled_at: Option<Instant>,
    /// Who cancelled it, or what did.
    #[schema(read_only)]
    pub cancelled_by: Option<CancelledBy>,
    /// The order in which those who wait have come, counted in each occurrence. Null where somebody never waited.
    #[schema(read_only, minimum = 1, maximum = 1_000_000_000)]
    pub queue_number: Option<i64>,
    /// When somebody who waits was offered a place that they could not cancel in time any more.
    #[schema(read_only)]
    pub offered_at: Option<Instant>,
}

/// What has become of a booking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// Has a place.
    #[default]
    Booked,
    /// Waits for a place.
    Waiting,
    /// Cancelled, by the member in time or by the studio.
    Cancelled,
    /// Cancelled by the member later than the studio allows.
    LateCancelled,
    /// Had a place, and came.
    Attended,
    /// Had a place, and did not come.
    NoShow,
}

/// Who cancelled a booking, or what did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// The member.
    Member,
    /// Somebody of the staff.
    Staff,
    /// The occurrence does not take place.
    Occurrence,
    /// The membership is paused, or ends before the occurrence.
    Membership,
}

impl BookingStatus {
    /// Whether it is over because somebody cancelled it.
    pub fn is_cancelled(self) -> bool {
        matches!(self, Self::Cancelled | Self::LateCancelled)
    }

    /// Whether it says that somebody came, or did not.
    pub fn is_of_attendance(self) -> bool {
        matches!(self, Self::Attended | Self::NoShow)
    }

    /// Whether it takes a place of the occurrence.
    pub fn has_a_place(self) -> bool {
        matches!(self, Self::Booked | Self::Attended | Self::NoShow)
    }
}

impl Named for Booking {
    const PREFIX: &'static str = "bkg";
    const NOUN: &'static str = "booking";
}

impl Resource for Booking {
    const TABLE: &'static str = "bookings";
    const JSON: &'static [&'static str] = &["metadata"];
}

input!(Booking);
bind_as_word!(BookingStatus);
bind_as_word!(CancelledBy);
