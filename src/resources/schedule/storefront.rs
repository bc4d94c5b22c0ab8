//! What a studio's websites show of the schedule: when its public classes take place, and how many places are left.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    capacity,
    model::{Occurrence, OccurrenceId, OccurrenceStatus},
    range::{Bound, Range},
};
use crate::{
    operation::{app::App, describe::PublicShape, list::ListQuery},
    resources::{
        classes::ClassId,
        instructors::InstructorId,
        locations::{LocationId, rooms::RoomId},
        visibility::Visibility,
    },
    store::{
        instant::Instant,
        row::{self, Row},
    },
    wire::{page::Page, problem::Problem, text::TimeZone},
};

/// One date of a class, as everyone may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicOccurrence {
    /// The id.
    id: OccurrenceId,
    /// The class.
    class_id: ClassId,
    /// When it begins.
    starts_at: Instant,
    /// When it ends.
    ends_at: Instant,
    /// When it begins, in `time_zone`.
    #[schema(example = "2026-12-01T18:00")]
    local_start: String,
    /// The time zone of `local_start`: its location's, else the studio's.
    time_zone: TimeZone,
    /// Who teaches it. They can be listed only while active.
    instructor_id: Option<InstructorId>,
    /// Where it takes place. It can be listed only while active.
    location_id: Option<LocationId>,
    /// The room. It is listed with its location only while active.
    room_id: Option<RoomId>,
    /// How many may take part, before the room's own capacity is considered. No limit when null.
    capacity: Option<i64>,
    /// How many more may take part: the smaller of `capacity` and the room's capacity, less those who booked. Never
    /// below 0. No limit when null.
    spots_left: Option<i64>,
    /// Whether it takes place.
    status: OccurrenceStatus,
    /// Why it was cancelled.
    cancel_reason: Option<String>,
}

impl PublicShape for PublicOccurrence {}

impl From<Row<Occurrence>> for PublicOccurrence {
    fn from(row: Row<Occurrence>) -> Self {
        let spots_left = row.fields.effective_capacity.map(|capacity| (capacity - row.fields.booked_count).max(0));
        let Occurrence {
            class_id,
            starts_at,
            ends_at,
            local_start,
            time_zone,
            instructor_id,
            location_id,
            room_id,
            ..
        } = row.fields;
        let Occurrence { capacity, status, cancel_reason, .. } = row.fields;
        Self {
            id: row.id,
            class_id,
            starts_at,
            ends_at,
            local_start,
            time_zone,
            instructor_id,
            location_id,
            room_id,
            capacity,
            spots_left,
            status,
            cancel_reason,
        }
    }
}

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PublicScheduleFilter {
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

/// Lists the occurrences of public classes by their start, the next one first; the cancelled ones say so.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Occurrence, PublicScheduleFilter>,
) -> Result<Page<PublicOccurrence>, Problem> {
    let PublicScheduleFilter { from, to, class_id, instructor_id, location_id, room_id, status } = &list.filter;
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
            .filter_word("visibility", Some(Visibility::Public))
    });
    let mut listed = rows.await?;
    capacity::work_out(app.db.read(), list.studio, &mut listed.rows).await?;
    Ok(list.page_of(listed, PublicOccurrence::from))
}
