//! What must hold of plans beyond the limits of each field.

use super::model::{BillingInterval, Plan, PlanStatus};
use crate::{
    operation::write::Draft,
    resources::{
        references,
        rules::{Plain, Rules},
    },
    store::{
        db::Tx,
        error::StoreError,
        id::StudioId,
        moment::Moment,
        row::{self, Row},
    },
    wire::{
        fields::ExternalId,
        problem::{Fault, Problem},
    },
};

impl Plain for Plan {}

impl Rules for Plan {
    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    async fn check(tx: &mut Tx, studio: StudioId, draft: &mut Draft<'_, Self>, _: Moment) -> Result<(), StoreError> {
        draft.rule(&["billing_interval", "billing_interval_count"], count);
        references::all_named(tx, studio, draft, "program_ids", |plan| &plan.program_ids).await
    }
}

/// Takes a plan off sale; members who have it keep it, so the row stays. One that is archived stays as it is.
pub async fn archive(tx: &mut Tx, studio: StudioId, plan: Row<Plan>, now: Moment) -> Result<Row<Plan>, Problem> {
    let fields = Plan { status: PlanStatus::Archived, ..plan.fields.clone() };
    let archived = plan.edited(now, fields);
    row::update(tx.on(), studio, &archived).await?;
    Ok(archived)
}

fn count(plan: &Plan) -> Option<Fault> {
    let wrong = plan.billing_interval == BillingInterval::Once && plan.billing_interval_count != 1;
    wrong.then(|| Fault::at("/billing_interval_count", "must be 1 where `billing_interval` is `once`"))
}
