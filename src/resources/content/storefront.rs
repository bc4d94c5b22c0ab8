//! What a studio's websites show of content: what is published, and for everyone. What is for members alone is not
//! there at all, not even by its title: a studio has not made that public.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    model::{Content, ContentAccess, ContentId, ContentKind, ContentStatus},
    queries::{self, ContentFilter},
};
use crate::{
    operation::{app::App, describe::PublicShape, list::ListQuery},
    resources::{instructors::InstructorId, programs::ProgramId},
    store::{instant::Instant, row::Row},
    wire::{fields::Tag, page::Page, problem::Problem, search::Search, text::WebAddress},
};

/// A piece of content, as everyone may see.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "cnt_01jdc9x0aetqt8q3yv0gcm1v5k", "title": "Ten minutes for neck and shoulders",
    "description": "A short practice for the desk.", "kind": "video",
    "media_url": "https://media.studio.example/neck.mp4", "thumbnail_url": "https://studio.example/neck.jpg",
    "duration_seconds": 612, "instructor_id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k", "program_id": null,
    "tags": ["Mobility"], "published_at": "2026-03-01T09:00:00.000000Z",
}))]
pub struct PublicContent {
    /// The id.
    id: ContentId,
    /// The title.
    title: String,
    /// What clients read about it.
    description: Option<String>,
    /// What it is.
    kind: ContentKind,
    /// Where the media is.
    media_url: Option<WebAddress>,
    /// A picture of it.
    thumbnail_url: Option<WebAddress>,
    /// How long it lasts.
    duration_seconds: Option<i64>,
    /// Who teaches or wrote it. They can be listed only while active.
    instructor_id: Option<InstructorId>,
    /// The program it belongs to. It can be listed only while it is published and public.
    program_id: Option<ProgramId>,
    /// What it is about.
    tags: Vec<Tag>,
    /// When it was published.
    published_at: Option<Instant>,
}

impl PublicShape for PublicContent {}

impl From<Row<Content>> for PublicContent {
    fn from(row: Row<Content>) -> Self {
        let content = row.fields;
        Self {
            id: row.id,
            title: content.title,
            description: content.description,
            kind: content.kind,
            media_url: content.media_url,
            thumbnail_url: content.thumbnail_url,
            duration_seconds: content.duration_seconds,
            instructor_id: content.instructor_id,
            program_id: content.program_id,
            tags: content.tags,
            published_at: content.published_at,
        }
    }
}

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PublicContentFilter {
    /// Only content of this kind.
    #[param(inline)]
    kind: Option<ContentKind>,
    /// Only content of this instructor.
    #[param(inline)]
    instructor_id: Option<InstructorId>,
    /// Only content of this program.
    #[param(inline)]
    program_id: Option<ProgramId>,
    /// Only content with exactly this tag.
    tag: Option<String>,
    /// Matches when every word occurs in the title, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    q: Option<Search>,
}

/// What the document says of it.
pub const LISTING: &str = "The on-demand content that is published and open to everyone, oldest first. What only members or certain plans \
may see is not in it.";

/// Lists the content that is published and for everyone, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Content, PublicContentFilter>,
) -> Result<Page<PublicContent>, Problem> {
    let PublicContentFilter { kind, instructor_id, program_id, tag, q } = &list.filter;
    let filter = ContentFilter {
        status: Some(ContentStatus::Published),
        access: Some(ContentAccess::Public),
        published_until: Some(app.clock.now()),
        kind: *kind,
        instructor_id: *instructor_id,
        program_id: *program_id,
        tag: tag.clone(),
        ..ContentFilter::default()
    };
    let rows = queries::list(app.db.of(list.studio), list.searched(q.as_ref()), &filter).await?;
    Ok(list.page_of(rows, PublicContent::from))
}
