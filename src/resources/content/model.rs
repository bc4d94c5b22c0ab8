//! What a piece of content is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    input,
    resources::{instructors::InstructorId, plans::PlanId, programs::ProgramId},
    store::{
        bind::bind_as_word,
        id::{Id, Named},
        instant::Instant,
        row::Resource,
    },
    wire::{
        fields::{ExternalId, Metadata, Tag},
        text::WebAddress,
    },
};

/// The id of a piece of content.
pub type ContentId = Id<Content>;

/// Something to watch, to hear or to read at any time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Ten minutes for your neck", "description": "For the tram, the desk, and the evening after both.", "kind": "video",
    "media_url": "https://media.studio.example/neck.mp4", "thumbnail_url": "https://studio.example/neck.jpg", "duration_seconds": 612,
    "tags": ["Mobility"], "access": "members", "status": "published", "published_at": "2026-03-01T09:00:00.000000Z",
}))]
pub struct Content {
    /// Your own id of this row, unique among the studio's content.
    pub external_id: Option<ExternalId>,
    /// Up to 50 pairs of short texts for your own use; never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// The title that clients see.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub title: String,
    /// What clients read about it, or of an article perhaps the whole.
    #[schema(max_length = 10000)]
    pub description: Option<String>,
    /// What it is; a video when absent.
    #[serde(default)]
    pub kind: ContentKind,
    /// Where it is to be had. Public only where `access` is.
    pub media_url: Option<WebAddress>,
    /// A picture of it.
    pub thumbnail_url: Option<WebAddress>,
    /// How long it takes, up to a week.
    #[schema(minimum = 1, maximum = 604_800)]
    pub duration_seconds: Option<i64>,
    /// Who is to be seen or heard, or has written it.
    pub instructor_id: Option<InstructorId>,
    /// The program that it belongs to.
    pub program_id: Option<ProgramId>,
    /// What it is about.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub tags: Vec<Tag>,
    /// Whom it is for; everyone when absent. Websites show what is for everyone, and nothing else.
    #[serde(default)]
    pub access: Access,
    /// The plans whose members it is for, each named once: at least one where `access` is `plans`, none otherwise. A
    /// change of `access` alone to something else clears them.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub plan_ids: Vec<PlanId>,
    /// Whether it is shown; a draft when absent.
    #[serde(default)]
    pub status: ContentStatus,
    /// The instant from which it is shown, once its status is `published`; the time of its first publication when
    /// absent. A later one keeps it back until then.
    pub published_at: Option<Instant>,
}

/// What a piece of content is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// To watch.
    #[default]
    Video,
    /// To hear.
    Audio,
    /// To read.
    Article,
    /// Several in a row, kept elsewhere.
    Playlist,
}

/// Whom content is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Everyone.
    #[default]
    Public,
    /// Members.
    Members,
    /// Members who have one of the plans.
    Plans,
}

/// Whether content is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentStatus {
    /// Not yet.
    #[default]
    Draft,
    /// It is, from `published_at` on.
    Published,
    /// Not any more.
    Archived,
}

impl Named for Content {
    const PREFIX: &'static str = "cnt";
    const NOUN: &'static str = "content";
}

impl Resource for Content {
    const TABLE: &'static str = "content";
    const JSON: &'static [&'static str] = &["metadata", "tags", "plan_ids"];
}

input!(Content);
bind_as_word!(ContentKind);
bind_as_word!(Access);
bind_as_word!(ContentStatus);
