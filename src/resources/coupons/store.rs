//! The conditions that only coupons need.

use super::model::CouponStatus;
use crate::store::{db::Statement, instant::Instant};

/// Keeps the coupons that are in this state now: what [`Coupon::status_at`](super::Coupon::status_at) says, in SQL, so
/// that pages are full. In plain comparisons, whose yield PostgreSQL can foretell: of a `case` it expects so little that
/// it would rather read and sort all there is.
pub fn in_state(statement: Statement<'_>, status: Option<CouponStatus>, now: Instant) -> Statement<'_> {
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
pub fn valid_at(statement: Statement<'_>, at: Option<Instant>) -> Statement<'_> {
    let Some(at) = at else { return statement };
    let place = statement.next_place();
    let within = format!(
        " and (valid_from is null or valid_from <= ${place}) and (valid_until is null or valid_until > ${place})"
    );
    statement.then(&within).bind(at)
}
