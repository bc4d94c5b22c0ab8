//! The queries of coupons.

use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{Coupon, CouponKind, CouponStatus, Duration};
use crate::{
    resources::plans::PlanId,
    store::{
        db::Statement,
        error::StoreError,
        instant::Instant,
        row::{self, Listed, Slice},
        studio::StudioOn,
    },
    wire::search::Search,
};

/// The filters of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct CouponFilter {
    /// Only coupons with this status now.
    #[param(inline)]
    pub status: Option<CouponStatus>,
    /// Only coupons of this kind.
    #[param(inline)]
    pub kind: Option<CouponKind>,
    /// Only coupons of this duration.
    #[param(inline)]
    pub duration: Option<Duration>,
    /// Only the coupon with this code, whatever its case.
    pub code: Option<String>,
    /// Only coupons that list this plan. Coupons for all plans list none.
    #[param(inline)]
    pub plan_id: Option<PlanId>,
    /// Only coupons that are valid at this instant, no matter how often they were redeemed.
    #[param(inline)]
    pub valid_at: Option<Instant>,
    /// Matches when every word occurs in the code, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    pub q: Option<Search>,
}

/// A page of a studio's coupons, whose states are those of now.
pub async fn list(
    on: StudioOn<'_>,
    slice: Slice<Coupon>,
    filter: &CouponFilter,
    now: Instant,
) -> Result<Listed<Coupon>, StoreError> {
    row::list(on, slice, |query| {
        let query = query
            .filter_literal("kind", filter.kind)
            .filter_literal("duration", filter.duration)
            .filter("lower(code) =", filter.code.as_ref().map(|code| code.to_ascii_lowercase()))
            .filter_contains("plan_ids", filter.plan_id);
        in_state(valid_at(query, filter.valid_at), filter.status, now)
    })
    .await
}

/// Keeps the coupons that are in this state now: what [`Coupon::status_at`](super::Coupon::status_at) says, in SQL, so
/// that pages are full. In plain comparisons, whose yield PostgreSQL can foretell: of a `case` it expects so little that
/// it would rather read and sort all there is.
fn in_state(statement: Statement<'_>, status: Option<CouponStatus>, now: Instant) -> Statement<'_> {
    let Some(status) = status else { return statement };
    let place = statement.next_place();
    let open = format!("(valid_until is null or valid_until > ${place})");
    let left = "(max_redemptions is null or redeemed_count < max_redemptions)";
    let state = match status {
        CouponStatus::Expired => format!("valid_until <= ${place}"),
        CouponStatus::Exhausted => format!("{open} and redeemed_count >= max_redemptions"),
        CouponStatus::Scheduled => format!("{open} and {left} and valid_from > ${place}"),
        CouponStatus::Active => format!("{open} and {left} and (valid_from is null or valid_from <= ${place})"),
    };
    statement.then(&format!(" and {state}")).bind(now)
}

/// Keeps the coupons within whose time an instant lies.
fn valid_at(statement: Statement<'_>, at: Option<Instant>) -> Statement<'_> {
    let Some(at) = at else { return statement };
    let place = statement.next_place();
    let within = format!(
        " and (valid_from is null or valid_from <= ${place}) and (valid_until is null or valid_until > ${place})"
    );
    statement.then(&within).bind(at)
}
