//! What a studio's servers may do with classes.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    model::{Class, ClassId, ClassStatus, Level},
    rules, store,
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
        write::{Change, ChangedWith, Created, KeptWith, New, Nothing, Stop, Write},
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
    /// Matches when every word occurs in the name, without regard to case and accents. At most 8 words of at most 64
    /// characters.
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
    let slice = asked.searched(filter.q.as_ref());
    let rows = row::list(app.db.read(), caller.studio(), slice.clone(), |query| {
        let query = query
            .filter_word("status", filter.status)
            .filter("instructor_id =", filter.instructor_id)
            .filter("location_id =", filter.location_id)
            .filter("room_id =", filter.room_id)
            .filter("program_id =", filter.program_id)
            .filter_word("level", filter.level);
        store::shown_to(query, &slice, filter.visibility)
    });
    Ok(asked.page(rows.await?))
}

/// What the document says of creating a class.
pub const CREATING: &str = "Lays out the class's occurrences for the next twelve weeks. A class that would overlap itself in \
its room, or with its instructor, is refused with 422 and a fault at `/recurrence`; where another class is in the way, the \
answer is 409 `room_conflict` or `instructor_conflict`.";

/// Creates a class, and lays out its occurrences.
pub async fn create(write: Write<New<Class>>) -> Result<Created<Class>, Stop> {
    let (mut write, new) = write.begin_in_turn().await?;
    let draft = new.draft(write.now);
    let (class, effects) = rules::create(&mut write.tx, write.studio, draft, write.now).await?;
    write.created_with(&class, &effects).await
}

/// What the document says of changing a class.
pub const CHANGING: &str = "The occurrences to come that nobody edited or booked follow, and `effects` counts them. Edited is \
what somebody made to differ from its class, as its `overridden` says: a note, `metadata` and `external_id` are no edit, and \
what is set back to what the class plans follows again. An \
occurrence follows to a start of its own week, on its own day first, then the nearest, and to one of another week only where \
its own has none. One that somebody edited or booked keeps as it is, and stands for the start of its week that it would have \
followed to: nothing is laid out beside it; one that somebody cancelled stands for a start of its day alone, and so does what \
was held today. `effects.kept_ids` names those that stay behind. Starts that are left over are laid out, occurrences that are left over are \
cancelled. A change that occurrences take nothing from, such as another name, leaves all of them alone. A class that would \
overlap itself in its room, or with its instructor, is refused with 422 and a fault at `/recurrence`; where another class is \
in the way, the answer is 409 `room_conflict` or `instructor_conflict`.";

/// Changes a class; its occurrences to come that nobody edited or booked follow.
pub async fn change(At(id): At<ClassId>, write: Write<Change<Class>>) -> Result<ChangedWith<Class, Effects>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let (class, effects) = rules::change(&mut write.tx, write.studio, &current, &change, write.now).await?;
    write.changed_with(&class, &effects).await
}

/// Cancels a class and its occurrences to come, also those that somebody edited or booked; `effects` counts them.
pub async fn cancel(At(id): At<ClassId>, write: Write<Nothing>) -> Result<KeptWith<Class, Effects>, Stop> {
    let (mut write, Nothing) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let (class, effects) = rules::cancel(&mut write.tx, write.studio, current, write.now).await?;
    write.kept_with(&class, &effects).await
}
