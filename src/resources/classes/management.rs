//! What a studio's servers may do with classes.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    model::{Class, ClassId, ClassStatus, Level},
    rules,
};
use crate::{
    access::caller::Caller,
    app::App,
    resources::{
        instructors::InstructorId,
        locations::{LocationId, rooms::RoomId},
        programs::ProgramId,
        schedule::Effects,
        visibility::Visibility,
    },
    store::row::{self, Row},
    wire::{
        at::At,
        page::{Asked, Page},
        problem::Problem,
        search::Search,
        write::{Change, Changed, ChangedWith, Created, New, Nothing, Stop, Write},
    },
};

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ClassFilter {
    /// Only classes of this status.
    #[param(inline)]
    status: Option<ClassStatus>,
    /// Only classes of this instructor.
    #[param(inline)]
    instructor_id: Option<InstructorId>,
    /// Only classes at this location.
    #[param(inline)]
    location_id: Option<LocationId>,
    /// Only classes in this room.
    #[param(inline)]
    room_id: Option<RoomId>,
    /// Only classes of this program.
    #[param(inline)]
    program_id: Option<ProgramId>,
    /// Only classes of this level.
    #[param(inline)]
    level: Option<Level>,
    /// Only classes that these see.
    #[param(inline)]
    visibility: Option<Visibility>,
    /// Only classes whose name contains this, in upper or lower case.
    #[param(inline)]
    q: Option<Search>,
}

/// Lists classes, oldest first.
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    asked: Asked<Class, ClassFilter>,
) -> Result<Page<Row<Class>>, Problem> {
    let filter = &asked.filter;
    let rows = row::list(app.db.read(), caller.studio(), asked.slice(), |query| {
        let query = query
            .filter("status =", filter.status)
            .filter("instructor_id =", filter.instructor_id)
            .filter("location_id =", filter.location_id)
            .filter("room_id =", filter.room_id)
            .filter("program_id =", filter.program_id)
            .filter("level =", filter.level)
            .filter("visibility =", filter.visibility);
        Search::narrow(filter.q.as_ref(), query, &["name"])
    });
    Ok(asked.page(rows.await?))
}

/// Creates a class, and lays out its occurrences.
pub async fn create(write: Write<New<Class>>) -> Result<Created<Class>, Stop> {
    let (mut write, new) = write.begin_in_turn().await?;
    let draft = new.draft(write.now);
    let (class, effects) = rules::create(&mut write.tx, write.studio, draft, write.now).await?;
    write.created_with(&class, &effects).await
}

/// Changes a class; its occurrences to come that nobody edited or booked follow.
pub async fn change(At(id): At<ClassId>, write: Write<Change<Class>>) -> Result<ChangedWith<Class, Effects>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let (class, effects) = rules::change(&mut write.tx, write.studio, &current, &change, write.now).await?;
    write.changed_with(&class, &effects).await
}

/// Cancels a class and its occurrences to come.
pub async fn cancel(At(id): At<ClassId>, write: Write<Nothing>) -> Result<Changed<Class>, Stop> {
    let (mut write, Nothing) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let (class, effects) = rules::cancel(&mut write.tx, write.studio, current, write.now).await?;
    write.changed_telling(&class, &effects).await
}
