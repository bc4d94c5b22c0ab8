//! What an occurrence is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    resources::{
        classes::ClassId,
        instructors::InstructorId,
        locations::{LocationId, rooms::RoomId},
    },
    store::{
        bind::bind_as_word,
        db::Statement,
        id::{Id, Named},
        instant::Instant,
        row::{Resource, Row},
    },
    wire::{
        fields::{ExternalId, Metadata},
        input::input,
        text::TimeZone,
    },
};

/// Why an occurrence does not take place that its class does not plan any more.
pub const NOT_PLANNED: &str = "The class is not planned at this time any more.";
/// Why an occurrence of a cancelled class does not take place.
pub const CLASS_CANCELLED: &str = "The class was cancelled.";

/// The id of an occurrence.
pub type OccurrenceId = Id<Occurrence>;

/// One date of a class. It is created from the class and can be changed on its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "starts_at": "2026-12-01T18:00:00.000000Z", "ends_at": "2026-12-01T19:15:00.000000Z", "capacity": 18, "status": "scheduled",
}))]
pub struct Occurrence {
    /// Your own id of this row, unique among the studio's occurrences.
    pub external_id: Option<ExternalId>,
    /// Up to 50 pairs of short texts for your own use. Never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// The class it belongs to.
    #[schema(read_only)]
    pub class_id: ClassId,
    /// The start that the class plans for this occurrence, in the class's time zone, even if the occurrence was moved.
    /// When the class changes, it moves within its week.
    #[schema(read_only, example = "2026-12-01T18:00")]
    pub planned_start: String,
    /// When it begins.
    pub starts_at: Instant,
    /// When it ends. If only `starts_at` is changed, it moves by the same time.
    pub ends_at: Instant,
    /// When it begins, in `time_zone`.
    #[schema(read_only, example = "2026-12-01T18:00")]
    pub local_start: String,
    /// The time zone of `local_start`: its location's, else the studio's.
    #[schema(read_only)]
    pub time_zone: TimeZone,
    /// Who teaches it: the class's instructor, or a substitute.
    pub instructor_id: Option<InstructorId>,
    /// Where it takes place.
    pub location_id: Option<LocationId>,
    /// The room. It must be in the location.
    pub room_id: Option<RoomId>,
    /// How many may take part, before the room's own capacity is considered: see `effective_capacity`.
    #[schema(minimum = 1, maximum = 10000)]
    pub capacity: Option<i64>,
    /// How many have booked.
    #[schema(read_only, minimum = 0)]
    pub booked_count: i64,
    /// How many wait for a place.
    #[serde(default)]
    #[schema(read_only, minimum = 0)]
    pub waiting_count: i64,
    /// Whether it takes place.
    #[serde(default)]
    pub status: OccurrenceStatus,
    /// Why it was cancelled. Public: the studio's websites show it.
    #[schema(max_length = 500)]
    pub cancel_reason: Option<String>,
    /// A note for the studio's own use; never public.
    #[schema(max_length = 2000)]
    pub note: Option<String>,
    /// The fields in which it differs from its class's plan: because somebody changed them, because it stayed as it was
    /// when the class changed, because its room or instructor was taken when it was created, or because the class
    /// cancelled it. An occurrence that nobody booked and that has none of them follows its class. So does one that is
    /// set back to the class's plan.
    #[schema(read_only)]
    pub overridden: Vec<String>,
    /// How many may really take part: the smaller of `capacity` and the room's capacity. No limit when null.
    #[serde(default)]
    #[schema(read_only, minimum = 1)]
    pub effective_capacity: Option<i64>,
}

/// Whether the occurrence takes place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OccurrenceStatus {
    /// It does.
    #[default]
    Scheduled,
    /// It does not.
    Cancelled,
}

impl Named for Occurrence {
    const PREFIX: &'static str = "occ";
    const NOUN: &'static str = "occurrence";
}

impl Resource for Occurrence {
    const TABLE: &'static str = "occurrences";
    const JSON: &'static [&'static str] = &["metadata", "overridden"];
    const COMPUTED: &'static [&'static str] = &["effective_capacity"];
    const ORDER: &'static str = "starts_at, id";

    fn place(row: &Row<Self>) -> String {
        format!("{} {}", row.fields.starts_at, row.id)
    }

    fn after<'c>(statement: Statement<'c>, place: &str) -> Option<Statement<'c>> {
        let (starts_at, id) = place.split_once(' ')?;
        Some(statement.after(["starts_at", "id"], starts_at.parse::<Instant>().ok()?, id.parse::<OccurrenceId>().ok()?))
    }
}

input!(Occurrence);
bind_as_word!(OccurrenceStatus);

impl Occurrence {
    /// Whether somebody has booked it, or waits for a place.
    pub fn is_booked(&self) -> bool {
        self.booked_count > 0 || self.waiting_count > 0
    }

    /// How many more may take part, when those who wait have had their turn; no limit when `None`.
    pub fn spots_left(&self) -> Option<i64> {
        self.effective_capacity.map(|capacity| (capacity - self.booked_count - self.waiting_count).max(0))
    }

    /// Whether it takes place, and has not begun.
    pub fn is_to_come(&self, now: Instant) -> bool {
        self.status == OccurrenceStatus::Scheduled && self.starts_at > now
    }

    /// Whether it takes place otherwise than another version of it: at another time or place, with another instructor, for
    /// more or fewer people, or not at all. What a studio notes for itself is no part of that.
    pub fn takes_place_otherwise(&self, other: &Self) -> bool {
        let times = |it: &Self| (it.starts_at, it.ends_at);
        let places = |it: &Self| (it.instructor_id, it.location_id, it.room_id, it.capacity);
        let is_on = (self.status, &self.cancel_reason) == (other.status, &other.cancel_reason);
        times(self) != times(other) || places(self) != places(other) || !is_on
    }

    /// Whether somebody has edited it, as far as the row itself shows: it differs from its class, and not because the class
    /// cancelled it, nor because its room or its instructor was taken. For rows that come from elsewhere, without their
    /// mark.
    pub fn seems_edited(&self) -> bool {
        let by_its_class = [NOT_PLANNED, CLASS_CANCELLED];
        let is_called_off = self.status == OccurrenceStatus::Cancelled
            && self.cancel_reason.as_deref().is_some_and(|reason| by_its_class.contains(&reason));
        let differs = self.status == OccurrenceStatus::Cancelled || self.overridden.len() > self.gave_way().len();
        differs && !is_called_off
    }

    /// What one that nobody edited lacks of its class, because it was taken.
    pub fn gave_way(&self) -> Vec<String> {
        let is_taken = |field: &&String| match field.as_str() {
            "room_id" => self.room_id.is_none(),
            "instructor_id" => self.instructor_id.is_none(),
            _ => false,
        };
        self.overridden.iter().filter(is_taken).cloned().collect()
    }

    /// Whether the two would be at one place, or with one instructor, at one time.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }
}
