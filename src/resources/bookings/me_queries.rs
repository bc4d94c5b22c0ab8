//! The list of a member's bookings.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{me_shape::MyBooking, model::BookingStatus};
use crate::{
    resources::{members::MembershipId, schedule::LONGEST},
    store::{
        error::StoreError,
        instant::Instant,
        row::{self, Listed, Slice},
        studio::StudioOn,
    },
};

/// The filters of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MyBookingFilter {
    /// `upcoming`: only bookings of classes that have not ended; one that runs now is upcoming. `past`: only of those that have.
    /// Cancelled bookings are in both.
    #[param(inline)]
    pub when: Option<BookingTime>,
    /// Only bookings of this status.
    #[param(inline)]
    pub status: Option<BookingStatus>,
}

/// Of which classes bookings are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingTime {
    /// Those that have not ended.
    Upcoming,
    /// Those that have.
    Past,
}

/// A page of a member's bookings.
pub async fn list(
    on: StudioOn<'_>,
    slice: Slice<MyBooking>,
    membership: MembershipId,
    filter: &MyBookingFilter,
    now: Instant,
) -> Result<Listed<MyBooking>, StoreError> {
    let (upcoming, past) = (filter.when == Some(BookingTime::Upcoming), filter.when == Some(BookingTime::Past));
    // What began earlier has ended. Of two lower bounds, SQLite would take the one that says less.
    let from = (upcoming && !slice.goes_on_in_order()).then(|| now.minus(LONGEST));
    row::list(on, slice, |query| {
        query
            .filter("membership_id =", Some(membership))
            .filter("starts_at >", from)
            .filter("ends_at >", upcoming.then_some(now))
            .filter("ends_at <=", past.then_some(now))
            .filter_literal("status", filter.status)
    })
    .await
}
