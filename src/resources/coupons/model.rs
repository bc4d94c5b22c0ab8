//! What a coupon is, and what state it is in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    operation::write::Leaves,
    resources::plans::PlanId,
    store::{
        bind::bind_as_word,
        id::{Id, Named},
        instant::Instant,
        record::truth,
        row::{Resource, Row},
    },
    wire::{
        fields::{ExternalId, Metadata},
        input::input,
        money::Money,
    },
};

/// The id of a coupon.
pub type CouponId = Id<Coupon>;

/// A code that lowers the price of a plan. A coupon cannot be changed: delete it and create another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "SPRING-20", "kind": "percent", "percent_off": 20, "duration": "repeating", "duration_months": 3, "max_redemptions": 100,
    "valid_from": "2026-03-01T00:00:00.000000Z", "valid_until": "2026-06-01T00:00:00.000000Z", "first_time_only": true,
}))]
pub struct Coupon {
    /// Your own id of this row, unique among the studio's coupons.
    pub external_id: Option<ExternalId>,
    /// Up to 50 pairs of short texts for your own use. Never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// What clients type: letters A to Z, digits, `-` and `_`. Kept as written. Unique in the studio regardless of
    /// case: `Spring-20` and `SPRING-20` cannot both exist.
    #[schema(min_length = 3, max_length = 40, pattern = "^[A-Za-z0-9_-]+$")]
    pub code: String,
    /// Whether the coupon takes off a percentage or an amount. May be left out, since `percent_off` or `amount_off`
    /// tells it.
    pub kind: Option<CouponKind>,
    /// The percentage to take off, a whole number. Required for kind `percent`, not allowed for others.
    #[schema(minimum = 1, maximum = 100)]
    pub percent_off: Option<i64>,
    /// The amount to take off, more than 0. Required for kind `amount`, not allowed for others.
    pub amount_off: Option<Money>,
    /// How long the coupon applies after it was redeemed. The default is `once`.
    #[serde(default)]
    pub duration: Duration,
    /// For how many months it applies. Required for duration `repeating`, not allowed for others.
    #[schema(minimum = 1, maximum = 120)]
    pub duration_months: Option<i64>,
    /// How often it can be redeemed, by all clients together. No limit when null.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub max_redemptions: Option<i64>,
    /// How often it has been redeemed.
    #[serde(default)]
    #[schema(read_only, minimum = 0)]
    pub redeemed_count: i64,
    /// The instant from which it can be redeemed. When null, at once.
    pub valid_from: Option<Instant>,
    /// The instant at which it stops being redeemable; later than `valid_from`. When null, never.
    pub valid_until: Option<Instant>,
    /// The plans it applies to, without duplicates. When empty, all plans.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub plan_ids: Vec<PlanId>,
    /// Whether it is only for clients who never had a plan. The default is `false`.
    #[serde(default, deserialize_with = "truth")]
    pub first_time_only: bool,
    /// Whether it can be redeemed at the time of the answer, and if not, why. If several reasons apply, the first of
    /// `expired`, `exhausted`, `scheduled` is given. When it changes with time, the row's `version` and `updated_at`
    /// stay the same.
    #[serde(default)]
    #[schema(read_only)]
    pub status: CouponStatus,
}

/// Whether a coupon takes off a percentage or an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponKind {
    /// A part of the price.
    Percent,
    /// An amount of money.
    Amount,
}

/// How long a redeemed coupon applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Duration {
    /// For one billing.
    #[default]
    Once,
    /// For a number of months.
    Repeating,
    /// For as long as the plan is kept.
    Forever,
}

/// Whether the coupon can be redeemed, and if not, why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponStatus {
    /// It can.
    #[default]
    Active,
    /// Not yet.
    Scheduled,
    /// Not any more: its time is over.
    Expired,
    /// Not any more: it was redeemed as often as it may be.
    Exhausted,
}

impl Coupon {
    /// Whether it can be redeemed at an instant. The list's filter says the same in SQL.
    pub fn status_at(&self, now: Instant) -> CouponStatus {
        if self.valid_until.is_some_and(|until| until <= now) {
            CouponStatus::Expired
        } else if self.max_redemptions.is_some_and(|most| self.redeemed_count >= most) {
            CouponStatus::Exhausted
        } else if self.valid_from.is_some_and(|from| from > now) {
            CouponStatus::Scheduled
        } else {
            CouponStatus::Active
        }
    }
}

impl Row<Coupon> {
    /// The row with the status that it has at an instant.
    pub fn seen_at(mut self, now: Instant) -> Self {
        self.fields.status = self.fields.status_at(now);
        self
    }
}

impl Named for Coupon {
    const PREFIX: &'static str = "cpn";
    const NOUN: &'static str = "coupon";
}

impl Resource for Coupon {
    const TABLE: &'static str = "coupons";
    const JSON: &'static [&'static str] = &["metadata", "amount_off", "plan_ids"];
    const COMPUTED: &'static [&'static str] = &["status"];
}

impl Leaves for Coupon {
    const STATUS: &'static str = "expired";
}

input!(Coupon);
bind_as_word!(CouponKind);
bind_as_word!(Duration);
