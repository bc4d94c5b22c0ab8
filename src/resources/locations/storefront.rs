//! What a studio's websites show of locations: those in use, with their rooms.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    model::{Location, LocationId, LocationKind, PlaceStatus},
    rooms::{self, Room, RoomId},
};
use crate::{
    access::caller::Caller,
    app::App,
    endpoint::PublicShape,
    store::row::{self, Row},
    wire::{
        fields::{Address, Tag},
        page::{Asked, Page},
        problem::Problem,
        text::{Email, Phone, TimeZone},
    },
};

/// A location, as everyone may see.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicLocation {
    /// The id.
    id: LocationId,
    /// The name.
    name: String,
    /// Whether people come to it.
    kind: LocationKind,
    /// Where it is.
    address: Option<Address>,
    /// The zone of its local times; the studio's when null.
    time_zone: Option<TimeZone>,
    /// Degrees north.
    latitude: Option<f64>,
    /// Degrees east.
    longitude: Option<f64>,
    /// The number to call.
    phone: Option<Phone>,
    /// The address to write to.
    email: Option<Email>,
    /// What there is to read about it.
    description: Option<String>,
    /// How to get there, or how to join.
    directions: Option<String>,
    /// Its rooms.
    rooms: Vec<PublicRoom>,
}

/// A room, as everyone may see.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicRoom {
    /// The id.
    id: RoomId,
    /// The name.
    name: String,
    /// How many people fit.
    capacity: Option<i64>,
    /// What is in it.
    amenities: Vec<Tag>,
}

impl PublicShape for PublicLocation {}

impl PublicLocation {
    fn new(row: Row<Location>, rooms: &[Row<Room>]) -> Self {
        let Location {
            name, kind, address, time_zone, latitude, longitude, phone, email, description, directions, ..
        } = row.fields;
        let id = row.id;
        let rooms = rooms.iter().filter(|room| room.fields.location_id == Some(id)).map(PublicRoom::from).collect();
        Self { id, name, kind, address, time_zone, latitude, longitude, phone, email, description, directions, rooms }
    }
}

impl From<&Row<Room>> for PublicRoom {
    fn from(row: &Row<Room>) -> Self {
        let Room { name, capacity, amenities, .. } = row.fields.clone();
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

/// Lists the locations in use, oldest first.
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    asked: Asked<Location, PublicLocationFilter>,
) -> Result<Page<PublicLocation>, Problem> {
    let kind = asked.filter.kind;
    let rows = row::list(app.db.read(), caller.studio(), asked.slice(), |query| {
        query.filter("status =", Some(PlaceStatus::Active)).filter("kind =", kind)
    })
    .await?;
    let rooms = match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => rooms::active_between(app.db.read(), caller.studio(), first.id, last.id).await?,
        _ => Vec::new(),
    };
    Ok(asked.page_of(rows, |row| PublicLocation::new(row, &rooms)))
}
