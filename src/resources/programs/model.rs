//! The kind of program.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    resources::{instructors::InstructorId, visibility::Visibility},
    store::{
        bind::bind_as_word,
        id::{Id, Named},
        row::Resource,
    },
    wire::{
        civil::Date,
        fields::{ExternalId, Metadata},
        input::input,
        money::Money,
        text::{Slug, WebAddress},
    },
};

/// The id of a program.
pub type ProgramId = Id<Program>;

/// Classes that are sold together, such as a course, a workshop or a retreat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Yoga for beginners, spring", "slug": "yoga-for-beginners-spring",
    "description": "Eight Thursdays from the first sun salutation on.", "kind": "course", "starts_on": "2026-03-26",
    "ends_on": "2026-05-14", "image_url": "https://studio.example/beginners.jpg", "price": {"amount": 14000,
    "currency": "EUR"}, "capacity": 14,
}))]
pub struct Program {
    /// Your own id of this row, unique among the studio's programs.
    pub external_id: Option<ExternalId>,
    /// Up to 50 pairs of short texts for your own use. Never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// The name that clients see.
    #[schema(min_length = 1, max_length = 120, pattern = r"\S", example = "Yoga for beginners, spring")]
    pub name: String,
    /// The name in URLs, unique among the studio's programs. When absent, it is made from `name`.
    pub slug: Option<Slug>,
    /// What clients read about it.
    #[schema(max_length = 10000)]
    pub description: Option<String>,
    /// What it is.
    #[serde(default)]
    pub kind: ProgramKind,
    /// Its first day.
    pub starts_on: Option<Date>,
    /// Its last day. Not before the first.
    pub ends_on: Option<Date>,
    /// A picture.
    pub image_url: Option<WebAddress>,
    /// Who teaches it, without duplicates.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub instructor_ids: Vec<InstructorId>,
    /// The price of the whole program.
    pub price: Option<Money>,
    /// How many people may take part. No limit when null.
    #[schema(minimum = 1, maximum = 10000, example = 14)]
    pub capacity: Option<i64>,
    /// Who sees it, once it is published.
    #[serde(default)]
    pub visibility: Visibility,
    /// Whether it is shown.
    #[serde(default)]
    pub status: ProgramStatus,
}

/// The kind of program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProgramKind {
    /// Classes that build on each other, with a beginning and an end.
    #[default]
    Course,
    /// Classes of one theme, each complete in itself.
    Series,
    /// A day or two on one subject.
    Workshop,
    /// Days away together.
    Retreat,
}

/// Whether a program is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProgramStatus {
    /// Not yet.
    #[default]
    Draft,
    /// It is.
    Published,
    /// Not any more.
    Archived,
}

impl Named for Program {
    const PREFIX: &'static str = "prg";
    const NOUN: &'static str = "program";
}

impl Resource for Program {
    const TABLE: &'static str = "programs";
    const JSON: &'static [&'static str] = &["metadata", "instructor_ids", "price"];
}

input!(Program, beside "classes", beside "more_classes");
bind_as_word!(ProgramKind);
bind_as_word!(ProgramStatus);
