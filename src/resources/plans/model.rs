//! What a plan is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    operation::write::Leaves,
    resources::{programs::ProgramId, visibility::Visibility},
    store::{
        bind::bind_as_word,
        id::{Id, Named},
        row::Resource,
    },
    wire::{
        fields::{ExternalId, Metadata},
        input::input,
        money::Money,
    },
};

/// The id of a plan.
pub type PlanId = Id<Plan>;

/// What members buy: its price, how often it is billed, and what it includes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Unlimited", "description": "Every class in both houses, as often as you like.", "kind": "membership",
    "price": {"amount": 8900, "currency": "EUR"}, "billing_interval": "month", "billing_interval_count": 1, "trial_days": 7, "position": 1,
}))]
pub struct Plan {
    /// Your own id of this row, unique among the studio's plans.
    pub external_id: Option<ExternalId>,
    /// Up to 50 pairs of short texts for your own use. Never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// The name that clients see.
    #[schema(min_length = 1, max_length = 120, pattern = r"\S")]
    pub name: String,
    /// What clients read about it.
    #[schema(max_length = 10000)]
    pub description: Option<String>,
    /// The kind of plan. The default is `membership`.
    #[serde(default)]
    pub kind: PlanKind,
    /// The price of each billing. An amount of 0 is free.
    pub price: Money,
    /// The unit of time between two billings; `once` for a single payment. The default is `month`.
    #[serde(default)]
    pub billing_interval: BillingInterval,
    /// How many of these units are between two billings: `month` and 3 is a quarter. With `once`, always 1.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 120)]
    pub billing_interval_count: i64,
    /// How many classes it includes between two billings. No limit when null.
    #[schema(minimum = 1, maximum = 10000)]
    pub class_credits: Option<i64>,
    /// Free days before the first billing. None when null.
    #[schema(minimum = 0, maximum = 730)]
    pub trial_days: Option<i64>,
    /// The programs it includes, without duplicates. When empty, only the timetable's classes.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub program_ids: Vec<ProgramId>,
    /// Who sees it. The default is everyone.
    #[serde(default)]
    pub visibility: Visibility,
    /// The position in lists that websites show. Lower comes first.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub position: i64,
    /// Whether it is for sale. A PATCH to `active` brings an archived plan back.
    #[serde(default)]
    pub status: PlanStatus,
}

const fn one() -> i64 {
    1
}

/// The kind of plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    /// Goes on until it is cancelled.
    #[default]
    Membership,
    /// A number of classes, paid for together.
    ClassPack,
    /// A single visit.
    DropIn,
    /// A first taste, for newcomers.
    Trial,
}

/// The unit of time between two billings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillingInterval {
    /// A week.
    Week,
    /// A month.
    #[default]
    Month,
    /// A year.
    Year,
    /// Billed a single time.
    Once,
}

/// Whether the plan is for sale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    /// It is.
    #[default]
    Active,
    /// It is not any more, and not public; members who have it keep it.
    Archived,
}

impl Named for Plan {
    const PREFIX: &'static str = "pln";
    const NOUN: &'static str = "plan";
}

impl Resource for Plan {
    const TABLE: &'static str = "plans";
    const JSON: &'static [&'static str] = &["metadata", "price", "program_ids"];
}

impl Leaves for Plan {
    const STATUS: &'static str = "archived";
}

input!(Plan);
bind_as_word!(PlanKind);
bind_as_word!(BillingInterval);
bind_as_word!(PlanStatus);
