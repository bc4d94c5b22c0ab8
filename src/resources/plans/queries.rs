//! The queries of plans.

use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{BillingInterval, Plan, PlanKind, PlanStatus};
use crate::{
    resources::{programs::ProgramId, visibility::Visibility},
    store::{
        error::StoreError,
        row::{self, Listed, Slice},
        studio::StudioOn,
    },
    wire::search::Search,
};

/// The filters of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PlanFilter {
    /// Only plans of this status.
    #[param(inline)]
    pub status: Option<PlanStatus>,
    /// Only plans of this kind.
    #[param(inline)]
    pub kind: Option<PlanKind>,
    /// Only plans with this billing interval.
    #[param(inline)]
    pub billing_interval: Option<BillingInterval>,
    /// Only plans with this visibility.
    #[param(inline)]
    pub visibility: Option<Visibility>,
    /// Only plans that include this program.
    #[param(inline)]
    pub program_id: Option<ProgramId>,
    /// Matches when every word occurs in the name, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    pub q: Option<Search>,
}

/// A page of a studio's plans.
pub async fn list(on: StudioOn<'_>, slice: Slice<Plan>, filter: &PlanFilter) -> Result<Listed<Plan>, StoreError> {
    row::list(on, slice, |query| {
        query
            .filter_literal("status", filter.status)
            .filter_literal("kind", filter.kind)
            .filter_literal("billing_interval", filter.billing_interval)
            .filter_literal("visibility", filter.visibility)
            .filter_contains("program_ids", filter.program_id)
    })
    .await
}
