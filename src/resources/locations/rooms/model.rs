//! What a room is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    operation::write::Leaves,
    resources::locations::{LocationId, PlaceStatus},
    store::{
        id::{Id, Named},
        row::Resource,
    },
    wire::{
        fields::{ExternalId, Metadata, Tag},
        input::input,
    },
};

/// The id of a room.
pub type RoomId = Id<Room>;

/// A room inside a location.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// The location it is in: the one in the path.
    #[schema(read_only, value_type = LocationId)]
    pub location_id: Option<LocationId>,
    /// Your own id of this row, unique among the studio's rooms.
    pub external_id: Option<ExternalId>,
    /// Up to 50 pairs of short texts for your own use. Never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// The name that clients see.
    #[schema(min_length = 1, max_length = 120, pattern = r"\S", example = "Garden room")]
    pub name: String,
    /// How many people fit in.
    #[schema(minimum = 1, maximum = 10000)]
    pub capacity: Option<i64>,
    /// Its equipment.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub amenities: Vec<Tag>,
    /// Whether it is shown and can be chosen.
    #[serde(default)]
    pub status: PlaceStatus,
}

impl Named for Room {
    const PREFIX: &'static str = "room";
    const NOUN: &'static str = "room";
}

impl Resource for Room {
    const TABLE: &'static str = "rooms";
    const JSON: &'static [&'static str] = &["metadata", "amenities"];
}

impl Leaves for Room {
    const STATUS: &'static str = "archived";
}

input!(Room);
