//! What a studio's websites show of locations: those in use, with their rooms.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    model::{Location, LocationId, LocationKind, PlaceStatus},
    queries::{self, LocationFilter},
    rooms::{self, Room, RoomId, RoomOf},
};
use crate::{
    operation::{app::App, describe::Shape, list::ListQuery},
    store::row::Row,
    wire::{
        fields::{Address, Tag},
        page::Page,
        problem::Problem,
        schema,
        text::{Email, Phone, TimeZone},
    },
};

/// A location without its rooms, as everyone may see.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k", "name": "Alfama", "kind": "physical",
    "address": {"line1": "Rua da Rosa 12", "line2": null, "city": "Lisboa", "region": null, "postal_code": "1200-386",
    "country": "PT"}, "time_zone": "Europe/Lisbon", "latitude": 38.7109, "longitude": -9.1305,
    "phone": "+351 21 000 0000", "email": "alfama@studio.example", "description": "Two rooms above the old bakery.",
    "directions": "Tram 28 stops at the door.",
}))]
pub struct LocationWithoutRooms {
    /// The id.
    id: LocationId,
    /// The name.
    name: String,
    /// Physical or online.
    kind: LocationKind,
    /// Where it is.
    address: Option<Address>,
    /// The time zone of its local times. When null, the studio's.
    time_zone: Option<TimeZone>,
    /// Degrees north.
    latitude: Option<f64>,
    /// Degrees east.
    longitude: Option<f64>,
    /// The number to call.
    phone: Option<Phone>,
    /// The address to write to.
    email: Option<Email>,
    /// What clients read about it.
    description: Option<String>,
    /// How to get there, or how to join.
    directions: Option<String>,
}

/// A location, as everyone may see.
#[derive(Debug, Serialize)]
pub struct PublicLocation {
    #[serde(flatten)]
    place: LocationWithoutRooms,
    #[serde(flatten)]
    rooms: RoomsOfLocation,
}

/// The rooms of a location.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"rooms": [{"id": "room_01jdc9x0aetqt8q3yv0gcm1v5k", "name": "Garden room", "capacity": 18,
    "amenities": ["Mats", "Showers"]}], "more_rooms": false}))]
struct RoomsOfLocation {
    /// Its rooms, oldest first: at most 100.
    #[schema(max_items = 100)]
    rooms: Vec<PublicRoom>,
    /// Whether it has more rooms than these.
    more_rooms: bool,
}

/// Rooms that are shown of one location at the most.
const ROOMS: usize = 100;

/// A room, as everyone may see.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "room_01jdc9x0aetqt8q3yv0gcm1v5k", "name": "Garden room", "capacity": 18, "amenities": ["Mats", "Showers"],
}))]
pub struct PublicRoom {
    /// The id.
    id: RoomId,
    /// The name.
    name: String,
    /// How many people fit in.
    capacity: Option<i64>,
    /// Its equipment.
    amenities: Vec<Tag>,
}

impl Shape for PublicLocation {
    fn name() -> String {
        "PublicLocation".into()
    }

    fn schema() -> Value {
        let place = schema::inlined::<LocationWithoutRooms>();
        schema::for_answer(schema::with_fields(
            "A location, as everyone may see.",
            place,
            &schema::inlined::<RoomsOfLocation>(),
        ))
    }
}

impl PublicLocation {
    fn new(row: Row<Location>, rooms: &[RoomOf]) -> Self {
        let mut rooms: Vec<_> = rooms.iter().filter(|room| room.location_id == row.id).map(PublicRoom::from).collect();
        rooms.sort_by_key(|room| room.id);
        let more_rooms = rooms.len() > ROOMS;
        rooms.truncate(ROOMS);
        Self { place: row.into(), rooms: RoomsOfLocation { rooms, more_rooms } }
    }
}

impl From<Row<Location>> for LocationWithoutRooms {
    fn from(row: Row<Location>) -> Self {
        let Location {
            name, kind, address, time_zone, latitude, longitude, phone, email, description, directions, ..
        } = row.fields;
        let id = row.id;
        Self { id, name, kind, address, time_zone, latitude, longitude, phone, email, description, directions }
    }
}

impl From<&RoomOf> for PublicRoom {
    fn from(room: &RoomOf) -> Self {
        let RoomOf { id, name, capacity, amenities, .. } = room.clone();
        Self { id, name, capacity, amenities }
    }
}

impl From<Row<Room>> for PublicRoom {
    fn from(row: Row<Room>) -> Self {
        let Room { name, capacity, amenities, .. } = row.fields;
        Self { id: row.id, name, capacity, amenities }
    }
}

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PublicLocationFilter {
    /// Only locations of this kind.
    #[param(inline)]
    kind: Option<LocationKind>,
}

/// What the document says of it.
pub const LISTING: &str =
    "The locations in use with their rooms, oldest first: addresses, coordinates for a map, and how to get there.";

/// Lists the locations in use, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Location, PublicLocationFilter>,
) -> Result<Page<PublicLocation>, Problem> {
    let filter = LocationFilter { status: Some(PlaceStatus::Active), kind: list.filter.kind, q: None };
    let listed = queries::list(app.db.of(list.studio), list.slice(), &filter).await?;
    let ids: Vec<_> = listed.rows.iter().map(|row| row.id).collect();
    let rooms = rooms::active_in(app.db.of(list.studio), &ids, ROOMS + 1).await?;
    Ok(list.page_of(listed, |row| PublicLocation::new(row, &rooms)))
}
