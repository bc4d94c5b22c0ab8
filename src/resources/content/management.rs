//! What a studio's servers may do with content.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{Access, Content, ContentId, ContentKind, ContentStatus};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Gone, Nothing, Stop, Write},
    },
    resources::{instructors::InstructorId, plans::PlanId, programs::ProgramId},
    store::{
        instant::Instant,
        row::{self, Row},
    },
    wire::{page::Page, problem::Problem, search::Search},
};

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ContentFilter {
    /// Only content of this status.
    #[param(inline)]
    status: Option<ContentStatus>,
    /// Only content of this kind.
    #[param(inline)]
    kind: Option<ContentKind>,
    /// Only content with this access.
    #[param(inline)]
    access: Option<Access>,
    /// Only content of this instructor.
    #[param(inline)]
    instructor_id: Option<InstructorId>,
    /// Only content of this program.
    #[param(inline)]
    program_id: Option<ProgramId>,
    /// Only content that names this plan.
    #[param(inline)]
    plan_id: Option<PlanId>,
    /// Only content with exactly this tag.
    tag: Option<String>,
    /// Only content whose `published_at` is this instant or later.
    #[param(inline)]
    published_since: Option<Instant>,
    /// Matches when every word occurs in the title, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    q: Option<Search>,
}

/// Lists content, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Content, ContentFilter>,
) -> Result<Page<Row<Content>>, Problem> {
    let filter = &list.filter;
    let rows = row::list(app.db.read(), list.studio, list.searched(filter.q.as_ref()), |query| {
        query
            .filter_word("status", filter.status)
            .filter_word("kind", filter.kind)
            .filter_word("access", filter.access)
            .filter("instructor_id =", filter.instructor_id)
            .filter("program_id =", filter.program_id)
            .filter_holding("plan_ids", filter.plan_id)
            .filter_holding("tags", filter.tag.as_ref())
            .filter("published_at >=", filter.published_since)
    });
    Ok(list.page(rows.await?))
}

/// Removes a piece of content for good. To take it off the websites and keep it, change its status to `archived`.
pub async fn remove(PathIds(id): PathIds<ContentId>, write: Write<Nothing>) -> Result<Gone, Stop> {
    let (mut write, Nothing) = write.begin().await?;
    let content = write.current::<Content>(id).await?;
    row::delete(write.tx.on(), write.studio, content.id).await?;
    write.gone::<Content>().await
}
