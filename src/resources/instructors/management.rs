//! What a studio's servers may do with instructors.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    model::{Instructor, InstructorId, InstructorStatus},
    rules,
};
use crate::{
    app::App,
    store::row::{self, Row},
    wire::{
        at::At,
        page::{Asked, Page},
        problem::Problem,
        search::Search,
        write::{Change, Changed, Created, New, Stop, Write},
    },
};

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct InstructorFilter {
    /// Only instructors of this status.
    #[param(inline)]
    status: Option<InstructorStatus>,
    /// Matches when every word occurs in the display name, the first name or the last name, without regard to case and
    /// accents. At most 8 words of at most 64 characters.
    #[param(inline)]
    q: Option<Search>,
}

/// Lists instructors, oldest first.
pub async fn list(
    State(app): State<App>,
    asked: Asked<Instructor, InstructorFilter>,
) -> Result<Page<Row<Instructor>>, Problem> {
    let InstructorFilter { status, q } = &asked.filter;
    let rows = row::list(app.db.read(), asked.studio, asked.searched(q.as_ref()), |query| {
        query.filter_word("status", *status)
    });
    Ok(asked.page(rows.await?))
}

/// Creates an instructor.
pub async fn create(write: Write<New<Instructor>>) -> Result<Created<Instructor>, Stop> {
    let (mut write, new) = write.begin_in_turn().await?;
    let instructor = rules::create(&mut write.tx, write.studio, new.draft(write.now)).await?;
    write.created(&instructor).await
}

/// Changes an instructor.
pub async fn change(At(id): At<InstructorId>, write: Write<Change<Instructor>>) -> Result<Changed<Instructor>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let instructor = rules::change(&mut write.tx, write.studio, &current, &change, write.now).await?;
    write.changed(&instructor).await
}
