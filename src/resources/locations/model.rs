//! What a location is.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{
    operation::write::Leaves,
    store::{
        bind::bind_as_word,
        id::{Id, Named},
        row::Resource,
    },
    wire::{
        fields::{Address, ExternalId, Metadata},
        input::input,
        text::{Email, Phone, TimeZone},
    },
};

/// The id of a location.
pub type LocationId = Id<Location>;

/// A place where classes are held: a building with rooms, or a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Your own id of this row, unique among the studio's locations.
    pub external_id: Option<ExternalId>,
    /// Up to 50 pairs of short texts for your own use. Never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// The name that clients see.
    #[schema(min_length = 1, max_length = 120, pattern = r"\S", example = "Alfama")]
    pub name: String,
    /// Physical or online.
    #[serde(default)]
    pub kind: LocationKind,
    /// Where it is.
    pub address: Option<Address>,
    /// The time zone of its local times. When null, the studio's.
    pub time_zone: Option<TimeZone>,
    /// Degrees north, with at most seven decimals (about a centimetre). Only together with `longitude`.
    #[schema(minimum = -90, maximum = 90, example = 38.7109)]
    #[serde(default, deserialize_with = "to_seven_decimals")]
    pub latitude: Option<f64>,
    /// Degrees east, with at most seven decimals. Only together with `latitude`.
    #[schema(minimum = -180, maximum = 180, example = -9.1305)]
    #[serde(default, deserialize_with = "to_seven_decimals")]
    pub longitude: Option<f64>,
    /// The number that clients may call.
    pub phone: Option<Phone>,
    /// The address that clients may write to.
    pub email: Option<Email>,
    /// What clients read about it.
    #[schema(max_length = 10000)]
    pub description: Option<String>,
    /// How to get there, or how to join.
    #[schema(max_length = 5000)]
    pub directions: Option<String>,
    /// Whether it is shown and can be chosen.
    #[serde(default)]
    pub status: PlaceStatus,
}

/// Both engines give seven decimals back as they were; of the sixteenth digit each has its own opinion. Rounded as it
/// is read, so that a position which differs by less is the same one, and no edit.
fn to_seven_decimals<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    // Adding zero takes the sign from a zero.
    let rounded = |degrees: f64| (degrees * 1e7).round() / 1e7 + 0.0;
    Ok(Option::<f64>::deserialize(from)?.map(rounded))
}

/// Physical or online.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LocationKind {
    /// People come to it.
    #[default]
    Physical,
    /// People join from wherever they are.
    Online,
}

/// Whether the location or room is shown and can be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceStatus {
    /// In use.
    #[default]
    Active,
    /// Kept for what took place there; not public.
    Archived,
}

impl Named for Location {
    const PREFIX: &'static str = "loc";
    const NOUN: &'static str = "location";
}

impl Resource for Location {
    const TABLE: &'static str = "locations";
    const JSON: &'static [&'static str] = &["metadata", "address"];
}

impl Leaves for Location {
    const STATUS: &'static str = "archived";
}

input!(Location);
bind_as_word!(LocationKind);
bind_as_word!(PlaceStatus);
