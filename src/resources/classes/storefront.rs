//! What a studio's websites show of classes: the public ones that still take place.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    model::{BookingWindow, Class, ClassId, ClassStatus, Level},
    queries::{self, ClassFilter},
    recurrence::Recurrence,
};
use crate::{
    operation::{app::App, describe::PublicShape, list::ListQuery},
    resources::{
        instructors::InstructorId,
        locations::{LocationId, rooms::RoomId},
        programs::ProgramId,
        visibility::Visibility,
    },
    store::row::Row,
    wire::{fields::Tag, money::Money, page::Page, problem::Problem, text::WebAddress},
};

/// A class, as everyone may see.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "cls_01jdc9x0aetqt8q3yv0gcm1v5k", "name": "Morning Vinyasa",
    "description": "A steady flow to begin the day with.", "program_id": null,
    "instructor_id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k", "location_id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k",
    "room_id": "room_01jdc9x0aetqt8q3yv0gcm1v5k", "level": "all", "tags": ["Vinyasa", "Morning"],
    "image_url": "https://studio.example/morning-vinyasa.jpg", "duration_minutes": 75, "capacity": 18,
    "price": {"amount": 1800, "currency": "EUR"}, "booking_window": {"opens_minutes_before": 20160,
    "closes_minutes_before": 30}, "recurrence": {"starts_on": "2026-01-05", "ends_on": null,
    "weekly": [{"weekday": "tuesday", "start_time": "07:30"}], "every_weeks": 1, "except_on": [], "dates": []},
}))]
pub struct PublicClass {
    /// The id.
    id: ClassId,
    /// The name.
    name: String,
    /// What clients read about it.
    description: Option<String>,
    /// The program it belongs to. It can be listed only while it is published and public.
    program_id: Option<ProgramId>,
    /// Who teaches it. They can be listed only while active.
    instructor_id: Option<InstructorId>,
    /// Where it takes place. It can be listed only while active.
    location_id: Option<LocationId>,
    /// The room. It is listed with its location only while active.
    room_id: Option<RoomId>,
    /// For whom it is.
    level: Level,
    /// What it is about.
    tags: Vec<Tag>,
    /// A picture.
    image_url: Option<WebAddress>,
    /// How long it lasts.
    duration_minutes: i64,
    /// How many people may take part. No limit when null.
    capacity: Option<i64>,
    /// The price of one visit.
    price: Option<Money>,
    /// When it can be booked.
    booking_window: Option<BookingWindow>,
    /// When it takes place.
    recurrence: Recurrence,
}

impl PublicShape for PublicClass {}

impl From<Row<Class>> for PublicClass {
    fn from(row: Row<Class>) -> Self {
        let class = row.fields;
        Self {
            id: row.id,
            name: class.name,
            description: class.description,
            program_id: class.program_id,
            instructor_id: class.instructor_id,
            location_id: class.location_id,
            room_id: class.room_id,
            level: class.level,
            tags: class.tags,
            image_url: class.image_url,
            duration_minutes: class.duration_minutes,
            capacity: class.capacity,
            price: class.price,
            booking_window: class.booking_window,
            recurrence: class.recurrence,
        }
    }
}

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PublicClassFilter {
    /// Only classes at this location.
    #[param(inline)]
    location_id: Option<LocationId>,
    /// Only classes of this instructor.
    #[param(inline)]
    instructor_id: Option<InstructorId>,
    /// Only classes of this program.
    #[param(inline)]
    program_id: Option<ProgramId>,
    /// Only classes of this level.
    #[param(inline)]
    level: Option<Level>,
}

/// What the document says of it.
pub const LISTING: &str = "The public classes that still take place, oldest first: what is taught, by whom, where and how often. When each \
takes place next is in the schedule, where `class_id` leads back here.";

/// Lists the public classes, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Class, PublicClassFilter>,
) -> Result<Page<PublicClass>, Problem> {
    let PublicClassFilter { location_id, instructor_id, program_id, level } = list.filter;
    let (status, visibility) = (Some(ClassStatus::Active), Some(Visibility::Public));
    let filter =
        ClassFilter { status, instructor_id, location_id, program_id, level, visibility, ..ClassFilter::default() };
    let rows = queries::list(app.db.of(list.studio), list.slice(), &filter).await?;
    Ok(list.page_of(rows, PublicClass::from))
}
