//! What must hold of instructors beyond the limits of each field: slugs and external ids are unique in the studio.

use super::model::Instructor;
use crate::{
    resources::unique,
    store::{
        db::Tx,
        id::StudioId,
        row::{self, Row},
    },
    wire::{problem::Problem, text::Slug},
};

/// Writes a new instructor.
///
/// # Errors
/// `conflict` when the slug or the external id is taken.
pub async fn create(tx: &mut Tx, studio: StudioId, instructor: &mut Row<Instructor>) -> Result<(), Problem> {
    check(tx, studio, instructor).await?;
    Ok(row::insert(tx.on(), studio, instructor).await?)
}

/// Writes an instructor's next version.
///
/// # Errors
/// `conflict` when the slug or the external id is taken.
pub async fn change(tx: &mut Tx, studio: StudioId, instructor: &mut Row<Instructor>) -> Result<(), Problem> {
    check(tx, studio, instructor).await?;
    Ok(row::update(tx.on(), studio, instructor).await?)
}

async fn check(tx: &mut Tx, studio: StudioId, instructor: &mut Row<Instructor>) -> Result<(), Problem> {
    unique::external_id(tx, studio, instructor.id, instructor.fields.external_id.as_ref()).await?;
    let (slug, name) = (instructor.fields.slug.take(), &instructor.fields.display_name);
    instructor.fields.slug = Some(unique::slug(tx, studio, instructor.id, slug, || Slug::derive(name)).await?);
    Ok(())
}
