//! Cancelling: now, or at the end of the period that is paid.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    accounts::end,
    model::{Membership, MembershipStatus},
    period, queries,
};
use crate::{
    resources::bookings::{self, BookingEffects},
    store::{row::Row, turns::TimetableTx},
    wire::{
        civil::Date,
        input::action,
        problem::{Code, Fault, Problem},
    },
};

/// How a membership is cancelled.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// When the membership ends. The default is `now`.
    #[serde(default)]
    pub when: When,
    /// The reason, for the studio's own records.
    #[schema(min_length = 1, max_length = 500, pattern = r"\S", example = "Moves to Porto")]
    pub reason: Option<String>,
}

/// When a cancelled membership ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// At once.
    #[default]
    Now,
    /// At the end of the period. That is `ends_on` where it is set; else the day before the plan's next billing, which
    /// counts its interval from `starts_on`, or from the end of its trial days (a month from the 31st ends with the
    /// next month). Where neither says anything (no plan or no `starts_on`, a plan that is billed once, an invitation
    /// that was not accepted), it is now. A period that ends after 2199 is refused.
    PeriodEnd,
}

action!(Cancellation);

/// Cancels a membership, and gives back the places behind its last day. One that is cancelled, or is going to be at the end of the period, stays as it is, but for one
/// that is going to be and is cancelled now: that is brought forward.
///
/// # Errors
/// `conflict` when it has expired; `validation_failed` when the period ends beyond the calendar.
pub async fn cancel(
    tx: &mut TimetableTx,
    current: Row<Membership>,
    wanted: Cancellation,
) -> Result<(Row<Membership>, BookingEffects), Problem> {
    let now = tx.now;
    match current.fields.status {
        MembershipStatus::Cancelled => return Ok((current, BookingEffects::default())),
        MembershipStatus::Expired => {
            return Err(Problem::new(Code::Conflict, "The membership has expired, so it cannot be cancelled."));
        }
        MembershipStatus::Invited | MembershipStatus::Active | MembershipStatus::Paused => {}
    }
    let today = period::today(tx).await?;
    let end = match wanted.when {
        When::PeriodEnd if current.fields.status.is_current() => period::end(tx, &current.fields, today).await?,
        When::PeriodEnd | When::Now => None,
    };
    let mut fields = current.fields.clone();
    match end.filter(|end| *end >= today) {
        Some(_) if fields.cancel_on.is_some() => return Ok((current, BookingEffects::default())),
        Some(end) => fields.cancel_on = Some(Date::of(end).ok_or_else(ends_too_late)?),
        None => {
            fields.status = MembershipStatus::Cancelled;
            fields.cancelled_at = Some(now.clock);
            fields.cancel_on = Date::of(today);
            queries::withdraw_mail(tx, current.id).await?;
            end::end_access(tx, current.id).await?;
        }
    }
    fields.cancel_reason = wanted.reason.or(fields.cancel_reason);
    let member = current.edited(now, fields);
    queries::update(tx, &member).await?;
    let effects = bookings::give_back(tx, &member).await?;
    Ok((member, effects))
}

/// Nothing is done of what cannot be said: a cancellation beyond the calendar would never come.
fn ends_too_late() -> Problem {
    let detail = format!("ends after {}, the last supported day: cancel `now`, or set `ends_on`", Date::LAST);
    Problem::invalid(vec![Fault::at("/when", detail)])
}
