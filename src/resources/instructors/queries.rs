//! The queries of instructors.

use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{Instructor, InstructorStatus};
use crate::{
    store::{
        error::StoreError,
        row::{self, Listed, Slice},
        studio::StudioOn,
    },
    wire::{search::Search, text::Slug},
};

/// The filters of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct InstructorFilter {
    /// Only instructors of this status.
    #[param(inline)]
    pub status: Option<InstructorStatus>,
    /// Matches when every word occurs in the display name, the first name or the last name, without regard to case and
    /// accents. At most 8 words of at most 64 characters.
    #[param(inline)]
    pub q: Option<Search>,
    /// Only the one with this slug, as websites ask for it.
    #[serde(skip)]
    pub slug: Option<Slug>,
}

/// A page of a studio's instructors.
pub async fn list(
    on: StudioOn<'_>,
    slice: Slice<Instructor>,
    filter: &InstructorFilter,
) -> Result<Listed<Instructor>, StoreError> {
    row::list(on, slice, |query| query.filter_literal("status", filter.status).filter("slug =", filter.slug.clone()))
        .await
}
