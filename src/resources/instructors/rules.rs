//! What must hold of instructors beyond the limits of each field: slugs and external ids are unique in the studio.

use super::model::Instructor;
use crate::{
    operation::write::{Change, Draft},
    resources::unique,
    store::{
        db::Tx,
        id::StudioId,
        moment::Moment,
        row::{self, Row},
    },
    wire::problem::Problem,
};

/// Writes a new instructor.
///
/// # Errors
/// `validation_failed`; `conflict` when the slug or the external id is taken.
pub async fn create(tx: &mut Tx, studio: StudioId, draft: Draft<'_, Instructor>) -> Result<Row<Instructor>, Problem> {
    let instructor = check(tx, studio, draft).await?;
    row::insert(tx.on(), studio, &instructor).await?;
    Ok(instructor)
}

/// Writes an instructor's next version.
///
/// # Errors
/// As [`create`].
pub async fn change(
    tx: &mut Tx,
    studio: StudioId,
    current: &Row<Instructor>,
    change: &Change<Instructor>,
    now: Moment,
) -> Result<Row<Instructor>, Problem> {
    let instructor = check(tx, studio, change.onto(current, now)?).await?;
    row::update(tx.on(), studio, &instructor).await?;
    Ok(instructor)
}

async fn check(tx: &mut Tx, studio: StudioId, draft: Draft<'_, Instructor>) -> Result<Row<Instructor>, Problem> {
    let mut instructor = draft.settle()?;
    let fields = &mut instructor.fields;
    unique::refuse::<Instructor>([
        unique::slug(tx, studio, instructor.id, &mut fields.slug, &fields.display_name).await?,
        unique::external_id(tx, studio, instructor.id, fields.external_id.as_ref()).await?,
    ])?;
    Ok(instructor)
}
