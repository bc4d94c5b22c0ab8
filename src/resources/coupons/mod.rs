//! Coupons: what a plan costs less, for whom, and for how long. Never public.

pub mod management;
mod model;
mod queries;
mod rules;

pub use model::{Coupon, CouponId, CouponKind, CouponStatus, Duration};
pub use rules::{create, import_change};
