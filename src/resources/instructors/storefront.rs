//! What a studio's websites show of instructors: those who are active, without anything private.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    model::{Instructor, InstructorId, InstructorStatus},
    queries::{self, InstructorFilter},
};
use crate::{
    operation::{app::App, describe::PublicShape, list::ListQuery},
    store::row::Row,
    wire::{
        fields::{Links, Tag},
        page::Page,
        problem::Problem,
        text::{self, Slug, WebAddress},
    },
};

/// An instructor, as everyone may see.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k", "display_name": "Anna Berg", "slug": "anna-berg",
    "bio": "Teaches slow mornings and strong evenings.", "photo_url": "https://studio.example/anna.jpg",
    "specialties": ["Vinyasa", "Yin"], "links": {"instagram": "https://instagram.com/anna"}, "position": 1,
}))]
pub struct PublicInstructor {
    /// The id.
    id: InstructorId,
    /// The name.
    display_name: String,
    /// The name in URLs.
    slug: Option<Slug>,
    /// What clients read about the instructor.
    bio: Option<String>,
    /// A portrait.
    photo_url: Option<WebAddress>,
    /// What the instructor teaches.
    specialties: Vec<Tag>,
    /// Links to other pages, by name.
    links: Links,
    /// The position in lists that websites show. Lower comes first.
    position: i64,
}

impl PublicShape for PublicInstructor {}

impl From<Row<Instructor>> for PublicInstructor {
    fn from(row: Row<Instructor>) -> Self {
        let Instructor { display_name, slug, bio, photo_url, specialties, links, position, .. } = row.fields;
        Self { id: row.id, display_name, slug, bio, photo_url, specialties, links, position }
    }
}

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PublicInstructorFilter {
    /// Only the instructor with this slug.
    #[param(inline)]
    #[serde(default, deserialize_with = "text::asked")]
    slug: Option<Slug>,
}

/// What the document says of it.
pub const LISTING: &str = "Who teaches: the active instructors, oldest first. To show them in the order that the studio chose, sort by \
`position`.";

/// Lists active instructors, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Instructor, PublicInstructorFilter>,
) -> Result<Page<PublicInstructor>, Problem> {
    let slug = list.filter.slug.clone();
    let filter = InstructorFilter { status: Some(InstructorStatus::Active), slug, ..InstructorFilter::default() };
    let rows = queries::list(app.db.of(list.studio), list.slice(), &filter).await?;
    Ok(list.page_of(rows, PublicInstructor::from))
}
