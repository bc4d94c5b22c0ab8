//! The queries of classes.

use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{Class, ClassStatus, Level};
use crate::{
    resources::{
        instructors::InstructorId, locations::LocationId, locations::rooms::RoomId, programs::ProgramId,
        visibility::Visibility,
    },
    store::{
        error::StoreError,
        row::{self, Listed, Slice},
        studio::StudioOn,
    },
    wire::search::Search,
};

/// The filters of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ClassFilter {
    /// Only classes of this status.
    #[param(inline)]
    pub status: Option<ClassStatus>,
    /// Only classes of this instructor.
    #[param(inline)]
    pub instructor_id: Option<InstructorId>,
    /// Only classes at this location.
    #[param(inline)]
    pub location_id: Option<LocationId>,
    /// Only classes in this room.
    #[param(inline)]
    pub room_id: Option<RoomId>,
    /// Only classes of this program.
    #[param(inline)]
    pub program_id: Option<ProgramId>,
    /// Only classes of this level.
    #[param(inline)]
    pub level: Option<Level>,
    /// Only classes with this visibility.
    #[param(inline)]
    pub visibility: Option<Visibility>,
    /// Matches when every word occurs in the name, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    pub q: Option<Search>,
}

/// A page of a studio's classes. In the order of change, those of a visibility are found along that order.
pub async fn list(on: StudioOn<'_>, slice: Slice<Class>, filter: &ClassFilter) -> Result<Listed<Class>, StoreError> {
    let in_order_of_change = slice.updated_since.is_some();
    row::list(on, slice, |query| {
        let query = query
            .filter_literal("status", filter.status)
            .filter_custom_plan("instructor_id =", filter.instructor_id)
            .filter_custom_plan("location_id =", filter.location_id)
            .filter_custom_plan("room_id =", filter.room_id)
            .filter_custom_plan("program_id =", filter.program_id)
            .filter_literal("level", filter.level);
        if in_order_of_change {
            query.filter_unindexed("visibility", filter.visibility)
        } else {
            query.filter_literal("visibility", filter.visibility)
        }
    })
    .await
}

/// The first classes of a program, oldest first; only those that everyone sees, where that is asked for.
pub async fn of_program(
    on: StudioOn<'_>,
    program: ProgramId,
    only_public: bool,
    limit: i64,
) -> Result<Listed<Class>, StoreError> {
    let slice = Slice::first(limit);
    let filter = ClassFilter {
        program_id: Some(program),
        status: only_public.then_some(ClassStatus::Active),
        visibility: only_public.then_some(Visibility::Public),
        ..ClassFilter::default()
    };
    list(on, slice, &filter).await
}
