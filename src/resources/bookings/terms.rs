//! For which occurrences a membership counts. One rule for who books, for what is shown, and for the places that are given back
//! when a membership ends or is paused.

use jiff::{civil::Date, tz};

use crate::{
    resources::{
        members::{Membership, MembershipStatus},
        studios::{self, Studio},
    },
    store::{error::StoreError, instant::Instant, row::Row, studio::StudioOn},
};

/// What a studio's bookings go by: its calendar, and until when a booking is cancelled in time.
#[derive(Clone, Debug)]
pub struct StudioTerms {
    zone: tz::TimeZone,
    /// A booking that is cancelled less than this many minutes before the start is cancelled late.
    pub late_minutes: Option<i64>,
}

/// When a membership is active.
#[derive(Clone, Debug)]
pub struct MemberTerms {
    is_active: bool,
    first: Option<Date>,
    last: Option<Date>,
    zone: tz::TimeZone,
}

impl StudioTerms {
    /// Reads them.
    ///
    /// # Errors
    /// When the database fails, the studio is gone, or this binary does not know its time zone.
    pub async fn read(on: StudioOn<'_>) -> Result<Self, StoreError> {
        let studio: Option<Row<Studio>> = studios::find(on).await?;
        let studio = studio.ok_or_else(|| StoreError::Broken("the studio is gone".into()))?.fields;
        Ok(Self { zone: studio.time_zone.rules()?, late_minutes: studio.policies.late_cancellation_minutes })
    }

    /// When a membership is active, by the studio's calendar.
    pub fn of_member(&self, member: &Membership) -> MemberTerms {
        let last = member.cancel_on.into_iter().chain(member.ends_on).min();
        MemberTerms {
            is_active: member.status == MembershipStatus::Active,
            first: member.starts_on.map(crate::wire::civil::Date::civil),
            last: last.map(crate::wire::civil::Date::civil),
            zone: self.zone.clone(),
        }
    }
}

impl MemberTerms {
    /// Whether the membership is active now, and on the day of what begins at this instant.
    pub fn cover(&self, starts_at: Instant) -> bool {
        let day = self.zone.to_datetime(starts_at.timestamp()).date();
        self.is_active && self.first.is_none_or(|first| first <= day) && self.last.is_none_or(|last| day <= last)
    }
}
