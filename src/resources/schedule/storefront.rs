//! What a studio's websites show of the schedule: when its public classes take place, and how many places are left.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    embedded::{Embed, Embedded, EmbeddedFields, Embeds},
    model::{Occurrence, OccurrenceId, OccurrenceStatus},
    queries::{self, ScheduleFilter, ShownTo},
    range::Bound,
};
use crate::{
    operation::{
        app::App,
        describe::{PublicShape, Shape},
        list::ListQuery,
    },
    resources::{
        classes::ClassId,
        instructors::InstructorId,
        locations::{LocationId, rooms::RoomId},
    },
    store::{instant::Instant, row::Row},
    wire::{page::Page, problem::Problem, schema, text::TimeZone},
};

/// One date of a class, as everyone may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "occ_01jdc9x0aetqt8q3yv0gcm1v5k", "class_id": "cls_01jdc9x0aetqt8q3yv0gcm1v5k",
    "starts_at": "2026-12-01T07:30:00.000000Z", "ends_at": "2026-12-01T08:45:00.000000Z",
    "local_start": "2026-12-01T07:30", "time_zone": "Europe/Lisbon", "instructor_id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k",
    "location_id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k", "room_id": "room_01jdc9x0aetqt8q3yv0gcm1v5k", "capacity": 18,
    "spots_left": 5, "waiting_count": 0, "status": "scheduled", "cancel_reason": null,
}))]
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
    /// How many more may take part: the smaller of `capacity` and the room's capacity, less those who booked and those who
    /// wait. Never below 0. Null when there is no limit, and when the occurrence is cancelled.
    spots_left: Option<i64>,
    /// How many wait for a place.
    waiting_count: i64,
    /// Whether it takes place.
    status: OccurrenceStatus,
    /// Why it was cancelled.
    cancel_reason: Option<String>,
}

impl PublicShape for PublicOccurrence {}

impl From<Row<Occurrence>> for PublicOccurrence {
    fn from(row: Row<Occurrence>) -> Self {
        let takes_place = row.fields.status == OccurrenceStatus::Scheduled;
        let spots_left = row.fields.spots_left().filter(|_| takes_place);
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
        let Occurrence { capacity, waiting_count, status, cancel_reason, .. } = row.fields;
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
            waiting_count,
            status,
            cancel_reason,
        }
    }
}

/// One date of a class, as everyone may see it, with what `embed` names.
#[derive(Debug, Serialize)]
pub struct TimetableOccurrence {
    #[serde(flatten)]
    occurrence: PublicOccurrence,
    #[serde(flatten)]
    embedded: EmbeddedFields,
}

impl Shape for TimetableOccurrence {
    fn name() -> String {
        "TimetableOccurrence".into()
    }

    fn schema() -> Value {
        let says = "One date of a class, as everyone may see it, with what `embed` names.";
        schema::with_fields(says, <PublicOccurrence as Shape>::schema(), &schema::inlined::<EmbeddedFields>())
    }
}

/// The filters of the list, and what it embeds.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PublicScheduleFilter {
    /// Only occurrences that start at this instant or later, or on this date or later. A date is a day in the time zone
    /// of the location that `location_id` or `room_id` names, else in the studio's. The default is now; with `id` or
    /// `updated_since` there is no limit.
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
    /// What to show in each occurrence beside its ids, with commas between them.
    #[param(inline, value_type = Option<Vec<Embed>>, style = Form, explode = false, example = json!(["class", "instructor", "location", "room"]))]
    #[serde(default)]
    embed: Embeds,
}

/// What the document says of it.
pub const LISTING: &str = "The timetable: the occurrences of public classes, the next one first. Without `from` it begins now. A cancelled \
one stays in the list and says so; `spots_left` is how many can still book. With `embed` each occurrence shows its class, \
instructor, location and room as well: all that a timetable needs, in one call.";

/// Lists the occurrences of public classes by their start, the next one first; the cancelled ones say so.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Occurrence, PublicScheduleFilter>,
) -> Result<Page<TimetableOccurrence>, Problem> {
    let PublicScheduleFilter { from, to, class_id, instructor_id, location_id, room_id, status, embed } =
        list.filter.clone();
    let shown_to = Some(ShownTo::Everyone);
    let filter = ScheduleFilter { from, to, class_id, instructor_id, location_id, room_id, status, shown_to };
    let (mut on, now) = (app.db.of(list.studio), app.clock.now());
    let listed = queries::list(on.again(), list.slice(), &filter, now).await?;
    let embedded = Embedded::read(on, embed, &listed.rows).await?;
    let validity = queries::validity(&filter, &listed, now);
    let shown =
        |row: Row<Occurrence>| TimetableOccurrence { embedded: embedded.beside(&row.fields), occurrence: row.into() };
    Ok(list.page_of(listed, shown).true_for(validity))
}
