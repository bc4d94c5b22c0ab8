//! The kind of content.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    resources::{instructors::InstructorId, plans::PlanId, programs::ProgramId},
    store::{
        bind::bind_as_word,
        id::{Id, Named},
        instant::Instant,
        row::Resource,
    },
    wire::{
        fields::{ExternalId, Metadata, Tag},
        input::input,
        text::WebAddress,
    },
};

/// The id of a piece of content.
pub type ContentId = Id<Content>;

/// On-demand content: something to watch, listen to or read.
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
    /// Up to 50 pairs of short texts for your own use. Never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// The title that clients see.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub title: String,
    /// What clients read about it. For an article it may be the whole text.
    #[schema(max_length = 10000)]
    pub description: Option<String>,
    /// The kind of content. The default is `video`.
    #[serde(default)]
    pub kind: ContentKind,
    /// Where the media is. Public only if `access` is `public`.
    pub media_url: Option<WebAddress>,
    /// A picture of it.
    pub thumbnail_url: Option<WebAddress>,
    /// How long it lasts, at most a week.
    #[schema(minimum = 1, maximum = 604_800)]
    pub duration_seconds: Option<i64>,
    /// Who teaches or wrote it.
    pub instructor_id: Option<InstructorId>,
    /// The program it belongs to.
    pub program_id: Option<ProgramId>,
    /// What it is about.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub tags: Vec<Tag>,
    /// Who may use it. The default is everyone. Websites show only content for everyone.
    #[serde(default)]
    pub access: ContentAccess,
    /// The plans whose members may use it, without duplicates. At least one if `access` is `plans`, none otherwise.
    /// Changing only `access` to something else clears them.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub plan_ids: Vec<PlanId>,
    /// Whether it is shown. The default is `draft`.
    #[serde(default)]
    pub status: ContentStatus,
    /// The instant from which it is shown, once its status is `published`. The default is the time of its first
    /// publication. A future instant hides it until then.
    pub published_at: Option<Instant>,
}

/// The kind of content.
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

/// Who may use the content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentAccess {
    /// Everyone.
    #[default]
    Public,
    /// Members.
    Members,
    /// Members who have one of the plans.
    Plans,
}

/// Whether the content is shown.
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
bind_as_word!(ContentAccess);
bind_as_word!(ContentStatus);
