//! What must hold of content beyond the limits of each field.

use super::model::{Access, Content, ContentStatus};
use crate::{
    resources::{instructors::Instructor, plans::Plan, programs::Program, references, unique},
    store::{
        db::Tx,
        id::StudioId,
        instant::Instant,
        row::{self, Row},
    },
    wire::{
        problem::{Fault, Problem},
        write::Change,
    },
};

/// Writes a new piece of content.
///
/// # Errors
/// `validation_failed`; `conflict` when the external id is taken.
pub async fn create(tx: &mut Tx, studio: StudioId, content: &mut Row<Content>, now: Instant) -> Result<(), Problem> {
    publish(&mut content.fields, now);
    check(tx, studio, content).await?;
    Ok(row::insert(tx.on(), studio, content).await?)
}

/// Writes a piece of content's next version.
///
/// # Errors
/// As [`create`].
pub async fn change(
    tx: &mut Tx,
    studio: StudioId,
    current: Row<Content>,
    change: &Change<Content>,
    now: Instant,
) -> Result<Row<Content>, Problem> {
    let mut fields = change.onto(&current.fields)?;
    if change.names("access") && fields.access != Access::Plans && !change.names("plan_ids") {
        fields.plan_ids.clear();
    }
    publish(&mut fields, now);
    let content = current.edited(now, fields);
    check(tx, studio, &content).await?;
    row::update(tx.on(), studio, &content).await?;
    Ok(content)
}

/// What is published is so from some time on; who comes back from the archive keeps the first.
fn publish(content: &mut Content, now: Instant) {
    if content.status == ContentStatus::Published {
        content.published_at.get_or_insert(now);
    }
}

async fn check(tx: &mut Tx, studio: StudioId, content: &Row<Content>) -> Result<(), Problem> {
    let fields = &content.fields;
    let mut faults = Vec::new();
    references::named::<Instructor>(tx, studio, fields.instructor_id, "instructor_id", &mut faults).await?;
    references::named::<Program>(tx, studio, fields.program_id, "program_id", &mut faults).await?;
    references::all_named::<Plan>(tx, studio, &fields.plan_ids, "plan_ids", &mut faults).await?;
    match (fields.access, fields.plan_ids.is_empty()) {
        (Access::Plans, true) => {
            faults.push(Fault::at("/plan_ids", "must name at least one plan where `access` is `plans`"));
        }
        // Kept without a word, they would leave open to everyone what was meant for some.
        (Access::Public | Access::Members, false) => {
            faults.push(Fault::at("/plan_ids", "must be empty unless `access` is `plans`"));
        }
        (Access::Plans, false) | (Access::Public | Access::Members, true) => {}
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    unique::external_id(tx, studio, content.id, fields.external_id.as_ref()).await
}
