//! What must hold of programs beyond the limits of each field.

use super::model::Program;
use crate::{
    resources::{references, unique},
    store::{
        db::Tx,
        id::StudioId,
        row::{self, Row},
    },
    wire::{
        problem::{Fault, Problem},
        text::Slug,
    },
};

/// Writes a new program.
///
/// # Errors
/// `validation_failed`; `conflict` when the slug or the external id is taken.
pub async fn create(tx: &mut Tx, studio: StudioId, program: &mut Row<Program>) -> Result<(), Problem> {
    check(tx, studio, program).await?;
    Ok(row::insert(tx.on(), studio, program).await?)
}

/// Writes a program's next version.
///
/// # Errors
/// As [`create`].
pub async fn change(tx: &mut Tx, studio: StudioId, program: &mut Row<Program>) -> Result<(), Problem> {
    check(tx, studio, program).await?;
    Ok(row::update(tx.on(), studio, program).await?)
}

async fn check(tx: &mut Tx, studio: StudioId, program: &mut Row<Program>) -> Result<(), Problem> {
    let fields = &mut program.fields;
    let mut faults = Vec::new();
    faults.extend(span(fields));
    references::all_named(tx, studio, &fields.instructor_ids, "instructor_ids", &mut faults).await?;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    unique::external_id(tx, studio, program.id, fields.external_id.as_ref()).await?;
    let (slug, name) = (fields.slug.take(), &fields.name);
    fields.slug = Some(unique::slug(tx, studio, program.id, slug, || Slug::derive(name)).await?);
    Ok(())
}

fn span(program: &Program) -> Option<Fault> {
    let (first, last) = (program.starts_on?, program.ends_on?);
    (last < first).then(|| Fault::at("/ends_on", "must not be before `starts_on`"))
}
