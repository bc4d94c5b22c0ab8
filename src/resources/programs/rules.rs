//! What must hold of programs beyond the limits of each field.

use super::model::Program;
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

/// Writes a new program.
///
/// # Errors
/// `validation_failed`; `conflict` when the slug or the external id is taken.
pub async fn create(tx: &mut Tx, studio: StudioId, draft: Draft<'_, Program>) -> Result<Row<Program>, Problem> {
    let program = check(tx, studio, draft).await?;
    row::insert(tx.on(), studio, &program).await?;
    Ok(program)
}

/// Writes a program's next version.
///
/// # Errors
/// As [`create`].
pub async fn change(
    tx: &mut Tx,
    studio: StudioId,
    current: &Row<Program>,
    change: &Change<Program>,
    now: Moment,
) -> Result<Row<Program>, Problem> {
    let program = check(tx, studio, change.onto(current, now)?).await?;
    row::update(tx.on(), studio, &program).await?;
    Ok(program)
}

async fn check(tx: &mut Tx, studio: StudioId, mut draft: Draft<'_, Program>) -> Result<Row<Program>, Problem> {
    draft.rule(&["starts_on", "ends_on"], span);
    references::all_named(tx, studio, &mut draft, "instructor_ids", |program| &program.instructor_ids).await?;
    let mut program = draft.settle()?;
    let fields = &mut program.fields;
    unique::refuse::<Program>([
        unique::slug(tx, studio, program.id, &mut fields.slug, &fields.name).await?,
        unique::external_id(tx, studio, program.id, fields.external_id.as_ref()).await?,
    ])?;
    Ok(program)
}

fn span(program: &Program) -> Option<Fault> {
    let (first, last) = (program.starts_on?, program.ends_on?);
    (last < first).then(|| Fault::at("/ends_on", "must not be before `starts_on`"))
}
