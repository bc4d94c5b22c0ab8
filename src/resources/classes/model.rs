//! What a class is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::recurrence::Recurrence;
use crate::{
    operation::write::Leaves,
    resources::{
        instructors::InstructorId,
        locations::{LocationId, rooms::RoomId},
        programs::ProgramId,
        visibility::Visibility,
    },
    store::{
        bind::bind_as_word,
        id::{Id, Named},
        row::Resource,
    },
    wire::{
        fields::{ExternalId, Metadata, Tag},
        input::input,
        money::Money,
        text::WebAddress,
    },
};

/// The id of a class.
pub type ClassId = Id<Class>;

/// A class: what is taught, by whom, where and when. Its occurrences are created from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Morning Vinyasa", "description": "A steady flow to begin the day with.", "level": "all", "tags": ["Vinyasa"],
    "duration_minutes": 75, "capacity": 18, "price": {"amount": 1800, "currency": "EUR"},
    "recurrence": {"starts_on": "2026-01-05", "weekly": [{"weekday": "tuesday", "start_time": "07:30"}]},
}))]
pub struct Class {
    /// Your own id of this row, unique among the studio's classes.
    pub external_id: Option<ExternalId>,
    /// Up to 50 pairs of short texts for your own use. Never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// The name that clients see.
    #[schema(min_length = 1, max_length = 120, pattern = r"\S", example = "Morning Vinyasa")]
    pub name: String,
    /// What clients read about it.
    #[schema(max_length = 10000)]
    pub description: Option<String>,
    /// The program it belongs to.
    pub program_id: Option<ProgramId>,
    /// Who teaches it.
    pub instructor_id: Option<InstructorId>,
    /// Where it takes place. If only a room is given, the room's location.
    pub location_id: Option<LocationId>,
    /// The room. It must be in the location.
    pub room_id: Option<RoomId>,
    /// For whom it is.
    #[serde(default)]
    pub level: Level,
    /// What it is about.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub tags: Vec<Tag>,
    /// A picture.
    pub image_url: Option<WebAddress>,
    /// How long it lasts.
    #[schema(minimum = 5, maximum = 720, example = 75)]
    pub duration_minutes: i64,
    /// How many people may take part. No limit when null.
    #[schema(minimum = 1, maximum = 10000, example = 18)]
    pub capacity: Option<i64>,
    /// The price of one visit.
    pub price: Option<Money>,
    /// Who sees it.
    #[serde(default)]
    pub visibility: Visibility,
    /// When it can be booked.
    pub booking_window: Option<BookingWindow>,
    /// When it takes place.
    pub recurrence: Recurrence,
    /// Whether it still takes place.
    #[serde(default)]
    #[schema(read_only)]
    pub status: ClassStatus,
}

/// The level of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words of the trade")]
pub enum Level {
    #[default]
    All,
    Beginner,
    Intermediate,
    Advanced,
}

/// When an occurrence can be booked, counted back from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingWindow {
    /// How many minutes before the start booking opens. When null, as soon as the occurrence exists.
    #[schema(minimum = 0, maximum = 525_600, example = 20160)]
    pub opens_minutes_before: Option<i64>,
    /// How many minutes before the start booking closes. When null, at the start.
    #[schema(minimum = 0, maximum = 525_600, example = 30)]
    pub closes_minutes_before: Option<i64>,
}

/// Whether a class still takes place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassStatus {
    /// It does.
    #[default]
    Active,
    /// It does not any more; what took place is kept.
    Cancelled,
}

impl Named for Class {
    const PREFIX: &'static str = "cls";
    const NOUN: &'static str = "class";
}

impl Resource for Class {
    const TABLE: &'static str = "classes";
    const JSON: &'static [&'static str] = &["metadata", "tags", "price", "booking_window", "recurrence"];
}

impl Leaves for Class {
    const STATUS: &'static str = "cancelled";
}

input!(Class);
bind_as_word!(ClassStatus);
bind_as_word!(Level);
