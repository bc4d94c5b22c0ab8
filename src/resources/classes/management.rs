//! What a studio's servers may do with classes.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    model::{Class, ClassId, ClassStatus, Level},
    rules, store,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Change, Changed, Created, Kept, New, Nothing, Stop, Write},
    },
    resources::{
        instructors::InstructorId,
        locations::{LocationId, rooms::RoomId},
        programs::ProgramId,
        schedule::Effects,
        visibility::Visibility,
    },
    store::row::{self, Row},
    wire::{page::Page, problem::Problem, search::Search},
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
    /// Only classes with this visibility.
    #[param(inline)]
    visibility: Option<Visibility>,
    /// Matches when every word occurs in the name, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    q: Option<Search>,
}

/// Lists classes, oldest first.
pub async fn list(State(app): State<App>, list: ListQuery<Class, ClassFilter>) -> Result<Page<Row<Class>>, Problem> {
    let filter = &list.filter;
    let slice = list.searched(filter.q.as_ref());
    let rows = row::list(app.db.read(), list.studio, slice.clone(), |query| {
        let query = query
            .filter_word("status", filter.status)
            .filter("instructor_id =", filter.instructor_id)
            .filter("location_id =", filter.location_id)
            .filter("room_id =", filter.room_id)
            .filter("program_id =", filter.program_id)
            .filter_word("level", filter.level);
        store::shown_to(query, &slice, filter.visibility)
    });
    Ok(list.page(rows.await?))
}

/// What the document says of creating a class.
pub const CREATING: &str = "Creates the class's occurrences for the next twelve weeks. A class whose own \
occurrences would overlap in one room, or with one instructor, is refused with 422 and a fault at `/recurrence`. If \
another class uses the room or the instructor at that time, the answer is 409 `room_conflict` or \
`instructor_conflict`.";

/// Creates a class, and lays out its occurrences.
pub async fn create(write: Write<New<Class>>) -> Result<Created<Class>, Stop> {
    let (mut write, new) = write.begin_in_turn().await?;
    let draft = new.draft(write.now);
    let (class, effects) = rules::create(&mut write.tx, write.studio, draft, write.now).await?;
    write.telling(effects).created(&class).await
}

/// What the document says of changing a class.
pub const CHANGING: &str = "Future occurrences that nobody edited or booked are changed too; `effects` counts them. \
An occurrence is edited when somebody made it differ from its class; its `overridden` lists the fields. A note, \
`metadata` and `external_id` do not count as edits, and an occurrence that is set back to the class's plan follows \
the class again. An occurrence moves to a start in its own week: on its own day if there is one, else to the \
nearest. It moves to another week only if its own week has no start. An edited or booked occurrence stays as it is \
and takes the place of the start it would have moved to, so that no second one is created beside it. One that \
somebody cancelled takes the place of a start on its own day only; so does one that was held today. \
`effects.kept_ids` lists the occurrences that stay behind. Starts without an occurrence get a new one; occurrences \
without a start are cancelled. A change that does not concern occurrences, such as another name, leaves all of them \
as they are. A class whose own occurrences would overlap in one room, or with one instructor, is refused with 422 \
and a fault at `/recurrence`. If another class uses the room or the instructor at that time, the answer is 409 \
`room_conflict` or `instructor_conflict`.";

/// Changes a class; its occurrences to come that nobody edited or booked follow.
pub async fn change(
    PathIds(id): PathIds<ClassId>,
    write: Write<Change<Class>>,
) -> Result<Changed<Class, Effects>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let (class, effects) = rules::change(&mut write.tx, write.studio, &current, &change, write.now).await?;
    write.showing(effects).changed(&class).await
}

/// Cancels a class and its occurrences to come, also those that somebody edited or booked; `effects` counts them.
pub async fn cancel(PathIds(id): PathIds<ClassId>, write: Write<Nothing>) -> Result<Kept<Class, Effects>, Stop> {
    let (mut write, Nothing) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let (class, effects) = rules::cancel(&mut write.tx, write.studio, current, write.now).await?;
    write.showing(effects).kept(&class).await
}
