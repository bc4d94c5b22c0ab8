//! What an instructor is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    store::{
        id::{Id, Named},
        row::Resource,
    },
    wire::{
        fields::{ExternalId, Links, Metadata, Tag},
        input::input,
        text::{Email, Phone, Slug, WebAddress},
    },
};

/// The id of an instructor.
pub type InstructorId = Id<Instructor>;

/// A person who teaches at the studio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Instructor {
    /// Your own id of this row, unique among the studio's instructors.
    pub external_id: Option<ExternalId>,
    /// Up to 50 pairs of short texts for your own use. Never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// The name that clients see.
    #[schema(min_length = 1, max_length = 120, pattern = r"\S", example = "Anna Berg")]
    pub display_name: String,
    /// The first name. Never public.
    #[schema(max_length = 120, example = "Anna")]
    pub first_name: Option<String>,
    /// The last name. Never public.
    #[schema(max_length = 120, example = "Berg")]
    pub last_name: Option<String>,
    /// The name in URLs, unique among the studio's instructors. When absent, it is made from `display_name`.
    pub slug: Option<Slug>,
    /// What clients read about the instructor.
    #[schema(max_length = 10000)]
    pub bio: Option<String>,
    /// A portrait.
    pub photo_url: Option<WebAddress>,
    /// For the studio only. Never public.
    pub email: Option<Email>,
    /// For the studio only. Never public.
    pub phone: Option<Phone>,
    /// What the instructor teaches.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub specialties: Vec<Tag>,
    /// Links to other pages, by name.
    #[serde(default)]
    pub links: Links,
    /// Whether the instructor is shown and can be chosen.
    #[serde(default)]
    pub status: InstructorStatus,
    /// The position in lists that websites show. Lower comes first.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub position: i64,
}

/// Whether the instructor is shown and can be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstructorStatus {
    /// Teaches here.
    #[default]
    Active,
    /// Does not, for now or any more; not public.
    Inactive,
}

impl Named for Instructor {
    const PREFIX: &'static str = "ins";
    const NOUN: &'static str = "instructor";
}

impl Resource for Instructor {
    const TABLE: &'static str = "instructors";
    const JSON: &'static [&'static str] = &["metadata", "specialties", "links"];
}

input!(Instructor);

crate::store::bind::bind_as_word!(InstructorStatus);
