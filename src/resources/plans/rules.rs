//! What must hold of plans beyond the limits of each field.

use super::model::{BillingInterval, Plan, PlanStatus};
use crate::{
    operation::write::{Change, Draft},
    resources::{references, unique},
    store::{
        db::Tx,
        id::StudioId,
        moment::Moment,
        row::{self, Row},
    },
    wire::problem::{Fault, Problem},
};

/// Writes a new plan.
///
/// # Errors
/// `validation_failed`; `conflict` when the external id is taken.
pub async fn create(tx: &mut Tx, studio: StudioId, draft: Draft<'_, Plan>) -> Result<Row<Plan>, Problem> {
    let plan = check(tx, studio, draft).await?;
    row::insert(tx.on(), studio, &plan).await?;
    Ok(plan)
}

/// Writes a plan's next version.
///
/// # Errors
/// As [`create`].
pub async fn change(
    tx: &mut Tx,
    studio: StudioId,
    current: &Row<Plan>,
    change: &Change<Plan>,
    now: Moment,
) -> Result<Row<Plan>, Problem> {
    let plan = check(tx, studio, change.onto(current, now)?).await?;
    row::update(tx.on(), studio, &plan).await?;
    Ok(plan)
}

/// Takes a plan off sale; members who have it keep it, so the row stays. One that is archived stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn archive(tx: &mut Tx, studio: StudioId, plan: Row<Plan>, now: Moment) -> Result<Row<Plan>, Problem> {
    let fields = Plan { status: PlanStatus::Archived, ..plan.fields.clone() };
    let archived = plan.edited(now, fields);
    row::update(tx.on(), studio, &archived).await?;
    Ok(archived)
}

async fn check(tx: &mut Tx, studio: StudioId, mut draft: Draft<'_, Plan>) -> Result<Row<Plan>, Problem> {
    draft.rule(&["billing_interval", "billing_interval_count"], count);
    references::all_named(tx, studio, &mut draft, "program_ids", |plan| &plan.program_ids).await?;
    let plan = draft.settle()?;
    unique::refuse::<Plan>([unique::external_id(tx, studio, plan.id, plan.fields.external_id.as_ref()).await?])?;
    Ok(plan)
}

fn count(plan: &Plan) -> Option<Fault> {
    let wrong = plan.billing_interval == BillingInterval::Once && plan.billing_interval_count != 1;
    wrong.then(|| Fault::at("/billing_interval_count", "must be 1 where `billing_interval` is `once`"))
}
