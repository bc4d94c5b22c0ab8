//! What a studio's servers may do with instructors.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{Instructor, InstructorStatus};
use crate::{
    operation::{app::App, list::ListQuery},
    store::row::{self, Row},
    wire::{page::Page, problem::Problem, search::Search},
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
    list: ListQuery<Instructor, InstructorFilter>,
) -> Result<Page<Row<Instructor>>, Problem> {
    let InstructorFilter { status, q } = &list.filter;
    let rows =
        row::list(app.db.read(), list.studio, list.searched(q.as_ref()), |query| query.filter_word("status", *status));
    Ok(list.page(rows.await?))
}
