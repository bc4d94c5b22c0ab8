//! The queries that only classes need.

use super::model::{Class, ClassStatus};
use crate::{
    resources::{programs::ProgramId, visibility::Visibility},
    store::{
        db::{On, Statement},
        error::StoreError,
        id::StudioId,
        row::{self, Listed, Slice},
    },
};

/// Only those that these see. In the order of change, all are found along that order.
pub fn shown_to<'c>(query: Statement<'c>, slice: &Slice<Class>, visibility: Option<Visibility>) -> Statement<'c> {
    if slice.updated_since.is_some() {
        query.pick_word("visibility", visibility)
    } else {
        query.filter_word("visibility", visibility)
    }
}

/// The first classes of a program, oldest first; only those that everyone sees, where that is asked for.
pub async fn of_program(
    on: On<'_>,
    studio: StudioId,
    program: ProgramId,
    only_public: bool,
    limit: i64,
) -> Result<Listed<Class>, StoreError> {
    let slice = Slice { id: None, external_id: None, updated_since: None, after: None, words: Vec::new(), limit };
    row::list(on, studio, slice, |query| {
        query
            .filter("program_id =", Some(program))
            .filter_word("status", only_public.then_some(ClassStatus::Active))
            .filter_word("visibility", only_public.then_some(Visibility::Public))
    })
    .await
}
