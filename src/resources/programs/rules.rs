//! What must hold of programs beyond the limits of each field.

use super::model::Program;
use crate::{
    operation::write::Draft,
    resources::{
        references,
        rules::{Plain, Rules},
        unique,
    },
    store::{db::Tx, error::StoreError, id::StudioId, moment::Moment, row::Row},
    wire::{fields::ExternalId, problem::Fault},
};

impl Plain for Program {
    const IN_TURN: bool = true;
}

impl Rules for Program {
    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    async fn check(tx: &mut Tx, studio: StudioId, draft: &mut Draft<'_, Self>, _: Moment) -> Result<(), StoreError> {
        draft.rule(&["starts_on", "ends_on"], span);
        references::all_named(tx, studio, draft, "instructor_ids", |program| &program.instructor_ids).await
    }

    async fn taken(tx: &mut Tx, studio: StudioId, row: &mut Row<Self>) -> Result<Option<&'static str>, StoreError> {
        unique::slug(tx, studio, row.id, &mut row.fields.slug, &row.fields.name).await
    }
}

fn span(program: &Program) -> Option<Fault> {
    let (first, last) = (program.starts_on?, program.ends_on?);
    (last < first).then(|| Fault::at("/ends_on", "must not be before `starts_on`"))
}
