//! The queries of programs.

use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{Program, ProgramKind, ProgramStatus};
use crate::{
    resources::{instructors::InstructorId, visibility::Visibility},
    store::{
        error::StoreError,
        row::{self, Listed, Slice},
        studio::StudioOn,
    },
    wire::{civil::Date, search::Search, text::Slug},
};

/// The filters of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ProgramFilter {
    /// Only programs of this status.
    #[param(inline)]
    pub status: Option<ProgramStatus>,
    /// Only programs of this kind.
    #[param(inline)]
    pub kind: Option<ProgramKind>,
    /// Only programs with this visibility.
    #[param(inline)]
    pub visibility: Option<Visibility>,
    /// Only programs with this instructor.
    #[param(inline)]
    pub instructor_id: Option<InstructorId>,
    /// Only programs that start on this day or later.
    #[param(inline)]
    pub starts_from: Option<Date>,
    /// Only programs that start on this day or earlier.
    #[param(inline)]
    pub starts_to: Option<Date>,
    /// Matches when every word occurs in the name, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    pub q: Option<Search>,
    /// Only the one with this slug, as websites ask for it.
    #[serde(skip)]
    pub slug: Option<Slug>,
}

/// A page of a studio's programs.
pub async fn list(
    on: StudioOn<'_>,
    slice: Slice<Program>,
    filter: &ProgramFilter,
) -> Result<Listed<Program>, StoreError> {
    row::list(on, slice, |query| {
        query
            .filter_literal("status", filter.status)
            .filter_literal("kind", filter.kind)
            .filter_literal("visibility", filter.visibility)
            .filter("slug =", filter.slug.clone())
            .filter_custom_plan("starts_on >=", filter.starts_from)
            .filter_custom_plan("starts_on <=", filter.starts_to)
            .filter_contains("instructor_ids", filter.instructor_id)
    })
    .await
}
