//! What a coupon is, and what state it is in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    input,
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
        money::Money,
        write::Leaves,
    },
};

/// The id of a coupon.
pub type CouponId = Id<Coupon>;

/// A code that takes something off the price of a plan. It is not changed once it is made: delete it, make another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "SPRING-20", "kind": "percent", "percent_off": 20, "duration": "repeating", "duration_months": 3, "max_redemptions": 100,
    "valid_from": "2026-03-01T00:00:00.000000Z", "valid_until": "2026-06-01T00:00:00.000000Z", "first_time_only": true,
}))]
pub struct Coupon {
    /// Your own id of this row, unique among the studio's coupons.
    pub external_id: Option<ExternalId>,
    /// Up to 50 pairs of short texts for your own use; never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// What clients type: letters of A to Z, digits, `-` and `_`. Kept as written, and unique in the studio whatever
    /// its case: where there is `Spring-20`, there is no `SPRING-20`.
    #[schema(min_length = 3, max_length = 40, pattern = "^[A-Za-z0-9_-]+$")]
    pub code: String,
    /// What is taken off: a part, or an amount. May be absent, since `percent_off` or `amount_off` says it, too.
    pub kind: Option<CouponKind>,
    /// Percent of the price that are taken off, in whole numbers; for kind `percent`, and required there.
    #[schema(minimum = 1, maximum = 100)]
    pub percent_off: Option<i64>,
    /// The amount that is taken off, more than 0; for kind `amount`, and required there.
    pub amount_off: Option<Money>,
    /// How long it holds for who has redeemed it; `once` when absent.
    #[serde(default)]
    pub duration: Duration,
    /// For how many months it holds; for duration `repeating`, and required there.
    #[schema(minimum = 1, maximum = 120)]
    pub duration_months: Option<i64>,
    /// How often it can be redeemed, by all clients together; any number of times when null.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub max_redemptions: Option<i64>,
    /// How often it has been redeemed.
    #[serde(default)]
    #[schema(read_only, minimum = 0)]
    pub redeemed_count: i64,
    /// The instant from which it can be redeemed; at once when null.
    pub valid_from: Option<Instant>,
    /// The instant from which it cannot be redeemed any more, later than `valid_from`; never when null.
    pub valid_until: Option<Instant>,
    /// The plans that it is for, each named once; all plans when empty.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub plan_ids: Vec<PlanId>,
    /// Whether it is only for clients who have had no plan before; `false` when absent.
    #[serde(default, deserialize_with = "truth")]
    pub first_time_only: bool,
    /// Whether it can be redeemed at the time of the answer, and if not, why. Where several hold, the first of
    /// `expired`, `exhausted`, `scheduled` is told. It is no edit when it changes.
    #[serde(default)]
    #[schema(read_only)]
    pub status: CouponStatus,
}

/// What a coupon takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponKind {
    /// A part of the price.
    Percent,
    /// An amount of money.
    Amount,
}

/// How long a coupon holds for who has redeemed it.
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

/// Whether a coupon can be redeemed, and if not, why.
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
    #[must_use]
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
    #[must_use]
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
    const WORKED_OUT: &'static [&'static str] = &["status"];
}

impl Leaves for Coupon {
    const STATUS: &'static str = "expired";
}

input!(Coupon);
bind_as_word!(CouponKind);
bind_as_word!(Duration);
