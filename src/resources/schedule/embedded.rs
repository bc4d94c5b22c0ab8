//! What a timetable shows beside its occurrences: the class, who teaches it, and where. The Storefront's schedule asks for those
//! that `embed` names: one more query for each, and one for the location of a room, however many occurrences the page has.
//!
//! Promises that nothing is embedded which the Storefront's own lists would not show.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, de::IntoDeserializer};
use utoipa::ToSchema;

use super::model::Occurrence;
use crate::{
    resources::{
        classes::{Class, ClassStatus, storefront::PublicClass},
        instructors::{Instructor, InstructorStatus, storefront::PublicInstructor},
        locations::{
            Location, LocationId, PlaceStatus,
            rooms::Room,
            storefront::{LocationWithoutRooms, PublicRoom},
        },
        visibility::Visibility,
    },
    store::{
        error::StoreError,
        id::Id,
        row::{self, Resource, Row},
        studio::StudioOn,
    },
};

/// What may be embedded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Embed {
    /// The class.
    Class,
    /// Who teaches it.
    Instructor,
    /// Where it takes place.
    Location,
    /// The room.
    Room,
}

/// Those that a request names, with commas between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Embeds(Vec<Embed>);

impl Embeds {
    fn contain(&self, embed: Embed) -> bool {
        self.0.contains(&embed)
    }
}

impl<'de> Deserialize<'de> for Embeds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        let names = text.split(',').filter(|name| !name.is_empty());
        names.map(|name| Embed::deserialize(name.into_deserializer())).collect::<Result<_, _>>().map(Self)
    }
}

/// The fields that `embed` adds. What was not asked for is absent; what is not public is null.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::option_option, reason = "a field is absent, null, or there")]
pub(super) struct EmbeddedFields {
    /// The class, with `embed=class`. Null when it takes place no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PublicClass>)]
    class: Option<Option<Arc<PublicClass>>>,
    /// Who teaches it, with `embed=instructor`. Null when nobody is named, or they are not active.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PublicInstructor>)]
    instructor: Option<Option<Arc<PublicInstructor>>>,
    /// Where it takes place, with `embed=location`. Null when none is named, or it is not active.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LocationWithoutRooms>)]
    location: Option<Option<Arc<LocationWithoutRooms>>>,
    /// The room, with `embed=room`. Null when none is named, or it or its location is not active.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PublicRoom>)]
    room: Option<Option<Arc<PublicRoom>>>,
}

/// What is embedded in a page.
pub(super) struct Embedded {
    embeds: Embeds,
    classes: HashMap<Id<Class>, Arc<PublicClass>>,
    instructors: HashMap<Id<Instructor>, Arc<PublicInstructor>>,
    locations: HashMap<LocationId, Arc<LocationWithoutRooms>>,
    rooms: HashMap<Id<Room>, Arc<PublicRoom>>,
}

impl Embedded {
    /// Reads what these occurrences name.
    pub(super) async fn read(
        mut on: StudioOn<'_>,
        embeds: Embeds,
        rows: &[Row<Occurrence>],
    ) -> Result<Self, StoreError> {
        let of = |embed| {
            let rows = if embeds.contain(embed) { rows } else { &[] };
            rows.iter().map(|row| &row.fields)
        };
        let classes = found(on.again(), of(Embed::Class).map(|occurrence| occurrence.class_id)).await?;
        let instructors =
            found(on.again(), of(Embed::Instructor).filter_map(|occurrence| occurrence.instructor_id)).await?;
        let rooms = found(on.again(), of(Embed::Room).filter_map(|occurrence| occurrence.room_id)).await?;
        // A room is shown with its location.
        let of_rooms = rooms.iter().filter_map(|room: &Row<Room>| room.fields.location_id);
        let locations = of(Embed::Location).filter_map(|occurrence| occurrence.location_id).chain(of_rooms);
        let locations =
            shown(found(on, locations).await?, |location: &Location| location.status == PlaceStatus::Active);
        let classes = shown(classes, |class: &Class| {
            class.status == ClassStatus::Active && class.visibility == Visibility::Public
        });
        let instructors = shown(instructors, |instructor: &Instructor| instructor.status == InstructorStatus::Active);
        let rooms = shown(rooms, |room: &Room| {
            let is_open = room.location_id.is_some_and(|location| locations.contains_key(&location));
            room.status == PlaceStatus::Active && is_open
        });
        Ok(Self { embeds, classes, instructors, locations, rooms })
    }

    /// What of it stands beside an occurrence.
    pub(super) fn beside(&self, occurrence: &Occurrence) -> EmbeddedFields {
        let asked = |embed| self.embeds.contain(embed).then_some(());
        let Occurrence { class_id, instructor_id, location_id, room_id, .. } = occurrence;
        EmbeddedFields {
            class: asked(Embed::Class).map(|()| self.classes.get(class_id).cloned()),
            instructor: asked(Embed::Instructor).map(|()| self.instructors.get(instructor_id.as_ref()?).cloned()),
            location: asked(Embed::Location).map(|()| self.locations.get(location_id.as_ref()?).cloned()),
            room: asked(Embed::Room).map(|()| self.rooms.get(room_id.as_ref()?).cloned()),
        }
    }
}

/// The rows with these ids, which may come more than once.
async fn found<T: Resource>(on: StudioOn<'_>, ids: impl Iterator<Item = Id<T>>) -> Result<Vec<Row<T>>, StoreError> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    row::find_all(on, &ids).await
}

/// Those that everyone may see, in the shape for everyone.
fn shown<T: Resource, P: From<Row<T>>>(rows: Vec<Row<T>>, is_public: impl Fn(&T) -> bool) -> HashMap<Id<T>, Arc<P>> {
    let public = rows.into_iter().filter(|row| is_public(&row.fields));
    public.map(|row| (row.id, Arc::new(P::from(row)))).collect()
}
