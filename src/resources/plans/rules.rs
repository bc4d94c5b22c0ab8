//! What must hold of plans beyond the limits of each field.

use super::model::{BillingInterval, Plan, PlanStatus};
use crate::{
    resources::{references, unique},
    store::{
        db::Tx,
        id::StudioId,
        instant::Instant,
        row::{self, Row},
    },
    wire::problem::{Fault, Problem},
};

/// Writes a new plan.
///
/// # Errors
/// `validation_failed`; `conflict` when the external id is taken.
pub async fn create(tx: &mut Tx, studio: StudioId, plan: &Row<Plan>) -> Result<(), Problem> {
    check(tx, studio, plan).await?;
    Ok(row::insert(tx.on(), studio, plan).await?)
}

/// Writes a plan's next version.
///
/// # Errors
/// As [`create`].
pub async fn change(tx: &mut Tx, studio: StudioId, plan: &Row<Plan>) -> Result<(), Problem> {
    check(tx, studio, plan).await?;
    Ok(row::update(tx.on(), studio, plan).await?)
}

/// Takes a plan off sale; members who have it keep it, so the row stays. One that is archived stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn archive(tx: &mut Tx, studio: StudioId, plan: Row<Plan>, now: Instant) -> Result<Row<Plan>, Problem> {
    let fields = Plan { status: PlanStatus::Archived, ..plan.fields.clone() };
    let archived = plan.edited(now, fields);
    row::update(tx.on(), studio, &archived).await?;
    Ok(archived)
}

async fn check(tx: &mut Tx, studio: StudioId, plan: &Row<Plan>) -> Result<(), Problem> {
    let fields = &plan.fields;
    let mut faults = Vec::new();
    if fields.billing_interval == BillingInterval::Once && fields.billing_interval_count != 1 {
        faults.push(Fault::at("/billing_interval_count", "must be 1 where `billing_interval` is `once`"));
    }
    references::all_named(tx, studio, &fields.program_ids, "program_ids", &mut faults).await?;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    unique::external_id(tx, studio, plan.id, fields.external_id.as_ref()).await
}
