//! What must hold of programs beyond the limits of each field.

use super::model::Program;
use crate::{
    operation::write::Draft,
    resources::{
        references,
        rules::{Plain, Rules},
        unique,
    },
    store::{error::StoreError, row::Row, turns::TimetableTx},
    wire::{fields::ExternalId, problem::Fault},
};

impl Plain for Program {}

impl Rules for Program {
    type Tx = TimetableTx;

    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    async fn check(tx: &mut TimetableTx, draft: &mut Draft<'_, Self>) -> Result<(), StoreError> {
        draft.rule(&["starts_on", "ends_on"], span);
        references::all_named(tx, draft, "instructor_ids", |program| &program.instructor_ids).await
    }

    async fn taken(tx: &mut TimetableTx, row: &mut Row<Self>) -> Result<Option<&'static str>, StoreError> {
        unique::slug(tx, row.id, &mut row.fields.slug, &row.fields.name).await
    }
}

fn span(program: &Program) -> Option<Fault> {
    let (first, last) = (program.starts_on?, program.ends_on?);
    (last < first).then(|| Fault::at("/ends_on", "must not be before `starts_on`"))
}
