//! What a studio's websites show of plans: the public ones that are for sale.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    model::{BillingInterval, Plan, PlanId, PlanKind, PlanStatus},
    queries::{self, PlanFilter},
};
use crate::{
    operation::{app::App, describe::PublicShape, list::ListQuery},
    resources::{programs::ProgramId, visibility::Visibility},
    store::row::Row,
    wire::{money::Money, page::Page, problem::Problem},
};

/// A plan, as everyone may see.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "pln_01jdc9x0aetqt8q3yv0gcm1v5k", "name": "Unlimited",
    "description": "Every class in both houses, as often as you like.", "kind": "membership", "price": {"amount": 8900,
    "currency": "EUR"}, "billing_interval": "month", "billing_interval_count": 1, "class_credits": null,
    "trial_days": 7, "program_ids": [], "position": 1,
}))]
pub struct PublicPlan {
    /// The id.
    id: PlanId,
    /// The name.
    name: String,
    /// What clients read about it.
    description: Option<String>,
    /// The kind of plan.
    kind: PlanKind,
    /// The price of each billing.
    price: Money,
    /// The unit of time between two billings; `once` for a single payment.
    billing_interval: BillingInterval,
    /// How many of these units are between two billings.
    billing_interval_count: i64,
    /// How many classes it includes between two billings. No limit when null.
    class_credits: Option<i64>,
    /// Free days before the first billing.
    trial_days: Option<i64>,
    /// The programs it includes. Each can be listed only while it is published and public.
    program_ids: Vec<ProgramId>,
    /// The position in lists that websites show. Lower comes first.
    position: i64,
}

impl PublicShape for PublicPlan {}

impl From<Row<Plan>> for PublicPlan {
    fn from(row: Row<Plan>) -> Self {
        let plan = row.fields;
        Self {
            id: row.id,
            name: plan.name,
            description: plan.description,
            kind: plan.kind,
            price: plan.price,
            billing_interval: plan.billing_interval,
            billing_interval_count: plan.billing_interval_count,
            class_credits: plan.class_credits,
            trial_days: plan.trial_days,
            program_ids: plan.program_ids,
            position: plan.position,
        }
    }
}

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PublicPlanFilter {
    /// Only plans of this kind.
    #[param(inline)]
    kind: Option<PlanKind>,
    /// Only plans that include this program.
    #[param(inline)]
    program_id: Option<ProgramId>,
}

/// What the document says of it.
pub const LISTING: &str = "The public plans that are for sale, oldest first. Prices are in minor units: `8900` with `EUR` is €89.00. To \
show them in the order that the studio chose, sort by `position`.";

/// Lists the public plans that are for sale, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Plan, PublicPlanFilter>,
) -> Result<Page<PublicPlan>, Problem> {
    let PublicPlanFilter { kind, program_id } = list.filter;
    let (status, visibility) = (Some(PlanStatus::Active), Some(Visibility::Public));
    let filter = PlanFilter { status, kind, visibility, program_id, ..PlanFilter::default() };
    let rows = queries::list(app.db.of(list.studio), list.slice(), &filter).await?;
    Ok(list.page_of(rows, PublicPlan::from))
}
