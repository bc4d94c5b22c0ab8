//! What must hold of plans beyond the limits of each field.

use super::model::{BillingInterval, Plan, PlanStatus};
use crate::{
    operation::write::Draft,
    resources::{
        references,
        rules::{Plain, Rules},
    },
    store::{
        error::StoreError,
        row::{self, Row},
        studio::StudioTx,
    },
    wire::{
        fields::ExternalId,
        problem::{Fault, Problem},
    },
};

impl Plain for Plan {}

impl Rules for Plan {
    type Tx = StudioTx;

    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    async fn check(tx: &mut StudioTx, draft: &mut Draft<'_, Self>) -> Result<(), StoreError> {
        draft.rule(&["billing_interval", "billing_interval_count"], count);
        references::all_named(tx, draft, "program_ids", |plan| &plan.program_ids).await
    }
}

/// Takes a plan off sale; members who have it keep it, so the row stays. One that is archived stays as it is.
pub async fn archive(tx: &mut StudioTx, plan: Row<Plan>) -> Result<Row<Plan>, Problem> {
    let now = tx.now;
    let fields = Plan { status: PlanStatus::Archived, ..plan.fields.clone() };
    let archived = plan.edited(now, fields);
    row::update(tx.on(), &archived).await?;
    Ok(archived)
}

fn count(plan: &Plan) -> Option<Fault> {
    let wrong = plan.billing_interval == BillingInterval::Once && plan.billing_interval_count != 1;
    wrong.then(|| Fault::at("/billing_interval_count", "must be 1 where `billing_interval` is `once`"))
}
