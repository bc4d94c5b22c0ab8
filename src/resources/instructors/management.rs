//! What a studio's servers may do with instructors.

use axum::extract::State;

use super::{
    model::Instructor,
    queries::{self, InstructorFilter},
};
use crate::{
    operation::{app::App, list::ListQuery},
    store::row::Row,
    wire::{page::Page, problem::Problem},
};

/// Lists instructors, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Instructor, InstructorFilter>,
) -> Result<Page<Row<Instructor>>, Problem> {
    let rows = queries::list(app.db.of(list.studio), list.searched(list.filter.q.as_ref()), &list.filter).await?;
    Ok(list.page(rows))
}
