//! The queries of content.

use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{Content, ContentAccess, ContentKind, ContentStatus};
use crate::{
    resources::{instructors::InstructorId, plans::PlanId, programs::ProgramId},
    store::{
        error::StoreError,
        instant::Instant,
        row::{self, Listed, Slice},
        studio::StudioOn,
    },
    wire::search::Search,
};

/// The filters of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ContentFilter {
    /// Only content of this status.
    #[param(inline)]
    pub status: Option<ContentStatus>,
    /// Only content of this kind.
    #[param(inline)]
    pub kind: Option<ContentKind>,
    /// Only content with this access.
    #[param(inline)]
    pub access: Option<ContentAccess>,
    /// Only content of this instructor.
    #[param(inline)]
    pub instructor_id: Option<InstructorId>,
    /// Only content of this program.
    #[param(inline)]
    pub program_id: Option<ProgramId>,
    /// Only content that names this plan.
    #[param(inline)]
    pub plan_id: Option<PlanId>,
    /// Only content with exactly this tag.
    pub tag: Option<String>,
    /// Only content whose `published_at` is this instant or later.
    #[param(inline)]
    pub published_since: Option<Instant>,
    /// Matches when every word occurs in the title, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    pub q: Option<Search>,
    /// Only content that was published by this instant, as websites show it.
    #[serde(skip)]
    pub published_until: Option<Instant>,
}

/// A page of a studio's content.
pub async fn list(
    on: StudioOn<'_>,
    slice: Slice<Content>,
    filter: &ContentFilter,
) -> Result<Listed<Content>, StoreError> {
    row::list(on, slice, |query| {
        query
            .filter_literal("status", filter.status)
            .filter_literal("kind", filter.kind)
            .filter_literal("access", filter.access)
            .filter("published_at <=", filter.published_until)
            .filter_custom_plan("instructor_id =", filter.instructor_id)
            .filter_custom_plan("program_id =", filter.program_id)
            .filter_contains("plan_ids", filter.plan_id)
            .filter_contains("tags", filter.tag.as_ref())
            .filter_custom_plan("published_at >=", filter.published_since)
    })
    .await
}
