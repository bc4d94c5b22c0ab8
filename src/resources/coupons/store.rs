//! The conditions that only coupons need.

use super::model::CouponStatus;
use crate::store::{db::Statement, instant::Instant};

/// Keeps the coupons that are in this state now: what [`Coupon::status_at`](super::Coupon::status_at) says, in SQL, so
/// that pages are full.
pub fn in_state(statement: Statement<'_>, status: Option<CouponStatus>, now: Instant) -> Statement<'_> {
    let Some(status) = status else { return statement };
    let place = statement.next_place();
    let state = format!(
        " and case when valid_until <= ${place} then 'expired' when redeemed_count >= max_redemptions then 'exhausted' \
         when valid_from > ${place} then 'scheduled' else 'active' end = ${}",
        place + 1
    );
    statement.then(&state).bind(now).bind(status)
}

/// Keeps the coupons within whose time an instant lies.
pub fn valid_at(statement: Statement<'_>, at: Option<Instant>) -> Statement<'_> {
    let Some(at) = at else { return statement };
    let place = statement.next_place();
    let within = format!(
        " and (valid_from is null or valid_from <= ${place}) and (valid_until is null or valid_until > ${place})"
    );
    statement.then(&within).bind(at)
}
