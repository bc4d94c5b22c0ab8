//! What a studio's servers may do with the schedule.

use std::slice;

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    capacity,
    model::{Occurrence, OccurrenceId, OccurrenceStatus},
    range::{Bound, Range},
    rules,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Change, Changed, Stop, Write},
    },
    resources::{
        classes::ClassId,
        instructors::InstructorId,
        locations::{LocationId, rooms::RoomId},
    },
    store::row::{self, Row},
    wire::{page::Page, problem::Problem},
};

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ScheduleFilter {
    /// Only occurrences that start at this instant or later, or on this date or later. A date is a day in the time zone
    /// of the location that `location_id` or `room_id` names, else in the studio's. The default is now; with `id`,
    /// `external_id` or `updated_since` there is no limit.
    #[param(inline, example = "2026-12-01")]
    from: Option<Bound>,
    /// Only occurrences that start before this instant, or on this date or earlier.
    #[param(inline, example = "2026-12-07")]
    to: Option<Bound>,
    /// Only occurrences of this class.
    #[param(inline)]
    class_id: Option<ClassId>,
    /// Only occurrences with this instructor.
    #[param(inline)]
    instructor_id: Option<InstructorId>,
    /// Only occurrences at this location.
    #[param(inline)]
    location_id: Option<LocationId>,
    /// Only occurrences in this room.
    #[param(inline)]
    room_id: Option<RoomId>,
    /// Only occurrences of this status.
    #[param(inline)]
    status: Option<OccurrenceStatus>,
}

/// Lists occurrences by their start, the next one first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Occurrence, ScheduleFilter>,
) -> Result<Page<Row<Occurrence>>, Problem> {
    let ScheduleFilter { from, to, class_id, instructor_id, location_id, room_id, status } = &list.filter;
    let slice = list.slice();
    let (from, to, now) = (from.as_ref(), to.as_ref(), app.clock.now());
    let place = (*location_id, *room_id);
    let range = Range::read(&app.db, list.studio, from, to, place, &slice, now).await?;
    let rows = row::list(app.db.read(), list.studio, list.slice(), |query| {
        range
            .narrow(&slice, query)
            .filter("class_id =", *class_id)
            .filter("instructor_id =", *instructor_id)
            .filter("location_id =", *location_id)
            .filter("room_id =", *room_id)
            .filter_word("status", *status)
    });
    let mut listed = rows.await?;
    capacity::work_out(app.db.read(), list.studio, &mut listed.rows).await?;
    Ok(list.page(listed))
}

/// Changes an occurrence: its time, place, instructor or capacity; cancels or reinstates it.
pub async fn reschedule(
    PathIds(id): PathIds<OccurrenceId>,
    write: Write<Change<Occurrence>>,
) -> Result<Changed<Occurrence>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let mut current = write.current(id).await?;
    capacity::work_out(write.tx.on(), write.studio, slice::from_mut(&mut current)).await?;
    let mut occurrence = rules::reschedule(&mut write.tx, write.studio, &current, &change, write.now).await?;
    capacity::work_out(write.tx.on(), write.studio, slice::from_mut(&mut occurrence)).await?;
    write.changed(&occurrence).await
}
