//! What a studio's websites show of programs: the public ones that are published, with their public classes.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    embedded::Classes,
    model::{Program, ProgramId, ProgramKind, ProgramStatus},
    queries::{self, ProgramFilter},
};
use crate::{
    access::caller::{Caller, KeyCaller},
    operation::{app::App, describe::PublicShape, list::ListQuery, path::PathIds, shown::NoQuery, whole::Whole},
    resources::{classes::storefront::PublicClass, instructors::InstructorId, visibility::Visibility},
    store::{
        id::Named,
        row::{self, Row},
    },
    wire::{
        civil::Date,
        money::Money,
        page::Page,
        problem::Problem,
        text::{self, Slug, WebAddress},
    },
};

/// A program, as everyone may see.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "prg_01jdc9x0aetqt8q3yv0gcm1v5k", "name": "Yoga for beginners, spring", "slug": "yoga-for-beginners-spring",
    "description": "Eight Thursdays from the first sun salutation on.", "kind": "course", "starts_on": "2026-03-26",
    "ends_on": "2026-05-14", "image_url": "https://studio.example/beginners.jpg",
    "instructor_ids": ["ins_01jdc9x0aetqt8q3yv0gcm1v5k"], "price": {"amount": 14000, "currency": "EUR"}, "capacity": 14,
}))]
pub struct PublicProgram {
    /// The id.
    id: ProgramId,
    /// The name.
    name: String,
    /// The name in URLs.
    slug: Option<Slug>,
    /// What clients read about it.
    description: Option<String>,
    /// What it is.
    kind: ProgramKind,
    /// Its first day.
    starts_on: Option<Date>,
    /// Its last day.
    ends_on: Option<Date>,
    /// A picture.
    image_url: Option<WebAddress>,
    /// Who teaches it. They can be listed only while active.
    instructor_ids: Vec<InstructorId>,
    /// The price of the whole program.
    price: Option<Money>,
    /// How many people may take part. No limit when null.
    capacity: Option<i64>,
}

impl PublicShape for PublicProgram {}

impl From<Row<Program>> for PublicProgram {
    fn from(row: Row<Program>) -> Self {
        let Program {
            name,
            slug,
            description,
            kind,
            starts_on,
            ends_on,
            image_url,
            instructor_ids,
            price,
            capacity,
            ..
        } = row.fields;
        let id = row.id;
        Self { id, name, slug, description, kind, starts_on, ends_on, image_url, instructor_ids, price, capacity }
    }
}

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PublicProgramFilter {
    /// Only the program with this slug.
    #[param(inline)]
    #[serde(default, deserialize_with = "text::asked")]
    slug: Option<Slug>,
    /// Only programs of this kind.
    #[param(inline)]
    kind: Option<ProgramKind>,
    /// Only programs with this instructor.
    #[param(inline)]
    instructor_id: Option<InstructorId>,
    /// Only programs that start on this day or later.
    #[param(inline)]
    starts_from: Option<Date>,
    /// Only programs that start on this day or earlier.
    #[param(inline)]
    starts_to: Option<Date>,
}

/// What the document says of it.
pub const LISTING: &str = "The published courses, series, workshops and retreats, oldest first. `GET /v1/programs/{programId}` adds the \
classes of one.";

/// Lists the public programs, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Program, PublicProgramFilter>,
) -> Result<Page<PublicProgram>, Problem> {
    let PublicProgramFilter { slug, kind, instructor_id, starts_from, starts_to } = &list.filter;
    let filter = ProgramFilter {
        status: Some(ProgramStatus::Published),
        visibility: Some(Visibility::Public),
        slug: slug.clone(),
        kind: *kind,
        instructor_id: *instructor_id,
        starts_from: *starts_from,
        starts_to: *starts_to,
        q: None,
    };
    let rows = queries::list(app.db.of(list.studio), list.slice(), &filter).await?;
    Ok(list.page_of(rows, PublicProgram::from))
}

/// What the document says of it.
pub const SHOWING: &str = "One program with its public classes: what a page about a course needs, in one call. Find it by its `slug` with \
the list.";

/// Shows a public program with its public classes.
pub async fn show(
    State(app): State<App>,
    caller: KeyCaller,
    PathIds(id): PathIds<ProgramId>,
    _: NoQuery,
) -> Result<Whole<PublicProgram, Classes<PublicClass>>, Problem> {
    let found: Option<Row<Program>> = row::find(app.db.of(caller.studio()), id).await?;
    let program = found.filter(is_public).ok_or_else(|| Problem::not_found(Program::NOUN))?;
    let classes = Classes::of(app.db.of(caller.studio()), id, true).await?;
    Ok(Whole::public(program.into(), classes))
}

fn is_public(program: &Row<Program>) -> bool {
    program.fields.status == ProgramStatus::Published && program.fields.visibility == Visibility::Public
}
